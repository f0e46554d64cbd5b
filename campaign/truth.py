"""The oracle: what is so of every needle folder, told from the bytes on the disk alone.

Holds for trees whose pictures are either byte copies of library files or strangers to all of
them; whoever plants a tree sees to that.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.system.commands import Fields
from tests.system.planting import path_of

IMPORTED, EMPTY, OTHER = "imported", "empty", "other"


@dataclass(frozen=True, slots=True)
class Truth:
    """A folder's whole tree: how many pictures it has, and how many of them are settled."""

    pictures: int = 0
    settled: int = 0

    @property
    def state(self) -> str:
        """`IMPORTED`, `EMPTY`, or `OTHER` for all that isn't either."""
        if not self.pictures:
            return EMPTY
        return IMPORTED if self.settled == self.pictures else OTHER


def truths(library: Path, needles: Path, decided: Collection[bytes] = ()) -> dict[bytes, Truth]:
    """Return the truth about each folder by its path; files of `decided` digests are settled."""
    known = {digest for _, digest in _files(os.fsencode(library)) if digest} | set(decided)
    counts = {folder: [0, 0] for folder in _folders(os.fsencode(needles))}
    for path, digest in _files(os.fsencode(needles)):
        folder = path
        while (folder := os.path.dirname(folder)) in counts:
            counts[folder][0] += 1
            counts[folder][1] += digest in known
    return {folder: Truth(*two) for folder, two in counts.items()}


def imported(found: dict[bytes, Truth]) -> frozenset[bytes]:
    """Return the folders that are imported in truth."""
    return frozenset(path for path, one in found.items() if one.state == IMPORTED)


def claimed(report: Fields) -> frozenset[bytes]:
    """Return the folders that a report calls imported."""
    return frozenset(path_of(one) for one in report["folders"] if one["state"] == IMPORTED)


def differences(report: Fields, found: dict[bytes, Truth]) -> list[str]:
    """Return what a report of a quiet moment says otherwise than the disk."""
    told = {path_of(one): one for one in report["folders"]}
    lost = [f"{path!r} is in the report or on the disk alone" for path in told.keys() ^ found]
    return lost + [
        f"{path!r}: told {_told(told[path])}, true {(true.state, true.pictures, true.settled)}"
        for path, true in found.items()
        if path in told and _told(told[path]) != (true.state, true.pictures, true.settled)
    ]


def _told(folder: Fields) -> tuple[str, int, int]:
    state = folder["state"] if folder["state"] in (IMPORTED, EMPTY) else OTHER
    return state, folder["pictures"], folder["matched"] + folder["dismissed"]


def _folders(root: bytes) -> Iterator[bytes]:
    return (folder for folder, _, _ in os.walk(root))


def _files(root: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield path and digest of every file; the digest is empty where there is no content."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            regular = stat.S_ISREG(os.lstat(path).st_mode)
            yield (
                path,
                hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).digest() if regular else b"",
            )
