"""The pages over made-up sources: what they ask, what they refuse, and that names are only text."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.unit.reports import BUSY, ROOT, folder, report
from tests.unit.test_web_views import COPY, NEEDLE

from dedupd.asks import (
    AskContent,
    AskDecide,
    AskDecideMany,
    AskUndo,
    ContentReply,
    DecidedReply,
    PictureLine,
    Refused,
    ShelfLine,
    ShelfReply,
)
from dedupd.decision import Decision, DecisionKind
from dedupd.faces.web.guard import Guard, Keys, Rules, hosts
from dedupd.faces.web.live import MOST_LISTENERS, Live
from dedupd.faces.web.pages import Found, Pages, Sources
from dedupd.faces.web.views import folder_id
from dedupd.model import FolderState, PictureClass

KEYS = Keys("the-token", 80)
HOSTILE = b'<script>alert("1")\n</script>&\'.jpg'
LINE = PictureLine(HOSTILE, b"/n", PictureClass.POSSIBLE, "smaller", nearest=COPY.path)
HOSTILE_LINE = ShelfLine(LINE, replace(NEEDLE, path=b"/n/" + HOSTILE), COPY)
NEEDLE_ID, COPY_ID = (b"\1" * 32).hex(), (b"\2" * 32).hex()


class Daemon:
    """Answers as a daemon with one pair would; keeps what it was asked."""

    def __init__(self):
        self.asked = []
        self.report = BUSY
        self.refuses = False

    def ask(self, ask):
        self.asked.append(ask)
        if self.refuses:
            return Refused("it can't be decided", "the disk is full", "free space")
        if isinstance(ask, AskContent):
            known = [one for one in (NEEDLE, COPY) if one.digest == ask.digest]
            return ContentReply(tuple(one for one in known if one.role is ask.role))
        if isinstance(ask, AskDecide | AskDecideMany | AskUndo):
            one = Decision("d1", "b1", "", DecisionKind.SAME, b"\1" * 32, first_path=HOSTILE)
            return DecidedReply((one,), getattr(ask, "sure", True), "b1")
        return ShelfReply((HOSTILE_LINE,), (1,) * len(ask.classes))

    def app(self):
        sources = Sources(
            ask=self.ask,
            report=lambda: self.report,
            thumbnail=lambda known, edge: b"JPEG %d" % edge,
            find=lambda fd: Found(problem=os.pread(fd, 99, 0).decode()),
            events=lambda count: ["an <b>event</b>"],
            decide=KEYS.decide,
        )
        pages = Pages(sources, Live(lambda: self.report, tick_s=0.001))
        return Guard(pages.app(), Rules(KEYS, hosts("127.0.0.1", 80), private=False))


@pytest.fixture
def daemon():
    return Daemon()


def request(app, method, target, body=b"", **headers):
    """Send one request to an ASGI application; return status, headers and body."""
    path, _, query = target.partition("?")
    given = {"host": "127.0.0.1:80", **{k.replace("_", "-"): v for k, v in headers.items()}}
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "root_path": "", "scheme": "http",
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in given.items()],
    }  # fmt: skip
    sent, asked = [], iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive():
        return next(asked, {"type": "http.disconnect"})

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    answer = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], answer, b"".join(one.get("body", b"") for one in sent[1:])


def get(daemon, target, **headers):
    status, _, body = request(daemon.app(), "GET", target, **headers)
    return status, body.decode()


def post(daemon, target, **fields):
    body = json.dumps(fields).encode()
    secrets = {"cookie": f"dedupd_80={KEYS.cookie}", "x_dedupd_token": KEYS.decide}
    status, _, answer = request(daemon.app(), "POST", target, body, **secrets)
    return status, answer.decode()


@pytest.mark.parametrize("target", ["/", f"/folder/{folder_id(ROOT)}", "/review", "/search"])
def test_every_page_is_whole_and_guarded(daemon, target):
    """Headers forbid what is foreign; without the cookie a page says how to decide."""
    status, headers, body = request(daemon.app(), "GET", target)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
    assert b"dedupd review" in body
    assert KEYS.decide.encode() not in body
    assert b"style=" not in body


def test_a_monitor_reads_the_report_as_numbers(daemon):
    """Under the same rules as the pages."""
    status, headers, body = request(daemon.app(), "GET", "/metrics")
    assert (status, headers["content-type"][:24]) == (200, "text/plain; version=0.0.")
    assert b"dedupd_folders{state=" in body


def test_the_secret_of_the_page_is_for_whom_has_the_cookie(daemon):
    """So whoever may only read can't decide."""
    assert KEYS.decide in get(daemon, "/review", cookie=f"dedupd_80={KEYS.cookie}")[1]


