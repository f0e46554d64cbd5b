"""The main loop: messages in, one engine step each, then log, store, jobs and answers.

One turn takes what waits in the inbox.  Its events are written (and synced, where they are about
whole folders) before the store is committed, and both before any job goes out or anybody is
answered: what was said is always in the log, and what the store keeps was always said.
"""

from __future__ import annotations

import itertools
import math
import os
import queue
import time
from collections.abc import Callable, Container
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from dedupd.asks import Ask, Reply
from dedupd.config_schema import Config
from dedupd.disk.overlap import overlaps
from dedupd.disk.watch import Hints
from dedupd.engine import Engine, Options, Step
from dedupd.faces.address import from_systemd
from dedupd.hands import Hands
from dedupd.messages import (
    Answer,
    Compare,
    Decode,
    Inquiry,
    Job,
    Message,
    Read,
    Record,
    Recorded,
    Release,
    RootSeen,
    Sign,
    Tick,
    WasRead,
)
from dedupd.model import Kind, Now
from dedupd.pictures.exchange import Hashed, PoolAnswer, Thumbnailed
from dedupd.pictures.pools import Pool
from dedupd.pictures.sniff import kind
from dedupd.reports import Event, Problem, Report
from dedupd.rules.decisions import DecisionBook
from dedupd.rules.patterns import excluded
from dedupd.rules.rounds import Pace
from dedupd.rules.verify import Policy
from dedupd.state import Store

TURN_MESSAGES = 500
SYNC_EVERY_S = 1.0
STOP_S = 1.0
REPORT_EVERY_S = 0.25
REPORT_REST = 10
"""How many times as long as a report took until the next one: folders may be many."""
LOG_META = "log"
HEARD = "heard"  # where watchers prove that they hear

WriteEvents = Callable[[list[Event], bool], int]
"""Logs events, synced or not, and returns a number that no event's is above (0: no log)."""


@dataclass(frozen=True, slots=True)
class _Wake:
    """A watcher's box has something in it."""

    hints: Hints


@dataclass(frozen=True, slots=True)
class _Publish:
    """Somebody wants a report of now."""

    done: Future[Report]


@dataclass(frozen=True, slots=True)
class _Question:
    """Somebody asks the engine."""

    ask: Ask
    done: Future[Reply]


class Decided(Protocol):
    """The owner's decisions, and where further ones are kept."""

    @property
    def book(self) -> DecisionBook:
        """What was decided so far; the engine goes on with it."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with them, for the report."""

    def record(self, job: Record) -> str:
        """Make decisions last; return why that can't be done, "" when it is done."""


class Undecided(NamedTuple):
    """Decisions that are only read: a single look takes none."""

    book: DecisionBook
    problems: tuple[Problem, ...] = ()

    def record(self, job: Record) -> str:  # noqa: ARG002 -- the shape of `Decided`
        """Refuse it."""
        return "only a running daemon takes decisions"


Item = Message | _Wake | _Publish | _Question | BaseException


def now() -> Now:
    """Return this moment on both clocks."""
    return Now(time.monotonic(), time.time())


