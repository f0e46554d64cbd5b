"""The border to the decoders: bytes in, upright pixels or a reason out, never an exception.

OpenCV decodes what `DECODERS` doesn't.  It is told to leave the orientation alone, which is
applied here, once, for every format; but for TIFF it turns pictures whatever it is told.
Deeper and other colours become 8-bit BGR; colour profiles are left to `colour`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupd.model import Unreadable
from dedupd.pictures.capture import Capture, judge
from dedupd.pictures.decoders import DECODERS, DecodeError
from dedupd.pictures.formats import read_header
from dedupd.pictures.formats.header import Header
from dedupd.pictures.limits import Limits, NeedsRoom
from dedupd.pictures.opencv import MatLike, cv2
from dedupd.pictures.sniff import HEAD_BYTES, sniff

_LEAST_SIDE_PX = 128
_TURNED_BY_OPENCV = ("tiff",)

# Values 2 to 8 of the orientation: a turn first, then a mirror.
_TURNS = {
    3: cv2.ROTATE_180,
    5: cv2.ROTATE_90_CLOCKWISE,
    6: cv2.ROTATE_90_CLOCKWISE,
    7: cv2.ROTATE_90_CLOCKWISE,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_UPSIDE_DOWN, _LEFT_TO_RIGHT = 0, 1
_MIRRORS = {2: _LEFT_TO_RIGHT, 4: _UPSIDE_DOWN, 5: _LEFT_TO_RIGHT, 7: _UPSIDE_DOWN}


class Mode(enum.IntEnum):
    """How to decode; the values are OpenCV's."""

    AS_STORED = cv2.IMREAD_UNCHANGED
    COLOUR = cv2.IMREAD_COLOR
    GREY = cv2.IMREAD_GRAYSCALE
    GREY_HALF = cv2.IMREAD_REDUCED_GRAYSCALE_2
    GREY_QUARTER = cv2.IMREAD_REDUCED_GRAYSCALE_4
    GREY_EIGHTH = cv2.IMREAD_REDUCED_GRAYSCALE_8
    COLOUR_HALF = cv2.IMREAD_REDUCED_COLOR_2
    COLOUR_QUARTER = cv2.IMREAD_REDUCED_COLOR_4
    COLOUR_EIGHTH = cv2.IMREAD_REDUCED_COLOR_8


_REDUCED = ((8, Mode.GREY_EIGHTH), (4, Mode.GREY_QUARTER), (2, Mode.GREY_HALF))
_REDUCED_COLOUR = ((8, Mode.COLOUR_EIGHTH), (4, Mode.COLOUR_QUARTER), (2, Mode.COLOUR_HALF))
_SHRINKS = {mode: shrink for shrink, mode in (*_REDUCED, *_REDUCED_COLOUR)}
_GREYS = (Mode.GREY, *(mode for _, mode in _REDUCED))


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


def open_header(data: memoryview, limits: Limits) -> Header | Unreadable:
    """Return the header of a picture.

    Raises:
        NeedsRoom: It is sound, and too large to be decoded just now.
    """
    header = read_header(sniff(bytes(data[:HEAD_BYTES])), data, limits)
    if isinstance(header, Unreadable):
        return header
    pixels = header.width_px * header.height_px
    if pixels > limits.room_px:
        raise NeedsRoom(pixels)
    return header


def smallest_grey(header: Header) -> Mode:
    """Return the grey mode that leaves the fewest pixels, but 128 on the smaller side."""
    if header.reducible:
        side_px = min(header.width_px, header.height_px)
        for shrink, mode in _REDUCED:
            if side_px // shrink >= _LEAST_SIDE_PX:
                return mode
    return Mode.GREY


def smallest_colour(header: Header, edge_px: int) -> Mode:
    """Return the colour mode that leaves the fewest pixels, but `edge_px` on the longer side."""
    if header.reducible:
        for shrink, mode in _REDUCED_COLOUR:
            if max(header.width_px, header.height_px) // shrink >= edge_px:
                return mode
    return Mode.COLOUR


def decode(data: memoryview, header: Header, mode: Mode, capture: Capture) -> Pixels | Unreadable:
    """Decode a picture whose header was found good; all else is `Unreadable`."""
    try:
        with capture:
            values = _decoded(data, header, mode)
    except DecodeError as error:
        return Unreadable(error.reason, error.detail)
    except (cv2.error, MemoryError) as error:
        return _refused(error)
    said = judge(capture.said)
    if values is None:
        return Unreadable("damaged", f"the decoder gave up: {said.text or 'it said no more'}")
    if header.format not in DECODERS and not _has_size(header, values, _SHRINKS.get(mode, 1)):
        found = f"{values.shape[1]} x {values.shape[0]}"
        return Unreadable("damaged", f"the decoder found {found} pixels, the header says otherwise")
    return Pixels(values, *header.upright_size, note=said.text, damage=said.damage)


def _decoded(data: memoryview, header: Header, mode: Mode) -> MatLike | None:
    """Return the pixels upright; None where OpenCV finds no picture."""
    decoder = DECODERS.get(header.format)
    if decoder is not None:
        return decoder(data, header, mode in _GREYS)
    flags = int(mode) if mode is Mode.AS_STORED else mode | cv2.IMREAD_IGNORE_ORIENTATION
    values = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if values is None or header.format in _TURNED_BY_OPENCV:
        return values
    return upright(values, header.orientation)


def upright(values: MatLike, orientation: int) -> MatLike:
    """Return stored pixels as people see them; `orientation` is EXIF's, 1 to 8."""
    if orientation in _TURNS:
        values = cv2.rotate(values, _TURNS[orientation])
    if orientation in _MIRRORS:
        values = cv2.flip(values, _MIRRORS[orientation])
    return values


def _refused(error: cv2.error | MemoryError) -> Unreadable:
    if isinstance(error, MemoryError) or error.code == cv2.Error.StsNoMem:
        return Unreadable("too-large", "it does not fit into the memory of a worker")
    return Unreadable("damaged", f"the decoder refused it: {error.err or 'it did not say why'}")


def _has_size(header: Header, values: MatLike, shrink: int) -> bool:
    """Return whether the pixels are as many as the header says."""
    width_px, height_px = (-(-side // shrink) for side in header.upright_size)
    return tuple(values.shape[:2]) == (height_px, width_px)
