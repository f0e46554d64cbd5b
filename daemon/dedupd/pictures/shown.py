"""A picture as people see it: upright, its transparent parts on white, its colours in sRGB."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupd.model import Unreadable
from dedupd.pictures import colour, transparency
from dedupd.pictures.capture import Capture
from dedupd.pictures.codec import Mode, decode, smallest_colour, smallest_grey, upright
from dedupd.pictures.formats.header import Header
from dedupd.pictures.measures import luma

Picture = NDArray[np.uint8]

_COLOURS = 3


class Shown(NamedTuple):
    """A decoded picture.

    Attributes:
        values: Shape (height, width) for grey, (height, width, 3) for colour, blue first.
        note: What the codec or we have to say about it, for people; "" if nothing.
        damage: The codec spoke of more than metadata.
        transparent: What of it may be seen through, in words; "" if nothing.
    """

    values: Picture
    note: str
    damage: bool
    transparent: str = ""


def in_grey(data: memoryview, header: Header, capture: Capture) -> Shown | Unreadable:
    """Return a picture in grey, reduced where its format can; colour profiles are left out.

    What is transparent is decoded in colour, and whole.
    """
    if header.alpha:
        whole = in_colour(data, header, capture)
        return whole if isinstance(whole, Unreadable) else whole._replace(values=luma(whole.values))
    pixels = decode(data, header, smallest_grey(header), capture)
    if isinstance(pixels, Unreadable):
        return pixels
    note = pixels.note or _note(header)
    return Shown(np.asarray(pixels.values, np.uint8), note, pixels.damage)


def in_small(
    data: memoryview, header: Header, edge_px: int, capture: Capture
) -> Shown | Unreadable:
    """Return a picture in colour, reduced where its format can, but not below that edge.

    What is transparent, or made of inks, is decoded whole.
    """
    whole = header.alpha or header.inks
    mode = Mode.COLOUR if whole else smallest_colour(header, edge_px)
    return in_colour(data, header, capture, mode)


def in_colour(
    data: memoryview, header: Header, capture: Capture, mode: Mode = Mode.COLOUR
) -> Shown | Unreadable:
    """Return the picture in colour, whole unless a reduced mode is given."""
    pixels = decode(data, header, mode, capture)
    if isinstance(pixels, Unreadable):
        return pixels
    bgr = np.asarray(pixels.values[:, :, :_COLOURS], np.uint8)
    bgr = _without_inks(data, header, bgr) if header.inks else colour.to_srgb(bgr, header.icc)
    note = pixels.note or _note(header)
    if not header.alpha:
        return Shown(bgr, note, pixels.damage)
    alpha = _alpha(data, header, pixels.values, capture)
    if alpha is None:
        return Shown(bgr, note, pixels.damage, "its transparency can't be read")
    if transparency.is_opaque(alpha):
        return Shown(bgr, note, pixels.damage)
    on_white = transparency.on_white(bgr, alpha)
    return Shown(on_white, note, pixels.damage, "parts of it are transparent")


def _note(header: Header) -> str:
    return header.note or colour.fault(header.icc, header.inks)


def _without_inks(data: memoryview, header: Header, bgr: Picture) -> Picture:
    """Return a CMYK picture by its profile; as the codec made it where that can't be done."""
    stored = colour.inks_to_srgb(data, header.icc) if header.icc else None
    if stored is None:
        return bgr
    shown = np.asarray(upright(stored, header.orientation), np.uint8)
    return shown if shown.shape == bgr.shape else bgr


def _alpha(
    data: memoryview, header: Header, decoded: NDArray[np.generic], capture: Capture
) -> Picture | None:
    """Return how opaque each pixel is, 0 to 255; None where nobody can tell."""
    alpha = transparency.alpha_of(decoded)
    if alpha is None:
        stored = decode(data, header, Mode.AS_STORED, capture)
        alpha = None if isinstance(stored, Unreadable) else transparency.alpha_of(stored.values)
    if alpha is None and header.orientation == 1:
        alpha = transparency.read_again(data)
    return alpha if alpha is not None and alpha.shape == decoded.shape[:2] else None
