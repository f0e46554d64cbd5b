"""R13: two daemons start on one state folder in the same moment."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

from tests.system.commands import Site, wait_for

from campaign.claims import Claims
from campaign.result import Result, Size
from campaign.stage import Running, daemon, plant, quiet_report, site

RACES = 100
REFUSED = 4
COPY_EVERY = 3


def run(seed: int, size: Size) -> Result:
    """Race them, every third time after somebody copied the state folder."""
    count, dice = size.of(RACES, 3), random.Random(seed)
    double, notes = 0, list[str]()
    with site() as stage:
        plant(stage, library=20, folders=4, each=5)
        claims = Claims(stage)
        for number in range(count):
            if number % COPY_EVERY == COPY_EVERY - 1:
                shutil.copytree(stage.state, stage.folder / f"copy {number}", ignore=_sockets)
            alive = _race(stage, dice.uniform(0, 0.5), notes)
            double += len(alive) > 1
            if len(alive) != 1:
                notes.append(f"race {number}: {len(alive)} daemons were left")
        with daemon(stage) as running:
            running.wait_ready()
            notes += claims.compare(quiet_report(stage))
    measured = f"{double} double opens"
    return Result(measured, count, not notes and not claims.wrong, len(claims.wrong), tuple(notes))


def _race(stage: Site, lead_s: float, notes: list[str]) -> list[Running]:
    """Start two, kill what is left, and return which that were."""
    with daemon(stage) as first:
        time.sleep(lead_s)
        with daemon(stage) as second:
            both = (first, second)
            ready_s = [one.wait_ready() for one in both]
            time.sleep(0.1)
            alive = [one for one in both if one.process.poll() is None]
            holders = [one for one in alive if _has_store(one.process.pid, stage.state)]
            codes = [one.process.returncode for one in both if one not in alive]
            if any(code != REFUSED for code in codes):
                notes.append(f"a refused start gave exit codes {codes}; ready after {ready_s}")
            if len(alive) == 1 and not holders:
                wait_for("its store", lambda: _has_store(alive[0].process.pid, stage.state))
            return holders if len(holders) > 1 else alive


def _has_store(pid: int, state: Path) -> bool:
    """Say whether a process has a file of the database open."""
    try:
        links = [link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return any(link.is_relative_to(state / "store") for link in links)


def _sockets(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name.endswith(".sock")]
