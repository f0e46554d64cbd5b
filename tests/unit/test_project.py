"""What the project as a whole promises: locks, examples, and the files people look for first."""

from __future__ import annotations

import os
import pwd
import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"
EXAMPLES_LIMIT_BYTES = 1_000_000
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png"}
LOCKS = ("requirements.lock", "requirements-test.lock")

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==\S+")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pinned(lock: str) -> dict[str, str]:
    """Return what `lock` pins: name to the whole entry, hashes included."""
    entries = re.split(r"\n(?=\S)", (PROJECT / lock).read_text())
    return {match[1]: entry.strip() for entry in entries if (match := PINNED.match(entry))}


def name_of(requirement: str) -> str:
    """Return the normalised name in a requirement such as "PyYAML>=6,<7"."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def project_table() -> dict[str, object]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock):
    """pip installs exactly the files that were looked at, or nothing."""
    entries = pinned(lock)
    assert entries
    assert [name for name, entry in entries.items() if not HASH.search(entry)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index(lock):
    """Where packages come from is the business of the machine that installs them."""
    text = (PROJECT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)\b", text, re.MULTILINE)


def test_the_run_lock_holds_what_dedupd_needs():
    """Each dependency is pinned, and so is what installs the project itself without a network."""
    wanted = {name_of(requirement) for requirement in project_table()["dependencies"]}
    assert wanted | {"setuptools", "wheel"} <= pinned("requirements.lock").keys()


def test_the_test_lock_is_the_run_lock_and_more():
    """Tests run against the very versions that are run."""
    run, test = (
        # For which Python a test needs it, too, may be another question.
        {name: re.sub(r" ;[^\\]*", " ", entry) for name, entry in pinned(lock).items()}
        for lock in ("requirements.lock", "requirements-test.lock")
    )
    assert run.items() <= test.items()
    extra = project_table()["optional-dependencies"]["test"]
    assert {name_of(requirement) for requirement in extra} <= test.keys()


def test_every_tool_of_the_test_script_is_locked():
    """`./test` calls nothing that the machine would have to bring along."""
    called = re.findall(r"^check \w+ (\w+)", (PROJECT / "test").read_text(), re.MULTILINE)
    assert called == ["ruff", "ruff", "mypy", "pytest"]
    assert set(called) <= pinned("requirements-test.lock").keys()


def test_the_examples_are_small():
    """Every clone carries them."""
    files = [path for path in EXAMPLES.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < EXAMPLES_LIMIT_BYTES


def test_every_library_photo_has_a_source():
    """Title, author and licence stand in SOURCES.md for each, and for what the library lacks."""
    sources = (EXAMPLES / "SOURCES.md").read_text()
    photos = [path for path in (EXAMPLES / "library").rglob("*") if path.is_file()]
    assert photos
    assert {path.suffix for path in photos} <= PHOTO_SUFFIXES
    assert [p for p in photos if f"`{p.relative_to(EXAMPLES)}`" not in sources] == []
    assert "`old-backups/Canon SD card 2/DSC00110.JPG`" in sources
    assert "`old-backups/USB stick (blue)/coffee break.jpg`" in sources


def test_the_examples_are_fourteen_folders():
    """As many as in the article that started it all, and each holds a picture."""
    folders = [path for path in (EXAMPLES / "old-backups").rglob("*") if path.is_dir()]
    assert len(folders) == 14
    for folder in folders:
        assert any(path.suffix.lower() in PHOTO_SUFFIXES for path in folder.iterdir())


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "LICENSE", "docs/dependencies.md"])
def test_the_files_people_look_for_are_there(name):
    """Whoever comes here first finds what it is, what changed, and what it stands on."""
    assert (PROJECT / name).read_text().strip()


@pytest.mark.parametrize("script", ["run", "test", ".ci/run", ".ci/environment", ".ci/check-wheel"])
def test_scripts_can_be_started(script):
    """A fresh clone needs no chmod."""
    assert os.access(PROJECT / script, os.X_OK)


def test_no_test_sees_the_real_home(home):
    """The fixture in conftest.py holds: home and XDG folders are the test's own."""
    real = pwd.getpwuid(os.getuid()).pw_dir
    assert Path.home() == home
    assert not home.is_relative_to(real) or "pytest" in str(home)
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        assert Path(os.environ[f"XDG_{name}_HOME"]).is_relative_to(home)