class Loop:
    """One engine with its edges, from `start` to `stop`.

    Args:
        write: Writes events to the log; True for those that must be synced.
        eager: Watch the roots and fill the index quietly: a daemon.  Otherwise look once.
        keep: Make what is learned last; a session that only reads the store changes nothing.
        decided: What the owner decided so far, and where further decisions go.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        pool: Pool,
        write: WriteEvents,
        *,
        eager: bool,
        keep: bool = True,
        decided: Decided | None = None,
    ) -> None:
        self._store, self._pool, self._write = store, pool, write
        self._decided = decided or Undecided(DecisionBook())
        self._inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        options = _options(config, pool, eager)
        self.engine = Engine(config.roots, store, options, named_picture, self._decided.book)
        # A file made every half minute keeps no disk from sleeping where systemd gives us memory.
        volatile = from_systemd("RUNTIME_DIRECTORY") or config.state
        # Read by the walkers: a root that comes is compared with those that came before it.
        self._there: frozenset[str] = frozenset()
        self._hands = {
            root.id: Hands(
                root,
                config.limits.file_bytes,
                eager,
                lambda: overlap_now(config, self._there),
                self._inbox.put,
                self._wake,
                private=os.fsencode(os.path.join(volatile, HEARD, root.id)),
            )
            for root in config.roots
        }
        self._numbers = itertools.count(1)
        self._questions: dict[int, Future[Reply]] = {}
        self._stepped = True
        self._report_at_s = float("-inf")
        self._unsynced_s: float | None = None  # since when something waits to be synced
        self._reserved_seq = 0
        self._keep = keep
        self._clustered = config.workers.pool == "dask"
        self._whole = True  # the last turn came to its end: what is in the store was said
        self.problems: tuple[Problem, ...] = ()
        self.report = Report(version="", time="", state="starting")
        self.loaded = False  # what the store remembers was taken in: there are answers now

    def start(self) -> None:
        """Load what is known and begin to look; the pool must have been started."""
        self.engine.load()
        self.loaded = True
        for hands in self._hands.values():
            hands.start()
        self._inbox.put(Tick())

    def stop(self) -> None:
        """End the threads, refuse open questions and make the store last."""
        for hands in self._hands.values():
            hands.stop()
        deadline_s = time.monotonic() + STOP_S
        for hands in self._hands.values():
            hands.join(deadline_s)
        for question in self._questions.values():
            question.cancel()
        self._drain()
        if self._keep and self._whole:
            self._store.commit(sync=True)

    def wake(self) -> None:
        """End the wait of a running `turn`; may be called from a signal handler."""
        self._inbox.put(Tick())

    def ask(self, ask: Ask) -> Future[Reply]:
        """Put a question; may be called from any thread."""
        done: Future[Reply] = Future()
        self._inbox.put(_Question(ask, done))
        return done

    def fresh_report(self) -> Future[Report]:
        """Have a report made of the present state; may be called from any thread."""
        done: Future[Report] = Future()
        self._inbox.put(_Publish(done))
        return done

    def turn(self, wait_s: float) -> None:
        """Take what waits, or wait for it no longer than `wait_s`, and do what follows."""
        self._whole = False
        events: list[Event] = []
        jobs: list[Job] = []
        wanted: list[Future[Report]] = []
        for item in self._items(wait_s):
            for message in self._messages(item, wanted):
                step: Step = self.engine.step(message, now())
                events += step.events
                jobs += step.jobs
                # A look at a root that found nothing new happens for ever, and changes nothing.
                self._stepped |= bool(step.events or step.jobs) or not isinstance(message, RootSeen)
        self._make_last(events)
        self._whole = True
        answers = [job for job in jobs if isinstance(job, Answer)]
        self._publish(force=bool(answers or wanted))
        for done in wanted:
            done.set_result(self.report)
        desks = self.engine.roots.desks
        self._there = frozenset(root for root, desk in desks.items() if desk.online)
        for job in jobs:
            self._dispatch(job)

    def _items(self, wait_s: float) -> list[Item]:
        """Return what waits in the inbox, or a tick when it is time for one.

        Nothing at all where only a commit or a report was put off until now.
        """
        tick_at_s = min(time.monotonic() + wait_s, self.engine.next_due_s())
        until_s = min(tick_at_s, self._put_off_until_s())
        try:
            items = [self._inbox.get(timeout=max(0.0, until_s - time.monotonic()))]
        except queue.Empty:
            return [Tick()] if time.monotonic() >= tick_at_s else []
        while len(items) < TURN_MESSAGES:
            try:
                items.append(self._inbox.get_nowait())
            except queue.Empty:
                break
        return items

    def _put_off_until_s(self) -> float:
        """Return when what the last turns did is to be synced or reported, infinity if it was."""
        waits = self._keep and self._unsynced_s is not None
        sync_at_s = (self._unsynced_s or 0.0) + SYNC_EVERY_S if waits else math.inf
        return min(sync_at_s, self._report_at_s if self._stepped else math.inf)

    def _messages(self, item: Item, wanted: list[Future[Report]]) -> tuple[Message, ...]:
        if isinstance(item, _Wake):
            return item.hints.take()
        if isinstance(item, BaseException):
            raise item  # a bug in one of our threads is a bug of the whole: nothing goes on
        if isinstance(item, _Publish):
            wanted.append(item.done)
            return ()
        if isinstance(item, _Question):
            number = next(self._numbers)
            self._questions[number] = item.done
            return (Inquiry(number, item.ask),)
        return (item,)

    def _make_last(self, events: list[Event]) -> None:
        """Log first, then commit; a whole second's commits are synced together, at its end."""
        folders = any(event.name.startswith("folder.") for event in events)
        if not self._keep:
            return
        if events:
            reserved_seq = self._write(events, folders)
            if reserved_seq > self._reserved_seq:
                self._reserved_seq = reserved_seq
                self._store.put_meta(LOG_META, {"reserved_seq": reserved_seq})
        now_s = time.monotonic()
        if self._unsynced_s is None and (events or self._stepped):
            self._unsynced_s = now_s
        late = self._unsynced_s is not None and now_s - self._unsynced_s >= SYNC_EVERY_S
        self._store.commit(sync=folders or late)
        if folders or late:
            self._unsynced_s = None

    def _publish(self, force: bool) -> None:
        began_s = time.monotonic()
        if (self._stepped and began_s >= self._report_at_s) or force:
            self.report = self.engine.report((*self.problems, *self._edge_problems()))
            ended_s, self._stepped = time.monotonic(), False
            self._report_at_s = ended_s + max(REPORT_EVERY_S, REPORT_REST * (ended_s - began_s))

    def _edge_problems(self) -> tuple[Problem, ...]:
        return (*self._decided.problems, *self._stuck(self._pool.problem))

    def _stuck(self, why: str) -> tuple[Problem, ...]:
        """Return that no picture can be looked at, if there is a reason for it."""
        if not why:
            return ()
        if self._clustered:
            return (Problem("workers.away", b"", why, "dedupd doctor"),)
        return (Problem("workers.stuck", b"", why, "dedupd doctor"),)

    def _dispatch(self, job: Job) -> None:
        if isinstance(job, Answer):
            question = self._questions.pop(job.number)
            if not question.cancelled():
                question.set_result(job.reply)
        elif isinstance(job, Release):
            os.close(job.payload.fd)
        elif isinstance(job, (Decode, Sign, Compare)):
            self._pool.submit(job, self._looked)
        elif isinstance(job, Read):
            self._hands[job.place.root].do(job)
        elif isinstance(job, Record):
            self._inbox.put(Recorded(job, self._decided.record(job)))
        else:
            self._hands[job.root].do(job)

    def _looked(self, answer: PoolAnswer) -> None:
        if not isinstance(answer, Hashed | Thumbnailed):
            self._inbox.put(answer)

    def _wake(self, hints: Hints) -> None:
        self._inbox.put(_Wake(hints))

    def _drain(self) -> None:
        """Close what nobody will read any more."""
        while True:
            try:
                item = self._inbox.get_nowait()
            except queue.Empty:
                return
            if isinstance(item, WasRead) and item.payload is not None:
                os.close(item.payload.fd)
            elif isinstance(item, (_Publish, _Question)):
                item.done.cancel()


