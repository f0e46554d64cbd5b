"""Look at a picture: bytes in, fingerprint, signature, comparison, hashes or thumbnail out.

Promises: no exception for any bytes, but `NeedsRoom` where `Limits.room_px` is bounded; a picture
that can't be trusted whole is `Unreadable`, or a fingerprint whose `bytes_only` says why nothing
but equal bytes may match it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupd.likeness import NOT_MEASURABLE, Comparison, Measures, Recoding
from dedupd.model import VIEWS, Fingerprint, PerceptualHash, Signature, Unreadable, View
from dedupd.pictures.capture import Capture
from dedupd.pictures.codec import open_header
from dedupd.pictures.damage import find_damage
from dedupd.pictures.decoders import of_one_sensor
from dedupd.pictures.dhash import dhash, turned_hashes
from dedupd.pictures.formats.header import Header
from dedupd.pictures.hashes import HASHES
from dedupd.pictures.limits import Limits
from dedupd.pictures.measures import luma, measure, seen, tint_difference, tints
from dedupd.pictures.recoding import recoded
from dedupd.pictures.retelling import can_be_retold, retold
from dedupd.pictures.shown import Shown, in_colour, in_grey, in_small
from dedupd.pictures.signature import signature
from dedupd.pictures.sketch import is_featureless, sketch
from dedupd.pictures.thumbnail import thumbnail as small_jpeg

_SIMILAR_BLOCKS = 16.0  # beyond it no coding explains the difference

_LARGE_PX, _EQUAL_BLOCKS = 512, 3.0  # a cell of its signature is larger than such a block
_JUST_IT = 0.1  # RMS grey levels; frames with noise of 0.3 and more left 0.152 at least
_JUST_IT_LOSSLESS = 0.05  # the same of a lossless needle: a level in one pixel of 400
_JUST_IT_PEAK = 3.0  # grey levels of 4 x 4 pixels
_COARSE = 33.0  # a JPEG's of quality 30; of 512 x 512 pixels even one of 5 tells moments apart

_SURE_OF_BYTES_ONLY = ("damaged", "frames")
_RAW = "raw"


def fingerprint(
    data: bytes | memoryview, limits: Limits, capture: Capture
) -> Fingerprint | Unreadable:
    """Return what the first pass learns: a grey decode, reduced where the format can."""
    view = memoryview(data)
    header = open_header(view, limits)
    if isinstance(header, Unreadable):
        return header
    look = in_grey(view, header, capture)
    if isinstance(look, Unreadable):
        return look
    sketched = sketch(look.values)
    reason, note = _bytes_only(view, header, look, sketched)
    return Fingerprint(
        *header.upright_size,
        dhash=dhash(look.values).value,
        sketch=sketched,
        format=header.format,
        bytes_only=reason,
        note=note,
        taken_at=header.taken_at,
        coded=b"" if reason in _SURE_OF_BYTES_ONLY else header.coded,
        turned=turned_hashes(look.values),
        coding_error=header.coding_error,
        camera=header.camera,
    )


def sign(data: bytes | memoryview, limits: Limits, capture: Capture) -> Signature | Unreadable:
    """Return the signature; a picture that shows damage when decoded in full has none."""
    picture = _full_colour(_opened(data, limits), capture)
    return picture if isinstance(picture, Unreadable) else signature(picture)


def compare(
    needle: bytes | memoryview,
    haystack: bytes | memoryview,
    view: View,
    sign: tuple[bool, bool],
    limits: Limits,
    capture: Capture,
) -> Comparison:
    """Return the signatures that are wanted, and the measures of both, the needle in that view.

    The pictures are decoded one after the other; of the first its luma and tints stay in memory.
    Two camera RAW files whose sensors saw other values can't be measured: what is decoded of them
    are mostly their previews.
    """
    opened = _opened(needle, limits)
    keep = isinstance(opened, _File) and can_be_retold(opened.header)
    ours = _seen_whole(opened, sign[0], capture)
    theirs = _seen_whole(_opened(haystack, limits), sign[1], capture, keep=keep)
    if isinstance(ours, Unreadable) or isinstance(theirs, Unreadable):
        return Comparison(
            _signature_of(ours) if sign[0] else None,
            _signature_of(theirs) if sign[1] else None,
            NOT_MEASURABLE,
        )
    measures = _measured(ours, theirs, view)
    if _of_two_sensors(ours.file, theirs.file, capture):
        measures = NOT_MEASURABLE
    elif measures.error is None or measures.blocks <= _SIMILAR_BLOCKS:
        measures = _imitated(measures, ours, theirs, view)
    return Comparison(ours.signature, theirs.signature, measures)


def _imitated(measures: Measures, needle: _Whole, haystack: _Whole, view: View) -> Measures:
    """Add what is left once the library's picture is coded as the needle is, or the other way.

    Of two pictures of one size first in grey, which is quick and tells how much it is; in colour if
    that says too little.
    """
    ours, header = seen(needle.luma, view), needle.file.header
    one_size = measures.error is not None
    past = haystack.file.header.luma_steps
    found = recoded(haystack.luma, header, view, ours, past) if one_size else None
    measures = dataclasses.replace(measures, recoded=found)
    made = found is not None and _says_it_all(measures, found, needle)
    if haystack.bgr is not None and not made:
        made = retold(haystack.bgr, header, view, needle.luma, needle.tints)
    measures = dataclasses.replace(measures, retold=made)
    if not one_size or found or measures.retold:
        return measures
    back = recoded(ours, haystack.file.header, VIEWS[0], haystack.luma)
    return dataclasses.replace(measures, source=back)


def _says_it_all(measures: Measures, found: Recoding, needle: _Whole) -> bool:
    """Does grey alone say that the needle was made of it?

    It does of a picture so large and fine that another moment shows in it, as long as the looks,
    colours too, are far from breaking a limit; not where it may be the other way round.
    """
    large = min(needle.luma.shape) >= _LARGE_PX
    alike = max(measures.blocks, measures.tint) <= _EQUAL_BLOCKS
    coarse = needle.file.header.coding_error > _COARSE
    if not large or not alike or coarse or found.done_before:
        return False
    most = _JUST_IT if found.made > 0 else _JUST_IT_LOSSLESS
    return found.left <= most and found.peak <= _JUST_IT_PEAK


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
    picture = _colour(_opened(data, limits), capture)
    if isinstance(picture, Unreadable):
        return picture
    return {name: HASHES[name].make(picture.values) for name in wanted}


def thumbnail(
    data: bytes | memoryview, edge_px: int, limits: Limits, capture: Capture
) -> bytes | Unreadable:
    """Return a JPEG of the picture, see `thumbnail.thumbnail`; damage that decodes is shown too."""
    file = _opened(data, limits)
    if isinstance(file, Unreadable):
        return file
    picture = in_small(file.data, file.header, edge_px, capture)
    return picture if isinstance(picture, Unreadable) else small_jpeg(picture.values, edge_px)


class _File(NamedTuple):
    """A file's bytes, and what they say about themselves."""

    data: memoryview
    header: Header


