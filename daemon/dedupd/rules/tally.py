"""Counts of every needle folder, of its own files and of its whole tree, kept up to date.

A file adds its `Share` to its folder and to every folder above it.  Each change also raises
the folders' versions: a claim that was looked at for an older version holds no longer.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from dedupd.model import Place
from dedupd.reports import COUNT_NAMES, Counts

WAITING = "waiting"  # a file that may yet turn out to be anything: blocks every claim
CONTESTABLE = "contestable"  # matched by looks: another needle may yet claim the same picture
HIDDEN_PICTURES = "hidden pictures"  # pictures among what `exclude` hides: block `imported`


@dataclass(frozen=True, slots=True)
class Share:
    """What one file adds to the counts of its folders.

    Attributes:
        names: The counts it is one of.
        rests_on: Id of the haystack root that its match rests on, "" if on none.
        blocks: Why its folders can't be imported because of it; "" if they can.
    """

    names: tuple[str, ...]
    rests_on: str = ""
    blocks: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """What keeps a folder from being imported: why, what caused it, which needle it is about."""

    reason: str
    place: Place
    needle: Place


@dataclass(slots=True)
class Node:
    """One folder's numbers."""

    own: Counter[str] = field(default_factory=Counter)
    tree: Counter[str] = field(default_factory=Counter)
    rests_on: Counter[str] = field(default_factory=Counter)
    version: int = 0
    cause: Cause | None = None
    _told: tuple[int, Counts, Counts] = (-1, Counts(), Counts())

    def counts(self) -> tuple[Counts, Counts]:
        """Return the contract's counts of the whole tree, and of the folder itself."""
        if self._told[0] != self.version:  # folders are many, and few change between two reports
            self._told = self.version, counts(self.tree), counts(self.own)
        return self._told[1:]


class Tally:
    """Numbers by folder.  Not thread-safe: it belongs to the engine."""

    def __init__(self) -> None:
        self._nodes: dict[Place, Node] = {}
        self._shares: dict[Place, Share] = {}
        self._versions = itertools.count(1)  # of all folders: none is given twice
        self.changed: set[Place] = set()

    def add_folder(self, folder: Place) -> None:
        """Know that this folder exists; the folders above it too."""
        for one in lineage(folder):
            if one not in self._nodes:
                self._nodes[one] = Node(version=next(self._versions))
                self.changed.add(one)

    def drop_folder(self, folder: Place) -> None:
        """Forget a folder; its files must have been taken out before."""
        self._nodes.pop(folder, None)
        self.changed.discard(folder)

    def node(self, folder: Place) -> Node | None:
        """Return the numbers of a folder, None if there is no such folder."""
        return self._nodes.get(folder)

    def folders(self) -> Iterator[Place]:
        """Yield every folder, in no order."""
        yield from self._nodes

    def cause(self, folder: Place) -> Cause | None:
        """Return what keeps the folder from being imported: the latest if it still does, or any."""
        node = self._nodes.get(folder)
        last = node.cause if node is not None else None
        if last is not None and (last.needle == folder or self._blocks(last.needle)):
            return last
        for place in self._shares:
            if self._blocks(place) and folder in lineage(Place(place.root, place.folder)):
                return Cause(self._shares[place].blocks, place, place)
        return None

    def _blocks(self, place: Place) -> bool:
        share = self._shares.get(place)
        return share is not None and bool(share.blocks)

    def set(self, place: Place, share: Share | None, cause: Place | None = None) -> None:
        """Replace what the file at `place` adds; `cause` is what made it change.

        Raises versions even when the share is equal: its witness may be another one.
        """
        old = self._shares.pop(place, None)
        if share is not None:
            self._shares[place] = share
        why = Cause(share.blocks, cause or place, place) if share and share.blocks else None
        folder = Place(place.root, place.folder)
        self.add_folder(folder)
        for one in lineage(folder):
            node = self._nodes[one]
            _apply(node, node.tree, old, share)
            node.version = next(self._versions)
            node.cause = why or node.cause
            self.changed.add(one)
        _add(self._nodes[folder].own, old, -1)
        _add(self._nodes[folder].own, share, +1)

    def set_alone(self, place: Place, share: Share | None) -> None:
        """Count a haystack file, for its root alone: nobody asks about a haystack folder."""
        node = self._nodes.setdefault(Place(place.root, b""), Node())
        _add(node.tree, self._shares.pop(place, None), -1)
        _add(node.tree, share, +1)
        if share is not None:
            self._shares[place] = share


def lineage(folder: Place) -> Iterator[Place]:
    """Yield the folder, the one above it, and so on to the root."""
    yield folder
    path = folder.path
    while path:
        path = path.rpartition(b"/")[0]
        yield Place(folder.root, path)


def counts(numbers: Counter[str]) -> Counts:
    """Return the contract's counts of a folder."""
    return Counts(**{name: numbers[name] for name in COUNT_NAMES})


def _apply(node: Node, numbers: Counter[str], old: Share | None, new: Share | None) -> None:
    _add(numbers, old, -1)
    _add(numbers, new, +1)
    if old is not None and old.rests_on:
        node.rests_on[old.rests_on] -= 1
    if new is not None and new.rests_on:
        node.rests_on[new.rests_on] += 1


def _add(numbers: Counter[str], share: Share | None, sign: int) -> None:
    for name in share.names if share is not None else ():
        numbers[name] += sign
