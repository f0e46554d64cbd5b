"""The re-reading desk: the library is read again in the background, file by file, at a pace.

Stamps tell of every change that goes through the file system.  What doesn't, a disk that gives
other bytes for the same file above all, shows only where the file is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dedupd.engine.desk import Desk
from dedupd.engine.files import Files
from dedupd.engine.outbox import Outbox
from dedupd.engine.silent import Silent
from dedupd.messages import Depth, Read, WasRead
from dedupd.model import FileRecord, Place, RootState
from dedupd.rules.rounds import Pace, Round, current, remembered


class Rereading:
    """Reads again what the library vouches with.  Belongs to the engine.

    One file is under way at a time, over all roots; the reader keeps to the rate.

    Attributes:
        silent: What was found to have changed without a trace.
    """

    def __init__(
        self, files: Files, desks: Mapping[str, Desk], pace: Pace | None, outbox: Outbox
    ) -> None:
        """`pace`: None reads nothing again."""
        self._files, self._desks, self._pace, self._out = files, desks, pace, outbox
        self._rounds: dict[str, Round] = {}
        self._left: dict[str, list[Place]] = {}  # of the round under way, the next one last
        self._under_way: Read | None = None
        self.silent = Silent(files, desks, outbox)

    def load(self) -> None:
        """Take in what the store remembers."""
        self.silent.load()
        for root in self._desks:
            known = remembered(self._files.store.meta(_key(root)))
            if known is not None:
                self._rounds[root] = known

    def tend(self, at_leisure: bool) -> None:
        """Send out the next read, if one is due and nothing else is to be done."""
        self.silent.tend()
        job = self._under_way
        if job is not None and not self._desks[job.place.root].online:
            self._under_way = None  # nobody knows whether it ever comes back
            self._left.pop(job.place.root, None)
        if self._pace is None or not at_leisure or self._under_way is not None:
            return
        for desk in self._desks.values():
            readable = desk.state is RootState.ONLINE and desk.read_through
            if desk.haystack and readable and self._go_on(desk, self._pace):
                return

    def was_read(self, message: WasRead) -> None:
        """Take in what a file holds now."""
        job = message.job
        if job != self._under_way:
            return
        self._under_way = None
        place, record = job.place, self._files.catalog.get(job.place)
        if record is not None and record.stamp == job.stamp and record.digest is not None:
            self._compare(place, record, message)
        known = self._rounds[place.root]
        if known.after is not None:
            self._keep(place.root, replace(known, after=place.path))

    def _compare(self, place: Place, record: FileRecord, message: WasRead) -> None:
        """What can't be read vouches no more; what holds other bytes is read as a new file is."""
        problem = message.problem
        if message.changed:
            self._desks[place.root].hints.add(place.path)
        elif problem is not None and problem.reason != "too-large":  # a limit that came later
            self._files.forget_content(place, problem)
        elif problem is None and message.digest != record.digest:
            self._files.forget_content(place, None)
            self.silent.found(place, record)

    def _go_on(self, desk: Desk, pace: Pace) -> bool:
        """Send out the next read in this root; False if none is due."""
        root, known = desk.root.id, self._rounds.get(desk.root.id)
        due = current(known, self._out.now.wall_s, pace.every_s)
        if due != known:
            self._keep(root, due)
        if due.after is None:
            return False
        if root not in self._left:
            self._left[root] = self._of_round(root, due.after)
        while self._left[root]:
            place = self._left[root].pop()
            record = self._files.catalog.get(place)
            if record is not None and record.digest is not None and record.settled:
                rate = pace.rate_bytes_per_s
                job = Read(place, record.stamp, Depth.DIGEST, pace_bytes_per_s=rate)
                self._under_way = job
                self._out.do(job)
                return True
        del self._left[root]
        self._keep(root, replace(due, after=None))
        return False

    def _of_round(self, root: str, after: bytes) -> list[Place]:
        """Return what is still to be read, the next one last."""
        places = (place for place, record in self._files.catalog.files(root) if record.digest)
        return sorted((place for place in places if place.path > after), reverse=True)

    def _keep(self, root: str, one: Round) -> None:
        self._rounds[root] = one
        self._files.store.put_meta(_key(root), one.facts())


def _key(root: str) -> str:
    return f"round/{root}"
