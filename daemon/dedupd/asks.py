"""Questions to the engine, and its replies; the protocol turns both to and from JSON."""

from __future__ import annotations

from dataclasses import dataclass

from dedupd.decision import Decision, DecisionKind
from dedupd.likeness import MatchLimits
from dedupd.model import Digest, Evidence, Fingerprint, PictureClass, Role, Stamp, Unreadable
from dedupd.reports import Counts, FolderReport


@dataclass(frozen=True, slots=True)
class AskPath:
    """Look again, on the disk and now, at one needle folder or picture: `PathReply`."""

    path: bytes


@dataclass(frozen=True, slots=True)
class AskPictures:
    """The pictures of these classes below these folders (none: everywhere): `PicturesReply`."""

    folders: tuple[bytes, ...]
    classes: tuple[PictureClass, ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class AskWait:
    """Walk every root again and answer when everything found is judged: `Done`."""


@dataclass(frozen=True, slots=True)
class AskRescan:
    """Walk this path again, or every root where it is None: `Done` at once."""

    path: bytes | None


@dataclass(frozen=True, slots=True)
class AskAccept:
    """The owner says that this suspicious or replaced root is right as it is: `Done`."""

    path: bytes


@dataclass(frozen=True, slots=True)
class AskExplain:
    """Everything known about one file below a root: `ExplainReply`."""

    path: bytes


@dataclass(frozen=True, slots=True)
class AskNear:
    """The library's pictures that may show this one, by bytes, coding and hash: `NearReply`."""

    digest: Digest
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class AskContents:
    """Files of that role with their fingerprints, by path, in portions: `ContentsReply`.

    Attributes:
        after: Absolute path; only what comes behind it is listed.
    """

    role: Role
    after: bytes = b""


@dataclass(frozen=True, slots=True)
class AskReceipt:
    """The files of a needle folder with their witnesses, in portions: `ReceiptReply`."""

    folder: bytes
    after: bytes = b""


@dataclass(frozen=True, slots=True)
class AskShelf:
    """Needle pictures of these classes, a page of them, for people to look at: `ShelfReply`.

    Classes come in the order asked for; within one by folder, then by reason, then by name.

    Attributes:
        folder: At or below it; None means below every needle root.
        offset, limit: How many to leave out, and how many to tell of at most.
    """

    folder: bytes | None
    classes: tuple[PictureClass, ...]
    offset: int = 0
    limit: int = 48


@dataclass(frozen=True, slots=True)
class AskContent:
    """The files of that role that hold this content: `ContentReply`."""

    role: Role
    digest: Digest


@dataclass(frozen=True, slots=True)
class AskDecide:
    """The owner decides about these pictures: `DecidedReply`.

    Attributes:
        first, second: Absolute paths; `second` is None for a dismissal.
    """

    kind: DecisionKind
    first: bytes
    second: bytes | None = None


@dataclass(frozen=True, slots=True)
class AskDecideMany:
    """The owner decides about every picture of a class below a folder: `DecidedReply`.

    Attributes:
        kind: SAME or DIFFERENT pair each with its nearest library picture, DISMISS.
        reasons: Only pictures with one of these; none means any.
        nearest: Only those that come nearest to this content of the library; None means any.
        sure: Do it; otherwise only tell what would be decided.
    """

    kind: DecisionKind
    folder: bytes
    cls: PictureClass
    reasons: tuple[str, ...] = ()
    nearest: Digest | None = None
    sure: bool = False


@dataclass(frozen=True, slots=True)
class AskUndo:
    """Take a decision, or a whole batch, back: `DecidedReply`; "" means the latest batch."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class AskDecisions:
    """Everything that the owner ever decided: `DecisionsReply`."""


Ask = (
    AskPath
    | AskPictures
    | AskWait
    | AskRescan
    | AskAccept
    | AskExplain
    | AskNear
    | AskContents
    | AskReceipt
    | AskShelf
    | AskContent
    | AskDecide
    | AskDecideMany
    | AskUndo
    | AskDecisions
)


@dataclass(frozen=True, slots=True)
class PictureLine:
    """One needle picture with its class; `nearest` and `path` are absolute."""

    path: bytes
    folder: bytes
    cls: PictureClass
    reason: str
    detail: str = ""
    evidence: Evidence | None = None
    nearest: bytes | None = None


@dataclass(frozen=True, slots=True)
class PathReply:
    """A folder or a picture, just looked at.

    `imported` is True only if every witness was seen on an online root for this answer,
    `empty` only if no picture was seen in the folder for this answer.
    """

    imported: bool
    folder: FolderReport | None
    picture: PictureLine | None
    why: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class PicturesReply:
    """The pictures asked for, by path, and how many of every class there are beside them."""

    lines: tuple[PictureLine, ...]
    totals: Counts
    imported: bool  # every folder asked about is imported or empty


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, or under way; `note` is for people."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """It can't be done: three lines for the user, and whether the command line was wrong."""

    what: str
    why: str
    fix: str = ""
    usage: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one file.

    Attributes:
        path: Absolute.
        fingerprint: None where it has not been made (yet).
        companions: Files beside it that belong to it, with what they are: (path, "Live Photo").
    """

    path: bytes
    role: Role
    stamp: Stamp
    digest: Digest | None
    fingerprint: Fingerprint | Unreadable | None = None
    companions: tuple[tuple[bytes, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MatchLine:
    """A library picture beside a needle.

    Attributes:
        evidence: Why it counts as the same, or would if `reason` weren't.
        reason: "" where it vouches; else the limit or veto that decided ("different": too far).
        sketch_score: Correlation of the two sketches.
        retold: Shrinking and coding the library's picture gives just this one.
    """

    known: Known
    evidence: Evidence | None
    reason: str
    distance_bits: int = 0
    sketch_score: float = 0.0
    retold: bool = False


@dataclass(frozen=True, slots=True)
class ExplainReply:
    """One file, its class if it is a needle picture, and the library pictures nearest to it.

    `signature` tells whether one was made; `decisions` are those about its content.
    """

    known: Known
    picture: PictureLine | None
    matches: tuple[MatchLine, ...]
    signature: bool
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class NearReply:
    """Library pictures near the one asked about; `unread` library files may hide more."""

    matches: tuple[MatchLine, ...]
    unread: int


@dataclass(frozen=True, slots=True)
class ContentsReply:
    """A portion of the files of a role, by path; `more` follow behind the last."""

    files: tuple[Known, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One file of a needle folder, its class ("" for no picture), and what vouches for it."""

    known: Known
    cls: str
    reason: str
    evidence: Evidence | None
    witness: Known | None


@dataclass(frozen=True, slots=True)
class ReceiptReply:
    """A portion of a folder's receipt, by path; `more` follow behind the last."""

    folder: FolderReport
    lines: tuple[ReceiptLine, ...]
    limits: MatchLimits
    more: bool


@dataclass(frozen=True, slots=True)
class ShelfLine:
    """One needle picture for the page, with what is known of it and of its nearest."""

    line: PictureLine
    known: Known
    nearest: Known | None = None


@dataclass(frozen=True, slots=True)
class ShelfReply:
    """A page of pictures, and how many there are of each class asked for."""

    lines: tuple[ShelfLine, ...]
    totals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ContentReply:
    """The files that hold a content, by path; none where nobody knows it."""

    files: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class PageReply:
    """Where the page is; whoever opens this address may decide."""

    url: str


@dataclass(frozen=True, slots=True)
class DecidedReply:
    """What was decided or undone, or, unless `done`, what would be."""

    decisions: tuple[Decision, ...]
    done: bool
    batch: str = ""


@dataclass(frozen=True, slots=True)
class DecisionsReply:
    """Every decision in order, with whether it is still in force."""

    decisions: tuple[tuple[Decision, bool], ...]


Reply = (
    PathReply
    | PicturesReply
    | Done
    | Refused
    | ExplainReply
    | NearReply
    | ContentsReply
    | ReceiptReply
    | ShelfReply
    | ContentReply
    | PageReply
    | DecidedReply
    | DecisionsReply
)
