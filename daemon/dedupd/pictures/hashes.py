"""The table of perceptual hashes, all made from the full colour decode.

To add one: a function here or in its own file, its line in `HASHES`, and a golden value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupd.model import PerceptualHash
from dedupd.pictures import dhash
from dedupd.pictures.opencv import cv2

Picture = NDArray[np.uint8]
"""A full decode, shape (height, width, 3), blue first, upright."""


class Hasher(NamedTuple):
    """One perceptual hash: how it is made, and how long it is."""

    make: Callable[[Picture], PerceptualHash]
    bits: int


def _dhash(bgr: Picture) -> PerceptualHash:
    return dhash.dhash(_grey(bgr))


def _dhash_article(bgr: Picture) -> PerceptualHash:
    """Return the hash of the article that dedupd began with, value for value.

    Bit (r, c) is 1 where cell (r, c + 1) of a bilinear 9 x 8 reduction is brighter than cell
    (r, c).  Rows first, *least* significant bit first.

    Source: A. Rosebrock, "Image hashing with OpenCV and Python", PyImageSearch, 2017.
    """
    cells = cv2.resize(_grey(bgr), (9, 8))
    brighter = cells[:, 1:] > cells[:, :-1]
    packed = np.packbits(brighter, bitorder="little").tobytes()
    value = int.from_bytes(packed, "little")
    return PerceptualHash("dhash-article", bits=64, value=value)


def _grey(bgr: Picture) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)


HASHES: Mapping[str, Hasher] = MappingProxyType(
    {
        "dhash": Hasher(_dhash, bits=64),
        "dhash-article": Hasher(_dhash_article, bits=64),
    }
)