@pytest.mark.parametrize("target", [f"/folder/{folder_id(ROOT)}", "/review"])
def test_a_hostile_name_is_text(daemon, target):
    """Neither a tag, nor the end of an attribute, nor a second line."""
    text = get(daemon, target)[1]
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(&#34;1&#34;)\\n&lt;/script&gt;&amp;&#39;.jpg" in text


def test_hostile_folders_events_and_previews_are_text(daemon):
    """Wherever a name may stand."""
    daemon.report = report(folder(b"", FolderState.EMPTY), folder(HOSTILE, FolderState.EMPTY))
    assert "<script>alert" not in get(daemon, "/")[1]
    assert "an &lt;b&gt;event" in get(daemon, "/events")[1]
    fields = {"kind": "same", "class": "possible", "folder": folder_id(ROOT)}
    assert "<script>alert" not in post(daemon, "/bulk", **fields)[1]
    assert "&lt;b&gt;" in request_find(daemon, b"<b>")


def request_find(daemon, body):
    secrets = {"cookie": f"dedupd_80={KEYS.cookie}", "x_dedupd_token": KEYS.decide}
    return request(daemon.app(), "POST", "/search", body, **secrets)[2].decode()


@pytest.mark.parametrize(
    "target",
    [
        "/folder/0123456789abcdef0123456789abcdef", "/folder/..", "/folder/%2e%2e%2fetc",
        "/review/nothing", "/review?n=-1", "/review?n=1e9", f"/folder/{folder_id(ROOT)}?class=x",
        "/static/../pages.py", "/static/../../../../../../etc/passwd", "/nothing",
        f"/thumbnail/needles/{COPY_ID}/320", f"/thumbnail/haystack/{'0' * 64}/320",
        "/thumbnail/needles/../../etc/passwd/320", "/thumbnail/needles/..%2f..%2fetc/320",
        f"/thumbnail/needles/{NEEDLE_ID.upper()}x/320", f"/thumbnail/elsewhere/{NEEDLE_ID}/320",
        f"/thumbnail/needles/{NEEDLE_ID}/9999", f"/thumbnail/needles/{NEEDLE_ID}/0320",
    ],
)  # fmt: skip
def test_an_unknown_or_odd_address_is_not_found(daemon, target):
    """There is no path in any address, so none leads anywhere."""
    assert get(daemon, target)[0] == 404


def test_a_thumbnail_is_asked_for_by_content(daemon):
    """It may be kept by the browser: the content won't change."""
    status, headers, body = request(daemon.app(), "GET", f"/thumbnail/haystack/{COPY_ID}/1024")
    assert (status, headers["content-type"], body) == (200, "image/jpeg", b"JPEG 1024")
    assert headers["cache-control"].startswith("private")


def test_decisions_reach_the_engine_with_paths(daemon):
    """The page names contents; where they lie is known to the daemon alone."""
    assert post(daemon, "/decide", kind="same", needle=NEEDLE_ID, library=COPY_ID)[0] == 200
    assert daemon.asked[-1] == AskDecide(DecisionKind.SAME, NEEDLE.path, COPY.path)
    assert post(daemon, "/decide", kind="dismiss", needle=NEEDLE_ID, library="")[0] == 200
    assert daemon.asked[-1] == AskDecide(DecisionKind.DISMISS, NEEDLE.path)
    assert json.loads(post(daemon, "/undo", batch="b1")[1]) == {"batch": "b1", "count": 1}
    assert daemon.asked[-1] == AskUndo("b1")


def test_many_are_shown_before_they_are_decided(daemon):
    """Only `sure` decides, and then there is a way back."""
    fields = {"kind": "same", "class": "possible", "folder": folder_id(ROOT), "reason": "smaller"}
    assert "would be decided" in post(daemon, "/bulk", **fields)[1]
    assert daemon.asked[-1].sure is False
    assert 'data-undo="b1"' in post(daemon, "/bulk", **fields, sure=True)[1]
    assert daemon.asked[-1].nearest is None
    post(daemon, "/bulk", **fields, library=COPY_ID)
    assert daemon.asked[-1].nearest == bytes.fromhex(COPY_ID)
    assert post(daemon, "/bulk", **fields, library="../x")[0] == 404
    post(daemon, "/bulk", **fields, sure=True)
    wanted = PictureClass.POSSIBLE, ("smaller",), True
    assert (daemon.asked[-1].cls, daemon.asked[-1].reasons, daemon.asked[-1].sure) == wanted


@pytest.mark.parametrize(
    ("target", "fields", "status"),
    [
        ("/decide", {"kind": "same", "needle": NEEDLE_ID}, 404),
        ("/decide", {"kind": "same", "needle": "../x", "library": COPY_ID}, 404),
        ("/decide", {"kind": "delete", "needle": NEEDLE_ID}, 400),
        ("/decide", {"kind": ["same"], "needle": 7}, 400),
        ("/undo", {"batch": 1}, 400),
        ("/bulk", {"kind": "same", "class": "unmatched", "folder": folder_id(ROOT)}, 404),
        ("/bulk", {"kind": "dismiss", "class": "matched", "folder": folder_id(ROOT)}, 404),
        ("/bulk", {"kind": "dismiss", "class": "unmatched", "folder": "x"}, 404),
        ("/bulk", {"kind": "same", "pad": "x" * 70_000}, 413),
    ],
)
def test_nonsense_decides_nothing(daemon, target, fields, status):
    """Whatever the fields hold."""
    assert post(daemon, target, **fields)[0] == status
    assert not [one for one in daemon.asked if not isinstance(one, AskContent)]


def test_without_the_token_nothing_is_decided(daemon):
    """The guard stands before every handler."""
    body = json.dumps({"kind": "dismiss", "needle": NEEDLE_ID}).encode()
    assert request(daemon.app(), "POST", "/decide", body)[0] == 403
    assert get(daemon, "/", host="evil.example")[0] == 403
    assert daemon.asked == []


def test_a_refusal_is_told_in_its_three_parts(daemon):
    """As text for the script, as a page for a reader."""
    daemon.refuses = True
    status, told = post(daemon, "/undo", batch="")
    assert (status, json.loads(told)["why"]) == (409, "the disk is full")
    assert get(daemon, "/review")[0] == 409


def test_a_daemon_without_a_page_loads_no_web_framework():
    """It would start slower, and hold 12 MB for nothing."""
    script = (
        "import sys, dedupd.service; print({'starlette', 'uvicorn', 'jinja2'} & {*sys.modules})"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True, text=True
    )
    assert done.stdout == "set()\n"


def test_the_token_is_changed_for_a_cookie(daemon):
    """And vanishes from the address."""
    status, headers, _ = request(daemon.app(), "GET", "/?token=the-token")
    assert (status, headers["location"]) == (303, "/")
    assert all(word in headers["set-cookie"] for word in ("HttpOnly", "SameSite=strict"))
    assert KEYS.token not in headers["set-cookie"]


def test_a_stream_tells_of_news_and_ends_when_the_daemon_does(daemon):
    """Nothing new is no news; listeners are few."""
    live = Live(lambda: daemon.report, tick_s=0.001)

    async def listen():
        stream = live.follow()
        told = [await anext(stream)]
        daemon.report = replace(BUSY, state="ready")
        told.append(await anext(stream))
        others = [live.follow() for _ in range(MOST_LISTENERS - 1)]
        for one in others:
            await anext(one)
        full = live.follow() is None
        live.close()
        return told, full, [line async for line in stream]

    told, full, rest = asyncio.run(listen())
    assert [line.partition(":")[0] for line in told] == ["retry", "event"]
    assert (full, rest) == (True, [])
