"""The signature: exact on tiles, frozen on a photograph."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.unit.picture_samples import photo

from dedupd.pictures.signature import CHROMA_SIDE, LUMA_SIDE, signature

greys = arrays(np.uint8, (LUMA_SIDE, LUMA_SIDE))


def tiled(picture: np.ndarray, factor: int) -> np.ndarray:
    return np.repeat(np.repeat(picture, factor, axis=0), factor, axis=1)


@given(grey=greys, factor=st.integers(1, 4))
def test_a_grey_picture_has_its_cells_as_luma_and_no_colour(grey, factor):
    """64 x 64 flat grey tiles come back as they are, rows first; Cr and Cb are 128."""
    made = signature(tiled(np.dstack([grey] * 3), factor))
    assert made.luma == grey.tobytes()
    assert made.chroma == bytes([128]) * (2 * CHROMA_SIDE * CHROMA_SIDE)


def test_red_and_blue_differ_in_chroma_in_the_order_cr_cb():
    """Pure red has a high Cr and a low Cb, pure blue the other way round."""
    blue, red = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64, 3), np.uint8)
    blue[:, :, 0], red[:, :, 2] = 255, 255
    red_cr, red_cb = signature(red).chroma[:2]
    blue_cr, blue_cb = signature(blue).chroma[:2]
    assert min(red_cr, blue_cb) > 200
    assert max(red_cb, blue_cr) < 120


def test_the_values_are_frozen():
    """Signatures are kept in stores: a version must not drift by more than rounding."""
    made = signature(photo("chelsea.png"))
    luma = [127, 126, 90, 137, 121, 120, 156, 180, 85, 116, 87, 159, 137, 132, 118, 151]
    chroma = [140, 147, 150, 149, 153, 143, 138, 147, 156, 159, 157, 148, 143, 140, 140, 139]
    assert (len(made.luma), len(made.chroma)) == (4096, 512)
    assert np.abs(np.array(list(made.luma[::273])) - luma).max() <= 1
    assert np.abs(np.array(list(made.chroma[::34])) - chroma).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (7, 9)])
def test_tiny_pictures_have_signatures_too(shape):
    """Pictures smaller than the grid are stretched, never refused."""
    made = signature(np.full((*shape, 3), 77, np.uint8))
    assert made.luma == bytes([77]) * 4096
