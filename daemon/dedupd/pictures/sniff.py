"""Tell what a file is from its first bytes, and where they say nothing from its suffix.

Owns the tables of magic numbers and suffixes.  Light: no decoder is imported, so that the main
process and the readers may use it.  A file that *claims* to be a picture by its suffix is one
whatever it holds: it then turns out unreadable, which is the safe side.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dedupd.model import Kind

HEAD_BYTES = 4096
"""As much of a file as `sniff` may look at."""

VIDEO = "video"
"""The word for every film container; all other words are pictures."""

_RAW_SUFFIXES = (
    b"3fr arw bay cr2 cr3 crw dcr dng eip erf fff gpr iiq k25 kdc mef mos mrw nef nrw orf ori pef "
    b"raf raw rw2 rwl sr2 srf srw x3f"
)
_OTHER_PICTURE_SUFFIXES = (
    b"apng avci avif avifs bmp dib exr gif hdr heic heics heif heifs hif ico insp j2c j2k jfi jfif "
    b"jif jp2 jpc jpe jpeg jpf jpg jpm jps jpx jxl mpo pbm pcx pgm png pnm pns ppm psb psd tga tif "
    b"tiff webp xcf"
)
PICTURE_SUFFIXES = frozenset((_RAW_SUFFIXES + b" " + _OTHER_PICTURE_SUFFIXES).split())
"""Suffixes that claim a picture: lower case, without the dot."""

VIDEO_SUFFIXES = frozenset(
    b"3g2 3gp asf avi dv f4v flv insv lrv m1v m2t m2ts m2v m4v mkv mod mov mp4 mpe mpeg mpg mts "
    b"mxf ogv qt r3d rm rmvb tod ts vob webm wmv".split()
)
"""Suffixes that claim a film: lower case, without the dot."""


class _Magic(NamedTuple):
    word: str
    pattern: re.Pattern[bytes]  # matched at the first byte


def _magic(word: str, pattern: bytes) -> _Magic:
    return _Magic(word, re.compile(pattern, re.DOTALL))


# The first that matches wins, so the special ones stand before the general ones.
_MAGICS = (
    _magic("jpeg", rb"\xff\xd8\xff"),
    _magic("png", rb"\x89PNG\r\n\x1a\n"),
    _magic("gif", rb"GIF8[79]a"),
    # "BM" alone begins many a text; the size of the second header makes it sure.
    _magic("bmp", rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0"),
    _magic("webp", rb"RIFF.{4}WEBP"),
    _magic("raw", rb"II\*\0.{4}CR"),  # Canon CR2
    _magic("raw", rb"II\x1a\0\0\0HEAPCCDR"),  # Canon CRW
    _magic("raw", rb"II(?:RO|RS|U\0)|MMOR"),  # Olympus ORF, Panasonic RW2
    _magic("raw", rb"FUJIFILMCCD-RAW|FOVb|\0MRM"),  # Fuji RAF, Sigma X3F, Minolta MRW
    _magic("tiff", rb"II[*+]\0|MM\0[*+]"),
    _magic("jp2", rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
    _magic("jxl", rb"\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a"),
    _magic("psd", rb"8BPS"),
    _magic(VIDEO, rb".{4}(?:moov|mdat|wide|pnot|skip|free)"),  # QuickTime without `ftyp`
    _magic(VIDEO, rb"RIFF.{4}AVI |\x1a\x45\xdf\xa3|FLV\x01|\.RMF"),
    _magic(VIDEO, rb"\0\0\x01[\xba\xb3]"),  # MPEG-1 and -2
    _magic(VIDEO, rb"\x47.{187}\x47.{187}\x47|.{4}\x47.{191}\x47.{191}\x47"),  # MPEG-TS, AVCHD
    _magic(VIDEO, rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9"),  # ASF: WMV
    _magic(VIDEO, rb"OggS.{25,60}theora"),
)

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2",
    b"msf1", b"avci", b"avcs",
}  # fmt: skip
_SOUND_BRANDS = {b"M4A ", b"M4B ", b"M4P "}


APPLE_DOUBLE_MAGIC = b"\x00\x05\x16\x07"
"""What a Mac's companion files (`._x`, AppleDouble) begin with."""


def sniff(head: bytes) -> str | None:
    """Return the content type of a file that begins with `head`, or None.

    Args:
        head: The first bytes of the file; `HEAD_BYTES` are enough, more does no harm.

    Returns:
        "jpeg", "png", "gif", "bmp", "tiff", "webp", "jp2", "avif", "heic", "jxl", "psd", "raw"
        or `VIDEO`.  A RAW file that is built like a TIFF may be called "tiff": its directories,
        which `formats.read_header` asks, can be anywhere in the file.  A file of `heic` brand may
        hold other coding than HEVC; its reader refuses it by name.
    """
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    return next((magic.word for magic in _MAGICS if magic.pattern.match(head)), None)


def kind(head: bytes, name: bytes) -> Kind:
    """Return what the file `name` that begins with `head` is for us.

    A picture by content or by suffix is a picture, even if the other says film; but what a Mac
    leaves beside a picture, under its name with `._` before it, is none.
    """
    if head.startswith(APPLE_DOUBLE_MAGIC):
        return Kind.OTHER
    word, suffix = sniff(head) if head else None, _suffix(name)
    if (word is not None and word != VIDEO) or suffix in PICTURE_SUFFIXES:
        return Kind.PICTURE
    return Kind.VIDEO if word == VIDEO or suffix in VIDEO_SUFFIXES else Kind.OTHER


def _suffix(name: bytes) -> bytes:
    _, dot, suffix = name.rpartition(b".")
    return suffix.lower() if dot else b""


def _by_brand(head: bytes) -> str | None:
    end = min(int.from_bytes(head[:4], "big"), HEAD_BYTES)
    brands = {head[at : at + 4] for at in (8, *range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return "avif"
    if brands & _HEIC_BRANDS:
        return "heic"
    if head[8:12] == b"crx ":
        return "raw"  # Canon CR3
    return None if head[8:12] in _SOUND_BRANDS else VIDEO
