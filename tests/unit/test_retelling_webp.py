"""A WebP is told to be made of the library's picture by doing the same again, and only then."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from accuracy.writers import stored_for
from PIL import Image
from tests.unit.picture_samples import encoded
from tests.unit.retelling_samples import as_avif, as_jpeg, as_webp, decoded, measured, noisy, scene

from dedupd.model import VIEWS
from dedupd.pictures import encoder_webp, retelling
from dedupd.pictures.formats import webp
from dedupd.pictures.formats.vp8 import BooleanDecoder, quantisers
from dedupd.pictures.measures import seen

PHOTOS = ("astronaut.png", "coffee.png", "rocket.jpg")


@pytest.mark.parametrize("quality", [100, 97, 90, 80, 75, 60, 42, 30, 10, 1])
@pytest.mark.parametrize("name", PHOTOS)
def test_a_webp_made_of_the_library_is_told(name, quality):
    library = as_jpeg(scene(name), 92)
    found = measured(as_webp(decoded(library), quality), library)
    assert found.retold
    assert (found.retold, found.source) == (True, None)


@pytest.mark.parametrize("effort", [3, 4, 6])
def test_however_hard_its_encoder_tried(effort):
    library = as_jpeg(scene("coffee.png"), 92)
    assert measured(as_webp(decoded(library), 80, effort), library).retold


def test_another_program_that_uses_that_encoder_is_told_too():
    library = as_jpeg(scene("coffee.png"), 92)
    copy = encoded(decoded(library), ".webp", cv2.IMWRITE_WEBP_QUALITY, 71)
    assert measured(copy, library).retold


@pytest.mark.parametrize("orientation", range(2, 9))
def test_whatever_its_orientation(orientation):
    """Its blocks lie where the file stores them."""
    library = as_jpeg(scene("astronaut.png"), 92)
    exif = Image.Exif()
    exif[0x0112] = orientation
    copy = as_webp(stored_for(decoded(library), orientation), 80, exif=exif.tobytes())
    assert measured(copy, library).retold


@pytest.mark.parametrize("view", VIEWS[1:])
def test_in_every_view(view):
    """The needle is a turned copy: seen in `view` it is the library's picture."""
    library = as_jpeg(scene("astronaut.png"), 92)
    turned = next(
        one
        for one in (seen(decoded(library), other) for other in VIEWS)
        if np.array_equal(seen(one, view), decoded(library))
    )
    assert measured(as_webp(turned, 80), library, view).retold


@pytest.mark.parametrize("write", [as_webp, as_avif])
@pytest.mark.parametrize("quality", [80, 50, 20])
@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_another_moment_is_not(write, quality, noise):
    """Not even where its coding leaves little of the noise."""
    library = as_jpeg(noisy("coffee.png", 1, noise), 95)
    assert not measured(write(noisy("coffee.png", 2, noise), quality), library).retold


@pytest.mark.parametrize("write", [as_webp, as_avif])
@pytest.mark.parametrize("quality", [98, 92, 75])
def test_the_source_of_the_librarys_picture_is_not(write, quality):
    """The library has a JPEG made of it: what that lost is left."""
    original = write(scene("coffee.png"), 80)
    found = measured(original, as_jpeg(decoded(original), quality))
    assert not found.retold
    assert found.source is not None


def test_what_another_encoder_made_of_it_is_not(monkeypatch):
    """Nothing is told where no quality gives the quantisers; that is found out soon."""
    library = as_jpeg(scene("coffee.png"), 92)
    copy = as_webp(decoded(library), 80)
    asked = []
    monkeypatch.setattr(encoder_webp, "quantisers", lambda _: asked.append(1) or (1, 2, 3, 4))
    assert measured(copy, library).retold is False
    assert len(asked) <= 6


def test_the_best_quality_tells_nothing_of_powers():
    """It quantises as finely as can be, whatever the segment."""
    assert encoder_webp._narrowed((0.5, 2.0), 5, 100) == (0.5, 2.0)
    least, most = encoder_webp._narrowed((0.0, float("inf")), 27, 80)
    assert 0.5 < least < most < 2.0


