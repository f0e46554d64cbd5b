"""What is left of the difference of two pictures once one is coded as the other one's file is?

Whoever made a needle from the library's copy decoded that copy and coded it: doing the same gives
the needle again, but for roundings.  What is left beyond that was lost by the library's copy, or is
the noise of another moment, or a word that differs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupd.likeness import Recoding
from dedupd.model import View
from dedupd.pictures.codec import upright
from dedupd.pictures.formats.header import Header
from dedupd.pictures.measures import Luma, peak, rms, seen
from dedupd.pictures.opencv import MatLike
from dedupd.pictures.traces import Steps, coded, elsewhere, share_made

_INVERSE = {6: 8, 8: 6}  # of EXIF's orientations; every other one is its own inverse


def recoded(
    plain: Luma, like: Header, view: View, other: Luma, past: Steps | None = None
) -> Recoding | None:
    """Code a picture as a file is coded, and compare it with what that file shows.

    Where the picture is nearer to the other one before it is coded, that is compared: a second
    pass through one table changes next to nothing.

    Args:
        plain: Shape (height, width), seen as `other` is.
        like: Of the file that shows `other`; its blocks lie where it stores them.
        view: In which that file's upright picture is `other`.
        past: Table that `plain` itself was last coded with, empty if none is known: `elsewhere`
            allows for it then, and is much sharper (see `traces.share_made`).

    Returns:
        None where the file's coding can't be imitated; a lossless one changes nothing.
    """
    if not like.luma_steps:
        untold = like.coding_error < 0
        return None if untold else Recoding(0.0, rms(plain, other), peak(plain, other), 0.0)
    stored = as_stored(plain, like, view)
    again = coded(stored, like.luma_steps)
    if again is None:
        return None
    again = as_shown(again, like, view)
    nearer = min((again, plain), key=lambda one: rms(one, other))
    left, most, made = rms(nearer, other), peak(nearer, other), rms(plain, again)
    there = _made_elsewhere(made, stored, like.luma_steps, past)
    return None if there is None else Recoding(made, left, most, there)


def _made_elsewhere(made: float, stored: Luma, steps: Steps, past: Steps | None) -> float | None:
    if past is None:
        return elsewhere(stored, steps)
    share = share_made(stored, steps, past)
    return made / share if share else share


def as_stored(values: NDArray[np.uint8], like: Header, view: View) -> NDArray[np.uint8]:
    """Return a picture, seen in that view, as a file lays it out, before its orientation."""
    back = _INVERSE.get(like.orientation, like.orientation)
    return np.asarray(upright(_unseen(values, view), back), np.uint8)


def as_shown(stored: MatLike, like: Header, view: View) -> NDArray[np.uint8]:
    """Return what a file lays out so, in that view: undoes `as_stored`."""
    return seen(np.asarray(upright(stored, like.orientation), np.uint8), view)


def _unseen(values: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    """Return the picture that `seen` shows so in that view."""
    turned = seen(values, View(-view.quarters, mirrored=False))
    return np.fliplr(turned) if view.mirrored else turned
