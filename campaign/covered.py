"""R21: how much of the program its tests run, statement by statement and branch by branch.

    make cover                  every test: what the daemon, commands and workers run counts too
    make cover ARGS=--short     unit and contract tests alone, for what must never be wrong

What must never be wrong is run whole, and so by tests of milliseconds.  A worker process can't
say what it ran: it may write no file, and is killed; its modules are run inside of tests too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.system.commands import environment

from campaign.result import Result, Size

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "daemon" / "dedupd"
QUIETLY = ("-q", "-rf", "--tb=short")
PYTEST = (sys.executable, "-m", "pytest")
WHOLE, MOST = 100.0, 90.0
"""Percent: of what must never be wrong, and of each module of the rest."""

SAFETY = frozenset(
    {
        "claim.py", "model.py",
        "disk/walk.py", "disk/walker.py", "disk/look.py", "disk/files.py", "disk/lease.py",
        "engine/claims.py", "engine/cases.py",
        "rules/presence.py", "rules/verdicts.py", "rules/verify.py", "rules/worse.py",
        "rules/contest.py",
        "state/store.py", "state/level.py", "state/lock.py", "state/durable.py", "state/keys.py",
    }
)  # fmt: skip
"""The claim, the walk, the stamp (`model`), the read, the opening of the store, and the rules."""

NOT_MEASURED = "tests/system/test_commands_check.py::test_interrupted_it_exits_with_130"
"""The measuring itself complains when it is interrupted."""

FAST = ("tests/unit", "tests/contract")
ALL = (*FAST, "tests/system")


@dataclass(frozen=True, slots=True)
class Module:
    """What was run of a module, in percent; a module without a branch has all of them run."""

    name: str
    statements: float
    branches: float
    missing: str = ""

    @property
    def bar(self) -> float:
        """How much has to be run, in percent."""
        return WHOLE if self.name in SAFETY else MOST

    @property
    def passes(self) -> bool:
        """Are both statements and branches at the bar?"""
        return min(self.statements, self.branches) >= self.bar


def run(_seed: int, size: Size) -> Result:
    """Run every test; at less than the full size the fast ones, for the safety code alone."""
    whole = size.share >= 1
    modules, failed = measured(ALL if whole else FAST)
    judged = [one for one in modules if whole or one.name in SAFETY]
    low = [one for one in judged if not one.passes]
    known = {one.name for one in judged} >= SAFETY
    told = f"{len(judged) - len(low)} of {len(judged)} modules at their bar"
    notes = (*map(line, low), *((failed,) if failed else ()))
    return Result(told, len(judged), known and not low and not failed, notes=notes)


def measured(tests: tuple[str, ...]) -> tuple[list[Module], str]:
    """Run these tests; return what they ran, and what failed among them, "" for nothing."""
    with tempfile.TemporaryDirectory(prefix="dedupd-covered-") as folder:
        told = Path(folder, "told.json")
        arguments = ("-n", str(os.cpu_count() or 1), "--dist", "loadgroup", *QUIETLY)
        report = (f"--cov-report=json:{told}", "--cov", "-p", "no:cacheprovider")
        done = subprocess.run(
            [*PYTEST, *arguments, *report, "--deselect", NOT_MEASURED, *tests],
            cwd=PROJECT, env=environment(COVERAGE_FILE=str(Path(folder, "data"))),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        failed = "" if done.returncode == 0 else (done.stdout + done.stderr)[-3000:]
        if not told.exists():
            return [], failed or "pytest-cov told nothing"
        return list(modules_of(json.loads(told.read_text(encoding="utf-8")))), failed


def modules_of(told: Mapping[str, Any]) -> Iterator[Module]:
    """Yield what a report of coverage.py says of each module, the lowest first."""
    modules = [_module(Path(name), file) for name, file in told["files"].items()]
    yield from sorted(modules, key=lambda one: (min(one.statements, one.branches), one.name))


def _module(path: Path, file: Mapping[str, Any]) -> Module:
    told = file["summary"]
    lines: list[int] = file["missing_lines"]
    jumps = [f"{line}->{to}" for line, to in file["missing_branches"] if line not in lines]
    return Module(
        str((PROJECT / path).relative_to(PACKAGE)),
        told["percent_statements_covered"],
        told["percent_branches_covered"] if told["num_branches"] else 100.0,
        " ".join([*map(str, lines), *jumps]),
    )


def line(one: Module) -> str:
    """Return what people read about a module: its name, its percents, and what wasn't run."""
    percents = f"{one.statements:5.1f} % {one.branches:5.1f} % of {one.bar:.0f} %"
    return f"{one.name:32} {percents}  {one.missing[:200]}".rstrip()


def main() -> int:
    """Print each module that is below its bar; 0 if none is."""
    result = run(0, Size(0.0 if "--short" in sys.argv[1:] else 1.0))
    print("\n".join((*result.notes, result.measured)))
    return int(not result.passed)


if __name__ == "__main__":
    sys.exit(main())
