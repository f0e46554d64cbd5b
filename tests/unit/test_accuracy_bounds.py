from __future__ import annotations

import pytest
from accuracy.bounds import bounds, shown


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 300, 0.0, 0.01), (300, 300, 0.99, 1.0), (0, 2, 0.0, 1.0), (0, 0, 0.0, 1.0)],
)
def test_nothing_and_everything_are_bounded_by_three_over_n(hits, of, low, high):
    """Of no trials anything may be true."""
    assert bounds(hits, of) == pytest.approx((low, high))


def test_a_share_has_wilsons_bounds():
    """The example of the 95 % interval of 81 of 263 in textbooks."""
    assert bounds(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_a_share_is_shown_with_its_bounds():
    """In per cent; nothing is said of nothing."""
    assert shown(1, 2) == "50.0 (9.5..90.5)"
    assert shown(0, 0) == "-"
