"""Codec warnings: which of them mean damage, and how they are caught."""

from __future__ import annotations

import contextlib
import os

import pytest
from tests.unit.container_samples import tiff_with_tag, webp_file, with_segment
from tests.unit.picture_samples import jpeg, sample, seen_well, with_png_chunk

from dedupd.pictures.capture import StderrCapture, judge


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"libpng warning: iCCP: known incorrect sRGB profile\n",
        b"libpng warning: tEXt: empty keyword\nlibpng warning: eXIf: duplicate\n",
        b"[ WARN:0@0.472] global grfmt_tiff.cpp:123 TIFF_Warning TIFFReadDirectory: Unknown field "
        b"with tag 50000 (0xc350) encountered\n",
        b"Warning: unknown JFIF revision number 2.01\n",
        b"libpng warning: Ignoring invalid time value\n",
        b"libpng warning: sBIT: invalid\n",
        b'TIFF_Error _TIFFVSetField: : Bad value 99 for "ResolutionUnit" tag\n',
    ],
)
def test_words_on_metadata_are_no_damage(said):
    """Profiles, text chunks and unknown tags don't touch a pixel."""
    assert not judge(said).damage


@pytest.mark.parametrize(
    "said",
    [
        b"Corrupt JPEG data: premature end of data segment\n",
        b"libpng warning: iCCP: too short\nCorrupt JPEG data: bad Huffman code\n",
        b"libpng warning: tEXt: CRC error\n",
        b"libpng warning: tRNS: invalid\n",
        b'TIFF_Warning TIFFFetchNormalTag: incorrect count for field "StripOffsets", expected 2\n',
        b"libpng warning: Extra compressed data\n",
        b"something that no one has heard of\n",
        b"\xff\xfe\x00",
        (b"Warning: unknown JFIF revision number 2.1".ljust(63) + b"\n") * 257,
    ],
)
def test_everything_else_is_damage(said):
    """An unknown word is damage, and so are more words than are read."""
    assert judge(said).damage


def test_words_are_safe_to_show():
    """Line ends and escape codes are gone, the prefix of the log too, and there is a limit."""
    text = judge(b"[ERROR:0@1.25] global a.cpp:7 bad \x1b[31m\nthing\n" + b"x" * 2000).text
    assert text.startswith("bad \\x1b[31m; thing; xxx")
    assert len(text) <= 520


def test_only_the_block_is_caught(capfd):
    """What is written in the block is kept, what is written around it goes where it always went."""
    capture = StderrCapture()
    os.write(2, b"before ")
    with capture:
        os.write(2, b"within")
    os.write(2, b"after")
    assert capture.said == b"within"
    assert capfd.readouterr().err == "before after"
    with capture:
        pass
    assert capture.said == b""
    capture.close()


def test_standard_error_comes_back_after_an_exception(capfd):
    """A block that raises gives the descriptor back, too."""
    capture = StderrCapture()
    with contextlib.suppress(OSError), capture:
        os.write(2, b"said")
        raise OSError
    os.write(2, b"after")
    assert (capture.said, capfd.readouterr().err) == (b"said", "after")
    capture.close()


def test_a_flood_is_cut():
    """A codec that writes without end can't fill our memory with what is kept."""
    capture = StderrCapture()
    with capture:
        os.write(2, b"x" * 200_000)
    assert len(capture.said) < 20_000
    assert judge(capture.said).damage
    capture.close()


PROVOKED = {
    **{
        f"png {name.decode()}": with_png_chunk(sample("png"), name, body)
        for name, body in (
            (b"tIME", bytes(7)),
            (b"tEXt", b"x"),
            (b"zTXt", b"k\0\0bad"),
            (b"iTXt", b"k"),
            (b"pHYs", bytes(3)),
            (b"gAMA", bytes(3)),
            (b"sRGB", b"\x09"),
            (b"iCCP", b"x\0\0y"),
            (b"eXIf", b"x"),
            (b"sBIT", bytes(3)),
            (b"bKGD", b"\0"),
            (b"hIST", b"\0"),
            (b"sPLT", b"k"),
            (b"oFFs", b""),
            (b"pCAL", b"x"),
            (b"sCAL", b"x"),
            (b"cICP", b"\0"),
            (b"mDCV", b"\0"),
            (b"cLLI", b"\0"),
        )
    },
    "jpeg JFIF of the future": jpeg().replace(b"JFIF\0\x01", b"JFIF\0\x02"),
    "jpeg profile": with_segment(jpeg(), 0xE2, b"ICC_PROFILE\0\0\0x"),
    "tiff unknown tag": tiff_with_tag(50_000, 3, 1, b"\x01\0"),
    "tiff endless text": tiff_with_tag(305, 2, 4, b"soft"),
    "tiff page number": tiff_with_tag(297, 3, 1, b"\x01\0"),
    "tiff artist": tiff_with_tag(315, 99, 1, b"\x01\0"),
    "tiff resolution": tiff_with_tag(296, 3, 1, b"\x63\0"),
    "tiff make": tiff_with_tag(271, 2, 50, b"\xff\xff\xff\x7f"),
}


@pytest.mark.parametrize("data", PROVOKED.values(), ids=PROVOKED)
def test_broken_metadata_are_noted_and_cost_nothing(data):
    """The codec says something, and the picture is as good as it was."""
    found = seen_well(data)
    assert found.note
    assert found.bytes_only == ""


ZEROS = {
    "jpeg maker's segment": with_segment(jpeg(), 0xE5, bytes(60_000)),
    "jpeg exif padding": with_segment(jpeg(), 0xE1, b"Exif\0\0" + bytes(60_000)),
    "png chunk": with_png_chunk(sample("png"), b"zeRo", bytes(90_000)),
    "webp exif": webp_file(exif=b"Exif\0\0" + bytes(20_000)),
    "tiff maker's note": tiff_with_tag(37_500, 7, 20_000, bytes(20_000)),
}


@pytest.mark.parametrize("data", ZEROS.values(), ids=ZEROS)
def test_zeros_in_metadata_are_no_hole(data):
    """Makers leave room in their notes; only coded pictures have no long runs of zeros."""
    assert seen_well(data).bytes_only == ""
