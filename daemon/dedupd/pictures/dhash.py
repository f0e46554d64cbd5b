"""dHash: a perceptual hash that finds copies; it may never call two pictures the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupd.model import VIEWS, PerceptualHash, View
from dedupd.pictures.opencv import MatLike, cv2

_SIDE = 8
_GREY_AXES = 2
_LEAST_SIDE = 2
_COMMON_SIDE_PX = 72  # cells of 9 x 8 and of 8 x 9 are whole pixels of it


def dhash(luma: NDArray[np.uint8], side: int = _SIDE) -> PerceptualHash:
    """Hash a picture by where it gets darker from left to right.

    Bit (r, c) is 1 where cell (r, c) of the shrunken picture is strictly brighter than cell
    (r, c + 1).  Rows first, most significant bit first.  Cells are area means: a copy of another
    size has almost the same ones.  A flat picture hashes to 0 whatever it shows.

    Args:
        luma: Brightness, shape (height, width), 0 black to 255 white, upright.
        side: Rows, and bits per row; the hash is side * side bits long.

    Raises:
        ValueError: `luma` is not a non-empty 2-D uint8 array, or side < 2.

    Source: N. Krawetz, "Kind of Like That", The Hacker Factor Blog, 2013.
    """
    if luma.ndim != _GREY_AXES or luma.dtype != np.uint8 or luma.size == 0:
        raise ValueError(f"luma must be 2-D uint8, not {luma.dtype} {luma.shape}")
    if side < _LEAST_SIDE:
        raise ValueError(f"side must be at least {_LEAST_SIDE}, not {side}")
    # cv2 wants (width, height); numpy shapes are (height, width).
    cells = cv2.resize(luma, (side + 1, side), interpolation=cv2.INTER_AREA)
    return PerceptualHash("dhash", bits=side * side, value=_bits(cells))


def turned_hashes(luma: NDArray[np.uint8]) -> tuple[int, ...]:
    """Return the dHashes of the seven turned and mirrored views, in the order of `VIEWS[1:]`.

    Made from 72 x 72 area means, so they may differ by a bit or two from the `dhash` of a file
    that was really turned.

    Args:
        luma: As for `dhash`.
    """
    small = cv2.resize(luma, (_COMMON_SIDE_PX,) * 2, interpolation=cv2.INTER_AREA)
    # Cells that are whole pixels have one mean, whichever way they are turned.
    lying = cv2.resize(small, (_SIDE + 1, _SIDE), interpolation=cv2.INTER_AREA)
    standing = cv2.resize(small, (_SIDE, _SIDE + 1), interpolation=cv2.INTER_AREA)
    return tuple(_bits(_turned(standing if v.quarters % 2 else lying, v)) for v in VIEWS[1:])


def _turned(cells: MatLike, view: View) -> MatLike:
    return np.rot90(np.fliplr(cells) if view.mirrored else cells, view.quarters)


def _bits(cells: MatLike) -> int:
    """Return a bit for each cell but the last of its row: is it brighter than the next?"""
    brighter = cells[:, :-1] > cells[:, 1:]
    packed = int.from_bytes(np.packbits(brighter).tobytes(), "big")
    return packed >> (-brighter.size % 8)  # packbits fills the last byte up with zeros
