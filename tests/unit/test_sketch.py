"""The sketch: area means, and what shows too little."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.unit.picture_samples import photo

from dedupd.pictures.opencv import cv2
from dedupd.pictures.sketch import SIDE, is_featureless, sketch

cells = arrays(np.uint8, (SIDE, SIDE))


@given(picture=cells, factor=st.integers(1, 6))
def test_cells_are_the_means_of_what_they_cover(picture, factor):
    """A picture made of 16 x 16 flat tiles is sketched as these tiles, rows first."""
    tiles = np.kron(picture, np.ones((factor, factor), np.uint8))
    assert sketch(tiles) == picture.tobytes()


def test_fine_detail_is_averaged_not_sampled():
    """A checkerboard of single pixels is grey in every cell."""
    board = (np.indices((160, 160)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert set(sketch(board)) <= {127, 128}


def test_the_values_are_frozen():
    """Sketches are kept in stores: their definition must not drift by more than rounding."""
    grey = cv2.cvtColor(photo("chelsea.png"), cv2.COLOR_BGR2GRAY)
    golden = [140, 102, 125, 118, 128, 101, 61, 74, 136, 150, 104, 120, 122, 123, 156, 155]
    assert np.abs(np.array(list(sketch(grey)[::17])) - golden).max() <= 1


@given(base=st.integers(8, 247), noise=arrays(np.int64, 256, elements=st.integers(-7, 7)))
def test_a_nearly_flat_sketch_is_featureless(base, noise):
    """Seven levels around one grey show nothing that could tell two pictures apart."""
    assert is_featureless((noise + base).astype(np.uint8).tobytes())


def test_two_greys_sixteen_levels_apart_are_a_feature():
    """Half and half at 16 levels has a standard deviation of 8: the limit itself passes."""
    assert not is_featureless(bytes([100]) * 128 + bytes([116]) * 128)
    assert is_featureless(bytes([100]) * 128 + bytes([115]) * 128)
