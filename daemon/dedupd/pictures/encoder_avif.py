"""What libaom, by way of libavif, makes of a picture when it is told what it was told before."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image

from dedupd.pictures.formats import avif
from dedupd.pictures.formats.header import Header

EFFORTS = ((9, 1), (6, 2))
"""Speed and threads: OpenCV's choice, and most programs'.  Several threads give another picture
than one, but it doesn't matter how many they are."""

_QUALITIES = range(101)
_TRIAL_PX = 16


def encoders(_image: Image.Image, like: Header) -> Iterator[Callable[[Image.Image], bytes]]:
    """Yield what codes as AVIF with the quantiser and tiles of that header, for each effort."""
    (step,) = like.coded_steps
    quality = _quality(step)
    columns, rows = (count.bit_length() - 1 for count in like.tiles)  # asked for as powers of two
    tiled = {"autotiling": False, "tile_cols": columns, "tile_rows": rows}
    told: dict[str, Any] = {"quality": quality, "subsampling": like.sampling, **tiled}
    for speed, threads in EFFORTS if quality is not None else ():
        yield functools.partial(_coded, speed=speed, max_threads=threads, **told)


@functools.cache
def _quality(step: int) -> int | None:
    """Return a quality that gives this quantiser, whatever the picture; None if none does."""
    low, high = _QUALITIES.start, _QUALITIES.stop - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _step(middle) > step else (low, middle)
    return low if _step(low) == step else None


@functools.cache
def _step(quality: int) -> int:
    """Return the quantiser that a quality gives: the better, the finer.  -1: it can't be told."""
    trial = _coded(Image.new("RGB", (_TRIAL_PX, _TRIAL_PX)), quality=quality, speed=EFFORTS[0][0])
    steps = avif.read(memoryview(trial)).coded_steps
    return steps[0] if steps else -1


def _coded(image: Image.Image, **told: object) -> bytes:
    coded = io.BytesIO()
    image.save(coded, "AVIF", **told)
    return coded.getvalue()
