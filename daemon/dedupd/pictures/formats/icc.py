"""Put colour profiles together from the pieces in which containers hold them.

Source: ICC.1:2022, annex B; PNG Specification, third edition, section 11.3.2.3.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

JPEG_PREFIX = b"ICC_PROFILE\0"
"""What a segment of a JPEG begins with that holds a piece of a profile."""

LARGEST_BYTES = 8 << 20
"""No profile is longer: those of printers are 1 or 2 MB."""

_NUMBERS_BYTES = 2


def join(pieces: Sequence[memoryview]) -> bytes:
    """Return the profile of a JPEG's pieces, given without prefix; b"" where one is missing."""
    numbered = {piece[0]: piece for piece in pieces if len(piece) > _NUMBERS_BYTES}
    counts = {piece[1] for piece in numbered.values()}
    if len(numbered) != len(pieces) or counts != {len(numbered)}:
        return b""
    if set(numbered) != set(range(1, len(numbered) + 1)):
        return b""
    return b"".join(bytes(numbered[i][_NUMBERS_BYTES:]) for i in sorted(numbered))


def inflate(chunk: memoryview) -> bytes:
    """Return the profile of a PNG's chunk: a name, a method, the compressed profile."""
    _, end, rest = bytes(chunk[:LARGEST_BYTES]).partition(b"\0")
    if not end or rest[:1] != b"\0":
        return b""
    try:
        return zlib.decompressobj().decompress(rest[1:], LARGEST_BYTES)
    except zlib.error:
        return b""
