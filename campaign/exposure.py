"""R18: how exposed the system unit is, on systemd's own scale of 0 to 10."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from tests.system.commands import environment, need

from campaign.result import Result, Size, skipped

UNIT = Path(__file__).parents[1] / "systemd" / "dedupd@.service"
MOST = 1.5
_TOLD = re.compile(r"exposure level for \S+ (\d+\.\d+)")


def run(_seed: int, _size: Size) -> Result:
    """Ask systemd, which doesn't have to run for that."""
    program = need("systemd-analyze")
    if not program:
        return skipped("systemd-analyze is not installed")
    with tempfile.TemporaryDirectory() as runtime:
        done = subprocess.run(
            [program, "--no-pager", "security", "--offline=true", str(UNIT)],
            env=environment(XDG_RUNTIME_DIR=runtime),
            capture_output=True,
            text=True,
            check=False,
        )
    told = _TOLD.search(done.stdout)
    if told is None:
        return Result("systemd-analyze gave no level", 1, False, notes=(done.stderr,))
    return Result(f"exposure {told[1]}", 1, float(told[1]) <= MOST)
