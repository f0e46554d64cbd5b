"""The picture formats: a table content type -> reader of its header.

A reader takes the whole file and returns a `Header`; it may raise `HeaderError`, and where the
bytes run out `struct.error` or `IndexError`.  It must not allocate by what the file says.  To
add a format: its file here, its line in `READERS`, a sample in `tests/unit/picture_samples.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from dedupd.model import Unreadable
from dedupd.pictures.formats import avif, bmp, gif, heif, jp2, jpeg, png, raw, tiff, webp
from dedupd.pictures.formats.header import Header, HeaderError
from dedupd.pictures.limits import Limits

READERS: Mapping[str, Callable[[memoryview], Header]] = MappingProxyType(
    {
        "avif": avif.read,
        "bmp": bmp.read,
        "gif": gif.read,
        "heic": heif.read,
        "jp2": jp2.read,
        "jpeg": jpeg.read,
        "png": png.read,
        "raw": raw.read,
        "tiff": tiff.read,
        "webp": webp.read,
    }
)

_NOT_DECODED = MappingProxyType(
    {
        "jxl": "JPEG XL pictures can't be decoded by this version",
        "psd": "Photoshop documents can't be decoded",
        "video": "it is a film, though its name says picture",
    }
)


def read_header(content_type: str | None, data: memoryview, limits: Limits) -> Header | Unreadable:
    """Return what the header of `data` says, or why the picture can't be used.

    Quick, and small in memory whatever size the header pretends.
    """
    if len(data) == 0:
        return Unreadable("empty", "the file is empty")
    try:
        if content_type == "tiff" and raw.is_raw(data):
            content_type = "raw"  # its first bytes are those of any TIFF
        reader = READERS.get(content_type or "")
        if content_type is None or reader is None:
            return _not_decoded(content_type)
        return _checked(replace(reader(data), format=content_type), limits)
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
