"""The table of perceptual hashes, all made from the full colour decode.

To add one: a function here or in its own file, its line in `HASHES`, and golden values.

All but `dhash-article` are made of area means, so a copy of another size has nearly the same
hash; below the size that is asked for, cells are interpolated.  Grey is 0.299 R + 0.587 G +
0.114 B.  Bits are ordered rows first, and the first one is the most significant.
"""

from __future__ import annotations

import dataclasses
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

_LONG_SIDE = 16
_AVERAGE_SIDE = 8
_WAVES = 8
_WAVES_OF_CELLS = 32
_ZERO_DECIMALS = 6

# Row k: k half waves over the cells, seen at the middle of each (a DCT of type II, not scaled).
_COSINES = np.cos(
    np.outer(np.arange(_WAVES), 2 * np.arange(_WAVES_OF_CELLS) + 1) * np.pi / (2 * _WAVES_OF_CELLS)
)


class Hasher(NamedTuple):
    """One perceptual hash.

    Attributes:
        make: Makes it.
        bits: How long it is; at most 256.
        one_colour: The values that pictures of one colour have.
    """

    make: Callable[[Picture], PerceptualHash]
    bits: int
    one_colour: frozenset[int] = frozenset({0})


def carries_evidence(made: PerceptualHash) -> bool:
    """Return whether a hash of the table tells its picture from an all-one-colour one.

    All pictures of one colour have the same hash, white pages and black frames alike, so to find
    it twice says nothing.  Some other pictures have it too: dHash has it of whatever gets brighter
    all the way from left to right.
    """
    return made.value not in HASHES[made.algorithm].one_colour


def _dhash(bgr: Picture) -> PerceptualHash:
    return dhash.dhash(_grey(bgr))


def _dhash16(bgr: Picture) -> PerceptualHash:
    """Return the dHash of 17 x 16 cells."""
    return dataclasses.replace(dhash.dhash(_grey(bgr), _LONG_SIDE), algorithm="dhash16")


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


def _dhash_colour(bgr: Picture) -> PerceptualHash:
    """Return the dHashes of the three channels, one after the other: blue, green, red.

    It tells pictures apart that differ in colour only.  That of a grey picture is its `dhash`
    three times.
    """
    blue, green, red = (
        dhash.dhash(np.ascontiguousarray(bgr[:, :, channel])).value for channel in range(3)
    )
    return PerceptualHash("dhash-colour", bits=192, value=blue << 128 | green << 64 | red)


def _phash(bgr: Picture) -> PerceptualHash:
    """Return the pHash: which of the 64 slowest waves are stronger than their median.

    Bit (r, c) is 1 where coefficient (r, c) of the two-dimensional DCT (type II, not scaled) of
    32 x 32 cells is above the median of the first 8 x 8, which take in the mean at (0, 0).  What
    is zero but for the error of the sum is rounded to zero, so that every machine agrees.

    Source: N. Krawetz, "Looks Like It", The Hacker Factor Blog, 2011, with the median and the
    unscaled DCT of `phash` in the ImageHash package, 4.3.
    """
    cells = _area_means(_grey(bgr), _WAVES_OF_CELLS).astype(np.float64)
    waves = np.round(_COSINES @ cells @ _COSINES.T, _ZERO_DECIMALS)
    return _of_bits("phash", waves > np.median(waves))


def _average(bgr: Picture) -> PerceptualHash:
    """Return the average hash: bit (r, c) is 1 where that cell of 8 x 8 is above their mean.

    Source: N. Krawetz, "Looks Like It", The Hacker Factor Blog, 2011.
    """
    cells = _area_means(_grey(bgr), _AVERAGE_SIDE)
    return _of_bits("average", cells > cells.mean())


def _grey(bgr: Picture) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)


def _area_means(grey: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _of_bits(algorithm: str, bits: NDArray[np.bool_]) -> PerceptualHash:
    value = int.from_bytes(np.packbits(bits).tobytes(), "big")
    return PerceptualHash(algorithm, bits.size, value)


HASHES: Mapping[str, Hasher] = MappingProxyType(
    {
        "dhash": Hasher(_dhash, bits=64),
        "dhash16": Hasher(_dhash16, bits=256),
        "dhash-article": Hasher(_dhash_article, bits=64),
        "dhash-colour": Hasher(_dhash_colour, bits=192),
        # Of one colour but black, the mean is all there is.
        "phash": Hasher(_phash, bits=64, one_colour=frozenset({0, 1 << 63})),
        "average": Hasher(_average, bits=64),
    }
)
"""Every perceptual hash by its name."""
