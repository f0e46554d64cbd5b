"""Every promise of `docs/guarantees.md` names a test that there is."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PROMISE = re.compile(r"^\| (?!promise|-).* \| (?P<held>.*) \|$", re.MULTILINE)
NAMED = re.compile(r"`(?P<file>[\w/]*\w\.py)?::(?P<test>test_\w+)`")


def test_each_promise_is_held_by_a_test_that_exists():
    """A name without a file belongs to the file before it."""
    text = (PROJECT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    promises = [found["held"] for found in PROMISE.finditer(text)]
    assert len(promises) > 15
    for held in promises:
        file, named = "", list(NAMED.finditer(held))
        assert len(named) == held.count("::"), held
        for one in named:
            file = one["file"] or file
            code = (PROJECT / "tests" / file).read_text(encoding="utf-8")
            assert f"\ndef {one['test']}(" in code, one["test"]
        assert named, held
