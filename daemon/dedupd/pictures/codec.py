"""The border to the decoders: bytes in, pixels or a reason out, never an exception.

OpenCV applies the EXIF orientation in every mode but `IMREAD_UNCHANGED`, so pixels are upright.
It has no colour management: profiles are ignored.  Deeper and other colours become 8-bit BGR.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupd.model import Unreadable
from dedupd.pictures.capture import Capture, judge
from dedupd.pictures.formats import read_header
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits
from dedupd.pictures.opencv import cv2
from dedupd.pictures.sniff import HEAD_BYTES, sniff

_LEAST_SIDE_PX = 128


class Mode(enum.IntEnum):
    """How to decode; the values are OpenCV's."""

    AS_STORED = cv2.IMREAD_UNCHANGED
    COLOUR = cv2.IMREAD_COLOR
    GREY = cv2.IMREAD_GRAYSCALE
    GREY_HALF = cv2.IMREAD_REDUCED_GRAYSCALE_2
    GREY_QUARTER = cv2.IMREAD_REDUCED_GRAYSCALE_4
    GREY_EIGHTH = cv2.IMREAD_REDUCED_GRAYSCALE_8


_REDUCED = ((8, Mode.GREY_EIGHTH), (4, Mode.GREY_QUARTER), (2, Mode.GREY_HALF))
_SHRINKS = {mode: shrink for shrink, mode in _REDUCED}


@dataclass(frozen=True, slots=True)
class Pixels:
    """A decoded picture.

    Attributes:
        values: uint8, shape (height, width) for grey modes and (height, width, 3) for colour, in
            the order blue, green, red; anything that the file holds for `Mode.AS_STORED`.
        width_px, height_px: Upright, in full size, whatever the mode.
        note: What the codec said.
        damage: The codec spoke of more than metadata.
    """

    values: NDArray[np.generic]
    width_px: int
    height_px: int
    note: str
    damage: bool


def open_header(data: memoryview, limits: Limits) -> tuple[str, Header] | Unreadable:
    """Return the content type and the header of a picture."""
    content_type = sniff(bytes(data[:HEAD_BYTES]))
    header = read_header(content_type, data, limits)
    return header if isinstance(header, Unreadable) else (content_type or "", header)


def smallest_grey(header: Header) -> Mode:
    """Return the grey mode that leaves the fewest pixels, but 128 on the smaller side."""
    if header.reducible:
        side_px = min(header.width_px, header.height_px)
        for shrink, mode in _REDUCED:
            if side_px // shrink >= _LEAST_SIDE_PX:
                return mode
    return Mode.GREY


def decode(data: memoryview, header: Header, mode: Mode, capture: Capture) -> Pixels | Unreadable:
    """Decode a picture whose header was found good; all else is `Unreadable`."""
    try:
        with capture:
            values = cv2.imdecode(np.frombuffer(data, np.uint8), int(mode))
    except (cv2.error, MemoryError) as error:
        return _refused(error)
    said = judge(capture.said)
    if values is None:
        return Unreadable("damaged", f"the decoder gave up: {said.text or 'it said no more'}")
    size = _upright_size(header, values.shape, _SHRINKS.get(mode, 1))
    if size is None:
        found = f"{values.shape[1]} x {values.shape[0]}"
        return Unreadable("damaged", f"the decoder found {found} pixels, the header says otherwise")
    return Pixels(values, *size, note=said.text, damage=said.damage)


def _refused(error: cv2.error | MemoryError) -> Unreadable:
    if isinstance(error, MemoryError) or error.code == cv2.Error.StsNoMem:
        return Unreadable("too-large", "it does not fit into the memory of a worker")
    return Unreadable("damaged", f"the decoder refused it: {error.err or 'it did not say why'}")


def _upright_size(header: Header, shape: tuple[int, ...], shrink: int) -> tuple[int, int] | None:
    """Return width and height as shown; None where the pixels aren't those of the header."""
    stored = (header.width_px, header.height_px)
    turned = (header.height_px, header.width_px)
    for size in (turned, stored) if header.turned else (stored, turned):
        if (shape[1], shape[0]) == tuple(-(-side // shrink) for side in size):
            return size
    return None
