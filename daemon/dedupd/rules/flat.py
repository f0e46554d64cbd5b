"""A growing column of 64-bit hashes, and the plain search in it: one pass over all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Rows = NDArray[np.intp]

FIRST_CAPACITY = 1024
BLOCK_ROWS = 1 << 16
"""Searched at one time: 512 kB, so that what one operation writes is in the cache for the next."""


class Column:
    """Hashes by row, rows 0 to `len` - 1, 8 bytes each.  Not thread-safe.

    Attributes:
        values: The hashes; anything behind the last row.  Growing makes it another array.
    """

    def __init__(self) -> None:
        self.values: Hashes = np.zeros(FIRST_CAPACITY, dtype=np.uint64)
        self._length = 0
        self._make_scratch()

    def __len__(self) -> int:
        return self._length

    def append(self, dhash: int) -> None:
        """Put a hash into a new row behind the last one."""
        if self._length == len(self.values):
            self.values = np.concatenate([self.values, np.zeros_like(self.values)])
            self._make_scratch()
        self.values[self._length] = dhash
        self._length += 1

    def pop(self) -> int:
        """Drop the last row; return its hash."""
        self._length -= 1
        return int(self.values[self._length])

    def near(self, dhash: int, radius_bits: int) -> Rows:
        """Return, in order, the rows whose hashes differ in at most so many bits."""
        wanted, found = np.uint64(dhash), [np.empty(0, dtype=np.intp)]
        for start in range(0, self._length, BLOCK_ROWS):
            block = self.values[start : min(start + BLOCK_ROWS, self._length)]
            differing = np.bitwise_xor(block, wanted, out=self._differing[: len(block)])
            distances = np.bitwise_count(differing, out=self._distances[: len(block)])
            # Nearly every block has none, and a minimum costs a quarter of looking for rows.
            if distances.min() <= radius_bits:
                found.append(np.flatnonzero(distances <= radius_bits) + start)
        return np.concatenate(found)

    def distances(self, rows: Rows, dhash: int) -> NDArray[np.uint8]:
        """Return how many bits of the hashes in these rows differ."""
        distances: NDArray[np.uint8] = np.bitwise_count(self.values[rows] ^ np.uint64(dhash))
        return distances

    def _make_scratch(self) -> None:
        """Get what a search writes to; new memory for each would cost more than searching."""
        length = min(len(self.values), BLOCK_ROWS)
        self._differing: Hashes = np.empty(length, dtype=np.uint64)
        self._distances: NDArray[np.uint8] = np.empty(length, dtype=np.uint8)
