"""Answers that only tell what is known: `explain`, `find`, `duplicates` and `receipt`."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dedupd.asks import (
    AskContent,
    AskContents,
    AskExplain,
    AskNear,
    AskReceipt,
    AskShelf,
    ContentsReply,
    ExplainReply,
    Known,
    MatchLine,
    NearReply,
    PictureLine,
    ReceiptLine,
    ReceiptReply,
    Refused,
    Reply,
)
from dedupd.claim import Case
from dedupd.engine.cases import Cases
from dedupd.engine.files import Files
from dedupd.engine.outbox import Outbox
from dedupd.engine.reporting import Reporting
from dedupd.engine.roots import Roots
from dedupd.engine.shelves import Shelves
from dedupd.model import VIEWS, Assessment, FileRecord, Fingerprint, Kind, Place, Role
from dedupd.rules.companions import companions
from dedupd.rules.decisions import DecisionBook
from dedupd.rules.matching import BYTES
from dedupd.rules.pairs import Beside
from dedupd.rules.verify import Policy, Want, correlation
from dedupd.text import rfc3339, shown

PORTION = 500
"""How many files one answer tells of."""

SHOWN_MATCHES = 20


class Answers:
    """Tells what is known of files.  Belongs to the engine; changes nothing."""

    def __init__(
        self,
        files: Files,
        roots: Roots,
        reporting: Reporting,
        book: DecisionBook,
        policy: Policy,
        outbox: Outbox,
    ) -> None:
        self._files, self._roots, self._reporting = files, roots, reporting
        self._catalog, self._store = files.catalog, files.store
        self._book, self._policy, self._out = book, policy, outbox
        self._cases = Cases(files, roots.desks, quiet_s=0.0)
        self._case: tuple[int, Case] | None = None  # of the last receipt, and the tree's version
        self._shelves = Shelves(files, roots, self.line)
        self._order: tuple[Role | Place | None, list[Place]] = (None, [])

    def reply(
        self, ask: AskExplain | AskNear | AskContents | AskReceipt | AskShelf | AskContent
    ) -> Reply:
        """Answer a question."""
        match ask:
            case AskExplain():
                return self._explain(ask)
            case AskNear():
                return self._near(ask)
            case AskContents():
                return self._contents(ask)
            case AskReceipt():
                return self._receipt(ask)
            case AskShelf():
                return self._shelves.shelf(ask)
            case AskContent():
                return self._shelves.content(ask)

    def line(self, place: Place) -> PictureLine | None:
        """Return what is known of a needle picture, None if it isn't one."""
        record = self._catalog.get(place)
        if record is None or self._files.hidden(place, record):
            return None
        known = self._files.assessment(place, record)
        if known is None:
            return None
        return PictureLine(
            path=self._roots.path(place),
            folder=self._roots.path(Place(place.root, place.folder)),
            cls=known.cls,
            reason=known.reason,
            detail=known.detail,
            evidence=known.evidence,
            nearest=self._roots.path(known.witness) if known.witness is not None else None,
        )

    def _explain(self, ask: AskExplain) -> Reply:
        place = self._roots.place(ask.path)
        record = self._catalog.get(place) if place is not None else None
        if place is None or record is None:
            why = "it is not below a root, or dedupd has not seen it (yet)"
            what, fix = f"nothing is known of {shown(ask.path)}", "dedupd find IMAGE"
            return Refused(what, why, fix, usage=True)
        needle = self._catalog.roles[place.root] is Role.NEEDLES
        signed = record.digest is not None and self._store.signature(record.digest) is not None
        return ExplainReply(
            self._known(place, record),
            self.line(place) if needle else None,
            tuple(self._matches(place, record)) if needle else (),
            signed,
            tuple(self._book.about(record.digest)) if record.digest is not None else (),
        )

    def _matches(self, place: Place, record: FileRecord) -> Iterator[MatchLine]:
        """Yield the library pictures beside a needle, best first, its witness as it decided."""
        if record.digest is None:
            return
        decided = self._files.assessment(place, record)
        witness = decided.witness if decided is not None else None
        there = self._catalog.get(witness) if witness is not None else None
        if witness is not None and there is not None and decided is not None:
            yield self._decided(witness, there, decided)
        fingerprint = self._store.fingerprint(record.digest)
        if isinstance(fingerprint, Fingerprint):
            beside = self._files.matcher.beside(record.digest, fingerprint, VIEWS)
            skip = there.digest if there is not None else None
            for one in [one for one in beside if one.haystack != skip][:SHOWN_MATCHES]:
                yield self._match(fingerprint, one)

    def _decided(self, witness: Place, there: FileRecord, decided: Assessment) -> MatchLine:
        evidence = decided.evidence
        bits = evidence.distance_bits if evidence is not None else 0
        known = self._known(witness, there)
        return MatchLine(known, evidence, decided.reason, bits, evidence.score if evidence else 0.0)

    def _match(self, needle: Fingerprint, one: Beside) -> MatchLine:
        place = self._files.matcher.best(self._catalog.places(Role.HAYSTACK, one.haystack))
        record, finding = self._catalog.get(place), one.finding
        assert record is not None
        known = self._known(place, record)
        other = known.fingerprint
        score = correlation(needle.sketch, other.sketch) if isinstance(other, Fingerprint) else 0.0
        reason = "not-compared" if finding.want is not Want.NOTHING else finding.reason
        bits = one.distance_bits
        return MatchLine(known, finding.evidence, reason, bits, score, finding.retold)

    def _near(self, ask: AskNear) -> NearReply:
        """Return the library's files that hold, code or may show the same."""
        found = [
            MatchLine(self._known_at(place), BYTES, "", sketch_score=1.0)
            for place in sorted(self._catalog.places(Role.HAYSTACK, ask.digest))
        ]
        for one in self._files.matcher.candidates(ask.fingerprint):
            place = self._files.matcher.best(self._catalog.places(Role.HAYSTACK, one.haystack))
            known, finding = self._known_at(place), one.finding
            other = known.fingerprint
            if one.haystack != ask.digest and isinstance(other, Fingerprint):
                score = correlation(ask.fingerprint.sketch, other.sketch)
                found.append(
                    MatchLine(known, finding.evidence, finding.reason, one.distance_bits, score)
                )
        return NearReply(tuple(found), self._unread())

    def _unread(self) -> int:
        """Return how many library files may be pictures that nobody has looked at."""
        haystack = [root for root, role in self._catalog.roles.items() if role is Role.HAYSTACK]
        records = (record for root in haystack for _, record in self._catalog.files(root))
        return sum(1 for one in records if one.problem is None and not self._is_looked_at(one))

    def _is_looked_at(self, record: FileRecord) -> bool:
        if record.kind in (Kind.OTHER, Kind.VIDEO):
            return True
        return record.digest is not None and self._store.fingerprint(record.digest) is not None

    def _contents(self, ask: AskContents) -> ContentsReply:
        roots = [root for root, role in self._catalog.roles.items() if role is ask.role]
        places = (place for root in roots for place, _ in self._catalog.files(root))
        portion, more = self._portion(ask.role, places, ask.after)
        files = tuple(self._known_at(place) for place in portion)
        return ContentsReply(files, more)

    def _receipt(self, ask: AskReceipt) -> Reply:
        folder = self._roots.place(ask.folder)
        needles = folder is not None and self._catalog.roles[folder.root] is Role.NEEDLES
        if folder is None or not needles or self._files.tally.node(folder) is None:
            what = f"{shown(ask.folder)} is not a needle folder"
            why = "receipts are given for folders below a needle root that were looked at"
            return Refused(what, why, "dedupd status", usage=True)
        places = (place for place, _ in self._catalog.files(*folder))
        portion, more = self._portion(folder, places, ask.after)
        case = self._claim_case(folder)
        lines = tuple(self._receipt_line(place, case) for place in portion)
        if not more:
            self._case = None
        report = self._reporting.folder(folder, rfc3339(self._out.now.wall_s))
        return ReceiptReply(report, lines, self._policy.limits, more)

    def _claim_case(self, folder: Place) -> Case:
        """Return what a claim of this folder rests on, built anew only when something changed."""
        node = self._files.tally.node(folder)
        version = node.version if node is not None else 0
        if self._case is None or (self._case[0], self._case[1].folder) != (version, folder):
            case = self._cases.build(folder, lambda _: None, self._out.now.s)
            self._case = version, case
        return self._case[1]

    def _receipt_line(self, place: Place, case: Case) -> ReceiptLine:
        known, line = self._known_at(place), self.line(place)
        record, expected = self._catalog.get(place), case.files.get(place.path)
        decided = self._files.assessment(place, record) if line and record is not None else None
        evidence, witness = line.evidence if line is not None else None, None
        if expected is not None and expected.witness is not None:
            witness = expected.witness
            if evidence is not None and expected.evidence is not None:
                evidence = replace(evidence, kind=expected.evidence)
        elif decided is not None:
            witness = decided.witness
        return ReceiptLine(
            known,
            line.cls.value if line is not None else "",
            line.reason if line is not None else "",
            evidence,
            self._known_at(witness) if witness is not None else None,
        )

    def _portion(
        self, what: Role | Place, places: Iterable[Place], after: bytes
    ) -> tuple[list[Place], bool]:
        """Return the next files behind the path `after`, by path, and whether more follow.

        They are put in order for the first portion only; what came later isn't listed.
        """
        if not after or self._order[0] != what:
            self._order = what, sorted(places, key=self._roots.path)
        ordered = self._order[1]
        start = bisect.bisect_right(ordered, after, key=self._roots.path) if after else 0
        there = (place for place in ordered[start:] if self._catalog.get(place) is not None)
        portion = list(itertools.islice(there, PORTION + 1))
        return portion[:PORTION], len(portion) > PORTION

    def _known_at(self, place: Place) -> Known:
        record = self._catalog.get(place)
        if record is None:
            raise LookupError(f"{place} is not in the catalogue")
        return self._known(place, record)

    def _known(self, place: Place, record: FileRecord) -> Known:
        digest = record.digest
        beside = companions(place.name, self._catalog.files_in(place.root, place.folder))
        prefix = place.folder + b"/" if place.folder else b""
        return Known(
            self._roots.path(place),
            self._catalog.roles[place.root],
            record.stamp,
            digest,
            self._store.fingerprint(digest) if digest is not None else None,
            tuple(
                (self._roots.path(Place(place.root, prefix + name)), what) for name, what in beside
            ),
        )
