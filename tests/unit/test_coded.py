"""The digest of the coded picture: metadata may change, nothing that is seen may."""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
import pytest
from tests.unit.container_samples import (
    FILM,
    STEREO,
    iptc,
    multi_picture,
    profile,
    resources,
    webp_file,
    with_profile,
    with_segment,
    with_xmp,
    xmp,
)
from tests.unit.picture_samples import (
    encoded,
    exif,
    jpeg,
    png_chunk,
    sample,
    seen_well,
    small_photo,
    with_exif,
    with_png_chunk,
)

from dedupd.pictures.opencv import cv2

PNG = sample("png")


def coded(data: bytes) -> bytes:
    return seen_well(data).coded


def without_jfif(data: bytes) -> bytes:
    at = data.index(b"\xff\xe0")
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def with_split_data(png: bytes) -> bytes:
    """Return a PNG whose data chunk is two."""
    at = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[at - 4 : at])
    body = png[at + 4 : at + 4 + length]
    chunks = png_chunk(b"IDAT", body[:1000]) + png_chunk(b"IDAT", body[1000:])
    return png[: at - 4] + chunks + png[at + 8 + length :]


SAME = {
    "jpeg exif": (jpeg(), with_exif(jpeg(), exif(1, "2021:07:08 09:10:11"))),
    "jpeg xmp": (jpeg(), with_xmp(jpeg(), xmp('xmp:Rating="5"'))),
    "jpeg iptc": (jpeg(), with_segment(jpeg(), 0xED, b"Photoshop 3.0\0" + resources(iptc("", "")))),
    "jpeg comment": (jpeg(), with_segment(jpeg(), 0xFE, b"holiday")),
    "jpeg without its JFIF segment": (jpeg(), without_jfif(jpeg())),
    "jpeg padding": (jpeg(), jpeg() + bytes(4000) + b"camera 1"),
    "png text": (PNG, with_png_chunk(PNG, b"tEXt", b"Title\0holiday")),
    "png exif": (PNG, with_png_chunk(PNG, b"eXIf", exif(1, "2021:07:08 09:10:11"))),
    "png time": (PNG, with_png_chunk(PNG, b"tIME", bytes(7))),
    "png data in two chunks": (PNG, with_split_data(PNG)),
    "png profile compressed otherwise": (
        with_profile(PNG, profile()),
        with_png_chunk(PNG, b"iCCP", b"other\0\0" + zlib.compress(profile(), 1)),
    ),
    "webp exif": (webp_file(), webp_file(exif=b"Exif\0\0" + exif(1, "2021:07:08 09:10:11"))),
    "webp xmp": (webp_file(), webp_file(xmp=xmp('xmp:Rating="5"'))),
}
OTHER = {
    "jpeg quality": (jpeg(), jpeg(quality=87)),
    "jpeg progressive": (jpeg(), jpeg(progressive=True)),
    "jpeg orientation": (jpeg(), with_exif(jpeg(), exif(3))),
    "jpeg profile": (jpeg(), with_profile(jpeg(), profile())),
    "jpeg broken profile": (jpeg(), with_profile(jpeg(), b"x" * 300)),
    "jpeg colours": (without_jfif(jpeg()), with_segment(
        without_jfif(jpeg()), 0xEE, b"Adobe\0\x64\0\0\0\0\0")),
    "jpeg film": (jpeg(), jpeg() + FILM),
    "jpeg another film": (jpeg() + FILM[::-1], jpeg() + FILM),
    "jpeg of an unknown segment": (jpeg(), with_segment(jpeg(), 0xEB, b"JP of high range")),
    "png gamma": (PNG, with_png_chunk(PNG, b"gAMA", struct.pack(">I", 100_000))),
    "png profile": (PNG, with_profile(PNG, profile())),
    "png orientation": (PNG, with_png_chunk(PNG, b"eXIf", exif(6))),
    "png transparency": (PNG, with_png_chunk(PNG, b"tRNS", bytes(6))),
    "png compressed otherwise": (
        PNG, encoded(small_photo(), ".png", cv2.IMWRITE_PNG_COMPRESSION, 9)),
    "png film": (PNG, PNG + FILM),
    "webp orientation": (webp_file(), webp_file(exif=b"Exif\0\0" + exif(8))),
    "webp profile": (webp_file(), webp_file(icc_profile=profile())),
    "webp film": (webp_file(), webp_file() + FILM),
    "two formats": (PNG, jpeg()),
}  # fmt: skip


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_metadata_is_no_part_of_the_coded_picture(pair):
    """The files differ, the coded picture doesn't."""
    assert pair[0] != pair[1]
    assert coded(pair[0]) == coded(pair[1]) != b""


@pytest.mark.parametrize("pair", OTHER.values(), ids=OTHER)
def test_everything_that_decides_the_look_is_part_of_it(pair):
    """And so is content that follows the picture."""
    first, second = (coded(one) for one in pair)
    assert first
    assert second
    assert first != second


@pytest.mark.parametrize("content_type", ["gif", "bmp", "tiff", "jp2"])
def test_formats_that_give_it_not_cheaply_give_none(content_type):
    """Two empty digests are no evidence."""
    assert coded(sample(content_type)) == b""


def test_damaged_files_and_those_of_several_pictures_have_none():
    """Only their bytes speak for them."""
    data = jpeg(progressive=True)
    last_scan_at = data.rindex(b"\xff\xda")
    tables_at = data.rindex(b"\xff\xc4", 0, last_scan_at)
    broken = seen_well(data[:tables_at] + b"\xff\xd9")
    assert (broken.bytes_only, broken.coded) == ("damaged", b"")
    stereo = seen_well(multi_picture(STEREO, jpeg(255 - small_photo())))
    assert (stereo.bytes_only, stereo.coded) == ("frames", b"")


@pytest.mark.parametrize("quality", [30, 50, 75, 95])
def test_the_coding_error_of_a_jpeg_comes_from_its_luma_table(quality):
    """No picture loses more than the table lets it, and a good part of that on a busy one."""
    data = jpeg(quality=quality)
    told = seen_well(data).coding_error
    pair = [
        cv2.cvtColor(one, cv2.COLOR_BGR2GRAY).astype(float)
        for one in (small_photo(), cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
    ]
    made = math.sqrt(((pair[0] - pair[1]) ** 2).mean())
    assert made <= told + 1.5  # chroma and rounding to 8 bits come on top


@pytest.mark.parametrize(
    ("content_type", "error"),
    [("png", 0.29), ("bmp", 0.29), ("gif", 0.29), ("tiff", 0.29), ("webp", 0.29), ("jp2", -1.0)],
)
def test_the_coding_error_of_other_formats(content_type, error):
    """Rounding to 8 bits where it is lossless, unknown where nobody can tell."""
    assert seen_well(sample(content_type)).coding_error == error


def test_a_lossy_webp_has_an_unknown_coding_error():
    """Its tables change from block to block."""
    assert seen_well(webp_file()).coding_error == -1.0
