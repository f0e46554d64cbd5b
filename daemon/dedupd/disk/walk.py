"""Listing a root: whole trees for a sweep, single paths for a hint.

Owns the order of a walk and the promise that nothing in it is skipped in silence: a folder that
can't be listed is reported as a problem, and a path is called absent only where the system
proves it.  Links are never followed; other file systems mounted below the root are entered.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from dedupd.disk.folders import FolderCursor, entry_of, is_gone, list_folder, proper, unreadable
from dedupd.messages import Listed, Sweep
from dedupd.model import Entry, EntryType, Place

Hide = Callable[[bytes, EntryType], bool]
"""Whether a path inside the root is never looked at; all below a hidden folder is hidden too."""


def hide_nothing(_path: bytes, _type: EntryType) -> bool:
    """Look at everything: what needle roots want, where ignored files are counted."""
    return False


def is_hidden(path: bytes, kind: EntryType, hide: Hide) -> bool:
    """Tell whether the path itself or a folder above it is hidden."""
    if not path:
        return False
    above = path.split(b"/")[:-1]
    folders = (b"/".join(above[: depth + 1]) for depth in range(len(above)))
    return any(hide(folder, EntryType.FOLDER) for folder in folders) or hide(path, kind)


def walk(root_fd: int, job: Sweep, hide: Hide) -> Iterator[Listed]:
    """Yield the folder of `job` and every folder below it, links not followed.

    Order: a folder comes before its subfolders, these in the byte order of their names, each
    with all that is below it before the next.  Entries are sorted by name.  Hidden entries are
    left out and hidden folders not entered.  With a `problem` the entries may lack some.  A
    folder that is gone when its turn comes is left out: it is gone from the sweep as well.
    """
    if is_hidden(job.folder, EntryType.FOLDER, hide):
        return
    waiting = [job.folder]
    with FolderCursor(root_fd) as cursor:
        while waiting:
            listed = _listed(cursor, waiting.pop(), job, hide)
            if listed is None:
                continue
            waiting.extend(reversed(_subfolders(listed)))
            yield listed


def _listed(cursor: FolderCursor, folder: bytes, job: Sweep, hide: Hide) -> Listed | None:
    try:
        found, problem = list_folder(cursor.go(folder), job.identity.keeps_ino)
    except OSError as error:
        if is_gone(error):
            return None
        return Listed(job.root, folder, (), job.number, unreadable(error))
    shown = tuple(e for e in found if not hide(below(folder, e.name), e.type))
    return Listed(job.root, folder, shown, job.number, problem)


def _subfolders(listed: Listed) -> list[bytes]:
    return [below(listed.folder, e.name) for e in listed.entries if e.type is EntryType.FOLDER]


def below(folder: bytes, name: bytes) -> bytes:
    """Return the path inside the root of `name` in `folder`."""
    return folder + b"/" + name if folder else name


def by_folder(paths: Iterable[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Group paths inside a root: each folder once, in byte order, with its names sorted."""
    places = sorted({Place("", path) for path in paths}, key=lambda p: (p.folder, p.name))
    for folder, group in groupby(places, key=lambda place: place.folder):
        yield folder, [place.name for place in group]


def lstat_in(folder_fd: int, name: bytes) -> os.stat_result:
    """Return the `lstat` of a name in an open folder."""
    return os.stat(proper(name), dir_fd=folder_fd, follow_symlinks=False)


def glance(
    root_fd: int, paths: Iterable[bytes], keeps_ino: bool
) -> tuple[tuple[bytes, Entry | None], ...]:
    """Return what `lstat` shows at each path: its entry, or None where there is nothing.

    None only where that is proven (missing, or a file or link on the way).  A path that can't
    be looked at for another reason is left out of the answer.  Folder by folder, each path once.
    """
    seen: list[tuple[bytes, Entry | None]] = []
    with FolderCursor(root_fd) as cursor:
        for folder, names in by_folder(paths):
            for name in names:
                path = below(folder, name)
                try:
                    seen.append((path, _entry_at(cursor, folder, name, keeps_ino)))
                except OSError as error:
                    if is_gone(error):
                        seen.append((path, None))
    return tuple(seen)


def _entry_at(cursor: FolderCursor, folder: bytes, name: bytes, keeps_ino: bool) -> Entry:
    fd = cursor.go(folder)
    st = lstat_in(fd, name) if folder or name else os.fstat(fd)
    return entry_of(name, st, keeps_ino)
