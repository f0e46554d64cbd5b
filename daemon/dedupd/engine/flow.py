"""What is being read and decoded at this moment, and whether there is room for more.

Every root has its own few readers, so that one slow disk doesn't hold up the others; the bytes
kept for workers are bounded in number and size over all roots.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dedupd.messages import Depth, Payload, Read

READS_PER_ROOT = 3


@dataclass(slots=True)
class Flow:
    """Counts of what is under way.  Belongs to the engine.

    Attributes:
        most_kept: Files whose bytes may be held for workers at one time.
        most_bytes: Bytes that they may hold together; one file always fits.
    """

    most_kept: int
    most_bytes: int
    _reads: dict[str, int] = field(default_factory=dict)
    _kept: int = 0
    _kept_bytes: int = 0

    @property
    def idle(self) -> bool:
        """Is nothing under way?"""
        return self._kept == 0 and not any(self._reads.values())

    @property
    def under_way(self) -> int:
        """Return how many files are being read or decoded."""
        return max(self._kept, sum(self._reads.values()))

    def has_reads(self, root: str) -> bool:
        """Is anything being read from this root?"""
        return self._reads.get(root, 0) > 0

    def has_room(self, root: str) -> bool:
        """May another file of this root be read?"""
        return self._reads.get(root, 0) < READS_PER_ROOT

    def fits(self, size_bytes: int) -> bool:
        """May the bytes of another file be kept?"""
        return self._kept == 0 or (
            self._kept < self.most_kept and self._kept_bytes + size_bytes <= self.most_bytes
        )

    def started(self, job: Read) -> None:
        """A read goes out."""
        self._reads[job.place.root] = self._reads.get(job.place.root, 0) + 1
        if job.depth is Depth.KEEP:
            self._kept += 1
            self._kept_bytes += job.stamp.size_bytes

    def ended(self, job: Read, payload: Payload | None) -> None:
        """A read came back; its bytes stay counted while a payload holds them."""
        self._reads[job.place.root] -= 1
        if job.depth is Depth.KEEP:
            self._kept -= 1
            self._kept_bytes -= job.stamp.size_bytes
        if payload is not None:
            self._kept += 1
            self._kept_bytes += payload.size_bytes

    def released(self, payload: Payload) -> None:
        """The bytes are not needed any more."""
        self._kept -= 1
        self._kept_bytes -= payload.size_bytes
