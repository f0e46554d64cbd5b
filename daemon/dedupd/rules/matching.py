"""Which class is a needle's content in, and what must be seen to say so?

`Matcher.assess` is a function of what the catalogue, the facts and the owner's decisions hold at
that moment, so no order of arrival can change a class; `learned` says whose class a change may
touch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from dedupd.model import (
    VIEWS,
    Assessment,
    Digest,
    Evidence,
    EvidenceKind,
    Fingerprint,
    PictureClass,
    Place,
    Role,
    Unreadable,
    View,
)
from dedupd.rules.catalog import Catalog
from dedupd.rules.contest import Contest
from dedupd.rules.index import HammingIndex
from dedupd.rules.lineup import NOT_COMPARED, Lineups, not_compared
from dedupd.rules.nearby import Near, Nearby
from dedupd.rules.pairs import Beside, Book, Errand, Facts, Pairs, errand_for
from dedupd.rules.unseen import Unseen
from dedupd.rules.verify import (
    UPRIGHT,
    Finding,
    Policy,
    Want,
    correlation,
    judge_coding,
    may_be,
    may_be_compared,
    same_coding,
)

BYTES = Evidence(EvidenceKind.BYTES)
OWNER = Evidence(EvidenceKind.OWNER)
DISMISSED = Assessment(PictureClass.DISMISSED)


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

    def __init__(self, catalog: Catalog, facts: Facts, policy: Policy, book: Book) -> None:
        self._catalog, self._facts = catalog, facts
        self._policy, self._limits, self._book = policy, policy.limits, book
        self._nearby = Nearby(catalog, policy.limits.radius_bits)
        self._pairs = Pairs(facts, policy)
        self._unseen = Unseen(catalog)
        self._contest = Contest(catalog, facts, self._nearby, self._unseen, self._pairs, book)
        self._lineups = Lineups(facts, self._pairs)
        self._unwanted = HammingIndex()  # dismissed pictures
        self._unwanted_sketches: dict[Digest, bytes] = {}
        self.asking: set[Digest] = set()
        self.away: frozenset[str] = frozenset()

    @property
    def lost(self) -> Collection[Digest]:
        """Contents that no worker came to the end of."""
        return self._unseen.lost

    def recall(self, digest: Digest) -> bool:
        """Take in what an earlier run knew of `digest`; say whether its looks are known.

        As `learned`, but for a start: every needle is judged after it, so nobody is looked for.
        """
        self._book.seen(digest)
        known = self._facts.fingerprint(digest)
        self._unseen.learned(digest, known, ())
        if isinstance(known, Fingerprint):
            self._nearby.learned(digest, known)
        return known is not None

    def learned(self, digest: Digest) -> set[Digest]:
        """Take in the fingerprint of `digest`; return the needle contents it may touch.

        Also right to call when a known content has a new place, or has lost its last one.
        """
        self._book.seen(digest)
        touched = {digest} if self._catalog.places(Role.NEEDLES, digest) else set()
        touched.update(self._decided_with(digest))
        known = self._facts.fingerprint(digest)
        touched.update(self._unseen.learned(digest, known, self.asking))
        if isinstance(known, Fingerprint):
            claims = self._nearby.learned(digest, known)
            touched.update(self._touched_by(known))
            touched.update(self._rivals_of(known) if claims else ())
        # Nothing but its own bytes decides about a needle whose bytes are in the library.
        return {one for one in touched if one == digest or not self._in_library(one)}

    def dismissed(self, digest: Digest, dhash: int | None, sketch: bytes) -> set[Digest]:
        """Take in (or, without a hash, forget) what a dismissed picture looks like.

        Returns:
            The needle contents that look like it.
        """
        if dhash is None:
            self._unwanted.remove(digest)
            self._unwanted_sketches.pop(digest, None)
            return set()
        self._unwanted.add(digest, dhash)
        self._unwanted_sketches[digest] = sketch
        like = Fingerprint(1, 1, dhash, sketch, "")
        return {one for _, one in self._nearby.needles(like)}

    def give_up(self, errand: Errand) -> None:
        """Leave to a person, until the next run, what this errand was to bring."""
        self._pairs.give_up(errand)

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

    def beside(self, digest: Digest, known: Fingerprint, views: Collection[View]) -> list[Beside]:
        """Return the library's contents that may show what a needle shows, best first, each once.

        Those that an owner's `different` rules out are left out.
        """
        found = [*self._of_its_coding(digest, known)]
        for view in views:
            found += self._judged(digest, self._near(digest, known, view), view)
        best: dict[Digest, Beside] = {}
        for one in sorted(found, key=lambda one: one.rank, reverse=True):
            best.setdefault(one.haystack, one)
        return list(best.values())

    def candidates(self, known: Fingerprint) -> list[Beside]:
        """Return the library's contents that may show what a picture shows, wherever that is.

        Each once.  Those of its coding are judged; the rest, near by hash and sketch, are not
        compared.
        """
        found = {one.haystack: one for one in self._of_its_coding(b"", known)}
        for view in VIEWS:
            for near in self._nearby.library(known, view):
                other = self._facts.fingerprint(near[1])
                if isinstance(other, Fingerprint) and may_be(known, other, self._limits, view):
                    found.setdefault(near[1], not_compared(near, view))
        return list(found.values())

    def _assess(self, digest: Digest) -> Judgement:
        if self._book.dismissed(digest):
            return Judgement(DISMISSED)
        if copies := self._catalog.places(Role.HAYSTACK, digest):
            return Judgement(_found(BYTES, self.best(copies)))
        judgement = self._by_looks(digest)
        if judgement.assessment.cls is PictureClass.MATCHED:
            return judgement
        if witness := self._owner_says(digest):
            return Judgement(_found(OWNER, witness))
        return Judgement(_pending("bytes")) if self._undecided_bytes(digest) else judgement

    def _owner_says(self, digest: Digest) -> Place | None:
        """Return a library file with a content that the owner calls the same picture."""
        places = [
            self.best(copies)
            for other in self._book.same_as(digest)
            if (copies := self._catalog.places(Role.HAYSTACK, other))
        ]
        return self.best(places) if places else None

    def _by_looks(self, digest: Digest) -> Judgement:
        known = self._facts.fingerprint(digest)
        if known is None:
            return Judgement(_pending("fingerprint"))
        if isinstance(known, Unreadable):
            return Judgement(_unreadable(known))
        if known.bytes_only == "damaged":
            return Judgement(_unreadable(Unreadable("damaged", known.note)))
        equal = list(self._of_its_coding(digest, known))
        for one in equal:
            if one.finding.same:
                return Judgement(self._matched(one, known))
        if not may_be_compared(known):
            return Judgement(self._doubtful_or_missing(known, equal))
        return self._compare(digest, known, equal)

    def _undecided_bytes(self, digest: Digest) -> bool:
        """Might a library file that nobody has read yet hold the very same bytes?"""
        places = self._catalog.places(Role.NEEDLES, digest)
        record = self._catalog.get(min(places)) if places else None
        size_bytes = record.stamp.size_bytes if record else 0
        return record is not None and self._catalog.unread(Role.HAYSTACK, size_bytes) > 0

    def _compare(self, digest: Digest, known: Fingerprint, equal: list[Beside]) -> Judgement:
        """Judge the candidates; one `same` settles it, else every one must be judged."""
        doubtful = list(equal)
        settled = self._first_match(digest, known, UPRIGHT, doubtful)
        if settled is None and not any(_is_upright(one.finding) for one in doubtful):
            for view in VIEWS[1:]:
                settled = settled or self._first_match(digest, known, view, doubtful)
        return settled or Judgement(self._doubtful_or_missing(known, doubtful))

    def _first_match(
        self, digest: Digest, known: Fingerprint, view: View, doubtful: list[Beside]
    ) -> Judgement | None:
        """Return the match, or the errand to be run first; None adds to `doubtful` what there is.

        A match may come with an errand: what that brings may yet put others before it.
        """
        lineup = self._lineups.of(digest, self._near(digest, known, view), view)
        errand = lineup.errand
        for one in self._judged(digest, lineup.candidates, view):
            finding = one.finding
            if finding.same:
                rival = self._contest.rival(digest, known, one)
                if rival is None:
                    return Judgement(self._matched(one, known), lineup.errand)
                errand = errand or rival.errand
                finding = _contested(finding)
            if finding.want is not Want.NOTHING:
                errand = errand or errand_for(finding.want, digest, one.haystack, view)
            elif finding.evidence is not None:
                doubtful.append(replace(one, finding=finding))
        if lineup.left_out is not None:
            doubtful.append(lineup.left_out)
        return Judgement(_pending("comparison", asks=True), errand) if errand else None

    def _near(self, digest: Digest, known: Fingerprint, view: View) -> list[Near]:
        """Return the candidates in that view, nearest first, equal distances by digest."""
        return [
            (distance_bits, haystack)
            for distance_bits, haystack in self._nearby.library(known, view)
            if self._pairs.may_be(digest, haystack, view)
            and not self._book.differ(digest, haystack)
        ]

    def _judged(self, digest: Digest, near: Iterable[Near], view: View) -> Iterator[Beside]:
        """Yield the findings on candidates in that view."""
        for distance_bits, haystack in near:
            finding = self._pairs.finding(digest, haystack, distance_bits, view)
            yield Beside(haystack, distance_bits, view, finding)

    def _of_its_coding(self, digest: Digest, known: Fingerprint) -> Iterator[Beside]:
        """Yield the findings on library contents with the very same coded picture."""
        for haystack in sorted(self._nearby.of_coding(Role.HAYSTACK, known.coded)):
            other = self._facts.fingerprint(haystack)
            if not isinstance(other, Fingerprint) or self._book.differ(digest, haystack):
                continue
            if same_coding(known, other):
                yield Beside(haystack, 0, UPRIGHT, judge_coding(known, other, self._policy))

    def _doubtful_or_missing(self, known: Fingerprint, doubtful: list[Beside]) -> Assessment:
        """Return the best look-alike for a person to decide, or that there is none."""
        if doubtful:
            best = max(doubtful, key=lambda one: one.rank)
            finding, place = best.finding, self._place(best.haystack)
            return Assessment(
                PictureClass.POSSIBLE,
                finding.reason,
                evidence=finding.evidence,
                witness=place,
                asks=True,
            )
        if self._looks_unwanted(known):
            why = "it looks like a picture that you dismissed"
            return Assessment(PictureClass.POSSIBLE, "dismissed", why, asks=True)
        if not may_be_compared(known):
            return Assessment(PictureClass.UNMATCHED, known.bytes_only, asks=bool(known.coded))
        return Assessment(PictureClass.UNMATCHED, "no-match", asks=True)

    def _looks_unwanted(self, known: Fingerprint) -> bool:
        """Does it look like something that the owner dismissed?  Then a person should say."""
        return may_be_compared(known) and any(
            correlation(known.sketch, self._unwanted_sketches[other])
            >= self._limits.possible_correlation
            for _, other in self._unwanted.within(known.dhash, self._limits.radius_bits)
        )

    def _matched(self, one: Beside, known: Fingerprint) -> Assessment:
        evidence = one.finding.evidence
        by_looks = evidence is not None and evidence.kind is not EvidenceKind.PIXELS
        contestable = by_looks and self._contest.open_to(known, one)
        return Assessment(
            PictureClass.MATCHED,
            evidence=evidence,
            witness=self._place(one.haystack),
            asks=contestable,
            contestable=contestable,
        )

    def is_away(self, digest: Digest) -> bool:
        """Are all library files with this content where nobody can look at them now?"""
        return all(one.root in self.away for one in self._catalog.places(Role.HAYSTACK, digest))

    def may_be_read(self, size_bytes: int) -> bool:
        """Is there an unread library file of this size that can be read now?

        Not one that is being written or is away: that may last, and till then nobody would know
        how a needle looks that waits for it, and what it claims.
        """
        if not self._catalog.readable(Role.HAYSTACK, size_bytes) or not self.away:
            return self._catalog.readable(Role.HAYSTACK, size_bytes)
        places = self._catalog.of_size(Role.HAYSTACK, size_bytes)
        here = (self._catalog.get(place) for place in places if place.root not in self.away)
        return any(one and one.settled and not (one.digest or one.problem) for one in here)

    def _in_library(self, digest: Digest) -> bool:
        return bool(self._catalog.places(Role.HAYSTACK, digest))

    def _place(self, haystack: Digest) -> Place:
        return self.best(self._catalog.places(Role.HAYSTACK, haystack))

    def _touched_by(self, known: Fingerprint) -> Iterator[Digest]:
        """Yield the needles that may be this content."""
        yield from self._nearby.of_coding(Role.NEEDLES, known.coded)
        yield from self._nearby.open_in_any_view(known)

    def _rivals_of(self, known: Fingerprint) -> Iterator[Digest]:
        """Yield the needles that may claim a library picture that this needle may claim."""
        claimed = self._nearby.library_in_any_view(known)
        for haystack in claimed | self._nearby.of_coding(Role.HAYSTACK, known.coded):
            library = self._facts.fingerprint(haystack)
            if isinstance(library, Fingerprint):
                yield from self._nearby.open_in_any_view(library)

    def _decided_with(self, digest: Digest) -> Iterator[Digest]:
        """Yield the needles that the owner calls the same picture as this content."""
        for other in self._book.same_as(digest):
            if self._catalog.places(Role.NEEDLES, other):
                yield other


def _found(evidence: Evidence, witness: Place) -> Assessment:
    return Assessment(PictureClass.MATCHED, evidence=evidence, witness=witness)


def _pending(reason: str, asks: bool = False) -> Assessment:
    return Assessment(PictureClass.PENDING, reason, asks=asks)


def _unreadable(why: Unreadable) -> Assessment:
    return Assessment(PictureClass.UNREADABLE, why.reason, why.detail)


def _is_upright(finding: Finding) -> bool:
    """Is it, or might it be, as near as looks can tell?  Then no turned view is looked at."""
    return finding.within or finding.reason == NOT_COMPARED


def _contested(finding: Finding) -> Finding:
    evidence = finding.evidence
    assert evidence is not None
    return replace(finding, reason="contested", evidence=replace(evidence, limit="contested"))
