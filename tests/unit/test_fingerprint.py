"""Fingerprints, signatures and comparisons: what a whole picture gives, and what it may do."""

from __future__ import annotations

import numpy as np
import pytest
from accuracy.writers import stored_for
from tests.unit.picture_samples import (
    encoded,
    exif,
    jpeg,
    photo,
    sample,
    seen,
    seen_well,
    small_photo,
    with_exif,
    with_png_chunk,
)

from dedupd.likeness import NOT_MEASURABLE
from dedupd.model import VIEWS, Fingerprint, Signature, Unreadable
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.codec import Mode, smallest_grey
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import compare, hashes, sign
from dedupd.pictures.opencv import cv2

LIMITS = Limits()
CAPTURE = StderrCapture()


def distance_bits(first: Fingerprint, second: Fingerprint) -> int:
    return (first.dhash ^ second.dhash).bit_count()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_seen_upright_in_all_eight_orientations(orientation):
    """Size, hash, sketch and signature are those of the picture as people see it."""
    upright = photo("coffee.png")  # 600 x 400, so that the decode is reduced
    stored = with_exif(jpeg(stored_for(upright, orientation), quality=95), exif(orientation))
    found, expected = seen_well(stored), seen_well(jpeg(upright, quality=95))
    assert (found.width_px, found.height_px) == (600, 400)
    assert distance_bits(found, expected) <= 4
    signatures = [sign(data, LIMITS, CAPTURE) for data in (stored, jpeg(upright, quality=95))]
    luma = [np.frombuffer(s.luma, np.uint8).astype(int) for s in signatures]
    assert np.abs(luma[0] - luma[1]).max() <= 4


@pytest.mark.parametrize("orientation", [1, 6])
def test_sides_that_look_alike_after_the_reduction_keep_their_order(orientation):
    """2046 and 2047 pixels are both 256 at an eighth; the orientation tells them apart."""
    picture = cv2.resize(photo("coffee.png"), (2047, 2046), interpolation=cv2.INTER_AREA)
    stored = stored_for(picture, orientation)
    found = seen_well(with_exif(jpeg(stored, quality=60), exif(orientation)))
    assert (found.width_px, found.height_px) == (2047, 2046)


@pytest.mark.parametrize(
    ("width_px", "height_px", "mode"),
    [
        (4032, 3024, Mode.GREY_EIGHTH),
        (1024, 1024, Mode.GREY_EIGHTH),
        (5000, 1023, Mode.GREY_QUARTER),
        (512, 9000, Mode.GREY_QUARTER),
        (511, 400, Mode.GREY_HALF),
        (255, 255, Mode.GREY),
        (1, 100_000, Mode.GREY),
    ],
)
def test_the_decode_is_reduced_as_far_as_128_pixels_allow(width_px, height_px, mode):
    """The smaller side keeps 128 pixels; what can't be reduced isn't."""
    header = Header(width_px, height_px, (0, 0), reducible=True)
    assert smallest_grey(header) is mode
    assert smallest_grey(Header(width_px, height_px, (0, 0))) is Mode.GREY


@pytest.mark.parametrize("name", ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"])
def test_a_reduced_decode_hashes_like_the_full_one(name):
    """What a JPEG and a PNG of one photograph say is close: they are candidates for each other."""
    reduced, full = seen_well(jpeg(photo(name))), seen_well(encoded(photo(name), ".png"))
    assert distance_bits(reduced, full) <= 4
    assert reduced.bytes_only == full.bytes_only == ""


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".avif"])
def test_an_animation_leaves_bytes_only(suffix):
    """Only its first frame is seen; two films may begin alike."""
    animation = cv2.Animation()
    animation.frames = [small_photo(), 255 - small_photo()]
    animation.durations = [100, 100]
    done, data = cv2.imencodeanimation(suffix, animation)
    assert done
    assert seen_well(data.tobytes()).bytes_only == "frames"


def test_a_tiff_of_pages_leaves_bytes_only():
    """A scanned document is more than its first page."""
    done, data = cv2.imencodemulti(".tiff", [small_photo(), small_photo()])
    assert done
    assert seen_well(data.tobytes()).bytes_only == "frames"


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_flat_picture_leaves_bytes_only(level):
    """All flat pictures hash alike, so none of them vouches for another."""
    assert seen_well(jpeg(np.full((200, 300, 3), level, np.uint8))).bytes_only == "featureless"


def test_a_harmless_warning_is_only_noted():
    """A broken colour profile is told, and costs nothing."""
    found = seen_well(with_png_chunk(sample("png"), b"iCCP", b"x\0\0y"))
    assert found.bytes_only == ""
    assert "iCCP" in found.note


def test_the_capture_time_is_kept():
    """It is the veto that tells two frames of a burst apart."""
    stamped = with_exif(jpeg(), exif(1, "2021:07:08 09:10:11", "5"))
    assert seen_well(stamped).taken_at == "2021:07:08 09:10:11.5"


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (3, 5), (64, 9)])
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_tiny_pictures_are_pictures(size, suffix):
    """Nothing is too small to be seen."""
    picture = np.full((*size, 3), 128, np.uint8)
    found = seen_well(encoded(picture, suffix))
    assert (found.height_px, found.width_px) == size


@pytest.mark.parametrize("data", [b"", b"Dear diary", b"\xff\xd8\xff" + bytes(5000)])
def test_every_way_to_look_survives_rubbish(data):
    """What is no picture is unreadable, for fingerprint, signature, comparison and hashes."""
    assert isinstance(seen(data), Unreadable)
    assert isinstance(sign(data, LIMITS, CAPTURE), Unreadable)
    assert isinstance(hashes(data, ["dhash"], LIMITS, CAPTURE), Unreadable)
    comparison = compare(data, jpeg(), VIEWS[0], (True, True), LIMITS, CAPTURE)
    assert isinstance(comparison.needle, Unreadable)
    assert isinstance(comparison.haystack, Signature)
    assert comparison.measures == NOT_MEASURABLE


def test_a_copy_of_lower_quality_compares_as_the_same():
    """Signatures and blocks stay within the limits of `same`."""
    pair = jpeg(photo("coffee.png"), 92), jpeg(photo("coffee.png"), 70)
    comparison = compare(*pair, VIEWS[0], (True, True), LIMITS, CAPTURE)
    lumas = [
        np.frombuffer(side.luma, np.uint8).astype(int)
        for side in (comparison.needle, comparison.haystack)
    ]
    assert np.abs(lumas[0] - lumas[1]).max() <= 4
    assert comparison.measures.blocks <= 9.5


def test_pictures_of_two_sizes_have_no_error_of_their_pixels():
    """No pixel of the one is a pixel of the other; a signature nobody asked for isn't made."""
    pair = jpeg(), jpeg(small_photo(299, 200))
    comparison = compare(*pair, VIEWS[0], (True, False), LIMITS, CAPTURE)
    assert comparison.measures.error is None
    assert isinstance(comparison.needle, Signature)
    assert comparison.haystack is None


def test_hashes_come_in_the_order_asked_for():
    """And an unknown name is told, not raised."""
    found = hashes(jpeg(), ["dhash-article", "dhash"], LIMITS, CAPTURE)
    assert list(found) == ["dhash-article", "dhash"]
    unknown = hashes(jpeg(), ["dhash", "shash"], LIMITS, CAPTURE)
    assert isinstance(unknown, Unreadable)
    assert "shash" in unknown.detail
