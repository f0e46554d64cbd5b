"""The table of perceptual hashes: one suite for all, and a golden value each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from tests.unit.picture_samples import photo, small_photo

from dedupd.pictures.hashes import HASHES
from dedupd.pictures.opencv import cv2

GOLDEN = {
    "dhash": {"astronaut.png": 0x227242F262CD6A59, "coffee.png": 0x0C06A4CCE1D4F0C9},
    "dhash-article": {"astronaut.png": 0x4BC1683992959BBB, "coffee.png": 0xE5329470D69D95EF},
}

every_hash = pytest.mark.parametrize("name", HASHES)


@every_hash
def test_every_hash_has_golden_values_and_they_hold(name):
    """A hash whose value changes needs another name: the old ones are in people's stores."""
    found = {picture: HASHES[name].make(photo(picture)).value for picture in GOLDEN[name]}
    assert found == GOLDEN[name]


@every_hash
def test_every_hash_says_what_it_is(name):
    """Name and length are those of the table, and the value fits."""
    made = HASHES[name].make(small_photo())
    assert (made.algorithm, made.bits) == (name, HASHES[name].bits)
    assert 0 <= made.value < 1 << made.bits


@every_hash
def test_every_hash_is_the_same_twice(name):
    """A hash depends on nothing but the pixels."""
    assert HASHES[name].make(small_photo()) == HASHES[name].make(small_photo().copy())


@every_hash
def test_every_hash_tells_two_photographs_apart(name):
    """Equal hashes of a cup and a cat would be of no use."""
    cup, cat = (HASHES[name].make(photo(n)).value for n in ("coffee.png", "chelsea.png"))
    assert (cup ^ cat).bit_count() > 16


@given(bgr=arrays(np.uint8, (20, 30, 3)))
def test_the_article_hash_is_the_article_s_own_sum(bgr):
    """The value is the one that its readers have in their databases: bit i weighs 2 to the i."""
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    shrunken = cv2.resize(grey, (9, 8))
    rises = [bool(row[i + 1] > row[i]) for row in shrunken for i in range(8)]
    weights = [2**i for i, rise in enumerate(rises) if rise]
    assert HASHES["dhash-article"].make(bgr).value == sum(weights)
