from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.messages import RootSeen
from dedupd.model import Identity
from dedupd.rules.presence import Remembered, is_suspicious, is_the_root

HERE = Identity(device=1, ino=2, mount_id=3, kind="ext4", volume="uuid-1")
REMOUNTED = replace(HERE, device=7, mount_id=9)
OTHER = Identity(device=1, ino=2, mount_id=4, kind="ext4", volume="uuid-2")
NEVER = Remembered(None, None)
THIS_RUN = Remembered(HERE, HERE.lasting)
EARLIER = Remembered(None, HERE.lasting)


def seen(identity: Identity | None, found: int = 0, asked: int = 0) -> RootSeen:
    """Return what a check of the root found."""
    return RootSeen("h1", identity, found, asked)


@pytest.mark.parametrize(
    ("look", "known", "it_is"),
    [
        pytest.param(seen(None), THIS_RUN, False, id="nothing there"),
        pytest.param(seen(None), NEVER, False, id="never there"),
        pytest.param(seen(HERE), NEVER, True, id="first time ever"),
        pytest.param(seen(HERE), THIS_RUN, True, id="as a moment ago"),
        pytest.param(seen(HERE, 0, 8), THIS_RUN, True, id="as a moment ago, all files gone"),
        pytest.param(seen(HERE), EARLIER, True, id="as in the run before"),
        pytest.param(seen(REMOUNTED), EARLIER, True, id="remounted between two runs"),
        pytest.param(seen(OTHER, 3, 8), EARLIER, False, id="another one since the last run"),
        pytest.param(seen(OTHER, 4, 8), EARLIER, True, id="moved to a new disk, half are there"),
        pytest.param(seen(REMOUNTED, 8, 8), THIS_RUN, True, id="remounted, all files there"),
        pytest.param(seen(REMOUNTED, 4, 8), THIS_RUN, True, id="remounted, half are there"),
        pytest.param(seen(REMOUNTED, 3, 8), THIS_RUN, False, id="remounted, most are gone"),
        pytest.param(seen(OTHER, 0, 8), THIS_RUN, False, id="swapped"),
        pytest.param(seen(OTHER), THIS_RUN, True, id="nothing was ever there"),
        pytest.param(
            seen(OTHER, 0, 8), replace(THIS_RUN, accepted=True), True, id="the owner says so"
        ),
    ],
)
def test_whether_this_is_the_root_that_was_meant(look, known, it_is):
    """By identity within a run, by volume or by remembered files across runs and mounts."""
    assert is_the_root(look, known) is it_is


@pytest.mark.parametrize(
    ("known", "listed", "suspicious"),
    [
        (0, 0, False), (9, 0, False), (10, 0, True), (10, 1, False), (199, 1, False),
        (199, 0, True), (200, 100, False), (200, 99, True), (200, 300, False),
    ],
)  # fmt: skip
def test_which_losses_are_suspicious(known, listed, suspicious):
    """All of ten or more, or more than half of two hundred or more."""
    assert is_suspicious(known, listed) is suspicious


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000))
def test_a_larger_loss_is_never_less_suspicious(known, listed, fewer):
    """And growing is never suspicious."""
    if fewer <= listed and is_suspicious(known, listed):
        assert is_suspicious(known, fewer)
    if listed >= known and known:
        assert not is_suspicious(known, listed)
