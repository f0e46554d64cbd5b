"""What the daemon mends by beginning anew: it claims nothing meanwhile, waits, and says why."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from tests.unit.one_look import Place
from tests.unit.reports import EVERY_STATE, report

from dedupd import service
from dedupd.model import FolderState
from dedupd.notify import Notifier
from dedupd.pictures.pools.inline import InlinePool
from dedupd.service import REOPEN_S, SHOW_EVERY_S, Daemon, Why
from dedupd.state import StoreDamaged, StoreFull
from dedupd.state.lock import StateLock

FULL = StoreFull("cannot write the store", "No space left on device", "free some space")
DAMAGED = StoreDamaged("CURRENT is missing")


class Clock:
    """Time that passes only while somebody sleeps; `during` happens then."""

    def __init__(self):
        self.now_s, self.during = 1000.0, lambda: None

    def monotonic(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds
        self.during()


class Heard(Notifier):
    """Remembers when the watchdog was fed."""

    def __init__(self):
        super().__init__()
        self.alive_s = []

    def alive(self, now_s):
        self.alive_s.append(now_s)


class Bench:
    """A daemon on a state folder of its own, and the clock that it goes by."""

    def __init__(self, lock, config, clock, show):
        self.clock, self.heard, self.state = clock, Heard(), config.state
        self.daemon = Daemon(config, lambda: config, show, self.heard, lock)
        self.began_s = clock.now_s

    @property
    def waited_s(self):
        """How long the daemon slept."""
        return self.clock.now_s - self.began_s

    @property
    def problems(self):
        """What the report says is wrong."""
        return [(one.code, one.fix) for one in self.daemon._front.report.problems]

    def events(self, name):
        """Return what was logged under that name."""
        lines = (self.state / "events.jsonl").read_text().splitlines()
        return [one for one in map(json.loads, lines) if one["event"] == name]


@pytest.fixture
def shown():
    """Return the reports that `run --live` was handed."""
    return []


@pytest.fixture
def bench(tmp_path, monkeypatch, shown):
    """Return a daemon that has just imported something, and whose time flies."""
    monkeypatch.setattr(service, "time", clock := Clock())
    monkeypatch.setattr(service, "make_pool", lambda config: InlinePool())
    config = Place(tmp_path).config()
    with StateLock.acquire(config.state) as lock:
        made = Bench(lock, config, clock, shown.append)
        made.daemon._front.report = report(*EVERY_STATE)
        yield made
        made.daemon._journal.close()


def broken(monkeypatch, *troubles):
    """Let the next opening of the store fail like this, and those after it be the real ones."""
    left, really = [*troubles], Daemon._with_store

    def with_store(daemon):
        if left:
            raise left.pop(0)
        return really(daemon)

    monkeypatch.setattr(Daemon, "_with_store", with_store)


def test_a_full_disk_is_waited_for_and_nothing_is_claimed_meanwhile(bench, monkeypatch):
    """A minute, told with what to do, and the watchdog is fed all the time."""
    broken(monkeypatch, FULL)
    assert bench.daemon._run_once() is Why.UNWRITABLE
    assert REOPEN_S <= bench.waited_s < REOPEN_S + 1
    assert bench.problems == [("store.unwritable", "free some space")]
    states = {one.state for one in bench.daemon._front.report.folders}
    assert FolderState.IMPORTED not in states
    gaps = [b - a for a, b in zip(bench.heard.alive_s, bench.heard.alive_s[1:], strict=False)]
    assert max(gaps) < 1


@pytest.mark.parametrize(
    ("wanted", "ended"), [(Why.STOP, Why.STOP), (Why.RELOAD, Why.UNWRITABLE)], ids=["stop", "hup"]
)
def test_who_wants_something_ends_the_wait_at_once(bench, monkeypatch, wanted, ended):
    """SIGTERM is answered, and SIGHUP may bring the state folder of another disk."""
    broken(monkeypatch, FULL)
    bench.clock.during = lambda: bench.daemon._want(wanted)
    assert bench.daemon._run_once() is ended
    assert bench.waited_s < 1


def test_a_damaged_store_is_set_aside_and_the_new_one_tells_why(bench, monkeypatch):
    """At once; the old one is kept for whoever wants to look at it."""
    monkeypatch.setattr(Daemon, "_turn", lambda daemon, loop: Why.STOP)
    assert bench.daemon._run_once() is Why.STOP
    broken(monkeypatch, DAMAGED)
    assert bench.daemon._run_once() is Why.DAMAGED
    assert len(list(bench.state.glob("store.bad-*"))) == 1
    assert (bench.waited_s, bench.events("store.rebuilt")) == (0.0, [])
    assert bench.daemon._run_once() is Why.STOP
    (event,) = bench.events("store.rebuilt")
    assert event["reason"] == "CURRENT is missing"
    bench.daemon._run_once()
    assert len(bench.events("store.rebuilt")) == 1


def test_a_store_that_is_damaged_again_soon_is_not_built_over_and_over(bench, monkeypatch):
    """The disk may be failing: it is said, and the next try waits."""
    broken(monkeypatch, DAMAGED, StoreDamaged("a block is damaged"))
    assert bench.daemon._run_once() is Why.DAMAGED
    assert bench.waited_s == 0.0
    assert bench.daemon._run_once() is Why.DAMAGED
    assert bench.waited_s >= REOPEN_S
    (problem,) = bench.daemon._front.report.problems
    assert (problem.code, problem.fix.split()[0]) == ("store.damaged", "dmesg")
    assert problem.message == "it was damaged again: a block is damaged"


def test_damage_after_a_good_while_is_no_failing_disk_yet(bench, monkeypatch):
    """It is mended at once, as the first time."""
    broken(monkeypatch, DAMAGED, DAMAGED)
    bench.daemon._run_once()
    bench.clock.now_s += REOPEN_S
    before_s = bench.clock.now_s
    assert bench.daemon._run_once() is Why.DAMAGED
    assert bench.clock.now_s == before_s


def test_the_live_report_is_handed_on_a_few_times_a_second(bench, shown):
    """However fast the loop turns, and from its first turn on."""
    ready = report(*EVERY_STATE)
    turns = []

    def turn(patience_s):
        turns.append(patience_s)
        bench.clock.now_s += SHOW_EVERY_S / 4
        if len(turns) == 9:
            bench.daemon._want(Why.STOP)

    engine = SimpleNamespace(watched=True, ready=True, report=lambda problems, stopping: ready)
    loop = SimpleNamespace(turn=turn, report=ready, engine=engine)
    assert bench.daemon._turn(loop) is Why.STOP
    assert shown == [ready] * 3
    assert len(bench.events("daemon.ready")) == 1