class _Whole(NamedTuple):
    """What stays of a full decode while the other picture is decoded."""

    file: _File
    luma: NDArray[np.uint8]
    tints: NDArray[np.uint8]
    signature: Signature | None
    bgr: NDArray[np.uint8] | None = None


def _opened(data: bytes | memoryview, limits: Limits) -> _File | Unreadable:
    view = memoryview(data)
    header = open_header(view, limits)
    return header if isinstance(header, Unreadable) else _File(view, header)


def _seen_whole(
    file: _File | Unreadable, sign: bool, capture: Capture, *, keep: bool = False
) -> _Whole | Unreadable:
    if isinstance(file, Unreadable):
        return file
    picture = _full_colour(file, capture)
    if isinstance(picture, Unreadable):
        return picture
    signed = signature(picture) if sign else None
    return _Whole(file, luma(picture), tints(picture), signed, picture if keep else None)


def _measured(needle: _Whole, haystack: _Whole, view: View) -> Measures:
    ours, theirs = seen(needle.luma, view), haystack.luma
    rows, columns = min((ours, theirs), key=lambda one: one.size).shape
    tint = tint_difference(seen(needle.tints, view), haystack.tints, (rows, columns))
    return dataclasses.replace(measure(ours, theirs), tint=tint)


def _of_two_sensors(needle: _File, haystack: _File, capture: Capture) -> bool:
    if needle.header.format != _RAW or haystack.header.format != _RAW:
        return False
    with capture:
        return not of_one_sensor(needle.data, haystack.data)


def _signature_of(whole: _Whole | Unreadable) -> Signature | Unreadable | None:
    return whole if isinstance(whole, Unreadable) else whole.signature


def _bytes_only(view: memoryview, header: Header, look: Shown, sketched: bytes) -> tuple[str, str]:
    """Return why nothing but equal bytes may match, or a person must look; and a note."""
    if look.damage:
        return "damaged", look.note
    if damage := find_damage(header, view, look.values):
        return "damaged", damage
    if header.frames > 1:
        return "frames", "it has more than one picture in it"
    if is_featureless(look.values, sketched):
        return "featureless", "it shows next to nothing"
    if look.transparent:
        return "transparent", look.transparent
    if header.trailing:  # last: the reasons above are stricter
        return "trailing", header.trailing
    return "", look.note


def _full_colour(file: _File | Unreadable, capture: Capture) -> NDArray[np.uint8] | Unreadable:
    picture = _colour(file, capture)
    if isinstance(picture, Unreadable):
        return picture
    return Unreadable("damaged", picture.note) if picture.damage else picture.values


def _colour(file: _File | Unreadable, capture: Capture) -> Shown | Unreadable:
    return file if isinstance(file, Unreadable) else in_colour(file.data, file.header, capture)
