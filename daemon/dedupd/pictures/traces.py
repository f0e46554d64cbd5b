"""Was a picture coded before as a file is coded?  A coding changes little what it made itself.

What it would change otherwise is seen half a block further on, where no earlier blocks lie.
"""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image

from dedupd.pictures.measures import Luma, rms
from dedupd.pictures.opencv import MatLike, cv2

Steps = tuple[int, ...]
"""A quantisation table in zigzag order, as files hold it; empty: none."""

_SIDE = 8
_HALF = 4
_LARGEST_STEP = 255
_STRIPS_PIXELS = 500_000
_BESIDE = (0.9, 1.1)
"""Times the steps of tables nearby, which know nothing of the one in question."""


def coded(stored: MatLike, steps: Steps) -> Luma | None:
    """Return a picture after it was coded with that quantisation table and decoded.

    Returns:
        None where the encoder refuses: no pixels, more than JPEG allows, or no table.
    """
    file = io.BytesIO()
    try:
        whole = Image.fromarray(np.ascontiguousarray(stored, np.uint8))
        whole.save(file, "JPEG", qtables=[by_rows(steps)])
    except (OSError, ValueError, SystemError):
        return None
    again = cv2.imdecode(np.frombuffer(file.getbuffer(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return None if again is None else np.asarray(again, np.uint8)


def elsewhere(stored: Luma, steps: Steps) -> float | None:
    """Return what a coding makes of a picture half a block further on, RMS grey levels."""
    return _made(_strips(stored[_HALF:, _HALF:]), steps)


def share_made(stored: Luma, steps: Steps, past: Steps) -> float | None:
    """Return what a coding makes of a picture as a share of what it would if it never was coded so.

    Near 1 of any other picture, less where the coding was done before, however fine the last one.
    The picture's own last coding, and what came before that, is allowed for: the former is done
    once more half a block further on, and tables nearby, which meet with the latter alike, are
    measured beside the one in question.

    Args:
        stored: Shape (height, width), as the file lays it out that is coded with `steps`.
        past: The table of the picture's own file.
    """
    here, further = _strips(stored), _strips(stored[_HALF:, _HALF:])
    there = coded(further, past) if past else further
    if there is None:
        return None
    shares = [_share(here, there, steps), *(_share(here, there, _times(k, steps)) for k in _BESIDE)]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return None
    beside = math.fsum(known[1:]) / len(_BESIDE)
    return known[0] / beside if beside else 1.0


def by_rows(steps: Steps) -> list[int]:
    """Return a quantisation table, which files hold in zigzag order, row by row."""
    by_rows = [0] * len(steps)
    for step, at in zip(steps, _ZIGZAG, strict=True):
        by_rows[at] = min(step, _LARGEST_STEP)
    return by_rows


def _share(here: Luma, there: Luma, steps: Steps) -> float | None:
    made, other = _made(here, steps), _made(there, steps)
    if made is None or other is None:
        return None
    return made / other if other else 1.0


def _made(picture: Luma, steps: Steps) -> float | None:
    again = coded(picture, steps)
    return None if again is None else rms(picture, again)


def _times(factor: float, steps: Steps) -> Steps:
    return tuple(max(1, round(factor * step)) for step in steps)


def _strips(stored: Luma) -> Luma:
    """Return rows of blocks, evenly spread, of a large picture: they say as much as all."""
    rows, columns = len(stored) // _SIDE, stored.shape[1]
    every = -(-rows * _SIDE * columns // _STRIPS_PIXELS)
    if every <= 1:
        return stored
    return stored[: rows * _SIDE].reshape(rows, _SIDE, columns)[::every].reshape(-1, columns)


def _along_diagonals(at: int) -> tuple[int, int]:
    row, column = divmod(at, _SIDE)
    diagonal = row + column
    return diagonal, row if diagonal % 2 else column


_ZIGZAG = sorted(range(_SIDE * _SIDE), key=_along_diagonals)
