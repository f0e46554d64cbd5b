"""Serves the page on this machine, in a thread of its own, so that no browser can hold up others.

Uvicorn's own loop looks ten times a second whether it shall end; ours sleeps until it is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from dedupd.errors import UserError

START_S = 10.0
STOP_S = 3.0
GRACE_S = 1
"""How long a request may go on when the daemon stops."""
MOST_CONNECTIONS = 64
OWN_CGROUPS = Path("/proc/self/cgroup")

log = logging.getLogger(__name__)


class PageServer:
    """The page, from `start` to `stop`.

    Args:
        host, port: Where to listen; port 0 lets the kernel choose.
        app: Makes the application once the port is known.
        closing: Called when it ends, so that open streams do.
    """

    def __init__(
        self, host: str, port: int, app: Callable[[int], ASGIApp], closing: Callable[[], None]
    ) -> None:
        self.host = host
        self.port = port
        self._app, self._closing = app, closing
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen; when this returns, a browser can connect.

        Raises:
            UserError: Nothing can listen there.
        """
        listening = listening_at(self.host, self.port)
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(
            self._app(self.port),
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="none",
            http="h11",
            loop="asyncio",
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="page", daemon=True
        )
        self._thread.start()
        self._server.is_up.wait(START_S)

    def stop(self) -> None:
        """End it, with open streams; idempotent.  What still asks the engine is left behind."""
        if self._server is None or self._thread is None:
            return
        self._closing()
        self._server.end()
        self._thread.join(STOP_S)
        self._server = self._thread = None


class _Server(uvicorn.Server):
    """Uvicorn, without its signals and without its clock."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told: asyncio.Event | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the service."""
        yield

    async def main_loop(self) -> None:
        """Sleep until `end`."""
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        self.is_up.set()
        await self._told.wait()

    def end(self) -> None:
        """Wake the loop for the last time; may be called from any thread."""
        if self._loop is not None and self._told is not None:
            with contextlib.suppress(RuntimeError):  # it ended by itself
                self._loop.call_soon_threadsafe(self._told.set)


def parts(listen: str) -> tuple[str, int]:
    """Return host and port of "127.0.0.1:8377" or "[::1]:8377"."""
    host, _, port = listen.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def listening_at(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 is any free one.

    Raises:
        UserError: It can't be had, with what to type.
    """
    bare = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ipaddress.ip_address(bare).version == 6 else socket.AF_INET  # noqa: PLR2004
    try:
        return socket.create_server((bare, port), family=family, backlog=MOST_CONNECTIONS)
    except OSError as problem:
        fix = "choose another port for web.listen, then: dedupd reload"
        if problem.errno == errno.EAFNOSUPPORT:
            fix = f"systemctl edit {_unit()}   # the unit forbids networks, and says what to change"
        what = f"the page can't listen on {host}:{port}"
        why = os.strerror(problem.errno) if problem.errno else str(problem)
        raise UserError(what, why, fix) from problem


def _unit() -> str:
    """Return the systemd unit that this process is of, as its cgroup is named."""
    with contextlib.suppress(OSError):
        for line in OWN_CGROUPS.read_text(errors="replace").splitlines():
            name = line.rpartition("/")[2]
            if name.endswith(".service"):
                return name
    return "dedupd"
