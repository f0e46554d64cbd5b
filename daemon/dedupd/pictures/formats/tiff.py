"""TIFF: its first directory, and what tells that a first picture isn't all there is.

Camera RAW files of several makers are TIFFs too, with a thumbnail where a reader looks first;
they must never pass for that thumbnail.  Source: TIFF 6.0; Adobe DNG 1.7; TIFF/EP; XMP
specification, part 3, Adobe.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from dedupd.pictures.formats import iptc, xmp
from dedupd.pictures.formats.header import EIGHT_BIT_ERROR, Header, HeaderError, truncated
from dedupd.pictures.formats.tags import Tags, directory, exif_of_directory, first_directory

_KIND, _OLD_KIND, _WIDTH, _HEIGHT, _COMPRESSION, _COLOURS = 254, 255, 256, 257, 259, 262
_CHUNKS = ((273, 279), (324, 325))  # offsets and byte counts: of strips, of tiles
_SAMPLES, _SUB_DIRECTORIES, _EXTRA_SAMPLES, _DNG_VERSION = 277, 330, 338, 50706
_XMP, _IPTC, _RESOURCES, _PROFILE = 700, 33723, 34377, 34675
_REDUCED, _MASK = 1, 4  # bits of the kind
_OLD_REDUCED = 2
_CHANNELS = {0: 1, 1: 1, 2: 3, 3: 1, 6: 3, 8: 3}  # by colour space: grey, RGB, palette, YCbCr, Lab
_INKS = 5
_RAW_COLOURS = (32803, 34892)  # colour filter array, linear RAW
_RAW_COMPRESSIONS = (32767, 32769, 32770, 32867, 34713, 65000, 65535)
_STORED = 1
_LOSSLESS = (_STORED, 2, 3, 4, 5, 8, 32773, 32946)
_BIG_TIFF = 43
_BITS, _EIGHT_BITS = 258, 8
_DIRECTORIES_AT_MOST = 64


def read(data: memoryview) -> Header:
    """Return the header of a TIFF's only picture, or of its first one."""
    if _BIG_TIFF in (data[2], data[3]):
        raise HeaderError("unsupported", "BigTIFF pictures can't be decoded by this version")
    first = first_directory(data)
    if _is_raw(first):
        raise HeaderError("unsupported", "camera RAW files can't be decoded by this version")
    if first.number(_KIND, 0) & _REDUCED:
        raise HeaderError("unsupported", "its first picture is only a thumbnail of another")
    exif = exif_of_directory(first)
    compression = first.number(_COMPRESSION, _STORED)
    return Header(
        first.number(_WIDTH, 0),
        first.number(_HEIGHT, 0),
        data=_extent(first),
        frames=2 if any(map(_is_picture, _others(first))) else 1,
        alpha=_has_extra_channel(first),
        orientation=exif.orientation,
        taken_at=exif.taken_at or _other_time(first),
        camera=exif.camera,
        icc=bytes(first.raw(_PROFILE)),
        inks=first.number(_COLOURS, 0) == _INKS,
        coding_error=_coding_error(first, compression),
        zero_run_bytes=0 if compression == _STORED else 4096,
    )


def _coding_error(first: Tags, compression: int) -> float:
    if compression not in _LOSSLESS:
        return -1.0
    return 0.0 if first.number(_BITS, 1) > _EIGHT_BITS else EIGHT_BIT_ERROR


def _is_raw(first: Tags) -> bool:
    return (
        _DNG_VERSION in first.entries
        or first.number(_COLOURS, 0) in _RAW_COLOURS
        or first.number(_COMPRESSION, _STORED) in _RAW_COMPRESSIONS
    )


def _others(first: Tags) -> Iterator[Tags | None]:
    """Yield the directories of the other pages and of those below; None for one that is broken."""
    starts, seen = [*first.numbers(_SUB_DIRECTORIES), first.next_at], {0}
    while starts and len(seen) <= _DIRECTORIES_AT_MOST:
        at = starts.pop()
        if at in seen:
            continue
        seen.add(at)
        try:
            other = directory(first.data, first.order, at)
        except struct.error:
            yield None
            continue
        yield other
        starts.append(other.next_at)


def _is_picture(other: Tags | None) -> bool:
    """Return whether a directory is one more picture: no preview, and no mask."""
    if other is None:
        return True
    reduced = other.number(_KIND, 0) & (_REDUCED | _MASK)
    return not reduced and other.number(_OLD_KIND, 0) != _OLD_REDUCED


def _other_time(first: Tags) -> str:
    return (
        xmp.taken_at(first.raw(_XMP))
        or iptc.taken_at(first.raw(_IPTC))
        or iptc.taken_at_in_resources(first.raw(_RESOURCES))
    )


def _has_extra_channel(first: Tags) -> bool:
    """Return whether pixels have more than their colours; some writers forget to say so."""
    colours = _CHANNELS.get(first.number(_COLOURS, 0))
    extra = colours is not None and first.number(_SAMPLES, 1) > colours
    return extra or _EXTRA_SAMPLES in first.entries


def _extent(first: Tags) -> tuple[int, int]:
    """Return where the pixel data begin and end, gaps included."""
    spans = [
        (start, start + length)
        for offsets, counts in _CHUNKS
        for start, length in zip(first.numbers(offsets), first.numbers(counts), strict=False)
    ]
    if not spans:
        raise HeaderError("damaged", "it does not say where its pixels are")
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    if end > len(first.data):
        raise truncated("its last strip")
    return start, end
