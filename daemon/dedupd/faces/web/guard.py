"""Who may see the page, and who may decide: every request passes here first.

The page listens on this machine only, but any web site that the owner visits can make his browser
send requests to it.  So: a request must name us as its host (a foreign name may lead to
127.0.0.1), one that decides must come from our own page, and it must know the token that was given
out over the control socket.  Nothing of the page runs, loads or frames anything foreign.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = ("GET", "HEAD")
TOKEN_HEADER = "x-dedupd-token"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

ENTER = "To see this page and to decide, type this in a terminal: dedupd review\n"


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one start.

    Attributes:
        token: Opens the page; given out over the control socket only.
        port: Browsers send a cookie to every port of a host, so its name holds ours.
    """

    token: str
    port: int

    @classmethod
    def make(cls, port: int) -> Keys:
        """Return new ones."""
        return cls(secrets.token_urlsafe(32), port)

    @property
    def cookie_name(self) -> str:
        """How the cookie is called."""
        return f"dedupd_{self.port}"

    @property
    def cookie(self) -> str:
        """What the cookie holds; it doesn't tell the token."""
        return hashlib.sha256(f"cookie {self.token}".encode()).hexdigest()

    @property
    def decide(self) -> str:
        """What the page sends along with each decision."""
        return hashlib.sha256(f"decide {self.token}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """What matters of a request."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed.

    Attributes:
        hosts: Names with port that are ours, such as "127.0.0.1:8377".
        private: Reading needs the cookie, too.
    """

    keys: Keys
    hosts: frozenset[str]
    private: bool

    def refusal(self, asked: Asked) -> str:
        """Return why this request is refused, "" if it isn't."""
        headers = asked.headers
        if headers.get("host", "").lower() not in self.hosts:
            return "this page answers to its own name only\n"
        if not self._from_here(headers):
            return "this request comes from another site\n"
        if asked.method in READING:
            free = not self.private or self.knows(asked) or asked.path.startswith("/static/")
            return "" if free else ENTER
        if not self.knows(asked) or not _same(headers.get(TOKEN_HEADER, ""), self.keys.decide):
            return ENTER
        return ""

    def knows(self, asked: Asked) -> bool:
        """Say whether the request carries the cookie."""
        try:
            cookie = SimpleCookie(asked.headers.get("cookie", "")).get(self.keys.cookie_name)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self.keys.cookie)

    def enters(self, asked: Asked) -> bool:
        """Say whether somebody comes with the token, as `dedupd review` sends him."""
        if asked.method != "GET" or asked.path != "/" or not asked.query:
            return False
        given = parse_qs(asked.query).get("token", [""])[0]
        return asked.headers.get("host", "").lower() in self.hosts and _same(given, self.keys.token)

    def _from_here(self, headers: Mapping[str, str]) -> bool:
        """A browser says where a request comes from; a program that says nothing isn't fooled."""
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://").lower() not in self.hosts:
            return False
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def hosts(host: str, port: int) -> frozenset[str]:
    """Return the names by which a page on this host and port may be called."""
    bare = host if not (":" in host and not host.startswith("[")) else f"[{host}]"
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]", bare.lower()))


class Guard:
    """Lets through what the rules allow, and adds our headers to every answer."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = _asked(scope["method"], scope["path"], scope["query_string"], scope["headers"])
        answer = self._answer(asked)
        scope["may_decide"] = self._rules.knows(asked)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (answer or self._app)(scope, receive, guarded)

    def _answer(self, asked: Asked) -> Response | None:
        keys = self._rules.keys
        if self._rules.enters(asked):
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(keys.cookie_name, keys.cookie, httponly=True, samesite="strict")
            return answer
        if why := self._rules.refusal(asked):
            return PlainTextResponse(why, status_code=403)
        return None


def _asked(method: str, path: str, query: bytes, raw: Iterable[tuple[bytes, bytes]]) -> Asked:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
    return Asked(method, path, query.decode("latin-1"), headers)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("ascii"))
