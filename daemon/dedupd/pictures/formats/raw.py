"""Camera RAW: what the sensor saw, in the ways of its makers; sizes by LibRaw, the rest by us.

Most are built like a TIFF (DNG, NEF, ARW, CR2, PEF, SRW, ORF, RW2), whose directories are read
here to tell them from a TIFF, and to see whether all of their data are in the file.
Source: Adobe DNG 1.7; TIFF/EP (ISO 12234-2); what ExifTool's documentation says of RAF and CR3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

from dedupd.pictures.formats.boxes import boxes
from dedupd.pictures.formats.header import Header, truncated
from dedupd.pictures.formats.tags import Exif, Tags, directory, exif_of, exif_of_directory

_COMPRESSION, _COLOURS, _SUB_DIRECTORIES, _DNG_VERSION = 259, 262, 330, 50706
_CHUNKS = ((273, 279), (324, 325))  # offsets and byte counts: of strips, of tiles
_JPEG_AT, _JPEG_BYTES = 513, 514
_SENSOR_COLOURS = (32803, 34892)  # colour filter array, linear RAW
_SENSOR_COMPRESSIONS = (32767, 32769, 32770, 32867, 34713, 65000, 65535)
_TIFF_LIKE = (b"II", b"MM")
_BIG_TIFF = 43
_MOST_DIRECTORIES = 64
_ZERO_RUN_BYTES = 4096  # sensors have noise: 2,048 cells of nothing in a row don't happen
_RAF_MAGIC = b"FUJIFILMCCD-RAW"
_RAF_PARTS_AT = 84  # three pairs of offset and length: preview, tags, sensor
_CR3_TAGS = (b"CMT1", b"CMT2")

# LibRaw's flip: 1 mirrors left to right, then 2 upside down, then 4 swaps rows and columns;
# some makers' files give it degrees.
_ORIENTATION_OF_FLIP = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8, 90: 6, 180: 3, 270: 8}

Span = tuple[int, int]


def is_raw(data: memoryview) -> bool:
    """Return whether what begins like a TIFF is a camera's RAW file."""
    return any(_DNG_VERSION in one.entries or _is_sensor(one) for one in _directories(data))


def read(data: memoryview) -> Header:
    """Return the header of a RAW file: the size is that of the full picture of the sensor."""
    spans, sensor = list(_spans(data)), list(_sensor_spans(data))
    if any(end > len(data) for _, end in spans):
        raise truncated("its last data")
    # Loaded late: most workers never see a RAW, and LibRaw takes its time.
    from dedupd.pictures.libraw import opened

    with opened(data) as raw:
        sizes = raw.sizes
    width_px, height_px = sizes.width, sizes.height
    if 0 < sizes.pixel_aspect < 1:
        height_px = round(height_px / sizes.pixel_aspect)
    elif sizes.pixel_aspect > 1:
        width_px = round(width_px * sizes.pixel_aspect)
    exifs = list(_exifs(data))
    return Header(
        width_px,
        height_px,
        data=_around(sensor or spans, len(data)),
        orientation=_ORIENTATION_OF_FLIP.get(sizes.flip, 1),
        taken_at=next((one.taken_at for one in exifs if one.taken_at), ""),
        camera=next((one.camera for one in exifs if one.camera), ""),
        zero_run_bytes=_ZERO_RUN_BYTES if sensor else 0,
        zero_run_spans=tuple(sensor),
    )


def _around(spans: list[Span], size_bytes: int) -> Span:
    """Return from where to where the spans reach; the whole file where there are none."""
    if not spans:
        return 0, size_bytes
    return min(start for start, _ in spans), max(end for _, end in spans)


def _is_sensor(one: Tags) -> bool:
    return (
        one.number(_COLOURS, 0) in _SENSOR_COLOURS
        or one.number(_COMPRESSION, 0) in _SENSOR_COMPRESSIONS
    )


def _directories(data: memoryview) -> Iterator[Tags]:
    """Yield the directories of what is built like a TIFF, the inner ones too; none if it isn't."""
    if bytes(data[:2]) in _TIFF_LIKE and _BIG_TIFF not in data[2:4]:
        yield from islice(_chained(data), _MOST_DIRECTORIES)


def _chained(data: memoryview) -> Iterator[Tags]:
    order = "<" if bytes(data[:2]) == b"II" else ">"
    waiting, seen = [_number_at(data, 4, order)], set()
    while waiting:
        at = waiting.pop()
        if at in seen or not at:
            continue
        seen.add(at)
        try:
            one = directory(data, order, at)
        except struct.error:
            continue
        yield one
        waiting += [one.next_at, *one.numbers(_SUB_DIRECTORIES)[:_MOST_DIRECTORIES]]


def _spans(data: memoryview) -> Iterator[Span]:
    """Yield where the coded pictures of the file are, previews too; nothing if it isn't known."""
    if bytes(data[: len(_RAF_MAGIC)]) == _RAF_MAGIC:
        parts = struct.unpack_from(">6I", data, _RAF_PARTS_AT)
        for start, length in zip(parts[::2], parts[1::2], strict=True):
            yield start, start + length
    elif bytes(data[4:8]) == b"ftyp":
        yield from (
            (start, end) for name, start, end in boxes(data, 0, len(data)) if name == b"mdat"
        )
    for one in _directories(data):
        yield from _chunks(one)
        jpeg_at = one.number(_JPEG_AT, 0)
        yield from [(jpeg_at, jpeg_at + one.number(_JPEG_BYTES, 0))] if jpeg_at else []


def _sensor_spans(data: memoryview) -> Iterator[Span]:
    """Yield where the sensor's data are, as far as the directories say so."""
    for one in _directories(data):
        if _is_sensor(one):
            yield from _chunks(one)


def _chunks(one: Tags) -> Iterator[Span]:
    for offsets, counts in _CHUNKS:
        for start, length in zip(one.numbers(offsets), one.numbers(counts), strict=False):
            yield start, start + length


def _exifs(data: memoryview) -> Iterator[Exif]:
    """Yield what its directories say, and those of its preview, as far as we find them."""
    for one in _directories(data):
        yield exif_of_directory(one)
    if bytes(data[: len(_RAF_MAGIC)]) == _RAF_MAGIC:
        (preview_at,) = struct.unpack_from(">I", data, _RAF_PARTS_AT)
        yield exif_of(data[preview_at + 12 :])  # behind the start of JPEG and of EXIF
    if bytes(data[4:8]) == b"ftyp":
        yield from (exif_of(data[start:end]) for start, end in _cr3_tags(data))


def _cr3_tags(data: memoryview) -> Iterator[Span]:
    """Yield the blocks of tags of a CR3, which lie in moov/uuid."""
    for name, start, end in boxes(data, 0, len(data)):
        if name != b"moov":
            continue
        for inner, first, last in boxes(data, start, end):
            if inner == b"uuid":
                found = boxes(data, first + 16, last)
                yield from ((at, stop) for tag, at, stop in found if tag in _CR3_TAGS)


def _number_at(data: memoryview, at: int, order: str) -> int:
    (number,) = struct.unpack_from(order + "I", data, at)
    return int(number)
