"""What a claim sees: a needle tree and single witnesses, each name with the file behind it.

Owns the strictness that a claim needs: every error is a problem, and a folder that changed
between its listing and the end of the look is one too.  So a look without problems is a list of
names that all were there at the same moment.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from dedupd.disk.folders import FolderCursor, entry_type, stamp_of, stats_in
from dedupd.disk.mounts import mount_id
from dedupd.disk.walk import below, by_folder, lstat_in
from dedupd.messages import Sight
from dedupd.model import EntryType, Stamp

Problems = tuple[tuple[bytes, str], ...]
"""Folders that could not be listed for certain, and why; in the order in which they were met."""


def sights(root_fd: int, folder: bytes, keeps_ino: bool) -> tuple[tuple[Sight, ...], Problems]:
    """Return every name below `folder`, folders, links and special files too; and the problems.

    Order as in a sweep; `folder` itself is not among them.  Nothing is hidden.
    """
    look = _Look(root_fd, keeps_ino)
    look.take(folder)
    look.take_again()
    return tuple(look.sights), tuple(look.problems)


def sights_at(root_fd: int, paths: Iterable[bytes], keeps_ino: bool) -> tuple[Sight, ...]:
    """Return what is at each of these paths, by folder; what can't be seen is left out."""
    found: list[Sight] = []
    with FolderCursor(root_fd) as cursor:
        for folder, names in by_folder(paths):
            try:
                here = _Here(cursor.go(folder), folder, keeps_ino)
            except OSError:
                continue
            for name in names:
                try:
                    found.append(here.sight(name, lstat_in(here.fd, name)))
                except OSError:
                    continue  # not seen: a claim can't rest on it
    return tuple(found)


def _identity(fd: int) -> tuple[int, int]:
    st = os.fstat(fd)
    return st.st_dev, st.st_ino


class _Look:
    """One look at a tree, in two passes: the names, then that no folder changed meanwhile."""

    def __init__(self, root_fd: int, keeps_ino: bool) -> None:
        self._root_fd, self._keeps_ino = root_fd, keeps_ino
        self._before: dict[bytes, Stamp] = {}
        self.sights: list[Sight] = []
        self.problems: list[tuple[bytes, str]] = []

    def take(self, top: bytes) -> None:
        waiting = [top]
        with FolderCursor(self._root_fd) as cursor:
            while waiting:
                folder = waiting.pop()
                try:
                    inside = self._list(cursor.go(folder), folder)
                except OSError as error:
                    self._report(folder, error)
                    continue
                self.sights.extend(inside)
                waiting += [s.path for s in reversed(inside) if s.type is EntryType.FOLDER]

    def take_again(self) -> None:
        # From the root anew: a folder that was moved away keeps its stamp, but not its path.
        with FolderCursor(self._root_fd) as cursor:
            for folder, before in self._before.items():
                try:
                    if self._stamp(cursor.go(folder)) != before:
                        self.problems.append((folder, "changed while it was looked at"))
                except OSError as error:
                    self._report(folder, error)

    def _list(self, fd: int, folder: bytes) -> list[Sight]:
        self._before[folder] = self._stamp(fd)
        stats, error = stats_in(fd)
        if error:
            self._report(folder, error)
        here = _Here(fd, folder, self._keeps_ino)
        return [here.sight(name, st) for name, st in stats]

    def _stamp(self, fd: int) -> Stamp:
        return stamp_of(os.fstat(fd), self._keeps_ino)

    def _report(self, folder: bytes, error: OSError) -> None:
        self.problems.append((folder, error.strerror or "unknown error"))


class _Here:
    """An open folder, and the mount it is on, which is asked for once."""

    def __init__(self, fd: int, folder: bytes, keeps_ino: bool) -> None:
        self.fd, self._folder, self._keeps_ino = fd, folder, keeps_ino
        self._mount_id = mount_id(fd)
        self._folder_id = _identity(fd)

    def sight(self, name: bytes, st: os.stat_result) -> Sight:
        return Sight(
            path=below(self._folder, name),
            type=entry_type(st.st_mode),
            stamp=stamp_of(st, self._keeps_ino),
            device=st.st_dev,
            links=st.st_nlink,
            folder=self._folder_id,
            mount_id=self._mount_of(name, st),
        )

    def _mount_of(self, name: bytes, st: os.stat_result) -> int:
        # A single file can be bind-mounted over a name.  It matters only where another name of
        # the same file would vouch, so only files with several names are asked themselves.
        has_other_names = stat.S_ISREG(st.st_mode) and st.st_nlink > 1
        if not has_other_names:
            return self._mount_id
        fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.fd)
        try:
            return mount_id(fd)
        finally:
            os.close(fd)
