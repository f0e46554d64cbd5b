"""`python -m campaign`: run the figures that were not run yet, and print the table.

python -m campaign [--only R7,R9] [--seed 5] [--share 0.1 | --short] [--again] [--results FILE]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

from campaign import table
from campaign.figures import FIGURES, Figure, Run
from campaign.result import Result, Size

RESULTS = Path(__file__).parent / "results.jsonl"
_HOMES = ("CONFIG", "CACHE", "STATE", "DATA")
_SET_FROM_OUTSIDE = (
    "DEDUPD_CONFIG", "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "CONFIGURATION_DIRECTORY",
    "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
)  # fmt: skip


def main() -> int:
    """Run what is asked for; 0 if nothing that ran failed."""
    options = _options()
    results: Path = options.results
    size, source = Size(0.0 if options.short else options.share), table.source_id()
    with tempfile.TemporaryDirectory(prefix="dedupd-home-") as home:
        _leave_home(Path(home))
        for figure in _chosen(options.only):
            if figure.run is None or (
                not options.again and _is_kept(results, figure, options.seed, size, source)
            ):
                continue
            one = _ran(figure, figure.run, options.seed, size, source)
            table.keep(results, one)
    done = [one for one in table.kept(results) if one.source == source]
    print("\n".join(table.lines(done)))
    return int(any(one.result.passed is False for one in done))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m campaign")
    parser.add_argument("--only", default="", help="figures, with commas between them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0, help="of the full size, 0 to 1")
    parser.add_argument("--short", action="store_true", help="the least of each: minutes")
    parser.add_argument("--again", action="store_true", help="also what is done already")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are kept")
    return parser.parse_args()


def _chosen(only: str) -> list[Figure]:
    names = [name.strip().upper() for name in only.split(",") if name.strip()]
    unknown = set(names) - {figure.name for figure in FIGURES}
    if unknown:
        sys.exit(f"there is no figure {', '.join(sorted(unknown))}")
    return [figure for figure in FIGURES if not names or figure.name in names]


def _is_kept(results: Path, figure: Figure, seed: int, size: Size, source: str) -> bool:
    wanted = figure.name, seed, size.share, source
    return any(
        (one.figure, one.seed, one.share, one.source) == wanted for one in table.kept(results)
    )


def _ran(figure: Figure, run: Run, seed: int, size: Size, source: str) -> table.Kept:
    """Run one figure; what breaks off has failed."""
    print(f"{figure.name}: {figure.what} ...", file=sys.stderr, flush=True)
    began_s = time.monotonic()
    try:
        result = run(seed, size)
    except Exception as error:
        print(traceback.format_exc(), file=sys.stderr)
        result = Result(f"broke off: {error}", 0, False, notes=(traceback.format_exc(),))
    seconds = time.monotonic() - began_s
    print(f"{figure.name}: {result.measured} ({seconds:.0f} s)", file=sys.stderr, flush=True)
    return table.Kept(figure.name, source, seed, size.share, seconds, result)


def _leave_home(home: Path) -> None:
    """Let nothing that is run read or change the home of whoever runs this."""
    os.environ["HOME"] = str(home)
    for name in _HOMES:
        os.environ[f"XDG_{name}_HOME"] = str(home / name.lower())
    (home / "runtime").mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(home / "runtime")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in _SET_FROM_OUTSIDE:
        os.environ.pop(name, None)


if __name__ == "__main__":
    sys.exit(main())
