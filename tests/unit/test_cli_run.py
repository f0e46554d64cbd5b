"""What `dedupd run --live` says to type next."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from dedupd.cli.run import next_steps
from dedupd.config_schema import Config


@pytest.mark.parametrize("source", [None, Path("/home/o'neil & sons/my.yaml")])
def test_what_it_says_to_type_can_be_typed(monkeypatch, source):
    """Paths are quoted so that a shell takes them as they are, and name the running daemon."""
    monkeypatch.setattr(sys, "argv", ["/my project/.venv/bin/dedupd", "run"])
    state = Path("/home/o'neil & sons/state")
    steps = next_steps(Config(haystack=(), needles=(), state=state, source=source))
    typed = [shlex.split(line) for line in steps.splitlines() if line.startswith("  ")]
    where = ["--config", str(source)] if source else ["--state", str(state)]
    assert [words[0] for words in typed] == ["/my project/.venv/bin/dedupd"] * 3
    assert [words[1] for words in typed] == ["status", "missing", "events"]
    assert [words[-2:] for words in typed] == [where] * 3
