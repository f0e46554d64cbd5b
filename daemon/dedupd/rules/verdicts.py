"""What one file counts as, and what state a folder is in: the contract's two tables as code."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from dedupd.model import (
    Assessment,
    EntryType,
    EvidenceKind,
    FileRecord,
    Fingerprint,
    FolderState,
    Kind,
    PictureClass,
    RootState,
    Unreadable,
)
from dedupd.rules.tally import CONTESTABLE, HIDDEN_PICTURES, WAITING, Node, Share

PASSES = {PictureClass.MATCHED, PictureClass.DISMISSED}

NOT_A_FILE = {
    EntryType.LINK: Assessment(PictureClass.UNREADABLE, "link", "a link is not followed"),
    EntryType.SPECIAL: Assessment(PictureClass.UNREADABLE, "special", "not a regular file"),
    EntryType.FOLDER: Assessment(PictureClass.UNREADABLE, "unlistable"),
}

NOT_LOOKED_AT = Assessment(PictureClass.PENDING, "not-looked-at")
BEING_WRITTEN = Assessment(PictureClass.PENDING, "being-written")


def at_file_level(record: FileRecord) -> Assessment | None:
    """Return the class of a file that its content has no say in, None where it has.

    A file that nobody could look into may hold a picture, so it counts as one.
    """
    if record.type is not EntryType.FILE:
        known = NOT_A_FILE[record.type]
        if record.problem is None:
            return known
        return Assessment(known.cls, record.problem.reason, record.problem.detail)
    if not record.settled:
        return BEING_WRITTEN
    if record.digest is None and record.problem is not None:
        why = record.problem
        return Assessment(PictureClass.UNREADABLE, why.reason, why.detail)
    if record.kind is None or (record.kind is Kind.PICTURE and record.digest is None):
        return NOT_LOOKED_AT
    return None


def is_decided(assessment: Assessment) -> bool:
    """Does the owner's word alone let this picture pass?"""
    evidence = assessment.evidence
    by_owner = evidence is not None and evidence.kind is EvidenceKind.OWNER
    return assessment.cls is PictureClass.DISMISSED or by_owner


def picture_share(assessment: Assessment) -> Share:
    """Return what a picture of that class adds to its folders."""
    name = assessment.cls.value
    if assessment.cls in PASSES:
        root = assessment.witness.root if assessment.witness is not None else ""
        contestable = (CONTESTABLE,) if assessment.contestable else ()
        return Share(("pictures", name, *contestable), rests_on=root)
    return Share(("pictures", name), blocks=assessment.reason or name)


def other_share(kind: Kind, copy_root: str, undecided: bool) -> Share:
    """Return what a file that isn't a picture adds.

    Args:
        copy_root: Haystack root that holds the same bytes, "" if none does.
        undecided: A library file of this size has not been read yet.
    """
    name = "videos" if kind is Kind.VIDEO else "others"
    if copy_root:
        return Share((name,), rests_on=copy_root)
    if undecided:
        return Share((name, f"{name}_missing", WAITING), blocks="not-looked-at")
    return Share((name, f"{name}_missing"))


def excluded_share(record: FileRecord) -> Share:
    """Return what a file that `exclude` hides adds; pictures among them block `imported`.

    What was not looked into yet, or can't be, may be one.
    """
    if record.type is EntryType.FOLDER or record.kind in (Kind.PICTURE, None):
        if record.type in (EntryType.LINK, EntryType.SPECIAL):
            return Share(("excluded",))
        return Share(("excluded", HIDDEN_PICTURES), blocks="excluded")
    return Share(("excluded",))


IGNORED_SHARE = Share(("ignored",))


def library_share(record: FileRecord, known: Fingerprint | Unreadable | None) -> Share:
    """Return what a picture of the library adds, whose looks are `known` or not."""
    damaged = isinstance(known, Fingerprint) and known.bytes_only == "damaged"
    bad = record.problem is not None or isinstance(known, Unreadable) or damaged
    return _BAD_SHARE if bad else _GOOD_SHARE


_GOOD_SHARE, _BAD_SHARE = Share(("pictures",)), Share(("pictures", "unreadable"))


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a folder's state depends on beside its own numbers.

    Attributes:
        root: State of its needle root.
        listed: The needle root was listed to the end since it came.
        away: Haystack roots that are offline or suspicious.
        unread: A haystack root was never read through.
        others_block: Files that aren't pictures must be in the library too.
        claimed: The claim procedure passed for the folder's present version.
        votes_open: Needle pictures that nobody has looked at yet may claim the same library
            pictures; counts against what was never said to be imported only.
    """

    root: RootState
    listed: bool
    away: Collection[str]
    unread: bool
    others_block: bool
    claimed: bool
    votes_open: bool = False


def state_of(node: Node, conditions: Conditions) -> FolderState:
    """Return the state of a folder: the first line of the contract's table that applies."""
    if conditions.root is RootState.OFFLINE:
        return FolderState.OFFLINE
    if any(node.rests_on[root] for root in conditions.away):
        return FolderState.UNVERIFIED
    if not conditions.listed:
        return FolderState.PENDING
    return settled_state(node, conditions)


def settled_state(node: Node, conditions: Conditions) -> FolderState:
    """Return the state as it would be if every root were online and listed."""
    n = node.tree
    if n["pictures"] == 0:
        # A hidden picture is a picture below the folder: it is not empty.
        return FolderState.INCOMPLETE if n[HIDDEN_PICTURES] else FolderState.EMPTY
    if n["pending"] or n[WAITING] or (n["unmatched"] and conditions.unread):
        return FolderState.PENDING
    missing = n["others_missing"] + n["videos_missing"] if conditions.others_block else 0
    if n["unmatched"] or n["unreadable"] or n[HIDDEN_PICTURES] or missing:
        return FolderState.INCOMPLETE
    if n["possible"]:
        return FolderState.REVIEW
    return FolderState.IMPORTED if conditions.claimed else FolderState.PENDING


def looks_imported(node: Node, conditions: Conditions) -> bool:
    """Is a claim all that is missing?"""
    if node.tree["pending"] or (conditions.votes_open and node.tree[CONTESTABLE]):
        return False
    claimed = replace(conditions, claimed=True)
    return state_of(node, claimed) is FolderState.IMPORTED
