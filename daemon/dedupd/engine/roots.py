"""The roots desk: which roots are there, and when they are listed and looked at.

Watch first, then sweep: a root that comes is listened to before it is listed, so that nothing
slips between.  A loss is believed only on a root whose identity was proven around the look,
and in a haystack only when it isn't suspiciously large.
"""

from __future__ import annotations

from collections.abc import Iterable

from dedupd.engine.books import Books
from dedupd.engine.desk import Desk, Ear
from dedupd.engine.listening import Listening
from dedupd.engine.outbox import Outbox
from dedupd.engine.trees import Trees
from dedupd.messages import (
    CheckRoot,
    Glance,
    Glanced,
    Listed,
    Rescan,
    RootSeen,
    Sweep,
    Swept,
    Unwatch,
    Watch,
    Watching,
)
from dedupd.model import EntryType, Identity, Place, Root, RootState
from dedupd.reports import Event
from dedupd.rules.presence import SAMPLE_FILES, Remembered, is_suspicious, is_the_root
from dedupd.text import join, rfc3339

CHECK_EVERY_S = 10.0
GLANCED_AT_ONCE = 500
"""Paths: more would keep the main loop from all else while it takes them in."""
ANSWER_S = 45.0
MISSED = ("overflow", "event lost")  # what a watcher says when changes went by unheard
SWEEP_EVERY_S = 3600.0
DOUBTFUL_EVERY_S = 60.0
BASELINE_S = 3600.0
"""Losses add up for this long: a library that is deleted file by file is swept many times."""


