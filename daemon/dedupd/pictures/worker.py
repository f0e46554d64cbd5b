"""A worker process: gets bytes by descriptor, answers what is in the picture, opens no file.

    python -m dedupd.pictures.worker SOCKET_FD MEMORY_BYTES PIXELS

Serves one request at a time on the inherited socket and ends with it.  The first packet that it
sends is `READY`.  A decoder that crashes, hangs or eats its memory costs this process only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
from dataclasses import replace

from dedupd.pictures import sandbox
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.exchange import (
    PACKET_BYTES,
    READY,
    PoolAnswer,
    decode_request,
    encode_answer,
)
from dedupd.pictures.limits import Limits, NeedsRoom
from dedupd.pictures.work import do

_PAYLOADS_AT_MOST = 2
_LEAST_ROOM_BYTES = 128 << 20
_WRITTEN_BYTES_AT_MOST = 1 << 20  # all that a worker writes is what its codecs say
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, <linux/prctl.h>


def main(arguments: list[str]) -> None:
    """Serve until the other end of the socket is closed."""
    socket_fd, memory_bytes, pixels = map(int, arguments)
    _confine(memory_bytes)
    gone = contextlib.suppress(BrokenPipeError, ConnectionResetError)  # the daemon was killed
    with socket.socket(fileno=socket_fd) as requests, gone:
        _serve(requests, Limits(pixels))


def _confine(memory_bytes: int) -> None:
    """Let the parent alone decide when this process ends, and bound what it may take."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    _demand_room(memory_bytes)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_WRITTEN_BYTES_AT_MOST, _WRITTEN_BYTES_AT_MOST))
    sandbox.confine()


def _demand_room(memory_bytes: int) -> None:
    """End here, before a picture could be blamed, where the limit leaves no room for one."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        own_bytes = int(statm.read().split()[0]) * resource.getpagesize()
    if memory_bytes < own_bytes + _LEAST_ROOM_BYTES:
        needed_mib, given_mib = (own_bytes + _LEAST_ROOM_BYTES) >> 20, memory_bytes >> 20
        sys.exit(f"dedupd: a worker needs {needed_mib} MiB of memory, its limit is {given_mib} MiB")


def _serve(requests: socket.socket, limits: Limits) -> None:
    capture = StderrCapture()
    requests.send(READY)
    while True:
        packet, fds, _, _ = socket.recv_fds(requests, PACKET_BYTES, _PAYLOADS_AT_MOST)
        if not packet:
            return
        answer = _answer(packet, fds, limits, capture)
        for fd in fds:
            os.close(fd)
        _send(requests, encode_answer(answer))


def _send(requests: socket.socket, answer: bytes) -> None:
    for start in range(0, len(answer), PACKET_BYTES):
        requests.send(answer[start : start + PACKET_BYTES])


def _answer(
    packet: bytes, fds: list[int], limits: Limits, capture: StderrCapture
) -> PoolAnswer | NeedsRoom:
    job, room_px = decode_request(packet, fds)
    try:
        return do(job, replace(limits, room_px=room_px), capture)
    except NeedsRoom as needed:
        return needed


if __name__ == "__main__":
    main(sys.argv[1:])
