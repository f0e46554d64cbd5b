"""What is true of every needle folder at this moment, worked out from the disk by brute force.

Written from the contract alone, over the tokens of `engine_disk`; of the engine it knows only
what that may have heard of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.unit.engine_disk import (
    VARIANTS,
    Disk,
    Inode,
    Variant,
    Volume,
    digest,
    fingerprint,
    is_retold,
    kind,
)

from dedupd.model import EntryType, Fingerprint, FolderState, Kind, Place, Role, Root, Stamp
from dedupd.rules.decisions import DecisionBook
from dedupd.rules.patterns import excluded, ignored

MOST_STEP = 4  # grey levels


@dataclass
class Truth:
    """One folder's state and counts; `tree` holds those of `own` too.

    `likely` is the state that it would have if nobody else claimed what its pictures claim.
    """

    own: Counter[str] = field(default_factory=Counter)
    tree: Counter[str] = field(default_factory=Counter)
    state: FolderState = FolderState.EMPTY
    likely: FolderState = FolderState.EMPTY


@dataclass
class Whole:
    """All folders, the pictures that are in the library, and those that would be, unrivalled."""

    folders: dict[Place, Truth] = field(default_factory=dict)
    matched: set[Place] = field(default_factory=set)
    likely: set[Place] = field(default_factory=set)


@dataclass(frozen=True)
class Known:
    """What is known beside the disk's present contents.

    Attributes:
        book: What the owner decided.
        parked: Volumes that are away, by root.
        heard: Whether the needle with this stamp can have been reckoned with.
    """

    book: DecisionBook = field(default_factory=DecisionBook)
    parked: dict[str, Volume] = field(default_factory=dict)
    heard: Callable[[Place, Stamp], bool] = lambda place, stamp: True


def truth(disk: Disk, roots: dict[str, Root], known: Known | None = None) -> Whole:
    """Return what is so."""
    court = Court(disk, roots, known or Known())
    whole = Whole()
    for root, volume in court.mounted(Role.NEEDLES):
        for folder in volume.folders:
            if not volume.is_shut(folder):
                whole.folders[Place(root.id, folder)] = Truth()
        for place, inode in _open_files(root, volume):
            names = court.names(root, volume, place, inode)
            _count(whole.folders, place, names)
            if "matched" in names:
                whole.matched.add(place)
            if "matched" in names or "contested" in names:
                whole.likely.add(place)
        for shut in volume.shut:
            place = Place(root.id, shut)
            if not volume.is_shut(place.folder):
                _count(whole.folders, place, _shut_names(root, place))
    for one in whole.folders.values():
        one.state, one.likely = _state(one.tree, ""), _state(one.tree, "contested")
    return whole


class Court:
    """Everything that a picture's class depends on, at one moment."""

    def __init__(self, disk: Disk, roots: dict[str, Root], known: Known) -> None:
        self._disk, self._roots, self._known = disk, roots, known
        library = list(self._library())
        self._readable = {one.content for one in library if not one.writer}
        self._written = {len(one.content) for one in library if one.writer}
        self._votes = set(self._needles())
        self._classes: dict[bytes, list[str]] = {}

    def mounted(self, role: Role) -> Iterator[tuple[Root, Volume]]:
        """Yield the roots of that role that are there."""
        for root in self._roots.values():
            volume = self._disk.volumes[root.id]
            if root.role is role and volume is not None:
                yield root, volume

    def names(self, root: Root, volume: Volume, place: Place, inode: Inode) -> list[str]:
        """Return the counts that a needle file is one of."""
        fixed = _without_content(root, volume, place, inode)
        if fixed is not None:
            return fixed
        content = inode.content
        waits = len(content) in self._written
        if kind(content) is Kind.PICTURE:
            if content not in self._classes:
                self._classes[content] = self._class(content, waits)
            return ["pictures", *self._classes[content]]
        name = "videos" if kind(content) is Kind.VIDEO else "others"
        if content in self._readable:
            return [name]
        return [name, f"{name}_missing", *(["waiting"] if waits else [])]

    def _library(self) -> Iterator[Inode]:
        for root, volume in self.mounted(Role.HAYSTACK):
            for place, inode in _open_files(root, volume):
                hidden = ignored(place.path, root.ignore) or excluded(place.path, root.exclude)
                if inode.type is EntryType.FILE and not inode.forbidden and not hidden:
                    yield inode

    def _needles(self) -> Iterator[bytes]:
        """Yield the contents that have a vote."""
        volumes = list(self.mounted(Role.NEEDLES))
        volumes += [(self._roots[root], volume) for root, volume in self._known.parked.items()]
        for root, volume in volumes:
            for place, inode in _open_files(root, volume):
                picture = inode.content.startswith(b"pic") and root.role is Role.NEEDLES
                open_to_all = _without_content(root, volume, place, inode) is None
                if picture and open_to_all and self._known.heard(place, inode.stamp):
                    yield inode.content

    def _class(self, needle: bytes, waits: bool) -> list[str]:
        book, name = self._known.book, digest(needle)
        if book.dismissed(name):
            return ["dismissed"]
        if needle in self._readable:
            return ["matched"]
        looks = self._by_looks(needle)
        if looks[0] == "matched":
            return looks
        if book.same_as(name) & {digest(one) for one in self._readable}:
            return ["matched"]
        return ["pending"] if waits else looks

    def _by_looks(self, needle: bytes) -> list[str]:
        word = needle.split()[0]
        if word != b"pic":
            return {b"bad": ["unreadable"], b"flat": ["unmatched"]}[word]
        found = [
            self._beside(needle, one)
            for one in self._readable
            if _group(one) == _group(needle) and not self._differ(needle, one)
        ]
        contestable = ["contestable"] if any("contestable" in one for one in found) else []
        if any("matched" in one for one in found):
            return ["matched", *contestable]
        if any("contested" in one for one in found):
            return ["possible", "contested"]
        return ["possible"] if found or self._is_unwanted(needle) else ["unmatched"]

    def _beside(self, needle: bytes, library: bytes) -> list[str]:
        ours, theirs = _variant(needle), _variant(library)
        if _same_coding(needle, library):
            return ["matched"]
        if not (_within(ours, theirs) or is_retold(ours, theirs)) or _vetoed(ours, theirs):
            return ["possible"]
        agreed = ours.taken_at and ours.taken_at == theirs.taken_at
        if agreed or is_retold(ours, theirs):
            return ["matched"]
        rivals = (one for one in self._votes if one != needle)
        contested = any(self._claims(one, needle, library) for one in rivals)
        return ["contested"] if contested else ["matched", "contestable"]

    def _claims(self, other: bytes, needle: bytes, library: bytes) -> bool:
        """Does another needle claim the library's picture, as another picture than ours?"""
        ours, rival, theirs = (_variant(one) for one in (needle, other, library))
        if other == library or _same_coding(other, library):
            return ours.size_px == theirs.size_px
        if _same_coding(other, needle):
            return False
        alike = _group(other) == _group(library) and _within(rival, theirs)
        return alike and rival.size_px == ours.size_px and not self._differ(other, library)

    def _differ(self, first: bytes, second: bytes) -> bool:
        return self._known.book.differ(digest(first), digest(second))

    def _is_unwanted(self, needle: bytes) -> bool:
        """Does it look like something that the owner dismissed?"""
        hashes = {one.dhash for one in self._known.book.dismissals()}
        looks = fingerprint(needle)
        return isinstance(looks, Fingerprint) and any(
            dhash is not None and (looks.dhash ^ dhash).bit_count() <= 2 for dhash in hashes
        )


