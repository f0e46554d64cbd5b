"""Walks through a root, with bounds on time and size, and counts what could be in the way.

Only lists; opens folders and no file.  Links are never followed.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable

from dedupd.disk.folders import FolderCursor, is_gone, stats_in
from dedupd.disk.walk import Hide, below
from dedupd.doctor.rooted import Survey
from dedupd.model import EntryType

MOST_ENTRIES = 500_000
MOST_S = 10.0

Clock = Callable[[], float]


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
    until_s = clock() + most_s
    waiting: list[tuple[bytes, bool]] = [(b"", False)]
    with FolderCursor(root_fd) as cursor:
        walk = _Walk(cursor, hide, us)
        seen = walk.seen
        while waiting:
            if seen.folders + seen.files >= most_entries or clock() >= until_s:
                seen.complete = False
                break
            waiting += walk.visit(*waiting.pop())
    return seen


class _Walk:
    """A walk on its way, and what it has seen so far."""

    def __init__(self, cursor: FolderCursor, hide: Hide, us: int) -> None:
        self._cursor, self._hide, self._us = cursor, hide, us
        self.seen = Survey()

    def visit(self, folder: bytes, hidden: bool) -> list[tuple[bytes, bool]]:
        """Count one folder and what is in it; return its subfolders."""
        self.seen.folders += 1
        try:
            fd = self._cursor.go(folder)
            found, failure = stats_in(fd)
        except OSError as error:
            fd, found, failure = -1, [], error
        if failure is not None and not hidden and not is_gone(failure):
            self.seen.closed_first = self.seen.closed_first if self.seen.closed else folder
            self.seen.closed += 1
        inside: list[tuple[bytes, bool]] = []
        for name, status in found:
            path = below(folder, name)
            if stat.S_ISDIR(status.st_mode):
                inside.append((path, hidden or self._hide(path, EntryType.FOLDER)))
            elif stat.S_ISREG(status.st_mode):
                self.seen.files += 1
                if not hidden and not self._hide(path, EntryType.FILE):
                    self._judge(fd, name, path, status)
        return inside

    def _judge(self, fd: int, name: bytes, path: bytes, status: os.stat_result) -> None:
        """Count a file that can't be read, or belongs to somebody else."""
        if not _readable(fd, name, status, self._us):
            self.seen.refused_first = self.seen.refused_first if self.seen.refused else path
            self.seen.refused += 1
        elif status.st_uid != self._us:
            self.seen.foreign += 1


def _readable(fd: int, name: bytes, status: os.stat_result, us: int) -> bool:
    wanted = stat.S_IRUSR if status.st_uid == us else stat.S_IROTH
    if status.st_mode & wanted:
        return True  # a group or a list could forbid it to us all the same: rare, and seen later
    try:
        # The system knows about groups, access lists and root.
        return os.access(name, os.R_OK, dir_fd=fd, effective_ids=True)
    except OSError as error:
        return error.errno in (errno.ENOENT, errno.ENOTDIR)
