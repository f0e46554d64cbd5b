"""Walk the boxes that JPEG 2000 and AVIF files are built of.  Source: ISO/IEC 14496-12, 4.2."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from dedupd.pictures.formats.header import HeaderError, truncated


def boxes(data: memoryview, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box between `start` and `end` with where its content begins and ends.

    Raises:
        HeaderError: A box reaches beyond `end`, or has an impossible size.
    """
    at = start
    while at + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, at)
        content_at = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, content_at)
            content_at += 8
        elif size == 0:
            size = end - at  # the last one: to the end
        if at + size > end:
            raise truncated("its last box")
        if at + size < content_at:
            raise HeaderError("damaged", "a box is smaller than its own header")
        yield name, content_at, at + size
        at += size
