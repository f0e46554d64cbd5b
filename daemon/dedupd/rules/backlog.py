"""Which file is looked at next: lanes by urgency, each in order of arrival, per root.

Per root, because a root whose disk is slow or gone must not keep the others waiting.
"""

from __future__ import annotations

import enum
from collections import OrderedDict
from collections.abc import Iterable

from dedupd.model import Place


class Lane(enum.IntEnum):
    """Most urgent first; see "Bytes first, by size" in the design."""

    LIVE = 0  # changed while we watched
    BYTES = 1  # its size occurs on the other side: equal bytes decode nothing
    NEEDLE = 2
    HAYSTACK = 3
    ALONE = 4  # its decoder failed once: when nothing else runs


class Backlog:
    """Places that wait to be read, each in one lane.  Belongs to the engine."""

    def __init__(self) -> None:
        # The first of a plain dict is looked for behind all that were taken out before it.
        self._lanes: dict[str, dict[Lane, OrderedDict[Place, None]]] = {}
        self._lane_of: dict[Place, Lane] = {}

    def __len__(self) -> int:
        return len(self._lane_of)

    def count(self, roots: Iterable[str]) -> int:
        """Return how many places in these roots wait."""
        return sum(len(lane) for root in roots for lane in self._lanes.get(root, {}).values())

    def add(self, place: Place, lane: Lane) -> None:
        """Queue `place`; a more urgent lane than its present one wins, a less urgent doesn't."""
        present = self._lane_of.get(place)
        if present is not None and present <= lane:
            return
        self.discard(place)
        self._lane_of[place] = lane
        lanes = self._lanes.setdefault(place.root, {one: OrderedDict() for one in Lane})
        lanes[lane][place] = None

    def discard(self, place: Place) -> bool:
        """Take `place` out; return whether it waited."""
        lane = self._lane_of.pop(place, None)
        if lane is not None:
            del self._lanes[place.root][lane][place]
        return lane is not None

    def take(self, roots: Iterable[str], least: Lane = Lane.ALONE) -> Place | None:
        """Take out the most urgent place in any of these roots, the first of its lane.

        Args:
            least: What is less urgent stays where it is.
        """
        for lane in Lane:
            if lane > least:
                return None
            for root in roots:
                waiting = self._lanes.get(root, {}).get(lane)
                if waiting:
                    place = next(iter(waiting))
                    self.discard(place)
                    return place
        return None
