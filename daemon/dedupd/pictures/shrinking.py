"""Area means of large pictures, by way of halvings, which cost a third.

OpenCV takes the means of 2 x 2 pixels much faster than any others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupd.pictures.opencv import MatLike, cv2

_HALVINGS = 2  # each rounds once more
_ENOUGH_PX = 16
"""Pixels of a cell's side, after halving, at which a cell cut through pixels changes by a level."""


def area_means(values: MatLike, columns: int, rows: int) -> NDArray[np.uint8]:
    """Shrink a picture to that many cells, each the mean of its area, rounded to 8 bits.

    A cell differs by a level at most from what `cv2.INTER_AREA` alone gives.

    Args:
        values: Shape (height, width) or (height, width, channels); where it has fewer pixels than
            cells, these are interpolated.
    """
    for _ in range(_HALVINGS):
        if all(map(_may_be_halved, values.shape[:2], (rows, columns))):
            half = values.shape[1] // 2, values.shape[0] // 2
            values = cv2.resize(values, half, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _may_be_halved(side_px: int, cells: int) -> bool:
    half_px, odd = divmod(side_px, 2)
    return not odd and (half_px >= _ENOUGH_PX * cells or (half_px > 0 and half_px % cells == 0))
