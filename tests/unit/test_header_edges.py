"""Headers as few programs write them, or nobody should: what is read, refused or called damage."""

from __future__ import annotations

import io
import struct
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from PIL import Image
from tests.unit.picture_samples import (
    encoded,
    exif,
    sample,
    small_photo,
    with_alpha,
)
from tests.unit.raw_samples import dng

from dedupd.model import Unreadable
from dedupd.pictures import libraw
from dedupd.pictures.formats import avif, iptc, items, read_header, tiff
from dedupd.pictures.formats.header import Header, HeaderError
from dedupd.pictures.formats.jpeg_segments import segments
from dedupd.pictures.limits import Limits

TAKEN_AT = "2026:11:22 09:30:00"


def read(content_type: str, data: bytes) -> Header | Unreadable:
    return read_header(content_type, memoryview(data), Limits())


def whole(content_type: str, data: bytes) -> Header:
    found = read(content_type, data)
    assert isinstance(found, Header), found
    return found


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def full(name: bytes, body: bytes, version: int = 0) -> bytes:
    return box(name, bytes([version, 0, 0, 0]) + body)


@pytest.mark.parametrize(("rows", "reason"), [(3, ""), (2, "truncated")])
def test_a_bmp_of_os2_is_read(rows, reason):
    """Its header has 12 bytes, and says no compression because there is none."""
    width_px, height_px, row_bytes = 5, 3, 16
    head = b"BM" + bytes(8) + struct.pack("<II4H", 26, 12, width_px, height_px, 1, 24)
    found = read("bmp", head + bytes(rows * row_bytes))
    if reason:
        assert isinstance(found, Unreadable)
        assert found.reason == reason
    else:
        assert isinstance(found, Header)
        assert found.upright_size == (width_px, height_px)


def heif(
    count: int = 1, *, main: int = 1, method: int = 0, pieces: int = 1, coded: bytes = bytes(64)
) -> bytes:
    """Return a HEIF file of `count` items of `pieces` each, all made of the same bytes."""
    entries = b"".join(
        full(b"infe", struct.pack(">HH4s", number, 0, b"hvc1") + b"\0", version=2)
        for number in range(1, count + 1)
    )

    def with_data_at(at: int) -> bytes:
        piece = struct.pack(">II", at, len(coded))
        places = b"".join(
            struct.pack(">HHHH", number, method, 0, pieces) + piece * pieces
            for number in range(1, count + 1)
        )
        meta = (
            full(b"pitm", struct.pack(">H", main))
            + full(b"iinf", struct.pack(">H", count) + entries)
            + full(b"iloc", struct.pack(">HH", 0x4400, count) + places, version=1)
            + box(b"iprp", box(b"ipco"))
        )
        return box(b"ftyp", b"heic" + bytes(4)) + full(b"meta", meta) + box(b"mdat", coded)

    return with_data_at(len(with_data_at(0)) - len(coded))


def test_items_are_read_where_the_file_says():
    """The plain case, of which the refusals below differ in one thing each."""
    data = heif(2, coded=b"coded picture")
    found = items.read_items(memoryview(data))
    assert (found.primary.id, found.primary.kind, len(found.by_id)) == (1, b"hvc1", 2)
    assert items.item_bytes(memoryview(data), found.primary) == b"coded picture"


@pytest.mark.parametrize(
    ("data", "reason", "told"),
    [
        (heif(main=7), "damaged", "main one"),
        (heif(3, pieces=20, coded=bytes(4096)), "damaged", "on top of each other"),
        (heif(method=2), "unsupported", "other items' bytes"),
        (heif(method=1), "damaged", "lacks the part 'idat'"),
    ],
)
def test_items_that_can_not_be_found_are_refused(data, reason, told):
    """No main picture, more bytes than the file has, and places that we don't follow."""
    with pytest.raises(HeaderError) as refused:
        items.read_items(memoryview(data))
    assert (refused.value.reason, told in refused.value.detail) == (reason, True)


@pytest.mark.parametrize(
    ("limit", "data"), [("_MOST_ITEMS", heif(5)), ("_MOST_EXTENTS", heif(1, pieces=5))]
)
def test_items_without_end_are_refused(monkeypatch, limit, data):
    """A file of a few kilobytes may not keep us busy for hours."""
    items.read_items(memoryview(data))
    monkeypatch.setattr(items, limit, 4)
    with pytest.raises(HeaderError, match="more than 4"):
        items.read_items(memoryview(data))


def test_an_avif_that_is_coded_in_another_way_is_unsupported():
    """It is named after what it is coded with."""
    found = read("avif", sample("avif").replace(b"av01", b"vvc1"))
    assert isinstance(found, Unreadable)
    assert (found.reason, "'vvc1'" in found.detail) == ("unsupported", True)


