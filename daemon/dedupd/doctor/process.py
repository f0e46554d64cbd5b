"""Looks for the daemon and for what starts it, and gathers what `running` judges."""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from dedupd.config_schema import Config
from dedupd.doctor.kernel import lock_holder
from dedupd.doctor.running import DaemonFacts, SocketState, UnitFacts
from dedupd.doctor.storage import user_name
from dedupd.faces import address, pointer

_USER_UNITS = ("/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")
_SYSTEM_UNITS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
_STARTS = re.compile(rb"^ExecStart=[-@:+!]*(\S+)", re.MULTILINE)
_BUSY = (errno.EAGAIN, errno.EINPROGRESS)


def daemon_facts(config: Config) -> DaemonFacts:
    """Return what is seen of this configuration's daemon."""
    places = _places(config)
    states = [socket_state(place) for place in places]
    seen = [state for state in states if state is not SocketState.NOTHING]
    state = SocketState.LISTENS if SocketState.LISTENS in seen else [*seen, states[0]][0]
    place = places[states.index(state)]
    folder = _status(os.path.dirname(place))
    mode = folder.st_mode if folder else 0
    uid = folder.st_uid if folder else -1
    return DaemonFacts(
        socket=os.fsencode(place),
        state=state,
        holder=lock_holder(config.state / "lock"),
        us=os.geteuid(),
        folder_uid=uid,
        folder_owner=user_name(uid),
        folder_open=bool(mode & stat.S_IWOTH and not mode & stat.S_ISVTX),
        group=config.control.group or "",
        group_known=_knows_group(config.control.group),
    )


def _places(config: Config) -> list[str]:
    """Return where the daemon may listen, the likeliest place first."""
    own = address.of_daemon(config.control.socket, config.state)
    if config.control.socket is not None:
        return [own]
    pointed = pointer.socket_of(config.source) if config.source is not None else None
    likely = [own, *filter(None, [pointed]), *address.of_state(config.state)]
    return list(dict.fromkeys([*likely, *_of_service(config.state)]))


def _of_service(state: Path) -> Iterator[str]:
    """Yield where a system service of this state folder listens."""
    if state.parts[:3] == ("/", "var", "lib"):
        for folder in address.service_folders():
            yield os.path.join(folder, address.SOCKET_NAME)


def socket_state(path: str) -> SocketState:
    """Return what is at a socket's place; a daemon there sees a client that asks nothing."""
    seen = _status(path)
    if seen is None:
        return SocketState.NOTHING
    if not stat.S_ISSOCK(seen.st_mode):
        return SocketState.NO_SOCKET
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            failure = probe.connect_ex(path)
        except OSError:  # a path that is too long for the kernel
            return SocketState.NOTHING
    if failure in (0, *_BUSY):
        return SocketState.LISTENS
    refused = failure in (errno.EACCES, errno.EPERM)
    return SocketState.FORBIDDEN if refused else SocketState.STALE


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _knows_group(name: str | None) -> bool:
    if name is None:
        return True
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def unit_facts(root: Path = Path("/")) -> UnitFacts:
    """Return what is seen of the units; `root` is where this machine's files begin."""
    systemd = (root / "run/systemd/system").is_dir()
    own = Path(address.config_home(), "systemd/user")
    user = [own, *(root / folder.lstrip("/") for folder in _USER_UNITS)]
    found = _first(user, "dedupd.service")
    if found is not None:
        enabled = (own / "default.target.wants/dedupd.service").is_symlink()
        lingers = (root / "var/lib/systemd/linger" / user_name(os.geteuid())).is_file()
        return _of_unit(found, systemd, of_user=True, enabled=enabled, lingers=lingers)
    system = [root / folder.lstrip("/") for folder in _SYSTEM_UNITS]
    # The first is what `dedupd service install` writes, the second comes with the source.
    found = _first(system, "dedupd.service") or _first(system, "dedupd@.service")
    if found is None:
        return UnitFacts(systemd)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    enabled = any(wants.glob(found.name.replace("@", "@*")))
    return _of_unit(found, systemd, of_user=False, enabled=enabled, lingers=True)


def _of_unit(
    unit: Path, systemd: bool, *, of_user: bool, enabled: bool, lingers: bool
) -> UnitFacts:
    program = _program(unit)
    there = not program or os.access(program, os.X_OK)
    return UnitFacts(systemd, os.fsencode(unit), of_user, enabled, lingers, program, there)


def _program(unit: Path) -> bytes:
    """Return what the unit starts, b"" where that can't be told."""
    with contextlib.suppress(OSError):
        found = _STARTS.search(unit.read_bytes())
        if found is not None:
            started = found[1].replace(b"%h", os.fsencode(os.path.expanduser("~")))
            return started if started.startswith(b"/") and b"%" not in started else b""
    return b""


def _first(folders: list[Path], name: str) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).is_file()), None)
