"""Walk the segments of a JPEG, its coded data among them.  Source: ITU-T T.81, annex B."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

START, END, SCAN = 0xD8, 0xD9, 0xDA
_ALONE = 0x01

# FF 00 is a data byte, FF D0..D7 are restarts, FF FF is filling: none of them ends a scan.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]", re.DOTALL)


class Segment(NamedTuple):
    """A marker, where its parameters begin and end, and where the data behind them end."""

    marker: int
    start: int
    end: int
    data_end: int


def segments(data: memoryview, at: int = 0) -> Iterator[Segment]:
    """Yield the segments of the JPEG that begins at `at`; the last one is its end marker.

    Without one the file was cut: where another picture begins, or where the bytes run out.
    """
    found = _MARKER.search(data, at + 2)
    while found:
        marker, start = data[found.end() - 1], found.end()
        if marker == START:
            return
        if marker == END:
            yield Segment(END, start, start, start)
            return
        length = 0 if marker == _ALONE else max(struct.unpack_from(">H", data, start)[0], 2)
        found = _MARKER.search(data, start + length)
        if marker != _ALONE:
            data_end = found.start() if found else len(data)
            yield Segment(marker, start + 2, start + length, data_end)
