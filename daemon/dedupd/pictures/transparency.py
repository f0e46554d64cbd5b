"""Transparency: how opaque the pixels of a picture are, and what they look like on white."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedupd.pictures.opencv import cv2

_FOUR_CHANNELS = (4,)
_LEVELS_OF_16_BITS = 257  # 65535 / 255
_OPAQUE = 255
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")

Alpha = NDArray[np.uint8]
"""Opacity, shape (height, width); 255 lets nothing through."""


def alpha_of(decoded: NDArray[np.generic]) -> Alpha | None:
    """Return the fourth channel; None where there is none.  Only the opaque is 255."""
    if decoded.shape[2:] != _FOUR_CHANNELS:
        return None
    alpha = decoded[:, :, 3]
    if alpha.dtype == np.uint16:
        alpha = alpha // _LEVELS_OF_16_BITS  # rounded down: 65,534 is not opaque
    elif alpha.dtype != np.uint8:
        return None
    return np.asarray(alpha, np.uint8)


def read_again(data: memoryview) -> Alpha | None:
    """Return how opaque Pillow finds the pixels, as stored; None where it can't tell.

    For the few pictures whose alpha OpenCV drops: grey ones with a transparent level, and grey
    TIFF.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.mode not in _MODES:
                return None
            alpha = picture.convert("RGBA").getchannel("A")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return np.asarray(alpha, np.uint8)


def is_opaque(alpha: Alpha) -> bool:
    """Return whether nothing shows through."""
    return bool(alpha.min() == _OPAQUE)


def on_white(bgr: NDArray[np.uint8], alpha: Alpha) -> NDArray[np.uint8]:
    """Return the picture as it looks on white paper, shape (height, width, 3)."""
    share = cv2.merge([alpha, alpha, alpha])
    shown = cv2.multiply(bgr, share, scale=1 / _OPAQUE)
    return np.asarray(cv2.add(shown, cv2.bitwise_not(share)), np.uint8)
