"""Folders below a root, reached by descriptor and listed without ever following a link.

Owns how a path inside a root becomes an open folder: part by part, from the root's own
descriptor, so nothing outside the root is reached and no path is too long.  Opens for reading
only, and leaves access times alone where the system allows it.  Every descriptor that a context
manager or cursor of this module opened is closed when it ends.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from dedupd.disk.mounts import mount_id
from dedupd.disk.roots import identify, open_root
from dedupd.model import Entry, EntryType, Identity, Stamp, Unreadable

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
_NO_NAMES = frozenset({b"", b".", b".."})
_KEPT_FOLDERS = 32


class RootChanged(Exception):
    """A root's path doesn't lead where it should; `seen` is where it leads, None if nowhere."""

    def __init__(self, seen: Identity | None, detail: str = "") -> None:
        super().__init__(detail)
        self.seen, self.detail = seen, detail


def demand_identity(root_fd: int, expected: Identity) -> None:
    """Raise `RootChanged` unless the open folder is the `expected` root."""
    try:
        seen = identify(root_fd)
    except OSError as error:
        raise RootChanged(None, error.strerror or "") from error
    if seen != expected:
        raise RootChanged(seen, "another folder is there")


def demand_now(root_fd: int, expected: Identity) -> None:
    """Do as `demand_identity` does, without reading the table of mounts where that isn't needed.

    For readers, who come for every single file.  Numbers of devices and mounts are given again
    to the next disk; but no two disks hold a file of one inode and one ctime, so where a stamp
    has both, it tells them apart.
    """
    if not expected.keeps_ino:
        demand_identity(root_fd, expected)
        return
    st = os.fstat(root_fd)
    if (st.st_dev, st.st_ino, mount_id(root_fd)) != expected.now:
        raise RootChanged(None, "another folder is there")


@contextmanager
def opened_root(
    path: bytes,
    expected: Identity,
    demand: Callable[[int, Identity], None] = demand_identity,
) -> Iterator[int]:
    """Open the root at `path`; raise `RootChanged` unless it is the `expected` one."""
    try:
        fd = open_root(path)
    except OSError as error:
        raise RootChanged(None, error.strerror or "") from error
    try:
        demand(fd, expected)
        yield fd
    finally:
        os.close(fd)


def leads_to(path: bytes, expected: Identity) -> bool:
    """Tell whether `path`, opened anew, is the `expected` root."""
    try:
        with opened_root(path, expected):
            return True
    except RootChanged:
        return False


def entry_type(st_mode: int) -> EntryType:
    """Return what `lstat` says an entry is."""
    if stat.S_ISREG(st_mode):
        return EntryType.FILE
    if stat.S_ISDIR(st_mode):
        return EntryType.FOLDER
    return EntryType.LINK if stat.S_ISLNK(st_mode) else EntryType.SPECIAL


def stamp_of(st: os.stat_result, keeps_ino: bool) -> Stamp:
    """Return the stamp of a file, without ino and ctime where its file system keeps neither."""
    ino, ctime_ns = (st.st_ino, st.st_ctime_ns) if keeps_ino else (0, 0)
    return Stamp(ino, st.st_size, st.st_mtime_ns, ctime_ns)


def is_gone(error: OSError) -> bool:
    """Tell whether `error` proves that nothing is there; a link on the way leads nowhere."""
    return error.errno in _GONE


def unreadable(error: OSError) -> Unreadable:
    """Return `error` in our words: "forbidden" or "io"."""
    reason = "forbidden" if error.errno in _FORBIDDEN else "io"
    return Unreadable(reason, error.strerror or "")


def open_untouched(name: bytes, flags: int, folder_fd: int) -> int:
    """Open `name` in a folder without changing its access time, or as usual if not allowed to."""
    try:
        return os.open(name, flags | os.O_NOATIME, dir_fd=folder_fd)
    except OSError as error:
        # O_NOATIME is for a file's owner only; whoever else asks gets EPERM, not EACCES.
        if error.errno != errno.EPERM:
            raise
    return os.open(name, flags, dir_fd=folder_fd)


def proper(name: bytes) -> bytes:
    """Return `name` if a listing could hold it; else raise FileNotFoundError (`..` climbs out)."""
    if name in _NO_NAMES or b"\0" in name or b"/" in name:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return name


class FolderCursor:
    """Stands in one folder at a time and reaches the next from the nearest one still open.

    Keeps at most 32 descriptors whatever the depth, so a tree of thousands of levels costs
    neither descriptors nor recursion.  Close it, or use it as a context manager.
    """

    def __init__(self, root_fd: int) -> None:
        self._root_fd = root_fd
        self._path = b""
        self._open: list[int] = []  # the innermost folders of `_path`, outermost first

    def go(self, folder: bytes) -> int:
        """Return a descriptor of `folder`, good until the next call.

        Raises:
            OSError: a part is missing, no folder, a link, or not allowed.
        """
        while not _holds(self._path, folder):
            self._leave()
        rest = folder[len(self._path) :].lstrip(b"/")
        for name in rest.split(b"/") if rest else ():
            self._enter(name)
        return self._open[-1] if self._open else self._root_fd

    def close(self) -> None:
        """Close every folder but the root, whose descriptor is the caller's."""
        while self._open:
            os.close(self._open.pop())
        self._path = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _enter(self, name: bytes) -> None:
        here = self._open[-1] if self._open else self._root_fd
        self._open.append(open_untouched(proper(name), _FOLDER_FLAGS, here))
        self._path = self._path + b"/" + name if self._path else name
        if len(self._open) > _KEPT_FOLDERS:
            os.close(self._open.pop(0))

    def _leave(self) -> None:
        os.close(self._open.pop())
        # With nothing left open the way starts at the root again, however deep we were.
        self._path = self._path.rpartition(b"/")[0] if self._open else b""


