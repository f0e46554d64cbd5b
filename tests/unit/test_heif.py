"""HEIC: its main picture upright once, what else is in the file, and damage no decoder reports."""

from __future__ import annotations

import io
import random
import struct
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from tests.unit.heif_samples import (
    coded_span,
    exif_of_orientation,
    heic,
    sample_heic,
    with_exif_orientation,
    written,
)
from tests.unit.picture_samples import (
    Picture,
    cuts,
    exif,
    photo,
    seen,
    seen_well,
    small_photo,
    vouches,
    with_alpha,
)

from dedupd.model import Fingerprint, Unreadable
from dedupd.pictures.decoders import DECODERS
from dedupd.pictures.formats import hevc, nclx, read_header
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits
from dedupd.pictures.opencv import cv2
from dedupd.pictures.sniff import sniff

XMP = b'<rdf:Description exif:DateTimeOriginal="2026-11-22T09:30:00.5" xmlns:exif="x"/>'


def header(data: bytes) -> Header:
    found = read_header(sniff(data[:4096]), memoryview(data), Limits())
    assert isinstance(found, Header), found
    return found


def decoded(data: bytes, grey: bool = False) -> Picture:
    return DECODERS["heic"](memoryview(data), header(data), grey)


@cache
def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def luma_cells(picture: Picture) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA).astype(np.int16)


def stored(orientation: int, upright: Picture) -> Picture:
    """Return the picture as a camera stores it that is shown upright by this orientation."""
    turns = {1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3}
    turned = np.rot90(upright, turns[orientation])
    return np.ascontiguousarray(turned[:, ::-1] if orientation in (2, 4, 5, 7) else turned)


@pytest.mark.parametrize("tile_px", [0, 128], ids=["one", "grid"])
def test_a_heic_is_seen_whole(tile_px):
    """One picture or tiles: size, format, and nothing stands against a match."""
    found = seen_well(sample_heic(tile_px))
    assert (found.width_px, found.height_px, found.format) == (300, 200, "heic")
    assert (found.bytes_only, found.note, found.coding_error) == ("", "", -1.0)
    assert len(found.coded) == 32


@pytest.mark.parametrize("size_px", [(301, 199), (65, 64), (17, 33)])
def test_odd_sizes_are_cut_to_size(size_px):
    """The coded picture is larger by a column or row, which a property takes away."""
    data = heic(cv2.resize(small_photo(), size_px))
    assert header(data).upright_size == size_px
    assert decoded(data).shape[:2] == size_px[::-1]


