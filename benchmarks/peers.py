"""Measures a first scan against other finders of pictures, whole processes in the same rounds.

    python -m benchmarks.peers [--count 60] [--rounds 3] [--photos DIR] [--python PYTHON]

PYTHON has what `benchmarks/peers.txt` names installed (this one unless told otherwise), imgdupes'
program beside it; findimagedupes is Debian's.  A peer that can't be had is printed as absent.
All look at the same camera JPEGs: as many in the haystack as in the needles, all of them new.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import _timing, first_scan

HERE = Path(__file__).parent
OURS = "dedupd check"
MODULES = {"ImageHash": "imagehash", "czkawka": "czkawka", "difPy": "difPy"}
DIFFER_BITS = "4"


def peers(python: str, roots: list[str], scratch: Path) -> Iterator[_timing.Contender | str]:
    """Yield each peer that can be run, and the names of those that can't."""
    for name, module in MODULES.items():
        has = [python, "-c", f"import {module}"]
        if subprocess.run(has, capture_output=True, check=False).returncode:
            yield name
        else:
            yield _timing.Contender(name, [python, str(HERE / "_peer.py"), module, *roots])
    names = scratch / "names"
    names.write_text("".join(f"{path}\n" for root in roots for path in Path(root).rglob("*.jpg")))
    by_list = ["--files-from", str(names), "--no-cache", "--summarize", "dhash", DIFFER_BITS]
    programs = {"imgdupes": by_list, "findimagedupes": ["-R", *roots]}
    for name, words in programs.items():
        found = shutil.which(name, path=f"{Path(python).parent}:{os.environ['PATH']}")
        yield _timing.Contender(name, [found, *words]) if found else name


def main() -> None:
    """Measure all that can be had."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=60, help="pictures on either side")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--photos", type=Path, default=Path(tempfile.gettempdir()) / "dedupd-bench")
    parser.add_argument("--python", default=sys.executable, help="one that has the peers")
    given = parser.parse_args()
    haystack, needles = first_scan.plant_new(given.photos / f"camera-{given.count}", given.count)
    with tempfile.TemporaryDirectory() as scratch:
        ours = first_scan.contenders(haystack, needles, Path(scratch) / "state")
        found = list(peers(given.python, [str(haystack), str(needles)], Path(scratch)))
        runnable = [one for one in found if isinstance(one, _timing.Contender)]
        taken = _timing.rounds([*ours, *runnable], given.rounds)
    _timing.print_table(first_scan.REFERENCE, taken)
    for name in found:
        if isinstance(name, str):
            print(f"{name:24}{'absent':>10}")
    wall_s = {one: statistics.median(took.wall_s for took in taken[one]) for one in taken}
    if runnable:
        fastest = min((one.name for one in runnable), key=lambda name: wall_s[name])
        print(
            f"fastest peer: {fastest}, {wall_s[fastest] / wall_s[OURS]:.2f} times as long as ours"
        )


if __name__ == "__main__":
    main()
