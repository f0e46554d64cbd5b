"""A small JPEG of a picture, for people to look at: it proves nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupd.pictures.opencv import cv2

LONGEST_EDGE_PX = 2048
"""No thumbnail is larger."""

_QUALITY = 80


def thumbnail(picture: NDArray[np.uint8], edge_px: int) -> bytes:
    """Return a JPEG whose longer side has `edge_px`, or the picture's own where that is less.

    Args:
        picture: Upright, in sRGB, on white; shape (height, width, 3), blue first.
        edge_px: 1 to `LONGEST_EDGE_PX`.

    Raises:
        ValueError: `edge_px` is none of these.
    """
    if not 1 <= edge_px <= LONGEST_EDGE_PX:
        raise ValueError(f"a thumbnail has an edge of 1 to {LONGEST_EDGE_PX} pixels, not {edge_px}")
    options = (cv2.IMWRITE_JPEG_QUALITY, _QUALITY)
    done, coded = cv2.imencode(".jpg", _shrunken(picture, edge_px), options)
    if not done:
        raise RuntimeError("OpenCV makes no JPEG")
    return coded.tobytes()


def _shrunken(picture: NDArray[np.uint8], edge_px: int) -> NDArray[np.uint8]:
    height_px, width_px = picture.shape[:2]
    longer_px = max(height_px, width_px)
    if longer_px <= edge_px:
        return picture
    # A panorama of 20,000 x 10 pixels would have no height left.
    size = [max(1, round(side * edge_px / longer_px)) for side in (width_px, height_px)]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
