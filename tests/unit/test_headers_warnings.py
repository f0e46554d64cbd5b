"""Codec warnings: which of them mean damage, and how they are caught."""

from __future__ import annotations

import contextlib
import os

import pytest

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
