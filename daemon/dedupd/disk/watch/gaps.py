"""Finds folders that nobody listens to: what a sweep listed against what the kernel watches.

Owns the rule by which the two are compared, and has what is missing watched after all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

MOST_FOLDERS = 500
"""Of more topmost folders than this, the root itself stands for all."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is known of the gaps of one root.

    Attributes:
        comparable: The kernel's inode numbers are those that `stat` shows on this file system.
        folders: How many folders the last whole sweep listed.
        doubtful: Some folder could not be watched since the last whole sweep, or then.
    """

    root_path: bytes
    comparable: bool = True
    folders: int = 0
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a comparison: paths inside the root."""

    gaps: Gaps
    mended: frozenset[bytes]
    blind: frozenset[bytes]


def covered(path: bytes, inos: frozenset[int]) -> bool:
    """Does the kernel watch this very folder, by the number that `stat` shows?

    Raises:
        OSError: There is no such folder.
    """
    return os.stat(path).st_ino in inos


def compared(
    gaps: Gaps,
    folder: bytes,
    folders: Mapping[bytes, int],
    inos: Callable[[], frozenset[int]],
    add: Callable[[bytes], None],
) -> Compared:
    """Have every folder watched that isn't; return which were mended, and which can't be.

    Args:
        gaps: What was known before.
        folder: Where the sweep began; b"" for a whole one.
        folders: Inode by path inside the root of what was listed, 0 where it isn't known.
        inos: Returns the inodes that the kernel watches now.
        add: Has a folder watched, given by its absolute path; may fail in silence.
    """
    if folder == b"":
        gaps = replace(gaps, folders=len(folders))
    missing = _missing(gaps, folder, folders, inos())
    for path in sorted(missing):
        add(_absolute(gaps.root_path, path))
    blind = _missing(gaps, folder, missing, inos()) if missing else {}
    there = frozenset(path for path in blind if _is_there(gaps.root_path, path, blind[path]))
    doubtful = bool(there) or (folder != b"" and gaps.doubtful)
    mended = frozenset(missing) - frozenset(blind)
    return Compared(replace(gaps, doubtful=doubtful), mended, there)


def _missing(
    gaps: Gaps, folder: bytes, folders: Mapping[bytes, int], inos: frozenset[int]
) -> dict[bytes, int]:
    if gaps.comparable:
        known = {
            path: ino or _ino(_absolute(gaps.root_path, path)) for path, ino in folders.items()
        }
        return {path: ino for path, ino in known.items() if ino and ino not in inos}
    # One watch is the cookie's. Whose are missing can't be told, so all may be.
    few = folder == b"" and len(inos) - 1 < gaps.folders
    return dict(folders) if few else {}


def _is_there(root_path: bytes, path: bytes, ino: int) -> bool:
    """Is it still the folder that was listed?  It may have gone meanwhile."""
    found = _ino(_absolute(root_path, path))
    return found != 0 and ino in (0, found)


def _ino(path: bytes) -> int:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return 0


def _absolute(root_path: bytes, path: bytes) -> bytes:
    return os.path.join(root_path, path) if path else root_path


def top_of(folders: Iterable[bytes]) -> dict[bytes, int]:
    """Return the topmost of these folders, and how many of them each stands for."""
    tops: dict[bytes, int] = {}
    last: bytes | None = None
    total = 0
    for path in sorted(folders, key=lambda one: one.split(b"/")):
        total += 1
        if last is None or not (last in (b"", path) or path.startswith(last + b"/")):
            last = path
            tops[last] = 0
        tops[last] += 1
    return tops if len(tops) <= MOST_FOLDERS else {b"": total}
