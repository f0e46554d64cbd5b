"""Makes the pictures that tests look at, bytes of every format, and looks at them.

The photographs are those that come installed with scikit-image; nothing is fetched.
"""

from __future__ import annotations

import importlib.util
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedupd.model import Fingerprint, Unreadable
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import fingerprint
from dedupd.pictures.opencv import cv2

Picture = NDArray[np.uint8]

PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "hubble_deep_field.jpg")
JPEG_END = b"\xff\xd9"

SUFFIXES = {
    "jpeg": ".jpg",
    "png": ".png",
    "gif": ".gif",
    "bmp": ".bmp",
    "tiff": ".tiff",
    "webp": ".webp",
    "jp2": ".jp2",
    "avif": ".avif",
}
"""One suffix, as the encoder wants it, for every content type that is decoded."""


@cache
def photo(name: str) -> Picture:
    """Return a photograph as blue, green, red; read-only, because all tests share it."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    data = (Path(spec.origin).parent / "data" / name).read_bytes()
    picture = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    picture.setflags(write=False)
    return picture


@cache
def small_photo(width_px: int = 300, height_px: int = 200) -> Picture:
    """Return the cat in another size."""
    shrunken = cv2.resize(photo("chelsea.png"), (width_px, height_px), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunken, np.uint8)


def encoded(picture: Picture, suffix: str, *options: int) -> bytes:
    """Return `picture` as a file; `options` are OpenCV's `IMWRITE_` pairs."""
    done, data = cv2.imencode(suffix, picture, list(options))
    assert done
    return data.tobytes()


def jpeg(picture: Picture | None = None, quality: int = 88, progressive: bool = False) -> bytes:
    """Return a JPEG, of the small photograph if no other is given."""
    chosen = small_photo() if picture is None else picture
    options = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive))
    return encoded(chosen, ".jpg", *options)


@cache
def sample(content_type: str) -> bytes:
    """Return the small photograph in a format of `SUFFIXES`, whole and without alpha."""
    return encoded(small_photo(), SUFFIXES[content_type])


def with_exif(jpeg_bytes: bytes, exif: bytes) -> bytes:
    """Return a JPEG with an EXIF segment put in behind its start marker."""
    body = b"Exif\0\0" + exif
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    return jpeg_bytes[:2] + segment + jpeg_bytes[2:]


def exif(orientation: int = 1, taken_at: str = "", fraction: str = "", order: str = "<") -> bytes:
    """Return an EXIF block: a first directory, and an EXIF directory where a time is given."""
    entries = [(0x0112, 3, 1, struct.pack(order + "HH", orientation, 0))]
    if not taken_at:
        return tiff_file(entries, order)
    exif_at = 8 + 2 + 2 * 12 + 4
    entries.append((0x8769, 4, 1, struct.pack(order + "I", exif_at)))
    time = taken_at.encode() + b"\0"
    time_at = exif_at + 2 + 2 * 12 + 4
    inner = [
        (0x9003, 2, len(time), struct.pack(order + "I", time_at)),
        (0x9291, 2, len(fraction) + 1, fraction.encode().ljust(4, b"\0")),
    ]
    return tiff_file(entries, order) + _directory(inner, order) + time


def tiff_file(
    entries: list[tuple[int, int, int, bytes]], order: str = "<", next_at: int = 0
) -> bytes:
    """Return a TIFF of one directory; an entry is tag, type, count and the four value bytes."""
    start = b"II*\0" if order == "<" else b"MM\0*"
    return start + struct.pack(order + "I", 8) + _directory(entries, order, next_at)


def _directory(entries: list[tuple[int, int, int, bytes]], order: str, next_at: int = 0) -> bytes:
    packed = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    return struct.pack(order + "H", len(entries)) + packed + struct.pack(order + "I", next_at)


def jpeg_header(width_px: int, height_px: int, precision_bits: int = 8, frame: int = 0xC0) -> bytes:
    """Return a JPEG that claims a size, and has a scan of nothing."""
    size = struct.pack(">BHHB", precision_bits, height_px, width_px, 1) + b"\x01\x11\x00"
    scan = b"\x01\x01\x00\x00\x3f\x00"
    frame_segment = bytes([0xFF, frame]) + struct.pack(">H", len(size) + 2) + size
    scan_segment = b"\xff\xda" + struct.pack(">H", len(scan) + 2) + scan
    return b"\xff\xd8" + frame_segment + scan_segment + b"\x12\x34" + JPEG_END


def png_chunk(name: bytes, body: bytes) -> bytes:
    """Return one chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(width_px: int, height_px: int) -> bytes:
    """Return a PNG that claims a size, and has almost no data."""
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    chunks = (png_chunk(b"IHDR", header), png_chunk(b"IDAT", data), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def with_png_chunk(png: bytes, name: bytes, body: bytes) -> bytes:
    """Return a PNG with a chunk put in behind its header chunk."""
    return png[:33] + png_chunk(name, body) + png[33:]


def with_alpha(picture: Picture, hole: int = 100) -> Picture:
    """Return the picture with an alpha channel: 255, but `hole` in one corner."""
    alpha = np.full(picture.shape[:2], 255, np.uint8)
    alpha[:50, :50] = hole
    return np.dstack([picture, alpha])


def cuts(data: bytes) -> list[bytes]:
    """Return the file cut at 5, 10, ... 95 and 99 percent."""
    return [data[: len(data) * percent // 100] for percent in (*range(5, 100, 5), 99)]


@cache
def _capture() -> StderrCapture:
    return StderrCapture()


def seen(data: bytes, pixels: int = Limits().pixels) -> Fingerprint | Unreadable:
    """Return the fingerprint of a file, codec warnings of this process caught."""
    return fingerprint(data, Limits(pixels), _capture())


def seen_well(data: bytes) -> Fingerprint:
    """Return the fingerprint of a file that must have one."""
    found = seen(data)
    assert isinstance(found, Fingerprint), found
    return found


def vouches(data: bytes) -> bool:
    """Return whether more than equal bytes could match this file."""
    found = seen(data)
    return isinstance(found, Fingerprint) and not found.bytes_only
