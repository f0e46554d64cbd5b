"""Checks whether the daemon runs, what an earlier one left, and who starts it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from dedupd.doctor.finding import Finding, note, ok, problem
from dedupd.doctor.words import owner, word
from dedupd.text import shown

START = "systemctl --user start dedupd   # or, in a terminal: dedupd run"


class SocketState(enum.Enum):
    """What is at the control socket's place."""

    NOTHING = "nothing"
    LISTENS = "listens"
    STALE = "stale"  # a socket, and nobody behind it
    NO_SOCKET = "no socket"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class DaemonFacts:
    """What was seen of the daemon.

    Attributes:
        socket: Where it listens, or would.
        holder: The process that holds the state folder's lock, 0 for none.
        folder_uid: Owner of the socket's folder, -1 where there is none.
        folder_open: Anybody may replace files in that folder.
        group: `control.group`, "" for none; `group_known` says whether there is one.
    """

    socket: bytes
    state: SocketState
    holder: int
    us: int
    folder_uid: int = -1
    folder_owner: str = ""
    folder_open: bool = False
    group: str = ""
    group_known: bool = True


def check_daemon(facts: DaemonFacts) -> Finding:
    """Say whether the daemon runs."""
    code, path = "daemon.running", facts.socket
    if facts.state is SocketState.LISTENS:
        process = f" (process {facts.holder})" if facts.holder else ""
        return ok(code, f"the daemon is running{process}", path)
    if facts.state is SocketState.FORBIDDEN:
        return note(code, "whether the daemon runs is not known", "see below", "", path)
    if facts.holder:
        what = f"process {facts.holder} holds the state folder, and nobody listens at {shown(path)}"
        why = "a `dedupd check` at work, or a daemon that starts, stops, or listens elsewhere"
        return note(code, what, why, f"ps -o pid,etime,args -p {facts.holder}", path)
    return note(code, "the daemon isn't running", "nobody holds the state folder", START, path)


def check_socket(facts: DaemonFacts) -> Finding | None:
    """Say what is in the way at the socket's place; None where nothing is."""
    code, path, name = "daemon.socket", facts.socket, shown(facts.socket)
    if facts.state is SocketState.FORBIDDEN:
        why = "this user may not open it: it is another one's daemon, or control.group isn't set"
        fix = f"sudo -u {word(facts.folder_owner)} dedupd doctor" if facts.folder_owner else "id"
        return problem(code, f"the control socket {name} is closed to us", why, fix, path)
    if facts.state is SocketState.NO_SOCKET:
        why = "the daemon can't start while it is there"
        return problem(code, f"{name} is no socket", why, f"mv {word(path)} /tmp/", path)
    if facts.state is SocketState.STALE and not facts.holder:
        why = "nobody listens on it: the daemon was killed, or the power went; a start removes it"
        return problem(code, f"a dead daemon left {name}", why, f"rm {word(path)}", path)
    return None


def check_socket_folder(facts: DaemonFacts) -> Finding | None:
    """Say whether another user could put a socket in our place; None where none could."""
    folder = facts.socket.rpartition(b"/")[0] or b"/"
    ours = facts.folder_uid in (-1, 0, facts.us)
    if facts.state is SocketState.LISTENS or (ours and not facts.folder_open):
        return None
    what = f"the control socket may not be in {shown(folder)}"
    whose = owner(facts.folder_uid, facts.folder_owner)
    why = f"another user could replace it there (it belongs to {whose})"
    fix = f"chmod 700 {word(folder)}" if ours else f"sudo -u {word(whose)} dedupd doctor"
    return problem("daemon.socket-folder", what, why, fix, folder)


def check_group(facts: DaemonFacts) -> Finding | None:
    """Say whether `control.group` exists; None where none is wanted or it does."""
    if facts.group_known:
        return None
    name = shown(facts.group)
    why = "control.group names it, and the daemon doesn't start without"
    return problem(
        "daemon.group", f"there is no group {name}", why, f"sudo groupadd {word(facts.group)}"
    )


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What was seen of the service units.

    Attributes:
        systemd: It runs this machine.
        unit: The unit that was found, a user's before the system's; b"" for none.
        of_user: It is a user's.
        enabled: It is started by itself.
        lingers: The user's units run also while nobody is logged in.
        program: What the unit starts, b"" where that can't be told.
        program_there: It can be started.
    """

    systemd: bool
    unit: bytes = b""
    of_user: bool = True
    enabled: bool = False
    lingers: bool = False
    program: bytes = b""
    program_there: bool = True


def check_unit(facts: UnitFacts) -> Finding:
    """Say who starts the daemon."""
    code = "daemon.unit"
    if not facts.systemd:
        why = "start `dedupd run` by whatever starts services here"
        return note(code, "this machine isn't run by systemd", why)
    if not facts.unit:
        return note(code, "no service unit is installed", "nothing starts it", _INSTALL)
    name = shown(facts.unit)
    if not facts.program_there:
        why = f"it starts {shown(facts.program)}, which isn't there"
        edit = "systemctl --user edit --full dedupd" if facts.of_user else f"sudoedit {word(name)}"
        return problem(code, f"the unit {name} can't start", why, edit, facts.unit)
    if not facts.enabled:
        fix = _ENABLE_USERS if facts.of_user else _enable_system(name)
        why = "it isn't started by itself"
        return note(code, f"the unit {name} is not enabled", why, fix, facts.unit)
    if facts.of_user and not facts.lingers:
        why = "it stops when you log out"
        return note(code, f"the unit {name} is enabled", why, "loginctl enable-linger", facts.unit)
    return ok(code, f"the unit {name} is enabled", facts.unit)


_ENABLE_USERS = "systemctl --user enable --now dedupd"
_INSTALL = f"dedupd service install --user\nsystemctl --user daemon-reload\n{_ENABLE_USERS}"


def _enable_system(unit: str) -> str:
    return f"sudo systemctl enable --now dedupd{'@$USER' if '@' in unit else ''}"
