"""AVIF: its main picture, what belongs to it, and whether its coded bytes hang together.

Source: AV1 Image File Format, Alliance for Open Media; AV1 Bitstream Specification, 5.3.
"""

from __future__ import annotations

import dataclasses

from dedupd.pictures.formats import heif
from dedupd.pictures.formats.av1 import leb128, still_picture
from dedupd.pictures.formats.header import Header, HeaderError
from dedupd.pictures.formats.items import item_bytes, read_items

_CODED = b"av01"
_ZERO_RUN_BYTES = 128  # arithmetic coding: far longer ones don't happen
_FORBIDDEN_BIT, _EXTENDED, _SIZED = 0x80, 0x04, 0x02


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
    header = heif.describe(data, items, damage, _ZERO_RUN_BYTES)
    coded = still_picture(item_bytes(data, items.primary)) if items.primary.kind == _CODED else None
    if coded is None:
        return header
    return dataclasses.replace(
        header, coded_steps=(coded.step,), tiles=coded.tiles, sampling=coded.sampling
    )


def _find_break(coded: bytes) -> str:
    """Return what is wrong with the chain of units (OBU), in words; "" if nothing shows."""
    at = 0
    while at < len(coded):
        flags = coded[at]
        at += 2 if flags & _EXTENDED else 1
        if not flags & _SIZED:
            return "" if not flags & _FORBIDDEN_BIT else "its coded picture is broken"
        size_bytes, at = leb128(coded, at)
        at += size_bytes
        if flags & _FORBIDDEN_BIT or at > len(coded):
            return "its coded picture is broken"
    return ""
