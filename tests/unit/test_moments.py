"""Capture times: what contradicts, what agrees, and what says nothing."""

from __future__ import annotations

import pytest

from dedupd.rules.moments import agree_to_the_subsecond, differ

NOON = "2026:11:22 12:00:00"
DIFFER, AGREE, NEITHER = (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        pytest.param("", "", NEITHER, id="no times"),
        pytest.param(NOON, "", NEITHER, id="one time"),
        pytest.param(NOON + ".25", "", NEITHER, id="one time with sub-seconds"),
        pytest.param(NOON, NOON, NEITHER, id="equal seconds"),
        pytest.param(NOON, "2026:11:22 12:00:01", DIFFER, id="other seconds"),
        pytest.param(NOON + ".25", "2026:11:22 12:00:01.25", DIFFER, id="equal fractions only"),
        pytest.param(NOON + ".25", NOON + ".75", DIFFER, id="other sub-seconds"),
        pytest.param(NOON + ".25", NOON + ".25", AGREE, id="equal sub-seconds"),
        pytest.param(NOON + ".5", NOON + ".500", AGREE, id="written with more digits"),
        pytest.param(NOON + ".05", NOON + ".5", DIFFER, id="zeros in front count"),
        pytest.param(NOON + ".25", NOON, NEITHER, id="one has sub-seconds"),
        pytest.param(NOON + ".00", NOON + ".00", NEITHER, id="two zero fractions"),
        pytest.param(NOON + ".00", NOON + ".25", NEITHER, id="one zero fraction"),
    ],
)
def test_what_two_capture_times_say(first, second, says):
    """In either order: a missing time or fraction, and one of zeros, says nothing."""
    assert (differ(first, second), agree_to_the_subsecond(first, second)) == says
    assert (differ(second, first), agree_to_the_subsecond(second, first)) == says
