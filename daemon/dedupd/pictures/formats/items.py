"""Read which items a HEIF file has, where their bytes are, and what is said of them.

HEIC and AVIF files are HEIF files: a `meta` box that lists items (pictures, tiles, thumbnails,
EXIF) with their places, their properties and how they refer to each other.
Source: ISO/IEC 23008-12 (HEIF) and ISO/IEC 14496-12, 8.11 (the boxes of `meta`).
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dedupd.pictures.formats.boxes import boxes
from dedupd.pictures.formats.header import HeaderError, truncated

Span = tuple[int, int]
"""Where something begins and ends, byte offsets in the file."""

_MOST_ITEMS = 20_000
_MOST_EXTENTS = 100_000
_IN_FILE, _IN_IDAT = 0, 1  # construction methods
_FULL_BOX_BYTES = 4  # version and flags
_HIDDEN = 1
_ESSENTIAL_16, _ESSENTIAL_8 = 0x8000, 0x80


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an item: the name of its box, and where the content of the box is."""

    name: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """One item.

    Attributes:
        kind: Four letters: b"hvc1", b"grid", b"Exif", ...
        mime: Content type of a b"mime" item.
        hidden: Not meant to be shown by itself, as tiles are.
        extents: Its bytes, in order, all of them inside the file.
        properties: In the order in which they apply.
    """

    id: int
    kind: bytes
    mime: bytes
    hidden: bool
    extents: tuple[Span, ...]
    properties: tuple[Property, ...]

    def find(self, name: bytes) -> Property | None:
        """Return its first property of that name."""
        return next((one for one in self.properties if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Reference:
    """Item `source` refers to the items `targets`: b"dimg" is made of, b"thmb" is smaller than."""

    kind: bytes
    source: int
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """All items of a file, by id, in the order of the file."""

    primary: Item
    by_id: dict[int, Item]
    references: tuple[Reference, ...]

    def parts(self, item: Item) -> list[Item]:
        """Return the items that `item` is made of, in order: the tiles of a grid."""
        return [
            self.by_id[target]
            for reference in self.references
            if reference.kind == b"dimg" and reference.source == item.id
            for target in reference.targets
            if target in self.by_id
        ]

    def sources(self, kind: bytes) -> set[int]:
        """Return the ids of the items that refer to others in that way."""
        return {one.source for one in self.references if one.kind == kind}

    def targets(self, kind: bytes) -> set[int]:
        """Return the ids of the items that are referred to in that way."""
        return {target for one in self.references if one.kind == kind for target in one.targets}


def read_items(data: memoryview) -> Items:
    """Return the items of a HEIF file.

    Raises:
        HeaderError: There are none, bytes of one of them are missing, or it can't be read.
        struct.error, IndexError: A box is shorter than what it should hold.
    """
    meta = _meta(data)
    names = _names(data, meta)
    extents = _extents(data, meta)
    properties = _properties(data, meta)
    by_id = {
        id_: Item(id_, kind, mime, hidden, extents.get(id_, ()), properties.get(id_, ()))
        for id_, (kind, mime, hidden) in names.items()
    }
    if sum(end - start for spans in extents.values() for start, end in spans) > 2 * len(data):
        raise HeaderError("damaged", "its items lie on top of each other")
    primary = by_id.get(_primary(data, meta))
    if primary is None:
        raise HeaderError("damaged", "it does not say which of its pictures is the main one")
    return Items(primary, by_id, tuple(_references(data, meta)))


def item_bytes(data: memoryview, item: Item) -> bytes:
    """Return the bytes of an item, put together."""
    return b"".join(data[start:end] for start, end in item.extents)


def _meta(data: memoryview) -> dict[bytes, Span]:
    for name, start, end in boxes(data, 0, len(data)):
        if name == b"meta":
            inner = boxes(data, start + _FULL_BOX_BYTES, end)
            return {name: (start, end) for name, start, end in inner}
    raise HeaderError("damaged", "it does not describe its pictures")


def _box(meta: dict[bytes, Span], name: bytes) -> Span:
    if name not in meta:
        raise HeaderError("damaged", f"its description lacks the part {name.decode()!r}")
    return meta[name]


def _primary(data: memoryview, meta: dict[bytes, Span]) -> int:
    start, _ = _box(meta, b"pitm")
    return _number(data, start + _FULL_BOX_BYTES, 2 if data[start] == 0 else 4)


def _names(data: memoryview, meta: dict[bytes, Span]) -> dict[int, tuple[bytes, bytes, bool]]:
    """Return kind, content type and whether it is hidden, by item."""
    start, end = _box(meta, b"iinf")
    names: dict[int, tuple[bytes, bytes, bool]] = {}
    first = start + _FULL_BOX_BYTES + (2 if data[start] == 0 else 4)
    for _, at, stop in boxes(data, first, end):
        id_bytes = 2 if data[at] == 2 else 4  # noqa: PLR2004
        kind_at = at + _FULL_BOX_BYTES + id_bytes + 2
        kind = bytes(data[kind_at : kind_at + 4])
        texts = bytes(data[kind_at + 4 : min(stop, kind_at + 512)]).split(b"\0")
        mime = texts[1] if kind == b"mime" and len(texts) > 1 else b""
        hidden = bool(data[at + 3] & _HIDDEN)
        names[_number(data, at + _FULL_BOX_BYTES, id_bytes)] = (kind, mime, hidden)
        if len(names) > _MOST_ITEMS:
            raise HeaderError("unsupported", f"it has more than {_MOST_ITEMS} items")
    return names


def _extents(data: memoryview, meta: dict[bytes, Span]) -> dict[int, tuple[Span, ...]]:
    """Return where the bytes of each item are."""
    reader = _Reader(data, *_box(meta, b"iloc"))
    version = reader.take(4) >> 24
    sizes = reader.take(2)
    offset_bytes, length_bytes, base_bytes = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_bytes = sizes & 15 if version else 0
    places: dict[int, tuple[Span, ...]] = {}
    budget = _MOST_EXTENTS
    for _ in range(reader.take(2 if version < 2 else 4)):  # noqa: PLR2004
        id_ = reader.take(2 if version < 2 else 4)  # noqa: PLR2004
        method = reader.take(2) & 15 if version else _IN_FILE
        if reader.take(2):
            raise HeaderError("unsupported", "its picture is in another file")
        base = reader.take(base_bytes)
        count = reader.take(2)
        budget -= 1 + count
        if budget < 0:
            raise HeaderError("unsupported", f"its items are in more than {_MOST_EXTENTS} pieces")
        pieces = [
            (reader.take(index_bytes), reader.take(offset_bytes), reader.take(length_bytes))
            for _ in range(count)
        ]
        places[id_] = tuple(
            _span(data, meta, method, base + offset, length) for _, offset, length in pieces
        )
    return places


def _span(data: memoryview, meta: dict[bytes, Span], method: int, offset: int, length: int) -> Span:
    if method not in (_IN_FILE, _IN_IDAT):
        raise HeaderError("unsupported", "its items are made of other items' bytes")
    first, last = _box(meta, b"idat") if method == _IN_IDAT else (0, len(data))
    start = first + offset
    end = start + length if length else last
    if end > last or start > last:
        raise truncated("the data of its picture")
    return start, end


def _properties(data: memoryview, meta: dict[bytes, Span]) -> dict[int, tuple[Property, ...]]:
    """Return what is said of each item, in the order in which it applies."""
    inner = list(boxes(data, *_box(meta, b"iprp")))
    known = [
        Property(name, start, end)
        for box, *span in inner
        if box == b"ipco"
        for name, start, end in boxes(data, *span)
    ]
    said: defaultdict[int, list[Property]] = defaultdict(list)
    for box, start, end in inner:
        if box == b"ipma":
            for id_, number in _associations(_Reader(data, start, end)):
                if 0 < number <= len(known):
                    said[id_].append(known[number - 1])
    return {id_: tuple(properties) for id_, properties in said.items()}


def _associations(reader: _Reader) -> Iterator[tuple[int, int]]:
    """Yield item and number of a property, counted from 1."""
    head = reader.take(4)
    id_bytes, wide = (2 if head >> 24 == 0 else 4), head & 1
    for _ in range(min(reader.take(4), _MOST_ITEMS)):
        id_ = reader.take(id_bytes)
        for _ in range(reader.take(1)):
            number = reader.take(2 if wide else 1)
            yield id_, number & ~(_ESSENTIAL_16 if wide else _ESSENTIAL_8)


def _references(data: memoryview, meta: dict[bytes, Span]) -> Iterator[Reference]:
    if b"iref" not in meta:
        return
    start, end = meta[b"iref"]
    id_bytes = 2 if data[start] == 0 else 4
    for kind, at, stop in boxes(data, start + _FULL_BOX_BYTES, end):
        reader = _Reader(data, at, stop)
        source = reader.take(id_bytes)
        targets = tuple(reader.take(id_bytes) for _ in range(reader.take(2)))
        yield Reference(kind, source, targets)


class _Reader:
    """Takes unsigned numbers one after the other, most significant byte first."""

    def __init__(self, data: memoryview, start: int, end: int) -> None:
        self._data, self._at, self._end = data, start, end

    def take(self, size_bytes: int) -> int:
        """Return the next number; 0 where it has no bytes."""
        at, self._at = self._at, self._at + size_bytes
        if self._at > self._end:
            raise struct.error("the box ends within a number")
        return _number(self._data, at, size_bytes)


def _number(data: memoryview, at: int, size_bytes: int) -> int:
    return int.from_bytes(data[at : at + size_bytes], "big")
