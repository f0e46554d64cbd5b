"""What is true of every needle folder at this moment, worked out from the disk by brute force.

Written from the contract alone, over the tokens of `engine_disk`; knows nothing of the engine.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.unit.engine_disk import LUMA_STEPS, Disk, Inode, kind, size_px

from dedupd.model import EntryType, FolderState, Kind, Place, Role, Root
from dedupd.rules.patterns import excluded, ignored


@dataclass
class Truth:
    """One folder's state and counts; `tree` holds those of `own` too."""

    own: Counter[str] = field(default_factory=Counter)
    tree: Counter[str] = field(default_factory=Counter)
    state: FolderState = FolderState.EMPTY


def truth(disk: Disk, roots: dict[str, Root]) -> tuple[dict[Place, Truth], set[Place]]:
    """Return every needle folder's truth, and the needle pictures that are in the library."""
    library = list(_library(disk, roots))
    folders: dict[Place, Truth] = {}
    matched: set[Place] = set()
    for root in roots.values():
        volume = disk.volumes[root.id]
        if root.role is Role.HAYSTACK or volume is None:
            continue
        for folder in volume.folders:
            if not volume.is_shut(folder):
                folders[Place(root.id, folder)] = Truth()
        for path, inode in volume.names.items():
            place = Place(root.id, path)
            if volume.is_shut(place.folder):
                continue
            names = _names(root, place, inode, {*volume.names, *volume.shut}, library)
            _count(folders, place, names)
            if "matched" in names:
                matched.add(place)
        for shut in volume.shut:
            place = Place(root.id, shut)
            if not volume.is_shut(place.folder):
                _count(folders, place, _shut_names(root, place))
    for one in folders.values():
        one.state = _state(one.tree)
    return folders, matched


def _library(disk: Disk, roots: dict[str, Root]):
    for root in roots.values():
        volume = disk.volumes[root.id]
        if root.role is Role.NEEDLES or volume is None:
            continue
        for path, inode in volume.names.items():
            hidden = ignored(path, root.ignore) or excluded(path, root.exclude)
            usable = inode.type is EntryType.FILE and not inode.forbidden
            if usable and not hidden and not volume.is_shut(Place("", path).folder):
                yield inode


def _names(
    root: Root, place: Place, inode: Inode, present: set[bytes], library: list[Inode]
) -> list[str]:
    prefix = place.folder + b"/" if place.folder else b""
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
    if inode.writer:
        return ["pictures", "pending"]
    readable = [one.content for one in library if not one.writer]
    waits = any(len(one.content) == len(inode.content) for one in library if one.writer)
    if kind(inode.content) is Kind.PICTURE:
        return ["pictures", _class(inode.content, readable, waits)]
    name = "videos" if kind(inode.content) is Kind.VIDEO else "others"
    if inode.content in readable:
        return [name]
    return [name, f"{name}_missing", *(["waiting"] if waits else [])]


def _class(needle: bytes, library: list[bytes], waits: bool) -> str:
    if needle in library:
        return "matched"
    looks = _by_looks(needle, library)
    return "pending" if waits and looks != "matched" else looks


def _by_looks(needle: bytes, library: list[bytes]) -> str:
    word, number, *more = needle.decode().rstrip(".").split()
    if word != "pic":
        return {"bad": "unreadable", "flat": "unmatched"}[word]
    tokens = [one.decode().rstrip(".").split() for one in set(library)]
    alike = [_alike(more[0], one[2]) for one in tokens if one[:2] == ["pic", number]]
    return "matched" if "matched" in alike else "possible" if alike else "unmatched"


def _alike(needle: str, library: str) -> str:
    tone = abs(LUMA_STEPS[needle] - LUMA_STEPS[library]) > 4
    burst = size_px(needle) == size_px(library) and (needle == "m") != (library == "m")
    smaller = size_px(needle) > size_px(library)
    return "possible" if tone or burst or smaller else "matched"


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


def _state(n: Counter[str]) -> FolderState:
    if not n["pictures"]:
        return FolderState.INCOMPLETE if n["hidden"] else FolderState.EMPTY
    if n["pending"] or n["waiting"]:
        return FolderState.PENDING
    if n["unmatched"] or n["unreadable"] or n["hidden"]:
        return FolderState.INCOMPLETE
    return FolderState.REVIEW if n["possible"] else FolderState.IMPORTED
