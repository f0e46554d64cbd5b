"""Thumbnails: small, upright, in the colours that people see, for whatever can be decoded."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.unit.picture_samples import (
    SUFFIXES,
    encoded,
    exif,
    jpeg,
    photo,
    sample,
    small_photo,
    with_alpha,
    with_exif,
)

from dedupd.model import Unreadable
from dedupd.pictures import look, shown
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits, NeedsRoom
from dedupd.pictures.opencv import cv2
from dedupd.pictures.thumbnail import LONGEST_EDGE_PX, thumbnail


@pytest.fixture(scope="module")
def capture():
    one = StderrCapture()
    yield one
    one.close()


@pytest.fixture
def made(capture):
    """Return what decodes the thumbnail of a file."""

    def make(data, edge_px):
        small = look.thumbnail(data, edge_px, Limits(), capture)
        assert isinstance(small, bytes), small
        return cv2.imdecode(np.frombuffer(small, np.uint8), cv2.IMREAD_COLOR)

    return make


def difference(one, other) -> float:
    return float(np.mean(cv2.absdiff(one, other)))


@pytest.mark.parametrize("content_type", SUFFIXES)
def test_every_format_has_thumbnails(made, content_type):
    """It shows the picture, in small."""
    small = made(sample(content_type), 120)
    expected = cv2.resize(small_photo(), (120, 80), interpolation=cv2.INTER_AREA)
    assert small.shape == (80, 120, 3)
    assert difference(small, expected) < 8


def test_it_is_never_larger_than_the_picture(made):
    """Nobody sees more of it by that."""
    assert made(jpeg(), 1024).shape == (200, 300, 3)


def test_a_turned_picture_stands_upright(made):
    """As the other commands count its sides."""
    assert made(with_exif(jpeg(), exif(orientation=6)), 150).shape == (150, 100, 3)


def test_what_is_transparent_is_white(made):
    """A browser's dark background would change the picture."""
    small = made(encoded(with_alpha(small_photo(), hole=0), ".png"), 150)
    assert small[:20, :20].min() > 245


def test_a_large_jpeg_is_decoded_no_further_than_needed(made, monkeypatch):
    """A page of fifty pictures of 24 megapixels would take half a minute otherwise."""
    modes, decode = [], shown.decode

    def watched(data, header, mode, capture):
        modes.append(mode.name)
        return decode(data, header, mode, capture)

    monkeypatch.setattr(shown, "decode", watched)
    large = jpeg(cv2.resize(photo("coffee.png"), (1600, 1200)))
    whole = made(large, 1600)
    for edge_px in (801, 800, 400, 200):
        expected = cv2.resize(whole, (edge_px, edge_px * 3 // 4), interpolation=cv2.INTER_AREA)
        assert difference(made(large, edge_px)[:600, :800], expected[:600, :800]) < 6
    assert modes == ["COLOUR", "COLOUR", "COLOUR_HALF", "COLOUR_QUARTER", "COLOUR_EIGHTH"]


def test_inks_are_decoded_whole(made, monkeypatch):
    """Their profile is applied to what the file holds, not to a part of it."""
    coded, sizes, without_inks = io.BytesIO(), [], shown._without_inks

    def watched(data, header, bgr):
        sizes.append(bgr.shape[:2])
        return without_inks(data, header, bgr)

    monkeypatch.setattr(shown, "_without_inks", watched)
    picture = Image.fromarray(cv2.cvtColor(small_photo(), cv2.COLOR_BGR2RGB))
    picture.convert("CMYK").save(coded, "JPEG")
    assert made(coded.getvalue(), 30).shape == (20, 30, 3)
    assert sizes == [(200, 300)]


def test_a_panorama_keeps_a_line_of_height():
    """Though its share of the edge is none."""
    strip = thumbnail(np.zeros((10, 5000, 3), np.uint8), 100)
    assert cv2.imdecode(np.frombuffer(strip, np.uint8), cv2.IMREAD_COLOR).shape == (1, 100, 3)


@pytest.mark.parametrize("edge_px", [0, -1, LONGEST_EDGE_PX + 1])
def test_nobody_asks_for_a_poster(edge_px):
    """It would not fit into an answer."""
    with pytest.raises(ValueError, match="edge"):
        thumbnail(small_photo(), edge_px)


@pytest.mark.parametrize("data", [b"", b"Dear diary", jpeg()[:60]])
def test_what_can_not_be_decoded_has_none(capture, data):
    """With the reason that any other look gives."""
    found = look.thumbnail(data, 100, Limits(), capture)
    assert isinstance(found, Unreadable)
    assert found == look.fingerprint(data, Limits(), capture)


def test_a_large_picture_waits_its_turn(capture):
    """As for every other look."""
    with pytest.raises(NeedsRoom):
        look.thumbnail(jpeg(), 100, Limits(room_px=1000), capture)
