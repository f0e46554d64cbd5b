"""`dedupd explain`: everything known about one file, with a daemon and without."""

from __future__ import annotations

import json
import os

import pytest
from tests.system.commands import Site, dedupd, running
from tests.system.pictures import foreign, ours, resaved, resized

pytestmark = pytest.mark.timeout(120)

ODD = b"caf\xe9\n.jpg"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a site with one needle of each kind, looked at once; no test changes its roots."""
    site = Site(tmp_path_factory.mktemp("site"))
    first, second, third = ours(3)
    (site.lib / "1.jpg").write_bytes(first)
    (site.lib / "2 small.jpg").write_bytes(resized(second, 0.75))
    (site.lib / "3.jpg").write_bytes(third)
    (site.needles / "same.jpg").write_bytes(first)
    (site.needles / "large.jpg").write_bytes(second)
    (site.needles / "resaved.jpg").write_bytes(resaved(third))
    (site.needles / "resaved.mov").write_bytes(b"\0\0\0\x14ftypqt  " + bytes(400))
    (site.needles / "missing.jpg").write_bytes(foreign(1)[0])
    (site.needles / "cut.jpg").write_bytes(first[:2000])
    with open(os.path.join(os.fsencode(site.needles), ODD), "wb") as file:
        file.write(first)
    assert site.ask("check").code == 1
    return site


def explained(site, name, role="needles"):
    """Return what `explain --json` prints."""
    done = site.ask("explain", "--json", getattr(site, role) / name)
    assert done.code == 0, done.err
    assert done.json["schema"] == 1
    return done.json


def test_every_kind_is_explained(site):
    """Class, reason, evidence and the library's picture that decided."""
    same = explained(site, "same.jpg")
    assert (same["class"], same["evidence"]) == ("matched", "bytes")
    resaved_ = explained(site, "resaved.jpg")
    assert (resaved_["class"], resaved_["evidence"]) == ("matched", "same")
    assert resaved_["matches"][0]["path"] == str(site.lib / "3.jpg")
    assert 0.9 < resaved_["matches"][0]["score"] <= 1
    large = explained(site, "large.jpg")
    assert (large["class"], large["reason"]) == ("possible", "smaller")
    assert large["matches"][0]["worse"] == ["pixels"]
    assert not large["matches"][0]["retold"]
    missing = explained(site, "missing.jpg")
    assert (missing["class"], missing["reason"]) == ("unmatched", "no-match")
    cut = explained(site, "cut.jpg")
    assert (cut["class"], cut["unreadable"]["reason"]) == ("unreadable", cut["reason"])


def test_a_match_has_the_keys_of_the_contract(site):
    """And a fingerprint that people can read."""
    large = explained(site, "large.jpg")
    assert {"path", "class", "reason", "evidence", "matches"} <= set(large)
    (match,) = large["matches"]
    assert {"path", "evidence", "distance_bits", "score", "worse", "reason", "limit"} <= set(match)
    assert {"format", "width_px", "height_px", "dhash", "taken_at", "camera"} <= set(
        large["fingerprint"]
    )
    assert "wire" not in match


def test_people_read_what_decided(site):
    """In words, with the companion named."""
    text = site.ask("explain", site.needles / "large.jpg").out.decode()
    assert "to review: the library's copy has fewer pixels" in text
    assert f"nearest is {site.lib}/2 small.jpg" in text
    film = site.ask("explain", site.needles / "resaved.jpg").out.decode()
    assert f"beside it: {site.needles}/resaved.mov (film of the Live Photo)" in film


def test_a_library_picture_is_named_as_one(site):
    """It has no class; its fingerprint is known."""
    one = explained(site, "3.jpg", role="lib")
    assert (one["class"], one["role"]) == (None, "haystack")
    assert "it is in the library" in site.ask("explain", site.lib / "3.jpg").out.decode()


def test_any_name_can_be_asked_about(site):
    """One that is no UTF-8 comes back whole, and harmless on a terminal."""
    path = os.path.join(os.fsencode(site.needles), ODD)
    done = site.ask("explain", path, "--json")
    assert (done.json["class"], "path_b64" in done.json) == ("matched", True)
    text = site.ask("explain", path).out.decode()
    assert "caf\\udce9\\n.jpg" in text


def test_a_daemon_tells_the_same(site):
    """And the note about the store's age is gone."""
    stored = explained(site, "large.jpg")
    assert (
        "no daemon is running; this is as of 20"
        in site.ask("explain", site.lib / "3.jpg").err.decode()
    )
    with running(site):
        site.wait_states({"needles": "incomplete"})
        done = site.ask("explain", "--json", site.needles / "large.jpg")
    assert done.err == b""
    assert json.loads(done.out) == stored


def test_what_is_below_no_root_is_refused(site, tmp_path):
    """Three lines, exit code 2, and `find` as what to type; without a store exit code 4."""
    done = site.ask("explain", tmp_path / "x.jpg")
    assert (done.code, done.out) == (2, b"")
    assert "dedupd find" in done.complaints[-1]
    assert dedupd("explain", "/x.jpg", "--state", tmp_path / "nowhere").code == 4
