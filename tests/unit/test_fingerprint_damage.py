"""Damaged files: none of them may vouch for anything but its own bytes."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.picture_samples import (
    JPEG_END,
    PHOTOS,
    cuts,
    encoded,
    jpeg,
    jpeg_header,
    photo,
    png_chunk,
    sample,
    seen,
    seen_well,
    small_photo,
    vouches,
)

from dedupd.model import Signature, Unreadable
from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.codec import Mode, decode, open_header
from dedupd.pictures.damage import find_damage
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import fingerprint, sign
from dedupd.pictures.opencv import cv2

LIMITS = Limits()
progressive_or_not = pytest.mark.parametrize("progressive", [False, True])


class Speaking:
    """A `Capture` that hears what it is told to."""

    def __init__(self, said: bytes) -> None:
        self.said = said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@progressive_or_not
@pytest.mark.parametrize("name", PHOTOS[:4])
def test_a_cut_jpeg_never_vouches(name, progressive):
    """Cut anywhere, as it is or with an end marker glued on."""
    data = jpeg(photo(name), progressive=progressive)
    assert vouches(data)
    for part in cuts(data):
        assert isinstance(seen(part), Unreadable)
        assert not vouches(part + JPEG_END)


def test_a_progressive_jpeg_cut_between_any_two_scans_never_vouches():
    """The codec has no word to say about it: the file is legal, only coarse."""
    data = jpeg(photo("chelsea.png"), progressive=True)
    scans = [i for i in range(len(data)) if data[i : i + 2] in (b"\xff\xda", b"\xff\xc4")][2:]
    assert scans
    assert not any(vouches(data[:at] + JPEG_END) for at in scans)


@progressive_or_not
def test_a_hole_in_a_jpeg_never_vouches(progressive):
    """A page of zeros anywhere behind the headers."""
    data = jpeg(photo("astronaut.png"), quality=92, progressive=progressive)
    for at in range(4096, len(data) - 4096, 4096):
        assert not vouches(data[:at] + bytes(4096) + data[at + 4096 :]), at


@progressive_or_not
def test_a_file_allocated_but_only_half_written_never_vouches(progressive):
    """The size is right, the rest is zeros."""
    data = jpeg(photo("astronaut.png"), progressive=progressive)
    for part in cuts(data):
        assert not vouches(part.ljust(len(data), b"\0"))


def test_zeros_behind_the_end_marker_do_no_harm():
    """Some cameras fill up the last block; the picture itself is whole."""
    assert vouches(jpeg() + bytes(10_000))


@pytest.mark.parametrize("content_type", ["webp", "jp2", "avif", "png", "gif"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_compressed_data_with_a_zero_tail_never_vouch(content_type, part):
    """Some of these decoders read over it without a word."""
    data = sample(content_type)
    assert not vouches(data[: int(len(data) * part)].ljust(len(data), b"\0"))


@pytest.mark.parametrize("content_type", ["webp", "jp2"])
def test_compressed_data_with_a_sector_of_zeros_never_vouch(content_type):
    """Decoders of arithmetic code read over a hole, so it is looked for."""
    data = encoded(photo("coffee.png"), f".{content_type}")
    at = len(data) // 2
    assert not vouches(data[:at] + bytes(1024) + data[at + 1024 :])


@pytest.mark.parametrize("compression", [1, 5, 8])
def test_a_tiff_with_a_zero_tail_never_vouches(compression):
    """Whether stored as it is, by LZW or by deflate."""
    data = encoded(small_photo(), ".tiff", cv2.IMWRITE_TIFF_COMPRESSION, compression)
    directory_at = int.from_bytes(data[4:8], "little")
    at = directory_at - 6000
    assert not vouches(data[:at] + bytes(6000) + data[directory_at:])


def test_a_bmp_with_a_zero_tail_never_vouches():
    """Its first rows come last, so their loss shows at the end."""
    data = sample("bmp")
    assert vouches(data)
    assert not vouches(data[:-6000] + bytes(6000))


@progressive_or_not
def test_flipped_bits_that_the_codec_notices_never_vouch(progressive):
    """Whatever the codec says makes a file mute; silence can't be told from health."""
    data = jpeg(photo("chelsea.png"), progressive=progressive)
    dice = random.Random(7)
    capture = StderrCapture()
    for _ in range(60):
        broken = bytearray(data)
        broken[dice.randrange(700, len(data))] ^= 1 << dice.randrange(8)
        found = fingerprint(bytes(broken), LIMITS, capture)
        if capture.said and not isinstance(found, Unreadable):
            assert found.bytes_only == "damaged"
            assert found.note
            assert not isinstance(sign(bytes(broken), LIMITS, capture), Signature)
    capture.close()


