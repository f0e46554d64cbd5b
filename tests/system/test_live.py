"""What happens while the daemon runs: folders become imported, and stop being so, with a reason."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from tests.system.commands import Site, running, wait_for
from tests.system.pictures import ours, resaved

pytestmark = pytest.mark.timeout(120)

SETTLE_S = 0.3
LIBRARY = 24


@pytest.fixture
def site(tmp_path):
    """Return a site whose library has 24 pictures, and no needles yet."""
    site = Site(tmp_path)
    for number, data in enumerate(ours(LIBRARY)):
        put(site.lib / f"{number}.jpg", data)
    return site


def missing(number: int) -> bytes:
    """Return one of the pictures that the library lacks."""
    return ours(LIBRARY + 8)[LIBRARY + number]


def put(path: Path, data: bytes) -> Path:
    """Write a file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def replace(path: Path, data: bytes) -> None:
    """Put another file in its place, by rename as careful programs do."""
    fresh = put(path.parent.parent / "fresh", data)
    fresh.replace(path)


def now() -> datetime:
    """Return the wall clock as events have it."""
    return datetime.now().astimezone()


def seconds_since(then: datetime, event: dict[str, str]) -> float:
    """Return how long after `then` an event was logged."""
    return (datetime.fromisoformat(event["time"]) - then).total_seconds()


def hashed(site: Site) -> int:
    """Return how many pictures the daemon has decoded since it started."""
    return int(site.report()["queue"]["hashed"])


BUSY_S = 5.0  # of a machine that runs four such tests at a time; alone it takes less than one


def told(site: Site, name: str = "folder.") -> list[tuple[str, str]]:
    """Return which events of that kind were logged about which paths, in order."""
    return [
        (event["event"], os.path.relpath(event["path"], site.folder))
        for event in site.events()
        if event["event"].startswith(name)
    ]


@pytest.mark.parametrize("settle", ["0.3s", "2s"])
def test_a_folder_becomes_imported_when_the_library_gets_its_pictures(tmp_path, site, settle):
    """Within settle time plus 2 s after the last copy, and said once; also of what was re-saved."""
    site.configure(f"haystack: [lib]\nneedles: [needles]\nwatch: {{settle_quiet: {settle}}}\n")
    card = site.needles / "card"
    put(card / "1.jpg", ours(LIBRARY)[0])
    put(card / "2.jpg", missing(0))
    put(card / "3.jpg", resaved(missing(1), quality=75))
    with running(site):
        site.wait_states({"needles/card": "incomplete"})
        assert site.ask("status", card).code == 1
        shutil.copy(card / "2.jpg", site.lib)
        put(site.lib / "3 as the camera wrote it.jpg", missing(1))
        copied = now()
        event = site.wait_event("folder.imported", card)
        assert seconds_since(copied, event) <= float(settle[:-1]) + 2 + BUSY_S
        assert event["counts"]["pictures"] == event["counts"]["matched"] == 3
        assert event["evidence"] == {"bytes": 2, "same": 1}
        assert site.states()["needles/card"] == "imported"
        assert site.ask("status", card).code == 0
        site.ask("status", "--wait")
        assert told(site) == [("folder.imported", "needles"), ("folder.imported", "needles/card")]


def test_a_deleted_witness_reopens_the_folder_and_is_named(site):
    """`folder.reopened` gives the path in the library; the picture becomes unmatched."""
    card = site.needles / "card"
    put(card / "1.jpg", ours(LIBRARY)[0])
    put(card / "2.jpg", ours(LIBRARY)[1])
    put(site.needles / "other" / "3.jpg", ours(LIBRARY)[2])
    with running(site):
        site.wait_event("folder.imported", card)
        (site.lib / "1.jpg").unlink()
        event = site.wait_event("folder.reopened", card)
        assert event["cause"] == str(site.lib / "1.jpg")
        site.wait_states({"needles/card": "incomplete", "needles/other": "imported"})
        assert site.ask("missing", card).out.decode().splitlines() == [str(card / "2.jpg")]
        assert ("folder.reopened", "needles/other") not in told(site)
        assert ("folder.reopened", "needles") in told(site)


