"""What a needle content and a library content are to each other, worked out once a pair."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dedupd.likeness import Measures
from dedupd.model import (
    Digest,
    Evidence,
    Fingerprint,
    Signature,
    Unreadable,
    View,
)
from dedupd.rules.verify import UPRIGHT, Finding, Policy, Side, Want, judge, kind_in, may_be

MOST_REMEMBERED = 200_000
NOT_NOW = "not-comparable"
Key = TypeVar("Key")
Value = TypeVar("Value")


class Facts(Protocol):
    """What is known of contents; the store has this shape."""

    def fingerprint(self, digest: Digest) -> Fingerprint | Unreadable | None:
        """Return what the first pass learned, None if it wasn't done."""

    def signature(self, digest: Digest) -> Signature | Unreadable | None:
        """Return the signature, None if it wasn't made."""

    def measures(self, needle: Digest, haystack: Digest, view: View) -> Measures | None:
        """Return what comparing the two in that view gave, None if nobody did."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Contents whose bytes a worker must see next: one to sign, or two to compare.

    `view` is how the needle is looked at beside the other.
    """

    needle: Digest | None
    haystack: Digest | None
    view: View = UPRIGHT

    @property
    def digests(self) -> tuple[Digest, ...]:
        """The one or two contents, needle first."""
        return tuple(one for one in (self.needle, self.haystack) if one is not None)


class Book(Protocol):
    """The owner's decisions; `decisions.DecisionBook` has this shape."""

    def dismissed(self, digest: Digest) -> bool:
        """Does the owner not want this content?"""

    def same_as(self, digest: Digest) -> Collection[Digest]:
        """Return the contents that the owner calls the same picture."""

    def seen(self, digest: Digest) -> None:
        """Somebody may have looked at this content."""

    def differ(self, first: Digest, second: Digest) -> bool:
        """Does the owner say that these two are not the same picture?"""


@dataclass(frozen=True, slots=True)
class Beside:
    """A library content beside a needle: how near, in which view, and what was found."""

    haystack: Digest
    distance_bits: int
    view: View
    finding: Finding

    @property
    def rank(self) -> tuple[bool, bool, float, bytes]:
        """A vetoed match comes before a mere resemblance, a contested one before a vetoed one."""
        found = self.finding
        score = found.evidence.score if found.evidence else 0.0
        return found.within, found.reason == "contested", score, self.haystack


class Pairs:
    """Findings on pairs of contents.

    Facts of contents never change once they are known, so a finding that lacks nothing is kept.
    """

    def __init__(self, facts: Facts, policy: Policy) -> None:
        self._facts, self._policy = facts, policy
        self._known: dict[tuple[Digest, Digest, View], Finding] = {}
        self._given_up: set[Errand] = set()
        self._alike: dict[tuple[Digest, Digest, View], bool] = {}
        self._wanted: dict[tuple[Digest, Digest, View], Want] = {}

    def finding(
        self, needle: Digest, haystack: Digest, distance_bits: int, view: View = UPRIGHT
    ) -> Finding:
        """Return the finding on two contents whose fingerprints are known."""
        key = needle, haystack, view
        known = self._known.get(key)
        if known is None:
            known = self._judge(key, distance_bits)
            if known.want is not Want.NOTHING and errand_for(known.want, *key) in self._given_up:
                return _not_now(distance_bits, view)
            if known.want is Want.NOTHING:
                _remember(self._known, key, known)
        return known

    def may_be(self, needle: Digest, haystack: Digest, view: View = UPRIGHT) -> bool:
        """Is this near pair worth a full decode?  False where either wasn't fingerprinted."""
        key = needle, haystack, view
        known = self._alike.get(key)
        if known is None:
            ours, theirs = self._facts.fingerprint(needle), self._facts.fingerprint(haystack)
            if not isinstance(ours, Fingerprint) or not isinstance(theirs, Fingerprint):
                return False  # it may yet be
            known = may_be(ours, theirs, self._policy.limits, view)
            _remember(self._alike, key, known)
        return known

    def must_be_compared(self, needle: Digest, haystack: Digest, view: View = UPRIGHT) -> bool:
        """Do their signatures keep every limit, so that only both full decodes can tell more?

        True also as long as one isn't signed.
        """
        return self._want(needle, haystack, view) not in (Want.NOTHING, Want.RETELLING)

    def may_be_retold(self, needle: Digest, haystack: Digest, view: View = UPRIGHT) -> bool:
        """May the needle be made of the library's picture, though the limits are broken?"""
        return self._want(needle, haystack, view) is Want.RETELLING

    def _want(self, needle: Digest, haystack: Digest, view: View) -> Want:
        """Return what the signatures leave open."""
        key = needle, haystack, view
        known = self._wanted.get(key)
        if known is None:
            ours, theirs = self._side(needle), self._side(haystack)
            if ours.signature is None or theirs.signature is None:
                return Want.BOTH
            known = judge(ours, theirs, 0, None, self._policy, view).want
            _remember(self._wanted, key, known)
        return known

    def is_given_up(self, errand: Errand) -> bool:
        """Will nobody run this errand until the next run?"""
        return errand in self._given_up

    def give_up(self, errand: Errand) -> None:
        """Leave to a person, until the next run, what this errand was to bring."""
        self._given_up.add(errand)

    def _judge(self, key: tuple[Digest, Digest, View], distance_bits: int) -> Finding:
        needle, haystack, view = key
        return judge(
            self._side(needle),
            self._side(haystack),
            distance_bits,
            self._facts.measures(*key),
            self._policy,
            view,
        )

    def _side(self, digest: Digest) -> Side:
        fingerprint = self._facts.fingerprint(digest)
        if not isinstance(fingerprint, Fingerprint):
            raise LookupError("a pair is judged by two fingerprints")
        return Side(fingerprint, self._facts.signature(digest))


def _remember(table: dict[Key, Value], key: Key, value: Value) -> None:
    """Keep what can be worked out again; forget everything once it is too much."""
    if len(table) >= MOST_REMEMBERED:
        table.clear()
    table[key] = value


def _not_now(distance_bits: int, view: View) -> Finding:
    """Return the finding on two pictures that may be anything to each other, also one and one."""
    evidence = Evidence(kind_in(view), distance_bits, 0.0, limit=NOT_NOW, view=view)
    return Finding(evidence=evidence, reason=NOT_NOW, within=True)


def errand_for(want: Want, needle: Digest, haystack: Digest, view: View) -> Errand:
    """Return the errand that brings what a judgement lacks."""
    if want is Want.NEEDLE_SIGNATURE:
        return Errand(needle, None)
    if want is Want.HAYSTACK_SIGNATURE:
        return Errand(None, haystack)
    return Errand(needle, haystack, view)
