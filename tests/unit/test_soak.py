"""The arithmetic of the soak: how much memory grew, and when what happens to the daemon."""

from __future__ import annotations

import os

import pytest
from campaign.soak import AWAY, HOUR_S, KILLS, _moments, growth, rss_bytes

DAY_S = 24 * HOUR_S


def samples(grow, seconds: float = DAY_S) -> list[tuple[float, int]]:
    """Return one sample a second."""
    return [(float(at_s), int(grow(at_s))) for at_s in range(int(seconds))]


@pytest.mark.parametrize(
    ("grow", "expected"),
    [
        (lambda _: 1000, 0.0),
        (lambda at_s: 1000 if at_s > HOUR_S else at_s, 0.0),  # it may grow in its first hour
        (lambda at_s: 1e6 * (1 + at_s / DAY_S), 0.79),
        (lambda at_s: 2000 if at_s % 10 == 0 else 1000, 0.0),  # a peak is no growth
    ],
)
def test_growth_is_what_came_after_the_first_hour(grow, expected):
    """Held against each other: the tenth after it, and the last one."""
    assert growth(samples(grow)) == pytest.approx(expected, abs=0.02)


def test_of_a_short_soak_the_halves_are_compared():
    """It has no first hour to leave out."""
    assert growth(samples(lambda at_s: 1000 + 10 * at_s, HOUR_S)) > 0.2


@pytest.mark.parametrize("a_day", [KILLS, AWAY])
def test_a_day_holds_as_many_events_as_the_figure_wants(a_day):
    """A part of a day holds its part of them."""
    assert len(_moments(a_day, 24)) == a_day
    assert len(_moments(a_day, 12)) == a_day // 2
    assert all(0 <= hour < 24 for hour, _ in _moments(a_day, 24))


def test_the_memory_of_a_process_is_told_in_bytes():
    """This one holds a few tens of MiB."""
    assert 1 << 20 < rss_bytes(os.getpid()) < 1 << 34
