"""What would the needle's own coding do to the library's picture?

Whoever made the needle from the library's copy changed it by that much and no more.  A larger
difference was lost by the library's copy, or is the noise of another moment.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedupd.model import View
from dedupd.pictures.codec import upright
from dedupd.pictures.formats.header import Header
from dedupd.pictures.measures import Luma, rms, seen
from dedupd.pictures.opencv import cv2

_SIDE = 8
_LARGEST_STEP = 255
_INVERSE = {6: 8, 8: 6}  # of EXIF's orientations; every other one is its own inverse


def explained(library: Luma, needle: Header, view: View) -> float | None:
    """Return the RMS luma difference that the needle's coding makes to the library's picture.

    Args:
        library: Of the full decode, upright, shape (height, width).
        view: In which the needle is compared; its blocks lie where it stores them.

    Returns:
        Grey levels; 0.0 for a lossless needle, None where its coding can't be imitated.
    """
    if not needle.luma_steps:
        return None if needle.coding_error < 0 else 0.0
    stored = upright(_unseen(library, view), _INVERSE.get(needle.orientation, needle.orientation))
    values = np.ascontiguousarray(stored, np.uint8)
    coded = io.BytesIO()
    try:
        Image.fromarray(values).save(coded, "JPEG", qtables=[_by_rows(needle.luma_steps)])
    except (OSError, ValueError):  # larger than JPEG allows, or no table
        return None
    again = cv2.imdecode(np.frombuffer(coded.getbuffer(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return rms(values, np.asarray(again, np.uint8)) if again is not None else None


def _unseen(values: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    """Return the picture that `seen` shows so in that view."""
    turned = seen(values, View(-view.quarters, mirrored=False))
    return np.fliplr(turned) if view.mirrored else turned


def _by_rows(steps: tuple[int, ...]) -> list[int]:
    """Return a quantisation table, which files hold in zigzag order, row by row."""
    by_rows = [0] * len(steps)
    for step, at in zip(steps, _ZIGZAG, strict=True):
        by_rows[at] = min(step, _LARGEST_STEP)
    return by_rows


def _along_diagonals(at: int) -> tuple[int, int]:
    row, column = divmod(at, _SIDE)
    diagonal = row + column
    return diagonal, row if diagonal % 2 else column


_ZIGZAG = sorted(range(_SIDE * _SIDE), key=_along_diagonals)
