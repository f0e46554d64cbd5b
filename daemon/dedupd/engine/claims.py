"""Claims on their way: a case with the looks that came back, and what became of earlier ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from dedupd.claim import Case, Ruling
from dedupd.messages import TreeLooked, WitnessesLooked
from dedupd.model import Place

STUBBORN_TIMES = 6


@dataclass(slots=True)
class Claim:
    """A case on its way; `inquiry` is the number of the question that waits for it, or None."""

    case: Case
    inquiry: int | None
    tree: TreeLooked | None = None
    witnesses: dict[str, WitnessesLooked] = field(default_factory=dict)
    disturbed: bool = False
    concerns: frozenset[Place] = frozenset()

    @property
    def complete(self) -> bool:
        """Have all looks been answered?"""
        return self.tree is not None and len(self.witnesses) == len(
            {place.root for place in self.case.witnesses}
        )


@dataclass(frozen=True, slots=True)
class Retry:
    """How often in a row a look at a folder was refused, when the next may be, and why."""

    times: int = 0
    not_before_s: float = float("-inf")
    why: str = ""

    @property
    def stubborn(self) -> bool:
        """Is there no hope that the next look settles it?"""
        return self.times >= STUBBORN_TIMES


AT_ONCE = Retry()


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim that has been ruled on; `disturbed` ones prove nothing and are looked into again."""

    claim: Claim
    ruling: Ruling
