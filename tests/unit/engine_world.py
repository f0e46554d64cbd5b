"""A small world around the engine: every job is done on an in-memory disk, in any order, late.

A walker for each root does its jobs in order, as the real one does; readers, workers and watchers
answer when the world's dice say so.  What the engine says is compared with the truth of the disk
(`engine_oracle`) at once, and whole when the world has come to rest.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator
from copy import copy

from tests.unit.engine_check import check
from tests.unit.engine_disk import Disk, Volume
from tests.unit.engine_edges import Edges
from tests.unit.engine_oracle import Known, Whole, truth

from dedupd.asks import Ask, AskPath, PathReply, Reply
from dedupd.decision import Decision
from dedupd.engine import Engine, Options
from dedupd.messages import (
    Answer,
    Compare,
    Decode,
    Hint,
    Inquiry,
    Job,
    LookTree,
    Message,
    Read,
    Record,
    Release,
    Rescan,
    Sign,
    Sweep,
    Tick,
)
from dedupd.model import FolderState, Identity, Now, Place, Role, Root, Stamp
from dedupd.reports import Event, FolderReport
from dedupd.rules.decisions import DecisionBook
from dedupd.rules.verify import Policy
from dedupd.state.memory import MemoryStore

IGNORED = ("._*", "Thumbs.db")
EXCLUDED = ("**/skip/**",)
QUIET_S = 2.0
MOST_ACTIONS = 20_000
LONGEST_REST_S = 300.0


def roots_of(**roles: Role) -> dict[str, Root]:
    """Return roots with these ids, below `/h1`, `/n1` and so on."""
    return {
        name: Root(name, b"/" + name.encode(), role, exclude=EXCLUDED, ignore=IGNORED)
        for name, role in roles.items()
    }


def usual_roots() -> dict[str, Root]:
    """Return a library in two roots and one needle root."""
    return roots_of(h1=Role.HAYSTACK, h2=Role.HAYSTACK, n1=Role.NEEDLES)


class World:
    """Disk, time, engine and everything between them.

    Attributes:
        violations: What the engine said that was not so.
        deaf: Watchers hear nothing.
        decoded: How often the bytes of each content were fingerprinted in this run.
        decided: The owner's decisions on the disk, and the ids of those undone, in order.
        book: What the running engine goes by.
        parked: Volumes that were taken away and may come back, by root.
    """

    def __init__(
        self,
        roots: dict[str, Root] | None = None,
        volumes: dict[str, Volume] | None = None,
        seed: int = 0,
        others_block: bool = False,
        eager: bool = True,
        policy: Policy | None = None,
    ) -> None:
        self.roots = roots or usual_roots()
        self.disk = Disk(volumes or {"h1": Volume(1), "h2": Volume(2, 2), "n1": Volume(1, 1, 3)})
        self.dice = random.Random(seed)
        self.options = Options(
            policy or Policy(),
            others_block,
            QUIET_S,
            60.0,
            None,
            eager,
            workers=2,
            kept_bytes=10**9,
        )
        self.store = MemoryStore()
        self.now_s = 1000.0
        self.deaf = False
        self.closing = False  # half of the files are heard to be closed, also those written on
        self.violations: list[str] = []
        self.log: list[Event] = []
        self.replies: dict[int, Reply] = {}
        self.decoded: Counter[bytes] = Counter()
        self.decided: list[Decision | str] = []
        self.book = DecisionBook()
        self.parked: dict[str, Volume] = {}
        self._true_at: dict[Place, int] = {}
        self._likely_at: dict[Place, int] = {}
        self._moment = self._numbers = 0
        self.start()

    # A world in which something is going on

    def start(self) -> None:
        """Begin a new run of the daemon on the same store and log."""
        self.decoded.clear()  # what was under way is lost
        self._walks: dict[str, deque[Job]] = {root: deque() for root in self.roots}
        self._sweeps: dict[str, Iterator[Message]] = {}
        self._edge_jobs: list[Job] = []
        self._inbox: dict[str, deque[Message]] = {}
        self._began: dict[int, int] = {}
        self._asked: dict[int, tuple[Place, int]] = {}
        self.book = self._book()
        self._edges = Edges(self.roots, self.disk, self._identity, self.decoded, self.decided)
        self._edges.violations = self.violations
        self.engine = Engine(
            self.roots.values(),
            self.store,
            self.options,
            lambda name: name.endswith(b".jpg"),
            self.book,
        )
        for event in self.log:
            if event.name.startswith("folder.") and event.path is not None:
                self.engine.replay(event.path, {"event": event.name, **dict(event.facts)})
        self.engine.load()
        self.take(Tick())

    def _book(self) -> DecisionBook:
        """Return what the decisions on the disk make."""
        book = DecisionBook()
        for line in self.decided:
            if isinstance(line, str):
                book.undo(line)
            else:
                book.take(line)
        return book

    def crash(self, messages: int, logged: bool) -> None:
        """Take some messages, then die before the store is committed; begin anew."""
        saved = copy(self.store)
        for name, value in vars(self.store).items():
            setattr(saved, name, value.copy())
        saved._files = {root: known.copy() for root, known in self.store._files.items()}
        for _ in range(messages):
            waiting = [one for one in self._inbox.values() if one]
            if not waiting:
                break
            message = self.dice.choice(waiting).popleft()
            step = self.engine.step(message, Now(self.now_s, self.now_s))
            if logged:
                self._write(step.events, message)
        self.store = saved
        self.start()

    def take(self, message: Message) -> None:
        """Give the engine one message, and its jobs to the edges."""
        step = self.engine.step(message, Now(self.now_s, self.now_s))
        self._write(step.events, message)
        self.store.commit()
        for job in step.jobs:
            self._dispatch(job)

    def ask(self, ask: Ask) -> int:
        """Put a question; its reply comes in `replies`."""
        self._numbers += 1
        self._observe()
        if isinstance(ask, AskPath):
            place = self.engine.roots.place(ask.path)
            self._asked[self._numbers] = place or Place("", b""), self._moment
        self.take(Inquiry(self._numbers, ask))
        return self._numbers

    def happened(self) -> None:
        """Something was done to the disk: let the watchers hear of it."""
        self._observe()
        changed, self.disk.changed = self.disk.changed, []
        for root, path in changed:
            if root in self._edges.watched and not self.deaf:
                closed = self.closing and sum(path) % 2 == 0
                self._send(f"watch {root}", Hint(Place(root, path), closed))

    def act(self) -> bool:
        """Do one thing that waits to be done; False when nothing does."""
        doings = [
            f"walk {root}" for root in self.roots if self._walks[root] or root in self._sweeps
        ]
        doings += ["edge"] if self._edge_jobs else []
        doings += [producer for producer, waiting in self._inbox.items() if waiting]
        if not doings:
            return False
        self._do(self.dice.choice(sorted(doings)))
        return True

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with ticks where the engine wants them."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s = min(until_s, max(self.now_s + 0.05, self.engine.next_due_s()))
            self.take(Tick())

    def rest(self) -> None:
        """Go on until nothing is left to do; a world that never rests is a violation."""
        actions, begun_s = 0, self.now_s
        still_s = self.now_s
        while self.now_s - still_s < 3 * QUIET_S:
            while self.act():
                actions += 1
                if actions > MOST_ACTIONS:
                    self.violations.append("never comes to rest: too many messages")
                    return
            if not self.engine.idle:
                still_s = self.now_s
            if self.now_s - begun_s > LONGEST_REST_S:
                self.violations.append("never comes to rest: time passes and it isn't idle")
                return
            self.pass_time(0.5)
        if self._edges.payloads:
            self.violations.append(f"{len(self._edges.payloads)} payloads were never given back")

    def catch_up(self) -> None:
        """Have everything looked at again, whatever the watchers missed, and come to rest."""
        self.take(Rescan(None, "asked"))
        self.rest()

    def folder(self, path: bytes, root: str = "n1") -> FolderReport:
        """Return the report's line of a needle folder."""
        wanted = self.engine.roots.path(Place(root, path))
        return next(one for one in self.engine.report().folders if one.path == wanted)

    def state(self, path: bytes) -> FolderState:
        """Return the state of a folder of `n1`."""
        return self.folder(path).state

    def words(self, path: bytes, root: str = "n1") -> list[str]:
        """Return what was logged about a needle folder, in order."""
        wanted = self.engine.roots.path(Place(root, path))
        return [one.name for one in self.log if one.path == wanted and one.name[:7] == "folder."]

    # What the engine says against what is so

    def truth(self) -> Whole:
        """Return what is so at this moment, as far as anybody can have heard of it."""
        return truth(self.disk, self.roots, Known(self.book, self.parked, self._was_heard))

    def _was_heard(self, place: Place, stamp: Stamp) -> bool:
        """Was this needle listed as it is, and read while its disk was there?"""
        record = self.engine._catalog.get(place)
        if record is None or record.stamp != stamp:
            return False
        if place.root not in self.parked:
            return True
        return record.digest is not None and self.store.fingerprint(record.digest) is not None

    def check(self) -> int:
        """Compare the report with the truth, at rest; return how many folders are imported."""
        return check(self)

    def _observe(self) -> None:
        """Note what is imported at this moment."""
        self._moment += 1
        whole = self.truth()
        for place, one in whole.folders.items():
            if one.state is FolderState.IMPORTED:
                self._true_at[place] = self._moment
            if one.likely is FolderState.IMPORTED:
                self._likely_at[place] = self._moment
        self._likely_at.update(dict.fromkeys(whole.likely, self._moment))

    def _write(self, events: list[Event], message: Message) -> None:
        ids = {event.id for event in self.log if event.id}
        for event in events:
            if event.id and event.id in ids:
                continue
            self.log.append(event)
            if event.name == "folder.imported" and event.path is not None:
                began = self._began.get(getattr(message, "number", -1), self._moment + 1)
                if self._true_at.get(self._place(event.path), -1) < began:
                    self.violations.append(f"{event.path!r} was announced as imported and isn't")

    def _place(self, path: bytes) -> Place:
        place = self.engine.roots.place(path)
        if place is None:
            raise LookupError(path)
        return place

    # The edges

    def _identity(self, root: str) -> Identity | None:
        return self.engine.roots.desks[root].identity

    def _dispatch(self, job: Job) -> None:
        if isinstance(job, Answer):
            self._answered(job)
        elif isinstance(job, Release):
            self._edges.release(job)
        elif isinstance(job, (Read, Decode, Sign, Compare, Record)):
            self._edge_jobs.append(job)
        else:
            if isinstance(job, LookTree):
                self._began[job.number] = self._moment
                self._observe()
            self._walks[job.root].append(job)

    def _answered(self, job: Answer) -> None:
        self.replies[job.number] = job.reply
        if isinstance(job.reply, PathReply) and job.reply.imported:
            place, since = self._asked[job.number]
            if self._likely_at.get(place, -1) < since:  # rivals may be unread in a standing claim
                self.violations.append(f"{place} was answered to be imported and isn't")

    def _send(self, producer: str, message: Message) -> None:
        self._inbox.setdefault(producer, deque()).append(message)

    def _do(self, doing: str) -> None:
        word, _, root = doing.partition(" ")
        if word == "walk":
            self._walk(root)
        elif word == "edge":
            job = self._edge_jobs.pop(self.dice.randrange(len(self._edge_jobs)))
            self._send(f"answer {self.dice.randrange(3)}", self._edges.work(job))
        else:
            self.take(self._inbox[doing].popleft())

    def _walk(self, root: str) -> None:
        """Do the walker's next job; a sweep is done folder by folder, others come between."""
        jobs = self._walks[root]
        quick = next((job for job in jobs if not isinstance(job, Sweep)), None)
        if root in self._sweeps and quick is None:
            message = next(self._sweeps[root], None)
            if message is None:
                del self._sweeps[root]
            else:
                self._send(f"from {root}", message)
            return
        job = quick if root in self._sweeps and quick is not None else jobs[0]
        jobs.remove(job)
        if isinstance(job, Sweep):
            self._sweeps[root] = self._edges.sweep(job)
        else:
            for message in self._edges.quick(job):
                self._send(f"from {root}", message)


def world_with(
    library: dict[bytes, bytes], needles: dict[bytes, bytes], **options: object
) -> World:
    """Return a world at rest with these files in `h1` and `n1`; options are those of `World`."""
    world = World(**options)
    for path, content in library.items():
        world.disk.write("h1", path, content)
    for path, content in needles.items():
        world.disk.write("n1", path, content)
    world.happened()
    world.rest()
    return world
