"""Find the holes that codecs read over: long runs of zero bytes where a picture's data are.

A file that was copied only in part, or lies on a bad sector, has zeros where data should be;
WebP, TIFF and BMP decode such a file without a word.
"""

from __future__ import annotations

from dedupd.pictures.formats.header import Header

_TAIL_BYTES = 64
_STORED_TAIL_BYTES = 512  # black pixels at the end are zeros too: less than a sector is no sign
_CHUNK_BYTES = 1 << 20


def find_damage(header: Header, data: memoryview) -> str:
    """Return what is wrong with the pixel data, in words; "" if nothing shows."""
    if header.damage:
        return header.damage
    start, end = header.data
    span = data[start:end]
    tail_bytes = _TAIL_BYTES if header.zero_run_bytes else _STORED_TAIL_BYTES
    if len(span) > tail_bytes and not any(span[-tail_bytes:]):
        return "its picture data end in zeros"
    if header.zero_run_bytes and _has_zero_run(span, header.zero_run_bytes):
        return f"its picture data have a hole of {header.zero_run_bytes} zero bytes or more"
    return ""


def _has_zero_run(span: memoryview, run_bytes: int) -> bool:
    zeros = bytes(run_bytes)
    # Chunks overlap, so that a run across a border is seen.
    return any(
        zeros in bytes(span[at : at + _CHUNK_BYTES + run_bytes])
        for at in range(0, len(span), _CHUNK_BYTES)
    )
