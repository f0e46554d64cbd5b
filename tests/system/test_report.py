"""`dedupd report`: one page for any browser, from a daemon or from what a check left."""

from __future__ import annotations

import base64
import html
import os
import re
import socket

import cv2
import numpy as np
import pytest
from tests.system.commands import Site, fill, picture, running

IMAGE = re.compile(r'src="data:image/jpeg;base64,([^"]+)"')


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    """Return a site that `check` has looked at: one to review, two missing, one broken."""
    site = Site(tmp_path_factory.mktemp("report"))
    fill(site.lib, [1, 2])
    fill(site.needles / "card", [1, 4])
    large = cv2.imdecode(np.frombuffer(picture(2), np.uint8), cv2.IMREAD_COLOR)
    whole = cv2.resize(large, (1600, 1200), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(site.needles / "card" / "large.jpg"), whole)
    (site.needles / "card" / "<b>5\n.jpg").write_bytes(picture(5))
    (site.needles / "broken.jpg").write_bytes(picture(6)[:500])
    assert site.ask_inside("check").code == 1
    return site


def files(site):
    """Return all files but those of the store."""
    return [path for path in site.folder.rglob("*") if site.state not in path.parents]


def test_the_page_shows_doubtful_pictures_first_and_whole(looked):
    """Without a daemon too, with its age; nothing but the file itself is left behind."""
    target = looked.folder / "out" / "page.html"
    target.parent.mkdir()
    done = looked.ask_inside("report", "--html", target)
    assert done.code == 0, done.err
    assert b"no daemon is running; this is as of" in done.err
    text = target.read_text("utf-8")
    places = [text.index(name) for name in (">large.jpg<", ">4.jpg<", ">broken.jpg<")]
    assert places == sorted(places)
    assert text.endswith("</html>\n")
    assert r"&lt;b&gt;5\n.jpg" in text
    images = [base64.b64decode(found) for found in IMAGE.findall(text)]
    sizes = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR).shape for one in images]
    assert sizes[:2] == [(240, 320, 3), (120, 160, 3)]
    assert os.listdir(target.parent) == ["page.html"]


def test_another_content_under_the_same_name_is_not_shown(looked):
    """What was said is about the picture that was looked at."""
    changed, was = looked.needles / "card" / "4.jpg", picture(4)
    changed.write_bytes(picture(7))
    done = looked.ask_inside("report", "--html", "-")
    changed.write_bytes(was)
    assert done.code == 0
    assert "can't be shown" in html.unescape(done.out.decode("utf-8"))


def test_programs_get_the_same_as_json_and_what_was_left_out(looked):
    """The same order, the same bound."""
    done = looked.ask_inside("report", "--json", "--limit", "2")
    assert done.code == 0
    assert [one["class"] for one in done.json["lines"]] == ["possible", "unmatched"]
    assert done.json["left_out"] == 2
    assert done.json["lines"][0]["match"]["path"] == str(looked.lib / "2.jpg")
    assert b"2 more pictures left out (--limit 2)" in done.err
    roots = done.json["report"]["roots"]
    oldest = min(root["in_step_as_of"] for root in roots)
    assert done.json["report"]["time"] == oldest, "nothing is known of the time since"


def test_a_daemon_answers_too(tmp_path):
    """Then nothing is said of age; `-` is standard output."""
    site = Site(tmp_path)
    fill(site.lib, [1])
    fill(site.needles, [2])
    with running(site):
        done = site.ask_inside("report", "--html", "-")
    assert done.code == 0
    assert b"no daemon" not in done.err
    text = done.out.decode("utf-8")
    assert "No daemon" not in text
    assert "nothing in the library looks like it" in text
    assert len(IMAGE.findall(text)) == 1


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("lib/page.html", "never writes below a root"),
        ("needles/card/page.html", "never writes below a root"),
        ("link.html", "never writes below a root"),
        ("folder", "not a regular file"),
        ("socket", "not a regular file"),
        ("nowhere/page.html", "its folder isn't there"),
    ],
)
def test_where_it_may_not_be_written_nothing_is(looked, target, why):
    """Three lines, before a single thumbnail is made."""
    link = looked.folder / "link.html"
    link.unlink(missing_ok=True)
    link.symlink_to(looked.lib / "new.html")
    (looked.folder / "folder").mkdir(exist_ok=True)
    if target == "socket" and not (looked.folder / target).exists():
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(looked.folder / target))
    before = files(looked)
    done = looked.ask_inside("report", "--html", looked.folder / target)
    assert done.code == 2
    assert why in done.complaints[-2]
    assert files(looked) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "--html FILE is missing"),
        (("--json", "--html", "-"), "goes without"),
        (("--html", "x", "--limit", "-3"), "-3"),
        (("--html", "x", "--limit", "many"), "expected a number"),
    ],
)
def test_a_wrong_command_line_is_told(looked, words, why):
    """Before anything is asked."""
    done = looked.ask_inside("report", *words)
    assert done.code == 2
    assert why in done.err.decode()
