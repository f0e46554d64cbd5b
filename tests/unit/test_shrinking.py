"""Halving first gives the means that OpenCV alone gives, but for a level of rounding."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.unit.picture_samples import photo

from dedupd.pictures import shrinking
from dedupd.pictures.shrinking import area_means


def direct(values: np.ndarray, columns: int, rows: int) -> np.ndarray:
    return cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA)


def enlarged(name: str, width_px: int, height_px: int) -> np.ndarray:
    """Return a photograph as large as a camera's, with the noise of one."""
    large = cv2.resize(photo(name), (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(1).normal(0, 4, large.shape).round()
    return np.clip(large + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("size_px", "cells"),
    [
        pytest.param((3000, 1024), (64, 32), id="a signature's, unevenly"),
        pytest.param((4096, 1024), (64, 16), id="twice"),
        pytest.param((2000, 1504), (500, 376), id="quarters"),
        pytest.param((1999, 1504), (64, 64), id="an odd side"),
        pytest.param((640, 480), (64, 64), id="too small to be halved"),
        pytest.param((30, 20), (64, 64), id="fewer pixels than cells"),
    ],
)
@pytest.mark.parametrize("name", ["coffee.png", "hubble_deep_field.jpg"])
def test_a_cell_differs_by_a_level_at_most(name, size_px, cells):
    picture = enlarged(name, *size_px)
    found = area_means(picture, *cells)
    assert found.shape == (cells[1], cells[0], 3)
    assert np.abs(found.astype(int) - direct(picture, *cells)).max() <= 1


@pytest.mark.parametrize(
    ("side_px", "cells", "may"),
    [
        (2048, 64, True),
        (2046, 64, False),
        (2049, 64, False),
        (256, 64, True),
        (64, 64, False),
        (1, 1, False),
        (2, 1, True),
    ],
)
def test_what_would_cut_cells_through_pixels_is_not_halved(side_px, cells, may):
    """Unless the cells are much larger than those pixels."""
    assert shrinking._may_be_halved(side_px, cells) is may
