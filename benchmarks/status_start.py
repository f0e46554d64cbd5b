"""Measures how much slower `dedupd status` starts than a bare interpreter.

Prints the median of the ratios over pairs that are run one right after the other, so that a busy
machine slows both of a pair.  The daemon isn't running: `status` looks for it and exits with 3.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PAIRS = 15
NOT_RUNNING = 3
DEDUPD = Path(sys.executable).with_name("dedupd")
BARE = (sys.executable, "-c", "pass")


def duration_s(command: Sequence[str], expected_exit: int) -> float:
    """Run `command` once, in seconds from start to end."""
    start_s = time.perf_counter()
    result = subprocess.run(command, check=False, capture_output=True)
    taken_s = time.perf_counter() - start_s
    if result.returncode != expected_exit:
        raise SystemExit(f"{command} exited with {result.returncode}: {result.stderr.decode()}")
    return taken_s


def report(name: str, command: Sequence[str], expected_exit: int) -> None:
    """Print the median duration of `command` and its median ratio to a bare interpreter."""
    duration_s(command, expected_exit)  # once unmeasured: files come into the cache
    pairs = [(duration_s(command, expected_exit), duration_s(BARE, 0)) for _ in range(PAIRS)]
    ratio = statistics.median(ours_s / bare_s for ours_s, bare_s in pairs)
    ours_ms, bare_ms = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    print(f"{name}: {ratio:.2f} times a bare interpreter ({ours_ms:.0f} ms, {bare_ms:.0f} ms)")


def main() -> None:
    """Measure the help text, and a report that nobody answers."""
    report("dedupd status --help", [str(DEDUPD), "status", "--help"], 0)
    with tempfile.TemporaryDirectory() as state:
        report("dedupd status", [str(DEDUPD), "status", "--state", state], NOT_RUNNING)


if __name__ == "__main__":
    main()
