"""The pages and what they send: each handler asks, and hands the answer to a view.

Handlers know callables alone, no engine.  Those that ask are plain functions, which Starlette
calls in threads: an answer that takes its time holds up nobody else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jinja2
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dedupd.asks import (
    Ask,
    AskContent,
    AskDecide,
    AskDecideMany,
    AskShelf,
    AskUndo,
    ContentReply,
    DecidedReply,
    Known,
    MatchLine,
    Refused,
    Reply,
    ShelfReply,
)
from dedupd.decision import DecisionKind
from dedupd.faces.web import views
from dedupd.faces.web.live import Live
from dedupd.faces.web.metrics import metrics
from dedupd.faces.web.upload import Upload
from dedupd.model import Digest, PictureClass, Role
from dedupd.reports import FolderReport, Report
from dedupd.text import shown

PER_PAGE = 48
SUBFOLDERS = 200
SEEN_FOR_REASONS = 300
EDGES_PX = (320, 1024)
EVENTS = 200
LISTED = 20
"""Names that the preview of a bulk decision tells."""
LARGEST_BODY_BYTES = 64 * 1024
NO_PREVIEW = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240" font-family="sans-serif">'
    '<text x="160" y="125" text-anchor="middle" font-size="16" fill="#888">no preview</text></svg>'
)
DIGEST = re.compile("[0-9a-f]{64}")
FIRST_SHOWN = (PictureClass.UNMATCHED, PictureClass.UNREADABLE, PictureClass.POSSIBLE)
DECIDED_MANY = {
    DecisionKind.SAME: (PictureClass.POSSIBLE,),
    DecisionKind.DIFFERENT: (PictureClass.POSSIBLE,),
    DecisionKind.DISMISS: FIRST_SHOWN,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found; `problem` is why the upload can't be looked for, "" if it can."""

    lines: tuple[MatchLine, ...] = ()
    unread: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the pages get everything from; each may be called from any thread.

    Attributes:
        report: The last report.
        thumbnail: A JPEG of a file that still holds this content, None where there is none.
        find: Looks for the picture in that descriptor's file.
        events: The newest events as lines of text, the newest first.
        decide: What a decision's request must carry.
    """

    ask: Callable[[Ask], Reply]
    report: Callable[[], Report]
    thumbnail: Callable[[Known, int], bytes | None]
    find: Callable[[int], Found]
    events: Callable[[int], list[str]]
    decide: str


class Refusal(Exception):
    """The engine refused; the page shows its three lines."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.what)
        self.refused = refused