def _holds(folder: bytes, path: bytes) -> bool:
    return not folder or path == folder or path.startswith(folder + b"/")


def open_folder(root_fd: int, folder: bytes) -> int:
    """Open `folder`, a path inside the root; the caller closes it.  Errors as `FolderCursor.go`."""
    with FolderCursor(root_fd) as cursor:
        return os.dup(cursor.go(folder))


@contextmanager
def opened_folder(root_fd: int, folder: bytes) -> Iterator[int]:
    """Open `folder` as `open_folder` does, and close it at the end."""
    fd = open_folder(root_fd, folder)
    try:
        yield fd
    finally:
        os.close(fd)


Named = tuple[bytes, os.stat_result]


def stats_in(fd: int) -> tuple[list[Named], OSError | None]:
    """Return the `lstat` of every name in an open folder, sorted by name, and what went wrong.

    A name that vanishes meanwhile is left out.  With an error the list may lack names, so an
    absence from it proves nothing.
    """
    stats: list[Named] = []
    problem: OSError | None = None
    try:
        with os.scandir(fd) as names:
            for entry in names:
                problem = _append_stat(entry, stats) or problem
        _demand_alive(fd, stats)
    except OSError as error:
        problem = error
    return sorted(stats, key=lambda named: named[0]), problem


def _append_stat(entry: os.DirEntry[str], stats: list[Named]) -> OSError | None:
    try:
        stats.append((os.fsencode(entry.name), entry.stat(follow_symlinks=False)))
    except OSError as error:
        return None if is_gone(error) else error
    return None


def _demand_alive(fd: int, stats: list[Named]) -> None:
    # A deleted folder lists as an empty one.  (Some FUSE file systems give every folder no links.)
    if not stats and os.fstat(fd).st_nlink == 0:
        raise FileNotFoundError(errno.ENOENT, "deleted meanwhile")


def list_folder(fd: int, keeps_ino: bool) -> tuple[tuple[Entry, ...], Unreadable | None]:
    """Return the entries of an open folder, sorted by name, and why the list may lack some."""
    stats, error = stats_in(fd)
    entries = tuple(entry_of(name, st, keeps_ino) for name, st in stats)
    return entries, unreadable(error) if error else None


def entry_of(name: bytes, st: os.stat_result, keeps_ino: bool) -> Entry:
    """Return the entry that `lstat` showed under `name`."""
    return Entry(name, entry_type(st.st_mode), stamp_of(st, keeps_ino))
