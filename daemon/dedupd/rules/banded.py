"""Multi-index hashing over a column of hashes: exact search in a few parts of a thousand of it.

The bands are a layout of some earlier moment.  What has changed since stands in the tail, which
is searched row by row; and every row that was found is compared as it is now, so a row whose
hash was replaced or dropped since needs no mark in the bands.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dedupd.rules.bands import BANDS, Band, Buckets, build, flips_by_bits, of_band, radii
from dedupd.rules.flat import Column, Rows

FLIPS, FLIPS_WITHIN = flips_by_bits()
MOST_BITS = 16
"""The largest radius for which there are few enough buckets to look into."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """When which way of searching is used; nothing of this changes an answer.

    Attributes:
        banded_from: Hashes from which on there are bands, at 48 bytes a hash; below half as many
            they are given up again.
        tail_rows: Changed rows from which on the bands are built anew, ...
        tail_part: ... but not before one row in so many has changed.
        span_rows: Rows of one step of building: some 5 ms for 262,144.
        worth_share: The bands are used where they leave at most this share of all to compare.
    """

    banded_from: int = 1 << 20
    tail_rows: int = 4096
    tail_part: int = 256
    span_rows: int = 1 << 18
    worth_share: float = 0.125


class Banded:
    """Four bands over `column`, as long as it is large enough.  Not thread-safe.

    They are built in steps, one with each search, some 5 ms long on a 3 GHz core; as only
    searches need them, filling the column costs nothing here.
    """

    def __init__(self, column: Column, tuning: Tuning) -> None:
        self._column, self._tuning = column, tuning
        self._forget()

    def changed(self, row: int) -> None:
        """Note that this row holds another hash than before."""
        self._changes += 1
        if not self._bands and self._building is None:
            return
        self._tail.append(row)
        if len(self._tail) > self._tuning.worth_share * len(self._column):
            self._forget()  # with such a tail a plain search is as fast

    def dropped(self) -> None:
        """Note that the last row is gone."""
        self._changes += 1

    def prepare(self) -> None:
        """Do at once what searches would do step by step; 3 s for ten million hashes."""
        self._begin_if_due()
        while self._building is not None:
            self._step()
            self._begin_if_due()  # again, where much has changed while it was built

    def near(self, dhash: int, radius_bits: int) -> Rows | None:
        """Return, in order, the rows that near; None where a plain search does better."""
        self._begin_if_due()
        self._step()
        if len(self._bands) < BANDS:
            return None
        probes = self._probes(dhash, radius_bits)
        if probes is None:
            return None
        tail = np.array(self._tail, dtype=np.intp)
        found = [tail[self._column.distances(tail, dhash) <= radius_bits]]
        found += [band.near(buckets, dhash, radius_bits) for band, buckets in probes]
        rows = np.unique(np.concatenate(found))
        rows = rows[rows < len(self._column)]
        return rows[self._column.distances(rows, dhash) <= radius_bits]

    def _probes(self, dhash: int, radius_bits: int) -> list[tuple[Band, Buckets]] | None:
        """Return which buckets hold every near hash; None if they hold too many others."""
        if not 0 <= radius_bits <= MOST_BITS:
            return None
        widths, wanted = radii(radius_bits), np.array([dhash], dtype=np.uint64)
        flips = FLIPS[: FLIPS_WITHIN[widths[-1]]]
        probes = [(band, flips ^ of_band(wanted, at)) for at, band in enumerate(self._bands)]
        # In the band where there is most to compare, one bit less is looked at.
        probes.sort(key=lambda probe: -probe[0].size(probe[1]))
        chosen = [
            (band, buckets[: FLIPS_WITHIN[width]])
            for width, (band, buckets) in zip(widths, probes, strict=True)
            if width >= 0
        ]
        left = sum(band.size(buckets) for band, buckets in chosen)
        return chosen if left <= self._tuning.worth_share * len(self._column) else None

    def _forget(self) -> None:
        self._bands: list[Band] = []
        self._building: Iterator[Band | None] | None = None
        self._built = 0  # bands of the building that are done
        self._tail = array("L")  # rows changed since; of them ...
        self._old_rows = 0  # ... these, the first ones, are in the bands that are being built
        self._changes = 0

    def _begin_if_due(self) -> None:
        length, tuning = len(self._column), self._tuning
        if self._bands and length < tuning.banded_from // 2:
            self._forget()
        if self._building is not None or length < tuning.banded_from:
            return
        if not self._bands or self._changes > max(tuning.tail_rows, length // tuning.tail_part):
            self._building, self._built = build(self._column, tuning.span_rows), 0
            self._old_rows, self._changes = len(self._tail), 0

    def _step(self) -> None:
        band = next(self._building) if self._building is not None else None
        if band is None:
            return
        # New beside old bands miss nothing: the rows in which they differ are all in the tail.
        self._bands[self._built : self._built + 1] = [band]
        self._built += 1
        if self._built == BANDS:
            self._building = None
            del self._tail[: self._old_rows]
