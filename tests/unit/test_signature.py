"""The signature and the block means: exact on tiles, frozen on a photograph."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.unit.picture_samples import photo, small_photo

from dedupd.pictures.opencv import cv2
from dedupd.pictures.signature import (
    CHROMA_SIDE,
    LUMA_SIDE,
    block_difference,
    block_means,
    signature,
)

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
    """Signatures are kept in stores: version 1 must not drift by more than rounding."""
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


@given(blocks=arrays(np.uint8, (3, 5)), rest=st.tuples(st.integers(0, 7), st.integers(0, 7)))
def test_blocks_are_means_of_eight_by_eight_pixels_without_the_edges(blocks, rest):
    """What is left at the bottom and at the right fills no block and doesn't count."""
    picture = np.pad(tiled(blocks, 8), ((0, rest[0]), (0, rest[1])), constant_values=255)
    assert np.array_equal(block_means(np.dstack([picture] * 3)), blocks)


@given(first=arrays(np.uint8, (4, 6)), second=arrays(np.uint8, (4, 6)))
def test_the_difference_is_the_largest_one_and_has_no_direction(first, second):
    """It is the same both ways, and 0 for equal blocks only."""
    expected = np.abs(first.astype(int) - second.astype(int)).max()
    assert block_difference(first, second) == block_difference(second, first) == expected


def test_a_small_change_shows_in_its_block():
    """A patch of 8 x 8 pixels, lost in the 64 x 64 signature, stands out here."""
    picture = small_photo()
    changed = picture.copy()
    changed[80:88, 120:128] = 255 - changed[80:88, 120:128]
    assert block_difference(block_means(picture), block_means(changed)) > 9.5


def test_no_block_at_all_counts_as_different():
    """Where nothing was compared nothing is equal."""
    empty = block_means(np.zeros((7, 100, 3), np.uint8))
    assert block_difference(empty, empty) == 255.0


def test_blocks_of_other_sizes_are_refused():
    """The caller sees to equal pixel sizes."""
    with pytest.raises(ValueError, match="compared"):
        block_difference(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8))


def test_blocks_survive_compression():
    """A JPEG of quality 75 stays well within the limit of 9.5."""
    picture = photo("coffee.png")
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 75])
    assert done
    copy = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert block_difference(block_means(picture), block_means(copy)) <= 9.5
