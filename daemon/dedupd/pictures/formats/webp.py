"""WebP: its chunks, and what follows them.  Source: RFC 9649; RFC 6386, section 9.1 (lossy)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from dedupd.pictures.formats import trailing
from dedupd.pictures.formats.coded import CodedDigest
from dedupd.pictures.formats.header import EIGHT_BIT_ERROR, Header, HeaderError, truncated
from dedupd.pictures.formats.metadata import Metadata
from dedupd.pictures.formats.vp8 import quantisers

_ANIMATED, _ALPHA = 0x02, 0x10  # flags of the extended header
_EXTENDED, _LOSSY, _LOSSLESS, _FRAME = b"VP8X", b"VP8 ", b"VP8L", b"ANMF"
_PIXELS = (_LOSSY, _LOSSLESS, _FRAME)
_EXIF, _XMP, _PROFILE = b"EXIF", b"XMP ", b"ICCP"
_NOT_CODED = (_EXTENDED, _EXIF, _XMP)
_FRAME_HEADER_BYTES = 64  # what is read of it ends long before
_ZERO_RUN_BYTES = 512  # arithmetic coding: far longer ones don't happen

_Chunks = Mapping[bytes, memoryview]


def read(data: memoryview) -> Header:
    """Return the header of a WebP, all its chunks read."""
    spans: dict[bytes, tuple[int, int]] = {}
    for name, start, end in _spans(data):
        spans.setdefault(name, (start, end))
    pixels = [spans[name] for name in _PIXELS if name in spans]
    if not pixels:
        raise HeaderError("damaged", "it has no picture in it")
    chunks = {name: data[start:end] for name, (start, end) in spans.items()}
    width_px, height_px, alpha = _size(chunks)
    flags = chunks[_EXTENDED][0] if _EXTENDED in chunks else 0
    nothing = data[:0]
    exif = Metadata(exif=chunks.get(_EXIF, nothing), xmp=chunks.get(_XMP, nothing)).read()
    rest = data[_end(data) :]
    shown_alpha = alpha or bool(flags & _ALPHA)  # an alpha that no flag names isn't shown
    return Header(
        width_px,
        height_px,
        data=(min(pixels)[0], max(pixels)[1]),
        frames=2 if flags & _ANIMATED or _FRAME in chunks else 1,
        alpha=alpha or bool(flags & _ALPHA) or b"ALPH" in chunks,
        orientation=exif.orientation,
        taken_at=exif.taken_at,
        camera=exif.camera,
        icc=bytes(chunks.get(_PROFILE, nothing)),
        coded=_digest(data, exif.orientation, rest, (width_px, height_px, shown_alpha)),
        coding_error=EIGHT_BIT_ERROR if _LOSSLESS in chunks else -1.0,
        coded_steps=_steps(chunks),
        trailing=trailing.in_words(rest),
        zero_run_bytes=_ZERO_RUN_BYTES,
        zero_run_spans=tuple(pixels),
    )


def _steps(chunks: _Chunks) -> tuple[int, ...]:
    return quantisers(bytes(chunks[_LOSSY][:_FRAME_HEADER_BYTES])) if _LOSSY in chunks else ()


def _end(data: memoryview) -> int:
    """Return where the chunks end, as the file says."""
    (length,) = struct.unpack_from("<I", data, 4)
    return 8 + int(length)


def _spans(data: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk with where its content begins and ends."""
    end = _end(data)
    if end > len(data):
        raise truncated("its last chunk")
    at = 12
    while at + 8 <= end:
        (length,) = struct.unpack_from("<I", data, at + 4)
        if at + 8 + length > end:
            raise truncated("its last chunk")
        yield bytes(data[at : at + 4]), at + 8, at + 8 + length
        at += 8 + length + length % 2


def _digest(
    data: memoryview, orientation: int, rest: memoryview, shown: tuple[int, int, bool]
) -> bytes:
    coded = CodedDigest(b"webp")
    for name, start, end in _spans(data):
        if name not in _NOT_CODED:
            coded.add(name, data[start:end])
    coded.add(b"shown", f"{shown} {orientation}".encode())
    coded.add(b"trailing", trailing.content(rest))
    return coded.digest()


def _size(chunks: _Chunks) -> tuple[int, int, bool]:
    """Return width and height in pixels, and whether the picture's own header says alpha."""
    if _EXTENDED in chunks:
        sides = (chunks[_EXTENDED][at : at + 3] for at in (4, 7))
        width_px, height_px = (1 + int.from_bytes(side, "little") for side in sides)
        return width_px, height_px, False
    if _LOSSLESS in chunks:
        (bits,) = struct.unpack_from("<I", chunks[_LOSSLESS], 1)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    width_px, height_px = struct.unpack_from("<HH", chunks[_LOSSY], 6)
    return width_px & 0x3FFF, height_px & 0x3FFF, False
