"""The claim procedure: the only code that may say "imported".

`judge` is pure.  It is given what the engine believes (`Case`) and what the disk showed a moment
ago (`TreeLooked`, `WitnessesLooked`), and builds an `Imported` for those folders in which every
single file is as believed and every picture has a witness that was seen too.
`Imported` can't be built by anyone else: it wants the key that only `judge` holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dedupd.messages import Sight, TreeLooked, WitnessesLooked
from dedupd.model import EntryType, EvidenceKind, Identity, Place, Stamp
from dedupd.text import name_of, parent

_KEY: Final = object()
TWO_NAMES: Final = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What the engine knows of a file: its stamp, and since when (monotonic seconds)."""

    stamp: Stamp
    since_s: float


@dataclass(frozen=True, slots=True)
class Expected:
    """One file of the needle tree as the engine believes it.

    Attributes:
        picture: It is a picture, or may be one for all we know: it needs a witness.
        witness: The haystack file that vouches for it, None if none does.
        evidence: Why the witness vouches.
        hidden: Ignored or excluded: it must be known, its content doesn't matter.
        dismissed: The owner doesn't want this content in the library: it needs no witness.
    """

    seen: Seen
    type: EntryType
    picture: bool = True
    witness: Place | None = None
    evidence: EvidenceKind | None = None
    hidden: bool = False
    dismissed: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A claim to be looked into.

    Attributes:
        folder: The needle tree to look at.
        claimed: The folders in it that look imported, with their versions.
        known_folders: Every folder the engine knows at or below `folder`.
        files: Path inside the root -> what is expected there, for the whole tree.
        witnesses: What is expected of the haystack files.
        identities: Root id -> identity at the beginning, of the needle root and of every
            haystack root that holds a witness.
        begun_s: Monotonic time at which the look began.
        quiet_s: How far apart two sightings of a file must be.
    """

    folder: Place
    claimed: Mapping[bytes, int]
    known_folders: frozenset[bytes]
    files: Mapping[bytes, Expected]
    witnesses: Mapping[Place, Seen]
    identities: Mapping[str, Identity]
    begun_s: float
    quiet_s: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a folder that holds `path` can't be called imported now.

    Attributes:
        reason: "new", "gone", "changed", "unlistable", "root", "witness-gone",
            "witness-changed", "unmatched", "same-file" or "early".
        culprit: Where to look again.
    """

    path: bytes
    reason: str
    culprit: Place


@dataclass(frozen=True, slots=True)
class Imported:
    """Proof that a folder was imported at the moment of the look; made by `judge` alone."""

    folder: Place
    version: int
    evidence: Mapping[EvidenceKind, int]
    key: object

    def __post_init__(self) -> None:
        if self.key is not _KEY:
            raise TypeError("only claim.judge may say that a folder is imported")


@dataclass(frozen=True, slots=True)
class Ruling:
    """The outcome of a claim: folders that are imported, and what spoke against the others."""

    imported: tuple[Imported, ...]
    refusals: tuple[Refusal, ...]


def judge(case: Case, tree: TreeLooked, witnesses: Mapping[str, WitnessesLooked]) -> Ruling:
    """Rule on `case` from what the disk showed.

    A refusal at a path counts against every folder above it, and against none beside it.
    """
    if not _roots_are_the_same(case, tree, witnesses):
        return Ruling((), (Refusal(case.folder.path, "root", case.folder),))
    present = {sight.path: sight for sight in tree.sights}
    vouching = {
        Place(look.root, sight.path): sight for look in witnesses.values() for sight in look.sights
    }
    refusals = [
        *_listing_faults(case, tree, present),
        *_file_faults(case, present, vouching),
    ]
    spoilt = {above for refusal in refusals for above in _at_and_above(refusal.path)}
    evidence = _evidence(case)
    imported = [
        Imported(Place(tree.root, folder), version, evidence[folder], _KEY)
        for folder, version in case.claimed.items()
        if folder not in spoilt and folder in evidence  # without a picture a folder is empty
    ]
    return Ruling(tuple(imported), tuple(refusals))


