"""How much a copy may differ from what it was made of: told by the copy's own coding."""

from __future__ import annotations

import io

import numpy as np
import pytest
from accuracy.writers import stored_for
from PIL import Image, ImageDraw, ImageFont
from tests.unit.container_samples import oriented
from tests.unit.picture_samples import encoded, photo, seen_well

from dedupd.likeness import MatchLimits, Measures, Recoding
from dedupd.model import VIEWS, View
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import compare
from dedupd.pictures.measures import seen
from dedupd.pictures.opencv import cv2
from dedupd.rules.worse import faults, is_made_of

CAPTURE = StderrCapture()
PHOTOS = ("astronaut.png", "coffee.png", "rocket.jpg")
QUALITY, SAMPLING = cv2.IMWRITE_JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR


def scene(name: str) -> np.ndarray:
    """Return a photo whose sides are no multiples of 8."""
    return np.ascontiguousarray(photo(name)[:397, :419])


def measured(needle: bytes, library: bytes, view: View = VIEWS[0]) -> Measures:
    return compare(needle, library, view, (False, False), Limits(), CAPTURE).measures


def faults_of(needle: bytes, library: bytes) -> tuple[str, ...]:
    one, two = seen_well(needle), seen_well(library)
    return faults(one, two, measured(needle, library), MatchLimits())


def page(amount: str) -> np.ndarray:
    """Return an A4 page, 1240 x 1754, of 50 lines with an amount in one of them."""
    drawn = Image.new("L", (1240, 1754), "white")
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(22)
    for line in range(50):
        text = (
            f"For services as agreed on, position {line}, EUR {amount if line == 25 else '96.40'}"
        )
        pen.text((80, 60 + 32 * line), text, fill=20, font=font)
    return np.asarray(drawn)


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("quality", [96, 90, 75, 50, 30])
def test_a_re_save_is_what_its_coding_makes_of_the_library(name, quality):
    """Whatever the sampling of its colours."""
    library = encoded(scene(name), ".jpg", QUALITY, 92)
    for sampling in (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420):
        copy = encoded(decoded(library), ".jpg", QUALITY, quality, SAMPLING, sampling)
        found = measured(copy, library)
        assert found.recoded.left < 0.3 * found.recoded.made + 0.2
        assert is_made_of(found.recoded, MatchLimits())


def test_a_programs_own_tables_are_used():
    """Cameras and editors don't round as libjpeg does."""
    library = encoded(scene("coffee.png"), ".jpg", QUALITY, 92)
    steps = [2 + 3 * (row + column) for row in range(8) for column in range(8)]
    coded = io.BytesIO()
    Image.fromarray(decoded(library)[:, :, ::-1]).save(coded, "JPEG", qtables=[steps, steps])
    assert measured(coded.getvalue(), library).recoded.left < 0.5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_blocks_lie_where_the_needle_stores_them(orientation):
    """A copy that was turned before it was coded has its blocks elsewhere."""
    library = encoded(scene("astronaut.png"), ".png")
    needle = oriented("jpeg", stored_for(scene("astronaut.png"), orientation), orientation)
    assert measured(needle, library).recoded.left < 0.3


@pytest.mark.parametrize("view", VIEWS)
def test_a_turned_copy_is_coded_in_its_view(view):
    """Its blocks were made after it was turned."""
    library = encoded(seen(scene("rocket.jpg"), view), ".png")
    found = measured(encoded(scene("rocket.jpg"), ".jpg", QUALITY, 80), library, view)
    assert found.recoded.left < 0.3 < found.recoded.made


@pytest.mark.parametrize("name", PHOTOS)
def test_the_next_frame_of_a_burst_is_not_made_of_this_one(name):
    """Without a single thing that moved: the noise of a sensor is another one in each frame."""
    dice = np.random.RandomState(3)
    frames = [
        encoded(noisy.clip(0, 255).astype(np.uint8), ".jpg", QUALITY, 92)
        for noisy in (scene(name) + dice.normal(0, 2, (2, *scene(name).shape)))
    ]
    assert not is_made_of(measured(*frames).recoded, MatchLimits())
    assert is_made_of(measured(frames[0], frames[0]).recoded, MatchLimits())


