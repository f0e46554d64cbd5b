"""When has a file been quiet for long enough to be read?

Counts our own monotonic time since we last saw its stamp change, never the times that the file
claims for itself: those are compared for equality only, because clocks jump and cameras lie.

A file whose writer closed it is quiet sooner: it is read then, and whoever reads it asks for
writers before and after.  A claim still waits for the whole quiet time (see `claim`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from dedupd.model import Place

CLOSED_QUIET_S = 0.25
"""Long enough for a program that sets times or rights after it closed the file."""


@dataclass(slots=True)
class _Change:
    quiet_s: float  # how long it must keep its stamp
    looked_s: float  # when we last looked, or when it began to change
    changed_s: float  # when its stamp was last seen to be another one
    due_s: float = 0.0  # of its one valid entry in the queue
    again_s: float = 0.0  # how long a look may take before it is asked for again


class Settler:
    """Places that changed lately.  Not thread-safe: it belongs to the engine."""

    def __init__(self, quiet_s: float, longest_s: float) -> None:
        self._quiet_s, self._longest_s = quiet_s, longest_s
        self._closed: set[Place] = set()  # heard to be closed, and not seen to be changed yet
        self._changes: dict[Place, _Change] = {}
        self._due: list[tuple[float, Place]] = []

    def __len__(self) -> int:
        return len(self._changes)

    def __iter__(self) -> Iterator[Place]:
        return iter(self._changes)

    def __contains__(self, place: Place) -> bool:
        return place in self._changes

    def changed(self, place: Place, now_s: float) -> None:
        """The file at `place` was seen with a new stamp, or with a writer."""
        change = self._changes.get(place)
        if change is None:
            quiet_s = self._closed_quiet_s if place in self._closed else self._quiet_s
            change = self._changes[place] = _Change(quiet_s, now_s, now_s)
            self._closed.discard(place)
            self._queue(place, change, self._due_s(change))
        change.changed_s, change.again_s = now_s, change.quiet_s
        if change.due_s > self._due_s(change):
            self._queue(place, change, self._due_s(change))

    def heard(self, place: Place, *, closed: bool) -> None:
        """Something was heard of `place`; at last that its writer closed it, or something else."""
        change = self._changes.get(place)
        quiet_s = self._closed_quiet_s if closed else self._quiet_s
        if change is not None and change.quiet_s != quiet_s:
            change.quiet_s = quiet_s
            self._queue(place, change, self._due_s(change))
        if change is None and closed:
            self._closed.add(place)
        else:
            self._closed.discard(place)

    def hurry(self, root: str) -> None:
        """No look at a place in this root is under way any more: have each looked at when due."""
        self._closed = {place for place in self._closed if place.root != root}
        for place, change in self._changes.items():
            if place.root == root:
                change.again_s = change.quiet_s
                self._queue(place, change, self._due_s(change))

    def looked(self, place: Place) -> None:
        """A look at `place` came back."""
        change = self._changes.get(place)
        if change is not None:
            change.again_s = change.quiet_s
            self._queue(place, change, change.looked_s + change.quiet_s)

    def forget(self, place: Place) -> None:
        """The file is gone, or may be read."""
        self._changes.pop(place, None)
        self._closed.discard(place)

    def is_quiet(self, place: Place, now_s: float) -> bool:
        """Has the file kept its stamp for long enough?  True for one that never changed."""
        change = self._changes.get(place)
        return change is None or now_s - change.changed_s >= change.quiet_s

    def is_long(self, since_s: float, now_s: float) -> bool:
        """Has a stamp seen at `since_s` stood for the whole quiet time, closed or not?"""
        return now_s - since_s >= self._quiet_s

    def ready(self, now_s: float) -> list[Place]:
        """Return the places to look at now: quiet long enough, or changing for too long.

        A place stays here until `forget`: it is looked at again after the quiet time, then after
        twice that and so on, for a disk may take long to show many; and one that changes without
        end every `longest_s`.
        """
        ready = []
        while self._due and self._due[0][0] <= now_s:
            due_s, place = heapq.heappop(self._due)
            change = self._changes.get(place)
            if change is None or change.due_s != due_s:
                continue  # forgotten since it was queued
            if self._due_s(change) > now_s:
                self._queue(place, change, self._due_s(change))
                continue
            ready.append(place)
            change.looked_s = now_s
            self._queue(place, change, max(self._due_s(change), now_s + change.again_s))
            change.again_s = min(2 * change.again_s, self._longest_s)
        return ready

    def next_due_s(self) -> float | None:
        """Return when `ready` may have something next, None if nothing waits."""
        return self._due[0][0] if self._due else None

    def _queue(self, place: Place, change: _Change, due_s: float) -> None:
        change.due_s = due_s
        heapq.heappush(self._due, (due_s, place))

    def _due_s(self, change: _Change) -> float:
        return min(change.changed_s + change.quiet_s, change.looked_s + self._longest_s)

    @property
    def _closed_quiet_s(self) -> float:
        return min(self._quiet_s, CLOSED_QUIET_S)