class Pages:
    """All handlers over one set of sources."""

    def __init__(self, sources: Sources, live: Live) -> None:
        self._from, self._live = sources, live
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("dedupd.faces.web"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["shown"] = shown

    def app(self) -> Starlette:
        """Return the application, to be put behind the guard."""
        routes = [
            Route("/", self.overview),
            Route("/folder/{folder}", self.folder),
            Route("/review", self.review),
            Route("/review/{folder}", self.review),
            Route("/search", self.search),
            Route("/events", self.events),
            Route("/thumbnail/{side}/{digest}/{edge}", self.thumbnail),
            Route("/live", self.live),
            metrics(self._from.report),
            Route("/decide", self.decide, methods=["POST"]),
            Route("/undo", self.undo, methods=["POST"]),
            Route("/bulk", self.bulk, methods=["POST"]),
            Route("/search", self.find, methods=["POST"]),
            Mount("/static", StaticFiles(packages=[("dedupd.faces.web", "static")])),
        ]
        handlers: Any = {Refusal: self._refused, HTTPException: self._failed}
        return Starlette(routes=routes, exception_handlers=handlers)

    def overview(self, request: Request) -> Response:
        """Show where everything stands."""
        report = self._from.report()
        return self._page(
            request,
            "overview",
            roots=[(shown(root.path), views.root_words(root)) for root in report.roots],
            problems=report.problems,
            rows=views.tree(report),
        )

    def folder(self, request: Request) -> Response:
        """Show a folder: what is missing first, why, and what comes nearest."""
        report = self._from.report()
        folder = _folder(report, request)
        only = request.query_params.get("class", "")
        if only and only not in [cls.value for cls in PictureClass]:
            raise HTTPException(404)
        classes = (PictureClass(only),) if only else FIRST_SHOWN
        number = _number(request, "page")
        shelf = self._shelf(AskShelf(folder.path, classes, number * PER_PAGE, PER_PAGE))
        doubtful = AskShelf(folder.path, (PictureClass.POSSIBLE,), 0, SEEN_FOR_REASONS)
        return self._page(
            request,
            "folder",
            folder=views.row(folder),
            trail=views.trail(report, folder),
            rows=views.rows_inside(report, folder)[:SUBFOLDERS],
            tabs=_tabs(folder),
            only=only,
            tiles=[views.tile(one) for one in shelf.lines],
            number=number,
            more=(number + 1) * PER_PAGE < sum(shelf.totals),
            total=sum(shelf.totals),
            reasons=views.reason_counts(self._shelf(doubtful).lines),
        )

    def review(self, request: Request) -> Response:
        """Show one pair, needle and library, for a person to decide."""
        report = self._from.report()
        folder = _folder(report, request) if "folder" in request.path_params else None
        path = folder.path if folder is not None else None
        number = _number(request, "n")
        shelf = self._shelf(AskShelf(path, (PictureClass.POSSIBLE,), number, 2))
        tiles = [views.tile(one) for one in shelf.lines]
        return self._page(
            request,
            "review",
            folder=views.row(folder) if folder is not None else None,
            pair=tiles[0] if tiles else None,
            following=tiles[1] if tiles[1:] else None,
            whole=views.folder_id(path or views.root_of(report, shelf.lines)),
            number=number,
            left=shelf.totals[0],
            base=request.url.path,
        )

    def search(self, request: Request) -> Response:
        """Show where a picture can be dropped."""
        return self._page(request, "search")

    def events(self, request: Request) -> Response:
        """Show the newest events."""
        return self._page(request, "events", lines=self._from.events(EVENTS))

    def thumbnail(self, request: Request) -> Response:
        """Send a small JPEG of a content that dedupd knows."""
        wanted = request.path_params
        role = _role(wanted["side"])
        edge = next((one for one in EDGES_PX if str(one) == wanted["edge"]), None)
        if edge is None:
            raise HTTPException(404)
        for known in self._content(role, wanted["digest"]):
            jpeg = self._from.thumbnail(known, edge)
            if jpeg is not None:
                kept = {"Cache-Control": "private, max-age=86400, immutable"}
                return Response(jpeg, media_type="image/jpeg", headers=kept)
        return Response(NO_PREVIEW, media_type="image/svg+xml")  # it is known, and unreadable

    async def live(self, request: Request) -> Response:  # noqa: ARG002 -- the shape of a handler
        """Send a line whenever there is a new report."""
        ticks = self._live.follow()
        if ticks is None:
            raise HTTPException(503)
        return StreamingResponse(ticks, media_type="text/event-stream")

    async def decide(self, request: Request) -> Response:
        """Take one decision."""
        return await run_in_threadpool(self._decide, await _fields(request))

    async def undo(self, request: Request) -> Response:
        """Take a batch back, or the latest."""
        given = (await _fields(request)).get("batch", "")
        if not isinstance(given, str):
            raise HTTPException(400)
        reply = await run_in_threadpool(self._asked, AskUndo(given))
        return _decided(reply)

    async def bulk(self, request: Request) -> Response:
        """Show what a decision about many would decide, or make it."""
        return await run_in_threadpool(self._bulk, await _fields(request))

    async def find(self, request: Request) -> Response:
        """Look for an uploaded picture."""
        with Upload() as upload:
            async for chunk in request.stream():
                if not upload.take(chunk):
                    raise HTTPException(413)
            found = await run_in_threadpool(self._from.find, upload.fd)
        lines = views.found(found.lines)
        return self._part("found", found=found, lines=lines, sure=any(x.counts for x in lines))

    def _decide(self, fields: dict[str, Any]) -> Response:
        kind = _kind(fields)
        first = self._path(Role.NEEDLES, fields.get("needle"))
        second = None
        if kind is not DecisionKind.DISMISS:
            second = self._path(Role.HAYSTACK, fields.get("library"))
        return _decided(self._asked(AskDecide(kind, first, second)))

    def _bulk(self, fields: dict[str, Any]) -> Response:
        kind, report = _kind(fields), self._from.report()
        folder = views.folder_of(report, str(fields.get("folder")))
        cls = next((one for one in DECIDED_MANY[kind] if one.value == fields.get("class")), None)
        if folder is None or cls is None:
            raise HTTPException(404)
        reason, sure = fields.get("reason"), fields.get("sure") is True
        reasons = (reason,) if isinstance(reason, str) and reason else ()
        nearest = _digest(fields["library"]) if fields.get("library") else None
        reply = self._asked(AskDecideMany(kind, folder.path, cls, reasons, nearest, sure=sure))
        if not isinstance(reply, DecidedReply):
            raise HTTPException(500)
        names = [shown(one.first_path) for one in reply.decisions[:LISTED]]
        return self._part("bulk", kind=kind.value, reply=reply, names=names)

    def _content(self, role: Role, digest: object) -> tuple[Known, ...]:
        reply = self._asked(AskContent(role, _digest(digest)))
        if not isinstance(reply, ContentReply) or not reply.files:
            raise HTTPException(404)
        return reply.files

    def _path(self, role: Role, digest: object) -> bytes:
        return self._content(role, digest)[0].path

    def _shelf(self, ask: AskShelf) -> ShelfReply:
        reply = self._asked(ask)
        if not isinstance(reply, ShelfReply):
            raise HTTPException(500)
        return reply

    def _asked(self, ask: Ask) -> Reply:
        reply = self._from.ask(ask)
        if isinstance(reply, Refused):
            raise Refusal(reply)
        return reply

    def _page(self, request: Request, name: str, status: int = 200, **more: Any) -> HTMLResponse:
        report = self._from.report()
        may_decide = bool(request.scope.get("may_decide"))
        words = {
            "state": report.state,
            "state_line": views.state_line(report),
            "progress": views.progress(report.queue),
            "to_review": report.totals.possible,
            "bar": views.bar(report.totals),
            "version": report.version,
            "may_decide": may_decide,
            "token": self._from.decide if may_decide else "",
            "here": name,
        }
        text = self._templates.get_template(f"{name}.html").render({**words, **more})
        return HTMLResponse(text, status)

    def _part(self, name: str, **more: Any) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(f"{name}.html").render(more))

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        refused = refusal.refused
        if request.method == "POST":
            told = {"what": refused.what, "why": refused.why, "fix": refused.fix}
            return JSONResponse(told, 409)
        return self._page(request, "message", 409, refused=refused)

    def _failed(self, request: Request, failed: HTTPException) -> Response:
        if request.method == "POST":
            return JSONResponse({"what": failed.detail, "why": "", "fix": ""}, failed.status_code)
        refused = Refused(failed.detail, "there is no such page, folder or picture (any more)")
        return self._page(request, "message", failed.status_code, refused=refused)


