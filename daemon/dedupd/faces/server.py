"""Answer clients on the control socket, so that no client can hold up the daemon or another one.

Owns its threads and the socket file.  Promises: at most 16 clients at once; a client that is
mute, slow to ask, never reads, or talks nonsense loses its connection within 5 s, or as soon as
somebody else wants its place; one that waits and hangs up loses it at once; only our own user and
root may decide, others may only read.
"""

from __future__ import annotations

import concurrent.futures
import logging
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from dedupd.asks import Ask, AskWait, Refused, Reply
from dedupd.errors import UsageError, UserError
from dedupd.faces import listener, protocol
from dedupd.faces.address import PathLike
from dedupd.faces.protocol import Order, Question
from dedupd.faces.questions import Fields
from dedupd.reports import Report

MAX_CLIENTS = 16
MAX_WAITERS = 8
"""How many may wait for a sweep at once, so that `status` always finds a free slot."""
MAX_WAITS = 64
"""How many of their questions may be open, with those of clients that hung up meanwhile."""
HANG_UP_S = 0.5
"""How soon it is seen that a client that waits has hung up."""

MAX_REQUEST_BYTES = 64 * 1024
PATIENCE_S = 5.0
CROWDED_PATIENCE_S = 0.1
"""How long a client may be mute while another one waits for a place."""
STOP_S = 1.0

log = logging.getLogger(__name__)

_NO_PAGE = Refused("there is no page", "nothing here can show one", "dedupd run")


class _HungUp(ConnectionError):
    """The client went away before its question was answered."""


