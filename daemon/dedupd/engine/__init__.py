"""The engine owns all state and decides what happens next; the edges do it.

`step` takes one message and the time, and returns jobs and events.  It starts no thread, reads
no clock and touches no photo root.  What it must keep goes into the store that it was given, and
the caller commits that after each step, once the events are safely in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dedupd.engine.answers import Answers
from dedupd.engine.books import Books
from dedupd.engine.cases import Cases
from dedupd.engine.decisions import Decisions
from dedupd.engine.files import Files
from dedupd.engine.flow import Flow
from dedupd.engine.inquiries import Inquiries
from dedupd.engine.options import Options, Step
from dedupd.engine.outbox import Outbox
from dedupd.engine.reading import Reading
from dedupd.engine.recalling import recall, relate
from dedupd.engine.reporting import Reporting
from dedupd.engine.rereading import Rereading
from dedupd.engine.roots import Roots
from dedupd.engine.said import SaidBook
from dedupd.engine.standing import Standing
from dedupd.engine.trees import Trees
from dedupd.hearing import Hearing, Unheard
from dedupd.messages import (
    Compared,
    Decoded,
    Glanced,
    Hint,
    Inquiry,
    Listed,
    Message,
    Recorded,
    Rescan,
    RootSeen,
    Signed,
    Swept,
    TreeLooked,
    WasRead,
    Watching,
    WitnessesLooked,
)
from dedupd.model import Now, Place, Role, Root, RootState, Unreadable
from dedupd.reports import Event, Problem, Report
from dedupd.rules.catalog import Catalog
from dedupd.rules.decisions import DecisionBook
from dedupd.rules.hiding import Hiding
from dedupd.rules.matching import Matcher
from dedupd.rules.settle import Settler
from dedupd.rules.tally import Tally
from dedupd.state import Store

__all__ = ["Engine", "Options", "Step"]


class Engine:
    """All state of one daemon.  Not thread-safe: its owner calls it from one thread."""

    def __init__(
        self,
        roots: Iterable[Root],
        store: Store,
        options: Options,
        picture_name: Callable[[bytes], bool],
        book: DecisionBook,
    ) -> None:
        self._roots_by_id = {root.id: root for root in roots}
        self._options, self._store = options, store
        self._out = Outbox()
        catalog, tally = Catalog(self._roots_by_id.values()), Tally()
        self._catalog, self._tally = catalog, tally
        self._settler = Settler(options.settle_quiet_s, options.settle_max_s)
        self._matcher = Matcher(catalog, store, options.policy, book)
        hiding = Hiding(self._roots_by_id, lambda one: catalog.files_in(*one), picture_name)
        books = Books(catalog, tally, self._matcher, self._settler, hiding, store)
        self._files = Files(books, self._out, self._path, options.eager)
        trees = Trees(self._files, self._folder_gone)
        self.roots = Roots(
            self._roots_by_id.values(),
            books,
            trees,
            self._out,
            options.sweep_every_s,
            once=not options.eager,
        )
        flow = Flow(most_kept=2 * options.workers + 2, most_bytes=options.kept_bytes)
        again = Rereading(self._files, self.roots.desks, options.reread, self._out)
        self._reading = Reading(self._files, self.roots.desks, flow, again, self._out)
        self.said = SaidBook(store, logs=options.eager)
        cases = Cases(self._files, self.roots.desks, options.settle_quiet_s)
        self._standing = Standing(
            self._files, self.roots, cases, self.said, self._out, options.others_block
        )
        self._reporting = Reporting(
            self.roots, self._standing, self._tally, self._reading, self._out
        )
        self._decisions = Decisions(self._files, self.roots, book, self._out)
        answers = Answers(self._files, self.roots, self._reporting, book, options.policy, self._out)
        self._inquiries = Inquiries(
            self._files,
            self.roots,
            self._standing,
            self._reporting,
            answers=answers,
            decisions=self._decisions,
            outbox=self._out,
        )
        self.ready = False
        self._handlers: Mapping[type, Callable[[Any], None]] = {
            Hint: self._hint,
            Rescan: self.roots.rescan,
            RootSeen: self.roots.seen,
            Watching: self.roots.watching,
            Hearing: self.roots.listening.hearing,
            Unheard: self.roots.listening.unheard,
            Listed: self.roots.listed,
            Swept: self.roots.sweep_ended,
            Glanced: self.roots.glanced,
            WasRead: self._reading.was_read,
            Decoded: self._reading.decoded,
            Signed: self._reading.signed,
            Compared: self._reading.compared,
            TreeLooked: self._looked,
            WitnessesLooked: self._looked,
            Recorded: self._decisions.recorded,
            Inquiry: self._inquiries.take,
        }  # `Tick` has none: it is there for what `_react` does

    def load(self) -> None:
        """Take in what the store remembers; call it once, before the first step."""
        recall(self._files, self._roots_by_id)
        self.said.load(self._roots_by_id)
        self.roots.load()
        self._reading.again.load()
        self._matcher.away = self.roots.away()
        self._decisions.load()
        relate(self._files)
        self._out.tell(Event("scan.started"))

    def replay(self, path: bytes, event: Mapping[str, object]) -> None:
        """Apply an event that was logged but may not have reached the store."""
        place = self.roots.place(path)
        if place is not None:
            self.said.replay(place, event)

    def step(self, message: Message, now: Now) -> Step:
        """Take in one message and do all that follows from it."""
        self._out.now = now
        self._take(message)
        self._react()
        jobs, events = self._out.take()
        return Step(events, jobs)

    def next_due_s(self) -> float:
        """Return the monotonic time at which a `Tick` is wanted at the latest."""
        due = [self._standing.next_due_s(), self._inquiries.next_due_s()]
        return min([self.roots.next_due_s(), *(one for one in due if one is not None)])

    @property
    def idle(self) -> bool:
        """Is everything known that can be known now, apart from files being written?"""
        desks = self.roots.desks.values()
        walked = all(desk.quiet and (desk.listed or not desk.online) for desk in desks)
        looked = all(desk.checked_at_s > float("-inf") for desk in desks)
        return walked and looked and self._reading.idle and not self._standing.busy

    @property
    def watched(self) -> bool:
        """Is every root that is there listened to, and does it have a state?"""
        desks = self.roots.desks.values()
        return all(
            desk.watching or (not desk.online and desk.announced is not None) for desk in desks
        )

    @property
    def settled(self) -> bool:
        """Is no file being written on a root that is there?"""
        return not any(self.roots.desks[place.root].online for place in self._settler)

    def report(self, problems: tuple[Problem, ...] = (), stopping: bool = False) -> Report:
        """Return the report of this moment."""
        self._reporting.problems = problems
        return self._reporting.report("stopping" if stopping else self._state(problems))

    def _state(self, problems: tuple[Problem, ...]) -> str:
        desks = self.roots.desks.values()
        if any(desk.state is RootState.OFFLINE and desk.announced is None for desk in desks):
            return "starting"
        blind = any(desk.degraded for desk in desks)
        if blind or self.roots.away() or any(one.grave for one in problems):
            return "degraded"
        coming = any(desk.state is RootState.SCANNING for desk in desks)
        return "ready" if self.ready and not coming else "scanning"

    def _take(self, message: Message) -> None:
        handler = self._handlers.get(type(message))
        if handler is not None:
            handler(message)

    def _hint(self, message: Hint) -> None:
        self._standing.hinted(message.place)
        self.roots.heard(message.place, closed=message.closed)

    def _looked(self, message: TreeLooked | WitnessesLooked) -> None:
        judged = self._standing.answered(message)
        if judged is not None:
            self._inquiries.judged(judged)

    def _react(self) -> None:
        """Draw the consequences, in the order in which they depend on each other."""
        rests = self._options.rests(self._out.now.wall_s) and not self._inquiries.open
        self._reading.rests = self.roots.rests = rests
        self._follow_roots()
        if self._listed():
            self._reading.fill()
            self._read_through()
        self._count_votes()
        for folder in list(self._tally.changed):
            self._consider(folder)
        self._tally.changed.clear()
        self._standing.launch()
        if self._inquiries.open:
            self._inquiries.tend(self.idle, self.settled, self._options.settle_max_s)
        self.roots.tend()
        if not self.ready and self.idle and self._listed():
            self.ready = self._files.telling = self._standing.ready = True
            self._tally.changed.update(self._tally.folders())  # what was held back may be said
            self._out.tell(Event("scan.finished", None, self._reporting.sums()))

    def _count_votes(self) -> None:
        """Note whether a needle picture may yet claim what another one has."""
        needles = [desk for desk in self.roots.desks.values() if desk.online and not desk.haystack]
        nodes = [self._tally.node(Place(desk.root.id, b"")) for desk in needles]
        unlisted = any(not desk.listed for desk in needles)
        votes_open = bool(
            unlisted
            or self.roots.unread()
            or self._files.voteless
            or any(node is not None and node.tree["pending"] for node in nodes)
        )
        if self._standing.votes.open and not votes_open:
            self._tally.changed.update(self._tally.folders())
        self._standing.votes.open = votes_open

    def _consider(self, folder: Place) -> None:
        if not self.roots.desks[folder.root].haystack:
            self._standing.consider(folder)

    def _follow_roots(self) -> None:
        """A root came, went or was swept: judge what rests on it."""
        for root in self.roots.swept:
            self._standing.recheck(root)
        self.roots.swept.clear()
        if not self.roots.changed:
            return
        for root in self.roots.changed:
            self._standing.doubt(root)
        self.roots.changed.clear()
        self._reading.unstick()
        away = self.roots.away()
        if away != self._matcher.away:
            self._matcher.away = away
            for digest in list(self._catalog.digests(Role.NEEDLES)):
                self._files.refresh(digest, None, anew=True)
        self._tally.changed.update(self._tally.folders())

    def _listed(self) -> bool:
        """Was every root that is there listed?  Sizes of both sides come before any read."""
        return all(desk.listed or not desk.online for desk in self.roots.desks.values()) and all(
            desk.announced is not None for desk in self.roots.desks.values()
        )

    def _read_through(self) -> None:
        """Note which haystack roots have been read through for the first time."""
        if not self._reading.idle:
            return
        self._files.live.clear()
        for desk in self.roots.desks.values():
            listed = desk.haystack and desk.listed and desk.state is RootState.ONLINE
            if listed and not desk.read_through:
                desk.read_through = True
                self._tally.changed.update(self._tally.folders())
                if self._options.eager or self._matcher.asking:
                    self.roots.remember(desk)

    def _folder_gone(self, folder: Place, why: Unreadable | None) -> None:
        if why is None:
            self._standing.removed(folder)
        else:
            self._standing.shut(folder, why)

    def _path(self, place: Place) -> bytes:
        return self.roots.path(place)
