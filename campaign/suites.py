"""R3, R4 and R6: tests that ./test runs too, here with many more examples or the real times."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.system.commands import environment

from campaign.result import Result, Size

PROJECT = Path(__file__).parents[1]
MODEL = "tests/unit/test_model_oracle.py"
WATCHING = "tests/system/test_watching.py"
EXAMPLES = 2000
LEAST_MUTANTS = 12
_COUNT = re.compile(r"(\d+) (passed|failed|error|skipped)")


def model(seed: int, size: Size) -> Result:
    """R3: random histories of the engine beside brute force."""
    examples = size.of(EXAMPLES, 5)
    counts, output = _pytest(
        f"--hypothesis-seed={seed}", MODEL,
        DEDUPD_MODEL_EXAMPLES=str(examples),
    )  # fmt: skip
    failed = counts.get("failed", 0) + counts.get("error", 0)
    passed = failed == 0 and counts.get("passed", 0) == 1
    measured = f"{'0' if passed else 'some'} violations in {examples} examples"
    return Result(measured, examples, passed, failed, () if passed else (output[-3000:],))


def mutants(_seed: int, _size: Size) -> Result:
    """R4: every safety rule taken out in turn; a mutant is caught where its test passes."""
    files = sorted(str(path) for path in (PROJECT / "tests" / "unit").glob("test_safety_*.py"))
    counts, output = _pytest("-k", "every_safety_rule", *files)
    missed = counts.get("failed", 0) + counts.get("error", 0)
    caught = counts.get("passed", 0)
    passed = missed == 0 and caught >= LEAST_MUTANTS
    measured = f"{caught} of {caught + missed} caught"
    return Result(measured, caught + missed, passed, notes=() if passed else (output[-3000:],))


def deaf_and_blind(_seed: int, _size: Size) -> Result:
    """R6: watchers that end, hang or can't be had, with the times that a daemon has."""
    counts, output = _pytest(WATCHING, "-n", "4", "-o", "timeout=400", DEDUPD_REAL_TIMES="1")
    seen, missed = counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)
    skipped = counts.get("skipped", 0)
    measured = f"{seen} of {seen + missed} seen within 60 s, and healed; {skipped} skipped"
    passed = missed == 0 and seen > 0
    return Result(measured, seen + missed, passed, notes=() if passed else (output[-3000:],))


def _pytest(*arguments: str, **more: str) -> tuple[dict[str, int], str]:
    """Run pytest; return how many tests came to which end, and what it printed."""
    unbounded = ("-p", "no:cacheprovider", "-o", "faulthandler_timeout=0")
    command = [sys.executable, "-m", "pytest", "-q", *unbounded, *arguments]
    done = subprocess.run(
        command, cwd=PROJECT, env=environment(**more), capture_output=True, text=True, check=False
    )
    lines = done.stdout.strip().splitlines() or [""]
    counts = {word.rstrip("s"): int(count) for count, word in _COUNT.findall(lines[-1])}
    return counts, done.stdout + done.stderr
