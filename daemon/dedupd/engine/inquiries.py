"""Questions from people and programs, answered from the engine's state or by a new look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dedupd.asks import (
    Ask,
    AskAccept,
    AskContent,
    AskContents,
    AskDecide,
    AskDecideMany,
    AskDecisions,
    AskExplain,
    AskNear,
    AskPath,
    AskPictures,
    AskReceipt,
    AskRescan,
    AskShelf,
    AskUndo,
    AskWait,
    Done,
    PathReply,
    PictureLine,
    PicturesReply,
    Refused,
    Reply,
)
from dedupd.engine.answers import Answers
from dedupd.engine.claims import Judged
from dedupd.engine.decisions import Decisions
from dedupd.engine.files import Files
from dedupd.engine.outbox import Outbox
from dedupd.engine.reporting import Reporting, sum_of
from dedupd.engine.roots import Roots
from dedupd.engine.standing import Standing
from dedupd.messages import Answer, Inquiry, Rescan
from dedupd.model import (
    Digest,
    FolderState,
    PictureClass,
    Place,
    RootState,
)
from dedupd.text import rfc3339, shown

LOOKS_AT_MOST = 6
FINE = {FolderState.IMPORTED, FolderState.EMPTY}


@dataclass(slots=True)
class Asked:
    """A question that waits for a look."""

    number: int
    place: Place
    folder: Place
    looks: int = 0
    again_at_s: float | None = None


class Inquiries:
    """Open questions.  Belongs to the engine."""

    def __init__(
        self,
        files: Files,
        roots: Roots,
        standing: Standing,
        reporting: Reporting,
        *,
        answers: Answers,
        decisions: Decisions,
        outbox: Outbox,
    ) -> None:
        self._files, self._roots, self._standing = files, roots, standing
        self._reporting, self._answers, self._out = reporting, answers, outbox
        self._decisions = decisions
        self._asked: dict[int, Asked] = {}
        self._waiting: dict[int, float] = {}

    @property
    def open(self) -> bool:
        """Does anybody wait for an answer?"""
        return bool(self._asked or self._waiting)

    def take(self, inquiry: Inquiry) -> None:
        """Answer a question now, or begin the look that will answer it."""
        reply = self._reply(inquiry.number, inquiry.ask)
        if reply is not None:
            self._out.do(Answer(inquiry.number, reply))

    def tend(self, idle: bool, settled: bool, longest_s: float) -> None:
        """Answer who waits for rest, and look again for whom the last look proved nothing.

        Args:
            idle: Nothing is left to do but to wait for files that are being written.
            settled: No file is being written either.
            longest_s: How long a question waits for files that are being written.
        """
        for number, since_s in list(self._waiting.items()):
            if idle and (settled or self._out.now.s - since_s > longest_s):
                del self._waiting[number]
                self._out.do(Answer(number, Done()))
        for asked in list(self._asked.values()):
            if asked.again_at_s is not None and asked.again_at_s <= self._out.now.s:
                asked.again_at_s = None
                self._look(asked)

    def next_due_s(self) -> float | None:
        """Return when a question wants to be looked into again."""
        due = [one.again_at_s for one in self._asked.values() if one.again_at_s is not None]
        return min(due, default=None)

    def judged(self, judged: Judged) -> None:
        """The look for a question came back."""
        asked = self._asked.get(judged.claim.inquiry or 0)
        if asked is None:
            return
        spoken = [
            refusal
            for refusal in judged.ruling.refusals
            if refusal.reason == "root"
            or asked.place == asked.folder
            or refusal.path == asked.place.path
        ]
        early = {refusal.reason for refusal in spoken} == {"early"}
        proven = any(one.folder == asked.folder for one in judged.ruling.imported)
        # What was proven of a version that is gone already is worth no more than a disturbed look.
        disturbed = judged.claim.disturbed or (proven and not self._standing.holds(asked.folder))
        if (disturbed or early) and asked.looks < LOOKS_AT_MOST:
            quiet_s = judged.claim.case.quiet_s
            asked.again_at_s = self._out.now.s + (quiet_s if early else 0.2)
            return
        del self._asked[asked.number]
        good = not judged.claim.disturbed and not spoken and self._still(asked, judged)
        why = f"{spoken[0].reason}: {shown(self._roots.path(spoken[0].culprit))}" if spoken else ""
        if not good and not why:
            why = "it changed while it was looked at"
        self._out.do(Answer(asked.number, self._path_reply(asked.place, good, why)))

    def _reply(self, number: int, ask: Ask) -> Reply | None:
        match ask:
            case AskPath():
                return self._about(number, ask)
            case AskPictures():
                return self._pictures(ask)
            case AskWait():
                self._roots.rescan(Rescan(None, "asked"))
                self._waiting[number] = self._out.now.s
                return None
            case AskRescan():
                return self._rescan(ask)
            case AskAccept():
                return self._accept(ask)
            case AskExplain() | AskNear() | AskContents() | AskReceipt():
                return self._answers.reply(ask)
            case AskShelf() | AskContent():
                return self._answers.reply(ask)
            case AskDecide() | AskDecideMany() | AskUndo() | AskDecisions():
                return self._decisions.reply(number, ask)

    def _about(self, number: int, ask: AskPath) -> Reply | None:
        place = self._roots.place(ask.path)
        if place is None or self._roots.desks[place.root].haystack:
            return _not_below(ask.path)
        folder = place if self._files.tally.node(place) else Place(place.root, place.folder)
        if self._files.tally.node(folder) is None or not self._known(place):
            why = "dedupd has not seen this path (yet)"
            return Refused(
                f"nothing is known of {shown(ask.path)}", why, "dedupd status --wait", usage=True
            )
        asked = Asked(number, place, folder)
        if not self._promising(place):
            return self._path_reply(place, False, self._why_not(place))
        self._asked[number] = asked
        self._look(asked)
        return None

    def _look(self, asked: Asked) -> None:
        if not self._known(asked.place) or not self._promising(asked.place):
            self._asked.pop(asked.number, None)
            why = self._why_not(asked.place)
            self._out.do(Answer(asked.number, self._path_reply(asked.place, False, why)))
            return
        asked.looks += 1
        self._standing.look(asked.folder, asked.number)

    def _still(self, asked: Asked, judged: Judged) -> bool:
        """Did nothing that we know of change between the look and this answer?"""
        if asked.place == asked.folder:
            holds = self._standing.holds(asked.folder)
            return self._is_empty(asked.folder) or (holds and self._promising(asked.folder))
        record = self._files.catalog.get(asked.place)
        expected = judged.claim.case.files.get(asked.place.path)
        same = record is not None and expected is not None and record.stamp == expected.seen.stamp
        return same and self._promising(asked.place)

    def _is_empty(self, place: Place) -> bool:
        return self._standing.state(place) is FolderState.EMPTY

    def _known(self, place: Place) -> bool:
        files = self._files
        return files.tally.node(place) is not None or files.catalog.get(place) is not None

    def _promising(self, place: Place) -> bool:
        """May a look find it imported?  A folder must look so, a picture be matched."""
        if self._files.tally.node(place) is not None:
            return self._standing.looks_imported(place) or self._is_empty(place)
        desk, line = self._roots.desks[place.root], self._answers.line(place)
        matched = line is not None and line.cls is PictureClass.MATCHED
        return desk.online and desk.listed and matched

    def _why_not(self, place: Place) -> str:
        if self._files.tally.node(place) is not None:
            return self._standing.state(place).value
        line = self._answers.line(place)
        return f"{line.cls.value} {line.reason}".strip() if line else "not a picture"

    def _path_reply(self, place: Place, good: bool, why: str) -> PathReply:
        """Return the answer about a path; `good`: a look at the disk found nothing against it."""
        now = rfc3339(self._out.now.wall_s)
        if self._files.tally.node(place) is not None:
            folder, empty = self._reporting.folder(place, now), self._is_empty(place)
            return PathReply(good and not empty, folder, None, why, empty=good and empty)
        return PathReply(good, None, self._answers.line(place), why)

    def _pictures(self, ask: AskPictures) -> Reply:
        folders: list[Place] = []
        for path in ask.folders:
            place = self._roots.place(path)
            if place is None or self._files.tally.node(place) is None or self._haystack(place):
                return _not_below(path)
            folders.append(place)
        if not ask.folders:
            folders = [Place(root, b"") for root in self._roots.desks]
            folders = [folder for folder in folders if not self._haystack(folder)]
        nodes = [self._files.tally.node(folder) for folder in folders]
        states = [self._standing.state(folder) for folder in folders]
        return PicturesReply(
            tuple(self._lines(folders, ask)),
            sum_of(node for node in nodes if node is not None),
            all(state in FINE for state in states),
        )

    def _lines(self, folders: list[Place], ask: AskPictures) -> Iterator[PictureLine]:
        """Yield the pictures of the wanted classes, by path, none twice."""
        places = {place for folder in folders for place, _ in self._files.catalog.files(*folder)}
        shown_digests: set[Digest] = set()
        for place in sorted(places, key=self._roots.path):
            line = self._answers.line(place)
            if line is None or line.cls not in ask.classes:
                continue
            record = self._files.catalog.get(place)
            digest = record.digest if record is not None else None
            if ask.distinct and digest is not None:
                if digest in shown_digests:
                    continue
                shown_digests.add(digest)
            yield line

    def _rescan(self, ask: AskRescan) -> Reply:
        if ask.path is None:
            self._roots.rescan(Rescan(None, "asked"))
            return Done("every root is being looked at again")
        place = self._roots.place(ask.path)
        if place is None:
            return _not_below(ask.path)
        if place.path:
            self._roots.hint(place)
        else:
            self._roots.rescan(Rescan(place.root, "asked"))
        return Done(f"{shown(ask.path)} is being looked at again")

    def _accept(self, ask: AskAccept) -> Reply:
        place = self._roots.place(ask.path)
        if place is None or place.path:
            roots = ", ".join(shown(desk.root.path) for desk in self._roots.desks.values())
            why = f"the roots are {roots}"
            return Refused(f"{shown(ask.path)} is not a root", why, "dedupd status", usage=True)
        desk = self._roots.desks[place.root]
        if desk.state is RootState.OFFLINE and desk.detail != "replaced":
            why = f"there is nothing to accept: {desk.detail or 'it was not looked at yet'}"
            return Refused(f"{shown(ask.path)} can't be accepted", why, "connect or mount it first")
        self._roots.accept(place.root)
        return Done(f"{shown(ask.path)} is taken as it is now")

    def _haystack(self, place: Place) -> bool:
        return self._roots.desks[place.root].haystack


def _not_below(path: bytes) -> Refused:
    return Refused(
        f"{shown(path)} is not a needle folder",
        "it lies below no needle root of this daemon",
        "dedupd status   # lists the roots",
        usage=True,
    )