def test_another_copy_in_the_library_takes_the_witness_s_place(site):
    """Deleting one of two equal library files leaves the folder imported."""
    put(site.needles / "card" / "1.jpg", ours(LIBRARY)[0])
    put(site.lib / "twin" / "0.jpg", ours(LIBRARY)[0])
    with running(site):
        site.wait_event("folder.imported", site.needles / "card")
        for path in (site.lib / "0.jpg", site.lib / "twin" / "0.jpg"):
            kept = path.read_bytes()
            path.unlink()
            site.ask("status", "--wait")
            site.wait_states({"needles/card": "imported"})
            assert site.ask("status", site.needles / "card").code == 0
            put(path, kept)
            site.ask("status", "--wait")


def test_moving_a_needle_folder_costs_no_decoding(site):
    """Renamed, moved deeper, taken out of the root and brought back: known by its content."""
    card = site.needles / "card"
    for number in range(4):
        put(card / f"{number}.jpg", resaved(ours(LIBRARY)[number]))
    put(card / "missing.jpg", missing(0))
    put(card / "inner" / "copy.jpg", ours(LIBRARY)[9])
    with running(site):
        site.wait_states({"needles/card": "incomplete", "needles/card/inner": "imported"})
        site.ask("status", "--wait")
        before, counts = hashed(site), site.folders()["needles/card"]["own"]
        assert before > LIBRARY
        renamed, deeper = site.needles / "renamed", site.needles / "a" / "b" / "card"
        card.rename(renamed)
        site.wait_states({"needles/renamed": "incomplete", "needles/renamed/inner": "imported"})
        deeper.parent.mkdir(parents=True)
        renamed.rename(deeper)
        site.wait_states({"needles/a/b/card": "incomplete", "needles/a/b/card/inner": "imported"})
        deeper.rename(site.folder / "outside")
        wait_for("it left", lambda: "needles/a/b/card" not in site.folders())
        (site.folder / "outside").rename(card)
        site.wait_states({"needles/card": "incomplete", "needles/card/inner": "imported"})
        assert site.folders()["needles/card"]["own"] == counts
        assert hashed(site) == before


def test_deleting_an_imported_folder_disturbs_nothing(site):
    """`folder.removed` with its last state, for it and what was in it; nobody else is reopened."""
    card = site.needles / "card"
    put(card / "1.jpg", ours(LIBRARY)[1])
    put(card / "inner" / "2.jpg", ours(LIBRARY)[2])
    put(site.needles / "other" / "3.jpg", ours(LIBRARY)[3])
    put(site.needles / "open" / "4.jpg", missing(0))
    with running(site):
        site.wait_states({"needles/card": "imported", "needles/other": "imported"})
        site.ask("status", "--wait")
        before, states = len(told(site)), site.states()
        shutil.rmtree(card)
        assert site.wait_event("folder.removed", card)["last_state"] == "imported"
        site.ask("status", "--wait")
        gone = {"needles/card", "needles/card/inner"}
        assert {path: state for path, state in states.items() if path not in gone} == site.states()
        since = told(site)[before:]
        assert sorted(since) == sorted(("folder.removed", path) for path in gone)


def test_touched_files_are_looked_at_again_and_stay_imported(site):
    """Other times, same content: imported again without a decoding."""
    card = put(site.needles / "card" / "1.jpg", ours(LIBRARY)[0]).parent
    with running(site):
        site.wait_event("folder.imported", card)
        site.ask("status", "--wait")
        before = hashed(site)
        for path in (site.lib / "0.jpg", card / "1.jpg", site.lib / "5.jpg"):
            os.utime(path, (1, 1))
            site.ask("status", "--wait")
            site.wait_states({"needles/card": "imported"})
            assert site.ask("status", card).code == 0
        assert hashed(site) == before


