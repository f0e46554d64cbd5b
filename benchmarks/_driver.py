"""The real engine on a simulated library: real walks, looks and commits, made-up reads and decodes.

One thread does every job the moment it is asked for, so what is measured is the work and no wait;
where only time is missing, the clock is set forward.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from benchmarks import _simulated as simulated

from dedupd.disk.walk import hide_nothing
from dedupd.disk.walker import walker_answers
from dedupd.engine import Engine, Options
from dedupd.likeness import Comparison, Measures
from dedupd.loop import named_picture
from dedupd.messages import (
    CheckRoot,
    Compare,
    Compared,
    Decode,
    Decoded,
    Depth,
    Glance,
    Hint,
    Job,
    LookAt,
    LookTree,
    Message,
    Payload,
    Read,
    Rescan,
    Sweep,
    Tick,
    WasRead,
    Watch,
    Watching,
)
from dedupd.model import Fingerprint, Kind, Now, Place, Signature
from dedupd.rules.decisions import DecisionBook
from dedupd.rules.verify import Policy
from dedupd.state import Store

TURN_MESSAGES = 500
MOST_QUIET_S = 600.0
MADE_OF_IT = Measures(blocks=1.0, error=0.0, detail=1.0, retold=True)
SIGNATURE = Signature(bytes(range(0, 256, 4)) * 64, bytes(512))


class Driver:
    """An engine and everything that it asks for.

    Attributes:
        looks: Fingerprints by digest, of pictures that the store doesn't know yet.
    """

    def __init__(self, base: Path, store: Store) -> None:
        self._roots = {root.id: root for root in simulated.roots(base)}
        self._store, self._ahead_s = store, 0.0
        self._answers: deque[Iterator[Message]] = deque()
        self._taken = 0
        self.looks: dict[bytes, Fingerprint] = {}
        options = Options(Policy(), False, 2.0, 60.0, None, True, 2, 1 << 30)
        self.engine = Engine(self._roots.values(), store, options, named_picture, DecisionBook())

    def settle(self) -> None:
        """Begin to look, and go on until everything is known."""
        self.take(Tick())
        self.rest()

    def rest(self) -> None:
        """Go on until nothing is left to do."""
        limit_s = self._ahead_s + MOST_QUIET_S
        while not (self.engine.ready and self.engine.idle and self.engine.settled):
            self._drain()
            if self.engine.ready and self.engine.idle and self.engine.settled:
                break
            if self._ahead_s > limit_s:
                raise SystemExit("the engine never comes to rest")
            self._ahead_s += max(0.01, self.engine.next_due_s() - self._now().s)
            self.take(Tick())
        self._store.commit()

    def close(self) -> None:
        """Give the store free."""
        self._store.close()

    def sweep(self) -> None:
        """Walk both roots once more."""
        self.take(Rescan(None, "asked"))
        self.rest()

    def heard(self, place: Place) -> None:
        """Have a watcher tell of a file."""
        self.take(Hint(place))
        self.rest()

    def take(self, message: Message) -> None:
        """Give the engine one message, and do the jobs that follow later."""
        step = self.engine.step(message, self._now())
        self._taken += 1
        if self._taken % TURN_MESSAGES == 0:
            self._store.commit()
        self._answers.extend(self._done(job) for job in step.jobs)

    def known(self, digest: bytes) -> Fingerprint:
        """Return what the store keeps of a picture."""
        found = self._store.fingerprint(digest)
        if not isinstance(found, Fingerprint):
            raise LookupError(digest)
        return found

    def _now(self) -> Now:
        return Now(time.monotonic() + self._ahead_s, time.time() + self._ahead_s)

    def _drain(self) -> None:
        while self._answers:
            message = next(self._answers[0], None)
            if message is None:
                self._answers.popleft()
            else:
                self.take(message)

    def _done(self, job: Job) -> Iterator[Message]:
        match job:
            case Watch():
                yield Watching(job.root, "inotify")
            case Read():
                yield _was_read(job)
            case Decode():
                yield Decoded(job.digest, self.looks[job.digest])
            case Compare():
                needle, haystack = (SIGNATURE if wanted else None for wanted in job.sign)
                seen = Comparison(needle, haystack, MADE_OF_IT)
                yield Compared(job.needle, job.haystack, seen, job.view)
            case CheckRoot() | Sweep() | Glance() | LookTree() | LookAt():
                yield from walker_answers(self._roots[job.root], job, hide_nothing)


def _was_read(job: Read) -> WasRead:
    number = simulated.number_of(job.place)
    payload = Payload(-1, job.stamp.size_bytes) if job.depth is Depth.KEEP else None
    return WasRead(job, Kind.PICTURE, simulated.digest(number), payload)
