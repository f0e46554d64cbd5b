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


def featureless(luma: np.ndarray) -> bool:
    return is_featureless(luma, sketch(luma))


@given(base=st.integers(8, 247), noise=arrays(np.int64, (16, 16), elements=st.integers(-7, 7)))
def test_a_nearly_flat_picture_is_featureless(base, noise):
    """Seven levels around one grey show nothing that could tell two pictures apart."""
    assert featureless((noise + base).astype(np.uint8))


def test_two_greys_sixteen_levels_apart_are_a_feature():
    """Half and half at 16 levels has a standard deviation of 8: the limit itself passes."""
    halves = np.repeat(np.array([[100, 116], [100, 115]], np.uint8), 128, axis=1)
    assert not featureless(halves[0].reshape(16, 16))
    assert featureless(halves[1].reshape(16, 16))


def test_a_sky_full_of_stars_shows_something():
    """Its sketch is even, its pixels aren't."""
    stars = np.random.RandomState(5).rand(512, 512) > 0.97
    sky = np.where(stars, 220, 10).astype(np.uint8)
    assert np.frombuffer(sketch(sky), np.uint8).std() < 8
    assert not featureless(sky)
