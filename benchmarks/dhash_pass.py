"""Measures the first pass and signatures against the bare decodes that they can't do without.

    python -m benchmarks.dhash_pass [--files 24]

One thread, files in memory, processor time; each line is a median of interleaved rounds.  The C
loop is libjpeg-turbo alone (c_loop.c, compiled here), grey and an eighth of the size; where there
is no compiler or no libjpeg it is absent, not beaten.  What is ours contains the header check, the
search for damage, the hash of the coded picture, all eight dHashes and the sketch.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from benchmarks import _article, _camera

from dedupd.pictures.capture import StderrCapture
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import fingerprint, sign

ROUNDS = 5
SOURCE = Path(__file__).with_name("c_loop.c")
LIMITS, CAPTURE = Limits(), StderrCapture()
Work = Callable[[bytes], object]


class Line(NamedTuple):
    """A line of the table: what is done with which files."""

    what: str
    work: Work
    files: Sequence[bytes]


def c_loop(folder: Path, paths: Sequence[Path]) -> Callable[[], float] | None:
    """Return the processor time of the C loop, as often as asked; None where it can't be had."""
    compiler, program = shutil.which("cc") or shutil.which("gcc"), folder / "c_loop"
    if compiler is None:
        return None
    command: list[str | Path] = [compiler, "-O2", "-o", program, SOURCE, "-ljpeg"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None

    def run() -> float:
        return float(subprocess.run([program, *paths], capture_output=True, check=True).stdout)

    return run


def taken_s(work: Work, files: Sequence[bytes]) -> float:
    """Return the processor time of doing this with each file."""
    began_s = time.process_time()
    for data in files:
        work(data)
    return time.process_time() - began_s


def compare(line: Line, other: Callable[[], float] | None) -> None:
    """Print one line: both in ms a file, and how many times the other's ours is."""
    if other is None:
        print(f"{line.what:<52}absent: no compiler, or no libjpeg", flush=True)
        return
    pairs = [(taken_s(line.work, line.files), other()) for _ in range(ROUNDS)]
    ours_ms, other_ms = (
        statistics.median(pair[at] for pair in pairs) * 1000 / len(line.files) for at in (0, 1)
    )
    ratio = statistics.median(first / second for first, second in pairs)
    print(f"{line.what:<52}{ours_ms:>9.2f}{other_ms:>9.2f}{ratio:>8.2f}", flush=True)


def first(data: bytes) -> object:
    """Do the first pass."""
    return fingerprint(data, LIMITS, CAPTURE)


def signed(data: bytes) -> object:
    """Make the signature."""
    return sign(data, LIMITS, CAPTURE)


def eighth(data: bytes) -> object:
    """Decode in grey, an eighth of the size."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)


def colour(data: bytes) -> object:
    """Decode in colour."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def article(data: bytes) -> object:
    """Do as the article's script does, with bytes that are in memory."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if picture is None else _article.hashed(picture)


def main() -> None:
    """Measure camera files, then small ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=24)
    count = parser.parse_args().files
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        # Every seventh is progressive: those are left out, the loop reads them another way.
        paths = [one for one in _camera.write(base / "c", count * 7 // 6 + 1, 3) if _baseline(one)]
        files = [one.read_bytes() for one in paths]
        small = [_camera.small(4, at) for at in range(count * 20)]
        print(f"{'':52}{'ours ms':>9}{'ref. ms':>9}{'ratio':>8}")

        compare(Line("first pass, baseline / C loop", first, files), c_loop(base, paths))
        for line, other in (
            (Line("first pass, baseline / OpenCV's, grey, an eighth", first, files), eighth),
            (Line("signature / OpenCV's decode in colour", signed, files), colour),
            (Line("first pass, 320 x 240 / the article's script", first, small), article),
        ):
            compare(line, partial(taken_s, other, line.files))


def _baseline(path: Path) -> bool:
    return b"\xff\xc2" not in path.read_bytes()[:4096]


if __name__ == "__main__":
    main()