def _group(content: bytes) -> bytes:
    word, number, *_ = content.split()
    return number if word == b"pic" else b""


def _variant(content: bytes) -> Variant:
    return VARIANTS[content.decode().rstrip(".").split()[2]]


def _same_coding(first: bytes, second: bytes) -> bool:
    coding = _variant(first).coding
    return bool(coding) and (coding, _group(first)) == (_variant(second).coding, _group(second))


def _within(ours: Variant, theirs: Variant) -> bool:
    """Do all limits hold between two pictures of one group?"""
    blocks = ours.size_px == theirs.size_px and ours.moved != theirs.moved
    return abs(ours.step - theirs.step) <= MOST_STEP and not blocks


def _vetoed(needle: Variant, library: Variant) -> bool:
    smaller = needle.size_px > library.size_px
    return smaller or needle.taken_at not in ("", library.taken_at)


def _open_files(root: Root, volume: Volume) -> Iterator[tuple[Place, Inode]]:
    for path, inode in volume.names.items():
        place = Place(root.id, path)
        if not volume.is_shut(place.folder):
            yield place, inode


def _without_content(root: Root, volume: Volume, place: Place, inode: Inode) -> list[str] | None:
    """Return what a file counts as where its content has no say, None where it has."""
    prefix = place.folder + b"/" if place.folder else b""
    present = {*volume.names, *volume.shut}
    siblings = {p[len(prefix) :] for p in present if p.startswith(prefix)}
    known = inode.type is EntryType.FILE and not inode.forbidden and not inode.writer
    harmless = known and kind(inode.content) is Kind.OTHER
    doubtful = place.name[:2] == b"._" and not harmless
    if ignored(place.path, root.ignore, siblings) and not doubtful:
        return ["ignored"]
    if excluded(place.path, root.exclude):
        is_file = inode.type is EntryType.FILE
        picture = is_file and (not known or kind(inode.content) is Kind.PICTURE)
        return ["excluded", *(["hidden"] if picture else [])]
    if inode.type is not EntryType.FILE or inode.forbidden:
        return ["pictures", "unreadable"]
    return ["pictures", "pending"] if inode.writer else None


def _shut_names(root: Root, place: Place) -> list[str]:
    if excluded(place.path, root.exclude):
        return ["excluded", "hidden"]
    return ["pictures", "unreadable"]


def _count(folders: dict[Place, Truth], place: Place, names: list[str]) -> None:
    folder = place.folder
    folders[Place(place.root, folder)].own.update(names)
    while True:
        folders[Place(place.root, folder)].tree.update(names)
        if not folder:
            return
        folder = folder.rpartition(b"/")[0]


def _state(n: Counter[str], excused: str) -> FolderState:
    if not n["pictures"]:
        return FolderState.INCOMPLETE if n["hidden"] else FolderState.EMPTY
    if n["pending"] or n["waiting"]:
        return FolderState.PENDING
    if n["unmatched"] or n["unreadable"] or n["hidden"]:
        return FolderState.INCOMPLETE
    return FolderState.REVIEW if n["possible"] - n[excused] else FolderState.IMPORTED
