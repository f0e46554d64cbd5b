"""A browser for the page, without its script."""

from __future__ import annotations

import http.client
import json
import re
from http import HTTPStatus
from urllib.parse import urlsplit


class Client:
    """Sends what a browser would, and keeps its cookie."""

    def __init__(self, url: str) -> None:
        self.where, self.query = urlsplit(url).netloc, urlsplit(url).query
        self.headers: dict[str, str] = {}

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str, list[tuple[str, str]]]:
        """Return the status, the text and the headers of the answer."""
        connection = http.client.HTTPConnection(self.where, timeout=30)
        given = {**self.headers, **{name.replace("_", "-"): v for name, v in headers.items()}}
        connection.request(method, path, body, given)
        answer = connection.getresponse()
        whole = answer.status, answer.read().decode(errors="replace"), answer.getheaders()
        connection.close()
        return whole

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Return the status and the text of a page."""
        return self.ask("GET", path, None, **headers)[:2]

    def post(self, path: str, **fields: object) -> int:
        """Return the status of what was sent as the page's script does."""
        return self.ask("POST", path, json.dumps(fields).encode())[0]

    def enter(self) -> None:
        """Come with the token, take the cookie and the page's secret."""
        status, _, headers = self.ask("GET", f"/?{self.query}")
        assert status == HTTPStatus.SEE_OTHER
        self.headers["Cookie"] = dict(headers)["set-cookie"].partition(";")[0]
        found = re.search('name="dedupd-token" content="([0-9a-f]+)"', self.get("/")[1])
        assert found is not None
        self.headers["X-Dedupd-Token"] = found[1]
