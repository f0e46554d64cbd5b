"""What is left of the difference of two pictures once one is coded as the other one's file is?

Whoever made a needle from the library's copy decoded that copy and coded it: doing the same gives
the needle again, but for roundings.  What is left beyond that was lost by the library's copy, or is
the noise of another moment, or a word that differs.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedupd.likeness import Recoding
from dedupd.model import View
from dedupd.pictures.codec import upright
from dedupd.pictures.formats.header import Header
from dedupd.pictures.measures import Luma, peak, rms, seen
from dedupd.pictures.opencv import MatLike, cv2

_SIDE = 8
_HALF = 4
_LARGEST_STEP = 255
_INVERSE = {6: 8, 8: 6}  # of EXIF's orientations; every other one is its own inverse


def recoded(
    plain: Luma, like: Header, view: View, other: Luma, traces_from: float = 0.0
) -> Recoding | None:
    """Code a picture as a file is coded, and compare it with what that file shows.

    Where the picture is nearer to the other one before it is coded, that is compared: a second
    pass through one table changes next to nothing.

    Args:
        plain: Shape (height, width), seen as `other` is.
        like: Of the file that shows `other`; its blocks lie where it stores them.
        view: In which that file's upright picture is `other`.
        traces_from: RMS grey levels that are left from which on `elsewhere` is measured too: with
            less left nobody asks for it, and it costs as much as the rest.

    Returns:
        None where the file's coding can't be imitated; a lossless one changes nothing.
    """
    if not like.luma_steps:
        untold = like.coding_error < 0
        return None if untold else Recoding(0.0, rms(plain, other), peak(plain, other), 0.0)
    stored = as_stored(plain, like, view)
    again = _coded(stored, like.luma_steps)
    if again is None:
        return None
    coded = as_shown(again, like, view)
    nearer = min((coded, plain), key=lambda one: rms(one, other))
    left, most = rms(nearer, other), peak(nearer, other)
    elsewhere = _made_elsewhere(stored, like.luma_steps) if left >= traces_from else 0.0
    return None if elsewhere is None else Recoding(rms(plain, coded), left, most, elsewhere)


def _made_elsewhere(stored: Luma, steps: tuple[int, ...]) -> float | None:
    further = np.asarray(stored[_HALF:, _HALF:], np.uint8)
    coded = _coded(further, steps)
    return None if coded is None else rms(further, coded)


def as_stored(values: NDArray[np.uint8], like: Header, view: View) -> NDArray[np.uint8]:
    """Return a picture, seen in that view, as a file lays it out, before its orientation."""
    back = _INVERSE.get(like.orientation, like.orientation)
    return np.asarray(upright(_unseen(values, view), back), np.uint8)


def as_shown(stored: MatLike, like: Header, view: View) -> NDArray[np.uint8]:
    """Return what a file lays out so, in that view: undoes `as_stored`."""
    return seen(np.asarray(upright(stored, like.orientation), np.uint8), view)


def _coded(stored: MatLike, steps: tuple[int, ...]) -> Luma | None:
    """Return the picture after it was coded with that quantisation table and decoded."""
    coded = io.BytesIO()
    try:
        whole = Image.fromarray(np.ascontiguousarray(stored, np.uint8))
        whole.save(coded, "JPEG", qtables=[by_rows(steps)])
    except (OSError, ValueError, SystemError):  # no pixels, more than JPEG allows, or no table
        return None
    again = cv2.imdecode(np.frombuffer(coded.getbuffer(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return None if again is None else np.asarray(again, np.uint8)


def _unseen(values: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    """Return the picture that `seen` shows so in that view."""
    turned = seen(values, View(-view.quarters, mirrored=False))
    return np.fliplr(turned) if view.mirrored else turned


def by_rows(steps: tuple[int, ...]) -> list[int]:
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
