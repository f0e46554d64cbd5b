"""Shrink and code the library's picture as a needle was: is it just that needle?

Most files are written by one encoder for each format, and shrunken by one of a few scalers.  They
do the same again when they are told the same: the library's picture in colour, the needle's size,
its quantisers, and for WebP and AVIF, which tell no more, how hard to try.  Whatever differs in the
least, another moment, another scaler, a source that held more, comes out as another picture; where
a needle is too small and coarse for that, nothing is told.
"""

from __future__ import annotations

import contextlib
import functools
import math
import time
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from dedupd.model import View
from dedupd.pictures import encoder_avif, encoder_jpeg, encoder_webp
from dedupd.pictures.codec import upright
from dedupd.pictures.fineness import Coding, Picture, tells_moments
from dedupd.pictures.formats.header import EIGHT_BIT_ERROR, Header
from dedupd.pictures.measures import Luma, luma, rms, tints
from dedupd.pictures.opencv import cv2
from dedupd.pictures.recoding import as_stored
from dedupd.pictures.scalers import SCALERS

Encoder = Callable[[Image.Image], bytes]

ENCODERS: dict[str, Callable[[Image.Image, Header], Iterator[Encoder]]] = {
    "jpeg": encoder_jpeg.encoders,
    "webp": encoder_webp.encoders,
    "avif": encoder_avif.encoders,
}
"""By format: yields the ways in which a file of that header may have been coded from a picture.

They raise OSError or ValueError where the encoder refuses, as do the ways themselves.
"""

LOSSLESS = ("png", "webp", "bmp", "tiff")
MOST_OF_MADE = 2.5
"""A scaled picture that differs by so many times what coding made of the one before isn't coded.

The right one differs by what coding makes of it, and that is twice as much of an aliased one.
"""

_COLOURS = 3
_REFUSALS = (OSError, ValueError, MemoryError, cv2.error, KeyError)
"""KeyError: this Pillow was built without the encoder."""
MOST_PIXELS = 40_000_000
BUDGET_S = 4.0
"""Seconds of the processor after which no other way is begun; one may take ten times as long."""


def retold(bgr: Picture, like: Header, view: View, other: Luma, colours: Picture) -> bool:
    """Do to a picture what was done to make a file: does just what that file shows come out?

    Pixel for pixel, and another moment would not: nothing that the file shows is lost with it.

    Args:
        bgr: Shape (height, width, 3); as large or larger.
        like: Of the file; its blocks lie where it stores them.
        view: In which what the file shows looks as `bgr`.
        other: What the file shows, upright.
        colours: The `tints` of that.

    Returns:
        False also where it can't be told: what other programs made, or made of another picture,
        can't be imitated.
    """
    if not can_be_retold(like) or bgr.size // _COLOURS > MOST_PIXELS:
        return False
    end_s = time.process_time() + BUDGET_S
    stored = as_stored(bgr, like, view)
    made = math.inf
    for plain in _sized(stored, like):
        grey = _upright(luma(plain), like)
        if rms(grey, other) > MOST_OF_MADE * made:
            continue
        for coding in _codings(plain, like):
            again = coding(plain)
            if again is None:
                break
            again = _upright(again, like)
            if _is_just(again, other, colours):
                return tells_moments(plain, coding, math.sqrt(stored.size / plain.size))
            if time.process_time() > end_s:
                return False
            made = rms(grey, luma(again))
    return False


def _is_just(again: Picture, other: Luma, colours: Picture) -> bool:
    return np.array_equal(luma(again), other) and np.array_equal(tints(again), colours)


def _upright(stored: Picture, like: Header) -> Picture:
    return np.asarray(upright(stored, like.orientation), np.uint8)


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


def _codings(plain: Picture, like: Header) -> Iterator[Coding]:
    """Yield the ways to code a picture, and to decode it again, as that file may have been."""
    if _is_lossless(like):
        yield lambda picture: picture
        return
    with contextlib.suppress(*_REFUSALS):
        for encoder in ENCODERS[like.format](_image(plain), like):
            yield functools.partial(_coded, encoder)


def _coded(encoder: Encoder, picture: Picture) -> Picture | None:
    try:
        coded = np.frombuffer(encoder(_image(picture)), np.uint8)
        again = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    except _REFUSALS:
        return None
    whole = again is not None and again.shape == picture.shape
    return np.asarray(again, np.uint8) if whole else None


def _image(bgr: Picture) -> Image.Image:
    return Image.fromarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
