"""Measures what a burst costs: n frames in the library, and n other frames in the needles.

Runs the real `dedupd check` on generated frames of one motionless scene, without capture times:
the case in which every frame looks like every other.  Prints n, seconds, seconds of processor
time, how many contents were signed and how many pairs compared, both by full decodes.

    python -m benchmarks.bursts [n ...]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

try:
    import plyvel_next as plyvel
except ModuleNotFoundError:
    import plyvel

SIZES = (10, 20, 40)
HEIGHT_PX, WIDTH_PX = 400, 600
NOISE = 2.0  # grey levels, as of a small sensor
NOT_IMPORTED = 1  # what `check` exits with: a person must decide about a burst
SIGNATURES, MEASURES = b"s/", b"e/"


def write_frames(folder: Path, scene: np.ndarray, count: int, dice: np.random.Generator) -> None:
    """Write so many frames of a scene, each with noise of its own."""
    folder.mkdir()
    for number in range(count):
        frame = np.clip(scene + dice.normal(0, NOISE, scene.shape), 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number}.webp"), frame, [cv2.IMWRITE_WEBP_QUALITY, 90])


def counted(state: Path) -> tuple[int, int]:
    """Return how many signatures and how many measures a store holds."""
    [path] = {one.parent for one in state.rglob("CURRENT")}
    store = plyvel.DB(str(path))
    try:
        signed, compared = (
            sum(1 for _ in store.iterator(prefix=kind, include_value=False))
            for kind in (SIGNATURES, MEASURES)
        )
        return signed, compared
    finally:
        store.close()


def measure(count: int) -> None:
    """Check so many frames against as many others, and print what it cost."""
    dice = np.random.default_rng(count)
    coarse = dice.integers(20, 230, (8, 12, 3)).astype(np.uint8)
    scene = cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    with tempfile.TemporaryDirectory() as name:
        library, needles, state = (Path(name) / one for one in ("library", "needles", "state"))
        write_frames(library, scene, count, dice)
        write_frames(needles, scene, count, dice)
        check = [sys.executable, "-m", "dedupd", "check", "--state", str(state)]
        check += ["--haystack", str(library), "--needles", str(needles)]
        before, start_s = os.times(), time.perf_counter()
        result = subprocess.run(check, capture_output=True, check=False)
        taken_s, after = time.perf_counter() - start_s, os.times()
        if result.returncode != NOT_IMPORTED:
            raise SystemExit(f"exit code {result.returncode}: {result.stderr.decode()}")
        busy_s = sum(after[2:4]) - sum(before[2:4])
        signed, compared = counted(state)
    print(f"{count:>6}{taken_s:>10.1f}{busy_s:>10.1f}{signed:>8}{compared:>10}", flush=True)


def main() -> None:
    """Measure every size that was asked for."""
    print(f"{'n':>6}{'seconds':>10}{'cpu_s':>10}{'signed':>8}{'compared':>10}")
    for count in [int(word) for word in sys.argv[1:]] or SIZES:
        measure(count)


if __name__ == "__main__":
    main()
