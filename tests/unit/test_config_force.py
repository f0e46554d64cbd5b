"""What a running daemon can take of a new configuration, and what has no effect yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dedupd.config_force import demand_same_place
from dedupd.config_schema import (
    Config,
    LogConfig,
)
from dedupd.errors import UserError

PLAIN = Config(haystack=(), needles=(), state=Path("/state"))


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
