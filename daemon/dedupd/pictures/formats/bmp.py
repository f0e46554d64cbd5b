"""BMP: its size, and whether all of its rows are there.

Source: BITMAPINFOHEADER and BITMAPV4HEADER, Windows documentation.
"""

from __future__ import annotations

import struct

from dedupd.pictures.formats.header import EIGHT_BIT_ERROR, Header, truncated

_CORE_HEADER_BYTES = 12
_V4_HEADER_BYTES = 108
_STORED = (0, 3)  # BI_RGB, BI_BITFIELDS: rows as they are
_ALPHA_MASK_AT = 66


def read(data: memoryview) -> Header:
    """Return the header of a BMP; its pixels are stored as they are, or run-length coded."""
    data_at, header_bytes = struct.unpack_from("<II", data, 10)
    if header_bytes == _CORE_HEADER_BYTES:
        width_px, height_px, _, bits = struct.unpack_from("<HHHH", data, 18)
        compression = 0
    else:
        width_px, height_px, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    height_px = abs(height_px)  # negative: the top row comes first
    row_bytes = (width_px * bits + 31) // 32 * 4
    if compression in _STORED and data_at + row_bytes * height_px > len(data):
        raise truncated("its last row")
    alpha = header_bytes >= _V4_HEADER_BYTES and any(data[_ALPHA_MASK_AT : _ALPHA_MASK_AT + 4])
    return Header(
        width_px,
        height_px,
        (data_at, len(data)),
        alpha=alpha,
        coding_error=EIGHT_BIT_ERROR,
        zero_run_bytes=0,
    )
