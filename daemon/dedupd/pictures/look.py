"""Look at a picture: bytes in, fingerprint, signature, comparison or hashes out.

Promises: no exception for any bytes; a picture that can't be trusted whole is `Unreadable`, or a
fingerprint whose `bytes_only` says why nothing but equal bytes may match it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupd.model import (
    Comparison,
    Fingerprint,
    PerceptualHash,
    Signature,
    Unreadable,
)
from dedupd.pictures.capture import Capture
from dedupd.pictures.codec import Mode, Pixels, decode, open_header, smallest_grey
from dedupd.pictures.damage import find_damage
from dedupd.pictures.dhash import dhash
from dedupd.pictures.formats.header import Header
from dedupd.pictures.hashes import HASHES
from dedupd.pictures.limits import Limits
from dedupd.pictures.signature import block_difference, block_means, signature
from dedupd.pictures.sketch import is_featureless, sketch

_FOUR_CHANNELS = (4,)
_PADDING_BYTES = 16


def fingerprint(
    data: bytes | memoryview, limits: Limits, capture: Capture
) -> Fingerprint | Unreadable:
    """Return what the first pass learns: a grey decode, reduced where the format can."""
    view = memoryview(data)
    opened = open_header(view, limits)
    if isinstance(opened, Unreadable):
        return opened
    content_type, header = opened
    pixels = decode(view, header, smallest_grey(header), capture)
    if isinstance(pixels, Unreadable):
        return pixels
    luma = np.asarray(pixels.values, np.uint8)
    cells = sketch(luma)
    reason, note = _bytes_only(view, header, pixels, cells, capture)
    return Fingerprint(
        pixels.width_px,
        pixels.height_px,
        dhash=dhash(luma).value,
        sketch=cells,
        format=content_type,
        bytes_only=reason,
        note=note,
        taken_at=header.taken_at,
    )


def sign(data: bytes | memoryview, limits: Limits, capture: Capture) -> Signature | Unreadable:
    """Return the signature; a picture that shows damage when decoded in full has none."""
    picture = _full_colour(memoryview(data), limits, capture)
    return picture if isinstance(picture, Unreadable) else signature(picture)


def compare(
    first: bytes | memoryview, second: bytes | memoryview, limits: Limits, capture: Capture
) -> Comparison:
    """Return both signatures, and the block difference where both have the same size.

    The pictures are decoded one after the other, so only one is in memory.
    """
    one = _seen_whole(memoryview(first), limits, capture)
    other = _seen_whole(memoryview(second), limits, capture)
    if isinstance(one, Unreadable) or isinstance(other, Unreadable):
        return Comparison(_signature_of(one), _signature_of(other), None)
    equal_size = one.shape == other.shape
    difference = block_difference(one.blocks, other.blocks) if equal_size else None
    return Comparison(one.signature, other.signature, difference)


def hashes(
    data: bytes | memoryview, names: Iterable[str], limits: Limits, capture: Capture
) -> dict[str, PerceptualHash] | Unreadable:
    """Return the named perceptual hashes of the full decode, in the order asked for.

    The codec's warnings don't count: such a hash is shown to people, it is no evidence.
    """
    wanted = tuple(names)
    if unknown := [name for name in wanted if name not in HASHES]:
        known = ", ".join(HASHES)
        return Unreadable("unsupported", f"no hash is called {unknown[0]}; there are {known}")
    pixels = _colour(memoryview(data), limits, capture)
    if isinstance(pixels, Unreadable):
        return pixels
    bgr = np.asarray(pixels.values, np.uint8)
    return {name: HASHES[name].make(bgr) for name in wanted}


class _Whole(NamedTuple):
    """What stays of a full decode while the other picture is decoded."""

    signature: Signature
    blocks: NDArray[np.uint8]
    shape: tuple[int, ...]


def _seen_whole(view: memoryview, limits: Limits, capture: Capture) -> _Whole | Unreadable:
    picture = _full_colour(view, limits, capture)
    if isinstance(picture, Unreadable):
        return picture
    return _Whole(signature(picture), block_means(picture), picture.shape)


def _signature_of(whole: _Whole | Unreadable) -> Signature | Unreadable:
    return whole if isinstance(whole, Unreadable) else whole.signature


def _bytes_only(
    view: memoryview, header: Header, pixels: Pixels, cells: bytes, capture: Capture
) -> tuple[str, str]:
    """Return why nothing but equal bytes may match, and a note for people."""
    if pixels.damage:
        return "damaged", pixels.note
    if damage := find_damage(header, view):
        return "damaged", damage
    if header.frames > 1:
        return "frames", "it has more than one picture in it"
    if header.alpha and (why := _transparency(view, header, capture)):
        return "transparent", why
    if is_featureless(cells):
        return "featureless", "it shows next to nothing"
    if _has_more_behind(header, view):  # last: the reasons above are stricter
        return "trailing", "something else follows the picture in its file"
    return "", pixels.note


def _has_more_behind(header: Header, view: memoryview) -> bool:
    """Does content follow the picture: the film of a motion photo, or a second picture?

    Padding, zeros or a few bytes that cameras leave, is none.
    """
    behind = bytes(view[header.data[1] :]) if header.whole_at_end else b""
    return len(behind.strip(b"\0\xff")) > _PADDING_BYTES


def _transparency(view: memoryview, header: Header, capture: Capture) -> str:
    """Return what of the picture may be seen through, in words; "" if nothing."""
    stored = decode(view, header, Mode.AS_STORED, capture)
    if isinstance(stored, Unreadable) or stored.values.shape[2:] != _FOUR_CHANNELS:
        return "its transparency can't be read"
    alpha = stored.values[:, :, 3]
    opaque = 255 if alpha.dtype == np.uint8 else 65535
    return "" if bool(np.all(alpha == opaque)) else "parts of it are transparent"


def _full_colour(
    view: memoryview, limits: Limits, capture: Capture
) -> NDArray[np.uint8] | Unreadable:
    pixels = _colour(view, limits, capture)
    if isinstance(pixels, Unreadable):
        return pixels
    if pixels.damage:
        return Unreadable("damaged", pixels.note)
    return np.asarray(pixels.values, np.uint8)


def _colour(view: memoryview, limits: Limits, capture: Capture) -> Pixels | Unreadable:
    opened = open_header(view, limits)
    if isinstance(opened, Unreadable):
        return opened
    return decode(view, opened[1], Mode.COLOUR, capture)