def test_what_is_too_large_is_not_tried(monkeypatch):
    monkeypatch.setattr(retelling, "MOST_PIXELS", 397 * 419 - 1)
    library = as_jpeg(scene("coffee.png"), 92)
    assert measured(as_webp(decoded(library), 80), library).retold is False


def test_what_takes_long_is_not_tried_again(monkeypatch):
    """One way was tried when the time was up, the usual one; this file was made in another."""
    monkeypatch.setattr(retelling, "BUDGET_S", 0.0)
    library = as_jpeg(scene("coffee.png"), 92)
    assert measured(as_webp(decoded(library), 80), library).retold
    assert measured(as_webp(decoded(library), 80, effort=6), library).retold is False


@pytest.mark.parametrize("refusal", [OSError, ValueError, MemoryError, KeyError])
def test_an_encoder_that_refuses_tells_nothing(monkeypatch, refusal):
    def refuse(*_):
        raise refusal

    monkeypatch.setitem(retelling.ENCODERS, "webp", refuse)
    library = as_jpeg(scene("coffee.png"), 92)
    assert measured(as_webp(decoded(library), 80), library).retold is False


def test_the_quantisers_are_those_of_the_segments():
    """Golden: quality 80 and 30 of one photo; finer is less."""
    files = [as_webp(scene("coffee.png"), quality) for quality in (80, 30)]
    fine, coarse = (webp.read(memoryview(file)).coded_steps for file in files)
    assert (fine, coarse) == ((27, 23, 19, 14), (68, 61, 52, 39))


def as_bits(*fields: tuple[int, int]) -> str:
    """Return numbers, each with its length, as ones and zeros."""
    return "".join(f"{value:0{length}b}" for value, length in fields)


def framed(bits: str) -> bytes:
    """Return a key frame whose header holds these bits, coded at even odds as RFC 6386 does.

    A bit of even odds takes half of what is left: the coded bits are a number that is narrowed.
    """
    low, span, length = 0, 255, 8
    for bit in bits:
        split = 1 + (span - 1) // 2
        low, span = (low + split, span - split) if bit == "1" else (low, split)
        while span < 128:
            low, span, length = low * 2, span * 2, length + 1
    return bytes(10) + (low << -length % 8).to_bytes(-(-length // 8), "big")


COLOURS, FILTER, PARTITIONS = (0, 2), (0b1_010101_011, 10), (1, 2)
YES, NO, PLUS, MINUS = (1, 1), (0, 1), (0, 1), (1, 1)


def test_bits_come_back_as_they_were_coded():
    bits = BooleanDecoder(framed("1010011101")[10:])
    assert "".join(str(int(bits.flag())) for _ in range(10)) == "1010011101"


def test_a_frame_without_segments_has_one_quantiser():
    """Here with changes to its filter, which are read over."""
    changes = (YES, YES, YES, (9, 6), MINUS, *([NO] * 7))
    bits = as_bits(COLOURS, NO, FILTER, *changes, PARTITIONS, (45, 7))
    assert quantisers(framed(bits)) == (45, 45, 45, 45)


@pytest.mark.parametrize(("is_absolute", "steps"), [(YES, (7, 0, 99, -3)), (NO, (52, 45, 144, 42))])
def test_segments_have_a_quantiser_or_a_change_to_it(is_absolute, steps):
    values = ((YES, (7, 7), PLUS), (NO,), (YES, (99, 7), PLUS), (YES, (3, 7), MINUS))
    filters = (NO, YES, (63, 6), MINUS, NO, NO)
    odds = (YES, (200, 8), NO, YES, (3, 8))
    segments = (YES, YES, is_absolute, *(field for value in values for field in value))
    bits = as_bits(COLOURS, YES, *segments, *filters, *odds, FILTER, NO, PARTITIONS, (45, 7))
    assert quantisers(framed(bits)) == steps


@pytest.mark.parametrize("length", [0, 1, 5, 11, 20])
def test_a_frame_that_ends_early_is_read_as_zeros(length):
    frame = as_webp(scene("coffee.png"), 80)[20:]
    assert len(quantisers(frame[:length])) == 4
