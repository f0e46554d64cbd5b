"""What happens while the daemon runs: folders become imported, and stop being so, with a reason."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.system.commands import Home, running, wait_for
from tests.system.pictures import ours, resaved

pytestmark = pytest.mark.timeout(60)

SETTLE_S = 0.3
LIBRARY = 24
PICTURES = ours(LIBRARY + 8)
MISSING = PICTURES[LIBRARY:]


@pytest.fixture
def home(tmp_path):
    """Return a home whose library has 24 pictures, and no needles yet."""
    home = Home(tmp_path)
    for number, data in enumerate(PICTURES[:LIBRARY]):
        put(home.lib / f"{number}.jpg", data)
    return home


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


def hashed(home: Home) -> int:
    """Return how many pictures the daemon has decoded since it started."""
    return int(home.report()["queue"]["hashed"])


def told(home: Home, name: str = "folder.") -> list[tuple[str, str]]:
    """Return which events of that kind were logged about which paths, in order."""
    return [
        (event["event"], os.path.relpath(event["path"], home.folder))
        for event in home.events()
        if event["event"].startswith(name)
    ]


@pytest.mark.parametrize("settle", ["0.3s", "2s"])
def test_a_folder_becomes_imported_when_the_library_gets_its_pictures(tmp_path, home, settle):
    """Within settle time plus 2 s after the last copy, and said once; also as JPEGs saved anew."""
    home.configure(f"haystack: [lib]\nneedles: [needles]\nwatch: {{settle_quiet: {settle}}}\n")
    card = home.needles / "card"
    put(card / "1.jpg", PICTURES[0])
    put(card / "2.jpg", MISSING[0])
    put(card / "3.jpg", MISSING[1])
    with running(home):
        home.wait_states({"needles/card": "incomplete"})
        assert home.ask("status", card).code == 1
        shutil.copy(card / "2.jpg", home.lib)
        put(home.lib / "anew.jpg", resaved(MISSING[1], quality=90))
        copied = now()
        event = home.wait_event("folder.imported", card)
        assert seconds_since(copied, event) <= float(settle[:-1]) + 2
        assert event["counts"]["pictures"] == event["counts"]["matched"] == 3
        assert event["evidence"] == {"bytes": 2, "same": 1}
        assert home.states()["needles/card"] == "imported"
        assert home.ask("status", card).code == 0
        home.ask("status", "--wait")
        assert told(home) == [("folder.imported", "needles"), ("folder.imported", "needles/card")]


def test_a_deleted_witness_reopens_the_folder_and_is_named(home):
    """`folder.reopened` gives the path in the library; the picture becomes unmatched."""
    card = home.needles / "card"
    put(card / "1.jpg", PICTURES[0])
    put(card / "2.jpg", PICTURES[1])
    put(home.needles / "other" / "3.jpg", PICTURES[2])
    with running(home):
        home.wait_event("folder.imported", card)
        (home.lib / "1.jpg").unlink()
        event = home.wait_event("folder.reopened", card)
        assert event["cause"] == str(home.lib / "1.jpg")
        home.wait_states({"needles/card": "incomplete", "needles/other": "imported"})
        assert home.ask("missing", card).out.decode().splitlines() == [str(card / "2.jpg")]
        assert ("folder.reopened", "needles/other") not in told(home)
        assert ("folder.reopened", "needles") in told(home)


def test_another_copy_in_the_library_takes_the_witness_s_place(home):
    """Deleting one of two equal library files leaves the folder imported."""
    put(home.needles / "card" / "1.jpg", PICTURES[0])
    put(home.lib / "twin" / "0.jpg", PICTURES[0])
    with running(home):
        home.wait_event("folder.imported", home.needles / "card")
        for path in (home.lib / "0.jpg", home.lib / "twin" / "0.jpg"):
            kept = path.read_bytes()
            path.unlink()
            home.ask("status", "--wait")
            home.wait_states({"needles/card": "imported"})
            assert home.ask("status", home.needles / "card").code == 0
            put(path, kept)
            home.ask("status", "--wait")


def test_moving_a_needle_folder_costs_no_decoding(home):
    """Renamed, moved deeper, taken out of the root and brought back: known by its content."""
    card = home.needles / "card"
    for number in range(4):
        put(card / f"{number}.jpg", resaved(PICTURES[number]))
    put(card / "missing.jpg", MISSING[0])
    put(card / "inner" / "copy.jpg", PICTURES[9])
    with running(home):
        home.wait_states({"needles/card": "incomplete", "needles/card/inner": "imported"})
        home.ask("status", "--wait")
        before, counts = hashed(home), home.folders()["needles/card"]["own"]
        assert before > LIBRARY
        renamed, deeper = home.needles / "renamed", home.needles / "a" / "b" / "card"
        card.rename(renamed)
        home.wait_states({"needles/renamed": "incomplete", "needles/renamed/inner": "imported"})
        deeper.parent.mkdir(parents=True)
        renamed.rename(deeper)
        home.wait_states({"needles/a/b/card": "incomplete", "needles/a/b/card/inner": "imported"})
        deeper.rename(home.folder / "outside")
        wait_for("it left", lambda: "needles/a/b/card" not in home.folders())
        (home.folder / "outside").rename(card)
        home.wait_states({"needles/card": "incomplete", "needles/card/inner": "imported"})
        assert home.folders()["needles/card"]["own"] == counts
        assert hashed(home) == before


def test_deleting_an_imported_folder_disturbs_nothing(home):
    """`folder.removed` with its last state, for it and what was in it; nobody else is reopened."""
    card = home.needles / "card"
    put(card / "1.jpg", PICTURES[1])
    put(card / "inner" / "2.jpg", PICTURES[2])
    put(home.needles / "other" / "3.jpg", PICTURES[3])
    put(home.needles / "open" / "4.jpg", MISSING[0])
    with running(home):
        home.wait_states({"needles/card": "imported", "needles/other": "imported"})
        home.ask("status", "--wait")
        before, states = len(told(home)), home.states()
        shutil.rmtree(card)
        assert home.wait_event("folder.removed", card)["last_state"] == "imported"
        home.ask("status", "--wait")
        gone = {"needles/card", "needles/card/inner"}
        assert {path: state for path, state in states.items() if path not in gone} == home.states()
        since = told(home)[before:]
        assert sorted(since) == sorted(("folder.removed", path) for path in gone)


def test_touched_files_are_looked_at_again_and_stay_imported(home):
    """Other times, same content: imported again without a decoding."""
    card = put(home.needles / "card" / "1.jpg", PICTURES[0]).parent
    with running(home):
        home.wait_event("folder.imported", card)
        home.ask("status", "--wait")
        before = hashed(home)
        for path in (home.lib / "0.jpg", card / "1.jpg", home.lib / "5.jpg"):
            os.utime(path, (1, 1))
            home.ask("status", "--wait")
            home.wait_states({"needles/card": "imported"})
            assert home.ask("status", card).code == 0
        assert hashed(home) == before


def test_a_witness_replaced_by_rename(home):
    """By the same picture: imported again.  By another: reopened, naming the library's file."""
    card = put(home.needles / "card" / "1.jpg", PICTURES[0]).parent
    witness = home.lib / "0.jpg"
    with running(home):
        home.wait_event("folder.imported", card)
        replace(witness, PICTURES[0])
        home.ask("status", "--wait")
        home.wait_states({"needles/card": "imported"})
        assert home.ask("status", card).code == 0
        already = len(home.events("folder.reopened", card))
        replace(witness, MISSING[0])
        event = home.wait_event("folder.reopened", card, times=already + 1)
        assert event["cause"] == str(witness)
        home.wait_states({"needles/card": "incomplete"})
        assert home.ask("status", card).code == 1


