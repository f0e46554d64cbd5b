"""Look-alikes that somebody made on purpose: toned, stamped, cropped, captioned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from accuracy import writers
from accuracy.photos import Photo
from accuracy.scalers import Pixels, area, lanczos

QUALITY = 90
_SEEN_LEVELS = 1.0  # RMS; grey made of grey is no edit


@dataclass(frozen=True, slots=True)
class Edit:
    """An edited picture: whoever has only this one has not the original, nor the other way."""

    group: str
    name: str
    data: bytes


def edits(photo: Photo) -> Iterator[Edit]:
    """Yield what becomes of a photograph in somebody's hands."""
    picture = photo.pixels()
    for group, name, edited in (*_toned(picture), *_cropped(picture), *_stamped(picture)):
        if group != "toned" or _rms(edited, picture) >= _SEEN_LEVELS:
            yield Edit(group, name, writers.jpeg(edited, QUALITY))


def _rms(first: Pixels, second: Pixels) -> float:
    return float(cv2.norm(first, second, cv2.NORM_L2)) / math.sqrt(first.size)


def _toned(picture: Pixels) -> Iterator[tuple[str, str, Pixels]]:
    values = picture.astype(np.float32)
    for name, gain, offset in (
        ("brighter by 20 %", 1.2, 0),
        ("darker by 20 %", 0.8, 0),
        ("more contrast", 1.25, -32),
        ("brighter by 5 %", 1.05, 0),
    ):
        yield "toned", name, _levels(gain * values + offset)
    yield "toned", "gamma 1.2", _levels(255 * (values / 255) ** 1.2)
    yield "toned", "warm", _levels(values * np.array([0.9, 1.0, 1.08], np.float32))
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    yield "toned", "black and white", np.asarray(grey, np.uint8)


def _cropped(picture: Pixels) -> Iterator[tuple[str, str, Pixels]]:
    rows, columns = picture.shape[:2]
    for percent in (1, 2, 5, 10):
        top, left = max(1, rows * percent // 200), max(1, columns * percent // 200)
        inner = np.ascontiguousarray(picture[top : rows - top, left : columns - left])
        yield "cropped", f"by {percent} %", inner
        yield "cropped", f"by {percent} %, enlarged back", lanczos(inner, columns, rows)
    band = max(2, rows // 50)
    border = picture.copy()
    border[:band], border[-band:], border[:, :band], border[:, -band:] = 255, 255, 255, 255
    yield "cropped", "border of 2 %", border


def _stamped(picture: Pixels) -> Iterator[tuple[str, str, Pixels]]:
    rows, columns = picture.shape[:2]
    size_px = max(9, rows // 30)
    for name, text, colour in (
        ("date", "04.07.2021 15:20", (40, 140, 255)),
        ("white caption", "greetings from the lake", (255, 255, 255)),
    ):
        yield "stamped", name, _written(picture, text, size_px, colour)
    mark = _written(picture, "(c) a photographer", size_px, (255, 255, 255))
    faint = cv2.addWeighted(picture, 0.7, mark, 0.3, 0)
    yield "stamped", "faint watermark", np.asarray(faint, np.uint8)
    small = _written(picture, "17", max(8, rows // 60), (255, 255, 255))
    yield "stamped", "small number", small
    for other in ("12", "98"):
        numbered = _written(picture, other, max(8, rows // 60), (255, 255, 255))
        larger = lanczos(numbered, round(columns * 1.01), round(rows * 1.01))
        yield "1 % larger, other small text", other, larger
    for per_mille in (5, 10, 40):
        side = max(4, round((rows * columns * per_mille / 1000) ** 0.5))
        patched = picture.copy()
        spot = patched[rows // 3 : rows // 3 + side, columns // 3 : columns // 3 + side]
        spot[:] = cv2.GaussianBlur(spot, (0, 0), side / 4)
        yield "retouched", f"{per_mille / 10} % of the area smeared", patched
    hidden = area(picture, max(1, columns // 16), max(1, rows // 16))
    mosaic = cv2.resize(hidden, (columns, rows), interpolation=cv2.INTER_NEAREST)
    masked = picture.copy()
    masked[rows // 4 : rows // 2, columns // 4 : columns // 2] = mosaic[
        rows // 4 : rows // 2, columns // 4 : columns // 2
    ]
    yield "retouched", "a part made unrecognisable", masked


def _written(picture: Pixels, text: str, size_px: int, colour: tuple[int, int, int]) -> Pixels:
    rows, columns = picture.shape[:2]
    written = picture.copy()
    place = columns - min(columns - 4, round(size_px * 0.6 * len(text))), rows - size_px
    cv2.putText(written, text, place, colour, cv2.FontFace("uni"), size_px)
    return written


def _levels(values: np.ndarray) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
