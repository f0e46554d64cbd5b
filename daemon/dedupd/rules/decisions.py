"""The owner's decisions: which were taken, which were taken back, and which rule.

Pure and in memory.  Decisions are about contents: a dismissal about one, `same` and `different`
about two, in either order.  Of all that were taken about the same contents and not undone, the
latest is in force; undoing it brings the one before it back.

`different` is about what two pictures show, so it holds for all contents of the same two coded
pictures: a rating that is written into a file must not end it.  The other two kinds let a picture
pass, so they hold for the very contents that the owner saw.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from dedupd.decision import Decision, DecisionKind
from dedupd.model import Digest

Subject = tuple[Digest, ...]
"""What a decision is about: one content that was dismissed, or two in their order as bytes."""

Coding = bytes
"""As `Fingerprint.coded`: what contents of the same coded picture have in common; b"" for none."""


class DecisionBook:
    """Every decision, in the order in which they were taken.

    Attributes:
        doubtful: Something that the owner said was lost: an undo, or `different` about any two.
            Then no dismissal and no `same` holds, and any two contents may differ.
        coding: Tells the coded picture of a content, None while nobody has looked at it; `seen`
            must be called when that changes.
    """

    def __init__(self) -> None:
        self.doubtful = False
        self._coding: Callable[[Digest], Coding | None] = lambda _: None
        self._taken: dict[str, Decision] = {}
        self._batches: dict[str, list[Decision]] = {}
        self._undone: set[str] = set()
        self._standing: dict[Subject, list[Decision]] = {}  # not undone; the last is in force
        self._subjects: dict[Digest, set[Subject]] = {}
        self._numbers: dict[str, int] = {}  # by id, in the order of taking
        self._codings: dict[Digest, set[Coding]] = {}  # of contents that were decided about
        self._coded: dict[Coding, set[Digest]] = {}  # the same by coding
        self._unseen: set[Digest] = set()  # called different, and `coding` didn't tell yet
        self._unasked: set[Digest] = set()  # of these, about whom nobody asked `coding` yet
        self._any_different = False

    @property
    def coding(self) -> Callable[[Digest], Coding | None]:
        """See the class."""
        return self._coding

    @coding.setter
    def coding(self, coding: Callable[[Digest], Coding | None]) -> None:
        self._coding, self._unasked = coding, set(self._unseen)

    def seen(self, digest: Digest) -> None:
        """Somebody may have looked at this content: `coding` may tell of it now."""
        if digest in self._unseen and (coding := self._coding(digest)) is not None:
            self._unseen.discard(digest)
            self._index(digest, coding)

    def take(
        self, decision: Decision, first_coded: Coding = b"", second_coded: Coding = b""
    ) -> None:
        """Let `decision` rule over earlier ones about the same contents.

        Args:
            first_coded, second_coded: The coded pictures of its contents as they were known when
                it was made: once both files were edited, nobody else may remember.

        Raises:
            ValueError: A decision with this id was taken before, or it is about the wrong number
                of contents for its kind.
        """
        if decision.id in self._taken:
            raise ValueError(f"decision {decision.id} was taken already")
        subject = _subject(decision)
        self._numbers[decision.id] = len(self._taken)
        self._taken[decision.id] = decision
        self._batches.setdefault(decision.batch, []).append(decision)
        self._standing.setdefault(subject, []).append(decision)
        for digest in subject:
            self._subjects.setdefault(digest, set()).add(subject)
        self._index(decision.first, first_coded)
        if decision.second is not None:
            self._index(decision.second, second_coded)
        if _is_wide(decision):
            self._any_different = True
            self._unseen.update(subject)
            self._unasked.update(subject)

    def undo(self, id: str) -> list[Decision]:
        """Take back what `undoable` names, and return it."""
        undone = self.undoable(id)
        for decision in undone:
            self._undone.add(decision.id)
            self._standing[_subject(decision)].remove(decision)
        return undone

    def undoable(self, id: str) -> list[Decision]:
        """Return all of the batch of this id, or else the decision of this id, as decided.

        What was undone before is left out; nothing is left where the id is unknown.
        """
        one = [self._taken[id]] if id in self._taken else []
        named = self._batches.get(id, one)
        return [decision for decision in named if decision.id not in self._undone]

    def last(self) -> str | None:
        """Return the batch of the latest decision that isn't undone."""
        standing = (d.batch for d in reversed(self._taken.values()) if d.id not in self._undone)
        return next(standing, None)

    def dismissed(self, digest: Digest) -> bool:
        """Did the owner say that this content isn't wanted in the library?"""
        return not self.doubtful and bool(self._standing.get((digest,)))

    def same_as(self, digest: Digest) -> set[Digest]:
        """Return the contents that the owner called the same picture as this one.

        Only what was said of this content itself: a same as b and b same as c says nothing of
        a and c.  A later `different` about the same two coded pictures takes it back.
        """
        others: set[Digest] = set()
        for subject in () if self.doubtful else self._subjects.get(digest, ()):
            ruling = self._ruling(subject)
            if ruling is not None and ruling.kind is DecisionKind.SAME:
                others.update(() if self.differ(*subject) else subject)
        return others - {digest}

    def differ(self, a: Digest, b: Digest) -> bool:
        """Did the owner say that these two show different pictures?  Never of equal contents."""
        if a == b or self.doubtful:
            return a != b
        ruling = self._ruling(_pair(a, b))
        rulings = [*self._wider(a, b), *([ruling] if ruling is not None else [])]
        last = max(rulings, key=lambda one: self._numbers[one.id], default=None)
        return last is not None and last.kind is DecisionKind.DIFFERENT

    def dismissals(self) -> Iterator[Decision]:
        """Yield the dismissals in force, as they were decided; takes as long as the book is."""
        everything = self.all()
        return (d for d, in_force in everything if in_force and d.kind is DecisionKind.DISMISS)

    def all(self) -> list[tuple[Decision, bool]]:
        """Return every decision as it was decided, with whether it is in force."""
        return [(d, self._ruling(_subject(d)) is d) for d in self._taken.values()]

    def about(self, digest: Digest) -> list[Decision]:
        """Return the decisions in force that hold for this content, by time and id."""
        held: dict[str, Decision] = {}
        for one in self._alike(digest):
            for subject in self._subjects.get(one, ()):
                ruling = self._ruling(subject)
                if ruling is not None and (one == digest or _is_wide(ruling)):
                    held[ruling.id] = ruling
        return sorted(held.values(), key=lambda d: (d.time, d.id))

    def _index(self, digest: Digest, coding: Coding) -> None:
        if coding:
            self._codings.setdefault(digest, set()).add(coding)
            self._coded.setdefault(coding, set()).add(digest)

    def _wider(self, a: Digest, b: Digest) -> Iterator[Decision]:
        """Yield each `different` in force about contents of the same two coded pictures."""
        if self._any_different:
            for one, other in itertools.product(self._alike(a), self._alike(b)):
                ruling = self._ruling(_pair(one, other))
                if ruling is not None and _is_wide(ruling):
                    yield ruling

    def _alike(self, digest: Digest) -> set[Digest]:
        """Return the content, and those of the same coded picture that were decided about."""
        while self._unasked:
            self.seen(self._unasked.pop())
        codings = {self.coding(digest) or b"", *self._codings.get(digest, ())}
        return {digest}.union(*(self._coded.get(coding, ()) for coding in codings))

    def _ruling(self, subject: Subject) -> Decision | None:
        standing = self._standing.get(subject)
        return standing[-1] if standing else None


def _is_wide(decision: Decision) -> bool:
    """Does it hold for all contents of the same coded pictures?"""
    return decision.kind is DecisionKind.DIFFERENT


def _subject(decision: Decision) -> Subject:
    one = decision.kind is DecisionKind.DISMISS
    if one is not (decision.second is None):
        raise ValueError(f"{decision.kind.value} is about {'one content' if one else 'two'}")
    return (decision.first,) if decision.second is None else _pair(decision.first, decision.second)


def _pair(a: Digest, b: Digest) -> Subject:
    return (a, b) if a <= b else (b, a)
