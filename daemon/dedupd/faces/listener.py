"""Open the control socket so that there is no moment at which a stranger could use it.

REQUIRES that the state folder's lock is held: then a socket file nobody answers on is a dead
daemon's, and may be removed.
"""

from __future__ import annotations

import errno
import grp
import os
import socket
import stat

from dedupd.errors import StoreInUse, UserError
from dedupd.text import shown

BACKLOG = 64
"""How many clients may wait in the kernel until a slot is free."""


def listen(address: str, group: str | None) -> socket.socket:
    """Return a socket that listens at `address`, in a folder made before it.

    The folder is 0700, or 0750 and of `group`; the socket itself 0600, or 0660.  A folder that
    was there already is only ever opened to the group, never otherwise changed: it may be /run.

    Raises:
        StoreInUse: Somebody answers there already.
        UserError: The place can't be used.
    """
    group_id = None if group is None else _group_id(group)
    try:
        _make_folder(os.path.dirname(address), group_id)
        _clear(address)
        return _bind(address, group_id)
    except OSError as problem:
        raise UserError(
            f"cannot open the control socket {shown(address)}",
            problem.strerror or str(problem),
            "give it another place: control: {socket: PATH}",
        ) from problem


def _group_id(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise UserError(
            "cannot open the control socket",
            f"there is no group {group!r}",
            f"sudo groupadd {group}   (or change control.group)",
        ) from None


def _make_folder(folder: str, group_id: int | None) -> None:
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        _refuse_unsafe(folder)
    seen = os.stat(folder)
    closed = seen.st_uid == os.getuid() and not seen.st_mode & 0o077
    if group_id is not None and closed:
        os.chown(folder, -1, group_id)
        os.chmod(folder, 0o750)


def _refuse_unsafe(folder: str) -> None:
    """Refuse a folder in which another user could put a socket of their own in our place."""
    seen = os.stat(folder)
    open_to_all = seen.st_mode & stat.S_IWOTH and not seen.st_mode & stat.S_ISVTX
    if seen.st_uid not in (0, os.getuid()) or open_to_all:
        raise UserError(
            f"the control socket may not be in {shown(folder)}",
            "another user could replace it there",
            f"chmod 700 the folder, or remove it (it belongs to uid {seen.st_uid})",
        )


def _clear(address: str) -> None:
    """Remove a dead daemon's socket; anything else that is in the way stays."""
    try:
        mode = os.lstat(address).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "something that is no socket is there")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(address)
        except ConnectionRefusedError:
            os.unlink(address)
            return
        except BlockingIOError:
            pass  # it listens, but its queue is full: alive
    raise StoreInUse(
        "the daemon can't start", f"another one answers on {shown(address)}", "dedupd status"
    )


def _bind(address: str, group_id: int | None) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(address)
        if group_id is not None:
            os.chown(address, -1, group_id)
            os.chmod(address, 0o660)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener
