"""JPEG 2000: the size that its code stream says, its end, and its colour profile.

The boxes around a code stream may lie about its size, so they aren't asked for that.
Source: ITU-T T.800, annexes A and I.
"""

from __future__ import annotations

import struct

from dedupd.pictures.formats.boxes import boxes
from dedupd.pictures.formats.header import Header, HeaderError, truncated

_STREAM_START = b"\xff\x4f\xff\x51"
_STREAM_END = b"\xff\xd9"
_PROFILE_METHODS = (2, 3)  # of a colour box: restricted, any
_ZERO_RUN_BYTES = 512  # arithmetic coding: far longer ones don't happen


def read(data: memoryview) -> Header:
    """Return the header of a JPEG 2000 file or bare code stream."""
    start, end = _stream(data)
    if bytes(data[start : start + 4]) != _STREAM_START:
        raise HeaderError("damaged", "it has no code stream")
    right, bottom, left, top = struct.unpack_from(">IIII", data, start + 8)
    (components,) = struct.unpack_from(">H", data, start + 40)
    if bytes(data[end - 2 : end]) != _STREAM_END:
        raise truncated("its end marker")
    return Header(
        right - left,
        bottom - top,
        data=(start, end),
        alpha=components in (2, 4),
        icc=_profile(data) if start else b"",
        zero_run_bytes=_ZERO_RUN_BYTES,
    )


def _stream(data: memoryview) -> tuple[int, int]:
    if bytes(data[:4]) == _STREAM_START:
        return 0, len(data)
    for name, start, end in boxes(data, 0, len(data)):
        if name == b"jp2c":
            return start, end
    raise truncated("its code stream")


def _profile(data: memoryview) -> bytes:
    """Return the colour profile in the boxes before the code stream; b"" if there is none."""
    for name, start, end in boxes(data, 0, len(data)):
        if name == b"jp2c":
            break
        for inner, at, inner_end in boxes(data, start, end) if name == b"jp2h" else ():
            if inner == b"colr" and data[at] in _PROFILE_METHODS:
                return bytes(data[at + 3 : inner_end])
    return b""
