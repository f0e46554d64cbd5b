"""Read the tag directories (IFD) of TIFF, which EXIF shares; only what the callers ask for.

Offsets count from the start of the TIFF header.  Broken entries read as missing.
Source: TIFF 6.0, section 2; EXIF 2.32 (CIPA DC-008), section 4.6.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import NamedTuple

EXIF_PREFIX = b"Exif\0\0"
_MAKE, _MODEL = 0x010F, 0x0110
_ORIENTATION, _ORIENTATIONS = 0x0112, range(1, 9)
_EXIF_FOLDER = 0x8769
_TIMES = ((0x9003, 0x9291), (0x9004, 0x9292))  # original, digitized: the time, its sub-seconds

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TEXT = 2
_NUMBERS_AT_MOST = 1 << 20  # strips of one row in the tallest picture that passes
_INLINE_BYTES = 4  # a value no longer than this stands in the entry itself
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I"}
# With colons by the standard; apps write dashes, slashes and a T as well.
_TIME = re.compile(r"(?!0000)(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d:\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Tags:
    """One directory: type, count and offset of the value by tag, and where the next one is."""

    data: memoryview
    order: str
    entries: dict[int, tuple[int, int, int]]
    next_at: int

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return the unsigned integers of `tag`; () where it is missing or broken."""
        type_, count, at = self.entries.get(tag, (0, 0, 0))
        fits = count <= _NUMBERS_AT_MOST and at + count * _SIZES.get(type_, 0) <= len(self.data)
        if type_ not in _NUMBERS or not fits:
            return ()
        return struct.unpack_from(f"{self.order}{count}{_NUMBERS[type_]}", self.data, at)

    def number(self, tag: int, default: int) -> int:
        """Return the first number of `tag`."""
        return next(iter(self.numbers(tag)), default)

    def raw(self, tag: int) -> memoryview:
        """Return the bytes of `tag`; none where it is missing or broken."""
        type_, count, at = self.entries.get(tag, (0, 0, 0))
        length = count * _SIZES.get(type_, 0)
        return self.data[at : at + length] if at + length <= len(self.data) else self.data[:0]

    def text(self, tag: int) -> str:
        """Return the text of `tag` up to its first NUL; "" where it is missing or broken."""
        type_, count, at = self.entries.get(tag, (0, 0, 0))
        raw = bytes(self.data[at : at + min(count, 64)]) if type_ == _TEXT else b""
        return raw.split(b"\0")[0].decode("ascii", "replace").strip()


def first_directory(tiff: memoryview) -> Tags:
    """Return the first directory of a TIFF header, or of an EXIF block without its prefix.

    Raises:
        struct.error: The directory lies outside of the data.
    """
    order = "<" if bytes(tiff[:2]) == b"II" else ">"
    return directory(tiff, order, struct.unpack_from(order + "I", tiff, 4)[0])


def directory(tiff: memoryview, order: str, at: int) -> Tags:
    """Return the directory that begins at `at`; raises `struct.error` where there is none."""
    (count,) = struct.unpack_from(order + "H", tiff, at)
    entries = {}
    for entry_at in range(at + 2, at + 2 + 12 * count, 12):
        tag, type_, values = struct.unpack_from(order + "HHI", tiff, entry_at)
        value_at = entry_at + 8
        if values * _SIZES.get(type_, 1) > _INLINE_BYTES:
            (value_at,) = struct.unpack_from(order + "I", tiff, value_at)
        entries[tag] = (type_, values, value_at)
    (next_at,) = struct.unpack_from(order + "I", tiff, at + 2 + 12 * count)
    return Tags(tiff, order, entries, next_at)


class Exif(NamedTuple):
    """What an EXIF block says that matters here.

    Attributes:
        orientation: 1 to 8; 1 where it says nothing, or nonsense.
        taken_at: DateTimeOriginal, else DateTimeDigitized, as "2026:11:22 09:30:00", with the
            sub-seconds after a dot where there are any; "" if neither is a time.
        camera: Make and model, "Canon EOS 5D"; "" if there is neither.
    """

    orientation: int = 1
    taken_at: str = ""
    camera: str = ""


def exif_of(block: memoryview) -> Exif:
    """Read an EXIF block, with or without its prefix; a broken one says nothing."""
    tiff = block[len(EXIF_PREFIX) :] if bytes(block[:6]) == EXIF_PREFIX else block
    try:
        return exif_of_directory(first_directory(tiff))
    except struct.error:
        return Exif()


def exif_of_directory(first: Tags) -> Exif:
    """Read the EXIF that hangs on the first directory of a TIFF."""
    orientation = first.number(_ORIENTATION, 1)
    upright = orientation if orientation in _ORIENTATIONS else 1
    return Exif(upright, _taken_at(first), _camera(first))


def _camera(first: Tags) -> str:
    """Return the make and the model, which mostly begins with the make's first word."""
    make, model = first.text(_MAKE), first.text(_MODEL)
    named = make.split(" ")[0].casefold()
    return model if named and model.casefold().startswith(named) else f"{make} {model}".strip()


def _taken_at(first: Tags) -> str:
    at = first.number(_EXIF_FOLDER, 0)
    try:
        exif = directory(first.data, first.order, at) if at else first
    except struct.error:
        return ""
    times = (_time(exif, *tags) for tags in _TIMES)
    return next((time for time in times if time), "")


def _time(exif: Tags, tag: int, subsecond_tag: int) -> str:
    found, fraction = _TIME.fullmatch(exif.text(tag)), exif.text(subsecond_tag)
    if found is None:
        return ""
    time = "{}:{}:{} {}".format(*found.groups())
    return f"{time}.{fraction}" if re.fullmatch(r"[0-9]+", fraction) else time
