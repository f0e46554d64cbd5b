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

from tests.unit.engine_disk import Disk, Volume
from tests.unit.engine_edges import Edges
from tests.unit.engine_oracle import truth

from dedupd.asks import Ask, AskPath, PathReply, Reply
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
    Release,
    Rescan,
    Sign,
    Sweep,
    Tick,
)
from dedupd.model import FolderState, Identity, MatchLimits, Now, Place, Role, Root, RootState
from dedupd.reports import COUNT_NAMES, Event, FolderReport
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
    """

    def __init__(
        self,
        roots: dict[str, Root] | None = None,
        volumes: dict[str, Volume] | None = None,
        seed: int = 0,
        others_block: bool = False,
        eager: bool = True,
    ) -> None:
        self.roots = roots or usual_roots()
        self.disk = Disk(volumes or {"h1": Volume(1), "h2": Volume(2, 2), "n1": Volume(1, 1, 3)})
        self.dice = random.Random(seed)
        self.options = Options(
            MatchLimits(), {}, others_block, QUIET_S, 60.0, None, eager, workers=2, kept_bytes=10**9
        )
        self.store = MemoryStore()
        self.now_s = 1000.0
        self.deaf = False
        self.violations: list[str] = []
        self.log: list[Event] = []
        self.replies: dict[int, Reply] = {}
        self.decoded: Counter[bytes] = Counter()
        self._true_at: dict[Place, int] = {}
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
        self._edges = Edges(self.roots, self.disk, self._identity, self.decoded)
        self._edges.violations = self.violations
        self.engine = Engine(
            self.roots.values(), self.store, self.options, lambda name: name.endswith(b".jpg")
        )
        for event in self.log:
            if event.name.startswith("folder.") and event.path is not None:
                self.engine.replay(event.path, {"event": event.name, **dict(event.facts)})
        self.engine.load()
        self.take(Tick())

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
                self._send(f"watch {root}", Hint(Place(root, path)))

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

    def words(self, path: bytes) -> list[str]:
        """Return what was logged about a folder of `n1`, in order."""
        wanted = self.engine.roots.path(Place("n1", path))
        return [one.name for one in self.log if one.path == wanted and one.name[:7] == "folder."]

    # What the engine says against what is so

    def check(self) -> int:
        """Compare the report with the truth, at rest; return how many folders are imported."""
        true, _ = truth(self.disk, self.roots)
        states = {desk.root.id: desk.state for desk in self.engine.roots.desks.values()}
        library = [states[r.id] for r in self.roots.values() if r.role is Role.HAYSTACK]
        whole = all(state is RootState.ONLINE for state in library) and not self._is_written()
        said = {self._place(one.path): one for one in self.engine.report().folders}
        for place, one in said.items():
            if one.state is FolderState.IMPORTED and (
                place not in true or true[place].state is not FolderState.IMPORTED
            ):
                self.violations.append(f"{place} is called imported and isn't")
            if (one.state is FolderState.OFFLINE) is not self._is_away(place.root):
                self.violations.append(f"{place} is {one.state}, away: {one.state}")
        if whole:
            self._compare(true, said)
        return sum(one.state is FolderState.IMPORTED for one in true.values())

    def _compare(self, true, said) -> None:
        true = {place: one for place, one in true.items() if not self._is_away(place.root)}
        online = {place: one for place, one in said.items() if not self._is_away(place.root)}
        if online.keys() != true.keys():
            self.violations.append(f"folders differ: {online.keys() ^ true.keys()}")
        for place in online.keys() & true.keys():
            if online[place].state is not true[place].state:
                why = f"{online[place].state}, is {true[place].state}: {true[place].tree}"
                self.violations.append(f"{place} is said to be {why}")
            for name in COUNT_NAMES:
                for what in ("own", "tree"):
                    counted = getattr(getattr(online[place], what), name)
                    if counted != getattr(true[place], what)[name]:
                        self.violations.append(f"{place} {what} {name}: {counted} is wrong")
            word = self._last_word(place)
            if (word == "folder.imported") is not (true[place].state is FolderState.IMPORTED):
                self.violations.append(f"{place}: the log's last word is {word}")

    def _is_written(self) -> bool:
        """Is a library file being written?  Needles of its size may or may not wait for it."""
        library = [self.disk.volumes[r.id] for r in self.roots.values() if r.role is Role.HAYSTACK]
        return any(i.writer for volume in library if volume for i in volume.names.values())

    def _is_away(self, root: str) -> bool:
        """Is the root not there, or another one in its place?"""
        volume, desk = self.disk.volumes[root], self.engine.roots.desks[root]
        return volume is None or volume.identity.lasting != desk.lasting

    def _last_word(self, place: Place) -> str:
        words = self.words(place.path)
        return words[-1] if words else ""

    def _observe(self) -> None:
        """Note what is imported at this moment."""
        self._moment += 1
        folders, matched = truth(self.disk, self.roots)
        good = {place for place, one in folders.items() if one.state is FolderState.IMPORTED}
        self._true_at.update(dict.fromkeys(good | matched, self._moment))

    def _was_true(self, place: Place, since: int) -> bool:
        """Was it imported at any moment since then?"""
        return self._true_at.get(place, -1) >= since

    def _write(self, events: list[Event], message: Message) -> None:
        ids = {event.id for event in self.log if event.id}
        for event in events:
            if event.id and event.id in ids:
                continue
            self.log.append(event)
            if event.name == "folder.imported" and event.path is not None:
                began = self._began.get(getattr(message, "number", -1), self._moment + 1)
                if not self._was_true(self._place(event.path), began):
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
        elif isinstance(job, (Read, Decode, Sign, Compare)):
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
            if not self._was_true(place, since):
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
