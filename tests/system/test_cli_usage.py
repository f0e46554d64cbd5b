"""The real command: help, exit codes and errors where no daemon runs, and how light it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "daemon"
HEAVY = {
    "cv2", "numpy", "plyvel", "plyvel_next", "watchdog", "yaml", "pydantic", "rich",
    "dataclasses", "inspect", "pathlib", "hashlib", "logging", "threading", "difflib", "shutil",
    "subprocess", "asyncio", "traceback", "tempfile", "dedupd.model", "dedupd.messages",
}  # fmt: skip


def dedupd(*words):
    """Run the command as a user does."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "dedupd", *words]
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)


@pytest.mark.timeout(120)
def test_help_is_on_standard_output():
    """Exit code 0; tests/unit/test_reference.py reads that of every command."""
    done = dedupd("status", "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"dedupd status" in done.stdout.splitlines()[-1]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["status", "/x"],
        ["status", "--wait"],
        ["status", "--json"],
        ["rescan"],
        ["reload"],
        ["accept", "/x"],
        ["missing", "--socket", "/nowhere/x.sock"],
    ],
)
def test_without_a_daemon_the_exit_code_is_3_and_the_cure_is_said(words):
    """Three lines on standard error, nothing on standard output."""
    done = dedupd(*words)
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (3, b"")
    assert len(lines) == 3
    assert "the daemon isn't running" in lines[0]
    assert "systemctl --user start dedupd" in lines[2]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["status", "--nonsense"],
        ["run", "--article"],
        ["run"],
        ["check"],
        ["check", "--haystack", "/x"],
        ["check", "--state", "/x"],
        ["check", "--haystack", "/x", "--needles", "/x"],
        ["check", "--haystack", "/x", "--needles", "/y", "-0"],
        ["check", "--haystack", "/x", "--needles", "/y", "--list", "nice"],
        ["config", "check", "--config", "/nowhere/x.yaml"],
        ["config", "mend"],
        ["status", "--config", "/nowhere/x.yaml"],
        ["events", "--since", "yesterday-ish"],
        ["hash"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_or_configuration_is_exit_code_2(words):
    """systemd doesn't restart on it; nothing is on standard output."""
    done = dedupd(*words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"dedupd")
    assert b"Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) in (2, 3)


@pytest.mark.timeout(120)
def test_the_configuration_is_checked_and_shown(tmp_path):
    """A root that isn't there is warned of, not refused; what is shown can be loaded again."""
    file = tmp_path / "my.yaml"
    (tmp_path / "lib").mkdir()
    file.write_text("haystack: [lib]\nneedles: [gone]\nstate: state\n")
    checked = dedupd("config", "check", "--config", str(file))
    assert checked.returncode == 0
    assert b"gone" in checked.stderr
    shown = dedupd("config", "show", "--config", str(file))
    (tmp_path / "again.yaml").write_bytes(shown.stdout)
    again = dedupd("config", "show", "--config", str(tmp_path / "again.yaml"))
    assert again.stdout == shown.stdout
    assert dedupd("config", "show", "--json", "--config", str(file)).stdout.startswith(b"{")


@pytest.mark.timeout(120)
def test_roots_that_overlap_are_refused_with_every_other_mistake():
    """A picture would match itself."""
    done = dedupd("config", "check", "--haystack", "/usr", "--needles", "/usr/share", "/usr/share")
    assert done.returncode == 2
    assert done.stderr.count(b"/usr/share") >= 2


@pytest.fixture
def event_log(tmp_path):
    """Return a state folder with one event."""
    (tmp_path / "events.jsonl").write_text(
        '{"time": "2026-11-22T10:20:30.123Z", "seq": 1, "id": "#1", "event": "daemon.started"}\n'
    )
    return tmp_path


@pytest.mark.timeout(120)
def test_the_event_log_is_read_without_a_daemon(event_log):
    """Standard error says that none runs, and how old the log is."""
    done = dedupd("events", "--state", str(event_log))
    assert done.returncode == 0
    assert b"daemon.started" in done.stdout
    assert b"no daemon is running; the last of these events is of 2026-11-22" in done.stderr
    assert dedupd("events", "--state", str(event_log), "--json").stdout.startswith(b'{"time"')
    gone = dedupd("events", "--state", str(event_log / "gone"))
    assert (gone.returncode, len(gone.stderr.splitlines())) == (4, 3)


@pytest.mark.timeout(120)
def test_output_that_nobody_reads_is_no_traceback_and_not_success(event_log):
    """`dedupd missing | head`: quiet, and not 0, which could say that all is imported."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "dedupd", "events", "--state", str(event_log)]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=write_end,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(write_end)
    assert done.returncode == 4
    assert b"Traceback" not in done.stderr


@pytest.mark.timeout(120)
def test_status_loads_nothing_heavy():
    """It aims at three times a bare interpreter."""
    code = (
        "import sys; before = {*sys.modules};"
        "from dedupd.cli.main import main; code = main(['status']);"
        "print(code, *(sys.modules.keys() - before))"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, timeout=60
    )
    code, *modules = done.stdout.decode().split()
    assert code == "3"
    assert not HEAVY.intersection(modules)
