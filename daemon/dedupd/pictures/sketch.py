"""The sketch: 16 x 16 brightness means, enough to drop most pictures that only hash alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupd.pictures.opencv import cv2

SIDE = 16

_LEAST_DEVIATION = 8.0


def sketch(luma: NDArray[np.uint8]) -> bytes:
    """Return the area means of 16 x 16 cells, rows first, 256 bytes.

    Args:
        luma: Brightness, shape (height, width), upright.  Below 16 pixels a side the cells are
            interpolated.
    """
    return cv2.resize(luma, (SIDE, SIDE), interpolation=cv2.INTER_AREA).tobytes()


def is_featureless(luma: NDArray[np.uint8], sketched: bytes) -> bool:
    """Return whether a picture shows too little for its looks to say anything.

    A sky full of stars is even in its sketch and not in its pixels: it shows something.

    Args:
        luma: As for `sketch`.
        sketched: The sketch of that.
    """
    cells = np.frombuffer(sketched, np.uint8)
    return max(_deviation(cells), _deviation(luma)) < _LEAST_DEVIATION


def _deviation(values: NDArray[np.uint8]) -> float:
    return float(cv2.meanStdDev(values)[1].item())  # a tenth of what numpy takes
