"""Ask the daemon one question over its control socket.

Starts fast: no model, no store, no YAML.  Answers are plain JSON objects, checked only for
being refusals; `protocol` says what is in them.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
import struct
import sys
import time
from collections.abc import Iterable

from dedupd import __version__
from dedupd.errors import DaemonNotRunning, ExitCode, UsageError, UserError
from dedupd.faces.questions import Fields
from dedupd.text import shown

BUSY_RETRY_S = 0.05
RECEIVE_BYTES = 1 << 20

NOBODY_LISTENS = (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR, errno.ENOTSOCK, errno.EPROTOTYPE)


class DaemonBug(UserError):
    """The daemon met something nobody expected; its log has the traceback."""

    exit_code = ExitCode.BUG


def request_any(addresses: Iterable[str], fields: Fields, timeout_s: float | None) -> Fields:
    """Return the answer of the first of these sockets that somebody listens on.

    Raises:
        DaemonNotRunning: Nobody listens on any.
        UserError: As `request` does.
    """
    tried = list(addresses)
    for address in tried:
        try:
            return request(address, fields, timeout_s)
        except DaemonNotRunning:
            continue
    raise _not_running(tried)


def listens(addresses: Iterable[str]) -> bool:
    """Say whether somebody listens on one of these sockets; nothing is asked."""
    for address in addresses:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            if probe.connect_ex(address) in (0, errno.EAGAIN, errno.EACCES):
                return True
    return False


def request(address: str, fields: Fields, timeout_s: float | None) -> Fields:
    """Send one question and return its answer.

    Args:
        timeout_s: How long to wait for the whole answer; None waits for ever (`wait`).

    Raises:
        DaemonNotRunning: Nobody listens there.
        UserError: We may not ask, there was no answer in time, or the daemon refused; with the
            exit code that the daemon gave.
    """
    deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
    try:
        with _connect(address, deadline_s) as connection:
            connection.sendall(json.dumps(fields).encode("ascii") + b"\n")
            line = _read_line(connection, deadline_s)
    except TimeoutError:
        raise _failed(address, f"the daemon did not answer within {timeout_s} s") from None
    except OSError as problem:
        raise _border(address, problem) from problem
    return _checked(address, line)


def _connect(address: str, deadline_s: float | None) -> socket.socket:
    """Return a connection to a daemon that may be believed."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        while True:
            connection.settimeout(_left_s(deadline_s))
            try:
                connection.connect(address)
                break
            except BlockingIOError:  # its queue of clients is full
                time.sleep(BUSY_RETRY_S)
        _believe(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


def _believe(connection: socket.socket, address: str) -> None:
    """Refuse a listener that an impostor could have put there: its "imported" would be a lie."""
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, uid, _ = struct.unpack("3i", credentials)
    folder = os.path.dirname(os.path.abspath(address))
    shared = bool(os.stat(os.path.dirname(folder)).st_mode & stat.S_ISVTX)
    if not believable(uid, os.getuid(), os.stat(folder).st_uid, shared=shared):
        raise _failed(address, f"it belongs to another user (uid {uid}), who may not be believed")


def believable(listener_uid: int, our_uid: int, folder_uid: int, *, shared: bool) -> bool:
    """Say whether a verdict from this listener may be believed.

    From us, from root, and from the owner of the folder it is in; but where anybody may make
    such a folder (`shared`: its parent is like /tmp) the owner proves nothing.
    """
    return listener_uid in (0, our_uid) or (listener_uid == folder_uid and not shared)


def _read_line(connection: socket.socket, deadline_s: float | None) -> bytes:
    chunks: list[bytes] = []
    while not (chunks and chunks[-1].endswith(b"\n")):
        connection.settimeout(_left_s(deadline_s))
        chunk = connection.recv(RECEIVE_BYTES)
        if not chunk:
            return b""  # half an answer is none
        chunks.append(chunk)
    return b"".join(chunks)


def _left_s(deadline_s: float | None) -> float | None:
    if deadline_s is None:
        return None
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _checked(address: str, line: bytes) -> Fields:
    if not line:
        raise _failed(address, "the daemon hung up without an answer")
    try:
        answer = json.loads(line)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "answer" not in answer:
        raise _failed(address, "what came back is no answer of dedupd")
    _compare_versions(answer)
    if answer["answer"] == "refused":
        raise _refusal(answer)
    return answer


def _compare_versions(answer: Fields) -> None:
    theirs = str(answer.get("version"))
    if theirs != __version__:
        print(
            f"dedupd: warning: the daemon is version {shown(theirs)}, this is {__version__};"
            " restart the daemon",
            file=sys.stderr,
        )


def _refusal(answer: Fields) -> UserError:
    kinds = {ExitCode.USAGE: UsageError, ExitCode.BUG: DaemonBug}
    kind = kinds.get(answer.get("exit", ExitCode.FAILED), UserError)
    return kind(*(str(answer.get(key, "")) for key in ("what", "why", "fix")))


def _border(address: str, problem: OSError) -> UserError:
    if problem.errno in NOBODY_LISTENS:
        return _not_running([address])
    if problem.errno in (errno.EACCES, errno.EPERM):
        return UserError(
            "cannot ask the daemon",
            f"you may not open {shown(address)}",
            "ask as the user the daemon runs as, or set control.group in its configuration",
        )
    return _failed(address, problem.strerror or str(problem))


def _failed(address: str, why: str) -> UserError:
    return UserError(f"cannot ask the daemon at {shown(address)}", why, "look into its log")


def _not_running(tried: list[str]) -> DaemonNotRunning:
    return DaemonNotRunning(
        "the daemon isn't running",
        "nothing listens on " + ", nor on ".join(shown(address) for address in tried),
        "systemctl --user start dedupd   (or, in a terminal: dedupd run)",
    )
