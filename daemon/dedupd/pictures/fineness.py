"""Is a small, coarse picture fine enough to tell one moment from another?

The noise of a camera's sensor is another one in each frame, and so is what coding makes of them.
But where a picture is shrunken to a thumbnail, or coded so coarsely that next to nothing is left,
two frames of a scene that doesn't move may come out as the very same picture.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Coding = Callable[[Picture], Picture | None]
"""A picture, shape (height, width, 3), coded and decoded again; None where it can't be."""

FRAME_SHARE = 0.18
"""Of the pixels, that two frames differ in by noise of 0.3 levels: no sensor has less."""
FAINT = 64
"""Of so many such pixels one is changed: the noise of a frame is eight times as strong."""
DRAWS = 4
"""Times that this must show: then not five of 10,000 other moments come out as the same."""

_WINDOW_PX = 1024
_OFF_GRID_PX = 4  # a picture that was coded before changes least where its blocks lay


def tells_moments(plain: Picture, coding: Coding, shrunk: float) -> bool:
    """Would the faintest noise, a fraction of any sensor's, show in what a coding makes?

    Args:
        plain: What is coded; of a large picture its middle is looked at.
        shrunk: How many times wider the picture was that it was made of: that means out noise.
    """
    window = plain[tuple(map(_middle, plain.shape[:2]))]
    calm = coding(window) if window.size else None
    return calm is not None and all(
        _differs(calm, coding(_noisy(window, FRAME_SHARE / FAINT / shrunk, seed)))
        for seed in range(DRAWS)
    )


def _middle(side_px: int) -> slice:
    start = max(0, side_px - _WINDOW_PX) // 2
    start += _OFF_GRID_PX - start % (2 * _OFF_GRID_PX)
    return slice(start, start + _WINDOW_PX)


def _noisy(picture: Picture, share: float, seed: int) -> Picture:
    """Return the picture with that share of its pixels a level brighter or darker."""
    dice = np.random.default_rng(seed).random(picture.shape[:2])[:, :, None]
    change = (dice < share / 2).astype(np.int16) - (dice > 1 - share / 2)
    return np.asarray(np.clip(picture + change, 0, 255), np.uint8)


def _differs(calm: Picture, noisy: Picture | None) -> bool:
    return noisy is not None and not np.array_equal(calm, noisy)