@pytest.mark.parametrize(
    ("coded", "breaks"),
    [
        (b"\x12\x00", False),  # a unit of no bytes
        (b"\x12\x00\x30", False),  # the last may have no size: it reaches to the end
        (b"\x16\x00\x00", False),  # with an extension
        (b"\x12\x00\xb0", True),  # the forbidden bit, without a size
        (b"\x92\x00", True),  # and with one
        (b"\x12\x05", True),  # longer than the picture
        (b"\x12" + b"\xff" * 9, True),  # a size that never ends
    ],
)
def test_the_units_of_an_avif_follow_each_other(coded, breaks):
    """Where the chain breaks, the coded picture is broken."""
    assert bool(avif._find_break(coded)) is breaks


def jp2(stream: bytes, colour: bytes = b"") -> bytes:
    header = box(b"jp2h", box(b"ihdr", bytes(14)) + (box(b"colr", colour) if colour else b""))
    return box(b"jP  ", b"\r\n\x87\n") + header + box(b"jp2c", stream)


def stream() -> bytes:
    data = sample("jp2")
    return data[data.index(b"\xff\x4f\xff\x51") :]


@pytest.mark.parametrize(
    ("colour", "icc"),
    [
        (b"\x02\0\0profile", b"profile"),
        (b"\x03\0\0profile", b"profile"),
        (b"\x01\0\0\0\0\0\x10", b""),  # sRGB, by its number
        (b"", b""),
    ],
)
def test_a_jpeg_2000_hands_out_its_profile(colour, icc):
    """Of both kinds; a colour space that has a number needs none."""
    assert whole("jp2", jp2(stream(), colour)).icc == icc


def test_a_jpeg_2000_without_a_code_stream_is_damaged():
    """Though there is a box for it."""
    found = read("jp2", jp2(bytes(100)))
    assert isinstance(found, Unreadable)
    assert (found.reason, found.detail) == ("damaged", "it has no code stream")


def test_a_jpeg_ends_where_another_picture_begins():
    """A file that was cut and has its thumbnail, or the next picture, behind it."""
    comment = b"\xff\xfe\x00\x04ab"
    cut = b"\xff\xd8" + comment + b"\xff\xd8" + comment + b"\xff\xd9"
    assert [one.marker for one in segments(memoryview(cut))] == [0xFE]
    assert [one.marker for one in segments(memoryview(cut), 8)] == [0xFE, 0xD9]


def test_a_marker_that_stands_alone_is_no_segment():
    """It has no length: what follows it is the next marker."""
    alone = b"\xff\xd8\xff\x01\xff\xfe\x00\x04ab\xff\xd9"
    assert [one.marker for one in segments(memoryview(alone))] == [0xFE, 0xD9]


def record(number: int, text: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBBH", 0x1C, 2, number, len(text) if length is None else length) + text


DAY, TIME = record(55, b"20261122"), record(60, b"093000")


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (DAY + TIME, TAKEN_AT),
        (record(5, b"title") + DAY + TIME, TAKEN_AT),
        (record(5, b"", 0x8004) + DAY + TIME, ""),  # a length of a length: nobody needs 32 KiB
        (record(5, b"x") * 2000 + DAY + TIME, ""),  # read to a limit
    ],
)
def test_iptc_is_read_to_its_end_or_ours(records, expected):
    """The time is found among other records; what can't be skipped ends the search."""
    assert iptc.taken_at(memoryview(records)) == expected


@pytest.mark.parametrize("name", [b"\0\0", b"\xfaname"])
def test_a_resource_whose_name_never_ends_is_none(name):
    """And no error: capture times are a help, not a need."""
    whole_block = b"8BIM\x04\x04" + name + struct.pack(">I", len(DAY + TIME)) + DAY + TIME
    expected = TAKEN_AT if name == b"\0\0" else ""
    assert iptc.taken_at_in_resources(memoryview(whole_block)) == expected


def next_at(data: bytes) -> int:
    """Return where the offset of a TIFF's second directory is."""
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    return first + 2 + 12 * count


def test_a_tiff_whose_next_page_is_lost_has_one_more_picture():
    """Nobody saw what was on it, so the first page can't stand for the whole."""
    data = sample("tiff")
    assert whole("tiff", data).frames == 1
    at = next_at(data)
    lost = data[:at] + struct.pack("<I", len(data) + 1000) + data[at + 4 :]
    assert whole("tiff", lost).frames == 2


