"""The engine against brute force: whatever happens to the disk, what is said of folders is so.

`DEDUPD_MODEL_EXAMPLES=5000` runs a campaign with other dice each time; see `make campaign`.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.unit.engine_deeds import Deeds

OFTEN = [Deeds.bring, Deeds.mend, Deeds.mend, Deeds.plug]
DEEDS = [
    *OFTEN, Deeds.bring, Deeds.add_needle, Deeds.add_to_library, Deeds.remove, Deeds.change,
    Deeds.close, Deeds.touch, Deeds.move, Deeds.link, Deeds.make_odd_entry, Deeds.shut,
    Deeds.unplug, Deeds.change_while_away, Deeds.empty_library, Deeds.accept, Deeds.ask, Deeds.ask,
    Deeds.decide, Deeds.decide_many, Deeds.undo, Deeds.undo, Deeds.restart, Deeds.crash,
    Deeds.rescan, Deeds.wait, Deeds.rest,
]  # fmt: skip
CAMPAIGN = "DEDUPD_MODEL_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("DEDUPD_MODEL_EXAMPLES", "20"))


class Model(RuleBasedStateMachine):
    """A world that begins complete, and to which anything may happen.

    Attributes:
        checks: How often a whole report was compared with the truth, over all examples.
        imported: How often a folder was truly imported at that moment.
    """

    checks = 0
    imported = 0

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed: int) -> None:
        """Make the world; its dice choose everything else."""
        self.deeds = Deeds(seed)
        self.world = self.deeds.world

    @rule(
        deed=st.sampled_from(DEEDS),
        deaf=st.sampled_from([False] * 8 + [True]),
        acts=st.sampled_from([0, 0, 3, 20]),
    )
    def do(self, deed, deaf: bool, acts: int) -> None:
        """Something happens, the watchers may miss it, and some jobs are done."""
        self.world.deaf = deaf
        deed(self.deeds)
        self.world.happened()
        self.world.deaf = False
        for _ in range(acts):
            self.world.act()

    @rule()
    def check(self) -> None:
        """After a sweep and rest, report and log are the truth of the disk."""
        self.world.catch_up()
        Model.checks += 1
        Model.imported += self.world.check() > 0

    @invariant()
    def nothing_was_said_that_is_not_so(self) -> None:
        """No answer and no event called a folder imported that wasn't."""
        if hasattr(self, "world"):
            assert self.world.violations == []

    def teardown(self) -> None:
        """Whatever happened, the end is checked."""
        if hasattr(self, "world") and not self.world.violations:
            self.check()
            assert self.world.violations == []


@pytest.mark.timeout(180 if not CAMPAIGN else 0)
def test_what_is_said_of_folders_is_so():
    """Random histories: no false answer, no false event, and at rest the report is the truth."""
    run_state_machine_as_test(
        Model,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            derandomize=not CAMPAIGN,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Model.imported >= 0.3 * Model.checks, "the model hardly ever sees an imported folder"
