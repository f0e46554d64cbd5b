"""What only two full decodes side by side can tell: small differences, and which one is coarser.

Its definition is frozen by golden values; measures of two versions are never mixed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dedupd.likeness import Measures
from dedupd.model import View
from dedupd.pictures.opencv import MatLike, cv2
from dedupd.pictures.shrinking import area_means

BLOCK_PX = 8
_PEAK_PX = 4
_TINT_PX, _TINT_BLOCK_PX = 4, 16

_NOT_COMPARED = 255.0
_LEAST_DETAIL = 0.5  # grey levels; below it is nothing that a copy could lose

Luma = NDArray[np.uint8]
"""Brightness of a full decode, shape (height, width)."""


def luma(bgr: NDArray[np.uint8]) -> Luma:
    """Return the brightness of a full decode, shape (height, width, 3), blue first."""
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)


def tints(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return Cr and Cb of a full decode as means of about 4 x 4 pixels, shape (rows, columns, 2).

    That is a sixteenth of the pixels: it is kept while the other picture is decoded.
    """
    rows, columns = (-(-side // _TINT_PX) for side in bgr.shape[:2])
    shrunken = area_means(bgr, columns, rows)
    return np.ascontiguousarray(cv2.cvtColor(shrunken, cv2.COLOR_BGR2YCrCb)[:, :, 1:], np.uint8)


def tint_difference(
    needle: NDArray[np.uint8], haystack: NDArray[np.uint8], size_px: tuple[int, int]
) -> float:
    """Return the largest difference of two `tints`, as means of 16 x 16 pixels, in levels.

    Args:
        needle: In the view that it is compared in.
        size_px: Rows and columns of the smaller picture.
    """
    rows, columns = (max(1, side // _TINT_BLOCK_PX) for side in size_px)
    ours, theirs = (_area_means(one, columns, rows) for one in (needle, haystack))
    return float(cv2.absdiff(ours, theirs).max())


def seen(values: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    """Return a picture, or its small picture, in that view; the first two axes are turned."""
    mirrored = np.fliplr(values) if view.mirrored else values
    return np.ascontiguousarray(np.rot90(mirrored, view.quarters))


def measure(needle: Luma, haystack: Luma) -> Measures:
    """Compare two pictures, the needle in the view that it is compared in.

    Of two sizes the larger picture is shrunken by area means to the other's, for its blocks and
    for its detail.
    """
    if needle.shape == haystack.shape:
        error = rms(needle, haystack)
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


def rms(first: Luma, second: Luma) -> float:
    """Return the root mean square difference of two pictures of one shape, grey levels."""
    return float(cv2.norm(first, second, cv2.NORM_L2)) / math.sqrt(first.size)


def peak(first: Luma, second: Luma) -> float:
    """Return the largest difference of the means of 4 x 4 pixels of two pictures of one shape.

    Grey levels, 0 to 255, rounded; up to 3 rows and columns at the end fill no cell.  Two pictures
    too small for a single cell differ by 255.
    """
    rows, columns = first.shape[0] // _PEAK_PX, first.shape[1] // _PEAK_PX
    if rows == 0 or columns == 0:
        return _NOT_COMPARED
    cut = slice(rows * _PEAK_PX), slice(columns * _PEAK_PX)
    first, second = _unlike(first[cut], second[cut])
    if not first.size:
        return 0.0
    difference = cv2.subtract(first, second, dtype=cv2.CV_16S)
    cells = cv2.resize(difference, (columns, len(first) // _PEAK_PX), interpolation=cv2.INTER_AREA)
    return float(np.abs(np.asarray(cells)).max())


def _unlike(first: Luma, second: Luma) -> tuple[Luma, Luma]:
    """Return the rows of cells that differ: none, or next to none, of what was told again."""
    differs = np.asarray(cv2.absdiff(first, second)).any(axis=1)  # row by row
    unlike = np.repeat(differs.reshape(-1, _PEAK_PX).any(axis=1), _PEAK_PX)
    return (first, second) if unlike.all() else (first[unlike], second[unlike])


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
