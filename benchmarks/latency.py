"""Measures how soon a new file's answer comes: from its close to its class in the event log.

    python -m benchmarks.latency [--files 40] [--library 1000]

A real daemon with `settle_quiet: 0.1s`, the least it takes, which isn't counted; camera files of 12
and 16 megapixels, then small ones, which the library lacks.  The reference is the decode that the
answer can't do without, in the same run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from benchmarks import _camera

from dedupd.faces.client import request
from dedupd.faces.questions import wait

POLL_S = 0.001
PATIENCE_S = 60.0
SETTLE_S = 0.1
PAUSE_S = 0.3  # so that each comes to a daemon at rest
CONFIG = """haystack: [{0}/library]
needles: [{0}/card]
state: {0}/state
watch: {{settle_quiet: 0.1s}}
"""


@contextlib.contextmanager
def daemon(base: Path) -> Iterator[None]:
    """Run one on `base`, until all there is was read and longer."""
    (base / "config.yaml").write_text(CONFIG.format(base))
    command = [sys.executable, "-m", "dedupd", "run", "--config", str(base / "config.yaml")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    address = str(base / "state" / "control.sock")
    try:
        until(lambda: os.path.exists(address))
        request(address, wait(), PATIENCE_S)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def until(probe: Callable[[], bool]) -> float:
    """Return when `probe` finds something, in seconds of the performance counter."""
    deadline_s = time.perf_counter() + PATIENCE_S
    while not probe():
        if time.perf_counter() > deadline_s:
            raise SystemExit("waited in vain")
        time.sleep(POLL_S)
    return time.perf_counter()


def missing(log: Path, after_bytes: int) -> bool:
    """Was a picture called missing since the log was so long?  The daemon isn't asked."""
    if log.stat().st_size <= after_bytes:
        return False
    with log.open("rb") as lines:
        lines.seek(after_bytes)
        return b'"picture.unmatched"' in lines.read()


def decode_s(data: bytes) -> float:
    """Return how long the decode takes, reduced to an eighth where that leaves enough."""
    mode = cv2.IMREAD_REDUCED_GRAYSCALE_8 if len(data) > 1 << 20 else cv2.IMREAD_GRAYSCALE
    began_s = time.perf_counter()
    cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    return time.perf_counter() - began_s


def measure(name: str, base: Path, pictures: list[bytes]) -> None:
    """Print the medians of one kind of file."""
    answers_s, decodes_s = [], []
    card, log = base / "card", base / "state" / "events.jsonl"
    for number, data in enumerate(pictures):
        time.sleep(PAUSE_S)
        decodes_s.append(decode_s(data))
        before_bytes = log.stat().st_size
        (card / f"{name} {number}.jpg").write_bytes(data)
        closed_s = time.perf_counter()
        answers_s.append(until(lambda: missing(log, before_bytes)) - closed_s - SETTLE_S)  # noqa: B023
    medians_ms = [statistics.median(column) * 1000 for column in (answers_s, decodes_s)]
    over_ms = statistics.median(a - d for a, d in zip(answers_s, decodes_s, strict=True)) * 1000
    print(f"{name:10}{medians_ms[0]:>12.1f}{medians_ms[1]:>12.1f}{over_ms:>12.1f}", flush=True)


def main() -> None:
    """Measure camera files and small ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--library", type=int, default=1000)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        (base / "library").mkdir()
        (base / "card").mkdir()
        for number in range(given.library):
            (base / "library" / f"{number}.jpg").write_bytes(_camera.small(1, number))
        large = [_camera.encoded(_camera.picture(9, at), 90, at) for at in range(given.files)]
        with daemon(base):
            print(f"{'':10}{'answer ms':>12}{'decode ms':>12}{'more ms':>12}")
            measure("camera", base, large)
            small = [_camera.small(2, number) for number in range(given.files)]
            measure("small", base, small)


if __name__ == "__main__":
    main()
