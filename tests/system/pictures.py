"""Makes the pictures of the system tests: distinct crops of real photographs with sensor noise.

Every two of them differ by at least 40 grey levels somewhere in their 16 x 16 grids, and their
grids don't correlate, so no two can be taken for the same picture.  What is put where is known to
the maker alone, never asked of dedupd.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.unit.picture_samples import encoded, photo

Picture = NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX = 480, 360
LIBRARY_QUALITY = 92
GRID = 16
LEAST_GRID_DIFFERENCE = 40
MOST_CORRELATION = 0.78
NOISE_LEVELS = 2.0
LEAST_DEVIATION = 16
MOST_PICTURES = 500
SURE_LUMA_DIFFERENCE = 3

OURS = (
    "astronaut.png", "chelsea.png", "rocket.jpg", "hubble_deep_field.jpg", "motorcycle_left.png",
    "ihc.png", "camera.png", "clock_motion.png", "gravel.png", "brick.png", "grass.png",
)  # fmt: skip
"""What the library is made of."""

FOREIGN = ("coffee.png", "coins.png")
"""Sources of which the library has nothing."""


def ours(count: int) -> tuple[bytes, ...]:
    """Return `count` JPEG files, no two of them alike, from the sources of the library."""
    return _first(OURS, count)


def foreign(count: int) -> tuple[bytes, ...]:
    """Return JPEG files from sources that the library lacks."""
    return _first(FOREIGN, count)


def pixels(data: bytes) -> Picture:
    """Return the picture in a file."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def resaved(data: bytes, quality: int = 80) -> bytes:
    """Return the picture saved anew as a JPEG."""
    return encoded(pixels(data), ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)


def resized(data: bytes, factor: float) -> bytes:
    """Return the picture in another size, as a JPEG."""
    size = round(WIDTH_PX * factor), round(HEIGHT_PX * factor)
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(pixels(data), size, interpolation=way), np.uint8)
    return encoded(small, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 95)


def as_png(data: bytes) -> bytes:
    """Return the picture as a PNG: the very same pixels."""
    return encoded(pixels(data), ".png")


def as_webp(data: bytes) -> bytes:
    """Return the picture as a lossy WebP."""
    return encoded(pixels(data), ".webp", cv2.IMWRITE_WEBP_QUALITY, 95)


def surely_the_same(data: bytes, change: Callable[[bytes], bytes]) -> bool:
    """Say whether a changed copy stays so near that it must be told as the same picture.

    Small sharp pictures may move by more than dedupd allows when their size changes; whoever
    looks at those may rightly hesitate, so the sets of the tests leave them out.
    """
    before, after = _cells(data), _cells(change(data))
    return int(np.abs(before - after).max()) <= SURE_LUMA_DIFFERENCE


def _cells(data: bytes) -> NDArray[np.int16]:
    cells = cv2.resize(pixels(data), (64, 64), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(cells, cv2.COLOR_BGR2GRAY).astype(np.int16)


def _noise() -> NDArray[np.float32]:
    field = np.random.default_rng(1).normal(0, NOISE_LEVELS, (2 * HEIGHT_PX, 2 * WIDTH_PX, 3))
    return field.astype(np.float32)


def _first(sources: tuple[str, ...], count: int) -> tuple[bytes, ...]:
    made, others = _made(sources)
    made += itertools.islice(others, max(0, count - len(made)))
    assert len(made) >= count, "the photographs don't yield so many distinct crops"
    return tuple(made[:count])


@cache
def _made(sources: tuple[str, ...]) -> tuple[list[bytes], Iterator[bytes]]:
    """Return the pictures that this process has made so far, and what makes further ones."""
    return [], _distinct(sources)


def _distinct(sources: Sequence[str]) -> Iterator[bytes]:
    """Yield crops of the sources in turn, leaving out what is like one that was taken."""
    random, noise = np.random.default_rng(2026), _noise()
    grids = np.empty((MOST_PICTURES, GRID * GRID), np.float32)
    taken = 0
    for tried in range(60 * MOST_PICTURES):
        if taken == MOST_PICTURES:
            return
        crop = _crop(photo(sources[tried % len(sources)]), random)
        grid = _grid(crop)
        if grid.std() >= LEAST_DEVIATION and not _is_like_any(grid, grids[:taken]):
            grids[taken] = grid
            taken += 1
            yield _developed(crop, noise, random)


def _crop(source: Picture, random: np.random.Generator) -> Picture:
    """Cut out a part of 4 to 3, a quarter to four fifths of what fits."""
    height_px, width_px = source.shape[:2]
    largest_px = min(width_px, height_px * WIDTH_PX // HEIGHT_PX)
    w_px = int(largest_px * random.uniform(0.25, 0.8))
    h_px = w_px * HEIGHT_PX // WIDTH_PX
    left = int(random.integers(0, width_px - w_px + 1))
    top = int(random.integers(0, height_px - h_px + 1))
    return source[top : top + h_px, left : left + w_px]


def _developed(crop: Picture, noise: NDArray[np.float32], random: np.random.Generator) -> bytes:
    """Return the crop in full size with the noise of a sensor, as a JPEG."""
    image = cv2.resize(crop, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    top, left = (int(random.integers(0, size)) for size in (HEIGHT_PX, WIDTH_PX))
    noisy = image + noise[top : top + HEIGHT_PX, left : left + WIDTH_PX]
    picture = np.clip(noisy, 0, 255).astype(np.uint8)
    return encoded(picture, ".jpg", cv2.IMWRITE_JPEG_QUALITY, LIBRARY_QUALITY)


def _grid(crop: Picture) -> NDArray[np.float32]:
    small = cv2.resize(crop, (GRID, GRID), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32).ravel()


def _is_like_any(grid: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    if len(others) == 0:
        return False
    nearest = np.abs(others - grid).max(axis=1).min()
    products = _unit(others) @ _unit(grid)
    return bool(nearest < LEAST_GRID_DIFFERENCE or products.max() > MOST_CORRELATION)


def _unit(grids: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = grids - grids.mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=-1, keepdims=True), np.float32)
