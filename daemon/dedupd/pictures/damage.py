"""Find the holes that codecs read over: long runs of zero bytes where a picture's data are.

A file that was copied only in part, or lies on a bad sector, has zeros where data should be;
WebP, TIFF and BMP decode such a file without a word.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dedupd.pictures.formats.header import Header
from dedupd.pictures.opencv import cv2

_TAIL_BYTES = 64
_STORED_TAIL_BYTES = 512  # black pixels at the end are zeros too: less than a sector is no sign
_BLOCK_PX = 8
_BLOCKS_PER_BYTE = 0.5  # a flat block of all channels takes 16 bits at most

Grey = NDArray[np.uint8]
"""The decode of the first pass, reduced or not, shape (height, width)."""


def find_damage(header: Header, data: memoryview, grey: Grey | None = None) -> str:
    """Return what is wrong with the pixel data, in words; "" if nothing shows.

    Args:
        grey: Without it, the picture is taken to have no flat area.
    """
    if header.damage:
        return header.damage
    start, end = header.data
    span = data[start:end]
    run_bytes = header.zero_run_bytes
    tail_bytes = _TAIL_BYTES if run_bytes else _STORED_TAIL_BYTES
    if len(span) > tail_bytes and not any(span[-tail_bytes:]):
        return "its picture data end in zeros"
    hole = f"its picture data have a hole of {run_bytes} zero bytes or more"
    spans = header.zero_run_spans if header.zero_run_spans is not None else (header.data,)
    if run_bytes and _have_zero_run(data, spans, run_bytes):
        return hole
    if run_bytes and _have_zero_run(data, header.flat_spans, run_bytes):
        flat_blocks = 0 if grey is None else _flat_blocks(header, grey)
        return hole if flat_blocks < run_bytes * _BLOCKS_PER_BYTE else ""
    return ""


def _have_zero_run(data: memoryview, spans: Iterable[tuple[int, int]], run_bytes: int) -> bool:
    return any(_has_zero_run(data[start:end], run_bytes) for start, end in spans)


def _has_zero_run(span: memoryview, run_bytes: int) -> bool:
    if len(span) < run_bytes:
        return False
    zeros = bytes(run_bytes)
    # A run covers one of the bytes that lie so far apart, wherever it begins.
    sampled = np.frombuffer(span, np.uint8)[::run_bytes]
    for at in (np.flatnonzero(sampled == 0) * run_bytes).tolist():
        if zeros in bytes(span[max(0, at - run_bytes + 1) : at + run_bytes]):
            return True
    return False


def _flat_blocks(header: Header, grey: Grey) -> int:
    """Return how many blocks of 8 x 8 pixels follow each other without any change.

    In the order in which they are coded, rows first; so also in columns, as the picture may have
    been turned.
    """
    width_px, height_px = header.upright_size
    size = max(1, width_px // _BLOCK_PX), max(1, height_px // _BLOCK_PX)
    blocks = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return max(_longest_run(blocks), _longest_run(blocks.T))


def _longest_run(blocks: NDArray[np.uint8]) -> int:
    changes = np.flatnonzero(np.diff(blocks.ravel()))
    borders = np.concatenate([[-1], changes, [blocks.size - 1]])
    return int(np.diff(borders).max())
