"""The page between the daemon and its web server: what it may ask, and when it is there.

Starlette, Uvicorn and Jinja are loaded only when a page is really wanted.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from typing import Any

from dedupd.asks import AskNear, Known, NearReply, PageReply, Refused, Reply
from dedupd.config_schema import Config
from dedupd.errors import UserError
from dedupd.front import Front
from dedupd.looking import make_pool
from dedupd.reports import Problem
from dedupd.rules.verify import Policy
from dedupd.searching.find import Image, find
from dedupd.searching.reader import Content, NotRead, Reader
from dedupd.searching.thumbnails import Studio
from dedupd.state.eventline import human
from dedupd.state.eventread import latest

log = logging.getLogger(__name__)


class Page:
    """The page of one daemon; the service's thread starts, changes and stops it.

    `url` may be called from any thread.
    """

    def __init__(self, config: Config, front: Front) -> None:
        self._config, self._front = config, front
        self._lock = threading.Lock()
        self._server: Any = None  # faces.web.server.PageServer, which is loaded late
        self._keys: Any = None
        self._studio: Studio | None = None
        self._listen: str | None = None
        self._closed = False
        self._problem: Problem | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the page isn't where it was told to be, for the report."""
        return (self._problem,) if self._problem is not None else ()

    def follow(self, config: Config) -> None:
        """Be where this configuration says; a page that `review` started stays if it says nothing.

        A port that is taken is a problem of the page, not of the daemon.
        """
        with self._lock:
            moved = config.web.listen != self._listen
            self._config = config
            if moved:
                self._stop()
                self._problem = None
            if config.web.listen is None or self._server is not None:
                return
            try:
                self._start(config.web.listen)
            except UserError as error:
                log.error("%s: %s", error.what, error.why)
                message = f"{error.what}: {error.why}"
                self._problem = Problem("web.listen", b"", message, error.fix)

    def url(self) -> Reply:
        """Return the address that lets somebody in; the page is started where there is none."""
        with self._lock:
            if self._closed:
                return Refused("there is no page", "the daemon is stopping", "start it again")
            try:
                if self._server is None:
                    self._start(None)
            except UserError as error:
                return Refused(error.what, error.why, error.fix)
            host = "127.0.0.1" if self._server.host == "localhost" else self._server.host
            name = f"[{host}]" if ":" in host else host
            return PageReply(f"http://{name}:{self._server.port}/?token={self._keys.token}")

    def stop(self) -> None:
        """End it; idempotent."""
        with self._lock:
            self._closed = True
            self._stop()

    def _start(self, listen: str | None) -> None:
        # Loaded late: a daemon without a page does without a web framework.
        from dedupd.faces.web.guard import Guard, Keys, Rules, hosts
        from dedupd.faces.web.live import Live
        from dedupd.faces.web.pages import Pages, Sources
        from dedupd.faces.web.server import PageServer, parts

        config, front = self._config, self._front
        host, port = parts(listen) if listen is not None else ("127.0.0.1", 0)
        studio, live = Studio(lambda: _reader(config)), Live(front.last_report)

        def app(port: int) -> Guard:
            keys = self._keys = Keys.make(port)
            sources = Sources(
                ask=front.ask,
                report=front.last_report,
                thumbnail=lambda known, edge: _thumbnail(studio, known, edge),
                find=lambda fd: _find(studio, front, config, fd),
                events=lambda count: [human(one) for one in latest(config.events, count)],
                decide=keys.decide,
            )
            rules = Rules(keys, hosts(host, port), private=listen is None)
            return Guard(Pages(sources, live).app(), rules)

        server = PageServer(host, port, app, live.close)
        server.start()
        self._server, self._studio, self._listen = server, studio, listen
        log.info("the page is on port %d of %s", server.port, host)

    def _stop(self) -> None:
        if self._server is not None:
            self._server.stop()
        if self._studio is not None:
            self._studio.close()
        self._server = self._studio = self._listen = None


def _reader(config: Config) -> Reader:
    workers = dataclasses.replace(config.workers, count=1)
    return Reader(make_pool(dataclasses.replace(config, workers=workers)), config.limits.file_bytes)


def _thumbnail(studio: Studio, known: Known, edge_px: int) -> bytes | None:
    if known.digest is None:
        return None
    try:
        return studio.thumbnail(known.path, known.digest, edge_px)
    except UserError as error:
        log.warning("no thumbnail: %s: %s", error.what, error.why)
        return None


def _find(studio: Studio, front: Front, config: Config, fd: int) -> Any:
    from dedupd.faces.web.pages import Found  # late, with all of the page

    def search(reader: Reader) -> Found:
        path = b"/proc/self/fd/%d" % fd
        try:
            image = Image(path, *reader.fingerprint(Content(path)))
        except NotRead as problem:
            return Found(problem=problem.why.detail or problem.why.reason)
        near = front.ask(AskNear(image.digest, image.sought))
        if not isinstance(near, NearReply):
            return Found(problem="the daemon is busy; try again")
        match = config.match
        policy = Policy(match.limits, match.worse.accepted, match.turned == "matched")
        found = find(reader, image, near.matches, policy)
        return Found(found.lines, near.unread)

    try:
        return studio.work(search) or Found(problem="the daemon is stopping")
    except UserError as error:
        return Found(problem=f"{error.what}: {error.why}")
