"""The page of a real daemon over HTTP: who gets in, what is refused, and that decisions count."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlsplit

from tests.system.commands import Site, dedupd, fill, picture, running
from tests.system.page_client import Client

HOSTILE = '<script>"x"\n.jpg'


def digests(text: str) -> tuple[str, str]:
    """Return needle and library of the pair that is shown."""
    needle, library = re.search(r'data-needle="(\w+)" data-library="(\w+)"', text).groups()
    return needle, library


def test_a_page_that_review_started(tmp_path):
    """Nobody gets in without the token, and a decision turns the folder."""
    site = Site(tmp_path)
    fill(site.needles / "card", [1])
    fill(site.lib, [1])
    (site.lib / "small.jpg").write_bytes(picture(2, width_px=120))
    (site.needles / "card" / HOSTILE).write_bytes(picture(2, width_px=400))
    assert site.ask("review").code == 3
    with running(site) as daemon:
        site.wait_states({"needles/card": "review"})
        url = site.ask("review", "--json").json["url"]
        assert site.ask("review").lines == [url], (
            "there is one page, and no terminal to open it from"
        )
        client = Client(url)
        assert client.get("/")[0] == client.get("/?token=wrong")[0] == 403
        assert client.post("/decide", kind="dismiss", needle="0" * 64) == 403
        client.enter()
        assert client.get("/", Host="evil.example")[0] == 403
        assert client.get("/thumbnail/needles/..%2f..%2fetc%2fpasswd/320")[0] == 404
        text = client.get("/review")[1]
        assert "&lt;script&gt;&#34;x&#34;\\n.jpg" in text
        assert "<script>" not in text
        needle, library = digests(text)
        status, _, headers = client.ask("GET", f"/thumbnail/needles/{needle}/320")
        assert (status, dict(headers)["content-type"]) == (200, "image/jpeg")
        assert client.post("/decide", kind="same", needle=needle, library=library) == 200
        site.wait_states({"needles/card": "imported"})
        assert client.post("/undo", batch="") == 200
        site.wait_states({"needles/card": "review"})
        found = client.ask("POST", "/search", picture(1))[1]
        assert "In the library" in found
        assert str(site.lib / "1.jpg") in found
        assert "decision.undone" in client.get("/events")[1]
        stream = http.client.HTTPConnection(client.where, timeout=30)
        stream.request("GET", "/live", headers=client.headers)
        assert stream.getresponse().readline() == b"retry: 3000\n"
        assert daemon.stop()[1] < 5, "an open stream holds up nobody"
        stream.close()


def test_a_page_that_is_always_there_can_be_read_and_one_that_cant_listen_is_told(tmp_path):
    """A port that is taken costs the page, not the daemon."""
    site = Site(tmp_path)
    with http.client.socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        roots = "haystack: [lib]\nneedles: [needles]\n"
        site.configure(f"{roots}web: {{listen: '127.0.0.1:{port}'}}\n")
        with running(site):
            (problem,) = site.report()["problems"]
            assert (problem["code"], str(port) in problem["message"]) == ("web.listen", True)
            taken.close()
            done = dedupd("reload", "--config", site.config)
            assert done.code == 0, done.err
            site.wait_event("config.reloaded")
            url = site.ask("review", "--json").json["url"]
            assert urlsplit(url).port == port
            client = Client(url)
            status, text = client.get("/")
            assert (status, "dedupd-token" in text) == (200, False)
            assert client.post("/undo", batch="") == 403
