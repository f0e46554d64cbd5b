"""Reads what the kernel says of limits, of their use, and of who holds a lock."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

_INOTIFY = Path("/proc/sys/fs/inotify")
_PROCESSES = Path("/proc")
_LOCKS = Path("/proc/locks")
_LOCK_FIELDS = 6


def inotify_limit(name: str, folder: Path = _INOTIFY) -> int | None:
    """Return a limit of inotify, None where it can't be read."""
    try:
        return int((folder / name).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def inotify_use(us: int, but: Collection[int], folder: Path = _PROCESSES) -> tuple[int, int]:
    """Return how many instances and watches of inotify this user's processes hold.

    Processes that may not be looked into count nothing.

    Args:
        us: The user.
        but: Processes that aren't counted.
    """
    instances = watches = 0
    for process in _of_user(us, folder):
        if int(process.name) not in but:
            for held in _held(process):
                instances, watches = instances + 1, watches + held
    return instances, watches


def _of_user(us: int, folder: Path) -> Iterator[Path]:
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            if name.isdecimal() and (folder / name).stat().st_uid == us:
                yield folder / name


def _held(process: Path) -> Iterator[int]:
    """Yield the number of watches of each instance of a process."""
    with contextlib.suppress(OSError):
        for name in os.listdir(process / "fd"):
            with contextlib.suppress(OSError):
                if os.readlink(process / "fd" / name) == "anon_inode:inotify":
                    yield (process / "fdinfo" / name).read_bytes().count(b"inotify wd:")


def lock_holder(path: Path, table: Path = _LOCKS) -> int:
    """Return the process that holds the `flock` of a file, 0 where none does.

    Asked of the kernel's table: to try the lock could keep a daemon from starting.
    """
    try:
        seen = path.stat()
        lines = table.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    if not stat.S_ISREG(seen.st_mode):
        return 0
    place = f"{os.major(seen.st_dev):02x}:{os.minor(seen.st_dev):02x}:{seen.st_ino}"
    for fields in map(str.split, lines):
        if len(fields) > _LOCK_FIELDS and fields[1] == "FLOCK" and fields[5] == place:
            return max(int(fields[4]), 0)
    return 0
