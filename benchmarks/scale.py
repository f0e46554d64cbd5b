"""Measures what a library costs by its size: start, sweep, single pictures, a join, a report.

    python -m benchmarks.scale [--sizes 10000,100000] [--index 1000000,10000000] [--folder DIR]

Each size gets a tree of sparse files, a store, and needles, one for a hundred library pictures;
each measurement is a process of its own.  The engine, the walks and the commits are the real ones;
reads and decodes are answered at once, for they cost the same in any library.  `index` measures
the search alone, for sizes whose engine this machine can't hold.  At the end stands what a hundred
million would cost, by a power law through the last two sizes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import _simulated as simulated
from benchmarks._driver import Driver

from dedupd.faces.outputs import json as as_json
from dedupd.faces.outputs import text
from dedupd.faces.outputs.look import Look
from dedupd.faces.shapes.reports import report_fields
from dedupd.looking import VERSIONS
from dedupd.model import Place, Root
from dedupd.rules.index import HammingIndex
from dedupd.state.store import open_store

SINGLES, JOINED = 20, 10_000
SEARCHES, RADIUS_BITS = 200, 10
FAR = 100_000_000
Figures = dict[str, float]
"""What was found, by a name that ends in its unit."""


class Stopwatch:
    """Seconds by the wall and of the processor since it was made, each lap for itself."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def lap(self, name: str) -> Figures:
        """Return the lap's figures under `name`, and begin the next one."""
        before, self._began = self._began, (time.perf_counter(), time.process_time())
        wall_s, cpu_s = (now - then for now, then in zip(self._began, before, strict=True))
        return {f"{name} wall s": wall_s, f"{name} cpu s": cpu_s}


def peak_mb() -> float:
    """Return the most memory that this process ever had."""
    status = Path("/proc/self/status").read_text()
    [line] = [one for one in status.splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) / 1000


def started(base: Path) -> Driver:
    """Return the engine as it is after a start, before it looked at anything."""
    store, damage = open_store(base / "state", VERSIONS)
    if damage is not None:
        raise SystemExit(damage)
    driver = Driver(base, store)
    driver.engine.load()
    return driver


def plant(base: Path, count: int) -> Figures:
    """Make tree and store; have everything looked at once, as after a daemon's first run."""
    simulated.plant(base, count)
    driver = started(base)
    driver.settle()
    driver.close()
    [store] = (base / "state").glob("store")
    return {"store MB": sum(one.stat().st_size for one in store.iterdir()) / 1e6}


def start(base: Path, _: int) -> Figures:
    """From nothing to the first report, and to a report of which all was looked at."""
    watch, found = Stopwatch(), Figures()
    store, _damage = open_store(base / "state", VERSIONS)
    found |= watch.lap("open the store")
    driver = Driver(base, store)
    driver.engine.load()
    found |= watch.lap("load")
    driver.engine.report()
    found |= watch.lap("first report")
    found["loaded MB"] = peak_mb()
    watch.lap("")
    driver.settle()
    return found | watch.lap("first sweep, verified") | {"start peak MB": peak_mb()}


def sweep(base: Path, _: int) -> Figures:
    """Walk again what was walked a moment ago, beside `find` on the same tree."""
    driver = started(base)
    driver.settle()
    watch = Stopwatch()
    driver.sweep()
    found = watch.lap("sweep without news")
    watch.lap("")
    folders = [os.fsdecode(root.path) for root in simulated.roots(base)]
    find = ["find", *folders, "-type", "f", "-printf", "%s %T@ %i %p\\n"]
    subprocess.run(find, stdout=subprocess.DEVNULL, check=True)
    return found | {"find -printf wall s": watch.lap("find")["find wall s"]}


def singles(base: Path, count: int) -> Figures:
    """One new file after the other: needles, half of them copies, then library pictures."""
    driver = started(base)
    driver.settle()
    library, needles = simulated.roots(base)
    wanted = newcomers(driver, count, 2 * SINGLES)
    found = Figures()
    for name, root, numbers in (
        ("one new needle", needles, wanted[:SINGLES]),
        ("one new library picture", library, wanted[SINGLES:]),
    ):
        taken = [one_by_one(driver, root, number) for number in numbers]
        found[f"{name} cpu ms"] = statistics.median(taken)
    report = driver.engine.report()
    watch = Stopwatch()
    report = driver.engine.report()
    found |= watch.lap("report")
    fields = report_fields(report)
    as_json.render(fields, Look())
    found |= watch.lap("status --json")
    text.render(fields, Look())
    return found | watch.lap("status")


def one_by_one(driver: Driver, root: Root, number: int) -> float:
    """Return how many ms of the processor it takes from the news of a file to its class."""
    [(place, _)] = simulated.written(root, [number])
    began_s = time.process_time()
    driver.heard(place)
    taken_ms = (time.process_time() - began_s) * 1000
    forget(driver, root, place)
    return taken_ms


def forget(driver: Driver, root: Root, place: Place) -> None:
    """Delete the file again."""
    os.unlink(os.path.join(root.path, place.path))
    driver.heard(place)


