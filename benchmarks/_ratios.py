"""Measures two ways of doing one thing in turn, so that a busy machine slows both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

Work = Callable[[], object]


class Ratio(NamedTuple):
    """What so many interleaved pairs took.

    Attributes:
        first_ms, second_ms: Median durations.
        times: Median over the pairs of second / first: how many times faster the first is.
        lowest, highest: Of the same.
    """

    first_ms: float
    second_ms: float
    times: float
    lowest: float
    highest: float


def duration_ms(work: Work) -> float:
    """Do it once."""
    start_s = time.perf_counter()
    work()
    return (time.perf_counter() - start_s) * 1000


def compare(first: Work, second: Work, pairs: int = 7) -> Ratio:
    """Do each once unmeasured, then both in turn so many times."""
    first(), second()
    taken = [(duration_ms(first), duration_ms(second)) for _ in range(pairs)]
    first_ms, second_ms = (statistics.median(column) for column in zip(*taken, strict=True))
    ratios = [after_ms / before_ms for before_ms, after_ms in taken]
    return Ratio(first_ms, second_ms, statistics.median(ratios), min(ratios), max(ratios))
