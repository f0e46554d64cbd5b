"""Makes HEIC files with libheif's own writer, and changes what their boxes say."""

from __future__ import annotations

import io
import struct
from functools import cache

import numpy as np
import pillow_heif
from accuracy import writers
from tests.unit.picture_samples import Picture, exif, small_photo


def heic(picture: Picture | None = None, quality: int = 90, **options: object) -> bytes:
    """Return a HEIC, of the small photograph if no other is given.

    Args:
        picture: Grey, blue-green-red, or with alpha behind that.
        options: The writer's: `tile_size`, `exif`, `xmp`, ...; and `icc`, a colour profile.
    """
    chosen = small_photo() if picture is None else picture
    return written([chosen], quality=quality, **options)


def written(pictures: list[Picture], icc: bytes = b"", **options: object) -> bytes:
    """Return a HEIC of several pictures, the first of them the main one."""
    file = pillow_heif.HeifFile()
    for picture in pictures:
        mode = {2: "L", 3: "BGR", 4: "BGRA"}[picture.shape[2] if picture.ndim > 2 else 2]
        size_px = (picture.shape[1], picture.shape[0])
        added = file.add_frombytes(mode, size_px, np.ascontiguousarray(picture).tobytes())
        if icc:
            added.info["icc_profile"] = icc
    data = io.BytesIO()
    file.save(data, enc_params=writers.ALONE, **options)
    return data.getvalue()


@cache
def sample_heic(tile_px: int = 0) -> bytes:
    """Return the small photograph as one HEIC picture, in tiles of that size if not 0."""
    return heic(tile_size=tile_px)


def exif_of_orientation(orientation: int) -> bytes:
    """Return the EXIF option; the writer adds `irot` and `imir` for it."""
    return b"Exif\0\0" + exif(orientation)


def with_exif_orientation(data: bytes, orientation: int) -> bytes:
    """Return a HEIC whose EXIF block says something else than its `irot` and `imir`."""
    at = data.index(b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0") + 18
    return data[:at] + struct.pack("<H", orientation) + data[at + 2 :]


def coded_span(data: bytes) -> tuple[int, int]:
    """Return where the coded bytes are in a file whose last box is `mdat`."""
    return data.rindex(b"mdat") + 4, len(data)