def test_nobody_can_tell_what_the_lossy_coding_of_a_tiff_took():
    """JPEG inside of it; a lossless one takes next to nothing."""
    data = io.BytesIO()
    Image.fromarray(small_photo()).save(data, "TIFF", compression="jpeg")
    assert whole("tiff", data.getvalue()).coding_error == -1.0
    assert whole("tiff", sample("tiff")).coding_error > 0


def test_the_tiff_reader_takes_no_camera_raw():
    """Its first directory is a thumbnail; whoever asks is told so, not shown that."""
    with pytest.raises(HeaderError, match="camera RAW"):
        tiff.read(memoryview(dng()))


def test_a_tiff_with_alpha_says_so():
    """So that what shows through is looked for."""
    assert whole("tiff", encoded(with_alpha(small_photo()), ".tiff")).alpha


@pytest.fixture
def sizes(monkeypatch) -> SimpleNamespace:
    """Return what LibRaw says of any file."""
    told = SimpleNamespace(width=600, height=400, pixel_aspect=1.0, flip=0)

    @contextmanager
    def opened(_data):
        yield SimpleNamespace(sizes=told)

    monkeypatch.setattr(libraw, "opened", opened)
    return told


def raf(preview: bytes) -> bytes:
    """Return a file of Fujifilm's: its parts are the preview, tags and the sensor's data."""
    parts_at, part = 84, bytes(40)
    first = parts_at + 24
    spans = [(first, len(preview)), (first + len(preview), 40), (first + len(preview) + 40, 40)]
    places = b"".join(struct.pack(">II", *one) for one in spans)
    return b"FUJIFILMCCD-RAW 0201".ljust(parts_at, b"\0") + places + preview + part * 2


def fuji_preview() -> bytes:
    return b"\xff\xd8\xff\xe1\0\0Exif\0\0" + exif(1, TAKEN_AT, "42")


def cr3(tags: dict[bytes, bytes]) -> bytes:
    """Return a file of Canon's: tags in a box of its own among those of the film."""
    canon = box(b"uuid", bytes(16) + b"".join(box(name, body) for name, body in tags.items()))
    moov = box(b"moov", box(b"mvhd", bytes(20)) + canon)
    return box(b"ftyp", b"crx " + bytes(4)) + moov + box(b"mdat", bytes(64))


def test_a_raf_has_the_time_of_its_preview(sizes):
    """And all of its parts are in the file."""
    data = raf(fuji_preview())
    found = whole("raw", data)
    assert (found.taken_at, found.upright_size) == (f"{TAKEN_AT}.42", (600, 400))
    cut = read("raw", data[:-1])
    assert isinstance(cut, Unreadable)
    assert cut.reason == "truncated"


@pytest.mark.parametrize("tag", [b"CMT1", b"CMT2", b"CMT9"])
def test_a_cr3_has_the_time_of_its_tags(sizes, tag):
    """Of the two blocks that are EXIF; the others speak of something else."""
    found = whole("raw", cr3({b"CNCV": bytes(30), tag: exif(1, TAKEN_AT, "42")}))
    assert found.taken_at == ("" if tag == b"CMT9" else f"{TAKEN_AT}.42")


def test_a_raw_of_unknown_build_is_looked_at_whole(sizes):
    """Nobody knows where its sensor's data are: a hole anywhere counts."""
    data = b"FOVb" + bytes(600)
    assert whole("raw", data).data == (0, len(data))


@pytest.mark.parametrize(
    ("aspect", "size_px"),
    [(1.0, (600, 400)), (0.5, (600, 800)), (2.0, (1200, 400)), (0.0, (600, 400))],
)
def test_pixels_that_are_not_square_are_made_so(sizes, aspect, size_px):
    """By more of them, never by fewer; an aspect of nothing is none."""
    sizes.pixel_aspect = aspect
    assert whole("raw", b"FOVb" + bytes(600)).upright_size == size_px


def test_a_webp_without_a_picture_is_damaged():
    """All its chunks are there, and none of them holds pixels."""
    chunks = b"VP8X" + struct.pack("<II", 10, 0) + bytes(6) + b"EXIF" + struct.pack("<I", 2) + b"II"
    data = b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks
    found = read("webp", data)
    assert isinstance(found, Unreadable)
    assert (found.reason, found.detail) == ("damaged", "it has no picture in it")


def test_a_webp_whose_last_chunk_is_longer_than_its_file_says_is_truncated():
    """What the file says of its own length is kept to."""
    data = bytearray(sample("webp"))
    (length,) = struct.unpack_from("<I", data, 16)
    struct.pack_into("<I", data, 16, length + 2)
    found = read("webp", bytes(data))
    assert isinstance(found, Unreadable)
    assert found.reason == "truncated"
