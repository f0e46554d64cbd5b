"""What follows a JPEG in its file: pictures that belong to it, further pictures, or anything else.

Source: CIPA DC-007-2021; Ultra HDR image format and Motion Photo format, Android.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from dedupd.pictures.formats import mpf, trailing, xmp
from dedupd.pictures.formats.header import HeaderError
from dedupd.pictures.formats.jpeg_scans import Scans
from dedupd.pictures.formats.jpeg_segments import END, segments

_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PADDING = re.compile(rb"(?:\0++|\xff(?!\xd8))*+")
_JPEG_START = b"\xff\xd8\xff"
_HEAD_BYTES = 1 << 16
_PICTURES_AT_MOST = 100


class Behind(NamedTuple):
    """What follows the picture.

    Attributes:
        pictures: Further pictures in their own right; no maps, no previews.
        other: Everything else, in words; "" if nothing.
        damage: What is missing of it, in words; "" if nothing.
    """

    pictures: int
    other: str
    damage: str = ""


def behind(
    data: memoryview, end: int, size: tuple[int, int], index: Collection[mpf.Listed], maps: bool
) -> Behind:
    """Look at what follows the JPEG that ends at `end`.

    Args:
        size: Its width and height in pixels.
        index: The pictures that its multi-picture index lists.
        maps: Its XMP says that maps follow.
    """
    listed = {one.at: one for one in index if one.at}
    views, damage = 0, ""
    at = _past_padding(data, end)
    for _ in range(_PICTURES_AT_MOST):
        if not (maps or at in listed):
            break
        part = _Part.read(data, at)
        if part is None:
            damage = "a picture that belongs to it is cut off" if _is_cut(data, at) else ""
            break
        views += _is_view(listed.get(at), part, size, data)
        at = _past_padding(data, part.end)
    return Behind(views, trailing.in_words(data[at:]), damage)


def _is_cut(data: memoryview, at: int) -> bool:
    """Return whether a JPEG begins there and doesn't end."""
    begins = bytes(data[at : at + len(_JPEG_START)]) == _JPEG_START
    return begins and all(segment.marker != END for segment in segments(data, at))


def _is_view(
    listed: mpf.Listed | None, part: _Part, size: tuple[int, int], data: memoryview
) -> bool:
    """Return whether a picture behind the first shows more of the world than the first does."""
    if listed is not None and not listed.is_undefined:
        return listed.is_view
    smaller = part.width_px * part.height_px < size[0] * size[1]
    head = bytes(data[part.start : min(part.start + _HEAD_BYTES, part.end)])
    return not (smaller or xmp.is_gain_map(head))


class _Part(NamedTuple):
    """A JPEG behind a JPEG."""

    start: int
    end: int
    width_px: int
    height_px: int

    @classmethod
    def read(cls, data: memoryview, at: int) -> _Part | None:
        """Return the whole JPEG that begins at `at`; None where there is none."""
        if bytes(data[at : at + len(_JPEG_START)]) != _JPEG_START:
            return None
        scans = Scans()
        for segment in segments(data, at):
            if segment.marker == END:
                return cls(at, segment.end, scans.width_px, scans.height_px)
            if segment.marker in _FRAMES and not scans.frame:
                try:
                    scans.begin(segment.marker, data[segment.start : segment.end])
                except HeaderError:
                    return None
        return None


def _past_padding(data: memoryview, at: int) -> int:
    """Return where zeros and filling end."""
    found = _PADDING.match(data, at)
    return found.end() if found else at
