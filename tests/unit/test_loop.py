"""The main loop: what is said, kept and answered together, and how it ends when it must."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.one_look import Place, without_processes
from tests.unit.picture_samples import jpeg

from dedupd import hands
from dedupd import loop as module
from dedupd.asks import AskDecide, AskWait, DecidedReply, Refused, Reply
from dedupd.deciding import Keeper, read_book
from dedupd.decision import DecisionKind
from dedupd.engine.outbox import Outbox
from dedupd.looking import VERSIONS
from dedupd.loop import Decided, Loop
from dedupd.messages import Rescan
from dedupd.model import RootState
from dedupd.pictures.pools.inline import InlinePool
from dedupd.reports import Event
from dedupd.state.eventlog import EventLogUnwritable
from dedupd.state.memory import MemoryStore
from dedupd.state.store import open_store

ENOUGH_S = 60.0  # ends what hangs; it says nothing about speed


class Log:
    """An event log that may be full; holds the names and paths of what was written."""

    def __init__(self) -> None:
        self.written: list[Event] = []
        self.full_at = ""

    def write(self, events: list[Event], sync: bool) -> int:
        """Take all of them, or none."""
        if self.full_at in {event.name for event in events}:
            raise EventLogUnwritable("cannot write the event log", "no space left", "free space")
        self.written += events
        return len(self.written)

    def count(self, name: str, path: Path) -> int:
        """Return how often this was said of a path."""
        return sum((one.name, one.path) == (name, bytes(path)) for one in self.written)


class Run:
    """One run of a loop over a store on the disk, as the service does it."""

    def __init__(self, place: Place, log: Log, decided: Decided | None = None) -> None:
        self.store, _ = open_store(place.state, VERSIONS)
        pool = InlinePool()
        pool.start()
        self.loop = Loop(place.config(), self.store, pool, log.write, eager=False, decided=decided)

    def __enter__(self) -> Loop:
        self.loop.start()
        return self.loop

    def __exit__(self, *_: object) -> None:
        self.loop.stop()
        self.store.close()


def turn_until(loop: Loop, done) -> None:
    """Turn the loop until something is so."""
    deadline_s = time.monotonic() + ENOUGH_S
    while not done():
        assert time.monotonic() < deadline_s, "it never came to that"
        loop.turn(0.05)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a place with a picture in the library and a copy of it in `needles/card`."""
    without_processes(monkeypatch)
    place = Place(tmp_path)
    place.put("lib/a.jpg", jpeg())
    place.put("needles/card/a.jpg", jpeg())
    return place


def finished(loop: Loop) -> bool:
    return loop.engine.ready and loop.engine.idle


def test_what_could_not_be_logged_is_said_by_the_next_run(place):
    """The disk was full in that moment: the store must not believe that it was said."""
    log, card = Log(), place.needles / "card"
    log.full_at = "folder.imported"
    with Run(place, log) as loop, pytest.raises(EventLogUnwritable):
        turn_until(loop, lambda: False)
    assert log.count("folder.imported", card) == 0
    log.full_at = ""
    for _ in range(2):
        with Run(place, log) as loop:
            turn_until(loop, lambda loop=loop: finished(loop))
    assert log.count("folder.imported", card) == 1
    assert log.count("folder.reopened", card) == 0


def test_a_run_that_ends_well_is_kept(place):
    """The next one reads nothing again."""
    log = Log()
    with Run(place, log) as loop:
        turn_until(loop, lambda: finished(loop))
    store, _ = open_store(place.state, VERSIONS)
    held = [record for root in place.config().roots for _, record in store.files(root.id)]
    store.close()
    assert len(held) == 2
    assert all(record.digest for record in held)


@pytest.mark.parametrize("edge", ["walker_answers", "read"])
def test_a_bug_in_a_thread_ends_the_loop(place, monkeypatch, edge):
    """It comes out of the next turn, instead of a root that nobody listens to any more."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr(f"dedupd.hands.{edge}", broken)
    with Run(place, Log()) as loop, pytest.raises(ZeroDivisionError, match="a bug of ours"):
        turn_until(loop, lambda: False)


def test_a_root_that_never_answers_is_not_compared_with_others(place, monkeypatch):
    """A look at where it leads would hang the walker of the other one."""
    held = threading.Event()
    walking, leading = hands.walker_answers, os.path.realpath

    def answers(root, job, hide):
        if root.path == bytes(place.lib):
            held.wait(ENOUGH_S)
        yield from walking(root, job, hide)

    def realpath(path, **more):
        if os.fsencode(path) == bytes(place.lib):
            held.wait(ENOUGH_S)
        return leading(path, **more)

    run = Run(place, Log())
    monkeypatch.setattr(hands, "walker_answers", answers)
    monkeypatch.setattr(os.path, "realpath", realpath)
    desks = {desk.root.path: desk for desk in run.loop.engine.roots.desks.values()}
    with run as loop:
        turn_until(loop, lambda: desks[bytes(place.needles)].state is RootState.ONLINE)
        assert desks[bytes(place.lib)].state is RootState.OFFLINE
        held.set()
        turn_until(loop, lambda: desks[bytes(place.lib)].state is RootState.ONLINE)


def test_the_root_that_comes_later_is_compared_with_the_one_that_is_there(place):
    """It leads into that one by now, and would vouch for itself."""
    run = Run(place, Log())
    shutil.rmtree(place.lib)
    desks = {desk.root.path: desk for desk in run.loop.engine.roots.desks.values()}
    with run as loop:
        turn_until(loop, lambda: desks[bytes(place.needles)].state is RootState.ONLINE)
        place.lib.symlink_to(place.needles)
        loop.engine.roots.rescan(Rescan(None, "asked"))
        turn_until(loop, lambda: "is the same folder" in desks[bytes(place.lib)].detail)
        assert desks[bytes(place.lib)].state is RootState.OFFLINE


def test_a_bug_in_the_engine_keeps_nothing(place, monkeypatch):
    """Half a turn is no state to go on from."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    store = MemoryStore()
    loop = Loop(place.config(), store, InlinePool(), Log().write, eager=False)
    monkeypatch.setattr(Outbox, "take", broken)
    loop.start()
    with pytest.raises(ZeroDivisionError):
        loop.turn(0.0)
    loop.stop()
    assert store.commits == []


