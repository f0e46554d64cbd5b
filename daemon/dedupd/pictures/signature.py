"""The signature: the small picture of a picture that decides whether two are the same.

Its definition is frozen by golden values; signatures of two versions are never
compared.  It is made of the full colour decode only: of a reduced or a grey one the cells differ
by more than two different pictures may.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupd.model import Signature
from dedupd.pictures.opencv import cv2
from dedupd.pictures.shrinking import area_means

LUMA_SIDE = 64
CHROMA_SIDE = 16


def signature(bgr: NDArray[np.uint8]) -> Signature:
    """Return the signature of a picture.

    The picture is shrunken to 64 x 64 area means a channel, rounded to 8 bits.  Luma is
    0.299 R + 0.587 G + 0.114 B of those cells; chroma is Cr and Cb (full range, grey is 128) of
    those cells, shrunken again to 16 x 16 area means.

    Args:
        bgr: Full decode, shape (height, width, 3), blue first, upright.  Below 64 pixels a side
            the cells are interpolated.
    """
    cells = area_means(bgr, LUMA_SIDE, LUMA_SIDE)
    luma = cv2.cvtColor(cells, cv2.COLOR_BGR2GRAY)
    coarse = area_means(cv2.cvtColor(cells, cv2.COLOR_BGR2YCrCb), CHROMA_SIDE, CHROMA_SIDE)
    return Signature(luma=luma.tobytes(), chroma=coarse[:, :, 1:].tobytes())