def join(base: Path, count: int) -> Figures:
    """Ten thousand new needles at once, half of which show what the library has."""
    driver = started(base)
    driver.settle()
    _, needles = simulated.roots(base)
    numbers = newcomers(driver, count, JOINED)
    places = [place for place, _ in simulated.written(needles, numbers)]
    watch = Stopwatch()
    driver.sweep()
    found = watch.lap("join of 10k needles")
    for place in places:
        os.unlink(os.path.join(needles.path, place.path))
    return found


def newcomers(driver: Driver, count: int, wanted: int) -> list[int]:
    """Make up so many new pictures, every other one like one of the library; return which."""
    nature = simulated.Nature(seed=count)
    looks = nature.looks(wanted)
    numbers = [simulated.FIRST_NEW + at for at in range(wanted)]
    for row, number in enumerate(numbers):
        known = driver.known(simulated.digest(row * 7919 % count)) if row % 2 else None
        new = simulated.fingerprint(looks, row, number)
        driver.looks[simulated.digest(number)] = known or new
    return numbers


def index(_: Path, count: int) -> Figures:
    """The search alone: filled, its bands built, asked."""
    nature, hamming, before_mb = simulated.Nature(), HammingIndex(), peak_mb()
    hashes = nature.hashes(count)
    held_mb = hashes.nbytes / 1e6
    watch = Stopwatch()
    for number, dhash in enumerate(hashes.tolist()):
        hamming.add(number.to_bytes(32, "big"), dhash)
    hamming.prepare()
    found = watch.lap("index built")
    wanted = hashes[:: max(1, count // SEARCHES)].tolist()
    taken = []
    for dhash in wanted:
        began_s = time.process_time()
        hamming.within(dhash, RADIUS_BITS)
        taken.append((time.process_time() - began_s) * 1000)
    found["index: one search cpu ms"] = statistics.median(taken)
    return found | {"index peak MB": peak_mb() - before_mb - held_mb}


WORKS: Mapping[str, Callable[[Path, int], Figures]] = {
    one.__name__: one for one in (plant, start, sweep, singles, join, index)
}


def in_a_process(work: str, base: Path, count: int) -> Figures:
    """Do one measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scale", "--one", work, "--folder", str(base)]
    done = subprocess.run(
        [*command, "--sizes", str(count)], stdout=subprocess.PIPE, check=True, text=True
    )
    print(f"  {work} {count:,}: {done.stdout.strip()}", file=sys.stderr, flush=True)
    return Figures(json.loads(done.stdout))


def extrapolated(few: tuple[int, float], many: tuple[int, float], far: int) -> tuple[float, float]:
    """Return the exponent of the power law through two points, and what it says for `far`."""
    if few[1] <= 0 or many[1] <= 0:
        return 0.0, many[1]
    exponent = math.log(many[1] / few[1]) / math.log(many[0] / few[0])
    return exponent, many[1] * (far / many[0]) ** exponent


def print_table(found: Mapping[int, Figures]) -> None:
    """Print a line for each figure, a column for each size, and the look ahead."""
    sizes = sorted(found)
    names = list(dict.fromkeys(name for size in sizes for name in found[size]))
    heads = "".join(f"{size:>13,}" for size in sizes)
    print(f"{'':32}{heads}{'n to the':>10}{f'{FAR:,}':>16}")
    for name in names:
        known = [(size, found[size][name]) for size in sizes if name in found[size]]
        cells = "".join(_cell(found[size].get(name)) for size in sizes)
        law = extrapolated(known[-2], known[-1], FAR) if len(known) > 1 else None
        ahead = f"{law[0]:>10.2f}{law[1]:>16,.0f}" if law else ""
        print(f"{name:32}{cells}{ahead}")
    print("cost(n) = cost(last) * (n / last) ** k, k from the last two sizes that were measured")


def _cell(figure: float | None) -> str:
    return f"{'-':>13}" if figure is None else f"{figure:>13,.3f}"


def measure(folder: Path, sizes: Sequence[int], alone: Sequence[int]) -> None:
    """Measure every size, the small ones first, and print the table."""
    found: dict[int, Figures] = {}
    for count in sorted(sizes):
        with tempfile.TemporaryDirectory(dir=folder) as base:
            works = ("plant", "start", "sweep", "singles", "join")
            for work in works:
                found.setdefault(count, {}).update(in_a_process(work, Path(base), count))
    for count in sorted({*sizes, *alone}):
        found.setdefault(count, {}).update(in_a_process("index", folder, count))
    print_table(found)


def numbers(words: str) -> list[int]:
    """Return the numbers of a list with commas."""
    return [int(word) for word in words.split(",") if word]


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=numbers, default=[10_000, 100_000])
    parser.add_argument("--index", type=numbers, default=[1_000_000, 10_000_000])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--one", choices=WORKS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(WORKS[given.one](given.folder, given.sizes[0])))
    else:
        measure(given.folder, given.sizes, given.index)


if __name__ == "__main__":
    main()
