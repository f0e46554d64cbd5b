"""GIF: its screen, its frames and its end mark.  Source: GIF89a Specification, CompuServe."""

from __future__ import annotations

import struct

from dedupd.pictures.formats import trailing
from dedupd.pictures.formats.header import EIGHT_BIT_ERROR, Header, HeaderError, truncated

_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B
_CONTROL = 0xF9
_MANY = 2


def read(data: memoryview) -> Header:
    """Return the header of a GIF, read to its end mark or its second frame."""
    width_px, height_px, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _colour_table_bytes(flags)
    frames, alpha, data_at = 0, False, 0
    while frames < _MANY and (block := _byte(data, at)) != _END:
        if block == _EXTENSION:
            alpha = alpha or (_byte(data, at + 1) == _CONTROL and bool(_byte(data, at + 3) & 1))
            at = _after_sub_blocks(data, at + 2)
        elif block == _IMAGE:
            frames += 1
            table_bytes = _colour_table_bytes(_byte(data, at + 9))
            data_at = data_at or at + 11 + table_bytes
            at = _after_sub_blocks(data, at + 11 + table_bytes)
        else:
            raise HeaderError("damaged", f"an unknown block, {block:#04x}, stands among its frames")
    if not frames:
        raise HeaderError("damaged", "it has no picture in it")
    return Header(
        width_px,
        height_px,
        (data_at, at),
        frames=frames,
        alpha=alpha,
        coding_error=EIGHT_BIT_ERROR,
        trailing=trailing.in_words(data[at + 1 :]),
    )


def _byte(data: memoryview, at: int) -> int:
    if at >= len(data):
        raise truncated("its end mark")
    return data[at]


def _colour_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_sub_blocks(data: memoryview, at: int) -> int:
    while length := _byte(data, at):
        at += 1 + length
    return at + 1
