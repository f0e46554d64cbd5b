"""The way in and out of a command: `python -m dedupd`, odd outputs, mistakes in here, `--live`."""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import runpy

import pytest
from tests.unit.reports import folder, report

from dedupd import __version__
from dedupd.cli import live, main
from dedupd.cli import reload as reload_command
from dedupd.cli.live import Live
from dedupd.cli.screen import Screen
from dedupd.errors import ExitCode
from dedupd.model import FolderState


def test_python_m_dedupd_is_the_command(monkeypatch):
    """With its exit code."""
    monkeypatch.setattr(main, "main", lambda: 7)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("dedupd.__main__", run_name="__main__")
    assert ended.value.code == 7


def test_who_merely_imports_that_module_runs_no_command(monkeypatch):
    """A tool that looks through the whole package, for one."""
    monkeypatch.setattr(main, "main", lambda: pytest.fail("a command was run"))
    assert runpy.run_module("dedupd.__main__", run_name="dedupd.__main__")["main"] is main.main


def test_output_may_go_to_what_is_no_file():
    """A program that calls the command in its own process collects it in memory."""
    collected = io.StringIO()
    with contextlib.redirect_stdout(collected):
        assert main.main(["--version"]) == ExitCode.DONE
    assert collected.getvalue() == f"dedupd {__version__}\n"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/var/lib/x"),
        OSError(errno.EINVAL, "Invalid argument"),
    ],
    ids=["a file of ours", "another trouble"],
)
def test_only_an_answer_that_finds_no_room_is_the_outputs_fault(monkeypatch, capsys, error):
    """What else the system refuses, and nobody expected, is a mistake in here: a traceback."""

    def fail(_):
        raise error

    monkeypatch.setattr(reload_command, "run", fail)
    assert main.main(["reload"]) == ExitCode.BUG
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "could not be written" not in told


class Terminal(io.StringIO):
    """A terminal that remembers what was drawn."""

    def isatty(self):
        return True

    def fileno(self):
        raise OSError


def test_the_live_report_makes_nothing_of_a_report_that_comes_too_early(monkeypatch):
    """The daemon hands in one a turn, and has better to do than to word what nobody sees."""
    now_s, worded = [0.0], []
    monkeypatch.setattr(live, "Screen", functools.partial(Screen, clock=lambda: now_s[0]))
    really = live.report_fields
    monkeypatch.setattr(live, "report_fields", lambda one: worded.append(one) or really(one))
    stream, seen = Terminal(), []
    shown = Live(stream, colour=False)
    early, late = (
        report(folder(b"%d" % n, FolderState.REVIEW, pictures=1, possible=1)) for n in range(2)
    )
    for now_s[0], one in ((0.0, early), (0.1, late), (0.6, late)):
        shown.show(one)
        seen.append(stream.getvalue().count("old-backups/1"))
    assert worded == [early, late]
    assert seen == [0, 0, 1]
