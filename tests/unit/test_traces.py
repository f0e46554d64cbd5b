"""Was a picture coded before as a file is?  Told from it alone, whatever its own file is."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.picture_samples import encoded, photo

from dedupd.likeness import CODED_BEFORE
from dedupd.pictures import traces
from dedupd.pictures.codec import open_header
from dedupd.pictures.limits import Limits
from dedupd.pictures.opencv import cv2
from dedupd.pictures.traces import Steps, coded, elsewhere, share_made

QUALITY = cv2.IMWRITE_JPEG_QUALITY
PHOTOS = ("astronaut.png", "coffee.png", "rocket.jpg")


def grey(name: str) -> np.ndarray:
    """Return a photo's luma; its sides are no multiples of 8."""
    return np.ascontiguousarray(cv2.cvtColor(photo(name)[:397, :419], cv2.COLOR_BGR2GRAY))


def steps_of(quality: int) -> Steps:
    """Return libjpeg's table for that quality."""
    file = encoded(grey(PHOTOS[0]), ".jpg", QUALITY, quality)
    return open_header(memoryview(file), Limits()).luma_steps


def saved(picture: np.ndarray, *qualities: int) -> np.ndarray:
    """Return the picture after it was coded so, one after the other."""
    for quality in qualities:
        picture = coded(picture, steps_of(quality))
    return picture


@pytest.mark.parametrize(("before", "last"), [(30, 60), (50, 70), (60, 75), (75, 85), (60, 95)])
@pytest.mark.parametrize("name", PHOTOS)
def test_a_coding_changes_little_what_it_made_before(name, before, last):
    """However fine the coding after it was."""
    again = saved(grey(name), before, last)
    assert share_made(again, steps_of(before), steps_of(last)) < CODED_BEFORE


@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png"])
def test_a_last_coding_nearly_as_coarse_hides_nothing(name):
    """Because it is allowed for; otherwise its own blocks, wherever they lie, would count."""
    again, last = saved(grey(name), 70, 75), steps_of(75)
    assert (
        share_made(again, steps_of(70), last) < CODED_BEFORE < share_made(again, steps_of(70), ())
    )


@pytest.mark.parametrize(
    ("past", "now"),
    [((92,), 75), ((80,), 75), ((75,), 70), ((60, 90), 75), ((75, 92), 50), ((), 60)],
)
@pytest.mark.parametrize("name", PHOTOS)
def test_any_other_past_leaves_no_trace_of_it(name, past, now):
    """Coarse tables that are nearly the same, and what came before the last coding."""
    known = steps_of(past[-1]) if past else ()
    assert share_made(saved(grey(name), *past), steps_of(now), known) > CODED_BEFORE


def test_without_a_past_half_a_block_further_on_tells():
    """So much that a coarse coding in between, which can't be imitated, leaves enough of it."""
    picture = saved(grey("coffee.png"), 50, 90)
    made = traces.rms(picture, coded(picture, steps_of(50)))
    assert made < 0.5 * elsewhere(picture, steps_of(50))


def test_of_a_large_picture_rows_of_blocks_are_looked_at(monkeypatch):
    """Evenly spread, and whole blocks: what they tell is what all would."""
    picture = saved(grey("astronaut.png"), 50, 80)
    whole = share_made(picture, steps_of(50), steps_of(80))
    monkeypatch.setattr(traces, "_STRIPS_PIXELS", picture.size // 4)
    assert len(traces._strips(picture)) * 4 <= len(picture) + 32
    assert share_made(picture, steps_of(50), steps_of(80)) == pytest.approx(whole, abs=0.05)


def test_what_is_too_small_to_be_coded_tells_nothing():
    """Half a block further on nothing is left of four pixels."""
    dot = np.zeros((4, 4), np.uint8)
    assert (share_made(dot, steps_of(50), ()), elsewhere(dot, steps_of(50))) == (None, None)


def test_one_colour_bears_no_traces():
    """No coding changes it anywhere."""
    assert share_made(np.full((64, 64), 128, np.uint8), steps_of(50), steps_of(90)) == 1.0


def test_the_zigzag_is_that_of_the_standard():
    """ITU-T T.81, figure A.6."""
    assert traces._ZIGZAG[:15] == [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4]
    assert traces._ZIGZAG[-3:] == [55, 62, 63]
