"""Hashes as real libraries have them, in any number: made of photographs, spliced and flipped.

The photographs are those that come installed with scikit-image; nothing is fetched.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import skimage
from numpy.typing import NDArray

from dedupd.pictures.dhash import dhash

Hashes = NDArray[np.uint64]

REAL_HASHES = 20_000
PHOTOS = (
    "astronaut.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
)
LEAST_PX = 48
BAND_BITS = np.uint64(16)


def real(dice: np.random.Generator, count: int = REAL_HASHES) -> Hashes:
    """Return the dHashes of so many crops of photographs, mirrored and altered."""
    folder = Path(skimage.__file__).parent / "data"
    photos = [cv2.imread(str(folder / name), cv2.IMREAD_GRAYSCALE) for name in PHOTOS]
    pictures = (altered(np.asarray(photos[n % len(photos)]), dice) for n in range(count))
    return np.array([dhash(one).value for one in pictures], dtype=np.uint64)


def altered(photo: NDArray[np.uint8], dice: np.random.Generator) -> NDArray[np.uint8]:
    """Return a crop of a photograph of another size, contrast and noise, mirrored or not."""
    height_px, width_px = (int(dice.integers(LEAST_PX, side_px + 1)) for side_px in photo.shape)
    top_px, left_px = (
        int(dice.integers(0, whole_px - part_px + 1))
        for whole_px, part_px in zip(photo.shape, (height_px, width_px), strict=True)
    )
    crop = photo[top_px : top_px + height_px, left_px : left_px + width_px]
    small = cv2.resize(crop, (72, 72), interpolation=cv2.INTER_AREA).astype(float)
    curved = 255 * (small / 255) ** dice.uniform(0.6, 1.6) + dice.normal(0, 2, small.shape)
    whole = np.clip(curved, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(whole[:, ::-1] if dice.integers(2) else whole)


def clustered(source: Hashes, count: int, dice: np.random.Generator) -> Hashes:
    """Return so many hashes whose 16-bit bands are those of real ones, two bits flipped at most.

    So each band is as crowded as in real life, and no hash is much likelier than another.
    """
    hashes = np.zeros(count, dtype=np.uint64)
    for band in range(4):
        shift = np.uint64(band) * BAND_BITS
        bands = source[dice.integers(0, len(source), count)] >> shift
        hashes |= (bands & np.uint64(0xFFFF)) << shift
    return flipped(hashes, 2, dice)


def flipped(hashes: Hashes, bits: int, dice: np.random.Generator) -> Hashes:
    """Return the hashes with so many bits flipped, or two less where one was met twice."""
    for _ in range(bits):
        places = dice.integers(0, 64, len(hashes), dtype=np.uint64)
        hashes = hashes ^ (np.uint64(1) << places)
    return hashes


def needles(library: Hashes, source: Hashes, count: int, dice: np.random.Generator) -> Hashes:
    """Return needles: half are copies, up to four bits off, half are new pictures."""
    copies = library[dice.integers(0, len(library), count // 2)]
    new = clustered(source, count - len(copies), dice)
    return dice.permutation(np.concatenate([flipped(copies, 4, dice), new]))
