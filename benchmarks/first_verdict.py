"""Measures the first true verdict about a card of byte copies, on a fresh library of many files.

    python -m benchmarks.first_verdict [--files 100000] [--copies 200] [--rounds 5]

The reference is what nobody can do without: `find` over both roots, and reading the card and its
copies.  Nothing may be decoded for it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import _timing

IMPORTED = 0
REFERENCE = "find, and reading the copies"
FOLDER_FILES = 100
LEAST_BYTES, MOST_BYTES = 60_000, 120_000
READ = "find {0} {1} -type f -printf '%s %T@ %i\\n' >/dev/null && cat {1}/* {2}/copies/* >/dev/null"


def plant(base: Path, files: int, copies: int) -> tuple[Path, Path]:
    """Make a library, all of whose files have other sizes than the card's, but for its copies."""
    library, card = base / "library", base / "card"
    for at in range(files):
        path = library / f"{at // FOLDER_FILES:04}" / f"{at:06}.jpg"
        if at % FOLDER_FILES == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(b"\xff\xd8%d" % at)
    (library / "copies").mkdir()
    card.mkdir()
    for at in range(copies):
        step = (MOST_BYTES - LEAST_BYTES) // copies
        data = b"\xff\xd8" + bytes([at % 251]) * (LEAST_BYTES + at * step)
        (library / "copies" / f"{at}.jpg").write_bytes(data)
        (card / f"IMG_{at}.jpg").write_bytes(data)
    return library, card


def measure(base: Path, files: int, copies: int, count: int) -> None:
    """Print the table."""
    library, card = plant(base, files, copies)
    state = base / "state"
    check = ["--state", str(state), "--haystack", str(library), "--needles", str(card)]
    ours = _timing.Contender(
        "dedupd check",
        [sys.executable, "-m", "dedupd", "check", *check],
        (IMPORTED,),
        lambda: shutil.rmtree(state, ignore_errors=True),
    )
    read = ["sh", "-c", READ.format(library, card, library)]
    taken = _timing.rounds([ours, _timing.Contender(REFERENCE, read)], count)
    print(f"{files} files, a card of {copies} byte copies, {count} rounds")
    _timing.print_table(REFERENCE, taken)


def main() -> None:
    """Measure the size that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--copies", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        measure(Path(base), given.files, given.copies, given.rounds)


if __name__ == "__main__":
    main()
