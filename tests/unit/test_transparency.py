"""Transparent pictures: seen on white, and never believed without a person."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image
from tests.unit.picture_samples import (
    encoded,
    photo,
    sample,
    seen_well,
    small_photo,
    with_alpha,
    with_png_chunk,
)

from dedupd.model import Signature
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import sign

CAPTURE = StderrCapture()


def signed(data: bytes) -> Signature:
    found = sign(data, Limits(), CAPTURE)
    assert isinstance(found, Signature), found
    return found


def written(picture: Image.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return data.getvalue()


@pytest.mark.parametrize("suffix", [".png", ".webp", ".avif", ".tiff", ".jp2", ".bmp"])
def test_transparency_is_told(suffix):
    """One corner is seen through: what is behind it, nobody knows."""
    found = seen_well(encoded(with_alpha(small_photo()), suffix))
    assert found.bytes_only == "transparent"


@pytest.mark.parametrize("suffix", [".png", ".webp", ".avif", ".tiff", ".jp2"])
def test_an_opaque_alpha_channel_does_no_harm(suffix):
    """Many programs write an alpha channel that says nothing."""
    assert seen_well(encoded(with_alpha(small_photo(), hole=255), suffix)).bytes_only == ""


def test_sixteen_bits_of_alpha_are_read():
    """A pixel of 65,534 is transparent, one of 65,535 is not."""
    deep = with_alpha(small_photo(), hole=255).astype(np.uint16) * 257
    assert seen_well(encoded(deep, ".png")).bytes_only == ""
    deep[3, 3, 3] = 65_534
    assert seen_well(encoded(deep, ".png")).bytes_only == "transparent"


def on_white(picture: np.ndarray) -> np.ndarray:
    alpha = picture[:, :, 3:] / 255
    return np.rint(picture[:, :, :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tiff", ".bmp"])
def test_a_transparent_picture_looks_as_it_does_on_white(suffix):
    """Hash, sketch and signature are those of the composite, not of the hidden colours."""
    faded = np.dstack([photo("coffee.png"), photo("coffee.png")[:, :, 1]])
    found, expected = seen_well(encoded(faded, suffix)), seen_well(encoded(on_white(faded), ".png"))
    assert (found.dhash ^ expected.dhash).bit_count() <= 1
    pair = (signed(encoded(faded, suffix)), signed(encoded(on_white(faded), ".png")))
    lumas = [np.frombuffer(one.luma, np.uint8).astype(int) for one in pair]
    assert np.abs(lumas[0] - lumas[1]).max() <= 1


def test_a_picture_of_which_nothing_shows_is_featureless():
    """All of it is see-through, whatever colours hide below."""
    hidden = np.dstack([small_photo(), np.zeros((200, 300), np.uint8)])
    assert seen_well(encoded(hidden, ".png")).bytes_only == "featureless"


def test_a_picture_that_is_only_in_its_alpha_channel_is_seen():
    """A drawing of one colour; read without alpha it would be flat."""
    drawing = np.dstack([np.zeros_like(small_photo()), small_photo()[:, :, 0]])
    assert seen_well(encoded(drawing, ".png")).bytes_only == "transparent"


def grey_png() -> bytes:
    return encoded(small_photo()[:, :, 0], ".png")


RGB = Image.fromarray(small_photo()[:, :, ::-1])
FADE = Image.linear_gradient("L").resize(RGB.size)
GREY_ALPHA = Image.merge("LA", (RGB.convert("L"), FADE))
OPAQUE = Image.merge("LA", (RGB.convert("L"), Image.new("L", RGB.size, 255)))
SEEN_THROUGH = {
    "palette png": written(RGB.quantize(64), "PNG", transparency=7),
    "palette gif": written(RGB.quantize(64), "GIF", transparency=7),
    "grey and alpha png": written(GREY_ALPHA, "PNG"),
    "grey and alpha tiff": written(GREY_ALPHA, "TIFF"),
    "grey png with a transparent level": with_png_chunk(grey_png(), b"tRNS", b"\0\x64"),
}


@pytest.mark.parametrize("data", SEEN_THROUGH.values(), ids=SEEN_THROUGH)
def test_every_way_to_be_transparent_is_seen(data):
    """By palette, by level, beside grey."""
    found = seen_well(data)
    assert (found.bytes_only, found.note) == ("transparent", "parts of it are transparent")


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_an_opaque_alpha_beside_grey_does_no_harm(kind):
    """As beside colours."""
    assert seen_well(written(OPAQUE, kind)).bytes_only == ""


def test_a_transparent_colour_that_does_not_occur_does_no_harm():
    """A chunk that makes one colour see-through, in a picture without it."""
    data = with_png_chunk(sample("png"), b"tRNS", struct.pack(">HHH", 0, 255, 0))
    assert seen_well(data).bytes_only == ""
