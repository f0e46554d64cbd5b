"""R12: the n-th call to the disk, the state folder or the store fails once, for every n."""

from __future__ import annotations

import multiprocessing
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.system.commands import Site

from campaign.claims import Claims
from campaign.failing import COUNT_FILE, KINDS
from campaign.result import Result, Size
from campaign.stage import Running, daemon, plant, quiet_report, site

FILES, FOLDERS = 100, 10
AT_ONCE = 6
PAUSES_S = 75.0
"""After a write that failed the service waits for a minute before it tries again."""


@dataclass(slots=True)
class Outcome:
    """What came of some of the calls."""

    tried: int = 0
    restarts: int = 0
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def run(seed: int, size: Size) -> Result:
    """Fail every call once, or as many, evenly spread, as the size asks for."""
    whole = Outcome()
    # Each waits most of its time, for a daemon that starts or for one that tries again.
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn")) as others:
        for one in others.map(_every, [(seed, size, at) for at in range(AT_ONCE)]):
            whole.tried += one.tried
            whole.restarts += one.restarts
            whole.notes += one.notes
            whole.wrong += one.wrong
    notes, wrong = whole.notes, whole.wrong
    measured = f"{len(notes)} faults, {len(wrong)} wrong; {whole.restarts} ended and recovered"
    return Result(measured, whole.tried, not notes and not wrong, len(wrong), (*notes, *wrong))


def _every(which: tuple[int, Size, int]) -> Outcome:
    """Fail every sixth of the calls that are to fail, from one on, on a site of its own."""
    seed, size, first = which
    outcome = Outcome()
    with site() as stage:
        plant(stage, FILES, FOLDERS, FILES // FOLDERS)
        claims = Claims(stage)
        for kind in KINDS:
            calls = _calls(stage, kind)
            wanted = size.of(calls, 1)
            for number in range(first, wanted, AT_ONCE):
                # `seed` moves the numbers, so that several runs try different calls.
                call = (calls * number // wanted + seed) % calls + 1
                outcome.tried += 1
                faults, ended = _one(stage, claims, kind, call)
                outcome.restarts += ended
                outcome.notes += [f"{kind} call {call} of {calls}: {fault}" for fault in faults]
        outcome.wrong += claims.wrong
    return outcome


def failing(stage: Site, kind: str, number: int) -> list[str]:
    """Return the program whose `number`-th call of a kind fails; 0 for none."""
    count = stage.folder / COUNT_FILE
    return [sys.executable, "-m", "campaign.failing", kind, str(number), str(count)]


def _calls(stage: Site, kind: str) -> int:
    """Return how many calls of a kind a whole run makes."""
    shutil.rmtree(stage.state, ignore_errors=True)
    with daemon(stage, failing(stage, kind, 0), PYTHONPATH=_paths()) as running:
        running.wait_ready()
        quiet_report(stage)
        assert running.process.poll() is None
        running.process.terminate()
        running.process.wait(30)
    return int((stage.folder / COUNT_FILE).read_text())


def _one(stage: Site, claims: Claims, kind: str, number: int) -> tuple[list[str], bool]:
    """Let one call fail; return what is wrong, and whether the daemon ended over it."""
    shutil.rmtree(stage.state, ignore_errors=True)
    claims.start_log_anew()
    with daemon(stage, failing(stage, kind, number), PYTHONPATH=_paths()) as running:
        unlike = _until_right(stage, claims, running)
        ended = running.process.poll()
    if ended is None:
        return unlike, False
    faults = [f"exit code {ended}"] * (ended in (0, 70))
    with daemon(stage) as running:  # as systemd would
        if running.wait_ready() is None:
            return [*faults, "the next start was refused"], True
        return [*faults, *_until_right(stage, claims, running)], True


def _until_right(stage: Site, claims: Claims, running: Running) -> list[str]:
    """Return what is still wrong when all should be well again; every claim is judged."""
    unlike = ["no report"]
    until_s = time.monotonic() + PAUSES_S
    while unlike and time.monotonic() < until_s and running.process.poll() is None:
        done = stage.ask_inside("status", "--wait", "--json")
        if done.code == 0:
            unlike = claims.compare(done.json)
            unlike = unlike and [unlike[0], str([one["code"] for one in done.json["problems"]])]
        time.sleep(0.05)
    return unlike


def _paths() -> str:
    project = Path(__file__).parents[1]
    return f"{project / 'daemon'}:{project}"
