"""The units that ship are understood by systemd, and the system unit is a tight one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
EXPOSURE_LIMIT = "15"  # tenths: systemd's scale goes from 0.0 (tight) to 10.0 (open)

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        shutil.which("systemd-analyze") is None,
        reason="systemd-analyze is not installed (Debian: apt install systemd)",
    ),
]


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    runtime_folder = {"XDG_RUNTIME_DIR": os.environ["HOME"]}
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | runtime_folder,
    )


def copy_that_starts(unit: Path, folder: Path, program: Path) -> Path:
    """Copy `unit` so that it starts `program`: systemd-analyze wants one that is there."""
    lines = unit.read_text().splitlines()
    (start,) = [line for line in lines if line.startswith("ExecStart=")]
    installed, _, arguments = start.removeprefix("ExecStart=").partition(" ")
    assert installed.endswith("/bin/dedupd")
    copy = folder / unit.name
    copy.write_text(unit.read_text().replace(start, f"ExecStart={program} {arguments}"))
    return copy


@pytest.fixture
def program(tmp_path):
    """Return an executable that stands in for the installed dedupd."""
    path = tmp_path / "dedupd"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("name", "manager"), [("dedupd@.service", "--system"), ("user/dedupd.service", "--user")]
)
def test_systemd_understands_every_line(name, manager, program, tmp_path):
    """A misspelt key or a value that systemd ignores would only warn at the user's start."""
    unit = copy_that_starts(UNITS / name, tmp_path, program)
    result = analyze("verify", "--man=no", manager, unit)
    assert result.returncode == 0, result.stdout
    assert unit.name not in result.stdout, result.stdout


def test_the_check_itself_sees_a_misspelt_key(program, tmp_path):
    """Guards the test above: systemd-analyze does complain, and names the file."""
    unit = copy_that_starts(UNITS / "dedupd@.service", tmp_path, program)
    unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHoem="))
    assert unit.name in analyze("verify", "--man=no", "--system", unit).stdout


def test_the_system_unit_leaves_little_to_break_out_to():
    """Its exposure on systemd's own scale stays at 1.5 of 10 or below."""
    result = analyze(
        "security", "--offline=true", f"--threshold={EXPOSURE_LIMIT}", UNITS / "dedupd@.service"
    )
    assert result.returncode == 0, result.stdout
