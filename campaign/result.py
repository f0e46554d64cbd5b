"""What a figure came to, and how large its test was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a figure's full size is run: 1 for all of it, 0 for the least."""

    share: float

    def of(self, full: int, least: int) -> int:
        """Return how many to try of `full`, never fewer than `least`."""
        return min(full, max(least, round(full * self.share)))


@dataclass(frozen=True, slots=True)
class Result:
    """What a figure came to.

    Attributes:
        measured: In words, with the numbers that the limit speaks of.
        tried: How many were tried.
        passed: None where it was skipped; `measured` then says why.
        wrong_claims: How often "imported" was said of what wasn't.
        notes: What failed, one line each, with what is needed to see it again.
    """

    measured: str
    tried: int
    passed: bool | None
    wrong_claims: int = 0
    notes: tuple[str, ...] = ()


def skipped(why: str) -> Result:
    """Return the result of a figure that can't be measured here."""
    return Result(why, 0, None)
