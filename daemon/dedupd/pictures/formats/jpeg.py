"""JPEG: its segments up to the end marker, so that a cut file is known before it is decoded.

A JPEG ends with its own end marker; what follows (a film, a gain map, padding) is looked at by
`jpeg_trailing`.  Source: ITU-T T.81, annexes B and G; T.871 (JFIF); T.872, 6.5.3 (Adobe).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from dedupd.pictures.formats import icc, iptc, mpf, trailing, xmp
from dedupd.pictures.formats.coded import CodedDigest
from dedupd.pictures.formats.header import Header, HeaderError, truncated
from dedupd.pictures.formats.jpeg_scans import Scans, Zeros
from dedupd.pictures.formats.jpeg_segments import END, SCAN, Segment, segments
from dedupd.pictures.formats.jpeg_trailing import behind
from dedupd.pictures.formats.metadata import Metadata
from dedupd.pictures.formats.tags import EXIF_PREFIX

_CODES, _QUANTISERS = 0xC4, 0xDB
_FRAMES = {*range(0xC0, 0xD0)} - {_CODES, 0xC8, 0xCC}
_SCALABLE = {0xC0, 0xC1, 0xC2}
_JFIF, _EXIF_OR_XMP, _PROFILE_OR_INDEX, _DUCKY, _RESOURCES, _ADOBE, _COMMENT = (
    0xE0, 0xE1, 0xE2, 0xEC, 0xED, 0xEE, 0xFE,
)  # fmt: skip
_METADATA = {_JFIF, _EXIF_OR_XMP, _PROFILE_OR_INDEX, _DUCKY, _RESOURCES, _ADOBE, _COMMENT}
_ADOBE_TRANSFORM_AT = 11
_TABLE_VALUES = 64
_JFIF_BYTES = 14
_INKS = 4
_SAMPLINGS = {
    (0x11,): "grey",
    (0x11, 0x11, 0x11): "4:4:4",
    (0x21, 0x11, 0x11): "4:2:2",
    (0x22, 0x11, 0x11): "4:2:0",
}


@dataclass
class _Seen:
    """What the segments said so far."""

    data: memoryview
    coded: CodedDigest = field(default_factory=lambda: CodedDigest(b"jpeg"))
    scans: Scans = field(default_factory=Scans)
    metadata: Metadata = field(default_factory=Metadata)
    profile: list[memoryview] = field(default_factory=list)
    index: tuple[mpf.Listed, ...] = ()
    quantisers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    jfif: bool = False
    adobe: int = -1  # the colour transform that Adobe's segment names; -1 without one
    data_at: int = 0
    holes: list[tuple[int, int]] = field(default_factory=list)
    flat_areas: list[tuple[int, int]] = field(default_factory=list)


def read(data: memoryview) -> Header:
    """Return the header of a JPEG, read to its end marker and beyond."""
    seen = _Seen(data)
    for segment in segments(data):
        if segment.marker == END:
            return _header(seen, segment.end)
        _take(seen, segment)
    raise truncated("its end marker")


def _take(seen: _Seen, segment: Segment) -> None:
    marker, start, end, data_end = segment
    body = seen.data[start:end]
    if marker in _METADATA:
        _take_metadata(seen, marker, body, start)
        return
    seen.coded.add(bytes([marker]), body)
    if marker in _FRAMES and not seen.scans.frame:
        seen.scans.begin(marker, body)
    elif marker == _CODES:
        seen.scans.take_codes(body)
    elif marker == _QUANTISERS:
        seen.quantisers.update(_quantisers(body))
    elif marker == SCAN:
        seen.data_at = seen.data_at or end
        seen.coded.add(b"data", seen.data[end:data_end])
        zeros = seen.scans.take(body)
        (seen.holes if zeros is Zeros.HOLE else seen.flat_areas).append((end, data_end))


def _take_metadata(seen: _Seen, marker: int, body: memoryview, start: int) -> None:
    """Take an application's segment; all but the profile is no part of the coded picture."""
    head = bytes(body[:32])
    if marker == _JFIF:
        whole = len(body) >= _JFIF_BYTES  # decoders pass a shorter one over
        seen.jfif = seen.jfif or (whole and head.startswith(b"JFIF\0"))
    elif marker == _EXIF_OR_XMP and head.startswith(EXIF_PREFIX):
        seen.metadata.add_exif(body)
    elif marker == _EXIF_OR_XMP and head.startswith(xmp.JPEG_PREFIX):
        seen.metadata.add_xmp(body[len(xmp.JPEG_PREFIX) :])
    elif marker == _EXIF_OR_XMP and head.startswith(xmp.JPEG_EXTENSION):
        # Phones keep pictures there: the other eye of a pair, what a blur was made of.
        seen.coded.add(b"extension", body)
    elif marker == _PROFILE_OR_INDEX and head.startswith(icc.JPEG_PREFIX):
        seen.profile.append(body[len(icc.JPEG_PREFIX) :])
    elif marker == _PROFILE_OR_INDEX and head.startswith(mpf.JPEG_PREFIX):
        prefix = len(mpf.JPEG_PREFIX)
        seen.index = seen.index or mpf.read(body[prefix:], start + prefix)
    elif marker == _RESOURCES and head.startswith(iptc.JPEG_PREFIX):
        seen.metadata.add_resources(body[len(iptc.JPEG_PREFIX) :])
    elif marker == _ADOBE and head.startswith(b"Adobe") and len(head) > _ADOBE_TRANSFORM_AT:
        seen.adobe = head[_ADOBE_TRANSFORM_AT]


