"""Find where the coded bytes of an HEVC picture are broken, without decoding them.

Such bytes are units, each behind its length, which must follow each other without a gap.  In a
unit three zero bytes in a row never occur: the coding puts a 3 between them.  So a hole of zeros
is seen from its third byte on, which no decoder reports.
Source: ITU-T H.265, 7.3.1 and 7.4.2; ISO/IEC 14496-15, 8.3.3.1.
"""

from __future__ import annotations

import re

_LENGTH_SIZE_AT = 21  # in `hvcC`, the decoder's configuration
_FORBIDDEN_BIT = 0x80
_LAST_PICTURE_TYPE = 31  # unit types up to here hold coded picture, the others describe it
_NEVER_IN_A_UNIT = re.compile(rb"\0\0[\0-\2]")
_SHORTEST_UNIT_BYTES = 3


def length_bytes(configuration: memoryview) -> int:
    """Return how many bytes the length before each unit has."""
    return 1 + (configuration[_LENGTH_SIZE_AT] & 3)


def find_break(coded: memoryview, size_bytes: int) -> str:
    """Return what is wrong with the bytes of one picture, in words; "" if nothing shows.

    Args:
        coded: All bytes of one coded picture.
        size_bytes: What `length_bytes` gave for it.
    """
    at, pictures = 0, 0
    while at < len(coded):
        start = at + size_bytes
        at = start + int.from_bytes(coded[start - size_bytes : start], "big")
        unit = coded[start:at]
        if at > len(coded) or len(unit) < _SHORTEST_UNIT_BYTES or unit[0] & _FORBIDDEN_BIT:
            return "its coded picture is broken"
        if unit[-1] == 0 or _NEVER_IN_A_UNIT.search(unit):
            return "its coded picture has a hole of zero bytes"
        pictures += unit[0] >> 1 <= _LAST_PICTURE_TYPE
    return "" if pictures else "it holds no coded picture"