def test_a_witness_overwritten_in_place(home):
    """Other content of the very same size and times is noticed, and the file is named."""
    card = put(home.needles / "card" / "1.jpg", PICTURES[0]).parent
    witness = home.lib / "0.jpg"
    with running(home):
        home.wait_event("folder.imported", card)
        times = witness.stat()
        with witness.open("r+b") as file:
            file.seek(len(PICTURES[0]) // 2)
            file.write(b"\0" * 1000)
        os.utime(witness, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert home.wait_event("folder.reopened", card)["cause"] == str(witness)
        home.wait_states({"needles/card": "incomplete"})


def test_a_new_needle_picture_reopens_until_the_library_gets_it(home):
    """Reopened naming the newcomer, then imported a second time."""
    card = put(home.needles / "card" / "1.jpg", PICTURES[0]).parent
    with running(home):
        home.wait_event("folder.imported", card)
        newcomer = put(card / "2.jpg", MISSING[0])
        assert home.wait_event("folder.reopened", card)["cause"] == str(newcomer)
        home.wait_states({"needles/card": "incomplete"})
        shutil.copy(newcomer, home.lib / "new.jpg")
        event = home.wait_event("folder.imported", card, times=2)
        assert event["counts"]["pictures"] == 2
        ids = [event["id"] for event in home.events() if "id" in event]
        assert len(ids) == len(set(ids))


def test_a_missing_picture_three_levels_below_holds_every_parent_back(home):
    """Only the folders beside the line to it are imported."""
    top = home.needles / "top"
    put(top / "1.jpg", PICTURES[0])
    put(top / "a" / "2.jpg", PICTURES[1])
    put(top / "a" / "b" / "3.jpg", PICTURES[2])
    put(top / "a" / "b" / "c" / "missing.jpg", MISSING[0])
    put(top / "a" / "b" / "d" / "4.jpg", PICTURES[3])
    put(top / "e" / "5.jpg", PICTURES[4])
    with running(home):
        home.ask("status", "--wait")
        home.wait_states(
            {
                "needles/top": "incomplete",
                "needles/top/a": "incomplete",
                "needles/top/a/b": "incomplete",
                "needles/top/a/b/c": "incomplete",
                "needles/top/a/b/d": "imported",
                "needles/top/e": "imported",
            }
        )
        assert home.folders()["needles/top"]["own"]["matched"] == 1
        imported = {path for _, path in told(home, "folder.imported")}
        assert imported == {"needles/top/a/b/d", "needles/top/e"}
        shutil.copy(top / "a" / "b" / "c" / "missing.jpg", home.lib)
        home.wait_event("folder.imported", home.needles)
        home.wait_event("folder.imported", top / "a" / "b" / "c")
