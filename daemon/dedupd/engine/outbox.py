"""What one step of the engine gives to the edges, collected while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from dedupd.messages import Job
from dedupd.model import Now
from dedupd.reports import Event


@dataclass(slots=True)
class Outbox:
    """Jobs and events of the running step, and the moment at which it runs."""

    now: Now = field(default_factory=lambda: Now(0.0, 0.0))
    jobs: list[Job] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def do(self, job: Job) -> None:
        """Ask an edge to do this."""
        self.jobs.append(job)

    def tell(self, event: Event) -> None:
        """Have this logged."""
        self.events.append(event)

    def take(self) -> tuple[list[Job], list[Event]]:
        """Return what was collected, and begin anew."""
        taken = self.jobs, self.events
        self.jobs, self.events = [], []
        return taken
