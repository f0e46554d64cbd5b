"""dHash: what it is for, and the value that freezes it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.unit.picture_samples import PHOTOS, photo

from dedupd.model import VIEWS, View
from dedupd.pictures.dhash import dhash, turned_hashes
from dedupd.pictures.opencv import cv2

LEVELS = 64
pictures = arrays(np.uint8, (8, 9), elements=st.integers(0, LEVELS - 1))
tone_curves = st.sets(st.integers(0, 255), min_size=LEVELS, max_size=LEVELS).map(
    lambda tones: np.array(sorted(tones), dtype=np.uint8)
)


def grey(name: str) -> np.ndarray:
    return cv2.cvtColor(photo(name), cv2.COLOR_BGR2GRAY)


def distance_bits(first: np.ndarray, second: np.ndarray) -> int:
    return (dhash(first).value ^ dhash(second).value).bit_count()


@given(picture=pictures, tone_curve=tone_curves)
def test_exposure_does_not_change_the_hash(picture, tone_curve):
    """
    Any strictly rising tone curve (exposure, gamma, contrast) keeps the hash.

    8 x 9 cells is the size dHash shrinks to, so no resampling error hides here.
    """
    assert dhash(picture) == dhash(tone_curve[picture])


@given(picture=pictures)
def test_a_negative_shares_no_bit_with_its_picture(picture):
    """Inverting turns every rise into a fall: never 1 in both, 0 in both if flat."""
    assert dhash(picture).value & dhash(255 - picture).value == 0


def test_bits_are_ordered_rows_first_and_first_bit_highest():
    """One bright cell at the top left sets the first bit only, one at the end of row 2 the last."""
    first, second = np.zeros((8, 9), np.uint8), np.zeros((8, 9), np.uint8)
    first[0, 0] = second[1, 7] = 255
    assert dhash(first).value == 1 << 63
    assert dhash(second).value == 1 << 48


@pytest.mark.parametrize("side_px", [128, 200, 400, 1500])
def test_a_copy_of_another_size_hashes_within_four_bits(side_px):
    """Area means keep the hash of a resized copy; point sampling would not."""
    picture = grey("coffee.png")
    copy = cv2.resize(picture, (side_px * 3 // 2, side_px), interpolation=cv2.INTER_AREA)
    assert distance_bits(picture, copy) <= 4


def test_different_photographs_are_far_apart():
    """Two photographs have nothing in common but chance."""
    assert distance_bits(grey("coffee.png"), grey("chelsea.png")) > 16


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("astronaut.png", 0x227242F262CD6A59),
        ("chelsea.png", 0xABEBA56556B47870),
        ("coffee.png", 0x0C06A4CCE1D4F0C9),
    ],
)
def test_the_value_is_frozen(name, value):
    """Hashes are kept in stores: a new definition needs a new name or version."""
    assert dhash(grey(name)).value == value


def test_a_flat_picture_hashes_to_zero():
    """Nothing is brighter than its neighbour, whatever the grey."""
    assert dhash(np.full((50, 70), 200, np.uint8)).value == 0


def test_the_length_follows_the_side():
    """A side of 5 gives 25 bits, without the padding of whole bytes."""
    hash_ = dhash(grey("chelsea.png"), side=5)
    assert hash_.bits == 25
    assert hash_.value < 1 << 25


@pytest.mark.parametrize(
    "luma",
    [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32), np.zeros((0, 4), np.uint8)],
    ids=["colour", "float", "empty"],
)
def test_what_is_no_grey_picture_is_refused(luma):
    """A mistake of ours shall not become a hash."""
    with pytest.raises(ValueError, match="luma"):
        dhash(luma)


def test_a_side_below_two_is_refused():
    """One bit a row says nothing."""
    with pytest.raises(ValueError, match="side"):
        dhash(np.zeros((9, 9), np.uint8), side=1)


QUARTERS = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)


def really_turned(picture: np.ndarray, view: View) -> np.ndarray:
    mirrored = cv2.flip(picture, 1) if view.mirrored else picture
    quarter = QUARTERS[view.quarters]
    return mirrored if quarter is None else cv2.rotate(mirrored, quarter)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_turned_hash_finds_the_turned_photograph(name):
    """Each of the seven lies within 3 bits of the hash of a file turned that way, in order."""
    picture = grey(name)
    made = turned_hashes(picture)
    truth = [dhash(really_turned(picture, view)).value for view in VIEWS[1:]]
    assert len(made) == 7
    assert max((ours ^ real).bit_count() for ours, real in zip(made, truth, strict=True)) <= 3


@given(cells=arrays(np.uint8, (72, 72)))
def test_turned_hashes_of_72_pixels_are_exact(cells):
    """At the size that they are made from no resampling error hides a wrong turn."""
    assert turned_hashes(cells) == tuple(dhash(really_turned(cells, v)).value for v in VIEWS[1:])


def test_the_turned_values_are_frozen():
    """They are kept in stores as the hash itself is."""
    assert turned_hashes(grey("chelsea.png")) == (
        0x2B8A340E61AA4832,
        0xF1E1D295595A282A,
        0xB3EDA2788FD2AE2B,
        0x2A285A5995D2E1F1,
        0x3248AA610E348A2B,
        0x7078B45665A5EBAB,
        0x2BAED28F78A2EDB3,
    )


def test_a_flat_picture_has_turned_hashes_of_zero():
    """No view of it carries evidence."""
    assert turned_hashes(np.full((50, 70), 200, np.uint8)) == (0,) * 7
