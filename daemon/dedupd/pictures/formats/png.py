"""PNG: its chunks up to the end chunk, their checksums, and what follows.

Source: PNG Specification, third edition, W3C.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dedupd.pictures.formats import icc, trailing
from dedupd.pictures.formats.coded import CodedDigest
from dedupd.pictures.formats.header import EIGHT_BIT_ERROR, Header, HeaderError, truncated
from dedupd.pictures.formats.metadata import Metadata

_WITH_ALPHA = (4, 6)  # colour types grey + alpha, RGB + alpha
_DATA, _PROFILE, _TRANSPARENCY = b"IDAT", b"iCCP", b"tRNS"
_CHECKED = (b"IHDR", b"PLTE", _DATA, _TRANSPARENCY)
_LOOK = (b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD", _TRANSPARENCY)
_XMP_KEY = b"XML:com.adobe.xmp\0"
_EIGHT_BITS = 8
_XMP_BYTES = 1 << 18


@dataclass
class _Seen:
    """What the chunks said so far."""

    coded: CodedDigest = field(default_factory=lambda: CodedDigest(b"png"))
    pixels: Any = field(default_factory=hashlib.sha256)
    metadata: Metadata = field(default_factory=Metadata)
    alpha: bool = False
    frames: int = 1
    data_at: int = 0
    damage: str = ""
    profile: memoryview = field(default_factory=lambda: memoryview(b""))
    end: int = 0


def read(data: memoryview) -> Header:
    """Return the header of a PNG, read to its end chunk and beyond."""
    if bytes(data[12:16]) != b"IHDR":
        raise HeaderError("damaged", "it does not begin with its header chunk")
    width_px, height_px, bits, colour_type = struct.unpack_from(">IIBB", data, 16)
    seen = _Seen(alpha=colour_type in _WITH_ALPHA)
    for name, start, end in _chunks(data):
        _take(seen, name, data[start:end], start)
        if name in _CHECKED and not _checksum_fits(data, start, end):
            seen.damage = f"the checksum of its {name.decode()} chunk is wrong"
        seen.end = end + 4
    if not seen.data_at:
        raise HeaderError("damaged", "it has no picture data")
    exif = seen.metadata.read()
    profile = icc.inflate(seen.profile)
    return Header(
        width_px,
        height_px,
        (seen.data_at, seen.end),
        frames=seen.frames,
        alpha=seen.alpha,
        orientation=exif.orientation,
        taken_at=exif.taken_at,
        camera=exif.camera,
        damage=seen.damage,
        note="its colour profile is broken" if seen.profile and not profile else "",
        icc=profile,
        coded=_digest(seen, profile, exif.orientation, data[seen.end :]),
        coding_error=0.0 if bits > _EIGHT_BITS else EIGHT_BIT_ERROR,
        trailing=trailing.in_words(data[seen.end :]),
        zero_run_spans=(),  # flat areas may be coded as zeros; the checksums know
    )


def _take(seen: _Seen, name: bytes, body: memoryview, start: int) -> None:
    if name == _DATA:
        seen.data_at = seen.data_at or start
        seen.pixels.update(body)
    elif name in _LOOK or name[:1].isupper():
        seen.alpha = seen.alpha or name == _TRANSPARENCY
        seen.coded.add(name, body)
    elif name == _PROFILE:
        seen.profile = seen.profile or body
    elif name == b"fdAT" or (name == b"acTL" and struct.unpack_from(">I", body) != (1,)):
        seen.frames = 2  # more than one, or another one than readers of plain PNG show
    elif name == b"eXIf":
        seen.metadata.add_exif(body)
    elif name == b"iTXt" and bytes(body[: len(_XMP_KEY)]) == _XMP_KEY:
        seen.metadata.add_xmp(_text(body[len(_XMP_KEY) :]))


def _text(body: memoryview) -> memoryview:
    """Return the text of an international text chunk, given from behind its key."""
    compressed = bytes(body[:1]) == b"\1"
    parts = bytes(body[2 : 2 + _XMP_BYTES]).split(b"\0", 2)
    text = parts[-1]
    if compressed:
        try:
            text = zlib.decompressobj().decompress(text, _XMP_BYTES)
        except zlib.error:
            text = b""
    return memoryview(text)


def _digest(seen: _Seen, profile: bytes, orientation: int, rest: memoryview) -> bytes:
    seen.coded.add(_DATA, seen.pixels.digest())
    seen.coded.add(_PROFILE, profile or seen.profile)
    seen.coded.add(b"orientation", bytes([orientation]))
    seen.coded.add(b"trailing", trailing.content(rest))
    return seen.coded.digest()


def _checksum_fits(data: memoryview, start: int, end: int) -> bool:
    (checksum,) = struct.unpack_from(">I", data, end)
    return zlib.crc32(data[start - 4 : end]) == int(checksum)


def _chunks(data: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk with where its content begins and ends; the last one is the end chunk."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name = bytes(data[at + 4 : at + 8])
        if at + 12 + length > len(data):
            break
        yield name, at + 8, at + 8 + length
        at += 12 + length
        if name == b"IEND":
            return
    raise truncated("its end chunk")
