"""Read the index of a multi-picture JPEG.  Source: CIPA DC-007-2021, Multi-Picture Format."""

from __future__ import annotations

import struct
from typing import NamedTuple

from dedupd.pictures.formats.tags import first_directory

JPEG_PREFIX = b"MPF\0"
"""What the segment begins with that holds the index; its offsets count from behind that."""

_ENTRIES = 0xB002
_ENTRY = "IIIHH"
_TYPE_MASK = 0xFFFFFF
_VIEWS = (0x020001, 0x020002, 0x020003)  # panorama, disparity, multi-angle
_UNDEFINED = 0x000000


class Listed(NamedTuple):
    """One picture in the index: what it is, and where it begins in the file; the first at 0."""

    type: int
    at: int

    @property
    def is_view(self) -> bool:
        """It is a picture in its own right, like the other eye's of a stereo pair."""
        return self.type in _VIEWS

    @property
    def is_undefined(self) -> bool:
        """Nobody says what it is; phones list gain maps like this."""
        return self.type == _UNDEFINED


def read(block: memoryview, block_at: int) -> tuple[Listed, ...]:
    """Return the pictures of an index, given without prefix, that begins at `block_at`.

    A broken index lists nothing.
    """
    try:
        tags = first_directory(block)
    except struct.error:
        return ()
    raw = bytes(tags.raw(_ENTRIES))
    layout = struct.Struct(tags.order + _ENTRY)
    whole = len(raw) // layout.size * layout.size
    return tuple(
        Listed(attributes & _TYPE_MASK, block_at + offset if offset else 0)
        for attributes, _, offset, _, _ in layout.iter_unpack(raw[:whole])
    )
