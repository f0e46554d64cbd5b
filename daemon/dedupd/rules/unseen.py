"""Needle pictures that no worker came to the end of: whose votes might they be?

Nobody knows what they show, so each might be another frame of any burst.  Frames are written
within a moment, and what is copied together is written together; so they are taken to be rivals
of what was written about when they were.  More would make one broken file contest everything.
"""

from __future__ import annotations

import bisect
from collections.abc import Collection, Iterator

from dedupd.model import Digest, Fingerprint, Role, Unreadable
from dedupd.rules.catalog import Catalog

ABOUT_NS = 600 * 10**9
"""How far apart two files' times may be; a fixed camera's moments can be minutes apart."""


def is_lost(known: object) -> bool:
    """Was it the worker that failed at a content, and not the content?"""
    return isinstance(known, Unreadable) and known.reason in ("timeout", "killed")


class Unseen:
    """Lost needle contents by the times of their files.  Belongs to the matcher.

    Attributes:
        lost: Contents of either role that no worker came to the end of.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.lost: set[Digest] = set()
        self._times_ns: dict[Digest, frozenset[int]] = {}
        self._order: list[tuple[int, Digest]] = []

    def learned(
        self, digest: Digest, known: Fingerprint | Unreadable | None, others: Collection[Digest]
    ) -> set[Digest]:
        """Take in what is known of `digest`; return which of `others` that may touch.

        To be called too when it has a new place, or has lost its last one.
        """
        (self.lost.add if is_lost(known) else self.lost.discard)(digest)
        before = self._times_ns.pop(digest, frozenset())
        now = self._times_of(digest) if digest in self.lost else frozenset()
        if now:
            self._times_ns[digest] = now
        for time_ns in before - now:
            self._order.remove((time_ns, digest))
        for time_ns in now - before:
            bisect.insort(self._order, (time_ns, digest))
        return self._about(before ^ now, others) if before != now else set()

    def beside(self, digest: Digest) -> Iterator[Digest]:
        """Yield the lost contents of other files written about when one with `digest` was."""
        for time_ns in self._times_of(digest) if self._order else ():
            first = bisect.bisect_left(self._order, (time_ns - ABOUT_NS, b""))
            last = bisect.bisect_right(self._order, (time_ns + ABOUT_NS + 1, b""))
            yield from (other for _, other in self._order[first:last])

    def _about(self, times_ns: Collection[int], others: Collection[Digest]) -> set[Digest]:
        return {
            one
            for one in others
            for time_ns in self._times_of(one)
            if any(abs(time_ns - changed_ns) <= ABOUT_NS for changed_ns in times_ns)
        }

    def _times_of(self, digest: Digest) -> frozenset[int]:
        places = self._catalog.places(Role.NEEDLES, digest)
        records = (self._catalog.get(place) for place in places)
        return frozenset(one.stamp.mtime_ns for one in records if one is not None)
