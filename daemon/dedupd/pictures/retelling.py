"""Shrink and code the library's picture as a needle was: is it just that needle?

Most files are written by one encoder for each format, and shrunken by one of a few scalers.  They
do the same again when they are told the same: the library's picture in colour, the needle's size,
its quantisers, and for WebP and AVIF, which tell no more, how hard to try.  Whatever differs in the
least, another moment, another scaler, a source that held more, comes out as another picture.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedupd.model import View
from dedupd.pictures import encoder_avif, encoder_jpeg, encoder_webp
from dedupd.pictures.formats.header import EIGHT_BIT_ERROR, Header
from dedupd.pictures.measures import Luma, luma, peak, rms, tints
from dedupd.pictures.opencv import cv2
from dedupd.pictures.recoding import as_shown, as_stored
from dedupd.pictures.scalers import SCALERS

Picture = NDArray[np.uint8]

ENCODERS: dict[str, Callable[[Image.Image, Header], Iterator[bytes]]] = {
    "jpeg": encoder_jpeg.codings,
    "webp": encoder_webp.codings,
    "avif": encoder_avif.codings,
}
"""By format: yields a picture coded in each way in which a file of that header may have been.

They raise OSError or ValueError where the encoder refuses.
"""

LOSSLESS = ("png", "webp", "bmp", "tiff")
MOST_OF_MADE = 2.5
"""A scaled picture that differs by so many times what coding made of the one before isn't coded.

The right one differs by what coding makes of it, and that is twice as much of an aliased one.
"""

_COLOURS = 3
MOST_PIXELS = 40_000_000
BUDGET_S = 4.0
"""Seconds of the processor after which no other way is begun; one may take ten times as long."""
JUST_IT = 0.1
"""RMS grey levels that may be left: for nothing, usually; what was made otherwise left 0.26."""
JUST_IT_PEAK = 3.0  # grey levels of 4 x 4 pixels
JUST_IT_TINT = 2.0  # levels of their colours


def retold(bgr: Picture, like: Header, view: View, other: Luma, colours: Picture) -> bool:
    """Do to a picture what was done to make a file: does just what that file shows come out?

    Args:
        bgr: Shape (height, width, 3), seen as `other` is; as large or larger.
        like: Of the file that shows `other`; its blocks lie where it stores them.
        view: In which that file's upright picture is `other`.
        colours: The `tints` of what that file shows, in that view.

    Returns:
        False also where it can't be told: what other programs made, or made of another picture,
        can't be imitated.
    """
    if not can_be_retold(like) or bgr.size // _COLOURS > MOST_PIXELS:
        return False
    end_s = time.process_time() + BUDGET_S
    made = math.inf
    for plain in _sized(as_stored(bgr, like, view), like):
        grey = as_shown(luma(plain), like, view)
        if rms(grey, other) > MOST_OF_MADE * made:
            continue
        for coded in _codings(plain, like):
            again = as_shown(coded, like, view)
            if _is_just(again, other, colours):
                return True
            if time.process_time() > end_s:
                return False
            made = rms(grey, luma(again))
    return False


def _is_just(again: Picture, other: Luma, colours: Picture) -> bool:
    grey = luma(again)
    if rms(grey, other) > JUST_IT or peak(grey, other) > JUST_IT_PEAK:
        return False
    return float(cv2.absdiff(tints(again), colours).max()) <= JUST_IT_TINT


def can_be_retold(header: Header) -> bool:
    """Is a file coded in a way that may be imitated?"""
    if header.alpha or header.frames > 1:
        return False
    if header.format == "jpeg":
        return bool(header.sampling and (header.coded_steps or header.sampling == "grey"))
    return (header.format in ENCODERS and bool(header.coded_steps)) or _is_lossless(header)


def _is_lossless(header: Header) -> bool:
    return header.format in LOSSLESS and header.coding_error == EIGHT_BIT_ERROR


def _sized(stored: Picture, like: Header) -> Iterator[Picture]:
    """Yield the picture at a file's size, by one scaler after another; nothing if it is smaller."""
    size = like.width_px, like.height_px
    there = stored.shape[1::-1]
    if there == size:
        yield stored
    elif all(have > wanted for have, wanted in zip(there, size, strict=True)):
        for scale in SCALERS:
            yield scale(stored, *size)


def _codings(plain: Picture, like: Header) -> Iterator[Picture]:
    """Yield the picture coded, and decoded again, in one way after another."""
    if _is_lossless(like):
        yield plain
        return
    image = Image.fromarray(np.ascontiguousarray(plain[:, :, ::-1]))
    try:
        for coded in ENCODERS[like.format](image, like):
            again = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
            if again is not None and again.shape == plain.shape:
                yield np.asarray(again, np.uint8)
    except (OSError, ValueError, MemoryError, cv2.error, KeyError):
        return  # KeyError: this Pillow was built without the encoder
