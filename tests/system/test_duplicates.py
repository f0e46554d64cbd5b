"""`dedupd duplicates`: groups of equal pictures in the library, or in the needles."""

from __future__ import annotations

import json
import os

import pytest
from tests.system.commands import Site, running
from tests.system.pictures import as_png, foreign, ours, resaved

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a site with twins, another name, a re-saved copy and a pair among the needles."""
    site = Site(tmp_path_factory.mktemp("site"))
    first, second, third = ours(3)
    (site.lib / "a").mkdir()
    (site.lib / "a" / "1.jpg").write_bytes(first)
    (site.lib / "b.jpg").write_bytes(first)
    os.link(site.lib / "b.jpg", site.lib / "c.jpg")
    (site.lib / "2.png").write_bytes(as_png(second))
    (site.lib / "2.jpg").write_bytes(resaved(second))
    (site.lib / "3.jpg").write_bytes(third)
    (site.lib / "note.txt").write_text("a note")
    (site.lib / "note 2.txt").write_text("a note")
    for name in ("x.jpg", "y.jpg"):
        (site.needles / name).write_bytes(foreign(1)[0])
    assert site.ask("check").code == 1
    return site


def groups(done):
    """Return evidence and names of each group."""
    assert done.code == 0, done.err
    found = [json.loads(line) for line in done.lines]
    return [
        (one["evidence"], [os.path.basename(file["path"]) for file in one["files"]])
        for one in found
    ]


def test_the_library_is_searched_unless_told_otherwise(site):
    """Each group once and whole; what is no picture isn't looked at."""
    done = site.ask("duplicates", "--json")
    assert groups(done) == [("same", ["2.jpg", "2.png"]), ("bytes", ["1.jpg", "b.jpg", "c.jpg"])]
    assert groups(site.ask("duplicates", "--haystack", "--json")) == groups(done)
    last = json.loads(done.lines[1])
    assert last["wasted_bytes"] == len(ours(3)[0])
    links = [os.path.basename(file["hardlink_of"] or "") for file in last["files"]]
    assert links == ["", "", "b.jpg"]
    assert "2 groups, 5 files" in done.complaints[-1]


def test_the_needles_can_be_searched(site):
    """The two roles are never mixed."""
    assert groups(site.ask("duplicates", "--needles", "--json")) == [("bytes", ["x.jpg", "y.jpg"])]
    both = site.ask("duplicates", "--needles", "--haystack")
    assert both.code == 2


def test_equal_bytes_are_found_fast(site):
    """Nothing is decoded, so looks find nothing."""
    done = site.ask("duplicates", "--bytes", "--json")
    assert groups(done) == [("bytes", ["1.jpg", "b.jpg", "c.jpg"])]


def test_people_read_groups_and_their_sum(site):
    """Another name of a file is named as such."""
    with running(site):
        done = site.ask("duplicates")
    assert (done.code, done.err) == (0, b"")
    assert f"3 files: the very same bytes; wasted: {len(ours(3)[0]):,} bytes" in done.lines
    assert f"    another name of {site.lib}/b.jpg" in done.lines
    assert done.lines[-1].startswith("2 groups, 5 files, ")