def named_picture(name: bytes) -> bool:
    """Does this file name say that the file is a picture?"""
    return kind(b"", name) is Kind.PICTURE


def overlap_now(config: Config, there: Container[str] | None = None) -> str:
    """Say how the roots of a configuration overlap at this moment; "" if they don't.

    Args:
        there: Ids of the roots to look at, None for all.  A look at one that is away may never
            end, and nothing rests on it until it comes: then it is compared with these.
    """
    private = {"state folder": config.state, "event log": config.events}
    haystack, needles = (
        [root for root in roots if there is None or root.id in there]
        for roots in (config.haystack, config.needles)
    )
    found = overlaps(haystack, needles, private, excluded)
    return found[0].message if found else ""


def _options(config: Config, pool: Pool, eager: bool) -> Options:
    match, hours, again = config.match, config.quiet_hours, config.rehash

    def rests(wall_s: float) -> bool:
        local = time.localtime(wall_s)
        return eager and hours is not None and hours.include(local.tm_hour * 60 + local.tm_min)

    return Options(
        policy=Policy(match.limits, match.worse.accepted, match.turned == "matched"),
        others_block=config.match.others == "block",
        settle_quiet_s=config.watch.settle_quiet_s,
        settle_max_s=config.watch.settle_max_s,
        sweep_every_s=config.watch.sweep_every_s,
        eager=eager,
        workers=pool.workers,
        kept_bytes=config.workers.memory_bytes // 2,
        reread=Pace(again.every_s, again.rate_bytes_per_s) if eager else None,
        rests=rests,
    )
