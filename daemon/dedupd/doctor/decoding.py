"""Checks, for every format, whether a whole picture of it can be read here."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from dedupd.doctor.finding import Finding, note, ok, problem
from dedupd.doctor.words import word
from dedupd.text import printable


class Reader(enum.Enum):
    """The library that decodes a format, by its name in the package index."""

    OPENCV = "opencv-python-headless"
    HEIF = "pillow-heif"
    RAW = "rawpy"


@dataclass(frozen=True, slots=True)
class Format:
    """One row of docs/formats.md; `key` is its content type."""

    key: str
    name: str
    reader: Reader


FORMATS = (
    Format("jpeg", "JPEG", Reader.OPENCV),
    Format("png", "PNG", Reader.OPENCV),
    Format("webp", "WebP", Reader.OPENCV),
    Format("tiff", "TIFF", Reader.OPENCV),
    Format("gif", "GIF", Reader.OPENCV),
    Format("bmp", "BMP", Reader.OPENCV),
    Format("jp2", "JPEG 2000", Reader.OPENCV),
    Format("avif", "AVIF", Reader.OPENCV),
    Format("heic", "HEIC", Reader.HEIF),
    Format("raw", "camera RAW", Reader.RAW),
)
"""Every format that this version decodes."""


def check_format(
    kind: Format, failure: str | None, version: str, wanted: str, python: str
) -> Finding:
    """Say whether a format can be read.

    Args:
        failure: What went wrong with the sample, "" if it was read; None if it wasn't tried.
        version: Of its reader, "" where it isn't there.
        wanted: The reader as pip takes it.
        python: The interpreter that the reader belongs to.
    """
    code = f"pictures.{kind.key}"
    by = f"{kind.reader.value} {printable(version)}".rstrip()
    if failure == "":
        return ok(code, f"{kind.name} is read ({by})")
    if failure is None:
        why = "the decoders couldn't be tried: see the libraries below"
        return note(code, f"{kind.name}: not known", why)
    fix = f"{word(python)} -m pip install --force-reinstall {word(wanted)}"
    why = f"such pictures are matched by equal bytes only: {printable(failure)}"
    return problem(code, f"{kind.name} can't be read ({by})", why, fix)


def check_undecoded() -> Finding:
    """Say which formats no version of the libraries would help with."""
    why = "this version recognises and doesn't decode them: only equal bytes match"
    return note("pictures.undecoded", "JPEG XL and Photoshop documents aren't read", why)
