"""R15: a day in short; does the daemon grow, leak, or lose its way?

A day's operations are done in a sixtieth of a day, and what the configuration lets the daemon do
every hour it does every minute.  Its clock isn't touched, so its own rhythms, such as the look at
its roots every 10 s, are those of 24 minutes.  Workers are killed, and both roots go away and
come back.
"""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.system.commands import Site, wait_for

from campaign.claims import Claims
from campaign.operations import LIBRARY_PICTURES, Operations
from campaign.result import Result, Size
from campaign.stage import Running, bugs, daemon, plant, quiet_report, site

FASTER = 60
SECONDS = 24 * 3600 // FASTER
PER_S = 200  # a minute, in a sixtieth of the time
HOUR_S = 3600 / FASTER
KILLS, AWAY = 48, 20
MOST_GROWTH = 0.05
SETTINGS = (
    "watch: {settle_quiet: 0.1s, settle_max: 1s, sweep_every: 1m}\n"  # 0.1 s is the least
    "rehash: {every: 36h}\n"
)
_KIB = 1024
Samples = list[tuple[float, int]]
"""Bytes, by the second since the soak began."""


@dataclass(slots=True)
class Soaked:
    """What was done to the daemon, and what was seen of it.

    Attributes:
        rss_bytes: Its resident memory.
        workers_bytes: That of its workers, together.
        fds: How many descriptors it had at each quiet point.
        faults: What it said otherwise than the disk there, and what it stumbled over.
    """

    rss_bytes: Samples = field(default_factory=list)
    workers_bytes: Samples = field(default_factory=list)
    fds: list[int] = field(default_factory=list)
    operations: int = 0
    kills: int = 0
    away: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def run(seed: int, size: Size) -> Result:
    """Let a daemon live through a day, or a part of one."""
    hours = size.of(24, 1)
    with site(SETTINGS) as stage:
        plant(stage, LIBRARY_PICTURES, folders=8, each=6)
        with daemon(stage) as running:
            running.wait_ready()
            claims = Claims(stage)
            soaked = _soak(running, Operations(stage, seed), claims, hours)
            soaked.faults += bugs(stage)
    return _judged(soaked, tuple(claims.wrong), hours)


def _judged(soaked: Soaked, wrong: tuple[str, ...], hours: int) -> Result:
    """Hold what was seen against the limits; the real pace is told, not the wanted one."""
    grown, workers = growth(soaked.rss_bytes), growth(soaked.workers_bytes)
    fds = sorted(set(soaked.fds))
    measured = (
        f"RSS {grown:+.1%}, workers {workers:+.1%}; fds {'-'.join(map(str, fds))};"
        f" {len(soaked.faults)} faults, {hours} quiet; {soaked.kills} kills, {soaked.away} away;"
        f" x{hours * 3600 / soaked.seconds:.0f}"
    )
    good = max(grown, workers) <= MOST_GROWTH and len(fds) == 1 and not (soaked.faults or wrong)
    return Result(measured, soaked.operations, good, len(wrong), (*soaked.faults, *wrong))


def growth(samples: Samples) -> float:
    """Return by which share the memory grew, from after the first hour to the end.

    The median of the first tenth after that hour is held against that of the last tenth; of less
    than two hours, the second half against the first.
    """
    late = [rss for at_s, rss in samples if at_s >= HOUR_S]
    used = late if len(late) >= len(samples) // 2 else [rss for _, rss in samples]
    few = max(1, len(used) // 10 if used is late else len(used) // 2)
    return statistics.median(used[-few:]) / statistics.median(used[:few]) - 1


def _soak(running: Running, operations: Operations, claims: Claims, hours: int) -> Soaked:
    """Do an hour's operations, then look at everything in quiet; and so on."""
    soaked, began_s = Soaked(), time.monotonic()
    kills = _moments(KILLS, hours)
    aways = _moments(AWAY, hours)
    for hour in range(hours):
        for operation in range(round(HOUR_S * PER_S)):
            due_s = began_s + hour * HOUR_S + operation / PER_S
            time.sleep(max(0.0, due_s - time.monotonic()))
            operations.do()
            soaked.operations += 1
            if operation % PER_S == 0:
                _sample(soaked, due_s - began_s, running.process.pid)
            if (hour, operation) in kills:
                soaked.kills += _kill_a_worker(running.process.pid, operations)
            if (hour, operation) in aways:
                soaked.away += 1
                _go_away(running.stage, soaked.away)
        operations.finish_writing()
        # What it saw while all was changing is said now; of that hour no truth was remembered.
        quiet_report(running.stage)
        claims.start_log_anew()
        unlike = claims.compare(quiet_report(running.stage))
        soaked.faults += [f"hour {hour}: {one}" for one in unlike]
        soaked.fds.append(len(os.listdir(f"/proc/{running.process.pid}/fd")))
    soaked.seconds = time.monotonic() - began_s
    return soaked


def _sample(soaked: Soaked, at_s: float, pid: int) -> None:
    """Note how much memory the daemon and its workers have."""
    soaked.rss_bytes.append((at_s, rss_bytes(pid)))
    soaked.workers_bytes.append((at_s, sum(map(rss_bytes, _children(pid)))))


def _moments(a_day: int, hours: int) -> set[tuple[int, int]]:
    """Return hour and operation of each of so many events a day, evenly spread."""
    all_of_them, an_hour = 24 * round(HOUR_S * PER_S), round(HOUR_S * PER_S)
    at = ((2 * number + 1) * all_of_them // (2 * a_day) for number in range(a_day))
    return {divmod(one, an_hour) for one in at if one < hours * an_hour}


def _kill_a_worker(pid: int, operations: Operations) -> int:
    """Kill one worker, if there is one; return how many."""
    workers = sorted(_children(pid))
    if not workers:
        return 0
    with suppress(ProcessLookupError):
        os.kill(operations.dice.choice(workers), signal.SIGKILL)
        return 1
    return 0


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            yield from map(int, (task / "children").read_text().split())


def _go_away(stage: Site, number: int) -> None:
    """Take away the library or the needles, until the daemon says so, and bring them back."""
    root = stage.lib if number % 2 else stage.needles
    elsewhere = root.with_name(f"{root.name}-unplugged")
    root.rename(elsewhere)
    wait_for(f"{root.name} offline", lambda: stage.roots()[root.name] == "offline")
    elsewhere.rename(root)
    wait_for(f"{root.name} online", lambda: stage.roots()[root.name] == "online")


def rss_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 of one that has ended."""
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        lines = status.splitlines()
        return sum(int(line.split()[1]) * _KIB for line in lines if line.startswith("VmRSS:"))
    return 0
