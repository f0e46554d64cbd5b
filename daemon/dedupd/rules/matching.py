"""Which class is a needle's content in, and what must be seen to say so?

`Matcher.assess` is a function of what the catalogue and the facts hold at that moment, so no
order of arrival can change a class; the rest of this module keeps the two Hamming indexes and
says whose class a change may touch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from dedupd.model import (
    Assessment,
    Digest,
    Evidence,
    EvidenceKind,
    Fingerprint,
    MatchLimits,
    PictureClass,
    Place,
    Role,
    Signature,
    Unreadable,
)
from dedupd.rules.catalog import Catalog
from dedupd.rules.index import HammingIndex
from dedupd.rules.verify import Finding, Side, Want, judge, may_be, may_be_compared

BYTES = Evidence(EvidenceKind.BYTES)


class Measured(Protocol):
    """A native block difference; `value` is None where the pixel sizes differ."""

    @property
    def value(self) -> float | None:
        """Return the largest difference of two blocks, in grey levels."""


class Facts(Protocol):
    """What is known of contents; the store has this shape."""

    def fingerprint(self, digest: Digest) -> Fingerprint | Unreadable | None:
        """Return what the first pass learned, None if it wasn't done."""

    def signature(self, digest: Digest) -> Signature | Unreadable | None:
        """Return the signature, None if it wasn't made."""

    def block_difference(self, a: Digest, b: Digest) -> Measured | None:
        """Return the native block difference of the two, None if it wasn't measured."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Contents whose bytes a worker must see next: one to sign, or two to compare."""

    needle: Digest | None
    haystack: Digest | None

    @property
    def digests(self) -> tuple[Digest, ...]:
        """The one or two contents, needle first."""
        return tuple(one for one in (self.needle, self.haystack) if one is not None)


@dataclass(frozen=True, slots=True)
class Judgement:
    """An assessment, and the errand that would make it better, if there is one."""

    assessment: Assessment
    errand: Errand | None = None


