"""Hashes laid out by each of their four 16-bit bands, and how such a layout is built in steps.

Two hashes that differ in few bits differ in very few within one band at least.  So whoever looks
for hashes near to one looks only at those that are near to it in one band: they lie side by side.

Source: M. Norouzi, A. Punjani, D. Fleet, "Fast Exact Search in Hamming Space with Multi-Index
Hashing", IEEE TPAMI 36(6), 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupd.rules.flat import Column, Hashes, Rows

BANDS = 4
BAND_BITS = 16
BUCKETS = 1 << BAND_BITS
HASH_BYTES = 8

Buckets = NDArray[np.uint16]
"""Values of a band; each is the number of a bucket."""


class Band(NamedTuple):
    """Every hash, sorted by one band; 12 bytes a hash.

    Attributes:
        starts: Where the bucket of each of the 65,536 values of the band begins, and the end.
        hashes: The whole hashes, bucket by bucket.
        rows: In which row of the column each of them was.
    """

    starts: NDArray[np.uint32]
    hashes: Hashes
    rows: NDArray[np.uint32]

    def size(self, buckets: Buckets) -> int:
        """Return how many hashes are in these buckets."""
        return int((self.starts[1:][buckets] - self.starts[buckets]).sum())

    def near(self, buckets: Buckets, dhash: int, radius_bits: int) -> Rows:
        """Return the rows in these buckets whose hashes are that near, in no order."""
        starts, ends = self.starts[buckets], self.starts[1:][buckets]
        filled = ends > starts
        starts, ends = starts[filled].astype(np.int64), ends[filled].astype(np.int64)
        # Slices of an array, or gathering with an index, take two to three times as long.
        whole = self.hashes.data.cast("B")
        slices = zip((starts * HASH_BYTES).tolist(), (ends * HASH_BYTES).tolist(), strict=True)
        hashes = np.frombuffer(b"".join([whole[start:end] for start, end in slices]), np.uint64)
        hits = np.flatnonzero(np.bitwise_count(hashes ^ np.uint64(dhash)) <= radius_bits)
        passed = np.cumsum(ends - starts)
        bucket = np.searchsorted(passed, hits, side="right")
        found: NDArray[np.uint32] = self.rows[ends[bucket] - (passed[bucket] - hits)]
        return found.astype(np.intp)


def of_band(hashes: Hashes, band: int) -> Buckets:
    """Return the bits of one band of each hash; band 0 is the least significant."""
    return (hashes >> np.uint64(band * BAND_BITS)).astype(np.uint16)


def flips_by_bits() -> tuple[Buckets, NDArray[np.int64]]:
    """Return all masks of 16 bits, those with the fewest bits set first, and how many to take.

    The second array says how many masks have at most so many bits set: 1, 17, 137, ... 65,536.
    """
    masks = np.arange(BUCKETS, dtype=np.uint16)
    bits = np.bitwise_count(masks)
    counts = np.cumsum(np.bincount(bits, minlength=BAND_BITS + 1))
    return masks[np.argsort(bits, kind="stable")], counts


def radii(radius_bits: int) -> list[int]:
    """Return in how many bits a near hash may differ within each band, smallest first; -1: skip.

    Each plus one they make `radius_bits` + 1.  A hash that differs in more within every band would
    differ in more than `radius_bits` in all, so looking that far in each band misses none.
    """
    whole, left = divmod(radius_bits + 1, BANDS)
    return [whole - 1] * (BANDS - left) + [whole] * left


def build(column: Column, span_rows: int) -> Iterator[Band | None]:
    """Lay out what is in `column` now, in steps; yield each band once it is done, in order.

    The column may change between two steps.  A row is in all four bands with one and the same
    hash: one that it held since the first step.  The caller minds the rows that changed since.
    """
    length = len(column)
    hashes: Hashes = np.empty(length, dtype=np.uint64)
    sizes = np.zeros((BANDS, BUCKETS), dtype=np.int64)
    spans = [slice(at, min(at + span_rows, length)) for at in range(0, length, span_rows)]
    for span in spans:
        hashes[span] = column.values[span]
        for band in range(BANDS):
            sizes[band] += np.bincount(of_band(hashes[span], band), minlength=BUCKETS)
        yield None
    for band in range(BANDS):
        starts = np.concatenate([[0], np.cumsum(sizes[band])]).astype(np.uint32)
        made = Band(starts, np.empty_like(hashes), np.empty(length, dtype=np.uint32))
        for span in spans:  # the first round would wait for all of the memory: 0.2 s for 10M
            made.hashes[span], made.rows[span] = 0, 0
            yield None
        free = starts[:-1].astype(np.int64)
        for span in spans:
            _lay_out(made, free, hashes[span], band, span.start)
            yield made if span is spans[-1] else None


def _lay_out(made: Band, free: NDArray[np.int64], hashes: Hashes, band: int, first: int) -> None:
    """Put the hashes of the rows from `first` on into the first free places of their buckets."""
    keys = of_band(hashes, band)
    order = np.argsort(keys, kind="stable")
    sizes = np.bincount(keys, minlength=BUCKETS)
    offsets = free - (np.cumsum(sizes) - sizes)
    places = offsets[keys[order]] + np.arange(len(keys))
    made.hashes[places] = hashes[order]
    made.rows[places] = order + first
    free += sizes
