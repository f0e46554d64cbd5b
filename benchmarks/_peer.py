"""Other finders of pictures, each used as its own documentation says, over a haystack and needles.

    python benchmarks/_peer.py NAME HAYSTACK NEEDLES

What they print is not looked at: they answer other questions than dedupd.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def imagehash(folders: list[str]) -> None:
    """Hash each picture with ImageHash's dHash, in one thread, and look the needles up."""
    from imagehash import dhash
    from PIL import Image

    hashes = []
    for folder in folders:
        paths = sorted(Path(folder).rglob("*.jpg"))
        hashes.append({path: str(dhash(Image.open(path))) for path in paths})
    known = set(hashes[0].values())
    print(sum(one not in known for one in hashes[1].values()))


def czkawka(folders: list[str]) -> None:
    """Group similar pictures with czkawka's core, in all its threads."""
    from czkawka import ImageSimilarity  # type: ignore[import-not-found]

    finder = ImageSimilarity()
    finder.set_directories(folders)
    finder.set_similarity(10)
    print(len(finder.find_similar()))


def difpy(folders: list[str]) -> None:
    """Search similar pictures with difPy, in all its processes."""
    import difPy  # type: ignore[import-not-found]

    built = difPy.build(*folders, show_progress=False)
    print(len(difPy.search(built, similarity="similar", show_progress=False).result))


PEERS: dict[str, Callable[[list[str]], None]] = {
    "imagehash": imagehash,
    "czkawka": czkawka,
    "difPy": difpy,
}

if __name__ == "__main__":
    PEERS[sys.argv[1]](sys.argv[2:4])
