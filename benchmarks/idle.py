"""Counts how often a daemon wakes up that has nothing to do, thread by thread.

    python -m benchmarks.idle [--seconds 60] [--folders 100]

A real daemon on a library and a needle folder that nobody touches; what is counted are the
kernel's voluntary context switches of all its threads and workers.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks import _camera

from dedupd.faces.client import request
from dedupd.faces.questions import wait

PATIENCE_S, POLL_S, REST_S = 60.0, 0.05, 8.0
NAMED = """
import ctypes, sys, threading
system, begin = ctypes.CDLL(None), threading.Thread._bootstrap_inner
def begun(thread):
    system.prctl(15, thread.name.encode()[:15], 0, 0, 0)
    begin(thread)
threading.Thread._bootstrap_inner = begun
from dedupd.cli.main import main
sys.exit(main())
"""
"""Runs dedupd with its threads' names told to the kernel, which Python does from 3.14 on."""


def wakeups(pid: int) -> Counter[str]:
    """Return how often the threads of a process and its children woke up, by their names."""
    found: Counter[str] = Counter()
    for task in tasks(pid):
        with suppress(OSError):
            status = (task / "status").read_text()
            [line] = [one for one in status.splitlines() if one.startswith("voluntary_ctxt")]
            found[(task / "comm").read_text().strip()] += int(line.split()[1])
    return found


def tasks(pid: int) -> Iterator[Path]:
    """Yield the folder of each thread of a process and its children."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield task
        for child in (task / "children").read_text().split():
            yield from tasks(int(child))


def plant(base: Path, folders: int) -> None:
    """Make a library of so many folders, and a card that is in it."""
    for at in range(folders):
        folder = base / "library" / f"{at:04}"
        folder.mkdir(parents=True)
        (folder / "0.jpg").write_bytes(_camera.small(1, at))
    (base / "card").mkdir()
    (base / "card" / "0.jpg").write_bytes(_camera.small(1, 0))


def measure(base: Path, folders: int, seconds: float) -> None:
    """Print how often each thread woke up in a minute."""
    plant(base, folders)
    roots = ["--haystack", str(base / "library"), "--needles", str(base / "card")]
    command = [sys.executable, "-c", NAMED, "run", *roots, "--state", str(base / "state")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        at_rest(str(base / "state" / "control.sock"))
        before = wakeups(process.pid)
        time.sleep(seconds)
        after = wakeups(process.pid)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
    print(f"{'thread':24}{'wake-ups a minute':>20}")
    for name, count in (after - before).most_common():
        print(f"{name:24}{count * 60 / seconds:>20.1f}")
    print(f"{'all':24}{(after - before).total() * 60 / seconds:>20.1f}")


def at_rest(address: str) -> None:
    """Wait until the daemon knows everything, and has nothing left to put away."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not Path(address).exists():
        if time.monotonic() > deadline_s:
            raise SystemExit("the daemon does not start")
        time.sleep(POLL_S)
    request(address, wait(), PATIENCE_S)
    time.sleep(REST_S)


def main() -> None:
    """Measure as long as was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--folders", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), given.folders, given.seconds)


if __name__ == "__main__":
    main()
