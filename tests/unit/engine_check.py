"""The report of a world at rest against the truth of its disk."""

from __future__ import annotations

from typing import Protocol

from tests.unit.engine_disk import Disk
from tests.unit.engine_oracle import Truth, Whole

from dedupd.engine import Engine
from dedupd.model import FolderState, Place, Role, Root, RootState
from dedupd.reports import COUNT_NAMES, FolderReport


class Checked(Protocol):
    """What of a world is looked at."""

    disk: Disk
    roots: dict[str, Root]
    engine: Engine
    violations: list[str]

    def truth(self) -> Whole:
        """Return what is so."""

    def words(self, path: bytes, root: str) -> list[str]:
        """Return what was logged about a needle folder."""


def check(world: Checked) -> int:
    """Note what the report says wrongly; return how many folders are truly imported."""
    true = world.truth().folders
    said = {_place(world, one.path): one for one in world.engine.report().folders}
    for place, one in said.items():
        if one.state is FolderState.IMPORTED and (
            place not in true or true[place].state is not FolderState.IMPORTED
        ):
            world.violations.append(f"{place} is called imported and isn't")
        if (one.state is FolderState.OFFLINE) is not _is_away(world, place.root):
            world.violations.append(f"{place} is {one.state}, away: {one.state}")
    if _is_whole(world):
        _compare(world, true, said)
    return sum(one.state is FolderState.IMPORTED for one in true.values())


def _compare(world: Checked, true: dict[Place, Truth], said: dict[Place, FolderReport]) -> None:
    if said.keys() != true.keys():
        world.violations.append(f"folders differ: {said.keys() ^ true.keys()}")
    votes_open = any(one.tree["pending"] for one in true.values())
    for place in said.keys() & true.keys():
        may_be = {true[place].state}
        if votes_open and true[place].tree["contestable"] and FolderState.IMPORTED in may_be:
            may_be.add(FolderState.PENDING)
        if said[place].state not in may_be:
            why = f"{said[place].state}, is {true[place].state}: {true[place].tree}"
            world.violations.append(f"{place} is said to be {why}")
        for name in COUNT_NAMES:
            for what in ("own", "tree"):
                counted = getattr(getattr(said[place], what), name)
                if counted != getattr(true[place], what)[name]:
                    world.violations.append(f"{place} {what} {name}: {counted} is wrong")
        word = (world.words(*reversed(place)) or [""])[-1]
        if (word == "folder.imported") is not (said[place].state is FolderState.IMPORTED):
            world.violations.append(f"{place}: the log's last word is {word}")


def _is_whole(world: Checked) -> bool:
    """Is every root there, and no library file being written?

    Needles of that file's size may or may not wait for it; who must be compared with what is
    away may wait too.
    """
    desks = [
        world.engine.roots.desks[r.id] for r in world.roots.values() if r.role is Role.HAYSTACK
    ]
    volumes = [world.disk.volumes[desk.root.id] for desk in desks]
    written = any(i.writer for volume in volumes if volume for i in volume.names.values())
    away = any(_is_away(world, root) for root in world.roots)
    return all(desk.state is RootState.ONLINE for desk in desks) and not written and not away


def _is_away(world: Checked, root: str) -> bool:
    """Is the root not there, or another one in its place?"""
    volume, desk = world.disk.volumes[root], world.engine.roots.desks[root]
    return volume is None or volume.identity.lasting != desk.lasting


def _place(world: Checked, path: bytes) -> Place:
    place = world.engine.roots.place(path)
    if place is None:
        raise LookupError(path)
    return place
