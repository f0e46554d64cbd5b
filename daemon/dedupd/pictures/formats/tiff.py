"""TIFF: its first directory, and what tells that a first picture isn't all there is.

Camera RAW files of several makers are TIFFs too, with a thumbnail where a reader looks first;
they must never pass for that thumbnail.  Source: TIFF 6.0; Adobe DNG 1.7; TIFF/EP.
"""

from __future__ import annotations

from dedupd.pictures.formats.header import Header, HeaderError, truncated
from dedupd.pictures.formats.tags import Tags, first_directory, swaps_sides, taken_at

_KIND, _WIDTH, _HEIGHT, _COMPRESSION, _COLOURS = 254, 256, 257, 259, 262
_CHUNKS = ((273, 279), (324, 325))  # offsets and byte counts: of strips, of tiles
_SAMPLES, _SUB_DIRECTORIES, _EXTRA_SAMPLES, _DNG_VERSION = 277, 330, 338, 50706
_REDUCED = 1
_CHANNELS = {0: 1, 1: 1, 2: 3, 3: 1, 6: 3, 8: 3}  # by colour space: grey, RGB, palette, YCbCr, Lab
_RAW_COLOURS = (32803, 34892)  # colour filter array, linear RAW
_RAW_COMPRESSIONS = (32767, 32769, 32770, 32867, 34713, 65000, 65535)
_STORED = 1
_BIG_TIFF = 43


def read(data: memoryview) -> Header:
    """Return the header of a TIFF's only picture, or of its first one."""
    if _BIG_TIFF in (data[2], data[3]):
        raise HeaderError("unsupported", "BigTIFF pictures can't be decoded by this version")
    first = first_directory(data)
    if _is_raw(first):
        raise HeaderError("unsupported", "camera RAW files can't be decoded by this version")
    if first.number(_KIND, 0) & _REDUCED:
        raise HeaderError("unsupported", "its first picture is only a thumbnail of another")
    many = first.next_at != 0 or _SUB_DIRECTORIES in first.entries
    stored = first.number(_COMPRESSION, _STORED) == _STORED
    return Header(
        first.number(_WIDTH, 0),
        first.number(_HEIGHT, 0),
        data=_extent(first),
        frames=2 if many else 1,
        alpha=_has_extra_channel(first),
        turned=swaps_sides(first),
        taken_at=taken_at(first),
        zero_run_bytes=0 if stored else 4096,
    )


def _is_raw(first: Tags) -> bool:
    return (
        _DNG_VERSION in first.entries
        or first.number(_COLOURS, 0) in _RAW_COLOURS
        or first.number(_COMPRESSION, _STORED) in _RAW_COMPRESSIONS
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
