"""Makes camera RAW files: a whole small DNG, and the heads of what other makers write.

The DNG is laid out as a camera's is: a thumbnail first, the sensor's picture and a preview in
sub-directories.  No writer of the other formats exists that tests could use.
"""

from __future__ import annotations

import struct
from functools import cache, partial

import numpy as np
from tests.unit.picture_samples import Picture, jpeg, photo

from dedupd.pictures.opencv import cv2

BYTE, TEXT, SHORT, LONG, RATIONAL, SIGNED_RATIONAL = 1, 2, 3, 4, 5, 10
_SIZES = {BYTE: 1, TEXT: 1, SHORT: 2, LONG: 4, RATIONAL: 8, SIGNED_RATIONAL: 8}

RAW_SIZE_PX = (480, 320)
TAKEN_AT = "2026:11:22 09:30:00"

Entry = tuple[int, int, bytes]
"""Tag, type and value of one entry of a directory."""


def short(tag: int, *values: int) -> Entry:
    return tag, SHORT, struct.pack(f"<{len(values)}H", *values)


def long(tag: int, *values: int) -> Entry:
    return tag, LONG, struct.pack(f"<{len(values)}I", *values)


def text(tag: int, value: str) -> Entry:
    return tag, TEXT, value.encode() + b"\0"


def signed(tag: int, *values: float) -> Entry:
    pairs = b"".join(struct.pack("<ii", round(value * 10_000), 10_000) for value in values)
    return tag, SIGNED_RATIONAL, pairs


def unsigned(tag: int, *values: float) -> Entry:
    pairs = b"".join(struct.pack("<II", round(value * 10_000), 10_000) for value in values)
    return tag, RATIONAL, pairs


class Layout:
    """Puts directories and data one behind the other, and knows where each went."""

    def __init__(self, head: bytes = b"II*\0") -> None:
        self._bytes = bytearray(head + bytes(4))

    def add(self, data: bytes) -> int:
        """Append data; returns where they begin."""
        at = len(self._bytes)
        self._bytes += data + bytes(len(data) % 2)
        return at

    def directory(self, entries: list[Entry]) -> int:
        """Append a directory; returns where it begins."""
        packed = b""
        for tag, kind, value in sorted(entries):
            inline = (
                value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", self.add(value))
            )
            packed += struct.pack("<HHI", tag, kind, len(value) // _SIZES[kind]) + inline
        return self.add(struct.pack("<H", len(entries)) + packed + bytes(4))

    def file(self, first_at: int) -> bytes:
        """Return the file whose first directory begins at `first_at`."""
        self._bytes[4:8] = struct.pack("<I", first_at)
        return bytes(self._bytes)


def scene(size_px: tuple[int, int] = RAW_SIZE_PX) -> Picture:
    """Return the picture that the samples show, blue, green, red."""
    return np.asarray(cv2.resize(photo("coffee.png"), size_px, interpolation=cv2.INTER_AREA))


def mosaic(picture: Picture) -> bytes:
    """Return what a sensor with red, green, green, blue cells would have seen, 16 bits each."""
    linear = (picture.astype(np.float64) / 255) ** 2.2 * 60_000
    cells = np.empty(picture.shape[:2], "<u2")
    for row, column, channel in ((0, 0, 2), (0, 1, 1), (1, 0, 1), (1, 1, 0)):
        cells[row::2, column::2] = linear[row::2, column::2, channel]
    return cells.tobytes()


@cache
def dng(
    orientation: int = 1,
    preview: bytes | None = None,
    taken_at: str = TAKEN_AT,
    make: str = "Maker",
    version: bool = True,
) -> bytes:
    """Return a DNG; its preview is a JPEG of the sensor's size unless another is given.

    The sensor's data come last, as in most cameras' files.

    Args:
        preview: A JPEG; b"" for none.
        version: Whether it says that it is a DNG.
    """
    picture = scene()
    chosen = jpeg(picture, quality=95) if preview is None else preview
    tags = partial(
        _tags,
        picture,
        orientation=orientation,
        preview=chosen,
        taken_at=taken_at,
        make=make,
        version=version,
    )
    # The first round is made only to learn where the sensor's data will begin.
    return tags(sensor_at=len(tags(sensor_at=0))) + mosaic(picture)


def _tags(
    picture: Picture,
    *,
    sensor_at: int,
    orientation: int,
    preview: bytes,
    taken_at: str,
    make: str,
    version: bool,
) -> bytes:
    layout = Layout()
    subs = [layout.directory(_sensor(picture, sensor_at))]
    if preview:
        subs.append(layout.directory(_preview(layout, preview)))
    exif = layout.directory([text(0x9003, taken_at), text(0x9291, "42")])
    first = [
        *_thumbnail(layout),
        text(271, make),
        text(272, "Model 1"),
        short(274, orientation),
        long(330, *subs),
        long(0x8769, exif),
        signed(50721, 3.24, -1.537, -0.4986, -0.9692, 1.876, 0.0415, 0.0556, -0.204, 1.057),
        unsigned(50728, 1.0, 1.0, 1.0),
        short(50778, 21),
    ]
    if version:
        first += [(50706, BYTE, b"\1\4\0\0"), (50707, BYTE, b"\1\1\0\0"), text(50708, "Model 1")]
    return layout.file(layout.directory(first))


def _sensor(picture: Picture, sensor_at: int) -> list[Entry]:
    return [
        long(254, 0),
        long(256, picture.shape[1]),
        long(257, picture.shape[0]),
        short(258, 16),
        short(259, 1),
        short(262, 32803),
        long(273, sensor_at),
        short(277, 1),
        long(278, picture.shape[0]),
        long(279, 2 * picture.shape[0] * picture.shape[1]),
        short(33421, 2, 2),
        (33422, BYTE, b"\0\1\1\2"),
        long(50717, 60_000),
    ]


def _preview(layout: Layout, data: bytes) -> list[Entry]:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return [
        long(254, 1),
        long(256, decoded.shape[1]),
        long(257, decoded.shape[0]),
        short(258, 8, 8, 8),
        short(259, 7),
        short(262, 6),
        long(273, layout.add(data)),
        short(277, 3),
        long(278, decoded.shape[0]),
        long(279, len(data)),
    ]


def _thumbnail(layout: Layout) -> list[Entry]:
    small = scene((48, 32))[:, :, ::-1].tobytes()
    return [
        long(254, 1),
        long(256, 48),
        long(257, 32),
        short(258, 8, 8, 8),
        short(259, 1),
        short(262, 2),
        long(273, layout.add(small)),
        short(277, 3),
        long(278, 32),
        long(279, len(small)),
    ]
