"""A hundred hours in which nothing happens: what the engine asks for, and what it writes.

The clock is simulated; the engine is stepped when it wants to be, as the loop does it.
"""

from __future__ import annotations

from collections import Counter

import pytest
from tests.unit.engine_disk import Volume, picture
from tests.unit.engine_world import World, roots_of

from dedupd.messages import CheckRoot, Job, LookAt, LookTree, Sweep, Tick
from dedupd.model import FolderState, Now, Role
from dedupd.state.memory import MemoryStore

HOURS = 100
SWEEPS = HOURS  # of each root; the first and the last may fall out of the time
ROOTS = 2
CHECK_S = 10.0


class Ledger(MemoryStore):
    """A store that counts what is put into it, by the name of the method and the small fact's."""

    def __init__(self) -> None:
        super().__init__()
        self.written: Counter[str] = Counter()

    def __getattribute__(self, name: str):
        if name.startswith(("put_", "drop_")):
            self.written[name] += 1
        return super().__getattribute__(name)


class Idle:
    """A world at rest, and what it did in all those hours."""

    def __init__(self) -> None:
        volumes = {"h1": Volume(1), "n1": Volume(2)}
        self.world = World(roots_of(h1=Role.HAYSTACK, n1=Role.NEEDLES), volumes)
        for number in range(3):
            self.world.disk.write("h1", b"%d.jpg" % number, picture(number, "a"))
            self.world.disk.write("n1", b"card/%d.jpg" % number, picture(number, "a"))
        self.world.store = self.store = Ledger()
        self.world.start()
        self.world.rest()
        self.store.written.clear()
        self.jobs: Counter[type[Job]] = Counter()
        self.events: list[str] = []
        self.steps = 0

    def pass_hours(self) -> None:
        """Let time pass, doing at once what is asked for."""
        until_s = self.world.now_s + HOURS * 3600
        while self.world.now_s < until_s:
            self.world.now_s = max(self.world.now_s, self.world.engine.next_due_s())
            self._take(Tick())

    def _take(self, message) -> None:
        self.steps += 1
        step = self.world.engine.step(message, Now(self.world.now_s, self.world.now_s))
        self.events += [event.name for event in step.events]
        for job in step.jobs:
            self.jobs[type(job)] += 1
            edges = self.world._edges
            for answer in edges.sweep(job) if isinstance(job, Sweep) else edges.quick(job):
                self._take(answer)


@pytest.fixture(scope="module")
def idle():
    """Return a world a hundred quiet hours later."""
    one = Idle()
    one.pass_hours()
    return one


def test_nothing_is_read_or_decoded(idle):
    """Roots are asked where they lead, and swept; after a sweep standing claims are looked at."""
    assert set(idle.jobs) == {CheckRoot, Sweep, LookTree, LookAt}
    assert abs(idle.jobs[Sweep] - ROOTS * SWEEPS) <= ROOTS
    assert idle.jobs[CheckRoot] <= ROOTS * (1 + HOURS * 3600 / CHECK_S)
    assert idle.jobs[LookTree] <= idle.jobs[Sweep]


def test_nothing_is_written_but_that_a_sweep_was_in_step(idle):
    """One small fact a root and sweep; no record, no fingerprint, no last word."""
    assert set(idle.store.written) == {"put_meta"}
    assert idle.store.written["put_meta"] == idle.jobs[Sweep]


def test_nothing_is_logged(idle):
    """People are told what changes."""
    assert idle.events == []
    assert idle.world.state(b"card") is FolderState.IMPORTED


def test_the_engine_is_woken_no_more_often_than_roots_are_looked_for(idle):
    """One tick for all roots every ten seconds, and their answers; sweeps add little."""
    ticks = HOURS * 3600 / CHECK_S
    assert idle.steps <= (1 + ROOTS) * ticks * 1.02
