"""Decode HEIC with libheif, through pillow-heif.

Whether all of the file is there has been checked before, in its header: the library fills holes
without a word.  It turns the picture by `irot` and `imir` and leaves the EXIF orientation alone.
Nothing is registered with Pillow, and one thread does the work.
"""

from __future__ import annotations

import numpy as np
import pillow_heif
from numpy.typing import NDArray

from dedupd.pictures.decoders.errors import DecodeError
from dedupd.pictures.formats.header import Header
from dedupd.pictures.opencv import cv2

pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False

_GREY_AXES = 2
_WITH_ALPHA = 4
_ROUNDING_PX = 1  # a clean aperture may end between two pixels


def decode(data: memoryview, header: Header, grey: bool) -> NDArray[np.uint8]:
    """Return the main picture, with alpha where it has some and colour is wanted.

    Raises:
        DecodeError: The library can't decode it, or finds another size than the header says.
    """
    pixels = _pixels(data)
    found = (pixels.shape[1], pixels.shape[0])
    if any(abs(a - b) > _ROUNDING_PX for a, b in zip(found, header.upright_size, strict=True)):
        detail = f"the decoder found {found[0]} x {found[1]} pixels, the header says otherwise"
        raise DecodeError("damaged", detail)
    return _grey(pixels) if grey else _colour(pixels)


def _pixels(data: memoryview) -> NDArray[np.uint8]:
    try:
        # Its bytes are read once more here: the library wants them in an object of its own.
        file = pillow_heif.open_heif(bytes(data), convert_hdr_to_8bit=True, bgr_mode=True)
        picture = file[file.primary_index]
        pixels = np.asarray(picture)
        premultiplied = picture.premultiplied_alpha
    except (ValueError, EOFError, SyntaxError, RuntimeError, OSError, IndexError) as error:
        raise DecodeError("damaged", f"the decoder refused it: {error}") from error
    if pixels.dtype != np.uint8:  # a grey one of more than 8 bits is handed out as it is
        pixels = (pixels >> 8).astype(np.uint8)
    return _divided(pixels) if premultiplied else pixels


def _divided(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the colours as they were before they were multiplied by their alpha."""
    alpha = np.maximum(pixels[:, :, 3:], 1).astype(np.float32) / 255
    colours = np.clip(np.rint(pixels[:, :, :3] / alpha), 0, 255).astype(np.uint8)
    return np.dstack([colours, pixels[:, :, 3]])


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.ndim == _GREY_AXES:
        return pixels
    with_alpha = pixels.shape[2] == _WITH_ALPHA
    code = cv2.COLOR_BGRA2GRAY if with_alpha else cv2.COLOR_BGR2GRAY
    return np.asarray(cv2.cvtColor(pixels, code), np.uint8)


def _colour(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.ndim == _GREY_AXES:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    return pixels
