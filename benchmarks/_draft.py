"""Pillow's draft mode and box means in two processes: the fastest that others' parts allow.

python benchmarks/_draft.py HAYSTACK NEEDLES
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}


def dhash(path: Path) -> bytes:
    """Return the dHash of a picture, decoded at an eighth of its size."""
    with Image.open(path) as image:
        image.draft("L", (128, 128))
        small = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX))
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes()


def main() -> None:
    """Print the needles that have no twin."""
    haystack, needles = (
        sorted(path for path in Path(root).rglob("*") if path.suffix.lower() in SUFFIXES)
        for root in sys.argv[1:3]
    )
    with ProcessPoolExecutor(2) as others:
        hashes = list(others.map(dhash, haystack + needles, chunksize=8))
    known = set(hashes[: len(haystack)])
    for path, found in zip(needles, hashes[len(haystack) :], strict=True):
        if found not in known:
            print(path)


if __name__ == "__main__":
    main()
