"""A file that arrives slowly: no verdict may ever be about half of it."""

from __future__ import annotations

import time

import pytest
from tests.system.commands import Site, running
from tests.system.pictures import as_png, ours

pytestmark = pytest.mark.timeout(120)

SETTLE_S = 0.3
PIECES = 4


@pytest.fixture
def site(tmp_path):
    """Return a site with a small library, and a card with one picture of it."""
    site = Site(tmp_path)
    (site.needles / "card").mkdir()
    for number, data in enumerate(ours(12)):
        (site.lib / f"{number}.jpg").write_bytes(data)
    (site.needles / "card" / "whole.jpg").write_bytes(ours(12)[0])
    return site


def missing_picture():
    """Return a picture that the library lacks."""
    return ours(13)[12]


def pieces(data):
    """Cut a file into pieces."""
    size_bytes = len(data) // PIECES + 1
    return [data[at : at + size_bytes] for at in range(0, len(data), size_bytes)]


class Watch:
    """Looks at everything that is said about a folder and a file in it, as often as it can."""

    def __init__(self, site, arriving):
        self._site, self._arriving = site, arriving
        self._imported_before = len(site.events("folder.imported"))

    def for_seconds(self, seconds):
        """Look again and again for that long, and at least once."""
        deadline_s = time.monotonic() + seconds
        self.look()
        while time.monotonic() < deadline_s:
            self.look()

    def look(self):
        """No verdict on the file, and none on its folder that rests on it."""
        counts = self._site.folders()["needles/card"]
        events = self._site.events()
        about = [one["event"] for one in events if one.get("path") == str(self._arriving)]
        assert about == []
        assert (counts["pictures"], counts["pending"], counts["matched"]) in {(2, 1, 1), (1, 0, 1)}
        if counts["pictures"] == 2:
            assert counts["state"] == "pending"
            assert self._site.ask("status", self._arriving).code == 1
        imported = [one for one in events if one["event"] == "folder.imported"]
        assert len(imported) == self._imported_before


@pytest.mark.parametrize(("suffix", "known"), [("jpg", True), ("png", False)])
def test_a_file_that_stays_open_is_pending_until_it_is_closed(site, suffix, known):
    """However long the pauses between its pieces: nobody judges it before its writer is done."""
    data = ours(12)[5] if known else missing_picture()
    data = data if suffix == "jpg" else as_png(data)
    arriving = site.needles / "card" / f"arriving.{suffix}"
    with running(site):
        site.wait_states({"needles/card": "imported"})
        watch = Watch(site, arriving)
        with arriving.open("wb", buffering=0) as file:
            for piece in pieces(data):
                file.write(piece)
                watch.for_seconds(2.5 * SETTLE_S)
        site.wait_states({"needles/card": "imported" if known else "incomplete"})
        counts = site.folders()["needles/card"]
        assert (counts["matched"], counts["unmatched"]) == ((2, 0) if known else (1, 1))


def test_a_file_that_is_closed_and_opened_again_is_pending_while_it_grows(site):
    """Programs that append piece by piece: nothing is said of what is not whole."""
    site.configure("haystack: [lib]\nneedles: [needles]\nwatch: {settle_quiet: 2s}\n")
    arriving = site.needles / "card" / "arriving.jpg"
    with running(site):
        site.wait_states({"needles/card": "imported"})
        watch = Watch(site, arriving)
        *first, last = pieces(ours(12)[5])
        for piece in first:
            with arriving.open("ab") as file:
                file.write(piece)
            watch.for_seconds(0.9)
        with arriving.open("ab") as file:
            file.write(last)
        site.wait_states({"needles/card": "imported"})


def test_half_a_file_that_nobody_writes_any_more_is_never_matched(site):
    """Left alone for longer than it takes to settle it is a cut picture: unreadable, no more."""
    arriving = site.needles / "card" / "arriving.jpg"
    data = ours(12)[5]
    with running(site):
        site.wait_states({"needles/card": "imported"})
        arriving.write_bytes(data[: len(data) // 2])
        site.wait_event("picture.unreadable", arriving)
        site.wait_states({"needles/card": "incomplete"})
        with arriving.open("ab") as file:
            file.write(data[len(data) // 2 :])
        site.wait_event("picture.matched", arriving)
        site.wait_event("folder.imported", site.needles / "card", times=2)
        said = [one["event"] for one in site.events() if one.get("path") == str(arriving)]
        assert said == ["picture.unreadable", "picture.matched"]


def test_half_a_library_file_vouches_for_nothing(site):
    """Its needle stays missing while the library's copy arrives, and is found when it is whole."""
    missing, arriving = site.needles / "card" / "missing.jpg", site.lib / "arriving.jpg"
    missing.write_bytes(missing_picture())
    with running(site):
        site.wait_states({"needles/card": "incomplete"})
        with arriving.open("wb", buffering=0) as file:
            for piece in pieces(missing_picture()):
                file.write(piece)
                deadline_s = time.monotonic() + 2.5 * SETTLE_S
                while time.monotonic() < deadline_s:
                    assert site.states()["needles/card"] in {"incomplete", "pending"}
                    assert site.folders()["needles/card"]["matched"] == 1
        site.wait_states({"needles/card": "imported"})
        assert site.events("picture.matched", missing)
