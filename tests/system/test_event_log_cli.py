"""`dedupd events`: the numbered log, by number, time and age, live and without a daemon."""

from __future__ import annotations

import json
import re
import signal
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from tests.system.commands import (
    WAIT_S,
    Site,
    beside,
    dedupd,
    fill,
    running,
    wait_for,
)

pytestmark = pytest.mark.timeout(120)

KNOWN = {
    "daemon.started", "daemon.ready", "daemon.stopping", "config.reloaded", "config.rejected",
    "root.online", "root.offline", "root.suspicious", "scan.started", "scan.finished",
    "watch.overflow", "watch.deaf", "watch.blind", "picture.matched", "picture.possible",
    "picture.unmatched", "picture.unreadable", "folder.imported", "folder.reopened",
    "folder.removed", "decision.made", "decision.undone", "store.repaired", "store.rebuilt",
}  # fmt: skip


@pytest.fixture
def site(tmp_path):
    """Return a site whose card misses one picture in the library."""
    site = Site(tmp_path)
    fill(site.lib, [1])
    fill(site.needles / "card", [1, 2])
    return site


def live(site):
    """Let a folder become imported, and no longer be."""
    card = site.needles / "card"
    with running(site) as daemon:
        fill(site.lib, [2])
        site.wait_event("folder.imported", card)
        (site.lib / "2.jpg").unlink()
        site.wait_event("folder.reopened", card)
        assert daemon.stop()[0] == 0


def test_the_log_tells_the_story_and_goes_on_after_a_restart(site):
    """Every line has time, seq, id, event; no number and no id twice, none goes back."""
    card = site.needles / "card"
    live(site)
    (reopened,) = site.events("folder.reopened", card)
    assert reopened["cause"] == str(site.lib / "2.jpg")
    assert reopened["reason"]
    (imported,) = site.events("folder.imported", card)
    assert imported["counts"] == {"pictures": 2, "matched": 2}
    assert imported["evidence"] == {"bytes": 2}
    before = len(site.events())
    with running(site) as daemon:
        daemon.stop()
    logged = site.events()
    assert len(logged) > before
    assert all(a["seq"] < b["seq"] for a, b in pairwise(logged))
    assert len({one["id"] for one in logged}) == len(logged)
    assert [one["time"] for one in logged] == sorted(one["time"] for one in logged)
    assert {one["event"] for one in logged} <= KNOWN
    for one in logged:
        assert list(one)[:4] == ["time", "seq", "id", "event"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one["time"])
    assert len(site.events("folder.imported", card)) == 1
    assert len(site.events("folder.reopened", card)) == 1


def test_a_first_scan_writes_no_line_per_picture(site):
    """Its sums are in scan.finished."""
    with running(site) as daemon:
        daemon.stop()
    assert not [one for one in site.events() if one["event"].startswith("picture.")]
    (finished,) = site.events("scan.finished")
    assert {"pictures": 2, "matched": 1, "unmatched": 1}.items() <= finished["counts"].items()


def test_since_takes_a_number_a_time_and_an_age(site):
    """What came after that event, not before that time, or within that time."""
    live(site)
    logged = site.events()
    middle = logged[len(logged) // 2]

    def since(text):
        done = site.ask("events", "--json", "--since", text)
        assert done.code == 0, done.err
        return [json.loads(line)["seq"] for line in done.lines]

    every = [one["seq"] for one in logged]
    assert since("0") == since("2h") == since("1d12h") == every
    assert since(str(middle["seq"])) == [seq for seq in every if seq > middle["seq"]]
    later = [one["seq"] for one in logged if one["time"] >= middle["time"]]
    assert since(middle["time"]) == later
    elsewhere = datetime.fromisoformat(middle["time"]) + timedelta(hours=2)
    assert since(elsewhere.isoformat().replace("+00:00", "+02:00")) == later
    assert since((datetime.now(UTC) + timedelta(hours=1)).isoformat()) == []
    for wrong in ("soon", "2 hours", "2026-13-01", "-1"):
        done = site.ask("events", f"--since={wrong}")
        assert (done.code, done.out, len(done.complaints)) == (2, b"", 3)


def test_without_a_daemon_it_says_so_and_how_old_the_log_is(site):
    """Exit code 0; text for people has one line an event; without a log it is 4."""
    assert site.ask("events").code == 4
    live(site)
    done = site.ask("events")
    assert (done.code, len(done.lines)) == (0, len(site.events()))
    assert "no daemon is running; the last of these events is of 20" in done.complaints[0]
    by_state = dedupd("events", "--state", site.state)
    assert by_state.out == done.out
    as_json = site.ask("events", "--json")
    assert [json.loads(line) for line in as_json.lines] == site.events()


def test_follow_goes_on_with_what_happens(site):
    """From an event on, each new one within a second or so, none twice; Ctrl-C is 130."""
    output = site.folder / "followed.jsonl"
    words = ("events", "--follow", "--json", "--since", "2", "--config", site.config)
    with running(site) as daemon, beside(*words, out=output) as following:
        assert site.ask("events").complaints == []
        fill(site.lib, [2])
        wait_for("the event", lambda: b'"folder.imported"' in output.read_bytes())
        assert daemon.stop()[0] == 0
        wait_for("the end", lambda: b'"daemon.stopping"' in output.read_bytes())
        following.send_signal(signal.SIGINT)
        assert following.wait(timeout=WAIT_S) == 130
    assert [json.loads(line) for line in output.read_text().splitlines()] == site.events()[2:]


def test_the_log_can_be_elsewhere_and_standard_error_can_be_json(site):
    """`log: {format: json, events: FILE}`: the same lines in both."""
    site.configure(
        "haystack: [lib]\nneedles: [needles]\nlog: {format: json, events: logs/e.jsonl}\n"
    )
    stderr = site.folder / "stderr.json"
    with beside("run", "--config", site.config, out=stderr) as process:
        log = site.folder / "logs" / "e.jsonl"
        wait_for("a log", lambda: log.exists() and b"scan.finished" in log.read_bytes())
        process.terminate()
        assert process.wait(timeout=WAIT_S) == 0
    assert stderr.read_bytes() == log.read_bytes()
    assert site.ask("events", "--json").out == log.read_bytes()
    assert not (site.state / "events.jsonl").exists()


def test_people_read_the_same_story_on_standard_error(site):
    """One line an event: when, what, where, and how many."""
    live(site)
    told = (site.folder / "stderr.log").read_text().splitlines()
    assert told == site.ask("events").lines
    card = site.needles / "card"
    (line,) = (one for one in told if f"folder.imported {card}:" in one)
    assert "2 pictures, 2 matched, evidence (bytes 2)" in line
