"""PNG: its chunks up to the end chunk.  Source: PNG Specification, third edition, W3C."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from dedupd.pictures.formats.header import Header, HeaderError, truncated
from dedupd.pictures.formats.tags import exif_facts

_WITH_ALPHA = (4, 6)  # colour types grey + alpha, RGB + alpha


def read(data: memoryview) -> Header:
    """Return the header of a PNG, read to its end chunk."""
    if bytes(data[12:16]) != b"IHDR":
        raise HeaderError("damaged", "it does not begin with its header chunk")
    width_px, height_px, _, colour_type = struct.unpack_from(">IIBB", data, 16)
    alpha, frames, data_at, end = colour_type in _WITH_ALPHA, 1, 0, 0
    turned, taken_at = False, ""
    for name, start, end in _chunks(data):
        if name == b"IDAT":
            data_at = data_at or start
        elif name == b"tRNS":
            alpha = True
        elif name == b"acTL":
            frames = 1 if struct.unpack_from(">I", data, start) == (1,) else 2
        elif name == b"eXIf":
            turned, taken_at = exif_facts(data[start:end])
    if not data_at:
        raise HeaderError("damaged", "it has no picture data")
    return Header(width_px, height_px, (data_at, end), frames, alpha, turned, taken_at=taken_at)


def _chunks(data: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk with where its content begins and ends; the last one is the end chunk."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name = bytes(data[at + 4 : at + 8])
        yield name, at + 8, at + 8 + length
        at += 12 + length
        if name == b"IEND":
            return
    raise truncated("its end chunk")
