"""Read the tag directories (IFD) of TIFF, which EXIF shares; only what the callers ask for.

Offsets count from the start of the TIFF header.  Broken entries read as missing.
Source: TIFF 6.0, section 2; EXIF 2.32 (CIPA DC-008), section 4.6.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

EXIF_PREFIX = b"Exif\0\0"
ORIENTATION = 0x0112
_EXIF_FOLDER = 0x8769
_TAKEN_AT = 0x9003
_TAKEN_AT_SUBSECOND = 0x9291

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TEXT = 2
_INLINE_BYTES = 4  # a value no longer than this stands in the entry itself
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I"}
_TIME = re.compile(r"(?!0000)\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")


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
        if type_ not in _NUMBERS or at + count * _SIZES[type_] > len(self.data):
            return ()
        return struct.unpack_from(f"{self.order}{count}{_NUMBERS[type_]}", self.data, at)

    def number(self, tag: int, default: int) -> int:
        """Return the first number of `tag`."""
        return next(iter(self.numbers(tag)), default)

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


def swaps_sides(first: Tags) -> bool:
    """Return whether the orientation turns width into height."""
    return first.number(ORIENTATION, 1) in (5, 6, 7, 8)


def taken_at(first: Tags) -> str:
    """Return DateTimeOriginal, with the sub-seconds after a dot; "" if there is no such time."""
    at = first.number(_EXIF_FOLDER, 0)
    try:
        exif = directory(first.data, first.order, at) if at else first
    except struct.error:
        return ""
    time, fraction = exif.text(_TAKEN_AT), exif.text(_TAKEN_AT_SUBSECOND)
    if not _TIME.fullmatch(time):
        return ""
    return f"{time}.{fraction}" if re.fullmatch(r"[0-9]+", fraction) else time


def exif_facts(block: memoryview) -> tuple[bool, str]:
    """Return `swaps_sides` and `taken_at` of an EXIF block; False and "" where it is broken."""
    tiff = block[len(EXIF_PREFIX) :] if bytes(block[:6]) == EXIF_PREFIX else block
    try:
        first = first_directory(tiff)
    except struct.error:
        return False, ""
    return swaps_sides(first), taken_at(first)
