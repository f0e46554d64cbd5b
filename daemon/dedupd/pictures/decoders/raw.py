"""Decode camera RAW files: their large preview, or else the sensor's picture at half its size.

The sensor's data are unpacked in any case, because a preview can be whole where they aren't.
"""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import rawpy
from numpy.typing import NDArray

from dedupd.pictures.damage import find_damage
from dedupd.pictures.decoders.errors import DecodeError
from dedupd.pictures.formats import jpeg
from dedupd.pictures.formats.header import Header, HeaderError
from dedupd.pictures.libraw import opened
from dedupd.pictures.opencv import cv2

_LARGE_SIDE_PX = 1000
_SAME_SHAPE = 0.02  # largest relative difference of width / height of preview and sensor
_MIRRORED = (2, 4, 5, 7)
_QUARTERS_LEFT = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}


def decode(data: memoryview, header: Header, grey: bool) -> NDArray[np.uint8]:
    """Return the picture upright, as large as its preview, or half as large as the sensor.

    Raises:
        DecodeError: LibRaw can't read it, or the sensor's data or the preview are damaged.
    """
    try:
        with opened(data) as raw:
            raw.unpack()
            pixels = _preview(raw, header)
            if pixels is None:
                pixels = _demosaiced(raw, header)
    except HeaderError as error:
        raise DecodeError(error.reason, error.detail) from error
    return _grey(pixels) if grey else pixels


def sensor_digest(data: memoryview) -> bytes:
    """Return a SHA-256 of what the sensor saw, however its maker or a converter packed it.

    Raises:
        DecodeError: LibRaw can't read it.
    """
    try:
        with opened(data) as raw:
            raw.unpack()
            cells = np.ascontiguousarray(raw.raw_image_visible)
            levels = raw.black_level_per_channel, raw.white_level, cells.shape
            pattern = raw.raw_pattern
            tiles = b"" if pattern is None else pattern.tobytes()
            return hashlib.sha256(repr((levels, tiles)).encode() + cells.tobytes()).digest()
    except HeaderError as error:
        raise DecodeError(error.reason, error.detail) from error


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)


def _preview(raw: rawpy.RawPy, header: Header) -> NDArray[np.uint8] | None:
    """Return the preview upright; None where there is none that is large enough."""
    try:
        found = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if found.format is not rawpy.ThumbFormat.JPEG or not isinstance(found.data, bytes):
        return None
    data = memoryview(found.data)
    try:
        inner = jpeg.read(data)
    except (struct.error, IndexError) as error:
        raise DecodeError("damaged", "its preview ends within its header") from error
    if not _is_large(inner, header) or not _has_shape(inner, header):
        return None
    pixels = _decoded(data, inner)
    if damage := find_damage(inner, data, _grey(pixels)):
        raise DecodeError("damaged", f"its preview is damaged: {damage}")
    return _turned(pixels, header)


def _is_large(preview: Header, header: Header) -> bool:
    side_px = min(preview.width_px, preview.height_px)
    return side_px >= min(_LARGE_SIDE_PX, min(header.width_px, header.height_px) / 2)


def _has_shape(preview: Header, header: Header) -> bool:
    shape = max(preview.width_px, preview.height_px) / min(preview.width_px, preview.height_px)
    wanted = max(header.width_px, header.height_px) / min(header.width_px, header.height_px)
    return abs(shape / wanted - 1) <= _SAME_SHAPE


def _decoded(data: memoryview, preview: Header) -> NDArray[np.uint8]:
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None or pixels.shape[:2] != (preview.height_px, preview.width_px):
        raise DecodeError("damaged", "its preview can't be decoded")
    return np.asarray(pixels, np.uint8)


def _turned(pixels: NDArray[np.uint8], header: Header) -> NDArray[np.uint8]:
    """Return the preview upright.

    Previews lie as the sensor does, whatever their own EXIF block repeats; but one that stands
    where the sensor's picture lies has been turned by who wrote it.
    """
    if header.width_px != header.height_px:
        stands = pixels.shape[0] > pixels.shape[1]
        if stands != (header.height_px > header.width_px):
            return pixels
    if header.orientation in _MIRRORED:
        pixels = np.fliplr(pixels)
    turned = np.rot90(pixels, _QUARTERS_LEFT.get(header.orientation, 0))
    return np.ascontiguousarray(turned)


def _demosaiced(raw: rawpy.RawPy, header: Header) -> NDArray[np.uint8]:
    """Return the sensor's picture, every two by two cells one pixel; LibRaw turns it upright."""
    pixels = raw.postprocess(half_size=True, use_camera_wb=True, no_auto_bright=True)
    found, wanted = pixels.shape[1] / pixels.shape[0], header.upright_size
    if abs(found / (wanted[0] / wanted[1]) - 1) > _SAME_SHAPE:
        raise DecodeError("unsupported", "its picture has another shape than its header says")
    if pixels.shape[2] == 1:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    return np.ascontiguousarray(pixels[:, :, ::-1])
