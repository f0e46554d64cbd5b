"""A library file that holds other bytes, though nothing tells so, is found by reading it again."""

from __future__ import annotations

import time

import pytest
from tests.system.commands import Site, fill, running
from tests.system.forging import forge, opened, round_of

HOUR_S = 3600.0


@pytest.fixture
def site(tmp_path):
    """Return a site with three library files, each asked for by a needle folder."""
    site = Site(tmp_path, "rehash: {every: 1h, rate: 1MiB/s}\n")
    fill(site.lib, range(3))
    for number in range(3):
        fill(site.needles / f"card{number}", [number])
    with running(site) as daemon:
        site.wait_event("folder.imported", site.needles / "card2")
        assert site.ask("status", "--wait").code == 0
        daemon.stop()
    return site


def test_bytes_that_changed_without_a_trace_vouch_no_more(site):
    """Log and status name the file; what its folder waits for then is a copy of the picture."""
    rotten = site.lib / "1.jpg"
    whole = rotten.read_bytes()
    rotten.write_bytes(whole[:-200] + bytes(200))
    forge(site, [rotten])
    with running(site):
        site.wait_event("file.changed-silently", rotten)
        reopened = site.wait_event("folder.reopened", site.needles / "card1")
        assert site.ask_inside("status", "--wait").code == 0
        states = site.states()
        told = [one for one in site.report()["problems"] if one["path"] == str(rotten)]
        fill(site.lib / "restored", [1])
        site.wait_event("folder.imported", site.needles / "card1", times=2)
    assert (states["needles/card1"], states["needles/card0"]) == ("incomplete", "imported")
    assert [one["code"] for one in told] == ["file.changed-silently"]
    assert reopened["cause"] == str(rotten)
    assert [one["path"] for one in site.events("file.changed-silently")] == [str(rotten)]


def test_what_is_as_it_was_is_read_again_without_a_word(site):
    """The round passes it by, up to the one that isn't; the next one begins in its own time."""
    before = len(site.events())
    rotten = site.lib / "2.jpg"
    rotten.write_bytes(rotten.read_bytes()[:-200] + bytes(200))
    forge(site, [rotten])
    with running(site) as daemon:
        site.wait_event("folder.reopened", site.needles / "card2")
        daemon.stop()
    with opened(site) as store:
        _, progress = round_of(store)
    said = [one for one in site.events()[before:] if one["event"].startswith("fold")]
    assert {one["path"] for one in said} == {str(site.needles / "card2"), str(site.needles)}
    assert time.time() - progress["began_at_s"] < HOUR_S
    assert progress.get("path", "2.jpg") == "2.jpg"