DISMISSAL = AskDecide(DecisionKind.DISMISS, b"")


def decided_by(loop: Loop, place: Place) -> Reply:
    """Have the owner dismiss the only needle picture, once it is known."""
    path = bytes(place.needles / "card" / "a.jpg")
    turn_until(loop, lambda: finished(loop))
    answer = loop.ask(replace(DISMISSAL, first=path))
    turn_until(loop, answer.done)
    return answer.result()


def test_a_decision_is_on_the_disk_when_it_is_answered(place):
    """And the next run goes by it."""
    place.state.mkdir()
    log, keeper = Log(), Keeper(place.state, MemoryStore())
    with Run(place, log, keeper) as loop:
        reply = decided_by(loop, place)
    assert isinstance(reply, DecidedReply)
    assert reply.done
    assert [one for one, in_force in read_book(place.state).all() if in_force] == [*reply.decisions]
    assert [one.name for one in log.written if one.name.startswith("decision.")] == [
        "decision.made"
    ]
    keeper.close()


def test_a_look_takes_no_decisions(place):
    """Only a running daemon does."""
    with Run(place, Log()) as loop:
        reply = decided_by(loop, place)
    assert isinstance(reply, Refused)
    assert "running daemon" in reply.why
    assert read_book(place.state).all() == []


class HungHands:
    """The hands of a root whose mount hangs: told to stop, their threads don't."""

    def __init__(self, *_: object, **__: object) -> None:
        self.told = threading.Event()

    def start(self) -> None:
        """Begin to hang."""

    def stop(self) -> None:
        """Be told."""
        self.told.set()

    def join(self, deadline_s: float) -> None:
        """Be waited for to the last moment."""
        time.sleep(max(0.0, deadline_s - time.monotonic()))


def test_roots_that_hang_are_waited_for_together(tmp_path, monkeypatch):
    """Six of them take as long as one: SIGTERM is answered in time."""
    monkeypatch.setattr(module, "Hands", HungHands)
    monkeypatch.setattr(module, "STOP_S", 0.5)
    needles = ", ".join(f"n{number}" for number in range(5))
    config = Place(tmp_path).config(roots=f"haystack: [lib]\nneedles: [{needles}]\n")
    store = MemoryStore()
    loop = Loop(config, store, InlinePool(), Log().write, eager=True)
    question = loop.ask(AskWait())
    loop.start()
    began_s = time.monotonic()
    loop.stop()
    assert 0.49 < time.monotonic() - began_s < 2.5  # one after another: 3 s
    assert len(loop._hands) == 6
    assert all(hands.told.is_set() for hands in loop._hands.values())
    assert question.cancelled()
    assert store.commits == [True]


class Syncs(MemoryStore):
    """A store that notes when it was made to last."""

    def __init__(self) -> None:
        super().__init__()
        self.synced = 0

    def commit(self, sync: bool = False) -> None:
        """Count it."""
        super().commit(sync)
        self.synced += sync


def test_what_was_put_off_is_done_though_nothing_comes(place, monkeypatch):
    """A long wait for the next message holds up neither the sync nor the report."""
    monkeypatch.setattr(module, "SYNC_EVERY_S", 0.2)
    monkeypatch.setattr(module, "REPORT_EVERY_S", 0.2)
    pool, store = InlinePool(), Syncs()
    pool.start()
    loop = Loop(place.config(), store, pool, Log().write, eager=False)
    loop.start()
    turn_until(loop, lambda: finished(loop))
    loop.wake()
    loop.turn(ENOUGH_S)
    loop.wake()
    loop.turn(ENOUGH_S)  # too soon after the last one: both are put off
    synced, before = store.synced, loop.report
    began_s = time.monotonic()
    while store.synced == synced or loop.report is before:
        loop.turn(ENOUGH_S)
    assert time.monotonic() - began_s < 5
    loop.stop()


def test_cookies_are_made_in_memory_where_there_is_a_place_for_it(tmp_path, monkeypatch):
    """The system unit has a folder below /run; else the state folder has to do."""
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    places = []
    for runtime in ("", str(tmp_path / "run")):
        monkeypatch.setenv("RUNTIME_DIRECTORY", runtime)
        loop = Loop(Place(tmp_path).config(), MemoryStore(), InlinePool(), Log().write, eager=True)
        places.append({os.path.dirname(hands._private) for hands in loop._hands.values()})
    assert places == [{bytes(tmp_path / "state" / "heard")}, {bytes(tmp_path / "run" / "heard")}]
