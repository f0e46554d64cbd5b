"""What holds for every test: no real home, no skip nobody hears of, no work twice, an end.

With `CI` or `DEDUPD_NO_SKIPS` set, a skipped test makes the run fail.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import shutil
import tempfile
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key, get_timeout_config_value
from _pytest.terminal import TerminalReporter
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

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

    def _reschedule(self, node: WorkerController) -> None:
        super()._reschedule(node)
        # A worker begins a test only when it has the next one too, or knows that there is none.
        if not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Tell which test a worker died of; pytest-xdist 3.8 would run it again, and again."""
        units = self.assigned_work[node]
        # What is done would be given out once more, as units without a test to run.
        for name in [name for name, unit in units.items() if all(unit.values())]:
            del units[name]
        if not units:
            return cast("str | None", super().remove_node(node))
        unit = next(iter(units.values()))
        crashed = next(one for one, done in unit.items() if not done)
        unit[crashed] = True
        super().remove_node(node)
        return cast("str", crashed)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix the files of system tests, which mostly wait, among the others, which compute."""
    files = {item.path: "system" in item.path.parts for item in items}
    place: dict[Path, float] = {}
    for waits in (True, False):
        group = [path for path, one in files.items() if one is waits]
        place |= {path: number / len(group) for number, path in enumerate(group)}
    items.sort(key=lambda item: place[item.path])


@cache
def has_shared_fixture(path: Path) -> bool:
    """Return whether a fixture of this file is made once for all of its tests."""
    return 'scope="module"' in path.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling | None:
    """Choose how tests are given to workers where `--dist loadgroup` asks for groups."""
    return SharingTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Bound the end of a test too: once it has failed, pytest leaves it all the time it wants."""
    if within_s := get_timeout_config_value(item.config):
        stderr = item.config.stash[fault_handler_stderr_fd_key]
        faulthandler.dump_traceback_later(within_s, file=stderr, exit=True)
    return (yield)


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
