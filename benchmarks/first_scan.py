"""Measures a first scan, whole process and report included, against the article's script.

    python -m benchmarks.first_scan [--count 400] [--rounds 5] [--photos DIR] [--only new|mixed]

`new`: as many camera JPEGs in the needles as in the haystack, none of which it has.  `mixed`: half
of the needles are byte copies, a quarter was saved again, a quarter is new.  Files are made below
DIR and kept there for the next time.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from benchmarks import _camera, _timing

HERE = Path(__file__).parent
IMPORTED, MISSING = 0, 1
REFERENCE = "the article's script"
RESAVED_QUALITY = 82
MIB = 2**20


def _copy(known: Path, _strange: Path, to: Path) -> None:
    _whole(known.read_bytes(), to)


def _save_again(known: Path, _strange: Path, to: Path) -> None:
    bgr = np.asarray(cv2.imread(str(known), cv2.IMREAD_COLOR), np.uint8)
    _whole(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, RESAVED_QUALITY])[1].tobytes(), to)


def _strange(_known: Path, strange: Path, to: Path) -> None:
    _whole(strange.read_bytes(), to)


def _whole(data: bytes, to: Path) -> None:
    unfinished = to.with_suffix(".part")
    unfinished.write_bytes(data)
    unfinished.rename(to)


MIX = (_copy, _save_again, _copy, _strange)


def plant_new(base: Path, count: int) -> tuple[Path, Path]:
    """Make a haystack, and needles that it lacks."""
    haystack, needles = base / "haystack", base / "new"
    _camera.write(haystack, count, seed=1)
    _camera.write(needles, count, seed=2)
    return haystack, needles


def plant_mixed(base: Path, count: int) -> tuple[Path, Path]:
    """Make a haystack, and needles of which it has three in four."""
    haystack, new = plant_new(base, count)
    known, strange = sorted(haystack.rglob("*.jpg")), sorted(new.rglob("*.jpg"))
    needles = base / "mixed"
    for at, (one, other) in enumerate(zip(known, strange, strict=True)):
        to = needles / f"{at % 10:02}" / f"IMG_{at:04}.jpg"
        if to.exists():
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        MIX[at % len(MIX)](one, other, to)
    return haystack, needles


def contenders(haystack: Path, needles: Path, state: Path) -> list[_timing.Contender]:
    """Return dedupd and what it is measured against."""
    roots = [str(haystack), str(needles)]
    check = ["--state", str(state), "--haystack", roots[0], "--needles", roots[1]]

    def forget() -> None:
        shutil.rmtree(state, ignore_errors=True)

    ours = [sys.executable, "-m", "dedupd", "check", *check]
    return [
        _timing.Contender("dedupd check", ours, (IMPORTED, MISSING), forget),
        _timing.Contender(REFERENCE, [sys.executable, str(HERE / "_article.py"), *roots]),
        _timing.Contender(
            "Pillow draft, 2 processes", [sys.executable, str(HERE / "_draft.py"), *roots]
        ),
    ]


def measure(name: str, haystack: Path, needles: Path, count: int) -> None:
    """Print the table of one case."""
    with tempfile.TemporaryDirectory() as state:
        found = contenders(haystack, needles, Path(state) / "state")
        print(f"\n{name}: {haystack} and {needles}, {count} rounds")
        _timing.print_table(REFERENCE, _timing.rounds(found, count))
        print(f"peak memory of dedupd check: {_timing.peak_bytes(found[0]) / MIB:.0f} MiB (PSS)")


def main() -> None:
    """Measure both cases, or the one that was asked for."""
    cases = {"new": plant_new, "mixed": plant_mixed}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=400, help="pictures on either side")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=Path, default=Path(tempfile.gettempdir()) / "dedupd-bench")
    parser.add_argument("--only", choices=cases)
    given = parser.parse_args()
    for name, plant in cases.items():
        if given.only in (None, name):
            base = given.photos / f"camera-{given.count}"
            measure(name, *plant(base, given.count), given.rounds)


if __name__ == "__main__":
    main()