class ControlServer:
    """The control socket, from `start` to `stop`.

    Args:
        address: Where to listen; `address.of_daemon` says where that is.
        group: The group that may read, or None.
        ask: Puts a question to the engine; may take long for `AskWait`; called from any thread.
        report: Returns the last report; called from any thread.
        reload: Reads the configuration again; called from any thread.
        page: Says where the page is, for somebody who may decide; called from any thread.
        patience_s: How long a client may take to ask, and to read its answer.
    """

    def __init__(
        self,
        address: PathLike,
        group: str | None,
        ask: Callable[[Ask], Reply],
        report: Callable[[], Report],
        reload: Callable[[], Reply],
        *,
        page: Callable[[], Reply] = lambda: _NO_PAGE,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.address = os.fspath(address)
        self._group = group
        self._ask, self._report, self._reload = ask, report, reload
        self._page, self._patience_s = page, patience_s
        self._slots = threading.BoundedSemaphore(MAX_CLIENTS)
        self._waiters = threading.BoundedSemaphore(MAX_WAITERS)
        self._waits = threading.BoundedSemaphore(MAX_WAITS)
        self._stopping = threading.Event()
        self._clients: dict[threading.Thread, socket.socket] = {}  # each thread removes itself
        self._mute: dict[socket.socket, float] = {}  # since when we wait for its question
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._socket_ino = 0

    def start(self) -> None:
        """Listen; when this returns, a client can connect.

        Raises:
            UserError: The socket can't be opened there.
        """
        self._listener = listener.listen(self.address, self._group)
        self._socket_ino = os.stat(self.address).st_ino
        self._acceptor = threading.Thread(
            target=self._accept, args=(self._listener,), name="control", daemon=True
        )
        self._acceptor.start()

    def stop(self) -> None:
        """Hang up on everybody, remove the socket file, end the threads; idempotent.

        A thread that still waits for the engine's answer is left behind: it ends with it.
        """
        self._stopping.set()
        if self._listener is None or self._acceptor is None:
            return
        _hang_up(self._listener)
        self._acceptor.join(STOP_S + self._patience_s)
        self._listener.close()
        self._listener = None
        self._unlink()
        left = list(self._clients.items())
        for _, connection in left:
            _hang_up(connection)
        deadline_s = time.monotonic() + STOP_S
        for thread, _ in left:
            thread.join(max(0.0, deadline_s - time.monotonic()))

    def _unlink(self) -> None:
        try:
            if os.stat(self.address).st_ino == self._socket_ino:
                os.unlink(self.address)
        except OSError as problem:
            log.info("the control socket was gone before we were: %s", problem.strerror)

    def _accept(self, listening: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                # Hung up by `stop`; or no descriptor is free, and then a moment helps.
                self._stopping.wait(0.1)
                continue
            if self._free_slot():
                self._attend(connection)
            else:
                connection.close()

    def _free_slot(self) -> bool:
        """Wait for a slot, as long as a client that doesn't read may keep one."""
        deadline_s = time.monotonic() + self._patience_s + STOP_S
        while not self._stopping.is_set() and time.monotonic() < deadline_s:
            if self._slots.acquire(timeout=CROWDED_PATIENCE_S / 4):
                return True
            self._make_room()
        return False

    def _make_room(self) -> None:
        """Hang up on whoever has been mute the longest, if that was long enough."""
        mute = sorted(self._mute.copy().items(), key=lambda one: one[1])
        if mute and time.monotonic() - mute[0][1] >= CROWDED_PATIENCE_S:
            _hang_up(mute[0][0])

    def _attend(self, connection: socket.socket) -> None:
        thread = threading.Thread(
            target=self._serve, args=(connection,), name="control-client", daemon=True
        )
        self._clients[thread] = connection
        thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                may_decide = _peer_uid(connection) in (0, os.getuid())
                self._talk(connection, may_decide=may_decide)
        except OSError as problem:
            log.debug("a client went away: %s", problem)
        finally:
            self._clients.pop(threading.current_thread(), None)
            self._slots.release()

    def _talk(self, connection: socket.socket, *, may_decide: bool) -> None:
        rest = b""
        while not self._stopping.is_set():
            line, end, rest = self._receive(connection, rest).partition(b"\n")
            if not line and not end:
                return
            answer = self._answer(connection, line, may_decide=may_decide)
            connection.settimeout(self._patience_s)
            connection.sendall(answer)
            if not end:
                return  # it was cut off for its length; what follows would be its middle

    def _receive(self, connection: socket.socket, got: bytes) -> bytes:
        """Return what came up to a line end or the longest request; b"" when it hung up."""
        deadline_s = time.monotonic() + self._patience_s
        self._mute[connection] = time.monotonic()
        try:
            while b"\n" not in got and len(got) <= MAX_REQUEST_BYTES:
                connection.settimeout(max(0.001, deadline_s - time.monotonic()))
                chunk = connection.recv(MAX_REQUEST_BYTES)
                if not chunk:
                    return b""
                got += chunk
        finally:
            del self._mute[connection]
        return got

    def _answer(self, connection: socket.socket, line: bytes, *, may_decide: bool) -> bytes:
        """Return the answer to one line; whatever goes wrong is an answer too."""
        try:
            return protocol.line_of(self._fields(connection, line, may_decide=may_decide))
        except _HungUp:
            raise  # there is nobody to answer
        except UserError as error:
            return protocol.line_of(protocol.error_fields(error))
        except Exception as bug:
            log.exception("a question could not be answered")
            return protocol.line_of(protocol.bug_fields(bug))

    def _fields(self, connection: socket.socket, line: bytes, *, may_decide: bool) -> Fields:
        if len(line) > MAX_REQUEST_BYTES:
            raise UsageError("the request is too long", f"over {MAX_REQUEST_BYTES} bytes")
        question = protocol.question_of(line)
        if may_decide or protocol.only_reads(question):
            return self._put(connection, question)
        raise UserError(
            "the daemon refuses",
            "you may read, but only its own user and root may decide",
            "ask as the user the daemon runs as",
        )

    def _put(self, connection: socket.socket, question: Question) -> Fields:
        if question is Order.STATUS:
            return {"answer": "report", "report": protocol.report_fields(self._report())}
        if question is Order.RELOAD:
            return protocol.reply_fields(self._reload())
        if question is Order.PAGE:
            return protocol.reply_fields(self._page())
        if isinstance(question, AskWait):
            return self._wait(connection, question)
        assert not isinstance(question, Order)
        return protocol.reply_fields(self._ask(question))

    def _wait(self, connection: socket.socket, question: AskWait) -> Fields:
        """Return the answer, unless the client hangs up before: then its place is free again."""
        if not self._waiters.acquire(blocking=False):
            raise UserError("the daemon refuses", f"{MAX_WAITERS} clients wait already", "later")
        try:
            answer = self._asked(question)
            while not concurrent.futures.wait([answer], HANG_UP_S).done:
                _demand_client(connection)
            return protocol.reply_fields(answer.result())
        finally:
            self._waiters.release()

    def _asked(self, question: AskWait) -> Future[Reply]:
        """Ask in a thread of its own, so that ours may leave before the answer comes."""
        if not self._waits.acquire(blocking=False):
            raise UserError("the daemon refuses", f"{MAX_WAITS} have asked that already", "later")
        answer: Future[Reply] = Future()
        threading.Thread(
            target=self._ask_for, args=(question, answer), name="control-wait", daemon=True
        ).start()
        return answer

    def _ask_for(self, question: AskWait, answer: Future[Reply]) -> None:
        try:
            reply = self._ask(question)
        except Exception as problem:
            answer.set_exception(problem)
        else:
            answer.set_result(reply)
        finally:
            self._waits.release()


def _demand_client(connection: socket.socket) -> None:
    """Raise `_HungUp` where nobody reads any more; who only ended its questions still does."""
    poll = select.poll()
    poll.register(connection, 0)
    if poll.poll(0):
        raise _HungUp("the client hung up")


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError as problem:
        log.debug("already hung up: %s", problem)


def _peer_uid(connection: socket.socket) -> int:
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, uid, _ = struct.unpack("3i", credentials)
    return int(uid)
