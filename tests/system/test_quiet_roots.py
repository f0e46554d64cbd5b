"""Roots where nothing happens are left alone: a disk that spun down isn't woken."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.system.commands import WAIT_S, Site, fill, need, running, wait_for

LISTENED_S = 12.0  # longer than from one look at a root's identity to the next
LOOKS = {"open", "openat", "fstat", "newfstatat", "statx", "fstatfs", "close", "fcntl"}
"""What is asked of the root itself, which the kernel answers from memory: is it still there?"""
CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)")  # one that was interrupted comes back as "<... call"


@pytest.mark.skipif(not need("strace"), reason="strace is not installed")
def test_nothing_below_a_quiet_root_is_looked_at(tmp_path):
    """No file, no listing, no subfolder: only whether the root is there, every ten seconds."""
    site = Site(tmp_path)
    fill(site.lib / "2011", range(4))
    fill(site.needles / "card", range(2))
    with running(site) as daemon:
        site.wait_event("folder.imported", site.needles / "card")
        assert site.ask("status", "--wait").code == 0
        calls = [one for one in listened(daemon.pid, tmp_path) if str(tmp_path) in one]
    roots = [one for one in calls if f'{site.lib}"' in one or f"{site.lib}>" in one]
    below = [one for one in calls if f"{site.lib}/" in one or f"{site.needles}/" in one]
    assert roots, "no look at the root was seen, so the test sees nothing"
    assert below == []
    assert {CALL.match(one)[1] for one in roots} <= LOOKS


def listened(pid: int, folder: Path) -> list[str]:
    """Return the calls about files that a process makes in a while, each with its paths."""
    trace = folder / "trace"
    words = ["strace", "-f", "-y", "-qq", "-s", "4096", "-e", "trace=%file,%desc", "-o", str(trace)]
    with subprocess.Popen([*words, "-p", str(pid)]) as strace:
        wait_for("strace", lambda: trace.exists() and trace.stat().st_size)
        time.sleep(LISTENED_S)
        strace.send_signal(signal.SIGINT)
        strace.wait(WAIT_S)
    return trace.read_text(errors="replace").splitlines()
