"""A JPEG or PNG, of the library's size or smaller, is told to be made of the library's picture."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from accuracy.scalers import SCALERS, by_factor
from accuracy.writers import stored_for
from PIL import Image
from tests.unit.picture_samples import seen_well
from tests.unit.retelling_samples import (
    CAPTURE,
    SAMPLING,
    as_jpeg,
    as_webp,
    by_pillow,
    decoded,
    measured,
    noisy,
    scene,
    smaller,
)

from dedupd.model import VIEWS
from dedupd.pictures import look, retelling, scalers
from dedupd.pictures.formats import jpeg
from dedupd.pictures.limits import Limits
from dedupd.pictures.measures import luma, seen, tints
from dedupd.rules.verify import Policy, Side, judge

PROGRAMS = [name for name in SCALERS if "sharpened" not in name]


def finding(needle: bytes, library: bytes):
    """Return what the whole comparison says of two files."""
    sides = [Side(seen_well(one), look.sign(one, Limits(), CAPTURE)) for one in (needle, library)]
    return judge(sides[0], sides[1], 0, measured(needle, library), Policy())


@pytest.fixture(scope="module")
def library():
    """Return a photograph as the library has it, its sides no multiples of 16."""
    return as_jpeg(scene("coffee.png"), 92)


@pytest.mark.parametrize("factor", [0.75, 0.5, 0.33])
@pytest.mark.parametrize("scaler", PROGRAMS)
def test_a_smaller_copy_is_told_whatever_shrank_it(library, scaler, factor):
    found = finding(as_jpeg(smaller(library, factor, scaler), 70), library)
    assert (found.same, found.retold) == (True, True)


@pytest.mark.parametrize("quality", [100, 90, 75, 50, 30, 10])
@pytest.mark.parametrize("sampling", [0x111111, 0x211111, 0x221111])
def test_a_re_save_is_told_whatever_its_coding(library, quality, sampling):
    needle = as_jpeg(decoded(library), quality, SAMPLING, sampling)
    assert measured(needle, library).retold


def test_other_writers_of_jpeg_are_told_too(library):
    """Progressive, with better codes, by another program, and grey."""
    image = Image.fromarray(smaller(library, 0.6)[:, :, ::-1])
    for image_, more in ((image, {"progressive": True}), (image, {"optimize": True})):
        assert measured(by_pillow(image_, "JPEG", quality=80, **more), library).retold
    assert measured(by_pillow(image, "JPEG", quality="web_high"), library).retold
    grey = as_jpeg(cv2.cvtColor(decoded(library), cv2.COLOR_BGR2GRAY), 92)
    copy = by_pillow(Image.open(io.BytesIO(grey)).resize((200, 190)), "JPEG", quality=80)
    assert measured(copy, grey).retold


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF"])
def test_a_smaller_lossless_copy_is_told(library, name):
    small = Image.fromarray(np.ascontiguousarray(smaller(library, 0.5)[:, :, ::-1]))
    assert measured(by_pillow(small, name), library).retold


@pytest.mark.parametrize("name", ["WEBP", "AVIF"])
def test_a_smaller_modern_copy_is_told(library, name):
    small = Image.fromarray(np.ascontiguousarray(smaller(library, 0.5)[:, :, ::-1]))
    assert measured(by_pillow(small, name, quality=75), library).retold


@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_whatever_its_orientation(library, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = stored_for(smaller(library, 0.5, "area"), orientation)
    image = Image.fromarray(np.ascontiguousarray(stored[:, :, ::-1]))
    needle = by_pillow(image, "JPEG", quality=80, exif=exif.tobytes())
    assert measured(needle, library).retold


@pytest.mark.parametrize("view", VIEWS[1:])
def test_in_every_view(library, view):
    picture = decoded(library)
    turned = next(
        one
        for one in (seen(picture, other) for other in VIEWS)
        if np.array_equal(seen(one, view), picture)
    )
    needle = as_jpeg(by_factor(turned, 0.5, SCALERS["area"]), 80)
    assert measured(needle, library, view).retold


@pytest.mark.parametrize("quality", [90, 75, 50])
@pytest.mark.parametrize("factor", [1.0, 0.5, 0.2])
@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_another_moment_is_not(quality, factor, noise):
    """The noise of the sensor is another one, however little of it is left."""
    moments = [as_jpeg(noisy("coffee.png", seed, noise), 95) for seed in (1, 2)]
    shrunken = smaller(moments[1], factor, "area") if factor < 1 else decoded(moments[1])
    assert not measured(as_jpeg(shrunken, quality), moments[0]).retold


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_another_colour_of_equal_brightness_is_not(library, format_):
    """A patch of it, which grey alone would not see."""
    picture = decoded(library)
    ycc = cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb)
    ycc[100:140, 100:140, 1] += 12
    small = by_factor(cv2.cvtColor(ycc, cv2.COLOR_YCrCb2BGR), 0.5, SCALERS["area"])
    image = Image.fromarray(np.ascontiguousarray(small[:, :, ::-1]))
    assert not measured(by_pillow(image, format_, quality=95), library).retold


CALM = np.full((80, 80, 3), 120, np.uint8)


def changed(by: tuple[int, int, int]) -> np.ndarray:
    picture = CALM.copy()
    picture[40:48, 40:48] += np.array(by, np.uint8)
    return picture


@pytest.mark.parametrize(
    ("again", "just"),
    [
        pytest.param(CALM, True, id="nothing is left"),
        pytest.param(changed((1, 1, 1)), False, id="a level of brightness"),
        pytest.param(changed((4, 0, 0)), False, id="a colour of equal brightness"),
    ],
)
def test_nothing_may_be_left(again, just):
    assert retelling._is_just(again, luma(CALM), tints(CALM)) is just


COARSE_NEEDLES = [
    pytest.param("JPEG", {"quality": 5}, 64, id="jpeg 5"),
    pytest.param("JPEG", {"quality": 10}, 48, id="jpeg 10"),
    pytest.param("WEBP", {"quality": 1}, 24, id="webp"),
    pytest.param("AVIF", {"quality": 2, "speed": 9}, 96, id="avif"),
    pytest.param("PNG", {}, 6, id="png"),
]


@pytest.mark.parametrize(("name", "told", "long_px"), COARSE_NEEDLES)
def test_another_moment_that_comes_out_the_same_is_not(name, told, long_px, monkeypatch):
    """Thumbnails so small and coarse that nothing of the noise is left in some of them."""
    found = {True: 0, False: 0}
    for photo_name in ("coffee.png", "astronaut.png", "rocket.jpg"):
        moments = [as_jpeg(noisy(photo_name, seed, 0.3), 95) for seed in range(6)]
        for other in moments[1:]:
            small = smaller(other, long_px / 419, "area")[:, :, ::-1]
            needle = by_pillow(Image.fromarray(np.ascontiguousarray(small)), name, **told)
            for guarded in found:
                if not guarded:
                    monkeypatch.setattr(retelling, "tells_moments", lambda *_: True)
                found[guarded] += measured(needle, moments[0]).retold
                monkeypatch.undo()
    assert found[True] == 0
    assert found[False] > 0


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_a_changed_spot_is_not(library, factor):
    picture = decoded(library)
    picture[200:206, 150:156] = 255 - picture[200:206, 150:156]
    needle = by_factor(picture, factor, SCALERS["area"]) if factor < 1 else picture
    assert not measured(as_jpeg(needle, 60), library).retold


@pytest.mark.parametrize("quality", [95, 80, 60])
def test_what_holds_more_than_the_library_is_not(quality):
    """The library has a coarser copy, which is larger: it was enlarged."""
    original = as_jpeg(scene("coffee.png"), quality)
    half = by_factor(decoded(original), 0.5, SCALERS["area"])
    enlarged = cv2.resize(half, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    assert not measured(original, as_jpeg(enlarged, 92)).retold


def test_a_larger_needle_is_not_made_of_the_library(library):
    """It has more pixels; only the other way round may it be."""
    small = as_jpeg(smaller(library, 0.5), 90)
    assert not measured(library, small).retold
    wide = as_jpeg(cv2.resize(decoded(library), (600, 100)), 90)
    assert not measured(wide, library).retold


def test_sampling_and_tables_are_read():
    """Golden: both tables of quality 50 begin with what annex K of T.81 gives."""
    for code, sampling in ((0x111111, "4:4:4"), (0x211111, "4:2:2"), (0x221111, "4:2:0")):
        header = jpeg.read(memoryview(as_jpeg(scene("coffee.png"), 50, SAMPLING, code)))
        assert header.sampling == sampling
        assert (header.luma_steps[:4], header.coded_steps[:4]) == (
            (16, 11, 12, 14),
            (17, 18, 18, 24),
        )
    grey = jpeg.read(memoryview(as_jpeg(scene("coffee.png")[:, :, 0], 50)))
    assert (grey.sampling, grey.coded_steps) == ("grey", ())
    tall = jpeg.read(memoryview(as_jpeg(scene("coffee.png"), 50, SAMPLING, 0x121111)))
    assert tall.sampling == ""


def test_a_grey_answer_that_says_it_all_is_not_asked_again_in_colour(monkeypatch):
    """That would cost as much as all the rest."""
    monkeypatch.setattr(look, "retold", lambda *_: pytest.fail("it was coded in colour"))
    for quality in (90, 35):
        assert measured(*grey_pair(quality, 800)).retold


@pytest.mark.parametrize(("quality", "side_px"), [(90, 400), (25, 800)])
def test_of_small_and_of_coarse_pictures_grey_never_says_it_all(quality, side_px, monkeypatch):
    """Another moment may show in nothing but their colours, or not at all."""
    monkeypatch.setattr(look, "retold", lambda *_: False)
    found = measured(*grey_pair(quality, side_px))
    assert found.recoded.left <= 0.1
    assert not found.retold


def test_grey_never_says_it_all_of_a_file_that_was_made_of_the_needle(monkeypatch):
    """Its coding gives the needle again: only to the pixel, in colour, is that believed."""
    monkeypatch.setattr(look, "retold", lambda *_: False)
    needle, _ = grey_pair(75, 800)
    found = measured(needle, as_jpeg(cv2.cvtColor(decoded(needle), cv2.COLOR_BGR2GRAY), 90))
    assert found.recoded.left <= 0.1
    assert not found.retold


def grey_pair(quality: int, side_px: int) -> tuple[bytes, bytes]:
    """Return a grey needle, and the library's picture that it was made of."""
    grey = cv2.cvtColor(scene("coffee.png"), cv2.COLOR_BGR2GRAY)
    library = as_jpeg(cv2.resize(grey, (side_px, side_px), interpolation=cv2.INTER_CUBIC), 95)
    return as_jpeg(cv2.cvtColor(decoded(library), cv2.COLOR_BGR2GRAY), quality), library