@pytest.mark.parametrize("quality", [60, 40])
def test_a_fine_needle_is_not_made_of_a_coarse_library_copy(quality):
    """What is missing from it can't have been added by the needle."""
    needle = encoded(scene("coffee.png"), ".jpg", QUALITY, 92)
    library = encoded(decoded(needle), ".jpg", QUALITY, quality)
    assert not is_made_of(measured(needle, library).recoded, MatchLimits())
    hidden = encoded(decoded(library), ".jpg", QUALITY, 96)
    assert not is_made_of(measured(needle, hidden).recoded, MatchLimits())
    lossless = encoded(decoded(library), ".png")
    assert not is_made_of(measured(needle, lossless).recoded, MatchLimits())


def test_a_lossless_needle_changes_nothing():
    """It is the library's picture, or it isn't."""
    library = encoded(scene("coffee.png"), ".jpg", QUALITY, 92)
    assert measured(encoded(decoded(library), ".png"), library).recoded == Recoding(
        0.0, 0.0, 0.0, 0.0
    )


@pytest.mark.parametrize("quality", [80, 65, 50])
@pytest.mark.parametrize("name", PHOTOS)
def test_two_copies_of_one_original_match_where_the_librarys_is_the_finer(name, quality):
    """Many are exported for an album and for a messenger from one file that is gone."""
    needle = encoded(scene(name), ".jpg", QUALITY, quality)
    fine = encoded(scene(name), ".jpg", QUALITY, 97)
    assert faults_of(needle, fine) == ()
    coarse = encoded(scene(name), ".jpg", QUALITY, quality // 2)
    assert faults_of(needle, coarse) == ("quality",)


def hasty_webp(bgr: np.ndarray) -> bytes:
    """Return a WebP by an effort that nobody makes, so that isn't imitated."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1])).save(file, "WEBP", quality=80, method=0)
    return file.getvalue()


@pytest.mark.parametrize("quality", [90, 75, 50])
@pytest.mark.parametrize("name", PHOTOS)
def test_what_cannot_be_imitated_is_tried_the_other_way_round(name, quality):
    """WebP tells nothing of how it rounds: was the library's JPEG made of it, or it of that?"""
    jpeg = encoded(scene(name), ".jpg", QUALITY, quality)
    copy = measured(hasty_webp(decoded(jpeg)), jpeg)
    assert copy.recoded is None
    assert copy.source.left > 0.5 * copy.source.made
    original = encoded(scene(name), ".webp", cv2.IMWRITE_WEBP_QUALITY, 90)
    library = encoded(decoded(original), ".jpg", QUALITY, quality)
    found = measured(original, library)
    assert found.source.left < 0.5 * found.source.made


@pytest.mark.parametrize(("coarse", "finer"), [(50, 70), (50, 80), (50, 90), (60, 70), (75, 85)])
@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png"])
def test_a_coarse_needle_saved_once_more_does_not_vouch_for_it(name, coarse, finer):
    """Though its own coding, being coarse, undoes most of what the finer one did."""
    needle = encoded(scene(name), ".jpg", QUALITY, coarse)
    again = encoded(decoded(needle), ".jpg", QUALITY, finer)
    assert faults_of(needle, again) == ("quality",)
    fresh = encoded(scene(name), ".jpg", QUALITY, finer)
    assert faults_of(encoded(decoded(fresh), ".jpg", QUALITY, coarse), fresh) == ()


@pytest.mark.parametrize("coarse", [40, 60])
@pytest.mark.parametrize("name", PHOTOS)
def test_nor_does_it_saved_once_more_in_a_format_that_tells_nothing(name, coarse):
    """A WebP of quality 90, which is finer than it."""
    needle = encoded(scene(name), ".jpg", QUALITY, coarse)
    again = encoded(decoded(needle), ".webp", cv2.IMWRITE_WEBP_QUALITY, 90)
    assert faults_of(needle, again) == ("quality",)


@pytest.mark.parametrize("quality", [90, 75, 60])
def test_one_character_of_a_page_is_left_over(quality):
    """A whole page dilutes it in every mean; beside what the coding leaves it stands alone."""
    pages = [page(text) for text in ("1,284.00", "1.284.00", "1,234.00")]
    library = encoded(pages[0], ".jpg", QUALITY, 90)
    for text, number in zip(pages, range(3), strict=True):
        scan = decoded(encoded(text, ".jpg", QUALITY, 90))
        found = measured(encoded(scan, ".jpg", QUALITY, quality), library)
        assert is_made_of(found.recoded, MatchLimits()) is (number == 0)
