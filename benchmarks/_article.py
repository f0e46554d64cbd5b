"""What the original article does, in our words: what first scans are measured against.

    python benchmarks/_article.py HAYSTACK NEEDLES

Hashes every haystack picture (whole decode in colour, grey, 9 x 8 by bilinear interpolation), then
the needles', and prints each needle folder none of whose pictures has a twin.  One thread.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}


def dhash(path: Path) -> int | None:
    """Return the article's hash of a picture; None if it can't be read."""
    picture = cv2.imread(str(path))
    return None if picture is None else hashed(picture)


def hashed(picture: cv2.typing.MatLike) -> int:
    """Return the article's hash of decoded pixels."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (9, 8))
    brighter = small[:, 1:] > small[:, :-1]
    return int(sum(2**at for at, bit in enumerate(brighter.flatten()) if bit))


def main() -> None:
    """Compare two folders."""
    cv2.setNumThreads(1)
    haystack, needles = (
        sorted(path for path in Path(root).rglob("*") if path.suffix.lower() in SUFFIXES)
        for root in sys.argv[1:3]
    )
    known = {dhash(path) for path in haystack}
    folders = {path.parent for path in needles}
    for path in needles:
        if (found := dhash(path)) is not None and found in known:
            folders.discard(path.parent)
    for folder in sorted(folders):
        print(folder)


if __name__ == "__main__":
    main()
