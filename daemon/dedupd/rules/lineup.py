"""Which library pictures a needle is compared with, where more look like it than is worth it.

A burst of n frames on both sides makes n x n pairs that only two full decodes could tell apart.
Every content is signed once; a needle is compared with those alone whose signatures are nearest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupd.model import Digest, Evidence, Signature, Unreadable, View
from dedupd.rules.nearby import Near
from dedupd.rules.pairs import MOST_REMEMBERED, Beside, Errand, Facts, Pairs
from dedupd.rules.verify import UPRIGHT, Finding, kind_in, turned

MOST_COMPARED = 8
"""With how many library pictures a needle is compared, and in a contest a picture with needles."""

MOST_RETOLD = 2
"""With how many of those that break a limit: the needle may yet be made of one of the nearest."""

NOT_COMPARED = "not-compared"
NEVER = 2**31  # further apart than any two pictures


@dataclass(frozen=True, slots=True)
class Lineup:
    """The candidates to be judged, in that order.

    Attributes:
        errand: What must be seen before the order is sure.
        left_out: The nearest of those that nobody compares; a person decides.
    """

    candidates: list[Near]
    errand: Errand | None = None
    left_out: Beside | None = None


class Lineups:
    """Puts candidates in order.  Holds nothing but what it would work out again."""

    def __init__(self, facts: Facts, pairs: Pairs) -> None:
        self._facts, self._pairs = facts, pairs
        self._apart: dict[tuple[Digest, View], dict[Digest, int]] = {}
        self._remembered = 0

    def of(self, needle: Digest, near: list[Near], view: View) -> Lineup:
        """Return whom to judge of those near a needle: all, where they are few.

        Depends on the contents and their signatures alone, so on no order of arrival.
        """
        if len(near) <= MOST_COMPARED:
            return Lineup(self._few(needle, near, view))
        signing = Errand(needle, None)
        if self._facts.signature(needle) is None:
            if self._pairs.is_given_up(signing):
                return Lineup([], left_out=not_compared(near[0], view))
            return Lineup([], signing)
        apart = self._apart_of(needle, [one for _, one in near], view)
        wanted = [
            one
            for _, one in near
            if one not in apart and not self._pairs.is_given_up(Errand(None, one))
        ]
        order = sorted(
            (apart.get(one, NEVER), distance_bits, one)
            for distance_bits, one in near
            if one in apart or self._pairs.is_given_up(Errand(None, one))
        )
        errand = Errand(None, _next_after(needle, wanted)) if wanted else None
        return self._nearest(needle, [(bits, one) for _, bits, one in order], view, errand)

    def _few(self, needle: Digest, near: list[Near], view: View) -> list[Near]:
        """Leave out those that break a limit, but for the nearest once all are signed."""
        broken = [one for one in near if self._pairs.may_be_retold(needle, one[1], view)]
        if not broken:
            return near
        unsigned = [one for _, one in near if self._facts.signature(one) is None]
        keep: list[Near] = []
        if all(self._pairs.is_given_up(Errand(None, one)) for one in unsigned):
            apart = self._apart_of(needle, [one for _, one in broken], view)
            keep = sorted(broken, key=lambda one: (apart[one[1]], one))[:MOST_RETOLD]
        return [one for one in near if one in keep or one not in broken]

    def _nearest(
        self, needle: Digest, order: list[Near], view: View, errand: Errand | None
    ) -> Lineup:
        """Take candidates until as many would be compared as may be."""
        taken: list[Near] = []
        compared, retold = 0, 0 if errand is None else MOST_RETOLD
        for distance_bits, one in order:
            if self._pairs.must_be_compared(needle, one, view):
                if compared == MOST_COMPARED:
                    return Lineup(taken, errand, not_compared((distance_bits, one), view))
                compared += 1
            elif self._pairs.may_be_retold(needle, one, view):
                if retold == MOST_RETOLD:
                    continue
                retold += 1
            taken.append((distance_bits, one))
        return Lineup(taken, errand)

    def _apart_of(self, needle: Digest, candidates: list[Digest], view: View) -> dict[Digest, int]:
        """Return how far the signatures are apart: of every candidate that has one."""
        key = needle, view
        known = self._apart.get(key, {})
        new = [one for one in candidates if one not in known]
        if not new:
            return known
        if self._remembered + len(new) > MOST_REMEMBERED:
            self._apart.clear()
            self._remembered, known, new = 0, {}, candidates
        ours = _seen(self._facts.signature(needle), view)
        signed = ((one, self._facts.signature(one)) for one in new)
        more = {one: _apart(ours, theirs) for one, theirs in signed if theirs is not None}
        self._apart[key] = known | more
        self._remembered += len(more)
        return self._apart[key]


def _seen(signature: Signature | Unreadable | None, view: View) -> NDArray[np.int16] | None:
    """Return the luma cells that a signature has in that view, None if it shows nothing."""
    if not isinstance(signature, Signature):
        return None
    luma = signature.luma if view == UPRIGHT else turned(signature, view).luma
    return np.frombuffer(luma, dtype=np.uint8).astype(np.int16)


def _apart(ours: NDArray[np.int16] | None, theirs: Signature | Unreadable) -> int:
    """Return the sum of the differences of all luma cells, in levels."""
    if ours is None or not isinstance(theirs, Signature):
        return NEVER
    return int(np.abs(ours - np.frombuffer(theirs.luma, dtype=np.uint8)).sum())


def _next_after(needle: Digest, wanted: list[Digest]) -> Digest:
    """Choose whom to sign: needles that want the same ones shall not all wait for one of them."""
    return min(wanted, key=lambda one: (one < needle, one))


def not_compared(near: Near, view: View) -> Beside:
    """Return a candidate that nobody compares with the needle."""
    distance_bits, haystack = near
    evidence = Evidence(kind_in(view), distance_bits, limit=NOT_COMPARED, view=view)
    return Beside(haystack, distance_bits, view, Finding(evidence=evidence, reason=NOT_COMPARED))