@pytest.mark.parametrize("tile_px", [0, 128], ids=["one", "grid"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright_once(orientation, tile_px):
    """`irot` and `imir` turn it; that the EXIF block says so too changes nothing."""
    kept = stored(orientation, small_photo())
    data = heic(kept, exif=exif_of_orientation(orientation), tile_size=tile_px)
    assert header(data).orientation == orientation
    assert header(data).upright_size == (300, 200)
    assert np.abs(luma_cells(decoded(data)) - luma_cells(small_photo())).max() <= 4


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_orientation_alone_turns_nothing(orientation):
    """Readers differ here; HEIF says that only its own properties count."""
    plain = heic(exif=exif_of_orientation(1))
    data = with_exif_orientation(plain, orientation)
    assert data != plain
    assert header(data).orientation == 1
    assert np.array_equal(decoded(data), decoded(plain))


@pytest.mark.parametrize("quarters", range(4))
def test_irot_counts_quarter_turns_to_the_left(quarters):
    """The property alone decides: here it is changed in a file whose EXIF block is not."""
    data = heic(exif=exif_of_orientation(6))
    at = data.index(b"irot") + 4
    turned = data[:at] + bytes([quarters]) + data[at + 1 :]
    wanted = np.rot90(decoded(heic()), quarters)
    assert np.array_equal(decoded(turned), wanted)
    assert header(turned).upright_size == (wanted.shape[1], wanted.shape[0])


def test_alpha_is_handed_out():
    """With colour; grey does without."""
    data = heic(with_alpha(small_photo()))
    assert header(data).alpha
    assert decoded(data).shape == (200, 300, 4)
    assert decoded(data)[:40, :40, 3].max() <= 104
    assert decoded(data, grey=True).shape == (200, 300)
    assert seen_well(data).bytes_only == "transparent"
    assert seen_well(heic(with_alpha(small_photo(), hole=255))).bytes_only == ""


def test_a_grey_heic_is_read():
    """Grey in, three equal channels out."""
    data = heic(cv2.cvtColor(small_photo(), cv2.COLOR_BGR2GRAY))
    assert decoded(data, grey=True).shape == (200, 300)
    assert decoded(data).shape == (200, 300, 3)
    assert not seen_well(data).bytes_only


def test_a_thumbnail_is_no_frame():
    """It is the same picture, smaller."""
    data = written([photo("chelsea.png")], thumbnails=[128])
    assert b"thmb" in data
    assert header(data).frames == 1


def test_another_picture_is_a_frame():
    """A collection, or the two views of a stereo picture; a hidden one is a part of something."""
    several = written([small_photo(), np.ascontiguousarray(small_photo()[:, ::-1])])
    assert header(several).frames == 2
    assert seen_well(several).bytes_only == "frames"
    first, second = (several.index(b"infe"), several.rindex(b"infe"))
    assert first != second
    hidden = several[: second + 7] + b"\1" + several[second + 8 :]
    assert header(hidden).frames == 1


def test_a_depth_or_gain_map_is_no_frame():
    """An auxiliary picture that isn't transparency is neither alpha nor a frame."""
    data = heic(with_alpha(small_photo()))
    kind = b"urn:mpeg:hevc:2015:auxid:1"
    assert kind in data
    depth = data.replace(kind, kind[:-1] + b"2")
    assert (header(depth).alpha, header(depth).frames) == (False, 1)


def test_a_film_in_the_file_makes_frames():
    """A sequence has a `moov` box."""
    data = sample_heic() + struct.pack(">I4s", 16, b"moov") + bytes(8)
    assert header(data).frames == 2


def test_a_film_behind_it_trails():
    """A motion photo: the picture is as it was, and what follows is content."""
    data = (
        sample_heic() + struct.pack(">I4s", 1032, b"mpvd") + b"\0\0\0\x18ftypisom" * 85 + bytes(4)
    )
    assert header(data).trailing == "a film follows the picture in its file"
    assert header(data).coded != header(sample_heic()).coded
    assert seen_well(data).bytes_only == "trailing"
    assert header(sample_heic() + bytes(5000)).trailing == ""


def test_the_capture_time_is_read():
    """From EXIF with its sub-seconds, else from XMP."""
    block = b"Exif\0\0" + exif(1, "2026:11:22 09:30:00", "42")
    assert header(heic(exif=block)).taken_at == "2026:11:22 09:30:00.42"
    assert header(heic(xmp=XMP)).taken_at == "2026:11:22 09:30:00.5"
    assert header(sample_heic()).taken_at == ""


def test_the_coded_digest_leaves_out_metadata_only():
    """Equal with another EXIF block or XMP; different where anything shows."""
    plain = header(sample_heic()).coded
    assert header(heic(xmp=XMP)).coded == plain
    assert header(heic(exif=b"Exif\0\0" + exif(1, "2026:11:22 09:30:00"))).coded == plain
    others = [
        heic(quality=70),
        heic(np.ascontiguousarray(small_photo()[:, ::-1])),
        heic(exif=exif_of_orientation(3)),
        heic(exif=exif_of_orientation(6)),
        heic(with_alpha(small_photo())),
        heic(icc=srgb_profile()),
        sample_heic(128),
    ]
    digests = {plain, *(header(data).coded for data in others)}
    assert len(digests) == 1 + len(others)
    assert b"" not in digests


def test_an_icc_profile_is_handed_out():
    """As it is in the file."""
    assert header(heic(icc=srgb_profile())).icc == srgb_profile()
    assert header(sample_heic()).icc == b""


def with_code_points(primaries: int, transfer: int) -> bytes:
    data = sample_heic()
    at = data.index(b"nclx") + 4
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def test_code_points_stand_for_a_profile():
    """Display P3 written as three numbers is Display P3; sRGB needs no profile."""
    icc = header(with_code_points(12, 13)).icc
    profile = ImageCms.getOpenProfile(io.BytesIO(icc))
    to_srgb = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    # The red of sRGB as Display P3 has it, and a grey, which stays.
    p3 = Image.fromarray(np.array([[[234, 51, 35], [128, 128, 128]]], np.uint8))
    assert np.abs(np.asarray(ImageCms.applyTransform(p3, to_srgb)).astype(int)
                  - [[[255, 0, 0], [128, 128, 128]]]).max() <= 3  # fmt: skip
    assert header(with_code_points(1, 13)).icc == b""
    assert nclx.profile(99, 13) == b""


def test_high_dynamic_range_is_noted():
    """No profile of ours expresses its tone curve."""
    assert "dynamic range" in header(with_code_points(9, 16)).note


def test_other_coding_is_unsupported():
    """A HEIF file may hold JPEG or AVC; the reason names it."""
    data = sample_heic()
    at = data.index(b"hvc1")
    found = seen(data[:at] + b"avc1" + data[at + 4 :])
    assert isinstance(found, Unreadable)
    assert found.reason == "unsupported"
    assert "avc1" in found.detail


def test_a_cut_file_is_unreadable():
    """At 5 to 99 percent, also in the middle of the last tile."""
    parts = [*cuts(sample_heic()), *cuts(sample_heic(128))]
    accepted = sum(isinstance(seen(part), Fingerprint) for part in parts)
    print(f"HEIC cut at 5..99 %: {accepted} of {len(parts)} accepted")
    assert accepted == 0


def test_a_cut_file_without_a_size_is_unreadable():
    """Where the last box reaches to the end of the file, only the items know what is missing."""
    data = sample_heic(128)
    at = data.rindex(b"mdat") - 4
    open_ended = data[:at] + bytes(4) + data[at + 4 :]
    assert vouches(open_ended)
    assert {found.reason for found in map(seen, cuts(open_ended))} == {"truncated"}


@pytest.mark.parametrize(
    ("coded", "found"),
    [
        (b"\0\0\0\4\x26\1\2\3", ""),
        (b"\0\0\0\4\x26\1\0\1\0\0\0\4\x26\1\2\3", ""),
        (b"\0\0\0\5\x26\1\2\3", "broken"),
        (b"\0\0\0\4\x26\1\2\3\0\0", "broken"),
        (b"\0\0\0\4\xa6\1\2\3", "broken"),
        (b"\0\0\0\6\x26\1\0\0\0\3", "hole"),
        (b"\0\0\0\4\x26\1\2\0", "hole"),
        (b"\0\0\0\4\x40\1\2\3", "no coded picture"),
        (b"", "no coded picture"),
    ],
)
def test_the_units_of_hevc_follow_each_other(coded, found):
    """Each behind its length, none with three zeros in a row, one of them a picture."""
    said = hevc.find_break(memoryview(coded), size_bytes=4)
    assert found in said
    assert bool(found) == bool(said)


@pytest.mark.parametrize("tile_px", [0, 128], ids=["one", "grid"])
def test_zero_holes_and_tails_vouch_for_nothing(tile_px):
    """From three bytes on; libheif decodes every one of them without a word."""
    data = sample_heic(tile_px)
    start, end = coded_span(data)
    places = [start + (end - start) * percent // 100 for percent in range(1, 100, 7)]
    holed = [
        data[:at] + bytes(length) + data[at + length :]
        for at in places
        for length in (3, 16, 512)
        if at + length < end
    ]
    tailed = [data[:at] + bytes(end - at) for at in places]
    accepted = sum(vouches(one) for one in holed), sum(vouches(one) for one in tailed)
    print(f"HEIC holes: {accepted[0]} of {len(holed)}, tails: {accepted[1]} of {len(tailed)}")
    assert accepted == (0, 0)


def test_what_flips_and_foreign_blocks_do():
    """No reader sees a flipped bit, nor a block of the same length from elsewhere; we see a splice.

    Their pictures look different from there on, and so do their digests.
    """
    data, other = sample_heic(), heic(np.ascontiguousarray(small_photo()[:, ::-1]))
    start, end = coded_span(data)
    dice = random.Random(1)
    flipped = []
    for _ in range(40):
        at = dice.randrange(start + 8, end)
        flipped.append(data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :])
    accepted = sum(vouches(one) for one in flipped)
    foreign = data[: start + 3000] + other[start + 3000 : start + 6000] + data[start + 6000 :]
    print(f"HEIC flips accepted: {accepted} of 40; a block of another file: {vouches(foreign)}")
    digests = {header(one).coded for one in (data, *flipped)}
    assert len(digests - {b""}) >= accepted + 1
    spliced = data[: start + 3000] + other[start + 5000 :]
    assert not vouches(spliced)


def test_sound_pictures_are_no_damage():
    """Also flat, noisy and lossless ones: zeros are hidden by the coding, not by luck."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    flat = np.zeros((400, 600, 3), np.uint8)
    for picture in (noise, flat, 255 - flat, photo("coffee.png")):
        for quality in (10, 90, -1):
            assert header(heic(picture, quality)).damage == ""


def test_items_on_top_of_each_other_are_refused():
    """So that a small file can't ask for endless reading."""
    data = sample_heic(128)
    at = data.index(b"iloc") + 8
    assert data[at : at + 2] == b"\x44\x40"
    endless = data[: at + 2] + b"\xff\xff" + data[at + 4 :]
    found = read_header("heic", memoryview(endless), Limits())
    assert isinstance(found, Unreadable)


@settings(max_examples=150)
@given(
    at=st.integers(0, 900),
    rubbish=st.binary(min_size=1, max_size=40),
    tile_px=st.sampled_from([0, 128]),
)
def test_a_broken_header_has_an_answer(at, rubbish, tile_px):
    """Rubbish anywhere in the boxes gives a header or a reason, never an exception."""
    data = bytearray(sample_heic(tile_px))
    data[at : at + len(rubbish)] = rubbish
    assert isinstance(read_header("heic", memoryview(data), Limits()), Header | Unreadable)
