"""R14 and R16: killed or stopped at any moment, again and again."""

from __future__ import annotations

import random
import signal
import time

from tests.system.commands import Site

from campaign.claims import Claims
from campaign.result import Result, Size
from campaign.stage import bugs, content, daemon, plant, quiet_report, site

KILLS, STOPS = 1000, 200
READY_S, STOPPED_S = 3.0, 5.0
MOST_AGAIN = 0.01
LATEST_S = 4.0
LIBRARY, FOLDERS, EACH = 200, 20, 10


def killed(seed: int, size: Size) -> Result:
    """R14: `kill -9` at random; how soon the next one is ready, and what it does again."""
    count, dice = size.of(KILLS, 2), random.Random(seed)
    ready_s, notes = list[float](), list[str]()
    with site() as stage:
        plant(stage, LIBRARY, FOLDERS, EACH)
        claims = Claims(stage)
        for _ in range(count):
            with daemon(stage) as running:
                _let_run(dice, LATEST_S)
                running.end()
            claims.hear()
        for _ in range(3):
            with daemon(stage) as running:
                ready_s.append(running.wait_ready() or float("inf"))
                report = quiet_report(stage)
                notes += claims.compare(report)
        again = report["queue"]["hashed"] / (LIBRARY + FOLDERS * EACH)
        ready_s += _ready_after_kills(stage, dice, count, notes)
        claims.hear()
        notes += bugs(stage)
    measured = f"ready after {max(ready_s):.1f} s at most; {again:.1%} hashed again"
    measured += f"; {len(notes)} faults" * bool(notes)
    passed = max(ready_s) <= READY_S and again <= MOST_AGAIN and not (notes or claims.wrong)
    wrong = len(claims.wrong)
    return Result(measured, 2 * count, passed, wrong, (*notes, *claims.wrong))


def _ready_after_kills(
    stage: Site, dice: random.Random, count: int, notes: list[str]
) -> list[float]:
    """Kill daemons that are ready, while the disk changes; return how long each start took."""
    ready_s = []
    for number in range(count):
        with daemon(stage) as running:
            started_s = running.wait_ready()
            if started_s is None:
                notes.append(f"the start after kill {number} was refused")
                continue
            ready_s.append(started_s)
            (stage.needles / "card 0" / "new.jpg").write_bytes(content(dice.randrange(LIBRARY)))
            _let_run(dice, 0.5)
            running.end()
    return ready_s


def stopped(seed: int, size: Size) -> Result:
    """R16: SIGTERM at random moments of starting, scanning and resting."""
    count, dice, notes = size.of(STOPS, 4), random.Random(seed), list[str]()
    slowest_s = 0.0
    with site() as stage:
        plant(stage, LIBRARY, FOLDERS, EACH)
        claims = Claims(stage)
        for number in range(count):
            with daemon(stage) as running:
                running.wait_ready() if number % 2 else None
                _let_run(dice, 2.0)
                took_s = running.end(signal.SIGTERM)
                slowest_s = max(slowest_s, took_s)
                code = running.process.returncode
                # Before it has taken its signals, Python itself ends at SIGTERM.
                if code not in (0, -signal.SIGTERM) or took_s > STOPPED_S:
                    notes.append(f"stop {number}: exit code {code} after {took_s:.1f} s")
        claims.hear()
        notes += bugs(stage)
    measured = f"{count - len(notes)} of {count} in time, the slowest after {slowest_s:.1f} s"
    return Result(measured, count, not notes and not claims.wrong, len(claims.wrong), tuple(notes))


def _let_run(dice: random.Random, latest_s: float) -> None:
    time.sleep(dice.uniform(0, latest_s))
