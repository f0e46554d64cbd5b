"""The ways in which programs make pictures smaller, to be gone again with the library's picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedupd.pictures.opencv import cv2

Picture = NDArray[np.uint8]
Scaler = Callable[[Picture, int, int], Picture]
"""(a picture, shape (height, width, 3); width, height) -> the picture at that smaller size."""


def _opencv(interpolation: int) -> Scaler:
    def scale(picture: Picture, width_px: int, height_px: int) -> Picture:
        scaled = cv2.resize(picture, (width_px, height_px), interpolation=interpolation)
        return np.asarray(scaled, np.uint8)

    return scale


def _pillow(filter_: Image.Resampling) -> Scaler:
    def scale(picture: Picture, width_px: int, height_px: int) -> Picture:
        image = Image.fromarray(np.ascontiguousarray(picture))
        return np.asarray(image.resize((width_px, height_px), filter_), np.uint8)

    return scale


def _halved(picture: Picture, width_px: int, height_px: int) -> Picture:
    """Halve by means of 2 x 2 pixels while it is twice too large, then bilinear: as browsers do."""
    while picture.shape[1] >= 2 * width_px and picture.shape[0] >= 2 * height_px:
        picture = _AREA(picture, picture.shape[1] // 2, picture.shape[0] // 2)
    return _opencv(cv2.INTER_LINEAR)(picture, width_px, height_px)


_AREA, _LINEAR, _CUBIC, _LANCZOS4 = map(
    _opencv, (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
)
_FILTERS = Image.Resampling
SCALERS: tuple[Scaler, ...] = (
    _AREA,
    *map(_pillow, (_FILTERS.LANCZOS, _FILTERS.BICUBIC, _FILTERS.BILINEAR)),
    _LINEAR,
    _halved,
    _CUBIC,
    _LANCZOS4,
    *map(_pillow, (_FILTERS.BOX, _FILTERS.HAMMING)),
)
"""Those of OpenCV and Pillow, with which most scripts work, and browsers'; the usual ones first."""
