"""Code the library's picture as a WebP needle was coded: is it just that needle?

A WebP tells only how finely it is quantised; how its blocks are predicted is its encoder's choice.
But nearly all are written by one encoder, which does the same again when it is told the same: the
library's picture in colour, the quality that gives these quantisers, and how hard it should try.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedupd.likeness import Recoding
from dedupd.model import View
from dedupd.pictures.formats.header import Header
from dedupd.pictures.formats.vp8 import quantisers
from dedupd.pictures.measures import Luma, luma, peak, rms
from dedupd.pictures.opencv import cv2
from dedupd.pictures.recoding import as_shown, as_stored

Picture = NDArray[np.uint8]

EFFORTS = (4, 6, 3, 5, 2)
"""How hard the encoder tries ("method"), the usual one first: each gives another picture."""

QUALITIES = range(1, 101)
MOST_PIXELS = 40_000_000
BUDGET_S = 15.0
_NEAR_ENOUGH = 0.1  # RMS grey levels: it is found, no other effort gives less
_SEARCHES = 5
_FIRST_QUALITY = 75
_CHUNK, _CHUNK_HEAD_BYTES, _FRAME_HEADER_BYTES = b"VP8 ", 8, 64
_STEPS = 127
_FINE_SHARE = 0.75


def retold(bgr: Picture, like: Header, view: View, other: Luma) -> Recoding | None:
    """Code a picture as a WebP is coded, and compare it with what that file shows.

    Args:
        bgr: Shape (height, width, 3), seen as `other` is.
        like: Of the file that shows `other`; its blocks lie where it stores them.
        view: In which that file's upright picture is `other`.

    Returns:
        None unless it is found to be just the other picture: what another encoder made, or made
        of another picture, can't be imitated.
    """
    if not like.segment_steps or like.alpha or like.frames > 1 or other.size > MOST_PIXELS:
        return None
    stored = as_stored(bgr, like, view)
    for coded in _codings(stored, like.segment_steps):
        again = as_shown(luma(coded), like, view)
        left = rms(again, other)
        if left <= _NEAR_ENOUGH:
            return Recoding(rms(luma(bgr), again), left, peak(again, other), elsewhere=0.0)
    return None


def _codings(stored: Picture, steps: tuple[int, ...]) -> Iterator[Picture]:
    """Yield the picture coded with these quantisers, by one effort of the encoder after another."""
    end_s = time.thread_time() + BUDGET_S
    image = Image.fromarray(np.ascontiguousarray(stored[:, :, ::-1]))
    quality = _quality(image, steps)
    for effort in EFFORTS if quality else ():
        if time.thread_time() > end_s:
            return
        again = cv2.imdecode(np.frombuffer(_coded(image, quality, effort), np.uint8), 1)
        if again is not None:
            yield np.asarray(again, np.uint8)


def _quality(image: Image.Image, steps: tuple[int, ...]) -> int:
    """Return the quality, 1 to 100, that gives these quantisers; 0 if none is found.

    The encoder raises one number, which the quality decides, to a power for each segment.
    """
    untried = set(QUALITIES)
    powers = [(0.0, math.inf)] * len(steps)
    quality = _FIRST_QUALITY
    for _ in range(_SEARCHES):
        found = _steps_of(_coded(image, quality, EFFORTS[0]))
        if found == steps:
            return quality
        untried.discard(quality)
        powers = [_narrowed(*known) for known in zip(powers, found, repeat(quality))]
        quality = min(untried, key=lambda one: _miss(one, powers, steps))
    return 0


def _narrowed(power: tuple[float, float], step: int, quality: int) -> tuple[float, float]:
    """Return between which powers that of a segment is, once it got this step."""
    coarse = math.log(_fineness(quality))
    if coarse == 0.0:  # the best quality, whatever the power
        return power
    least, most = (math.log(max(1 - one / _STEPS, 1e-3)) / coarse for one in (step, step + 1))
    return max(power[0], least), min(power[1], most)


def _miss(quality: int, powers: list[tuple[float, float]], steps: tuple[int, ...]) -> float:
    """Return by how much the steps of a quality should miss the wanted ones."""
    fine = _fineness(quality)
    made = (_STEPS * (1 - fine ** ((least + most) / 2)) for least, most in powers)
    return float(sum(abs(one - step - 0.5) for one, step in zip(made, steps, strict=True)))


def _fineness(quality: int) -> float:
    """Return the encoder's number for a quality of 1 to 100, up to 1.0."""
    share = quality / 100
    return math.cbrt(share * 2 / 3 if share < _FINE_SHARE else 2 * share - 1)


def _coded(image: Image.Image, quality: int, effort: int) -> bytes:
    coded = io.BytesIO()
    image.save(coded, "WEBP", quality=quality, method=effort)
    return coded.getvalue()


def _steps_of(coded: bytes) -> tuple[int, ...]:
    """Return the quantisers of a WebP that was just written."""
    start = coded.index(_CHUNK) + _CHUNK_HEAD_BYTES
    return quantisers(coded[start : start + _FRAME_HEADER_BYTES])