def _roots_are_the_same(
    case: Case, tree: TreeLooked, witnesses: Mapping[str, WitnessesLooked]
) -> bool:
    """Did every look see the very roots that the case is about, before and after?"""
    looked = {root: look.identity for root, look in witnesses.items()}
    looked[tree.root] = tree.identity
    needed = {case.folder.root} | {witness.root for witness in case.witnesses}
    return all(
        looked.get(root) is not None and looked[root] == case.identities.get(root)
        for root in needed
    )


def _listing_faults(
    case: Case, tree: TreeLooked, present: Mapping[bytes, Sight]
) -> Iterator[Refusal]:
    """Yield what the disk has and the engine doesn't know, and what could not be listed."""
    for path, _ in tree.problems:
        yield Refusal(path, "unlistable", Place(tree.root, path))
    for path, sight in present.items():
        is_folder = sight.type is EntryType.FOLDER
        if path not in (case.known_folders if is_folder else case.files):
            yield Refusal(path, "new", Place(tree.root, path))


def _file_faults(
    case: Case, present: Mapping[bytes, Sight], vouching: Mapping[Place, Sight]
) -> Iterator[Refusal]:
    """Yield what the engine believes and the disk doesn't show."""
    names = {_one_name(sight) for sight in present.values()}
    for path, expected in case.files.items():
        sight = present.get(path)
        here = Place(case.folder.root, path)
        if sight is None:
            yield Refusal(path, "gone", here)
        elif expected.hidden:
            continue
        elif (sight.stamp, sight.type) != (expected.seen.stamp, expected.type):
            yield Refusal(path, "changed", here)
        elif not _seen_twice(case, expected.seen):
            yield Refusal(path, "early", here)
        elif expected.picture and expected.witness is None and not expected.dismissed:
            yield Refusal(path, "unmatched", here)
        elif expected.witness is not None:
            fault = _witness_fault(case, expected.witness, sight, vouching)
            if not fault and _one_name(vouching[expected.witness]) in names:
                fault = "same-file"  # whoever deletes the tree deletes the witness
            if fault:
                yield Refusal(path, fault, here if fault == "same-file" else expected.witness)


def _witness_fault(
    case: Case, witness: Place, needle: Sight, vouching: Mapping[Place, Sight]
) -> str:
    """Return what is wrong with the witness of a needle, "" if nothing is."""
    sight = vouching.get(witness)
    seen = case.witnesses[witness]
    if sight is None or sight.type is not EntryType.FILE:
        return "witness-gone"
    if sight.stamp != seen.stamp:
        return "witness-changed"
    if not _seen_twice(case, seen):
        return "early"
    return "same-file" if _may_be_one_name(needle, sight) else ""


def _may_be_one_name(needle: Sight, sight: Sight) -> bool:
    """Might the two be one name, shown by two mounts?

    Another name of the same file is safe to delete, the same name reached in another way is
    not: a bind mount shows one name twice.  Without inode numbers two mounts of one device may
    show anything twice.
    """
    if needle.device != sight.device or needle.stamp.ino != sight.stamp.ino:
        return False
    if not needle.stamp.ino:
        return needle.mount_id != sight.mount_id
    return needle.links < TWO_NAMES or needle.mount_id != sight.mount_id


def _one_name(sight: Sight) -> tuple[tuple[int, int], bytes]:
    """Return what is equal for two sights of one name, whatever path or mount led there."""
    return sight.folder, name_of(sight.path)


def _seen_twice(case: Case, seen: Seen) -> bool:
    """Was the stamp first seen long enough before this look, which is the second time?"""
    return case.begun_s - seen.since_s >= case.quiet_s


def _at_and_above(path: bytes) -> Iterator[bytes]:
    yield path
    while path:
        path = parent(path)
        yield path


def _evidence(case: Case) -> dict[bytes, dict[EvidenceKind, int]]:
    """Count the evidence of the pictures at or below each folder that holds any."""
    kinds: dict[bytes, dict[EvidenceKind, int]] = {}
    for path, expected in case.files.items():
        if expected.evidence is None and not expected.dismissed:
            continue
        for folder in _at_and_above(parent(path)):
            there = kinds.setdefault(folder, {})
            if expected.evidence is not None:
                there[expected.evidence] = there.get(expected.evidence, 0) + 1
    return kinds
