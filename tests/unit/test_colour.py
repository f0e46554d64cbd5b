"""Colour profiles: what a picture's numbers mean, before it is compared with another."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.unit.container_samples import (
    SRGB,
    in_display_p3,
    profile,
    with_profile,
    with_segment,
)
from tests.unit.picture_samples import encoded, jpeg, photo, sample, seen_well, small_photo

from dedupd.model import Signature
from dedupd.pictures import colour
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import sign
from dedupd.rules.verify import correlation

CAPTURE = StderrCapture()


def signed(data: bytes) -> Signature:
    found = sign(data, Limits(), CAPTURE)
    assert isinstance(found, Signature), found
    return found


def differences(first: bytes, second: bytes) -> tuple[int, int]:
    """Return the largest luma and the largest chroma difference of two files."""
    a, b = signed(first), signed(second)
    parts = ((a.luma, b.luma), (a.chroma, b.chroma))
    return tuple(
        int(np.abs(np.frombuffer(x, np.uint8).astype(int) - np.frombuffer(y, np.uint8)).max())
        for x, y in parts
    )


@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png", "chelsea.png"])
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_display_p3_picture_and_its_srgb_export_are_the_same(name, suffix):
    """Within the limits of `same`; without the profile their chroma isn't."""
    export = encoded(photo(name), suffix)
    wide = encoded(in_display_p3(photo(name)), suffix)
    luma, chroma = differences(with_profile(wide, profile()), export)
    assert (luma <= 4, chroma <= 8) == (True, True)
    assert max(differences(wide, export)) > max(luma, chroma)


@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg"])
def test_the_first_pass_finds_a_display_p3_picture_without_its_profile(name):
    """Hash and sketch are near enough to those of the sRGB export to be a candidate."""
    wide = seen_well(with_profile(jpeg(in_display_p3(photo(name))), profile()))
    export = seen_well(jpeg(photo(name)))
    assert (wide.dhash ^ export.dhash).bit_count() <= 10
    assert correlation(wide.sketch, export.sketch) >= 0.85


def test_a_profile_that_says_srgb_changes_nothing():
    """Most files carry one; their pixels aren't touched, not even copied."""
    picture = photo("astronaut.png")
    assert colour.to_srgb(picture, profile(SRGB)) is picture
    assert colour.fault(profile(SRGB), inks=False) == ""


def test_a_grey_profile_changes_a_grey_picture_only():
    """Its curve is applied to grey; a coloured picture can't mean it."""
    grey = np.repeat(small_photo()[:, :, :1], 3, axis=2)
    curve = profile(gamma=1.0, space=b"GRAY")
    assert colour.to_srgb(grey, curve).mean() > grey.mean() + 10
    assert colour.to_srgb(small_photo(), curve) is small_photo()


@pytest.mark.parametrize(
    "icc",
    [b"x", b"rubbish" * 40, profile()[:200], profile().replace(b"RGB ", b"Lab ", 1)],
    ids=["short", "rubbish", "cut", "of another space"],
)
def test_a_profile_that_can_not_be_used_is_noted_and_ignored(icc):
    """It costs the picture nothing."""
    data = with_profile(jpeg(), icc)
    assert signed(data) == signed(jpeg())
    found = seen_well(data)
    assert found.bytes_only == ""
    assert "profile" in found.note


def test_a_profile_in_pieces_is_put_together():
    """A JPEG's segment is too small for a printer's profile."""
    icc = profile()
    pieces = [icc[:100], icc[100:300], icc[300:]]
    data = jpeg()
    for number, piece in enumerate(pieces, 1):  # each goes before the others
        data = with_segment(data, 0xE2, b"ICC_PROFILE\0" + bytes([number, 3]) + piece)
    assert signed(data) == signed(with_profile(jpeg(), icc))
    for wrong in (b"\x01\x03", b"\x04\x03", b"\x02\x04"):
        broken = data.replace(b"ICC_PROFILE\0\x02\x03", b"ICC_PROFILE\0" + wrong)
        assert seen_well(broken).note == "its colour profile is broken"
        assert signed(broken) == signed(jpeg())


def test_a_png_whose_profile_never_ends_is_read_to_a_limit():
    """A few kilobytes may not become gigabytes."""
    bomb = with_profile(sample("png"), profile() + bytes(50_000_000))
    assert seen_well(bomb).bytes_only == ""


def test_a_cmyk_picture_is_seen_in_colour():
    """Without a profile as the codec makes it; with one for lights, that one is ignored."""
    data = io.BytesIO()
    picture = Image.fromarray(small_photo()[:, :, ::-1]).convert("CMYK")
    picture.save(data, "JPEG", quality=95, icc_profile=profile())
    found = seen_well(data.getvalue())
    assert found.bytes_only == ""
    assert "profile" in found.note
    luma, chroma = differences(data.getvalue(), jpeg(quality=95))
    assert (luma <= 8, chroma <= 16) == (True, True)
