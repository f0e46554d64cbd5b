"""When the library is read again, and how progress in it is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.rules.rounds import Round, current, remembered

DAY_S = 86400.0
EVERY_S = 90 * DAY_S


def test_what_was_never_read_again_was_read_just_now():
    """Its first round is as good as done."""
    assert current(None, 5.0, EVERY_S) == Round(5.0, None)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(89.9, Round(DAY_S, None)), (90.0, Round(91 * DAY_S, b"")), (400.0, Round(401 * DAY_S, b""))],
)
def test_a_round_begins_when_the_last_one_began_long_enough_ago(days, expected):
    """However long it took."""
    assert current(Round(DAY_S, None), (1 + days) * DAY_S, EVERY_S) == expected


def test_a_round_goes_on_however_late_it_is():
    """A slow one is not begun anew before its end, or the last files would never be read."""
    late = Round(DAY_S, b"m.jpg")
    assert current(late, 500 * DAY_S, EVERY_S) == late


@pytest.mark.parametrize("after", [None, b"", b"m.jpg"])
def test_a_clock_put_back_keeps_no_round_away(after):
    """Its time counts from now, and its progress stays."""
    assert current(Round(900 * DAY_S, after), DAY_S, EVERY_S) == Round(DAY_S, after)


@given(st.floats(0, 1e10), st.none() | st.binary())
def test_the_store_gives_back_what_it_was_given(began_at_s, after):
    """Also names that are no UTF-8."""
    one = Round(began_at_s, after)
    assert remembered(one.facts()) == one


@pytest.mark.parametrize("facts", [None, {}, {"path": "a"}, {"began_at_s": "yesterday"}])
def test_what_says_nothing_of_a_round_is_none(facts):
    """The round then begins as on a new root."""
    assert remembered(facts) is None
