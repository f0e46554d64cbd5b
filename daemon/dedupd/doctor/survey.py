"""Walks through a root, with bounds on time and size, and counts what could be in the way.

Only lists; opens folders and no file.  Links are never followed.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass

from dedupd.disk.folders import FolderCursor, is_gone, stats_in
from dedupd.disk.walk import Hide, below
from dedupd.doctor.rooted import Survey
from dedupd.model import EntryType

MOST_ENTRIES = 500_000
MOST_S = 10.0

Clock = Callable[[], float]


@dataclass(slots=True)
class _Count:
    """A survey while it is made."""

    us: int
    folders: int = 0
    files: int = 0
    closed: int = 0
    closed_first: bytes = b""
    refused: int = 0
    refused_first: bytes = b""
    foreign: int = 0

    @property
    def entries(self) -> int:
        return self.folders + self.files

    def close(self, folder: bytes) -> None:
        """Count a folder that can't be listed."""
        self.closed_first = self.closed_first if self.closed else folder
        self.closed += 1

    def refuse(self, path: bytes) -> None:
        """Count a file that can't be read."""
        self.refused_first = self.refused_first if self.refused else path
        self.refused += 1

    def done(self, complete: bool) -> Survey:
        return Survey(
            self.folders,
            self.files,
            self.closed,
            self.closed_first,
            self.refused,
            self.refused_first,
            self.foreign,
            complete,
        )


def survey(
    root_fd: int,
    hide: Hide,
    us: int,
    clock: Clock = time.monotonic,
    most_entries: int = MOST_ENTRIES,
    most_s: float = MOST_S,
) -> Survey:
    """Return what a walk through an open root sees until its bounds are reached.

    Args:
        hide: What the daemon never looks at; its folders are counted, and nothing else of them.
        us: The user who asks.
    """
    count, until_s = _Count(us), clock() + most_s
    waiting: list[tuple[bytes, bool]] = [(b"", False)]
    with FolderCursor(root_fd) as cursor:
        while waiting:
            if count.entries >= most_entries or clock() >= until_s:
                return count.done(complete=False)
            folder, hidden = waiting.pop()
            waiting += _visit(cursor, folder, hidden, hide, count)
    return count.done(complete=True)


def _visit(
    cursor: FolderCursor, folder: bytes, hidden: bool, hide: Hide, count: _Count
) -> list[tuple[bytes, bool]]:
    """Count one folder and what is in it; return its subfolders."""
    count.folders += 1
    try:
        fd = cursor.go(folder)
        found, failure = stats_in(fd)
    except OSError as error:
        fd, found, failure = -1, [], error
    if failure is not None and not hidden and not is_gone(failure):
        count.close(folder)
    inside: list[tuple[bytes, bool]] = []
    for name, status in found:
        path = below(folder, name)
        if stat.S_ISDIR(status.st_mode):
            inside.append((path, hidden or hide(path, EntryType.FOLDER)))
        elif stat.S_ISREG(status.st_mode):
            count.files += 1
            if not hidden and not hide(path, EntryType.FILE):
                _judge(fd, name, path, status, count)
    return inside


def _judge(fd: int, name: bytes, path: bytes, status: os.stat_result, count: _Count) -> None:
    """Count a file that can't be read, or belongs to somebody else."""
    if not _readable(fd, name, status, count.us):
        count.refuse(path)
    elif status.st_uid != count.us:
        count.foreign += 1


def _readable(fd: int, name: bytes, status: os.stat_result, us: int) -> bool:
    wanted = stat.S_IRUSR if status.st_uid == us else stat.S_IROTH
    if status.st_mode & wanted:
        return True  # a group or a list could forbid it to us all the same: rare, and seen later
    try:
        # The system knows about groups, access lists and root.
        return os.access(name, os.R_OK, dir_fd=fd, effective_ids=True)
    except OSError as error:
        return error.errno in (errno.ENOENT, errno.ENOTDIR)
