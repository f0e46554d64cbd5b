"""The owner's decisions on their way: checked, made to last, and only then in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dedupd.asks import (
    AskDecide,
    AskDecideMany,
    AskDecisions,
    AskUndo,
    DecidedReply,
    DecisionsReply,
    Refused,
    Reply,
)
from dedupd.decision import Decision, DecisionKind
from dedupd.engine.files import Files
from dedupd.engine.outbox import Outbox
from dedupd.engine.roots import Roots
from dedupd.messages import Answer, Record, Recorded
from dedupd.model import Assessment, Digest, FileRecord, Fingerprint, Kind, Place, Role
from dedupd.reports import Event
from dedupd.rules.decisions import DecisionBook
from dedupd.state.decisionline import PairDecision, codings
from dedupd.text import rfc3339, shown

LOSS = "lost-"
"""How the ids of lost decisions begin."""

Subject = tuple[Place, Digest]
"""A picture that is decided about: where it is, and what it holds."""


class Decisions:
    """Takes decisions in and applies them.  Belongs to the engine."""

    def __init__(self, files: Files, roots: Roots, book: DecisionBook, outbox: Outbox) -> None:
        self._files, self._roots, self._book, self._out = files, roots, book, outbox
        book.coding = self._coding
        self._given = max((_number(one) for one, _ in book.all()), default=0)

    def load(self) -> None:
        """Let the matcher know what dismissed pictures look like; call it before anything else."""
        for decision in self._book.dismissals():
            self._files.matcher.dismissed(decision.first, decision.dhash, decision.sketch)

    def reply(
        self, number: int, ask: AskDecide | AskDecideMany | AskUndo | AskDecisions
    ) -> Reply | None:
        """Answer at once, or None when the answer comes once the decision is on the disk."""
        match ask:
            case AskDecisions():
                return DecisionsReply(tuple(self._book.all()))
            case AskUndo():
                return self._undo(number, ask)
            case AskDecide():
                return self._decide(number, ask)
            case AskDecideMany():
                return self._decide_many(number, ask)

    def recorded(self, message: Recorded) -> None:
        """The disk has it, or could not take it."""
        job = message.job
        if message.problem:
            what, fix = "the decision could not be kept", "free space in the state folder"
            self._out.do(Answer(job.number, Refused(what, message.problem, fix)))
            return
        for decision in job.taken:
            self._book.take(decision, *codings(decision))
        undone = [one for one in job.undone if self._book.undo(one.id)]  # not by another by now
        for decision in (*job.taken, *undone):
            self._tell(decision, undone=decision in undone)
            self._apply(decision)
        if any(self._is_faceless(decision) for decision in (*job.taken, *undone)):
            self._refresh_all()
        if job.loss:
            self._acknowledged(job)
            return
        decisions = job.taken or job.undone
        self._out.do(Answer(job.number, DecidedReply(decisions, True, decisions[0].batch)))

    def _acknowledged(self, job: Record) -> None:
        """Whatever the lost decisions were about may be in another class now."""
        self._refresh_all()
        self._out.do(Answer(job.number, DecidedReply((), True, job.loss)))

    def _refresh_all(self) -> None:
        for digest in list(self._files.catalog.digests(Role.NEEDLES)):
            self._files.refresh(digest, None)

    def _is_faceless(self, decision: Decision) -> bool:
        """Is what it is about not known by its looks, so that others may be the same picture?

        A `different` holds for all contents of its coded pictures, and comes back with an undo.
        """
        pair = () if decision.second is None else (decision.first, decision.second)
        return any(self._files.store.fingerprint(digest) is None for digest in pair)

    def _decide(self, number: int, ask: AskDecide) -> Reply | None:
        subjects = [self._subject(path) for path in (ask.first, ask.second) if path is not None]
        for subject in subjects:
            if isinstance(subject, Refused):
                return subject
        known = [one for one in subjects if not isinstance(one, Refused)]
        if refusal := self._refusal(ask.kind, known):
            return refusal
        self._record(number, [(ask.kind, known)])
        return None

    def _decide_many(self, number: int, ask: AskDecideMany) -> Reply | None:
        folder = self._roots.place(ask.folder)
        if folder is None or self._roots.desks[folder.root].haystack:
            return _refused(ask.folder, "it is not below a needle root", "dedupd status")
        if self._files.tally.node(folder) is None:
            why = "it is no folder, or dedupd has not seen it (yet)"
            return _refused(ask.folder, why, "dedupd status --wait")
        pairs = {tuple(d for _, d in known): known for known in self._candidates(folder, ask)}
        wanted = [
            (ask.kind, known) for known in pairs.values() if not self._refusal(ask.kind, known)
        ]
        if not wanted:
            return DecidedReply((), False)
        if not ask.sure:
            return DecidedReply(tuple(self._made(wanted)), False)
        self._record(number, wanted)
        return None

    def _candidates(self, folder: Place, ask: AskDecideMany) -> Iterator[list[Subject]]:
        """Yield the pictures that are asked about, each with its nearest where two are needed."""
        for place, record in sorted(self._files.catalog.files(*folder)):
            known = self._shown_class(place, record)
            if known is None or known.cls is not ask.cls or record.digest is None:
                continue
            if ask.reasons and known.reason not in ask.reasons:
                continue
            subject, nearest = (place, record.digest), self._nearest(known)
            if ask.nearest is not None and (nearest is None or nearest[1] != ask.nearest):
                continue
            if ask.kind is DecisionKind.DISMISS:
                yield [subject]
            elif nearest is not None:
                yield [subject, nearest]

    def _nearest(self, known: Assessment) -> Subject | None:
        """Return the library picture that speaks for one, or comes nearest, if there is any."""
        witness = self._files.catalog.get(known.witness) if known.witness is not None else None
        if known.witness is None or witness is None or witness.digest is None:
            return None
        return known.witness, witness.digest

    def _shown_class(self, place: Place, record: FileRecord) -> Assessment | None:
        hidden = self._files.hidden(place, record)
        return None if hidden else self._files.assessment(place, record)

    def _undo(self, number: int, ask: AskUndo) -> Reply | None:
        if ask.id.startswith(LOSS):
            self._out.do(Record(number, self._out.now.wall_s, loss=ask.id))
            return None
        wanted = ask.id or self._book.last()
        if wanted is None:
            why = "nothing was decided that could be undone"
            return Refused("there is nothing to undo", why, "dedupd decisions", usage=True)
        undone = tuple(self._book.undoable(wanted))
        if not undone:
            why = "it was never given, or is undone already"
            return Refused(f"there is no decision {wanted}", why, "dedupd decisions", usage=True)
        self._out.do(Record(number, self._out.now.wall_s, undone=undone))
        return None

    def _record(self, number: int, wanted: list[tuple[DecisionKind, list[Subject]]]) -> None:
        decisions = tuple(self._made(wanted))
        self._given += len(decisions)
        self._out.do(Record(number, self._out.now.wall_s, decisions))

    def _made(self, wanted: list[tuple[DecisionKind, list[Subject]]]) -> Iterator[Decision]:
        """Yield the decisions with their ids, all of one batch."""
        time, batch = rfc3339(self._out.now.wall_s), f"b{self._given + 1}"
        for number, (kind, subjects) in enumerate(wanted, self._given + 1):
            (place, digest), *others = subjects
            one = Decision(
                f"d{number}", batch, time, kind, digest, first_path=self._roots.path(place)
            )
            yield self._with_second(one, *others[0]) if others else self._with_looks(one)

    def _with_looks(self, decision: Decision) -> Decision:
        known = self._files.store.fingerprint(decision.first)
        if not isinstance(known, Fingerprint):
            return decision
        return replace(decision, dhash=known.dhash, sketch=known.sketch)

    def _with_second(self, one: Decision, place: Place, digest: Digest) -> PairDecision:
        return PairDecision(
            one.id,
            one.batch,
            one.time,
            one.kind,
            one.first,
            digest,
            one.first_path,
            self._roots.path(place),
            first_coded=self._coding(one.first) or b"",
            second_coded=self._coding(digest) or b"",
        )

    def _coding(self, digest: Digest) -> bytes | None:
        """Return the coded picture of a content, None while nobody has looked at it."""
        known = self._files.store.fingerprint(digest)
        if known is None:
            return None
        return known.coded if isinstance(known, Fingerprint) else b""

    def _subject(self, path: bytes) -> Subject | Refused:
        place = self._roots.place(path)
        record = self._files.catalog.get(place) if place is not None else None
        if place is None or record is None:
            why = "it is not below a root, or dedupd has not seen it (yet)"
            return _refused(path, why, "dedupd status --wait")
        if record.digest is None:
            why = "it has not been read (yet), or it can't be"
            return _refused(path, why, "dedupd status --wait")
        if record.kind is not Kind.PICTURE:
            return _refused(path, "it is not a picture", "dedupd missing   # lists pictures")
        return place, record.digest

    def _refusal(self, kind: DecisionKind, subjects: list[Subject]) -> Refused | None:
        """Return why this can't be decided, None if it can."""
        (place, digest), *others = subjects
        needle = any(self._is(Role.NEEDLES, one) for _, one in subjects)
        if kind is DecisionKind.DISMISS:
            why = "only a needle picture can be dismissed"
            return None if needle else _refused(self._roots.path(place), why, "dedupd missing")
        _, other = others[0]
        path = self._roots.path(place)
        if digest == other:
            return _refused(path, "both files hold the same bytes", "nothing is left to decide")
        if not needle or not any(self._is(Role.HAYSTACK, one) for _, one in subjects):
            why = "one of the two must be a needle picture, the other one in the library"
            return _refused(path, why, "dedupd status   # lists the roots")
        return None

    def _is(self, role: Role, digest: Digest) -> bool:
        return bool(self._files.catalog.places(role, digest))

    def _apply(self, decision: Decision) -> None:
        """Judge again whom a decision, or its undoing, touches."""
        touched = self._files.matcher.learned(decision.first)
        if decision.second is not None:
            touched |= self._files.matcher.learned(decision.second)
        if decision.kind is DecisionKind.DISMISS:
            looks = decision.dhash, decision.sketch
            touched |= self._files.matcher.dismissed(decision.first, *looks)
            if not self._book.dismissed(decision.first):
                self._files.matcher.dismissed(decision.first, None, b"")
        for digest in (decision.first, decision.second, *touched):
            if digest is not None and self._is(Role.NEEDLES, digest):
                self._files.refresh(digest, None)

    def _tell(self, decision: Decision, *, undone: bool) -> None:
        facts: list[tuple[str, object]] = [
            ("decision", decision.id),
            ("batch", decision.batch),
            ("kind", decision.kind.value),
        ]
        if decision.second_path:
            facts.append(("other", decision.second_path))
        name = "decision.undone" if undone else "decision.made"
        self._out.tell(Event(name, decision.first_path, tuple(facts)))


def _number(decision: Decision) -> int:
    """Return the number in an id that `_made` gave; 0 where somebody else gave it."""
    digits = decision.id[1:]
    return int(digits) if digits.isdecimal() else 0


def _refused(path: bytes, why: str, fix: str) -> Refused:
    return Refused(f"nothing can be decided about {shown(path)}", why, fix, usage=True)
