"""Pictures for people to look at: a page of a class at a time, without walking what isn't shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dedupd.asks import (
    AskContent,
    AskShelf,
    ContentReply,
    Known,
    PictureLine,
    Refused,
    Reply,
    ShelfLine,
    ShelfReply,
)
from dedupd.engine.files import Files
from dedupd.engine.roots import Roots
from dedupd.model import PictureClass, Place
from dedupd.text import shown

MOST_AT_ONCE = 500
"""Pictures that one answer tells of: the engine answers in its turn, and others wait."""


class Shelves:
    """Tells what lies where.  Belongs to the engine; changes nothing.

    Args:
        line: Returns what is known of a needle picture, None if it isn't one.
    """

    def __init__(
        self, files: Files, roots: Roots, line: Callable[[Place], PictureLine | None]
    ) -> None:
        self._files, self._roots, self._line = files, roots, line
        self._catalog, self._tally = files.catalog, files.tally

    def shelf(self, ask: AskShelf) -> Reply:
        """Answer with a page of pictures."""
        tops = self._tops(ask.folder)
        if tops is None:
            what = f"{shown(ask.folder or b'')} is not a needle folder"
            why = "it lies below no needle root, or dedupd has not seen it (yet)"
            return Refused(what, why, "dedupd status --wait", usage=True)
        totals = tuple(sum(self._count(top, cls) for top in tops) for cls in ask.classes)
        offset, left = max(0, ask.offset), min(ask.limit, MOST_AT_ONCE)
        lines: list[ShelfLine] = []
        for cls in ask.classes:
            for folder in (one for top in tops for one in self._holding(top, cls)):
                own = self._own(folder, cls)
                if offset >= own:
                    offset -= own
                    continue
                places = self._places(folder, cls, own)[offset : offset + left - len(lines)]
                offset = 0
                lines += [line for line in map(self._shelf_line, places) if line is not None]
                if len(lines) >= left:
                    return ShelfReply(tuple(lines), totals)
        return ShelfReply(tuple(lines), totals)

    def content(self, ask: AskContent) -> ContentReply:
        """Answer with the files that hold a content."""
        places = sorted(self._catalog.places(ask.role, ask.digest), key=self._roots.path)
        known = (self._known(place) for place in places)
        return ContentReply(tuple(one for one in known if one is not None))

    def _tops(self, folder: bytes | None) -> list[Place] | None:
        if folder is None:
            return [
                Place(root, b"") for root, desk in self._roots.desks.items() if not desk.haystack
            ]
        place = self._roots.place(folder)
        if place is None or self._roots.desks[place.root].haystack:
            return None
        return [place] if self._tally.node(place) is not None else None

    def _count(self, folder: Place, cls: PictureClass) -> int:
        node = self._tally.node(folder)
        return node.tree[cls.value] if node is not None else 0

    def _own(self, folder: Place, cls: PictureClass) -> int:
        node = self._tally.node(folder)
        return node.own[cls.value] if node is not None else 0

    def _holding(self, top: Place, cls: PictureClass) -> Iterator[Place]:
        """Yield the folders that hold such pictures themselves, parents first."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            if not self._count(folder, cls):
                continue
            if self._own(folder, cls):
                yield folder
            inside = self._catalog.folders_in(folder.root, folder.path)
            waiting.extend(Place(folder.root, one) for one in reversed(inside))

    def _places(self, folder: Place, cls: PictureClass, own: int) -> list[Place]:
        """Return the pictures of a class that lie in this very folder, by reason and name."""
        prefix = folder.path + b"/" if folder.path else b""
        found = []
        for name, record in self._catalog.files_in(folder.root, folder.path).items():
            place = Place(folder.root, prefix + name)
            known = self._files.assessment(place, record)
            if known is not None and known.cls is cls:
                found.append((known.reason, name, place, record))
        if len(found) != own:  # patterns are dear, and mostly nothing is excluded
            found = [one for one in found if not self._files.hidden(one[2], one[3])]
        return [place for _, _, place, _ in sorted(found, key=lambda one: one[:2])]

    def _shelf_line(self, place: Place) -> ShelfLine | None:
        line, known = self._line(place), self._known(place)
        if line is None or known is None:
            return None
        nearest = self._roots.place(line.nearest) if line.nearest is not None else None
        return ShelfLine(line, known, self._known(nearest) if nearest is not None else None)

    def _known(self, place: Place) -> Known | None:
        record = self._catalog.get(place)
        if record is None:
            return None
        digest = record.digest
        found = self._files.store.fingerprint(digest) if digest is not None else None
        role = self._catalog.roles[place.root]
        return Known(self._roots.path(place), role, record.stamp, digest, found)
