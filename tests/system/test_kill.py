"""Killed or stopped at any moment: the next run goes on from there and says nothing twice."""

from __future__ import annotations

import hashlib
import itertools
import shutil
import signal
from collections import Counter

import pytest
from tests.system.commands import Site, running, started, wait_for
from tests.system.pictures import ours, resaved

pytestmark = pytest.mark.timeout(180)

LIBRARY, NEEDLES, FOLDERS = 160, 60, 6
PASSING = ("time", "as_of", "in_step_as_of", "imported_at", "queue")
CONFIG = "haystack: [lib]\nneedles: [needles]\nworkers: {count: 1}\n"


@pytest.fixture
def site(tmp_path):
    """Return a site with 160 library pictures and needles of which one in ten is missing."""
    site = Site(tmp_path)
    site.configure(CONFIG)
    pictures = ours(LIBRARY + NEEDLES // 10)
    for number, data in enumerate(pictures[:LIBRARY]):
        (site.lib / f"{number}.jpg").write_bytes(data)
    for number in range(NEEDLES):
        folder = site.needles / f"{number % FOLDERS}" / "inner"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(needle(number, pictures))
    return site


def needle(number, pictures):
    """Return a copy, a picture saved anew, or (in folder 0 alone) one that is missing."""
    if number % FOLDERS == 0:
        return pictures[LIBRARY + number // 10]
    return pictures[number] if number % 2 else resaved(pictures[number])


def contents(site):
    """Return how many different files there are: the most that may ever be hashed."""
    files = [path for root in (site.lib, site.needles) for path in root.rglob("*.jpg")]
    return len({hashlib.sha256(path.read_bytes()).digest() for path in files})


def lasting(report):
    """Return a report without what differs from run to run."""
    if isinstance(report, dict):
        return {key: lasting(value) for key, value in report.items() if key not in PASSING}
    if isinstance(report, list):
        return [lasting(one) for one in report]
    return report


def finished(site):
    """Let everything be judged; return the report, and how many pictures this run hashed."""
    assert site.ask("status", "--wait").code == 0
    report = site.report()
    return lasting(report), report["queue"]["hashed"]


def undisturbed(site):
    """Return the report of a run that nobody kills, on a state folder of its own."""
    site.config.write_text(CONFIG + "state: undisturbed\nwatch: {settle_quiet: 0.3s}\n")
    with started(site):
        wait_for("it listens", lambda: site.ask("status", "--wait").code == 0)
        found = finished(site)
    site.configure(CONFIG)
    return found


def heard(site):
    """Return the daemon's report; None while nobody answers."""
    done = site.ask_inside("status", "--json")
    return done.json if done.code == 0 else None


def kill_after(daemon, site, enough):
    """Kill the daemon when it tells that it has hashed so many, or all; return what it told."""

    def told():
        report = heard(site)
        done = report and (report["queue"]["hashed"] >= enough or report["state"] == "ready")
        return report if done else None

    report = wait_for(f"{enough} are hashed", told)
    daemon.send(signal.SIGKILL)
    daemon.process.wait()
    return report["queue"]["hashed"]


def assert_in_order(site):
    """Numbers go up, and no event was written twice."""
    events = site.events()
    numbers = [one["seq"] for one in events]
    assert all(one < later for one, later in itertools.pairwise(numbers))
    ids = [one["id"] for one in events]
    assert len(ids) == len(set(ids))


def assert_said_once(site):
    """No event was written twice, and no folder was called imported twice."""
    assert_in_order(site)
    imported = Counter(one["path"] for one in site.events("folder.imported"))
    assert imported
    assert set(imported.values()) == {1}


def test_killed_during_the_first_scan_again_and_again(site):
    """Nothing is hashed twice but what was in flight; the report is that of a calm run."""
    expected, most = undisturbed(site)
    assert most <= contents(site)
    told = []
    for enough in (0, 1, 10, 30):
        with started(site) as daemon:
            told.append(kill_after(daemon, site, enough))
    assert 0 < sum(told[:2]) < most, "no run was killed in the midst of it"
    with started(site):
        wait_for("it listens", lambda: heard(site))
        report, last = finished(site)
    assert report == expected
    # What a run had told was stored before.  Only what it decoded after that, until the kill,
    # may be done again; it is in neither number.
    assert sum(told) + last <= most
    assert_said_once(site)


def test_killed_in_the_moment_of_the_first_word(site):
    """Between the event and everything that follows from it: no word is repeated."""
    expected, _ = undisturbed(site)
    with started(site) as daemon:
        wait_for("the first folder", lambda: site.events("folder.imported"))
        daemon.send(signal.SIGKILL)
        daemon.process.wait()
    before = site.events()
    with started(site):
        wait_for("it listens", lambda: heard(site))
        report, _ = finished(site)
    assert report == expected
    assert site.events()[: len(before)] == before
    assert_said_once(site)


def test_a_lost_store_is_made_again(site):
    """All is read again, to the same report; whoever reads the events is never told twice."""
    with started(site) as daemon:
        wait_for("it listens", lambda: heard(site))
        expected, most = finished(site)
        daemon.send(signal.SIGKILL)
        daemon.process.wait()
    before = site.events()
    shutil.rmtree(site.state / "store")
    with started(site):
        wait_for("it listens", lambda: heard(site))
        report, again = finished(site)
    assert (report, again) == (expected, most)
    assert site.events()[: len(before)] == before
    assert len(site.events("store.rebuilt")) == 1
    assert_said_once(site)
    assert not site.events("folder.reopened")
    assert len(site.events("folder.imported")) == 2 * (FOLDERS - 1)  # and `inner` in each


def test_sigterm_during_the_first_scan_ends_in_time(site):
    """Exit code 0 within five seconds, and the next run finds what there is to find."""
    with started(site) as daemon:
        wait_for("it scans", lambda: site.events("scan.started"))
        code, took_s = daemon.stop()
    assert (code, took_s < 5) == (0, True)
    assert site.events()[-1]["event"] == "daemon.stopping"
    with running(site):
        states = site.states()
    assert {states[f"needles/{number}"] for number in range(1, FOLDERS)} == {"imported"}
    assert states["needles/0"] == "incomplete"


def test_a_restart_with_nothing_changed_says_and_decodes_nothing(site):
    """The folders are imported again soon, by a new look at the disk, without a new event."""
    with running(site) as daemon:
        expected, _ = finished(site)
        assert daemon.stop()[0] == 0
    before = [one for one in site.events() if one["event"].startswith(("folder.", "picture."))]
    with running(site) as daemon:
        site.wait_states({f"needles/{number}": "imported" for number in range(1, FOLDERS)})
        report, again = finished(site)
        assert (report, again) == (expected, 0)
        assert daemon.stop()[0] == 0
    after = [one for one in site.events() if one["event"].startswith(("folder.", "picture."))]
    assert after == before
    assert_said_once(site)
