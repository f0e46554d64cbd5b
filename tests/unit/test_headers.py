"""Headers, read by our own parsers before anything is decoded."""

from __future__ import annotations

import struct
import tracemalloc

import numpy as np
import pytest
from tests.unit.picture_samples import (
    JPEG_END,
    encoded,
    exif,
    jpeg,
    jpeg_header,
    png_header,
    sample,
    small_photo,
    tiff_file,
    with_alpha,
    with_exif,
    with_png_chunk,
)

from dedupd.model import Unreadable
from dedupd.pictures.formats import read_header
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits
from dedupd.pictures.opencv import cv2
from dedupd.pictures.sniff import sniff


def header_of(data: bytes, pixels: int = Limits().pixels) -> Header | Unreadable:
    return read_header(sniff(data[:4096]), memoryview(data), Limits(pixels))


def good(data: bytes) -> Header:
    header = header_of(data)
    assert isinstance(header, Header), header
    return header


def reason(data: bytes, pixels: int = Limits().pixels) -> str:
    header = header_of(data, pixels)
    assert isinstance(header, Unreadable), header
    assert header.detail
    return header.reason


def bmp_header(width_px: int, height_px: int) -> bytes:
    return b"BM" + struct.pack("<IIIIiiHHIIiiII", 0, 0, 54, 40, width_px, height_px, 1, 24, 0, 0,
                               0, 0, 0, 0)  # fmt: skip


def gif_header(width_px: int, height_px: int, frames: int = 1) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width_px, height_px, 0, 0, 0)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return screen + frame * frames + b"\x3b"


