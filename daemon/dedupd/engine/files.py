"""The files desk: what is known of each file, and what every change of it touches.

Owns the catalogue's contents.  A file comes in by `seen`, goes by `gone`, and is enriched by
`enrich`; each of these keeps the store, the sizes, the matches and the tally in step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dedupd.engine.books import Books
from dedupd.engine.outbox import Outbox
from dedupd.messages import Depth
from dedupd.model import (
    Assessment,
    Digest,
    Entry,
    EntryType,
    FileRecord,
    Kind,
    PictureClass,
    Place,
    Role,
    Stamp,
    Unreadable,
)
from dedupd.reports import Event
from dedupd.rules import verdicts
from dedupd.rules.backlog import Backlog, Lane
from dedupd.rules.errands import Errands
from dedupd.rules.matching import Judgement
from dedupd.rules.plan import Demand, next_look
from dedupd.rules.tally import Share
from dedupd.rules.verdicts import is_decided
from dedupd.text import join


class Files:
    """Everything that is known of files.  Belongs to the engine."""

    def __init__(
        self, books: Books, outbox: Outbox, absolute: Callable[[Place], bytes], eager: bool
    ) -> None:
        self.catalog, self.tally, self.matcher = books.catalog, books.tally, books.matcher
        self.store, self.settler, self.hiding = books.store, books.settler, books.hiding
        self.backlog, self.telling = Backlog(), False
        self.errands = Errands()
        self.decoding: set[Digest] = set()
        self.lost: set[Digest] = set()  # to be decoded once more, alone
        self.live: set[Place] = set()  # changed while we watched, and not all is known yet
        self.voteless: set[Digest] = set()  # pictures with a class, and not looked at yet
        self._itself: dict[Place, set[Place]] = {}  # needle -> library names that are the needle
        self._out, self._absolute, self._eager = outbox, absolute, eager
        self._assessed: dict[Digest, Assessment] = {}
        self._told: dict[Place, PictureClass] = {}

    def plan_everything(self) -> None:
        """Queue every file that wants a look, when needles begin to ask."""
        for root in self.catalog.roles:
            for place, _ in list(self.catalog.files(root)):
                self.plan(place)

    def seen(self, place: Place, entry: Entry, live: bool) -> bool:
        """Take in one entry of a listing or glance; return True if it was news.

        Args:
            live: The root is in step, so this is a change that happens now and must settle.
        """
        old = self.catalog.get(place)
        if old is not None and (old.stamp, old.type) == (entry.stamp, entry.type):
            if old.problem is not None:
                # No stamp tells that it may be read now: the right to enter a folder above, say.
                self._replace(place, replace(old, problem=None))
            return False
        settled = not live or entry.type is not EntryType.FILE
        self._replace(
            place,
            FileRecord(entry.stamp, entry.type, seen_at_s=self._out.now.s, settled=settled),
        )
        if not settled:
            self.settler.changed(place, self._out.now.s)
        return True

    def unlistable(self, folder: Place, why: Unreadable) -> None:
        """Take in a folder that could not be listed: it counts as one unreadable picture."""
        record = FileRecord(Stamp(0, 0, 0, 0), EntryType.FOLDER, problem=why)
        if self.catalog.get(folder) != record:
            self._replace(folder, record)

    def gone(self, place: Place) -> None:
        """Forget the file at `place`."""
        self._replace(place, None)

    def unsettle(self, place: Place) -> None:
        """The file was found changed or with a writer: wait until it is quiet again."""
        record = self.catalog.get(place)
        if record is None:
            return
        self.settler.changed(place, self._out.now.s)
        if record.settled:
            self._replace(place, replace(record, settled=False))

    def settle(self, place: Place) -> None:
        """The file kept its stamp for long enough: it may be read."""
        record = self.catalog.get(place)
        self.settler.forget(place)
        if record is not None and not record.settled:
            self.live.add(place)
            self._replace(place, replace(record, settled=True))

    def bar(self, place: Place, stamp: Stamp, witness: Place) -> None:
        """The needle turned out to be its own witness: one file, seen through another mount."""
        record = self.catalog.get(place)
        if record is not None and record.stamp == stamp:
            self._itself.setdefault(place, set()).add(witness)
            self.count(place, record, place)

    def vouching(self, needle: Place, digest: Digest | None) -> set[Place]:
        """Return the library's files with this content that aren't the needle itself."""
        places = self.catalog.places(Role.HAYSTACK, digest) if digest is not None else set()
        return places - self._itself.get(needle, set())

    def enrich(
        self, place: Place, kind: Kind | None, digest: Digest | None, why: Unreadable | None
    ) -> None:
        """Take in what a read found out about the file at `place`."""
        record = self.catalog.get(place)
        if record is not None:
            self._replace(
                place,
                replace(
                    record,
                    kind=kind or record.kind,
                    digest=digest or (record.digest if why is None else None),
                    problem=why,
                ),
            )

    def forget_content(self, place: Place, why: Unreadable | None) -> None:
        """The file no longer holds what it held, though its stamp says so: read it again."""
        record = self.catalog.get(place)
        if record is not None:
            self._replace(place, replace(record, digest=None, problem=why))

    def learned(self, digest: Digest) -> None:
        """A fingerprint or signature of `digest` has come: judge whom it touches again."""
        for place in self.catalog.places(Role.HAYSTACK, digest):
            self.count(place, self.catalog.get(place), place)
        cause = min(self.catalog.places(Role.HAYSTACK, digest), default=None)
        for needle in sorted(self.matcher.learned(digest)):
            self.refresh(needle, cause)
        self.plan_content(digest)

    def plan_content(self, digest: Digest) -> None:
        """Queue every file with this content for its next look."""
        for role in Role:
            for place in self.catalog.places(role, digest):
                self.plan(place)

    def refresh(self, digest: Digest, cause: Place | None, anew: bool = False) -> None:
        """Judge a needle content again; count its files if the outcome is another, or `anew`."""
        asked, before = bool(self.matcher.asking), self._assessed.get(digest)
        judgement: Judgement = self.matcher.assess(digest)
        if present := bool(self.catalog.places(Role.NEEDLES, digest)):
            self._assessed[digest] = judgement.assessment
        else:
            self._assessed.pop(digest, None)
        if self._votes_unseen(digest):
            self.voteless.add(digest)
        else:
            self.voteless.discard(digest)
        self.errands.set(digest, judgement.errand if present else None)
        if anew or judgement.assessment != before:
            for place in list(self.catalog.places(Role.NEEDLES, digest)):
                self.count(place, self.catalog.get(place), cause or place)
                self.plan(place)
        if not asked and self.matcher.asking and not self._eager:
            self.plan_everything()

    def _votes_unseen(self, digest: Digest) -> bool:
        """Is a picture's class known, but not how it looks?  It may claim another's."""
        known = self._assessed.get(digest)
        if known is None or known.cls is PictureClass.PENDING or self.store.fingerprint(digest):
            return False
        records = map(self.catalog.get, self.catalog.places(Role.NEEDLES, digest))
        return any(one is not None and one.kind is Kind.PICTURE for one in records)

    def assessment(self, place: Place, record: FileRecord) -> Assessment | None:
        """Return the class of the needle picture at `place`; None if it isn't a picture."""
        fixed = verdicts.at_file_level(record)
        if fixed is not None:
            return fixed
        if record.kind is not Kind.PICTURE or record.digest is None:
            return None
        known = self._assessed.get(record.digest, verdicts.NOT_LOOKED_AT)
        if known.cls is PictureClass.PENDING and record.problem is not None:
            return Assessment(PictureClass.UNREADABLE, record.problem.reason, record.problem.detail)
        if place in self._itself and known.cls is PictureClass.MATCHED:
            return self._without_itself(place, known)
        return known

    def look(self, place: Place) -> tuple[Depth, Lane] | None:
        """Return how the file at `place` is to be read next, None if not at all."""
        record = self.catalog.get(place)
        if record is None:
            return None
        role = self.catalog.roles[place.root]
        missing = self._fingerprint_missing(record, role)
        if record.digest is not None and not missing:
            return None  # nearly always: all that anybody asks of it is known
        if self.hidden(place, record):
            return self._excluded_look(place, record)
        other = Role.HAYSTACK if role is Role.NEEDLES else Role.NEEDLES
        demand = Demand(
            role=role,
            named_picture=self.hiding.named_picture(place),
            shares_size=bool(self.catalog.of_size(other, record.stamp.size_bytes)),
            wanted=role is Role.NEEDLES or self._eager or bool(self.matcher.asking),
            fingerprint_missing=missing,
            lost=record.digest in self.lost,
        )
        return next_look(record, demand)

    def _excluded_look(self, place: Place, record: FileRecord) -> tuple[Depth, Lane] | None:
        """Return a look at the first bytes of an excluded needle: is it a picture?"""
        unknown = record.kind is None and record.problem is None and record.settled
        if unknown and record.type is EntryType.FILE and not self._ignored(place, record):
            return Depth.SNIFF, Lane.NEEDLE
        return None

    def hidden(self, place: Place, record: FileRecord) -> bool:
        """Is the file never looked into, because it is ignored or excluded?"""
        return self.hiding.excluded(place) or self._ignored(place, record)

    def plan(self, place: Place) -> None:
        """Queue the file at `place` for its next look, or take it out of the queue."""
        if (look := self.look(place)) is None:
            self.backlog.discard(place)
        else:
            self.backlog.add(place, Lane.LIVE if place in self.live else look[1])

    def _ignored(self, place: Place, record: FileRecord) -> bool:
        """Is it what systems leave?  A name with `._` before it may be a picture all the same."""
        doubtful = place.name.startswith(b"._") and record.kind is not Kind.OTHER
        unlistable = record.type is EntryType.FOLDER
        return self.hiding.ignored(place) and not doubtful and not unlistable

    def _fingerprint_missing(self, record: FileRecord, role: Role) -> bool:
        digest = record.digest
        if digest is None or digest in self.decoding:
            return False
        if self.store.fingerprint(digest) is not None and digest not in self.lost:
            return False
        if role is Role.HAYSTACK or digest in self.lost:
            return True
        known = self._assessed.get(digest, verdicts.NOT_LOOKED_AT)
        if known.reason == "bytes":
            return not self.matcher.may_be_read(record.stamp.size_bytes)
        unseen = digest in self.voteless and self.matcher.is_away(digest)
        return unseen or known.reason == "fingerprint" or is_decided(known)

    def _without_itself(self, place: Place, known: Assessment) -> Assessment:
        """Return the class of a needle whose other name in the library doesn't count."""
        witness = self.catalog.get(known.witness) if known.witness is not None else None
        others = self.vouching(place, witness.digest if witness is not None else None)
        if not others:
            return Assessment(PictureClass.UNMATCHED, "same-file")
        return replace(known, witness=self.matcher.best(others))

    def _replace(self, place: Place, record: FileRecord | None) -> None:
        """Set or drop a record, and bring everything that rests on it into step."""
        before = self._of_sizes(place, self.catalog.get(place), record)
        self._itself.pop(place, None)
        for names in self._itself.values():
            names.discard(place)
        if record is None:
            old = self.catalog.drop(place)
            self.store.drop_file(place)
            self.settler.forget(place)
            self._told.pop(place, None)
        else:
            old = self.catalog.put(place, record)
            self.store.put_file(place, record)
        self.count(place, record, place)
        self.plan(place)
        if (old is None) is not (record is None):
            self._count_companion(place)
        after = self._of_sizes(place, old, record)
        changed = [size_bytes for size_bytes in after if after[size_bytes] != before[size_bytes]]
        self._touch(place, {r.digest for r in (old, record) if r and r.digest}, changed)

    def _of_sizes(self, place: Place, *records: FileRecord | None) -> dict[int, tuple[bool, ...]]:
        """Return for the sizes of these whether its role has files, unread, and readable ones."""
        role, sizes = self.catalog.roles[place.root], {r.stamp.size_bytes for r in records if r}
        return {size: self.catalog.state_of_size(role, size) for size in sizes}

    def _count_companion(self, place: Place) -> None:
        """A needle file came or went: macOS's `._x` beside it is ignored only beside `x`."""
        if self.catalog.roles[place.root] is Role.HAYSTACK:
            return
        name = b"._" + place.name
        companion = Place(place.root, join(place.folder, name) if place.folder else name)
        if (known := self.catalog.get(companion)) is not None:
            self.count(companion, known, place)
            self.plan(companion)

    def _touch(self, place: Place, digests: set[Digest], sizes: list[int]) -> None:
        """Judge again who has what a file holds or held, or a size of which it was the edge."""
        needle = self.catalog.roles[place.root] is Role.NEEDLES
        touched: set[Digest] = set()
        for digest in sorted(digests):
            if needle and not self.catalog.places(Role.NEEDLES, digest) <= {place}:
                continue  # it lies elsewhere too: one name more or less changes nothing for others
            touched.update(self.matcher.learned(digest))
            touched.update({digest} if needle else ())  # also when this was its last place
        other = Role.HAYSTACK if needle else Role.NEEDLES
        for beside in sorted(one for size in sizes for one in self.catalog.of_size(other, size)):
            known = self.catalog.get(beside)
            if not needle and known is not None:
                touched.update({known.digest} if known.digest is not None else ())
                if known.kind not in (Kind.PICTURE, None):  # pictures are judged by content, below
                    self.count(beside, known, place)
            self.plan(beside)
        for digest in sorted(touched):
            self.refresh(digest, place)

    def count(self, place: Place, record: FileRecord | None, cause: Place) -> None:
        """Bring the tally in step with the file at `place`."""
        if self.catalog.roles[place.root] is Role.HAYSTACK:
            self.tally.set_alone(place, self._haystack_share(record, place))
            return
        share = self._needle_share(place, record) if record is not None else None
        self.tally.set(place, share, cause)

    def _haystack_share(self, record: FileRecord | None, place: Place) -> Share | None:
        if record is None or record.kind not in (Kind.PICTURE, None):
            return None
        if record.kind is None and not self.hiding.named_picture(place):
            return None
        known = self.store.fingerprint(record.digest) if record.digest is not None else None
        return verdicts.library_share(record, known)

    def _needle_share(self, place: Place, record: FileRecord) -> Share:
        if self._ignored(place, record):
            return verdicts.IGNORED_SHARE
        if self.hiding.excluded(place):
            return verdicts.excluded_share(record)
        assessment = self.assessment(place, record)
        if assessment is not None:
            self._tell(place, assessment)
            return verdicts.picture_share(assessment)
        copies = self.vouching(place, record.digest)
        size_bytes = record.stamp.size_bytes
        undecided = bool(
            self.catalog.unread(Role.HAYSTACK, size_bytes)
            or (record.digest is None and self.catalog.of_size(Role.HAYSTACK, size_bytes))
        )
        root = self.matcher.best(copies).root if copies else ""
        return verdicts.other_share(record.kind or Kind.OTHER, root, undecided)

    def _tell(self, place: Place, assessment: Assessment) -> None:
        """Log the change of a picture's class, once the first scan is over."""
        if assessment.cls is PictureClass.PENDING or self._told.get(place) is assessment.cls:
            return
        self._told[place] = assessment.cls
        if self.telling:
            facts: list[tuple[str, object]] = []
            if assessment.reason:
                facts.append(("reason", assessment.reason))
            if assessment.witness is not None:
                facts.append(("witness", self._absolute(assessment.witness)))
            name = f"picture.{assessment.cls.value}"
            self._out.tell(Event(name, self._absolute(place), tuple(facts)))
