"""R2: random file operations against the real daemon, killed every 50; R1 counts along."""

from __future__ import annotations

import time

from tests.system.commands import Site

from campaign.claims import Claims
from campaign.operations import LIBRARY_PICTURES, Operations
from campaign.result import Result, Size
from campaign.stage import bugs, daemon, plant, quiet_report, site

OPERATIONS, SEEDS = 10_000, 5
EVERY = 50
LEAST_COMPLETE = 0.3


def run(seed: int, size: Size) -> Result:
    """Run them, from as many seeds as the size asks for."""
    count, failed, wrong, notes = size.of(OPERATIONS, EVERY), 0, 0, list[str]()
    tracebacks = list[str]()
    looks = complete = 0
    seeds = range(seed, seed + size.of(SEEDS, 1))
    for one in seeds:
        with site() as stage:
            claims, unlike = _history(stage, one, count)
            tracebacks += bugs(stage)
        failed += len(unlike)
        wrong += len(claims.wrong)
        looks, complete = looks + claims.looks, complete + claims.complete
        notes += [f"seed {one}: {text}" for text in (*claims.wrong[:5], *unlike[:5])]
    share = complete / looks
    measured = f"{failed} reports unlike the disk, {wrong} wrong claims; {share:.0%} complete"
    measured += f"; {len(tracebacks)} with a traceback" * bool(tracebacks)
    passed = not (failed or wrong or tracebacks) and share >= LEAST_COMPLETE
    return Result(measured, count * len(seeds), passed, wrong, (*notes, *tracebacks))


def _history(stage: Site, seed: int, count: int) -> tuple[Claims, list[str]]:
    """Do `count` operations; return what was claimed, and how reports differed from the disk."""
    plant(stage, LIBRARY_PICTURES, folders=8, each=6)
    operations, claims, unlike = Operations(stage, seed), Claims(stage), list[str]()
    for first in range(0, count, EVERY):
        with daemon(stage) as running:
            running.wait_ready()
            done = _some(stage, operations, claims)
            running.end()
        with daemon(stage) as running:
            running.wait_ready()
            began_s = time.time()
            operations.finish_writing()
            claims.changed(began_s)
            unlike += [
                f"{one} after operation {first + EVERY}: {' '.join(done)}"
                for one in claims.compare(quiet_report(stage))
            ]
            running.end()
    return claims, unlike


def _some(stage: Site, operations: Operations, claims: Claims) -> list[str]:
    """Do the operations between two kills, now in a burst, now with pauses."""
    done, pause_s = [], operations.dice.choice([0, 0.001, 0.02])
    for number in range(EVERY):
        began_s = time.time()
        done.append(operations.do())
        lost = claims.changed(began_s)
        if lost:
            _ask_one(stage, claims, operations.dice.choice(sorted(lost)))
        claims.hear()
        time.sleep(pause_s)
        if number % 10 == 0:
            report = stage.ask_inside("status", "--json")
            assert report.code == 0, report.err
            claims.hear_report(report.json)
    return done


def _ask_one(stage: Site, claims: Claims, path: bytes) -> None:
    """Ask at once for a folder that is no longer imported: it is looked at in the call."""
    answer = stage.ask_inside("status", "--json", path_text(path))
    if answer.code == 0:
        claims.wrong.append(f"`status` calls {path!r} imported")


def path_text(path: bytes) -> str:
    """Return a path as a command line of this process takes it."""
    return path.decode("utf-8", "surrogateescape")
