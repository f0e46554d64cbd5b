"""JPEG: its segments up to the end marker, so that a cut file is known before it is decoded.

A JPEG ends with its own end marker; what follows (a motion photo's film, padding) is not part
of the picture.  Source: ITU-T T.81, annexes B and G.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from dedupd.pictures.formats.header import Header, HeaderError, truncated
from dedupd.pictures.formats.tags import EXIF_PREFIX, exif_facts

_START, _END, _SCAN, _EXIF, _ALONE = 0xD8, 0xD9, 0xDA, 0xE1, 0x01
_BITS, _COEFFICIENTS = 8, 64
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SCALABLE = {0xC0, 0xC1, 0xC2}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_LOSSLESS = {0xC3, 0xC7, 0xCB, 0xCF}

# FF 00 is a data byte, FF D0..D7 are restarts, FF FF is filling: none of them ends a scan.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]", re.DOTALL)


@dataclass
class _Seen:
    """What the segments said so far."""

    frame: int = 0
    width_px: int = 0
    height_px: int = 0
    components: tuple[int, ...] = ()
    data_at: int = 0
    exif: memoryview | None = None
    exact: dict[int, set[int]] = field(default_factory=dict)  # coefficients with all their bits


def read(data: memoryview) -> Header:
    """Return the header of a JPEG, read to its end marker."""
    seen = _Seen()
    for marker, start, end in _segments(data):
        if marker == _END:
            return _header(seen, end)
        _note(seen, marker, data[start:end], end)
    raise truncated("its end marker")


def _segments(data: memoryview) -> Iterator[tuple[int, int, int]]:
    """Yield each marker with where its parameters begin and end."""
    at = 2
    while found := _MARKER.search(data, at):
        at = found.end()
        marker = data[at - 1]
        if marker == _START:
            return  # another picture begins: this one was cut
        if marker == _END:
            yield marker, at, at
            return
        if marker == _ALONE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        yield marker, at + 2, at + length
        at += max(length, 2)


def _note(seen: _Seen, marker: int, body: memoryview, end: int) -> None:
    if marker in _FRAMES and not seen.frame:
        _note_frame(seen, marker, body)
    elif marker == _SCAN:
        seen.data_at = seen.data_at or end
        _note_scan(seen, body)
    elif marker == _EXIF and seen.exif is None and bytes(body[:6]) == EXIF_PREFIX:
        seen.exif = body


def _note_frame(seen: _Seen, marker: int, body: memoryview) -> None:
    precision_bits, height_px, width_px, count = struct.unpack_from(">BHHB", body)
    if precision_bits != _BITS:
        detail = f"a JPEG of {precision_bits} bits a channel can't be decoded by this version"
        raise HeaderError("unsupported", detail)
    seen.frame, seen.width_px, seen.height_px = marker, width_px, height_px
    seen.components = tuple(body[6 + 3 * i] for i in range(count))


def _note_scan(seen: _Seen, body: memoryview) -> None:
    count = body[0]
    first, last, bits = struct.unpack_from("BBB", body, 1 + 2 * count)
    if seen.frame not in _PROGRESSIVE:
        first, last, bits = 0, _COEFFICIENTS - 1, 0
    if bits & 0x0F == 0:
        for i in range(count):
            seen.exact.setdefault(body[1 + 2 * i], set()).update(range(first, last + 1))


def _header(seen: _Seen, end: int) -> Header:
    if not seen.frame or not seen.data_at:
        raise HeaderError("damaged", "it has no frame, or no scan")
    turned, taken_at = exif_facts(seen.exif) if seen.exif is not None else (False, "")
    whole = all(len(seen.exact.get(c, ())) >= _COEFFICIENTS for c in seen.components)
    return Header(
        seen.width_px,
        seen.height_px,
        data=(seen.data_at, end),
        turned=turned,
        reducible=seen.frame in _SCALABLE,
        whole_at_end=True,
        taken_at=taken_at,
        damage="" if whole or seen.frame in _LOSSLESS else "its last scans are missing",
    )
