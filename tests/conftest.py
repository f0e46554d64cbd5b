"""What holds for every test: no real home folder, no skip that nobody hears of, no work twice.

With `CI` or `DEDUPD_NO_SKIPS` set, a skipped test makes the run fail.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

HOME_FOLDERS = ("CONFIG", "CACHE", "STATE", "DATA")
SET_FROM_OUTSIDE = (
    "DEDUPD_CONFIG", "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "CONFIGURATION_DIRECTORY",
    "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID",
)  # fmt: skip

# A shared machine promises nothing about milliseconds; what hangs is ended by another limit.
settings.register_profile("dedupd", deadline=None)
settings.load_profile("dedupd")

# Several tests run at a time: the threads of each one's numpy would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Each of hundreds of processes would compile all of dedupd anew.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="dedupd-bytecode-")
    atexit.register(shutil.rmtree, os.environ["PYTHONPYCACHEPREFIX"], ignore_errors=True)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test an empty home, so that it can't read or spoil the tester's own."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in HOME_FOLDERS:
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    (folder / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / "runtime"))
    for name in SET_FROM_OUTSIDE:
        monkeypatch.delenv(name, raising=False)
    return folder


class SharingTogether(LoadGroupScheduling):  # type: ignore[misc]
    """Gives the tests of a file that share a fixture to one worker, so that it is made once.

    The mark `xdist_group` would say so, but pytest-xdist 3.8 writes it where pytest 9.2 reads
    nothing any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if has_shared_fixture(self.config.rootpath / path) else nodeid


@cache
def has_shared_fixture(path: Path) -> bool:
    """Return whether a fixture of this file is made once for all of its tests."""
    return 'scope="module"' in path.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling | None:
    """Choose how tests are given to workers where `--dist loadgroup` asks for groups."""
    return SharingTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


def forbidden_skips(config: pytest.Config) -> int:
    """Count skipped tests where none is allowed; a worker process leaves that to its master."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    allowed = not (os.environ.get("CI") or os.environ.get("DEDUPD_NO_SKIPS"))
    if allowed or not isinstance(reporter, TerminalReporter):
        return 0
    return len(reporter.stats.get("skipped", []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for its skips where that was asked for."""
    passed = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    if passed and forbidden_skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say so, above the list of skipped tests that `-rs` prints."""
    if count := forbidden_skips(config):
        why = f"{count} skipped, which counts as failed: CI or DEDUPD_NO_SKIPS is set"
        terminalreporter.write_line(why, red=True)
