"""Code the library's picture as a needle was coded: is it just that needle?

A WebP or AVIF tells only how finely it is quantised; how its blocks are predicted is its encoder's
choice.  But nearly all are written by one encoder each, which does the same again when it is told
the same: the library's picture in colour, the quality that gives these quantisers, and how hard to
try.  Whatever differs in the least comes out as another picture.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedupd.likeness import Recoding
from dedupd.model import View
from dedupd.pictures import encoder_avif, encoder_webp
from dedupd.pictures.formats.header import Header
from dedupd.pictures.measures import Luma, luma, peak, rms
from dedupd.pictures.opencv import cv2
from dedupd.pictures.recoding import as_shown, as_stored

Picture = NDArray[np.uint8]

ENCODERS = {"webp": encoder_webp.codings, "avif": encoder_avif.codings}
"""By format: yields a picture coded in each way in which a file of that header may have been.

They raise OSError or ValueError where the encoder refuses.
"""

MOST_PIXELS = 40_000_000
BUDGET_S = (
    4.0  # of the processor, after which no other way is begun: one may take ten times as long
)
_NEAR_ENOUGH = 0.1  # RMS grey levels; other moments and older sources left 0.27 at least


def retold(bgr: Picture, like: Header, view: View, other: Luma) -> Recoding | None:
    """Code a picture as a file is coded, and compare it with what that file shows.

    Args:
        bgr: Shape (height, width, 3), seen as `other` is.
        like: Of the file that shows `other`; its blocks lie where it stores them.
        view: In which that file's upright picture is `other`.

    Returns:
        None unless it is found to be just the other picture: what another encoder made, or made
        of another picture, can't be imitated.
    """
    if not can_be_retold(like) or other.size > MOST_PIXELS:
        return None
    for stored in _codings(as_stored(bgr, like, view), like):
        again = as_shown(luma(stored), like, view)
        left = rms(again, other)
        if left <= _NEAR_ENOUGH:
            return Recoding(rms(luma(bgr), again), left, peak(again, other), elsewhere=0.0)
    return None


def can_be_retold(header: Header) -> bool:
    """Is a file coded in a way that may be imitated?"""
    simple = bool(header.coded_steps) and not header.alpha and header.frames == 1
    return simple and header.format in ENCODERS


def _codings(stored: Picture, like: Header) -> Iterator[Picture]:
    """Yield the picture coded, and decoded again, in one way after another."""
    end_s = time.process_time() + BUDGET_S
    image = Image.fromarray(np.ascontiguousarray(stored[:, :, ::-1]))
    try:
        for coded in ENCODERS[like.format](image, like):
            again = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
            if again is not None and again.shape == stored.shape:
                yield np.asarray(again, np.uint8)
            if time.process_time() > end_s:
                return
    except (OSError, ValueError, MemoryError):
        return
