"""The table of all figures: what each is about, what it must reach, and what measures it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from campaign import (
    covered,
    cuts,
    exposure,
    failing_calls,
    fuzzing,
    kills,
    latency,
    names,
    races,
    random_operations,
    soak,
    state_damage,
    storm,
    suites,
    torn,
    traced,
    whole,
)
from campaign.result import Result, Size

Run = Callable[[int, Size], Result]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `run` is None for what has no program yet."""

    name: str
    what: str
    limit: str
    run: Run | None = None


TOTAL = Figure("R1", "wrong claims in all that was run below", "0")
"""Added up from the others."""

FIGURES = (
    TOTAL,
    Figure("R2", "random operations, kill -9 every 50", "0 unlike", random_operations.run),
    Figure("R3", "model beside its oracle", "0 violations", suites.model),
    Figure("R4", "mutants of the safety rules", "all caught, >= 12", suites.mutants),
    Figure("R5", "files made while stopped", "<= 120 s, 0 missing, <= 600 MB", storm.run),
    Figure("R6", "deaf or blind", "seen <= 60 s", suites.deaf_and_blind),
    Figure("R7", "broken corpus, mutated files", "0 exits, hangs, lost; <= 2 GB", fuzzing.run),
    Figure("R8", "damaged JPEG, PNG, GIF taken as whole", "0, one flipped bit apart", whole.run),
    Figure("R9", "library files damaged in turn", "100 % leave imported", cuts.run),
    Figure("R10", "writers that pause", "0 mixed hashes kept", torn.run),
    Figure("R11", "damaged state, full disk", "0 wrong, 0 refused, decisions", state_damage.run),
    Figure("R12", "the n-th call fails", "0 wrong, each recovers", failing_calls.run),
    Figure("R13", "two daemons at once", "0 double opens", races.run),
    Figure("R14", "kill -9 at random", "ready <= 3 s, <= 1 % again", kills.killed),
    Figure("R15", "24 h in short", "RSS <= +5 %, fds constant, as the disk", soak.run),
    Figure("R16", "SIGTERM to exit", "<= 5 s, all", kills.stopped),
    Figure("R17", "status while scanning 100,000 files", "p99 <= 200 ms", latency.run),
    Figure("R18", "systemd exposure", "<= 1.5", exposure.run),
    Figure("R19", "hostile names", "exact back, 0 raw controls", names.run),
    Figure("R20", "writes below the roots", "0", traced.run),
    Figure("R21", "tests run all branches of safety code", "100 %, rest >= 90 %", covered.run),
)