class Matcher:
    """Classes of needle contents.  Not thread-safe: it belongs to the engine.

    Attributes:
        asking: Needle contents that the library, as far as it is known, doesn't hold.
        away: Haystack roots that are offline or suspicious; set by the engine.
    """

    def __init__(
        self, catalog: Catalog, facts: Facts, limits: MatchLimits, worse: Mapping[str, str]
    ) -> None:
        self._catalog, self._facts = catalog, facts
        self._limits, self._worse = limits, worse
        self._haystack, self._needles = HammingIndex(), HammingIndex()
        self.asking: set[Digest] = set()
        self.away: frozenset[str] = frozenset()

    def learned(self, digest: Digest) -> set[Digest]:
        """Take in the fingerprint of `digest`; return the needle contents it may touch.

        Also right to call when a known content has a new place, or has lost its last one.
        """
        touched = {digest} if self._catalog.places(Role.NEEDLES, digest) else set()
        fingerprint = self._facts.fingerprint(digest)
        if not isinstance(fingerprint, Fingerprint) or not may_be_compared(fingerprint):
            return touched
        self._set(self._needles, Role.NEEDLES, digest, fingerprint)
        self._set(self._haystack, Role.HAYSTACK, digest, fingerprint)
        return touched | set(self._near(self._needles, fingerprint))

    def assess(self, digest: Digest) -> Judgement:
        """Return the class of the needle content `digest`, as far as it is known."""
        judgement = self._assess(digest)
        if judgement.assessment.asks and self._catalog.places(Role.NEEDLES, digest):
            self.asking.add(digest)
        else:
            self.asking.discard(digest)
        return judgement

    def best(self, places: Collection[Place]) -> Place:
        """Choose the witness: one on a root that is there, the first of these by place."""
        return min(places, key=lambda place: (place.root in self.away, place))

    def _assess(self, digest: Digest) -> Judgement:
        copies = self._catalog.places(Role.HAYSTACK, digest)
        if copies:
            return Judgement(_found(BYTES, self.best(copies)))
        judgement = self._by_looks(digest)
        matched = judgement.assessment.cls is PictureClass.MATCHED
        if self._undecided_bytes(digest) and not matched:
            return Judgement(_pending("bytes"))
        return judgement

    def _by_looks(self, digest: Digest) -> Judgement:
        fingerprint = self._facts.fingerprint(digest)
        if fingerprint is None:
            return Judgement(_pending("fingerprint"))
        if isinstance(fingerprint, Unreadable):
            return Judgement(_unreadable(fingerprint))
        if fingerprint.bytes_only == "damaged":
            return Judgement(_unreadable(Unreadable("damaged", fingerprint.note)))
        if not may_be_compared(fingerprint):
            return Judgement(Assessment(PictureClass.UNMATCHED, fingerprint.bytes_only))
        return self._compare(digest, fingerprint)

    def _undecided_bytes(self, digest: Digest) -> bool:
        """Might a library file that nobody has read yet hold the very same bytes?"""
        places = self._catalog.places(Role.NEEDLES, digest)
        record = self._catalog.get(min(places)) if places else None
        size_bytes = record.stamp.size_bytes if record else 0
        return record is not None and self._catalog.unread(Role.HAYSTACK, size_bytes) > 0

    def _compare(self, digest: Digest, fingerprint: Fingerprint) -> Judgement:
        """Judge the candidates; one `same` settles it, else every one must be judged."""
        doubtful: list[tuple[Digest, Finding]] = []
        errand: Errand | None = None
        for haystack, finding in self._findings(digest, fingerprint):
            if finding.same:
                return Judgement(_found(finding.evidence, self._place(haystack)))
            if finding.want is not Want.NOTHING:
                errand = errand or _errand(finding.want, digest, haystack)
            elif finding.evidence is not None:
                doubtful.append((haystack, finding))
        if errand is not None:
            return Judgement(_pending("comparison", asks=True), errand)
        return Judgement(self._doubtful_or_missing(doubtful))

    def _findings(
        self, digest: Digest, fingerprint: Fingerprint
    ) -> Iterator[tuple[Digest, Finding]]:
        ours = Side(fingerprint, self._facts.signature(digest))
        for distance_bits, haystack in self._haystack.within(
            fingerprint.dhash, self._limits.radius_bits
        ):
            other = self._facts.fingerprint(haystack)
            if not isinstance(other, Fingerprint) or not may_be(fingerprint, other, self._limits):
                continue
            theirs = Side(other, self._facts.signature(haystack))
            measured = self._facts.block_difference(digest, haystack)
            blocks = measured.value if measured is not None else None
            yield haystack, judge(ours, theirs, distance_bits, blocks, self._limits, self._worse)

    def _doubtful_or_missing(self, doubtful: list[tuple[Digest, Finding]]) -> Assessment:
        """Return the best look-alike for a person to decide, or that there is none.

        A vetoed `same` comes before a mere resemblance, a higher score before a lower one.
        """
        if not doubtful:
            return Assessment(PictureClass.UNMATCHED, "no-match", asks=True)
        haystack, best = max(doubtful, key=_rank)
        return Assessment(
            PictureClass.POSSIBLE,
            best.reason,
            evidence=best.evidence,
            witness=self._place(haystack),
            asks=True,
        )

    def _place(self, haystack: Digest) -> Place:
        return self.best(self._catalog.places(Role.HAYSTACK, haystack))

    def _near(self, index: HammingIndex, fingerprint: Fingerprint) -> Iterator[Digest]:
        for _, digest in index.within(fingerprint.dhash, self._limits.radius_bits):
            yield digest

    def _set(self, index: HammingIndex, role: Role, digest: Digest, known: Fingerprint) -> None:
        if self._catalog.places(role, digest):
            index.add(digest, known.dhash)
        else:
            index.remove(digest)


def _found(evidence: Evidence | None, witness: Place) -> Assessment:
    return Assessment(PictureClass.MATCHED, evidence=evidence, witness=witness)


def _pending(reason: str, asks: bool = False) -> Assessment:
    return Assessment(PictureClass.PENDING, reason, asks=asks)


def _unreadable(why: Unreadable) -> Assessment:
    return Assessment(PictureClass.UNREADABLE, why.reason, why.detail)


def _rank(one: tuple[Digest, Finding]) -> tuple[bool, float, bytes]:
    digest, finding = one
    score = finding.evidence.score if finding.evidence else 0.0
    return finding.reason != "similar", score, digest


def _errand(want: Want, needle: Digest, haystack: Digest) -> Errand:
    if want is Want.NEEDLE_SIGNATURE:
        return Errand(needle, None)
    if want is Want.HAYSTACK_SIGNATURE:
        return Errand(None, haystack)
    return Errand(needle, haystack)