def test_an_unknown_word_of_the_codec_makes_a_picture_mute():
    """It decodes, but may not vouch, and has no signature."""
    capture = Speaking(b"something new\n")
    found = fingerprint(jpeg(), LIMITS, capture)
    assert (found.bytes_only, found.note) == ("damaged", "something new")
    assert sign(jpeg(), LIMITS, capture) == Unreadable("damaged", "something new")


def test_damage_counts_before_every_other_reason():
    """A flat and damaged picture is called damaged."""
    flat = jpeg(small_photo() // 64)
    assert seen_well(flat).bytes_only == "featureless"
    assert fingerprint(flat, LIMITS, Speaking(b"oh\n")).bytes_only == "damaged"


def test_a_header_that_lies_is_unreadable():
    """Size claimed and size found must agree."""
    data = jpeg()
    at = data.index(b"\xff\xc0") + 5
    for wrong in (b"\0\x10\0\x10", b"\x02\0\x02\0"):
        assert not vouches(data[:at] + wrong + data[at + 4 :])
    assert isinstance(seen(jpeg_header(100, 100)), Unreadable)


@pytest.mark.parametrize("size", [(299, 200), (600, 400), (200, 299)])
def test_pixels_that_are_not_those_of_the_header_are_unreadable(size):
    """Our parser and the decoder may not see two different pictures in one file."""
    opened = open_header(memoryview(sample("png")), LIMITS)
    assert not isinstance(opened, Unreadable)
    wrong = replace(opened, width_px=size[0], height_px=size[1])
    found = decode(memoryview(sample("png")), wrong, Mode.GREY, Speaking(b""))
    assert isinstance(found, Unreadable)
    assert found.reason == "damaged"


@pytest.mark.parametrize("at", [0, (1 << 20) - 4095, (1 << 20) - 1, 1 << 20, 2_900_000])
def test_a_hole_is_found_wherever_it_lies(at):
    """Also across the borders of the pieces in which it is looked for; one byte less is none."""
    data = bytearray(b"\x55" * 3_000_000)
    data[at : at + 4095] = bytes(4095)
    header = Header(10, 10, (0, len(data)))
    assert find_damage(header, memoryview(data)) == ""
    data[at : at + 4096] = bytes(4096)
    assert "hole" in find_damage(header, memoryview(data))


def test_a_png_whose_checksums_fit_but_whose_data_end_early_is_unreadable():
    """The rows that are missing are missed."""
    data = sample("png")
    length = int.from_bytes(data[33:37], "big")
    cut_chunk = png_chunk(b"IDAT", data[41 : 41 + length // 2])
    assert isinstance(seen(data[:33] + cut_chunk + png_chunk(b"IEND", b"")), Unreadable)


def half_black(rows: slice) -> np.ndarray:
    picture = cv2.resize(photo("coffee.png"), (2000, 1400), interpolation=cv2.INTER_AREA)
    picture[rows] = 0
    return picture


TABLES = {
    "standard": (),
    "optimised": (cv2.IMWRITE_JPEG_OPTIMIZE, 1),
    "progressive": (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "not subsampled": (
        cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111),
}  # fmt: skip


@pytest.mark.parametrize("options", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("quality", [50, 90, 95])
@pytest.mark.parametrize("rows", [slice(700, None), slice(500), slice(300, 1000)])
def test_a_large_black_area_is_no_damage(options, quality, rows):
    """Optimised tables code it as thousands of zero bytes, and that is in order."""
    data = encoded(half_black(rows), ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality, *options)
    assert seen_well(data).bytes_only == ""


@pytest.mark.parametrize("options", TABLES.values(), ids=TABLES)
def test_a_hole_beside_a_large_black_area_is_damage(options):
    """Where zeros may be in order, the codec misses the data that they replaced."""
    data = encoded(half_black(slice(900, None)), ".jpg", *options)
    for at in range(8192, len(data) // 2, len(data) // 16):
        assert not vouches(data[:at] + bytes(4096) + data[at + 4096 :]), at


def test_the_zeros_of_a_flat_area_need_a_flat_area():
    """In a picture that has none they are a hole."""
    grey = np.asarray(cv2.cvtColor(small_photo(800, 800), cv2.COLOR_BGR2GRAY), np.uint8)
    data = memoryview(b"\x55" * 5000 + bytes(4096) + b"\x55" * 5000)
    header = Header(800, 800, (0, len(data)), zero_run_spans=(), flat_spans=((0, len(data)),))
    assert "hole" in find_damage(header, data, grey)
    assert "hole" in find_damage(header, data)
    grey[:400] = 7
    assert find_damage(header, data, grey) == ""
    assert find_damage(header, data, np.ascontiguousarray(grey.T)) == ""


def test_a_png_whose_checksum_is_wrong_never_vouches():
    """One flipped bit anywhere in what decides the picture."""
    data = sample("png")
    for at in (20, 60, len(data) // 2, len(data) - 20):
        broken = bytearray(data)
        broken[at] ^= 4
        assert not vouches(bytes(broken))
