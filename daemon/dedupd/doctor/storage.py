"""Looks at the state folder and gathers what `keeping` judges; writes nothing, takes no lock."""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from dedupd.disk import mounts
from dedupd.doctor.keeping import Aside, StateFacts, StatePlace

_STORES, _DECISIONS = "store.bad-", "decisions.bad-"


def user_name(uid: int) -> str:
    """Return the name of a user, "" where the machine knows none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return ""


def state_facts(path: Path, for_group: bool = False) -> StateFacts:
    """Return what is seen of a state folder, or of the nearest folder above it.

    Args:
        for_group: Whether `control.group` is set.

    Raises:
        OSError: Not even its file system can be asked.
    """
    place = _place(path)
    there = place in (StatePlace.FOLDER, StatePlace.NO_FOLDER)
    base = path if there else _nearest(path)
    seen, room = os.stat(base), os.statvfs(base)
    uid = seen.st_uid if there else -1
    return StateFacts(
        path=path,
        place=place,
        writable=os.access(base, os.R_OK | os.W_OK | os.X_OK),
        uid=uid,
        owner=user_name(uid),
        mode=stat.S_IMODE(seen.st_mode),
        us=os.geteuid(),
        kind=_kind(base),
        free_bytes=room.f_bavail * room.f_frsize,
        stores=tuple(_aside(path, _STORES)),
        decisions=tuple(_aside(path, _DECISIONS)),
        for_group=for_group,
    )


def latest_s(path: Path) -> float | None:
    """Return when something in the state folder was written last, None where nothing was."""
    times = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(path):
            with contextlib.suppress(OSError):
                times.append(entry.stat(follow_symlinks=False).st_mtime)
    return max(times, default=None)


def _place(path: Path) -> StatePlace:
    try:
        return StatePlace.FOLDER if stat.S_ISDIR(path.stat().st_mode) else StatePlace.NO_FOLDER
    except (FileNotFoundError, NotADirectoryError):
        return StatePlace.NOTHING
    except OSError:
        return StatePlace.UNSEEN


def _nearest(path: Path) -> Path:
    """Return the nearest folder above that can be seen."""
    return next(above for above in path.parents if _place(above) is StatePlace.FOLDER)


def _kind(path: Path) -> str:
    with contextlib.suppress(OSError):
        return mounts.mount_of(os.path.realpath(os.fsencode(path)), mounts.read()).kind
    return ""


def _aside(state: Path, beginning: str) -> Iterator[Aside]:
    try:
        names = sorted(os.listdir(state))
    except OSError:
        return
    for name in names:
        if name.startswith(beginning):
            yield Aside(os.fsencode(state / name), _size_bytes(state / name))


def _size_bytes(path: Path) -> int:
    """Return the size of a file, or of the files right in a folder: a store has no others."""
    try:
        if not path.is_dir():
            return path.lstat().st_size
        return sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(path))
    except OSError:
        return 0
