"""Lets one dedupd at a time use a state folder.

Owns the file `lock` in it: an `flock`, taken before anything else in the folder is touched and
held for life.  LevelDB's own lock is not enough: it is lost as soon as this process opens and
closes that file once more, as a backup of the folder does.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from dedupd.errors import StoreInUse, UserError
from dedupd.text import shown


def make_state_dir(state_dir: Path) -> None:
    """Make the state folder, for its owner only, where it isn't there yet.

    Raises:
        UserError: It can't be made, or isn't a folder, or can't be written.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(state_dir, error.strerror or str(error)) from error
    if not os.access(state_dir, os.R_OK | os.W_OK | os.X_OK):
        raise _unusable(state_dir, "this user may not write there, or the disk is read-only")


class StateLock:
    """The right to use a state folder; `release` (or the end of the process) gives it back."""

    def __init__(self, fd: int, path: Path) -> None:
        self._fd: int | None = fd
        self._path = path

    @classmethod
    def acquire(cls, state_dir: Path) -> StateLock:
        """Take the lock of `state_dir`, which is made if it isn't there.

        Raises:
            StoreInUse: Another dedupd (or this one) holds it.
            UserError: The folder can't be made or written, or its file system knows no locks.
        """
        make_state_dir(state_dir)
        path = state_dir / "lock"
        try:
            return cls(_lock_file(path), path)
        except BlockingIOError as error:
            raise _in_use(state_dir, path) from error
        except OSError as error:
            raise _unusable(state_dir, error.strerror or str(error)) from error

    def is_ours(self) -> bool:
        """Is the lock that we hold still the one that the next daemon would ask for?"""
        return self._fd is not None and _is_at(self._fd, self._path)

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> StateLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _lock_file(path: Path) -> int:
    """Return a descriptor that holds the lock of the file that is at `path` now."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever removed the file meanwhile would let a third one lock a new file.
            if _is_at(fd, path):
                os.ftruncate(fd, 0)
                os.write(fd, b"%d\n" % os.getpid())
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _is_at(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False


def _in_use(state_dir: Path, path: Path) -> StoreInUse:
    pid = path.read_text(errors="replace").strip() or "?"
    name = shown(os.fsencode(state_dir))
    return StoreInUse(
        f"cannot use the state folder {name}",
        f"another dedupd (process {pid}) is using it",
        f"dedupd status --state {name}, or stop process {pid}, or choose another --state",
    )


def _unusable(state_dir: Path, why: str) -> UserError:
    return UserError(
        f"cannot use the state folder {shown(os.fsencode(state_dir))}",
        why,
        "choose another folder with --state DIR, or give this user the right to write there",
    )