def webp_header(width_px: int, height_px: int, flags: int = 0) -> bytes:
    canvas = (width_px - 1).to_bytes(3, "little") + (height_px - 1).to_bytes(3, "little")
    chunks = (
        b"VP8X"
        + struct.pack("<II", 10, flags)
        + canvas
        + b"VP8 "
        + struct.pack("<I", 10)
        + bytes(10)
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def tiff_entry(tag: int, value: int, type_: int = 4) -> tuple[int, int, int, bytes]:
    return tag, type_, 1, struct.pack("<I", value)


def tiff_header(width_px: int, height_px: int, *more: tuple[int, int], next_at: int = 0) -> bytes:
    known = [(256, width_px), (257, height_px), (273, 0), (279, 8), *more]
    return tiff_file([tiff_entry(*entry) for entry in sorted(known)], next_at=next_at)


def jp2_header(width_px: int, height_px: int) -> bytes:
    size = struct.pack(">HIIIIIIIIH", 0, width_px, height_px, 0, 0, 1, 1, 0, 0, 3)
    return b"\xff\x4f\xff\x51" + struct.pack(">H", len(size) + 2) + size + b"\xff\xd9"


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def avif_header(width_px: int, height_px: int) -> bytes:
    size = struct.pack(">II", 300, 200)
    return sample("avif").replace(size, struct.pack(">II", width_px, height_px))


BOMBS = {
    "jpeg": jpeg_header(65_500, 65_500),
    "progressive jpeg": jpeg_header(65_500, 65_500, frame=0xC2),
    "png": png_header(65_500, 65_500),
    "gif": gif_header(65_500, 65_500),
    "webp": webp_header(1 << 24, 1 << 24),
    "tiff": tiff_header(65_500, 65_500),
    "jp2": jp2_header(1 << 31, 1 << 31),
    "avif": avif_header(1 << 31, 1 << 31),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_pixel_bomb_is_refused_without_memory(name):
    """A header that claims gigapixels is believed, and refused, for a few bytes of memory."""
    tracemalloc.start()
    try:
        assert reason(BOMBS[name]) == "too-large"
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def test_the_limit_is_the_largest_size_that_passes():
    """300 x 200 pixels pass a limit of 60,000 and fail one of 59,999."""
    data = sample("jpeg")
    assert isinstance(header_of(data, pixels=60_000), Header)
    assert reason(data, pixels=59_999) == "too-large"


@pytest.mark.parametrize(
    "data",
    [
        jpeg_header(0, 100),
        png_header(100, 0),
        gif_header(0, 0),
        bmp_header(-5, 5),
        tiff_header(0, 9),
        jp2_header(0, 4),
    ],
)
def test_a_size_of_nothing_is_damage(data):
    """No picture has a side without pixels."""
    assert reason(data) == "damaged"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"Dear diary", "not-a-picture"),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp41mp42", "unsupported"),
        (b"8BPS\0\x01", "unsupported"),
        (jpeg_header(100, 100, precision_bits=12), "unsupported"),
        (tiff_header(100, 100, (50706, 0x0104)), "unsupported"),
        (tiff_header(100, 100, (262, 32803)), "unsupported"),
        (tiff_header(160, 120, (254, 1)), "unsupported"),
        (b"II+\0\x08\0\0\0" + bytes(30), "unsupported"),
        (b"\xff\xd8\xff\xe0", "truncated"),
        (b"\xff\xd8" + JPEG_END, "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"GIF89a", "truncated"),
        (b"BM" + bytes(12) + b"\x28\0\0\0", "truncated"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_says_why(data, why):
    """Formats that can't be decoded and files that can't be right have a reason in words."""
    assert reason(data) == why


def test_a_camera_raw_never_passes_for_its_thumbnail():
    """A TIFF with sub-directories (NEF, ARW) is known to hold more than its first picture."""
    assert good(tiff_header(160, 120, (330, 8))).frames > 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_is_read_in_both_byte_orders(orientation, order):
    """Orientations 5 to 8 swap the sides; the capture time has its sub-seconds behind a dot."""
    block = exif(orientation, "2021:07:08 09:10:11", "042", order)
    for data in (with_exif(jpeg(), block), with_png_chunk(sample("png"), b"eXIf", block)):
        header = good(data)
        assert header.orientation == orientation
        assert header.taken_at == "2021:07:08 09:10:11.042"


@pytest.mark.parametrize(
    ("time", "fraction", "expected"),
    [
        ("2021:07:08 09:10:11", "", "2021:07:08 09:10:11"),
        ("2021:07:08 09:10:11", "x", "2021:07:08 09:10:11"),
        ("0000:00:00 00:00:00", "1", ""),
        ("    :  :     :  :  ", "1", ""),
        ("2021\n7:08 09:10:11", "1", ""),
    ],
)
def test_only_a_time_is_a_time(time, fraction, expected):
    """Cameras without a clock write blanks or zeros; broken files write anything."""
    assert good(with_exif(jpeg(), exif(1, time, fraction))).taken_at == expected


@pytest.mark.parametrize("block", [b"", b"II", b"II*\0\xff\xff\xff\xff", b"\0" * 40, exif()[:-6]])
def test_broken_exif_is_no_exif(block):
    """The picture is as good as it was."""
    header = good(with_exif(jpeg(), block))
    assert (header.orientation, header.taken_at) == (1, "")


def test_a_jpeg_ends_at_its_end_marker_whatever_follows():
    """A motion photo's film, or another JPEG, behind the picture isn't part of it."""
    data = jpeg()
    for more in (b"", b"film" * 1000, bytes(10_000), data, data[: len(data) // 2]):
        assert good(data + more).data[1] == len(data)


def test_a_jpeg_cut_inside_a_thumbnail_s_shadow_is_truncated():
    """The end marker of an embedded or following JPEG isn't the picture's own."""
    data = jpeg()
    assert reason(data[: len(data) // 2] + data) == "truncated"


def test_a_progressive_jpeg_without_its_last_scans_is_damaged():
    """Cut between two scans and ended properly, it decodes without a warning: coarser."""
    data = jpeg(progressive=True)
    assert good(data).damage == ""
    last_scan_at = data.rindex(b"\xff\xda")
    tables_at = data.rindex(b"\xff\xc4", 0, last_scan_at)
    assert good(data[:tables_at] + JPEG_END).damage


@pytest.mark.parametrize("suffix", [".png", ".webp", ".avif", ".tiff", ".jp2", ".bmp"])
def test_alpha_is_seen(suffix):
    """A header says whether pixels may be transparent, so that only then both are decoded."""
    assert good(encoded(with_alpha(small_photo()), suffix)).alpha
    assert not good(encoded(small_photo(), suffix)).alpha


def test_png_palette_transparency_is_seen():
    """A `tRNS` chunk makes colours transparent without an alpha channel."""
    assert good(with_png_chunk(sample("png"), b"tRNS", bytes(6))).alpha


@pytest.mark.parametrize(
    "data",
    [
        gif_header(10, 10, frames=2),
        with_png_chunk(sample("png"), b"acTL", struct.pack(">II", 3, 0)),
        tiff_header(10, 10, next_at=8),
        sample("avif") + box(b"moov", b""),
        webp_header(10, 10, flags=0x02),
    ],
    ids=["gif", "apng", "tiff", "avif", "webp"],
)
def test_more_than_one_picture_is_seen(data):
    """Only the first would be decoded, so the file must be known to hold more."""
    assert good(data).frames > 1


def test_an_apng_of_one_frame_is_one_picture():
    """What doesn't move isn't animated, whatever chunk it has."""
    assert good(with_png_chunk(sample("png"), b"acTL", struct.pack(">II", 1, 0))).frames == 1


@pytest.mark.parametrize("content_type", ["bmp", "tiff"])
def test_rows_that_are_missing_are_missed(content_type):
    """Pixels stored as they are end where the header says, or the file is cut."""
    data = encoded(small_photo(), f".{content_type}", cv2.IMWRITE_TIFF_COMPRESSION, 1)
    assert reason(data[:-2000]) == "truncated"


@pytest.mark.parametrize(
    "data",
    [
        jpeg()[:-2],
        sample("png")[:-12],
        gif_header(10, 10)[:-1],
        jp2_header(10, 10)[:-2],
        webp_header(10, 10)[:-1],
        webp_header(10, 10).replace(b"RIFF\x28", b"RIFF\x29"),
        tiff_header(10, 10, (278, 10)).replace(struct.pack("<HHII", 279, 4, 1, 8), struct.pack(
            "<HHII", 279, 4, 1, 8000)),
        sample("avif")[:-1],
    ],
    ids=["jpeg", "png", "gif", "jp2", "webp", "longer webp", "tiff", "avif"],
)  # fmt: skip
def test_a_file_that_lacks_its_very_end_is_truncated(data):
    """Decoders often don't care for the last bytes; a copy that stopped there isn't whole."""
    assert reason(data) == "truncated"


def test_a_top_down_bmp_has_a_height():
    """A negative height says that the top row comes first."""
    assert good(bmp_header(4, -2) + bytes(24)).height_px == 2


def test_a_lying_length_never_loops():
    """Boxes and segments of size zero end the walk."""
    assert reason(b"\xff\xd8\xff\xe0\0\0" * 100) in ("truncated", "damaged")
    assert reason(avif_header(10, 10) + struct.pack(">I4s", 2, b"free")) == "damaged"


def test_large_arrays_are_not_copied():
    """Reading a header costs nothing that grows with the file."""
    data = encoded(np.tile(small_photo(), (4, 4, 1)), ".bmp")
    tracemalloc.start()
    try:
        good(data)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_only_tables_that_code_a_flat_area_as_zeros_excuse_a_run_of_zeros():
    """The standard ones don't; those that were made for a mostly black picture do."""
    assert good(jpeg()).flat_spans == ()
    black = np.tile(small_photo(), (4, 4, 1))
    black[100:] = 0
    header = good(encoded(black, ".jpg", cv2.IMWRITE_JPEG_OPTIMIZE, 1))
    assert header.flat_spans == ((header.data[0], header.data[1] - 2),)
    assert header.zero_run_spans == ()


def test_a_wrong_checksum_in_a_png_is_damage():
    """Told by our own sum, whatever the decoder thinks of it."""
    data = bytearray(sample("png"))
    data[len(data) // 2] ^= 1
    assert "checksum" in good(bytes(data)).damage
