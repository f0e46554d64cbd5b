"""When a picture was taken: from EXIF, else from XMP, else from IPTC, in every container."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from tests.unit.container_samples import (
    iptc,
    resources,
    webp_file,
    with_segment,
    with_xmp,
    xmp,
)
from tests.unit.picture_samples import (
    exif,
    jpeg,
    sample,
    seen_well,
    small_photo,
    with_exif,
    with_png_chunk,
)

DAY, TIME = "20210708", "091011"
EXPECTED = "2021:07:08 09:10:11"
PHOTOSHOP = b"Photoshop 3.0\0"


def taken_at(data: bytes) -> str:
    return seen_well(data).taken_at


def tiff_with(tags: dict[int, object]) -> bytes:
    data = io.BytesIO()
    Image.fromarray(small_photo()[:, :, ::-1]).save(data, "TIFF", tiffinfo=tags)
    return data.getvalue()


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
        ("samsung", "SM-G991B", "samsung SM-G991B"),
        ("", "iPhone 4", "iPhone 4"),
        ("Apple", "", "Apple"),
        ("", "", ""),
    ],
)
def test_the_camera_is_its_make_and_its_model(make, model, expected):
    """Once each: most models begin with the make."""
    written = Image.Exif()
    written.update({0x010F: make, 0x0110: model})
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
        data = io.BytesIO()
        Image.fromarray(small_photo()[:, :, ::-1]).save(data, kind, exif=written)
        assert seen_well(data.getvalue()).camera == expected


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (xmp('exif:DateTimeOriginal="2021-07-08T09:10:11.25+02:00"'), EXPECTED + ".25"),
        (xmp('photoshop:DateCreated="2021-07-08T09:10:11Z"'), EXPECTED),
        (xmp("xmp:CreateDate='2021-07-08T09:10'"), "2021:07:08 09:10:00"),
        (xmp("", "<xmp:CreateDate>2021-07-08T09:10:11</xmp:CreateDate>"), EXPECTED),
        (
            xmp('xmp:CreateDate="2022-01-01T00:00:00" exif:DateTimeOriginal="2021-07-08T09:10:11"'),
            EXPECTED,
        ),
        (xmp('exif:DateTimeOriginal="0000-00-00T00:00:00"'), ""),
        (xmp('exif:DateTimeOriginal="2021-07-08"'), ""),
        (xmp('xmp:ModifyDate="2021-07-08T09:10:11"'), ""),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + xmp('xmp:CreateDate="&a;"'), ""),
        (b"\xff" * 3000, ""),
    ],
)
def test_xmp_says_when(packet, expected):
    """As attribute or element; the zone is dropped, a day alone or a date of change is no time."""
    assert taken_at(with_xmp(jpeg(), packet)) == expected


def test_xmp_is_read_to_a_limit():
    """What stands behind 256 KiB isn't looked for."""
    far = b" " * (1 << 18) + xmp('xmp:CreateDate="2021-07-08T09:10:11"')
    assert (
        taken_at(with_png_chunk(sample("png"), b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + far)) == ""
    )


def test_iptc_says_when():
    """Date and time created, the zone dropped; one of them alone is none."""
    for time in (TIME, TIME + "+0200"):
        block = PHOTOSHOP + resources(iptc(DAY, time))
        assert taken_at(with_segment(jpeg(), 0xED, block)) == EXPECTED
    for records in (iptc(DAY, ""), iptc("00000000", TIME), iptc("", TIME), b"\x1c\x02\x37"):
        assert taken_at(with_segment(jpeg(), 0xED, PHOTOSHOP + resources(records))) == ""


def test_exif_is_believed_before_xmp_and_xmp_before_iptc():
    """The first that says a time wins."""
    data = with_segment(jpeg(), 0xED, PHOTOSHOP + resources(iptc("20230101", TIME)))
    assert taken_at(data).startswith("2023")
    data = with_xmp(data, xmp('xmp:CreateDate="2022-01-01T00:00:00"'))
    assert taken_at(data).startswith("2022")
    assert taken_at(with_exif(data, exif(1, EXPECTED))) == EXPECTED
    assert taken_at(with_exif(data, exif(1, "0000:00:00 00:00:00"))).startswith("2022")


def test_the_time_of_digitizing_stands_in():
    """With its own sub-seconds, where there is no original time."""
    block = exif(1, EXPECTED, "25").replace(struct.pack("<H", 0x9003), struct.pack("<H", 0x9004))
    block = block.replace(struct.pack("<H", 0x9291), struct.pack("<H", 0x9292))
    assert taken_at(with_exif(jpeg(), block)) == EXPECTED + ".25"


def test_png_says_when():
    """In its EXIF chunk, or in a text chunk of XMP, compressed or not."""
    packet, key = xmp('xmp:CreateDate="2021-07-08T09:10:11"'), b"XML:com.adobe.xmp\0"
    for name, body in (
        (b"eXIf", exif(1, EXPECTED)),
        (b"iTXt", key + b"\0\0\0\0" + packet),
        (b"iTXt", key + b"\0\0en\0word\0" + packet),
        (b"iTXt", key + b"\x01\0\0\0" + zlib.compress(packet)),
    ):
        assert taken_at(with_png_chunk(sample("png"), name, body)) == EXPECTED
    assert taken_at(with_png_chunk(sample("png"), b"iTXt", key + b"\x01\0\0\0rubbish")) == ""
    assert taken_at(with_png_chunk(sample("png"), b"iTXt", key)) == ""


def test_webp_says_when():
    """In its EXIF or XMP chunk."""
    assert taken_at(webp_file(exif=b"Exif\0\0" + exif(1, EXPECTED))) == EXPECTED
    assert taken_at(webp_file(xmp=xmp('xmp:CreateDate="2021-07-08T09:10:11"'))) == EXPECTED


def test_tiff_says_when():
    """In tags of its own: XMP, IPTC, or Photoshop's resources."""
    assert taken_at(tiff_with({700: xmp('xmp:CreateDate="2021-07-08T09:10:11"')})) == EXPECTED
    assert taken_at(tiff_with({33723: iptc(DAY, TIME)})) == EXPECTED
    assert taken_at(tiff_with({34377: resources(iptc(DAY, TIME))})) == EXPECTED