def _quantisers(body: memoryview) -> dict[int, tuple[int, ...]]:
    """Return the quantisation tables of one segment by their number."""
    tables, at = {}, 0
    while at < len(body):
        step_bytes = 2 if body[at] >> 4 else 1
        end = at + 1 + _TABLE_VALUES * step_bytes
        raw = bytes(body[at + 1 : end])
        steps = tuple(raw)
        if step_bytes > 1:
            steps = tuple(high << 8 | low for high, low in zip(raw[::2], raw[1::2], strict=False))
        tables[body[at] & 15] = steps
        at = end
    return tables


def _header(seen: _Seen, end: int) -> Header:
    scans = seen.scans
    if not scans.frame or not seen.data_at:
        raise HeaderError("damaged", "it has no frame, or no scan")
    size = scans.width_px, scans.height_px
    rest = behind(seen.data, end, size, seen.index, xmp.lists_maps(seen.metadata.xmp))
    exif = seen.metadata.read()
    profile = icc.join(seen.profile)
    steps, colour_steps = (_steps(seen, index) for index in (0, 1))
    sampling = _SAMPLINGS.get(scans.factors, "") if _colours(seen) == "standard" else ""
    return Header(
        *size,
        data=(seen.data_at, end),
        frames=1 + rest.pictures,
        orientation=exif.orientation,
        reducible=scans.frame in _SCALABLE,
        taken_at=exif.taken_at,
        camera=exif.camera,
        damage=rest.damage if scans.whole else "its last scans are missing",
        note="its colour profile is broken" if seen.profile and not profile else "",
        icc=profile,
        inks=len(scans.components) == _INKS,
        coded=_digest(seen, end, exif.orientation),
        coding_error=_coding_error(steps),
        luma_steps=steps,
        coded_steps=colour_steps,
        sampling=sampling if steps else "",
        trailing=rest.other,
        zero_run_spans=tuple(seen.holes),
        flat_spans=tuple(seen.flat_areas),
    )


def _steps(seen: _Seen, component: int) -> tuple[int, ...]:
    """Return the quantisation table of a component; () where there is none, or not a whole one."""
    tables = seen.scans.tables
    steps = seen.quantisers.get(tables[component], ()) if component < len(tables) else ()
    return steps if len(steps) == _TABLE_VALUES else ()


def _digest(seen: _Seen, end: int, orientation: int) -> bytes:
    for piece in seen.profile:
        seen.coded.add(b"profile", piece)
    seen.coded.add(b"shown", f"{_colours(seen)} {orientation}".encode())
    seen.coded.add(b"trailing", trailing.content(seen.data[end:]))
    return seen.coded.digest()


def _colours(seen: _Seen) -> str:
    """Return how decoders take the channels: what JFIF, Adobe and the channels' names decide."""
    names = seen.scans.components
    if len(names) == _INKS:
        return f"inks {seen.adobe}"
    if seen.jfif or len(names) == 1:
        return "standard"
    if seen.adobe >= 0:
        return "rgb" if seen.adobe == 0 else "standard"
    return "rgb" if bytes(names) == b"RGB" else "standard"


def _coding_error(steps: tuple[int, ...]) -> float:
    """Return the RMS error that rounding to these steps may make; -1.0 without a whole table.

    A rounding error is spread evenly over a step, and the transform keeps squares as they are.
    """
    if len(steps) != _TABLE_VALUES:
        return -1.0
    return math.sqrt(sum(step * step / 12 for step in steps) / _TABLE_VALUES)
