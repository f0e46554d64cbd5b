"""Whole processes beside each other: run in turn, so that a busy machine slows all of a round."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SAMPLE_S = 0.05


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process and its children took.

    Attributes:
        cpu_s: Their time on processors, together.
    """

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A command; `before` clears away what its last run left, `codes` are how it may exit."""

    name: str
    command: Sequence[str]
    codes: tuple[int, ...] = (0,)
    before: Callable[[], None] = lambda: None


def run(contender: Contender) -> Taken:
    """Run it once, from start to end."""
    contender.before()
    before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(contender.command, capture_output=True, check=False)
    wall_s, after = time.perf_counter() - start_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    _demand(contender, done.returncode, done.stderr)
    return Taken(wall_s, sum(after[:2]) - sum(before[:2]))


def rounds(contenders: Sequence[Contender], count: int) -> Mapping[str, list[Taken]]:
    """Run each of them in turn, so many times, after one round that isn't counted."""
    taken: dict[str, list[Taken]] = {one.name: [] for one in contenders}
    for number in range(count + 1):
        for one in contenders:
            found = run(one)
            if number:
                taken[one.name].append(found)
    return taken


def ratios(ours: Sequence[Taken], others: Sequence[Taken]) -> tuple[float, float]:
    """Return how many times as long others take, and our share of their processor time: medians."""
    pairs = list(zip(ours, others, strict=True))
    wall = statistics.median(other.wall_s / our.wall_s for our, other in pairs)
    return wall, statistics.median(our.cpu_s / other.cpu_s for our, other in pairs)


def print_table(reference: str, taken: Mapping[str, list[Taken]]) -> None:
    """Print medians, and what each takes beside the reference."""
    print(f"{'':24}{'wall s':>10}{'cpu s':>10}{'x faster':>10}{'x cpu':>8}")
    for name, found in taken.items():
        wall_s = statistics.median(one.wall_s for one in found)
        cpu_s = statistics.median(one.cpu_s for one in found)
        faster, share = ratios(found, taken[reference])
        print(f"{name:24}{wall_s:>10.2f}{cpu_s:>10.2f}{faster:>10.2f}{share:>8.2f}", flush=True)


def peak_bytes(contender: Contender) -> int:
    """Run it once more, slowed by looking; return the most memory of it and its children (PSS)."""
    contender.before()
    process = subprocess.Popen(
        contender.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    most, ended = 0, threading.Event()
    while not ended.wait(SAMPLE_S):
        most = max(most, sum(map(_pss_bytes, _family(process.pid))))
        if process.poll() is not None:
            ended.set()
    _demand(contender, process.returncode, b"")
    return most


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, children.read_text().split())
    return found


def _pss_bytes(pid: int) -> int:
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _demand(contender: Contender, code: int | None, stderr: bytes) -> None:
    if code not in contender.codes:
        text = stderr.decode(errors="replace")
        raise SystemExit(f"{' '.join(contender.command)} exited with {code}: {text}")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
