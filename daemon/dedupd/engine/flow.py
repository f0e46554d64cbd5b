"""What is being read and decoded at this moment, and whether there is room for more.

Every root has its own few readers, so that one slow disk doesn't hold up the others; the bytes
kept for workers are bounded in number and size over all roots.  A read on a root that is away may
never come back: it holds up nobody, but still counts should the root return.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from dedupd.messages import Depth, Payload, Read

READS_PER_ROOT = 3
"""At one time; more may wait for a reader while they are small: their answers come together."""
QUEUED_PER_ROOT = 32
QUEUED_BYTES = 8 << 20


@dataclass(slots=True)
class Kept:
    """Files whose bytes are held for workers, or will be."""

    count: int = 0
    size_bytes: int = 0

    def add(self, size_bytes: int, count: int = 1) -> None:
        """Count one more, or one less where `count` is -1."""
        self.count += count
        self.size_bytes += count * size_bytes


@dataclass(slots=True)
class Flow:
    """Counts of what is under way.  Belongs to the engine.

    Attributes:
        most_kept: Files whose bytes may be held for workers at one time.
        most_bytes: Bytes that they may hold together; one file always fits.
    """

    most_kept: int
    most_bytes: int
    _reads: Counter[str] = field(default_factory=Counter)  # by root
    _asked_bytes: Counter[str] = field(default_factory=Counter)  # by root
    _coming: dict[str, Kept] = field(default_factory=dict)  # by root
    _held: Kept = field(default_factory=Kept)

    def is_idle(self, roots: Iterable[str]) -> bool:
        """Is nothing under way on these roots, and no worker at work?"""
        return self._held.count == 0 and not any(self._reads[root] for root in roots)

    @property
    def under_way(self) -> int:
        """Return how many files are being read or decoded."""
        kept = self._held.count + sum(one.count for one in self._coming.values())
        return max(kept, self._reads.total())

    def has_room(self, root: str) -> bool:
        """May another file of this root be asked for?"""
        are_small = self._asked_bytes[root] < QUEUED_BYTES
        return self._reads[root] < (QUEUED_PER_ROOT if are_small else READS_PER_ROOT)

    def fits(self, size_bytes: int, roots: Iterable[str]) -> bool:
        """May the bytes of another file be kept, beside those from these roots?"""
        kept = [self._held, *(self._coming[root] for root in roots if root in self._coming)]
        count = sum(one.count for one in kept)
        return count == 0 or (
            count < self.most_kept
            and sum(one.size_bytes for one in kept) + size_bytes <= self.most_bytes
        )

    def started(self, job: Read) -> None:
        """A read goes out."""
        self._reads[job.place.root] += 1
        self._asked_bytes[job.place.root] += job.stamp.size_bytes
        if job.depth is Depth.KEEP:
            self._coming.setdefault(job.place.root, Kept()).add(job.stamp.size_bytes)

    def ended(self, job: Read, payload: Payload | None) -> None:
        """A read came back; its bytes stay counted while a payload holds them."""
        self._reads[job.place.root] -= 1
        self._asked_bytes[job.place.root] -= job.stamp.size_bytes
        if job.depth is Depth.KEEP:
            self._coming[job.place.root].add(job.stamp.size_bytes, -1)
        if payload is not None:
            self._held.add(payload.size_bytes)

    def released(self, payload: Payload) -> None:
        """The bytes are not needed any more."""
        self._held.add(payload.size_bytes, -1)
