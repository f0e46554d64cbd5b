"""What libwebp makes of a picture when it is told what it may have been told before."""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Callable, Iterator
from itertools import repeat

from PIL import Image

from dedupd.pictures.formats.header import Header
from dedupd.pictures.formats.vp8 import quantisers

EFFORTS = (4, 6, 3)
"""How hard it tries ("method"): most programs' choice, careful people's, and browsers'."""

_QUALITIES = range(1, 101)
_FIRST_QUALITY = 75
_SEARCHES = 5
_CHUNK, _CHUNK_HEAD_BYTES, _FRAME_HEADER_BYTES = b"VP8 ", 8, 64
_STEPS = 127
_FINE_SHARE = 0.75


def encoders(image: Image.Image, like: Header) -> Iterator[Callable[[Image.Image], bytes]]:
    """Yield what codes that picture as WebP with the quantisers of that header, for each effort."""
    quality = _quality(image, like.coded_steps)
    for effort in EFFORTS if quality else ():
        yield functools.partial(_coded, quality=quality, effort=effort)


def _quality(image: Image.Image, steps: tuple[int, ...]) -> int:
    """Return the quality, 1 to 100, that gives these quantisers; 0 if none is found.

    The encoder raises one number, which the quality decides, to a power for each segment.
    """
    untried = set(_QUALITIES)
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
