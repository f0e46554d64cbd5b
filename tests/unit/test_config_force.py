"""What a running daemon can take of a new configuration, and what has no effect yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dedupd.config_force import demand_same_place, not_in_force
from dedupd.config_schema import (
    Config,
    LogConfig,
    MatchConfig,
    WebConfig,
    WorseConfig,
)
from dedupd.errors import UserError
from dedupd.likeness import MatchLimits

PLAIN = Config(haystack=(), needles=(), state=Path("/state"))


def test_a_plain_configuration_has_no_idle_keys():
    """Nobody is warned of a key that he did not write."""
    assert not_in_force(PLAIN) == ()


@pytest.mark.parametrize(
    ("config", "key"), [(replace(PLAIN, web=WebConfig("127.0.0.1:8377")), "web.listen")]
)
def test_a_key_that_has_no_effect_yet_is_a_problem_in_status(config, key):
    """Silence would let the owner believe in it."""
    (problem,) = not_in_force(config)
    assert problem.code == "config.not-in-force"
    assert problem.message.startswith(f"{key}: ")


@pytest.mark.parametrize(
    "match",
    [
        MatchConfig(turned="matched"),
        MatchConfig(worse=WorseConfig(quality="accept", motion="accept")),
        MatchConfig(limits=MatchLimits(blocks_resized=9.5, error=0.4, peak=9.0, detail=0.8)),
    ],
)
def test_how_pictures_are_matched_is_in_force(match):
    """Turned copies, worse copies and stricter limits: nothing of it is left aside."""
    assert not_in_force(replace(PLAIN, match=match)) == ()


def test_hooks_are_in_force():
    """They run, so nothing is said of them."""
    assert not_in_force(replace(PLAIN, hooks={"folder.imported": ("true",)})) == ()


def test_other_folders_are_taken_while_the_daemon_runs():
    """Only where its own files lie needs a restart."""
    demand_same_place(PLAIN, replace(PLAIN, hooks={"folder.imported": ("true",)}))


@pytest.mark.parametrize(
    ("new", "key"),
    [
        (replace(PLAIN, state=Path("/other"), log=LogConfig(events=PLAIN.events)), "state"),
        (replace(PLAIN, log=LogConfig(events=Path("/e.jsonl"))), "log.events"),
    ],
)
def test_another_place_for_our_own_files_needs_a_restart(new, key):
    """The error names the key that changed."""
    with pytest.raises(UserError) as refused:
        demand_same_place(PLAIN, new)
    assert key in refused.value.why
