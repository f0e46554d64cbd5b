"""dHash: a perceptual hash that finds copies; it may never call two pictures the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupd.model import VIEWS, PerceptualHash
from dedupd.pictures.opencv import cv2

_GREY_AXES = 2
_LEAST_SIDE = 2
_COMMON_SIDE_PX = 72  # cells of 9 x 8 and of 8 x 9 are whole pixels of it


def dhash(luma: NDArray[np.uint8], side: int = 8) -> PerceptualHash:
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
    brighter = cells[:, :-1] > cells[:, 1:]
    packed = int.from_bytes(np.packbits(brighter).tobytes(), "big")
    padding = -brighter.size % 8  # packbits fills the last byte up with zeros
    return PerceptualHash("dhash", bits=brighter.size, value=packed >> padding)


def turned_hashes(luma: NDArray[np.uint8]) -> tuple[int, ...]:
    """Return the dHashes of the seven turned and mirrored views, in the order of `VIEWS[1:]`.

    Made from 72 x 72 area means, so they may differ by a bit or two from the `dhash` of a file
    that was really turned.

    Args:
        luma: As for `dhash`.
    """
    small = cv2.resize(luma, (_COMMON_SIDE_PX,) * 2, interpolation=cv2.INTER_AREA)
    views = [np.fliplr(small) if view.mirrored else small for view in VIEWS[1:]]
    turned = [np.rot90(one, view.quarters) for one, view in zip(views, VIEWS[1:], strict=True)]
    return tuple(dhash(np.ascontiguousarray(one)).value for one in turned)
