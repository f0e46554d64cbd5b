"""A worker's own program, run in the test's process: what it serves, and what it takes from itself.

The pools' contract runs it as the process that it is; there it may write down nothing of what it
did.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import threading
from types import SimpleNamespace

import pytest
from tests.unit.picture_samples import jpeg

from dedupd.messages import Decode, Decoded, Payload
from dedupd.model import Fingerprint, Unreadable
from dedupd.pictures import sandbox, worker
from dedupd.pictures.exchange import READY, decode_answer, encode_request
from dedupd.pictures.limits import Limits, NeedsRoom

PACKET_BYTES = 1 << 17
ROOM_PX = 1 << 20
GIB = 1 << 30


class Served:
    """A worker's loop in a thread, and the daemon's end of its socket."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20.0)
        self._thread = threading.Thread(target=self._serve, args=(theirs,))
        self._thread.start()
        assert self.socket.recv(PACKET_BYTES) == READY

    def _serve(self, theirs: socket.socket) -> None:
        with theirs:
            worker._serve(theirs, Limits())

    def ask(self, data: bytes, room_px: int = ROOM_PX):
        """Have the worker decode these bytes."""
        fd = os.memfd_create("picture")
        os.write(fd, data)
        job = Decode(b"d" * 32, Payload(fd, len(data)))
        socket.send_fds(self.socket, [encode_request(job, room_px)], [fd])
        os.close(fd)
        return decode_answer(job, self.socket.recv(PACKET_BYTES))

    def end(self) -> bool:
        """Close the daemon's end; tell whether the worker ended by that."""
        self.socket.close()
        self._thread.join(20.0)
        return not self._thread.is_alive()


@pytest.fixture
def served():
    """Give a worker that waits for its first request."""
    one = Served()
    yield one
    assert one.end()


def test_it_serves_until_the_daemon_is_gone_and_keeps_nothing_open(served):
    """Whole or not, picture after picture; each descriptor that it was handed is closed."""
    served.ask(jpeg())
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        answer = served.ask(jpeg())
        assert isinstance(answer, Decoded)
        assert isinstance(answer.result, Fingerprint)
        assert isinstance(served.ask(jpeg()[:60]).result, Unreadable)
    assert len(os.listdir("/proc/self/fd")) == before
    assert served.end()


def test_it_says_how_much_room_a_picture_needs(served):
    """Instead of decoding what is larger than it was allowed; the next request is served."""
    with pytest.raises(NeedsRoom) as needed:
        served.ask(jpeg(), room_px=10)
    assert needed.value.pixels > 10
    assert isinstance(served.ask(jpeg()).result, Fingerprint)


@pytest.fixture
def limits(monkeypatch) -> dict[int, tuple[int, int]]:
    """Return the limits that a worker sets; none of them binds the test."""
    told: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", told.__setitem__)
    return told


def test_it_bounds_itself_before_it_is_ready(limits, monkeypatch):
    """Its memory, no core dump, next to no writing; Ctrl-C is left to the daemon."""
    calls = []
    libc = SimpleNamespace(prctl=lambda *words: calls.append(words))
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: libc)
    monkeypatch.setattr(signal, "signal", lambda *words: calls.append(words))
    monkeypatch.setattr(sandbox, "confine", lambda: calls.append("confined"))
    memory_bytes = 64 * GIB
    worker._confine(memory_bytes)
    assert limits[resource.RLIMIT_AS] == (memory_bytes, memory_bytes)
    assert limits[resource.RLIMIT_CORE] == (0, 0)
    assert limits[resource.RLIMIT_FSIZE][0] <= 1 << 20
    assert calls == [(signal.SIGINT, signal.SIG_IGN), (1, signal.SIGKILL), "confined"]


def test_with_too_little_memory_it_ends_before_a_picture_could_be_blamed(limits):
    """It says what it needs and what it has, and sets no limit."""
    with pytest.raises(SystemExit, match=r"needs .* MiB of memory, its limit is 64 MiB"):
        worker._demand_room(64 << 20)
    assert limits == {}


@pytest.mark.parametrize("broken", [BrokenPipeError, ConnectionResetError])
def test_a_daemon_that_was_killed_ends_it_without_a_word(monkeypatch, broken):
    """And the socket that it inherited is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    confined = []

    def gone(requests, given):
        assert given == Limits(77)
        raise broken

    monkeypatch.setattr(worker, "_confine", confined.append)
    monkeypatch.setattr(worker, "_serve", gone)
    worker.main([str(theirs.detach()), str(GIB), "77"])
    assert confined == [GIB]
    assert ours.recv(1) == b""
    ours.close()


class Kernel:
    """A kernel's three Landlock calls, of that version; `refuses` names the one that fails."""

    def __init__(self, version: int, refuses: int = 0) -> None:
        self.version, self.refuses = version, refuses
        self.calls: list[int] = []
        self.ruleset_fd = os.open("/dev/null", os.O_RDONLY)

    def prctl(self, *_words: int) -> int:
        return 0

    def syscall(self, number: int, *words: object) -> int:
        self.calls.append(number)
        asks_version = number == sandbox._CREATE_RULESET and words[0] is None
        if asks_version:
            return self.version
        if number == self.refuses:
            return -1
        return self.ruleset_fd if number == sandbox._CREATE_RULESET else 0

    @property
    def closed(self) -> bool:
        """Whether the ruleset was given back."""
        return not os.path.exists(f"/proc/self/fd/{self.ruleset_fd}")


@pytest.mark.parametrize(
    ("version", "refuses", "confined"),
    [
        (-1, 0, False),
        (0, 0, False),
        (1, 0, True),
        (6, 0, True),
        (6, sandbox._CREATE_RULESET, False),
        (6, sandbox._RESTRICT_SELF, False),
    ],
)
def test_it_knows_whether_the_kernel_confines_it(monkeypatch, version, refuses, confined):
    """Python's libraries are allowed first; the ruleset is closed whatever the kernel says."""
    kernel = Kernel(version, refuses)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: kernel)
    assert sandbox.confine() is confined
    made = version >= 1 and refuses != sandbox._CREATE_RULESET
    assert kernel.closed is made
    assert (sandbox._ADD_RULE in kernel.calls) is made
    assert (kernel.calls[-1] == sandbox._RESTRICT_SELF) is made
    if not made:
        os.close(kernel.ruleset_fd)
