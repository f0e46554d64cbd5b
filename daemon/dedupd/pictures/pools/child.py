"""One worker process as its owner sees it: started, asked, ended.

Owned by one thread.  The child is a fresh program, not a fork, so that it inherits no lock, no
handle of the store and no thread; it gets one socket and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

import dedupd
from dedupd.pictures.exchange import (
    PACKET_BYTES,
    READY,
    PoolAnswer,
    PoolJob,
    decode_answer,
    encode_request,
    missing_bytes,
    payloads,
)
from dedupd.pictures.limits import Limits
from dedupd.wire import Damaged

_OUR_PACKAGES = str(Path(dedupd.__file__).parents[1])
_START_S = 30.0
_END_S = 1.0
_OF_THE_SERVICE_ONLY = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class ChildLost(Exception):
    """The child ended, or talked nonsense, before it answered."""


class ChildLate(Exception):
    """The child did not answer in time."""


class Stopped(Exception):
    """The pool is being stopped."""


class Child:
    """A running worker.

    Args:
        memory_bytes: Its address space; some 500 MiB of it are taken by libraries.
        stop_fd: Becomes readable when the pool is stopped; every wait then raises `Stopped`.

    Raises:
        OSError: No process can be started.
        ChildLost, ChildLate: It does not come up.
    """

    def __init__(self, memory_bytes: int, limits: Limits, stop_fd: int) -> None:
        self._stop_fd = stop_fd
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = _spawn(theirs.fileno(), memory_bytes, limits)
            except BaseException:
                self._socket.close()
                raise
        try:
            if self._receive(_START_S) != READY:
                raise ChildLost("it began with something else")
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether it was still there a moment ago."""
        return self._process.poll() is None

    def ask(self, job: PoolJob, timeout_s: float, room_px: int) -> PoolAnswer:
        """Return the child's answer to `job`.

        Raises:
            NeedsRoom: A picture is larger than `room_px`; the child waits for the next request.
            ChildLost, ChildLate, Stopped: There is none; the child is of no more use.
        """
        fds = [payload.fd for payload in payloads(job)]
        try:
            socket.send_fds(self._socket, [encode_request(job, room_px)], fds)
            return decode_answer(job, self._received_whole(job, timeout_s))
        except (OSError, Damaged) as error:
            raise ChildLost(str(error)) from error

    def end(self) -> None:
        """Kill it, whatever it does."""
        self._socket.close()
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # the kernel will end it later
            self._process.wait(_END_S)

    def _received_whole(self, job: PoolJob, timeout_s: float) -> bytes:
        """Return the answer to `job`, however many packets it comes in."""
        deadline_s = time.monotonic() + timeout_s
        answer = self._receive(timeout_s)
        while missing_bytes(job, answer):
            answer += self._receive(max(0.0, deadline_s - time.monotonic()))
        return answer

    def _receive(self, timeout_s: float) -> bytes:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._stop_fd, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(timeout_s * 1000)}
        if self._stop_fd in ready:
            raise Stopped
        if not ready:
            raise ChildLate
        packet = self._socket.recv(PACKET_BYTES)
        if not packet:
            raise ChildLost("it ended")
        return packet


def _spawn(socket_fd: int, memory_bytes: int, limits: Limits) -> subprocess.Popen[bytes]:
    # -P: a folder that we happen to stand in may hold a picture collection's own "cv2.py".
    command = [sys.executable, "-P", "-m", "dedupd.pictures.worker"]
    return subprocess.Popen(
        [*command, str(socket_fd), str(memory_bytes), str(limits.pixels)],
        pass_fds=[socket_fd],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=_environment(limits),
        process_group=0,  # Ctrl-C in a terminal is for the daemon, which then ends its workers
    )


def python_path() -> str:
    """Return where a child finds this dedupd, and what else this process was told."""
    return os.pathsep.join(filter(None, (_OUR_PACKAGES, os.environ.get("PYTHONPATH"))))


def _environment(limits: Limits) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if k not in _OF_THE_SERVICE_ONLY}
    return inherited | {
        "PYTHONPATH": python_path(),
        "OPENBLAS_NUM_THREADS": "1",  # else each thread reserves address space for its stack
        "OPENCV_LOG_LEVEL": "WARNING",
        "OPENCV_IO_MAX_IMAGE_PIXELS": str(limits.pixels),
    }
