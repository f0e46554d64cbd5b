"""The table of perceptual hashes: one suite for all, and a golden value each."""

from __future__ import annotations

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from tests.unit.picture_samples import PHOTOS, photo, small_photo

from dedupd.pictures.hashes import HASHES, carries_evidence
from dedupd.pictures.opencv import cv2


def drawn():
    """Return a picture that a formula draws: whole numbers only, so the same everywhere."""
    y, x = np.indices((120, 160))
    blue, green, red = x * 255 // 159, x * y // 7 % 256, (x * x + 3 * y * y) // 150 % 256
    return np.dstack([blue, green, red]).astype(np.uint8)


GOLDEN = {
    "dhash": (0x227242F262CD6A59, 0x0C06A4CCE1D4F0C9, 0x0010285021030C70),
    "dhash16": (
        0x06092D2D09A90B898B0D992DDF2B5E191D991F1CB6B6F2E364E124DA16D292C2,
        0x04800070143836386618B4B07331E9606CA27A467A205B687F486E12342178C5,
        0x0000000500F003070C3118CE1113326C24922D2D6A525AAD555555EA5A85694A,
    ),
    "dhash-article": (0x4BC1683992959BBB, 0xE5329470D69D95EF, 0xE5DC8449556BEFFF),
    "dhash-colour": (
        0x327262F26A8DAA09227242F262CD6A4922524272765F6E59,
        0x0C06A694ECD4E4E90C06A4CCE4D4E4E90C06A6CDE3D2B0CC,
        0x000000000000000000011A2E542D1904020000000001031EF0,
    ),
    "phash": (0xC2924C5532BDDFC8, 0xBB8320376C0F3637, 0x800F6F5F3C783163),
    "average": (0x7F775FC744F8A040, 0x3F7F3FBB838180C3, 0x03170F4F3F7EFD27),
}
"""Of the astronaut, the coffee, and what `drawn` draws."""

IMAGEHASH = {
    "dhash": ((9, 8), imagehash.dhash, 14),
    "dhash16": ((17, 16), lambda image: imagehash.dhash(image, 16), 56),
    "phash": ((32, 32), imagehash.phash, 2),
    "average": ((8, 8), imagehash.average_hash, 14),
}
"""Columns and rows of the reduced picture, its function, and how many bits its reduction (Lanczos,
where ours are area means) may make of difference on our photographs; two strangers differ by half.
"""

every_hash = pytest.mark.parametrize("name", HASHES)
every_shared_hash = pytest.mark.parametrize("name", IMAGEHASH)


def made(name, bgr):
    return HASHES[name].make(bgr).value


def grey_colours(luma):
    return np.ascontiguousarray(np.dstack([luma] * 3))


def theirs(name, bgr):
    """Return ImageHash's value, as a dHash whose bits mean what ours do but where cells tie."""
    _, function, _ = IMAGEHASH[name]
    value = int(str(function(Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1])))), 16)
    inverted = name.startswith("dhash")
    return value ^ (1 << HASHES[name].bits) - 1 if inverted else value


@every_hash
def test_every_hash_has_golden_values_and_they_hold(name):
    """A hash whose value changes needs another name: the old ones are in people's stores."""
    pictures = (photo("astronaut.png"), photo("coffee.png"), drawn())
    assert tuple(made(name, picture) for picture in pictures) == GOLDEN[name]


@every_hash
def test_every_hash_says_what_it_is(name):
    """Name and length are those of the table, and the value fits."""
    found = HASHES[name].make(small_photo())
    assert (found.algorithm, found.bits) == (name, HASHES[name].bits)
    assert 0 <= found.value < 1 << found.bits <= 1 << 256


@every_hash
def test_every_hash_is_the_same_twice(name):
    """A hash depends on nothing but the pixels."""
    assert HASHES[name].make(small_photo()) == HASHES[name].make(small_photo().copy())


@every_hash
def test_every_hash_tells_two_photographs_apart(name):
    """Equal hashes of a cup and a cat would be of no use."""
    cup, cat = (made(name, photo(n)) for n in ("coffee.png", "chelsea.png"))
    assert (cup ^ cat).bit_count() > HASHES[name].bits / 4


@every_hash
@given(
    size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    colour=st.tuples(*[st.integers(0, 255)] * 3),
)
def test_a_picture_of_one_colour_carries_no_evidence(name, size, colour):
    """Whatever its size and colour; an error of the sum must not look like a picture."""
    assert not carries_evidence(HASHES[name].make(np.full((*size, 3), colour, np.uint8)))


@every_hash
@pytest.mark.parametrize("picture", PHOTOS)
def test_a_photograph_carries_evidence(name, picture):
    """Also the nearly black one, of the sky at night."""
    assert carries_evidence(HASHES[name].make(photo(picture)))


@every_shared_hash
@given(seed=st.integers(0, 2**32 - 1))
def test_a_hash_that_imagehash_has_too_is_the_same(name, seed):
    """Of grey pictures that need no reduction; dHashes but where two cells are equal."""
    (columns, rows), _, _ = IMAGEHASH[name]
    luma = np.random.default_rng(seed).integers(0, 256, (rows, columns), np.uint8)
    bgr = grey_colours(luma)
    difference = theirs(name, bgr) ^ made(name, bgr)
    ties = luma[:, :-1] == luma[:, 1:]
    assert difference == (packed(ties) if name.startswith("dhash") else 0)


def packed(bits):
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


@every_shared_hash
@pytest.mark.parametrize("picture", PHOTOS)
def test_photographs_hash_nearly_as_with_imagehash(name, picture):
    """Only the way of reduction differs."""
    difference = theirs(name, photo(picture)) ^ made(name, photo(picture))
    assert difference.bit_count() <= IMAGEHASH[name][2]


@given(luma=arrays(np.uint8, (16, 17)))
def test_the_colour_hash_of_a_grey_picture_is_its_dhash_three_times(luma):
    """Channel by channel: blue, green, red."""
    one = made("dhash", grey_colours(luma))
    assert made("dhash-colour", grey_colours(luma)) == one << 128 | one << 64 | one


def test_the_colour_hash_has_blue_first_and_red_last():
    """Each channel alone sets its own 64 bits."""
    darkening = np.tile(np.arange(8, -1, -1, dtype=np.uint8) * 20, (8, 1))
    for channel in range(3):
        bgr = np.zeros((8, 9, 3), np.uint8)
        bgr[:, :, channel] = darkening
        assert made("dhash-colour", bgr) == (1 << 64) - 1 << 64 * (2 - channel)


@given(bgr=arrays(np.uint8, (20, 30, 3)))
def test_the_article_hash_is_the_article_s_own_sum(bgr):
    """The value is the one that its readers have in their databases: bit i weighs 2 to the i."""
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    shrunken = cv2.resize(grey, (9, 8))
    rises = [bool(row[i + 1] > row[i]) for row in shrunken for i in range(8)]
    weights = [2**i for i, rise in enumerate(rises) if rise]
    assert made("dhash-article", bgr) == sum(weights)
