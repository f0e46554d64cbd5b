"""What only two full decodes side by side can tell: small differences, and which one is coarser.

Its definition is frozen by golden values; measures of two versions are never mixed.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dedupd.model import Measures, View
from dedupd.pictures.opencv import MatLike, cv2
from dedupd.pictures.signature import signature

BLOCK_PX = 8

_NOT_COMPARED = 255.0
_LEAST_DETAIL = 0.5  # grey levels; below it is nothing that a copy could lose

# The luma quantisation table of ITU-T T.81, annex K, in any order.
_STEPS = np.array(
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
     14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
     18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
     49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
)  # fmt: skip


def _jpeg_error(quality: int) -> float:
    """Return the `coding_error` of what libjpeg writes in that quality, 1 to 100."""
    scale = 5000 // quality if quality < _EVEN_QUALITY else 200 - 2 * quality
    steps = np.clip((_STEPS * scale + 50) // 100, 1, 255)
    return math.sqrt(float(np.mean(steps.astype(np.float64) ** 2)) / 12)


_EVEN_QUALITY = 50  # where libjpeg uses the table as it is
_JPEG_ERRORS = [_jpeg_error(quality) for quality in range(1, 101)]

Luma = NDArray[np.uint8]
"""Brightness of a full decode, shape (height, width)."""


def luma(bgr: NDArray[np.uint8]) -> Luma:
    """Return the brightness of a full decode, shape (height, width, 3), blue first."""
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)


def seen(values: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    """Return a picture, or its small picture, in that view; the first two axes are turned."""
    mirrored = np.fliplr(values) if view.mirrored else values
    return np.ascontiguousarray(np.rot90(mirrored, view.quarters))


def with_explanation(measures: Measures, bgr: NDArray[np.uint8], coding_error: float) -> Measures:
    """Add what the needle's coding alone does to the library's picture, where that can be told.

    The picture is coded as JPEG in the quality whose tables allow that error.  That is what the
    difference may be if one was made of the other; the next frame of a burst, with noise of its
    own, differs by more.

    Args:
        bgr: The library's full decode, shape (height, width, 3), blue first.
        coding_error: The needle's, as in `Fingerprint`.
    """
    if coding_error < 0:
        return measures
    again = bgr if coding_error == 0 else _recoded(bgr, coding_error)
    if again is None or again.shape != bgr.shape:
        return measures
    error = _rms(luma(bgr), luma(again))
    cell = cv2.absdiff(_cells(bgr), _cells(again)).max()
    return replace(measures, explained=error, explained_cell=float(cell))


def _recoded(bgr: NDArray[np.uint8], coding_error: float) -> NDArray[np.uint8] | None:
    quality = min(range(1, 101), key=lambda one: abs(_JPEG_ERRORS[one - 1] - coding_error))
    done, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    again = cv2.imdecode(coded, cv2.IMREAD_COLOR) if done else None
    return None if again is None else np.asarray(again, np.uint8)


def _cells(bgr: NDArray[np.uint8]) -> Luma:
    return np.frombuffer(signature(bgr).luma, np.uint8)


def measure(needle: Luma, haystack: Luma) -> Measures:
    """Compare two pictures, the needle in the view that it is compared in.

    Of two sizes the larger picture is shrunken by area means to the other's, for its blocks and
    for its detail.
    """
    if needle.shape == haystack.shape:
        error = _rms(needle, haystack)
        blocks = block_difference(block_means(needle), block_means(haystack))
        return Measures(blocks, error, _detail_share(needle, haystack))
    smaller = min(needle, haystack, key=lambda one: one.size)
    rows, columns = smaller.shape
    grid = max(1, columns // BLOCK_PX), max(1, rows // BLOCK_PX)
    blocks = block_difference(_area_means(needle, *grid), _area_means(haystack, *grid))
    sized = [
        one if one is smaller else _area_means(one, columns, rows) for one in (needle, haystack)
    ]
    return Measures(blocks, None, _detail_share(*sized))


def block_means(values: Luma) -> Luma:
    """Return the means of the 8 x 8 pixel blocks, shape (height // 8, width // 8).

    Up to 7 rows at the bottom and columns at the right fill no block and are dropped.
    """
    rows, columns = values.shape[0] // BLOCK_PX, values.shape[1] // BLOCK_PX
    if rows == 0 or columns == 0:
        return np.empty((rows, columns), np.uint8)
    return _area_means(values[: rows * BLOCK_PX, : columns * BLOCK_PX], columns, rows)


def block_difference(first: Luma, second: Luma) -> float:
    """Return the largest absolute difference of two `block_means` of the same shape, 0 to 255.

    Two pictures too small for a single block differ by 255: nothing was compared.

    Raises:
        ValueError: The shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(f"blocks of {first.shape} and {second.shape} can't be compared")
    return float(cv2.absdiff(first, second).max()) if first.size else _NOT_COMPARED


def _rms(first: Luma, second: Luma) -> float:
    return float(cv2.norm(first, second, cv2.NORM_L2)) / math.sqrt(first.size)


def _detail_share(needle: Luma, haystack: Luma) -> float:
    """Return the mean edge strength of the library's picture as a share of the needle's."""
    wanted, there = _detail(needle), _detail(haystack)
    return 1.0 if wanted < _LEAST_DETAIL else there / wanted


def _detail(values: Luma) -> float:
    edges = cv2.Laplacian(values, cv2.CV_16S)
    return float(cv2.norm(edges, cv2.NORM_L1)) / values.size


def _area_means(values: MatLike, columns: int, rows: int) -> NDArray[np.uint8]:
    shrunken = cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunken, np.uint8)
