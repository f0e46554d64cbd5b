"""The picture formats: a table content type -> reader of its header.

A reader takes the whole file and returns a `Header`; it may raise `HeaderError`, and where the
bytes run out `struct.error` or `IndexError`.  It must not allocate by what the file says.  To
add a format: its file here, its line in `READERS`, a sample in `tests/unit/picture_samples.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType

from dedupd.model import Unreadable
from dedupd.pictures.formats import avif, bmp, gif, jp2, jpeg, png, tiff, webp
from dedupd.pictures.formats.header import Header, HeaderError
from dedupd.pictures.limits import Limits

READERS: Mapping[str, Callable[[memoryview], Header]] = MappingProxyType(
    {
        "avif": avif.read,
        "bmp": bmp.read,
        "gif": gif.read,
        "jp2": jp2.read,
        "jpeg": jpeg.read,
        "png": png.read,
        "tiff": tiff.read,
        "webp": webp.read,
    }
)

_NOT_DECODED = MappingProxyType(
    {
        "heic": "HEIC pictures can't be decoded by this version",
        "jxl": "JPEG XL pictures can't be decoded by this version",
        "psd": "Photoshop documents can't be decoded",
        "raw": "camera RAW files can't be decoded by this version",
        "video": "it is a film, though its name says picture",
    }
)


def read_header(content_type: str | None, data: memoryview, limits: Limits) -> Header | Unreadable:
    """Return what the header of `data` says, or why the picture can't be used.

    Quick, and small in memory whatever size the header pretends.
    """
    if len(data) == 0:
        return Unreadable("empty", "the file is empty")
    reader = READERS.get(content_type or "")
    if reader is None:
        return _not_decoded(content_type)
    try:
        return _checked(reader(data), limits)
    except HeaderError as error:
        return Unreadable(error.reason, error.detail)
    except (struct.error, IndexError):
        return Unreadable("truncated", "the file ends within its header")


def _not_decoded(content_type: str | None) -> Unreadable:
    if content_type is None:
        return Unreadable("not-a-picture", "its content is no picture of a known type")
    return Unreadable("unsupported", _NOT_DECODED[content_type])


def _checked(header: Header, limits: Limits) -> Header:
    width_px, height_px = header.width_px, header.height_px
    if width_px <= 0 or height_px <= 0:
        raise HeaderError("damaged", f"its header says {width_px} x {height_px} pixels")
    if width_px * height_px > limits.pixels:
        size = f"its header says {width_px} x {height_px} pixels"
        raise HeaderError("too-large", f"{size}; the limit is {limits.pixels} in all")
    return header
