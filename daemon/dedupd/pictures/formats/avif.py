"""AVIF: its main picture, what belongs to it, and whether its coded bytes hang together.

Source: AV1 Image File Format, Alliance for Open Media; AV1 Bitstream Specification, 5.3.
"""

from __future__ import annotations

from dedupd.pictures.formats import heif
from dedupd.pictures.formats.header import Header, HeaderError
from dedupd.pictures.formats.items import item_bytes, read_items

_CODED = b"av01"
_ZERO_RUN_BYTES = 128  # arithmetic coding: far longer ones don't happen
_FORBIDDEN_BIT, _EXTENDED, _SIZED = 0x80, 0x04, 0x02
_MOST_SIZE_BYTES = 8


def read(data: memoryview) -> Header:
    """Return the header of an AVIF picture or sequence."""
    items = read_items(data)
    damage = ""
    for item in heif.coded_items(data, items):
        if item.kind != _CODED:
            kind = item.kind.decode("ascii", "replace").strip()
            raise HeaderError("unsupported", f"an AVIF coded as {kind!r} can't be decoded")
        damage = damage or _find_break(item_bytes(data, item))
    if items.primary.find(b"clap"):
        raise HeaderError("unsupported", "an AVIF that shows only a part of itself")
    return heif.describe(data, items, damage, _ZERO_RUN_BYTES)


def _find_break(coded: bytes) -> str:
    """Return what is wrong with the chain of units (OBU), in words; "" if nothing shows."""
    at = 0
    while at < len(coded):
        flags = coded[at]
        at += 2 if flags & _EXTENDED else 1
        if not flags & _SIZED:
            return "" if not flags & _FORBIDDEN_BIT else "its coded picture is broken"
        size_bytes, at = _leb128(coded, at)
        at += size_bytes
        if flags & _FORBIDDEN_BIT or at > len(coded):
            return "its coded picture is broken"
    return ""


def _leb128(coded: bytes, at: int) -> tuple[int, int]:
    """Return a number, seven bits a byte and the lowest first, and where it ends."""
    value = 0
    for index, byte in enumerate(coded[at : at + _MOST_SIZE_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    return value, len(coded) + 1