@pytest.mark.parametrize(("change", "retold"), [(0, True), (40, False)])
def test_grey_does_not_speak_for_colours(change, retold, monkeypatch):
    monkeypatch.setattr(look, "retold", lambda *_: False)
    library = as_jpeg(cv2.resize(scene("coffee.png"), (800, 800)), 95)
    ycc = cv2.cvtColor(decoded(library), cv2.COLOR_BGR2YCrCb)
    ycc[100:200, 100:200, 1] = np.clip(ycc[100:200, 100:200, 1].astype(int) - change, 0, 255)
    needle = as_jpeg(cv2.cvtColor(ycc, cv2.COLOR_YCrCb2BGR), 90)
    assert measured(needle, library).retold is retold


def test_every_scaler_gives_the_size_that_it_is_asked_for():
    picture = scene("coffee.png")
    made = [one(picture, 101, 67) for one in scalers.SCALERS]
    assert {one.shape for one in made} == {(67, 101, 3)}
    assert len({one.tobytes() for one in made}) >= len(made) - 1


def test_a_needle_that_cannot_be_imitated_keeps_no_colours(monkeypatch):
    """HEIC: the library's picture isn't held in memory for nothing."""
    kept = []
    whole = look._seen_whole
    monkeypatch.setattr(
        look, "_seen_whole", lambda *args, **more: kept.append(more) or whole(*args, **more)
    )
    moving = as_webp(scene("coffee.png"), 80)
    measured(moving, as_jpeg(scene("coffee.png"), 90))
    assert kept == [{}, {"keep": True}]
