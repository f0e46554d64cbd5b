"""WebP: its chunks.  Source: RFC 9649; RFC 6386, section 9.1 (lossy)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from dedupd.pictures.formats.header import Header, HeaderError, truncated
from dedupd.pictures.formats.tags import exif_facts

_ANIMATED, _ALPHA = 0x02, 0x10  # flags of the extended header
_PIXELS = (b"VP8 ", b"VP8L", b"ANMF")
_ZERO_RUN_BYTES = 512  # arithmetic coding: far longer ones don't happen


def read(data: memoryview) -> Header:
    """Return the header of a WebP, all its chunks read."""
    chunks = {name: (start, end) for name, start, end in _chunks(data)}
    data_at = min((chunks[name][0] for name in _PIXELS if name in chunks), default=0)
    if not data_at:
        raise HeaderError("damaged", "it has no picture in it")
    width_px, height_px, alpha = _size(data, chunks)
    flags = data[chunks[b"VP8X"][0]] if b"VP8X" in chunks else 0
    turned, taken_at = exif_facts(data[slice(*chunks.get(b"EXIF", (0, 0)))])
    return Header(
        width_px,
        height_px,
        data=(data_at, max(chunks[name][1] for name in _PIXELS if name in chunks)),
        frames=2 if flags & _ANIMATED or b"ANMF" in chunks else 1,
        alpha=alpha or bool(flags & _ALPHA) or b"ALPH" in chunks,
        turned=turned,
        taken_at=taken_at,
        zero_run_bytes=_ZERO_RUN_BYTES,
    )


def _chunks(data: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk with where its content begins and ends."""
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise truncated("its last chunk")
    at = 12
    while at + 8 <= end:
        (length,) = struct.unpack_from("<I", data, at + 4)
        if at + 8 + length > end:
            raise truncated("its last chunk")
        yield bytes(data[at : at + 4]), at + 8, at + 8 + length
        at += 8 + length + length % 2


def _size(data: memoryview, chunks: dict[bytes, tuple[int, int]]) -> tuple[int, int, bool]:
    """Return width and height in pixels, and whether the picture's own header says alpha."""
    if b"VP8X" in chunks:
        at = chunks[b"VP8X"][0] + 4
        width_px, height_px = (1 + int.from_bytes(data[i : i + 3], "little") for i in (at, at + 3))
        return width_px, height_px, False
    if b"VP8L" in chunks:
        (bits,) = struct.unpack_from("<I", data, chunks[b"VP8L"][0] + 1)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    width_px, height_px = struct.unpack_from("<HH", data, chunks[b"VP8 "][0] + 6)
    return width_px & 0x3FFF, height_px & 0x3FFF, False
