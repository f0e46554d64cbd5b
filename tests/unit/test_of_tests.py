"""The test run itself comes to an end, and says of what, whatever a test does to its worker."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
RUNNERS = re.compile(r"setattr\(\s*(?:\w+\.)*(?:struct|threading|queue|pickle),")
"""A module that the runner hears of the next test with, in another thread, is replaced by name."""

DIES = """
import os, pytest

@pytest.mark.parametrize("number", range(30))
def test_fine(number):
    assert True

def test_deadly():
    os._exit(3)
"""
HANGS_AFTERWARDS = """
import pytest, threading

@pytest.fixture
def never():
    yield
    threading.Event().wait()

def test_failing(never):
    assert False

def test_fine():
    assert True
"""


def test_no_test_replaces_what_the_runner_works_with():
    """A `struct.unpack` of one test once left its worker deaf, a run in three."""
    files = sorted((PROJECT / "tests").rglob("*.py"))
    assert len(files) > 100
    assert not [file.name for file in files if RUNNERS.search(file.read_text("utf-8"))]


@pytest.mark.parametrize(
    ("text", "blamed", "fine"), [(DIES, "test_deadly", 30), (HANGS_AFTERWARDS, "test_failing", 1)]
)
def test_a_worker_that_dies_or_hangs_costs_one_test(tmp_path, text, blamed, fine):
    """It is told once, by name, and all the others are run."""
    file = tmp_path / "test_it.py"
    file.write_text(text)
    plain = ("-p", "tests.conftest", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=3")
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *plain, str(file)]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=100, check=False
    )
    assert re.search(rf"FAILED .*::{blamed}\b", done.stdout), done.stdout
    assert re.search(rf"\b{fine} passed\b", done.stdout.splitlines()[-1])