class Roots:
    """All roots.  Belongs to the engine.

    Attributes:
        desks: By root id.
        listening: How well they are listened to.
        changed: Roots whose state changed since the engine last looked.
        swept: Roots that came into step since the engine last looked.
        rests: Quiet hours: no sweep begins merely because it is time for one.
    """

    def __init__(
        self,
        roots: Iterable[Root],
        books: Books,
        trees: Trees,
        outbox: Outbox,
        sweep_every_s: float | None,
        once: bool,
    ) -> None:
        """`once`: the owner named the roots just now, for one look: they are right as they are."""
        self.desks = {root.id: Desk(root) for root in roots}
        self._catalog, self._store, self._settler = books.catalog, books.store, books.settler
        self._trees, self._out = trees, outbox
        self.listening = Listening(self.desks, outbox)
        self._sweep_every_s = sweep_every_s if sweep_every_s is not None else SWEEP_EVERY_S
        self._once = once
        self._numbers = 0
        self.changed: set[str] = set()
        self.swept: set[str] = set()
        self.rests = False

    def load(self) -> None:
        """Take in what the store remembers of the roots."""
        for desk in self.desks.values():
            known = self._store.meta(f"root/{desk.root.id}") or {}
            volume, ino, as_of = (known.get(key) for key in ("volume", "ino", "in_step_as_of"))
            if isinstance(volume, str) and isinstance(ino, int):
                desk.lasting = volume, ino
            desk.read_through = bool(known.get("read_through"))
            desk.in_step_as_of = as_of if isinstance(as_of, str) else None
            desk.files_before = self._catalog.count(desk.root.id)

    def remember(self, desk: Desk) -> None:
        """Keep what must be known of the root in the next run."""
        volume, ino = desk.lasting or ("", 0)
        facts = {
            "volume": volume,
            "ino": ino,
            "read_through": desk.read_through,
            "in_step_as_of": desk.in_step_as_of,
        }
        self._store.put_meta(f"root/{desk.root.id}", facts)

    def away(self) -> frozenset[str]:
        """Return the haystack roots that nothing may rest on now."""
        unsure = (RootState.OFFLINE, RootState.SUSPICIOUS)
        return frozenset(
            root for root, desk in self.desks.items() if desk.haystack and desk.state in unsure
        )

    def unread(self) -> bool:
        """Was a haystack root never read through?"""
        return any(desk.haystack and not desk.read_through for desk in self.desks.values())

    def path(self, place: Place) -> bytes:
        """Return the absolute path of a place."""
        return join(self.desks[place.root].root.path, place.path)

    def place(self, path: bytes) -> Place | None:
        """Return the place of an absolute path, in the innermost root that holds it."""
        holding = [
            desk.root
            for desk in self.desks.values()
            if path == desk.root.path or path.startswith(desk.root.path.rstrip(b"/") + b"/")
        ]
        if not holding:
            return None
        root = max(holding, key=lambda one: len(one.path))
        return Place(root.id, path[len(root.path) :].strip(b"/"))

    def tend(self) -> None:
        """Ask for what is due: identity checks, sweeps, glances, looks at settling files."""
        now_s = self._out.now.s
        for place in self._settler.ready(now_s):
            self.hint(place)
        for desk in self.desks.values():
            self._tend_check(desk)
            due = now_s - desk.swept_at_s >= self._every_s(desk) and not desk.sweeping
            if desk.online and desk.listed and due and not self.rests:
                desk.sweeps_wanted.add(b"")
            if desk.online:
                self.listening.tend(desk)
            self._start_sweep(desk)
            self._start_glance(desk)

    def _tend_check(self, desk: Desk) -> None:
        """Ask where the root's path leads when that is due; one that doesn't answer is away."""
        if desk.checking and not desk.silent and self._out.now.s - desk.asked_at_s >= ANSWER_S:
            desk.silent = True
            self._leave(desk, "it does not answer")
        if desk.silent:
            # Whoever wants it looked at at once has had the answer, until the call returns.
            desk.checked_at_s = desk.asked_at_s
        elif not desk.checking and self._out.now.s >= _check_due_s(desk):
            self._check(desk, thorough=not desk.online)

    def _every_s(self, desk: Desk) -> float:
        """Return how long a root may go unswept; one in doubt is looked at soon again."""
        doubtful = desk.state is RootState.SUSPICIOUS
        return min(self._sweep_every_s, DOUBTFUL_EVERY_S) if doubtful else self._sweep_every_s

    def next_due_s(self) -> float:
        """Return when `tend` may next have something to ask for."""
        checks = [_check_due_s(desk) for desk in self.desks.values()]
        settles = self._settler.next_due_s()
        heard = self.listening.next_due_s()
        return min([*checks, *heard, *([] if settles is None else [settles])])

    def heard(self, place: Place, *, closed: bool) -> None:
        """Something was heard of `place`; at last, perhaps, that its writer closed it."""
        self._settler.heard(place, closed=closed)
        self.hint(place)

    def hint(self, place: Place) -> None:
        """Something may have changed at `place`."""
        desk = self.desks[place.root]
        if desk.online:
            desk.hints.add(place.path)

    def sweep(self, folder: Place) -> None:
        """List this folder and all below it anew."""
        desk = self.desks[folder.root]
        if desk.online:
            desk.sweeps_wanted.add(folder.path)

    def rescan(self, message: Rescan) -> None:
        """Walk a root again, or all of them; roots that are away are looked for."""
        for root, desk in self.desks.items():
            if message.root in (None, root):
                if message.why in MISSED:
                    self._out.tell(
                        Event("watch.overflow", desk.root.path, (("reason", message.why),))
                    )
                desk.checked_at_s = float("-inf")
                if desk.online:
                    desk.sweeps_wanted.add(b"")

    def accept(self, root: str) -> None:
        """The owner says that the root is right as it is."""
        self.desks[root].accepted = True
        self.rescan(Rescan(root, "accepted"))

    def seen(self, message: RootSeen) -> None:
        """Take in where a root's path leads."""
        desk = self.desks[message.root]
        desk.checking = desk.silent = desk.glancing = False
        identity = message.identity
        if identity is None:
            self._leave(desk, message.detail or "missing")
        elif desk.identity is not None and identity == desk.identity:
            self._arrive(desk, identity)
        elif message.asked == 0 and self._sample(desk):
            # A sweep or glance ran into it without a sample of files: ask properly.
            self._forget_walks(desk)
            if desk.online:
                desk.sweeps_wanted.add(b"")
            self._check(desk, thorough=True)
        elif is_the_root(message, Remembered(desk.identity, desk.lasting, desk.accepted)):
            self._arrive(desk, identity)
        elif self._once:
            self._trees.forget(desk)  # it is another folder: nothing known of it holds
            self._arrive(desk, identity)
        else:
            self._leave(desk, "replaced")

    def watching(self, message: Watching) -> None:
        """The root is listened to now: list it."""
        desk = self.desks[message.root]
        if desk.online:
            desk.backend, desk.watching = message.backend, True
            self.listening.began(desk, message)
            desk.sweeps_wanted.add(b"")

    def listed(self, message: Listed) -> None:
        """Take in one folder as the disk showed it."""
        desk = self.desks[message.root]
        if message.number != desk.sweeping:
            return
        folder = Place(message.root, message.folder)
        if message.problem is None:
            self._trees.compare(desk, folder, {entry.name: entry for entry in message.entries})
        elif message.folder:
            self._trees.unlistable(desk, folder, message.problem)
        else:
            self._leave(desk, message.problem.detail or message.problem.reason)

    def sweep_ended(self, message: Swept) -> None:
        """A sweep came to its end: believe its losses, or don't."""
        desk = self.desks[message.root]
        if message.number != desk.sweeping:
            return
        desk.sweeping = 0
        left = self._catalog.count(desk.root.id) - len(desk.lost)
        if not message.whole:
            desk.lost = {}
            desk.sweeps_wanted.add(message.folder)
            desk.checked_at_s = float("-inf")
        elif desk.haystack and not self._trusts(desk) and is_suspicious(desk.files_before, left):
            desk.lost = {}
            self._suspect(desk, left)
        else:
            self._trees.believe_losses(desk)
            if not message.folder:
                self._in_step(desk)

    def _trusts(self, desk: Desk) -> bool:
        return desk.accepted or self._once

    def glanced(self, message: Glanced) -> None:
        """Take in what is at each path that was hinted at."""
        desk = self.desks[message.root]
        desk.glancing = False
        if not desk.online:
            return  # it was looked at before the root was found to be away
        for path, entry in message.seen:
            place = Place(message.root, path)
            if entry is not None:
                self._trees.glanced(desk, place, entry, self._out.now.s)
            elif not path:
                desk.checked_at_s = float("-inf")
            elif desk.haystack and self._trees.missing(place):
                desk.hints.add(place.folder)  # a listing must tell how much is gone with it
            else:
                self._trees.remove(desk, place)

    def _forget_walks(self, desk: Desk) -> None:
        desk.forget_walks()
        self._settler.hurry(desk.root.id)

    def _check(self, desk: Desk, thorough: bool) -> None:
        desk.checking, desk.checked_at_s = True, self._out.now.s
        desk.asked_at_s = self._out.now.s
        self._out.do(CheckRoot(desk.root.id, self._sample(desk) if thorough else ()))

    def _sample(self, desk: Desk) -> tuple[tuple[bytes, int, int], ...]:
        """Return some files that would be found again if this is the same root.

        Nothing changes in the catalogue while the root is away, so they are chosen once.
        """
        if desk.sample is None or desk.online:
            desk.sample = self._choose(desk)
        return desk.sample

    def _choose(self, desk: Desk) -> tuple[tuple[bytes, int, int], ...]:
        files = [
            (place.path, record.stamp.size_bytes, record.stamp.mtime_ns)
            for place, record in self._catalog.files(desk.root.id)
            if record.type is EntryType.FILE
        ]
        return tuple(files[:: max(1, len(files) // SAMPLE_FILES)])

    def _arrive(self, desk: Desk, identity: Identity) -> None:
        """The root is there: if that is news, listen to it, and when that stands, list it."""
        if desk.online and identity == desk.identity:
            return
        desk.identity, desk.lasting, desk.sample = identity, identity.lasting, None
        desk.state, desk.listed = RootState.SCANNING, False
        desk.watching, desk.ear = False, Ear()
        self._forget_walks(desk)
        self.changed.add(desk.root.id)
        self._out.do(Watch(desk.root.id, identity))

    def _leave(self, desk: Desk, why: str) -> None:
        """The root is missing or replaced: nothing is inferred from that."""
        desk.detail, desk.backend, desk.watching, desk.ear = why, "none", False, Ear()
        if desk.online:
            self._out.do(Unwatch(desk.root.id))
        elif desk.announced is RootState.OFFLINE:
            return
        desk.state, desk.listed = RootState.OFFLINE, False
        self._forget_walks(desk)
        self._announce(desk, Event("root.offline", desk.root.path, (("reason", why),)))

    def _suspect(self, desk: Desk, left: int) -> None:
        desk.detail = f"{desk.files_before - left} of {desk.files_before} files are gone"
        desk.state, desk.listed = RootState.SUSPICIOUS, True
        desk.swept_at_s = self._out.now.s
        facts = (("files_before", desk.files_before), ("files_left", left))
        self._announce(desk, Event("root.suspicious", desk.root.path, facts))

    def _in_step(self, desk: Desk) -> None:
        """A whole sweep was believed: what we know is what the disk holds."""
        desk.swept_at_s = self._out.now.s
        desk.in_step_as_of = rfc3339(self._out.now.wall_s)
        if desk.accepted or desk.swept_at_s - desk.counted_at_s >= BASELINE_S:
            desk.files_before = self._catalog.count(desk.root.id)
            desk.counted_at_s = desk.swept_at_s
        desk.accepted, desk.detail = False, ""
        desk.state, desk.listed = RootState.ONLINE, True
        self.swept.add(desk.root.id)
        self._announce(desk, Event("root.online", desk.root.path))
        self.remember(desk)

    def _announce(self, desk: Desk, event: Event) -> None:
        self.changed.add(desk.root.id)
        if desk.announced is not desk.state:
            desk.announced = desk.state
            self._out.tell(event)

    def _start_sweep(self, desk: Desk) -> None:
        """Start the widest sweep that is wanted, if none runs."""
        if desk.sweeping or desk.checking or not desk.online or not desk.sweeps_wanted:
            return
        if desk.identity is None:
            return
        if desk.state is RootState.SUSPICIOUS:
            desk.sweeps_wanted.add(b"")  # a part of it could look harmless
        folder = min(desk.sweeps_wanted, key=len)
        prefix = folder + b"/" if folder else b""
        narrower = {one for one in desk.sweeps_wanted if one.startswith(prefix) or one == folder}
        desk.sweeps_wanted -= narrower
        self._numbers += 1
        desk.sweeping, desk.lost = self._numbers, {}
        desk.files_before = max(desk.files_before, self._catalog.count(desk.root.id))
        self._out.do(Sweep(desk.root.id, folder, desk.identity, self._numbers))

    def _start_glance(self, desk: Desk) -> None:
        if desk.glancing or not desk.hints or not desk.online or desk.identity is None:
            return
        paths = sorted(desk.hints.pop() for _ in range(min(len(desk.hints), GLANCED_AT_ONCE)))
        desk.glancing = True
        self._out.do(Glance(desk.root.id, tuple(paths), desk.identity))


def _check_due_s(desk: Desk) -> float:
    """Return when to ask for the root's next check, or to give up the one that runs."""
    if desk.silent:
        return float("inf")
    return desk.asked_at_s + ANSWER_S if desk.checking else desk.checked_at_s + CHECK_EVERY_S
