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
        watches: How many watches the kernel held when the last whole sweep had been compared.
        doubtful: Some folder could not be watched since the last whole sweep, or then.
    """

    root_path: bytes
    comparable: bool = True
    watches: int = 0
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a comparison: paths inside the root."""

    gaps: Gaps
    mended: frozenset[bytes]
    blind: frozenset[bytes]


def covered(path: bytes, watched: Mapping[bytes, int]) -> bool:
    """Does the kernel watch this very folder, by the number that `stat` shows?

    Raises:
        OSError: There is no such folder.
    """
    return os.stat(path).st_ino == watched.get(path)


def compared(
    gaps: Gaps,
    folder: bytes,
    folders: Mapping[bytes, int],
    watched: Callable[[], Mapping[bytes, int]],
    add: Callable[[bytes], None],
) -> Compared:
    """Have every folder watched that isn't; return which were mended, and which can't be.

    Args:
        gaps: What was known before.
        folder: Where the sweep began; b"" for a whole one.
        folders: Inode by path inside the root of what was listed, 0 where it isn't known.
        watched: Returns the inode of each folder that the kernel watches now, by absolute path.
        add: Has a folder watched, given by its absolute path; may fail in silence.
    """
    missing = _missing(gaps, folders, watched())
    for path in sorted(missing):
        add(_absolute(gaps.root_path, path))
    blind = _missing(gaps, missing, watched()) if missing else {}
    there = frozenset(path for path in blind if _is_there(gaps.root_path, path, blind[path]))
    doubtful = bool(there) or (folder != b"" and gaps.doubtful)
    mended = frozenset(missing) - frozenset(blind)
    return Compared(replace(gaps, doubtful=doubtful), mended, there)


def _missing(
    gaps: Gaps, folders: Mapping[bytes, int], watched: Mapping[bytes, int]
) -> dict[bytes, int]:
    """Return which of these folders aren't watched, or were replaced by another one since."""
    missing = {}
    for path, listed in folders.items():
        absolute = _absolute(gaps.root_path, path)
        ino = watched.get(absolute)
        if ino is None or (gaps.comparable and ino != (listed or _ino(absolute))):
            missing[path] = listed
    return missing


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
