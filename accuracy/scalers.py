"""The scalers that programs in the wild shrink pictures with, good and bad ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""A picture, shape (height, width, 3), blue first, upright."""

Scaler = Callable[[Pixels, int, int], Pixels]
"""(picture, width, height) -> the picture at that size."""


def sharpened(picture: Pixels, amount: float = 0.6, sigma_px: float = 0.8) -> Pixels:
    """Return the picture with an unsharp mask, as galleries put on what they have shrunken."""
    soft = cv2.GaussianBlur(picture, (0, 0), sigma_px)
    return np.asarray(cv2.addWeighted(picture, 1 + amount, soft, -amount, 0), np.uint8)


def _opencv(interpolation: int) -> Scaler:
    def scale(picture: Pixels, width: int, height: int) -> Pixels:
        size = cv2.resize(picture, (width, height), interpolation=interpolation)
        return np.asarray(size, np.uint8)

    return scale


def _pillow(filter_: Image.Resampling) -> Scaler:
    def scale(picture: Pixels, width: int, height: int) -> Pixels:
        return np.asarray(Image.fromarray(picture).resize((width, height), filter_), np.uint8)

    return scale


def _browser(picture: Pixels, width: int, height: int) -> Pixels:
    """Halve by 2 x 2 means while more than half is too much, then bilinear: as GPUs do."""
    while picture.shape[1] >= 2 * width and picture.shape[0] >= 2 * height:
        half = picture.shape[1] // 2, picture.shape[0] // 2
        picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_AREA), np.uint8)
    return _opencv(cv2.INTER_LINEAR)(picture, width, height)


def _then_sharpened(scaler: Scaler) -> Scaler:
    return lambda picture, width, height: sharpened(scaler(picture, width, height))


area = _opencv(cv2.INTER_AREA)
lanczos = _pillow(Image.Resampling.LANCZOS)

SCALERS: Mapping[str, Scaler] = {
    "area": area,
    "Pillow bilinear": _pillow(Image.Resampling.BILINEAR),
    "Pillow bicubic": _pillow(Image.Resampling.BICUBIC),
    "Pillow lanczos": lanczos,
    "browser": _browser,
    "area, sharpened": _then_sharpened(area),
    "lanczos, sharpened": _then_sharpened(lanczos),
    "aliased bilinear": _opencv(cv2.INTER_LINEAR),
    "aliased bicubic": _opencv(cv2.INTER_CUBIC),
    "aliased lanczos": _opencv(cv2.INTER_LANCZOS4),
}
"""Every scaler by its name; "aliased" ones look at a few pixels only, however much they shrink."""


def to_long_side(picture: Pixels, long_px: int, scaler: Scaler) -> Pixels:
    """Return the picture with that longer side, its aspect kept as whole pixels allow."""
    return by_factor(picture, long_px / max(picture.shape[:2]), scaler)


def by_factor(picture: Pixels, factor: float, scaler: Scaler) -> Pixels:
    """Return the picture with its sides multiplied by `factor`."""
    height, width = picture.shape[:2]
    return scaler(picture, max(1, round(width * factor)), max(1, round(height * factor)))
