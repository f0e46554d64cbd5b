"""What is too coarse to tell one moment from another is found out by changing next to nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.unit.picture_samples import photo

from dedupd.pictures.fineness import tells_moments


def scene(long_px: int) -> np.ndarray:
    picture = photo("coffee.png")
    factor = long_px / max(picture.shape)
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def as_jpeg(quality: int):
    def coding(picture):
        coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return cv2.imdecode(coded, cv2.IMREAD_COLOR)

    return coding


def lossless(picture):
    return picture


@pytest.mark.parametrize(
    ("long_px", "quality", "shrunk", "tells"),
    [
        pytest.param(600, 75, 1.0, True, id="a picture"),
        pytest.param(600, 30, 1.0, True, id="a coarse one"),
        pytest.param(320, 75, 4.0, True, id="a small one"),
        pytest.param(600, 3, 1.0, False, id="blocks of grey"),
        pytest.param(320, 75, 400.0, False, id="one made of a huge picture"),
        pytest.param(64, 75, 10.0, False, id="a thumbnail"),
        pytest.param(64, 10, 10.0, False, id="a coarse one"),
    ],
)
def test_what_is_large_and_fine_tells_moments(long_px, quality, shrunk, tells):
    assert tells_moments(scene(long_px), as_jpeg(quality), shrunk) is tells


def test_a_lossless_picture_tells_them_by_its_size():
    assert tells_moments(scene(320), lossless, 4.0)
    assert not tells_moments(scene(16), lossless, 4.0)


def test_a_picture_that_was_coded_so_before_tells_as_much():
    """Its own grid of blocks, on which a coding changes nothing, isn't looked at."""
    coarse = as_jpeg(40)
    assert tells_moments(coarse(scene(600)), coarse, 1.0)


def test_of_a_large_picture_the_middle_is_looked_at():
    sizes = set()

    def watched(picture):
        sizes.add(picture.shape)
        return picture

    assert tells_moments(np.zeros((3000, 1500, 3), np.uint8), watched, 1.0)
    assert sizes == {(1024, 1024, 3)}


@pytest.mark.parametrize("shape", [(1, 1, 3), (4, 400, 3), (5, 5, 3)])
def test_what_is_next_to_nothing_tells_nothing(shape):
    assert not tells_moments(np.zeros(shape, np.uint8), lossless, 1.0)


@pytest.mark.parametrize("codings", [0, 1, 4])
def test_a_coding_that_fails_tells_nothing(codings):
    """Whenever it does."""
    left = iter(range(codings))
    assert not tells_moments(
        scene(600), lambda picture: picture if next(left, None) is not None else None, 1.0
    )


def test_it_says_the_same_each_time():
    said = {tells_moments(scene(200), as_jpeg(75), 2.0) for _ in range(3)}
    assert len(said) == 1
