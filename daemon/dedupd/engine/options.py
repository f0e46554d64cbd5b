"""How an engine is to work, and what one step of it asks of the edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dedupd.messages import Job
from dedupd.reports import Event
from dedupd.rules.rounds import Pace
from dedupd.rules.verify import Policy


@dataclass(frozen=True, slots=True)
class Options:
    """How the engine is to work.

    Attributes:
        eager: Fill the index even when no needle asks; `check` doesn't.
        workers: How many pictures are decoded at one time.
        kept_bytes: How many bytes of pictures may wait for a worker.
        reread: How the library is read again in the background; None for never.
        rests: Are there quiet hours at that moment (seconds since 1970)?
    """

    policy: Policy
    others_block: bool
    settle_quiet_s: float
    settle_max_s: float
    sweep_every_s: float | None
    eager: bool
    workers: int
    kept_bytes: int
    reread: Pace | None = None
    rests: Callable[[float], bool] = lambda _: False


@dataclass(frozen=True, slots=True)
class Step:
    """What one step asks of the edges, in this order: events first."""

    events: list[Event]
    jobs: list[Job]
