"""What a file is, from its first bytes and its suffix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.picture_samples import SUFFIXES, sample

from dedupd.model import Kind
from dedupd.pictures.sniff import (
    HEAD_BYTES,
    PICTURE_SUFFIXES,
    VIDEO,
    VIDEO_SUFFIXES,
    kind,
    sniff,
)


def ftyp(major: bytes, *others: bytes) -> bytes:
    brands = major + b"\0\0\0\0" + b"".join(others)
    return (len(brands) + 8).to_bytes(4, "big") + b"ftyp" + brands


HEADS = [
    (ftyp(b"heic", b"mif1"), "heic"),
    (ftyp(b"mif1", b"heic"), "heic"),
    (ftyp(b"heix", b"mif1"), "heic"),
    (ftyp(b"msf1", b"hevc"), "heic"),
    (ftyp(b"avci", b"mif1"), "heic"),
    (ftyp(b"mif1", b"avif"), "avif"),
    (ftyp(b"avis", b"msf1"), "avif"),
    (ftyp(b"crx ", b"isom"), "raw"),
    (ftyp(b"isom", b"mp41"), VIDEO),
    (ftyp(b"qt  "), VIDEO),
    (ftyp(b"M4A ", b"isom"), None),
    (b"II*\0\x10\0\0\0CR\x02\0", "raw"),
    (b"IIRO\x08\0\0\0", "raw"),
    (b"IIU\0\x18\0\0\0", "raw"),
    (b"FUJIFILMCCD-RAW 0201", "raw"),
    (b"MM\0*\0\0\0\x08", "tiff"),
    (b"8BPS\0\x01", "psd"),
    (b"\xff\x0a\xfa\x1f", "jxl"),
    (b"\0\0\0\x08wide\0\0\0\0mdat", VIDEO),
    (b"RIFF\0\0\0\0AVI LIST", VIDEO),
    (b"\x1aE\xdf\xa3\x93B\x82\x88matroska", VIDEO),
    (b"\0\0\x01\xba\x44", VIDEO),
    ((b"\x47" + bytes(187)) * 4, VIDEO),
    ((bytes(4) + b"\x47" + bytes(187)) * 4, VIDEO),
    (b"RIFF\0\0\0\0WAVEfmt ", None),
    (b"BMW is not a bitmap, whatever it begins with", None),
    (b"Dear diary", None),
    (b"", None),
    (bytes(HEAD_BYTES), None),
]


@pytest.mark.parametrize(("head", "word"), HEADS, ids=[repr(h[:16]) for h, _ in HEADS])
def test_the_content_type_is_told_from_the_first_bytes(head, word):
    """Magic numbers and brands decide; what is unknown is None."""
    assert sniff(head) == word


@pytest.mark.parametrize("content_type", SUFFIXES)
def test_every_decoded_format_is_recognised(content_type):
    """What our own encoder writes is told by its first bytes alone."""
    assert sniff(sample(content_type)[:64]) == content_type


@given(head=st.binary(max_size=300))
def test_any_bytes_have_an_answer(head):
    """No head of a file raises."""
    assert isinstance(kind(head, b"x"), Kind)


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"\xff\xd8\xff\xe0", b"holiday", Kind.PICTURE),
        (b"\xff\xd8\xff\xe0", b"holiday.mov", Kind.PICTURE),
        (b"\xff\xd8\xff\xe0", b"notes.txt", Kind.PICTURE),
        (b"hello", b"a.JPG", Kind.PICTURE),
        (b"", b"a.jpeg", Kind.PICTURE),
        (ftyp(b"isom"), b"a.jpg", Kind.PICTURE),
        (b"hello", b"IMG_1.CR2", Kind.PICTURE),
        (b"hello", b"sphere.insp", Kind.PICTURE),
        (b"hello", b"stereo.JPS", Kind.PICTURE),
        (b"hello", b"GOPR0001.GPR", Kind.PICTURE),
        (b"<svg/>", b"logo.svg", Kind.OTHER),
        (b"%PDF-1.7", b"scan.pdf", Kind.OTHER),
        (b"hello", b"a.b.heic", Kind.PICTURE),
        (ftyp(b"isom"), b"clip", Kind.VIDEO),
        (b"hello", b"a.MOV", Kind.VIDEO),
        (b"hello", b"a.txt", Kind.OTHER),
        (b"hello", b"jpg", Kind.OTHER),
        (b"hello", b"a.jpg.xmp", Kind.OTHER),
        (b"", b"", Kind.OTHER),
    ],
)
def test_content_or_suffix_makes_a_picture(head, name, expected):
    """What claims to be a picture in either way is one, so that it can't be overlooked."""
    assert kind(head, name) is expected


def test_no_suffix_claims_both():
    """The tables are disjoint, lower case, and without dots."""
    assert not PICTURE_SUFFIXES & VIDEO_SUFFIXES
    assert all(s == s.lower() and b"." not in s for s in PICTURE_SUFFIXES | VIDEO_SUFFIXES)