def _digest(text: object) -> Digest:
    if not isinstance(text, str) or not DIGEST.fullmatch(text):
        raise HTTPException(404)
    return bytes.fromhex(text)


def _tabs(folder: FolderReport) -> list[tuple[str, str, int]]:
    order = (*FIRST_SHOWN, PictureClass.PENDING, PictureClass.DISMISSED, PictureClass.MATCHED)
    words = {
        PictureClass.UNMATCHED: "not in the library",
        PictureClass.UNREADABLE: "unreadable",
        PictureClass.POSSIBLE: "to review",
        PictureClass.PENDING: "pending",
        PictureClass.DISMISSED: "not wanted",
        PictureClass.MATCHED: "in the library",
    }
    return [(one.value, words[one], getattr(folder.tree, one.value)) for one in order]


def _folder(report: Report, request: Request) -> FolderReport:
    folder = views.folder_of(report, request.path_params["folder"])
    if folder is None:
        raise HTTPException(404)
    return folder


def _number(request: Request, key: str) -> int:
    text = request.query_params.get(key, "0")
    if not re.fullmatch("[0-9]{1,9}", text):
        raise HTTPException(404)
    return int(text)


def _role(side: str) -> Role:
    role = next((one for one in Role if one.value == side), None)
    if role is None:
        raise HTTPException(404)
    return role


def _kind(fields: dict[str, Any]) -> DecisionKind:
    kind = next((one for one in DecisionKind if one.value == fields.get("kind")), None)
    if kind is None:
        raise HTTPException(400)
    return kind


async def _fields(request: Request) -> dict[str, Any]:
    """Return the JSON object that was sent."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            raise HTTPException(413)
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise HTTPException(400)
    return fields


def _decided(reply: Reply) -> Response:
    if not isinstance(reply, DecidedReply):
        raise HTTPException(500)
    return JSONResponse({"batch": reply.batch, "count": len(reply.decisions)})