def test_a_witness_replaced_by_rename(site):
    """By the same picture: imported again.  By another: reopened, naming the library's file."""
    card = put(site.needles / "card" / "1.jpg", ours(LIBRARY)[0]).parent
    witness = site.lib / "0.jpg"
    with running(site):
        site.wait_event("folder.imported", card)
        replace(witness, ours(LIBRARY)[0])
        site.ask("status", "--wait")
        site.wait_states({"needles/card": "imported"})
        assert site.ask("status", card).code == 0
        already = len(site.events("folder.reopened", card))
        replace(witness, missing(0))
        event = site.wait_event("folder.reopened", card, times=already + 1)
        assert event["cause"] == str(witness)
        site.wait_states({"needles/card": "incomplete"})
        assert site.ask("status", card).code == 1


def test_a_witness_overwritten_in_place(site):
    """Other content of the very same size and times is noticed, and the file is named."""
    card = put(site.needles / "card" / "1.jpg", ours(LIBRARY)[0]).parent
    witness = site.lib / "0.jpg"
    with running(site):
        site.wait_event("folder.imported", card)
        times = witness.stat()
        with witness.open("r+b") as file:
            file.seek(len(ours(LIBRARY)[0]) // 2)
            file.write(b"\0" * 1000)
        os.utime(witness, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert site.wait_event("folder.reopened", card)["cause"] == str(witness)
        site.wait_states({"needles/card": "incomplete"})


def test_a_new_needle_picture_reopens_until_the_library_gets_it(site):
    """Reopened naming the newcomer, then imported a second time."""
    card = put(site.needles / "card" / "1.jpg", ours(LIBRARY)[0]).parent
    with running(site):
        site.wait_event("folder.imported", card)
        newcomer = put(card / "2.jpg", missing(0))
        assert site.wait_event("folder.reopened", card)["cause"] == str(newcomer)
        site.wait_states({"needles/card": "incomplete"})
        shutil.copy(newcomer, site.lib / "new.jpg")
        event = site.wait_event("folder.imported", card, times=2)
        assert event["counts"]["pictures"] == 2
        ids = [event["id"] for event in site.events()]
        assert len(ids) == len(set(ids))


def test_a_missing_picture_three_levels_below_holds_every_parent_back(site):
    """Only the folders beside the line to it are imported."""
    top = site.needles / "top"
    put(top / "1.jpg", ours(LIBRARY)[0])
    put(top / "a" / "2.jpg", ours(LIBRARY)[1])
    put(top / "a" / "b" / "3.jpg", ours(LIBRARY)[2])
    put(top / "a" / "b" / "c" / "missing.jpg", missing(0))
    put(top / "a" / "b" / "d" / "4.jpg", ours(LIBRARY)[3])
    put(top / "e" / "5.jpg", ours(LIBRARY)[4])
    with running(site):
        site.ask("status", "--wait")
        site.wait_states(
            {
                "needles/top": "incomplete",
                "needles/top/a": "incomplete",
                "needles/top/a/b": "incomplete",
                "needles/top/a/b/c": "incomplete",
                "needles/top/a/b/d": "imported",
                "needles/top/e": "imported",
            }
        )
        assert site.folders()["needles/top"]["own"]["matched"] == 1
        imported = {path for _, path in told(site, "folder.imported")}
        assert imported == {"needles/top/a/b/d", "needles/top/e"}
        shutil.copy(top / "a" / "b" / "c" / "missing.jpg", site.lib)
        site.wait_event("folder.imported", site.needles)
        site.wait_event("folder.imported", top / "a" / "b" / "c")


def test_what_a_check_found_the_daemon_still_tells(site):
    """A check logs nothing, so nobody was told; after a restart it isn't told again."""
    put(site.needles / "card" / "1.jpg", ours(1)[0])
    expected = [("folder.imported", "needles"), ("folder.imported", "needles/card")]
    assert site.ask("check").code == 0
    for _ in range(2):
        with running(site):
            site.wait_states({"needles/card": "imported"})
            wait_for("the event", lambda: sorted(told(site, "folder.imported")) == expected)
