"""How much a copy may differ from what it was made of: told by the copy's own coding."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.unit.container_samples import oriented
from tests.unit.picture_samples import encoded, photo
from tests.unit.test_orientation import UNDONE

from dedupd.model import VIEWS, MatchLimits, Measures, View
from dedupd.pictures import recoding
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import compare
from dedupd.pictures.measures import seen
from dedupd.pictures.opencv import cv2
from dedupd.rules.worse import is_recoded

CAPTURE = StderrCapture()
PHOTOS = ("astronaut.png", "coffee.png", "rocket.jpg")
QUALITY, SAMPLING = cv2.IMWRITE_JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR


def scene(name: str) -> np.ndarray:
    """Return a photo whose sides are no multiples of 8."""
    return np.ascontiguousarray(photo(name)[:397, :419])


def measured(needle: bytes, library: bytes, view: View = VIEWS[0]) -> Measures:
    return compare(needle, library, view, (False, False), Limits(), CAPTURE).measures


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("quality", [96, 90, 75, 50, 30])
def test_a_re_save_differs_by_what_its_coding_explains(name, quality):
    """Whatever the sampling of its colours; and the explanation is no more than that."""
    library = encoded(scene(name), ".jpg", QUALITY, 92)
    for sampling in (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420):
        copy = encoded(decoded(library), ".jpg", QUALITY, quality, SAMPLING, sampling)
        found = measured(copy, library)
        assert found.explained == pytest.approx(found.error, rel=0.1, abs=0.1)
        assert is_recoded(found, MatchLimits())


def test_a_programs_own_tables_are_used():
    """Cameras and editors don't round as libjpeg does."""
    library = encoded(scene("coffee.png"), ".jpg", QUALITY, 92)
    steps = [2 + 3 * (row + column) for row in range(8) for column in range(8)]
    coded = io.BytesIO()
    Image.fromarray(decoded(library)[:, :, ::-1]).save(coded, "JPEG", qtables=[steps, steps])
    found = measured(coded.getvalue(), library)
    assert found.explained == pytest.approx(found.error, rel=0.1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_blocks_lie_where_the_needle_stores_them(orientation):
    """A copy that was turned before it was coded has its blocks elsewhere."""
    library = encoded(scene("astronaut.png"), ".png")
    needle = oriented("jpeg", UNDONE[orientation](scene("astronaut.png")), orientation)
    found = measured(needle, library)
    assert found.explained == pytest.approx(found.error, rel=0.05, abs=0.05)


@pytest.mark.parametrize("view", VIEWS)
def test_a_turned_copy_is_explained_in_its_view(view):
    """Its blocks were made after it was turned."""
    library = encoded(seen(scene("rocket.jpg"), view), ".png")
    found = measured(encoded(scene("rocket.jpg"), ".jpg", QUALITY, 80), library, view)
    assert found.explained == pytest.approx(found.error, rel=0.05, abs=0.05)


@pytest.mark.parametrize("name", PHOTOS)
def test_the_next_frame_of_a_burst_is_not_explained(name):
    """Without a single thing that moved: the noise of a sensor is another one in each frame."""
    dice = np.random.RandomState(3)
    frames = [
        encoded(noisy.clip(0, 255).astype(np.uint8), ".jpg", QUALITY, 92)
        for noisy in (scene(name) + dice.normal(0, 2, (2, *scene(name).shape)))
    ]
    assert not is_recoded(measured(*frames), MatchLimits())
    assert is_recoded(measured(frames[0], frames[0]), MatchLimits())


@pytest.mark.parametrize("quality", [60, 40])
def test_a_coarse_library_copy_is_not_explained_by_a_fine_needle(quality):
    """What is missing from it can't have been added by the needle."""
    needle = encoded(scene("coffee.png"), ".jpg", QUALITY, 92)
    library = encoded(decoded(needle), ".jpg", QUALITY, quality)
    assert not is_recoded(measured(needle, library), MatchLimits())
    hidden = encoded(decoded(library), ".jpg", QUALITY, 96)
    assert not is_recoded(measured(needle, hidden), MatchLimits())
    assert not is_recoded(measured(needle, encoded(decoded(library), ".png")), MatchLimits())


def test_what_cannot_be_imitated_explains_nothing():
    """A lossless needle changes nothing; WebP tells nothing of how it rounds."""
    library = encoded(scene("coffee.png"), ".jpg", QUALITY, 92)
    assert measured(encoded(decoded(library), ".png"), library).explained == 0.0
    lossy = encoded(decoded(library), ".webp", cv2.IMWRITE_WEBP_QUALITY, 80)
    assert measured(lossy, library).explained is None


def test_the_zigzag_is_that_of_the_standard():
    """ITU-T T.81, figure A.6."""
    assert recoding._ZIGZAG[:15] == [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4]
    assert recoding._ZIGZAG[-3:] == [55, 62, 63]
