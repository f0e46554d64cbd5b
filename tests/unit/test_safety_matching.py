"""Every rule about who vouches for whom is needed; `test_safety_mutants` has the other rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.engine_disk import picture
from tests.unit.engine_world import World, world_with
from tests.unit.test_safety_mutants import LIBRARY, ONE, Patch, at_rest, violations

from dedupd.asks import AskDecide
from dedupd.decision import DecisionKind
from dedupd.engine import Engine
from dedupd.engine.decisions import Decisions
from dedupd.rules import moments, verify, worse
from dedupd.rules.contest import Contest
from dedupd.rules.verify import size_px


def a_burst_of_which_the_library_has_one() -> World:
    """Nobody can tell which."""
    return world_with(LIBRARY, {b"card/x.jpg": picture(1, "b"), b"card/y.jpg": picture(1, "n")})


def a_burst_beside_its_own_bytes() -> World:
    """The frame that the library has, and another one."""
    return world_with(LIBRARY, {**ONE, b"other/y.jpg": picture(1, "n")})


def a_burst_beside_its_own_coding() -> World:
    """The frame that the library has, with other metadata, and another one."""
    needles = {b"card/x.jpg": picture(1, "c"), b"other/y.jpg": picture(1, "n")}
    return world_with(LIBRARY, needles)


def a_burst_that_is_read_slowly() -> World:
    """One frame is known, the other one is still being written."""
    world = World()
    world.disk.write("h1", b"a.jpg", picture(1, "a"))
    world.disk.write("n1", b"card/x.jpg", picture(1, "b"))
    world.disk.write("n1", b"other/y.jpg", picture(1, "n"))
    world.disk.change("n1", b"other/y.jpg", picture(1, "n"), writer=True)
    at_rest(world)
    if world.words(b"card"):
        world.violations.append("a claim did not wait for a vote")
    return world


def a_frame_of_another_moment() -> World:
    """Its capture time says so."""
    return world_with({b"a.jpg": picture(1, "p")}, {b"card/x.jpg": picture(1, "r")})


def a_frame_in_which_something_moved() -> World:
    """Only blocks show it."""
    return world_with({b"a.jpg": picture(1, "m")}, {b"card/x.jpg": picture(1, "a")})


def a_library_that_has_a_small_copy() -> World:
    """Deleting the needle would lose pixels."""
    return world_with({b"a.jpg": picture(1, "s")}, {b"card/x.jpg": picture(1, "a")})


def a_decision_that_the_disk_refused() -> World:
    """The owner was told that it was not kept."""
    world = world_with(LIBRARY, {b"card/x.jpg": picture(1, "t")})
    world._edges.refusal = "No space left on device"
    world.ask(AskDecide(DecisionKind.SAME, b"/n1/card/x.jpg", b"/h1/a.jpg"))
    world.rest()
    return world


def no_measures(patch: Patch) -> None:
    """What was measured of both doesn't decide."""
    patch.setattr(verify, "_broken_blocks", lambda *_: "")


def no_contest(patch: Patch) -> None:
    """Every claim stands alone."""
    patch.setattr(Contest, "rival", lambda *_: None)


def only_looks_contest(patch: Patch) -> None:
    """Neither bytes nor codings are votes."""

    def rival(self, digest, known, claim):
        library = self._facts.fingerprint(claim.haystack)
        size = size_px(known, claim.view)
        return self._by_looks(digest, known, size, claim.haystack, library)

    patch.setattr(Contest, "rival", rival)


def no_looks_contest(patch: Patch) -> None:
    """Looks are no votes."""
    patch.setattr(Contest, "_by_looks", lambda *_: None)


def one_moment(patch: Patch) -> None:
    """Any two capture times agree, also where there are none."""
    patch.setattr(moments, "agree_to_the_subsecond", lambda *_: True)


def no_moments(patch: Patch) -> None:
    """Capture times don't contradict each other."""
    patch.setattr(moments, "differ", lambda *_: False)


def nothing_is_worse(patch: Patch) -> None:
    """Any copy is as good as the needle."""
    patch.setattr(worse, "vetoing", lambda *_: "")


def no_open_votes(patch: Patch) -> None:
    """A claim doesn't wait for needles that nobody has looked at."""
    patch.setattr(Engine, "_count_votes", lambda self: setattr(self._standing.votes, "open", False))


def everything_is_retold(patch: Patch) -> None:
    """Whatever is within the limits was made of the library's picture."""
    real = verify._vetoed_or_same
    patch.setattr(verify, "_vetoed_or_same", lambda *seen: replace(real(*seen), retold=True))


def every_decision_is_kept(patch: Patch) -> None:
    """What the disk says isn't heard."""
    real = Decisions.recorded
    patch.setattr(Decisions, "recorded", lambda self, one: real(self, replace(one, problem="")))


CAUGHT = [
    (no_measures, a_frame_in_which_something_moved),
    (no_contest, a_burst_of_which_the_library_has_one),
    (no_looks_contest, a_burst_of_which_the_library_has_one),
    (one_moment, a_burst_of_which_the_library_has_one),
    (only_looks_contest, a_burst_beside_its_own_bytes),
    (no_contest, a_burst_beside_its_own_coding),
    (no_open_votes, a_burst_that_is_read_slowly),
    (no_moments, a_frame_of_another_moment),
    (nothing_is_worse, a_library_that_has_a_small_copy),
    (everything_is_retold, a_burst_of_which_the_library_has_one),
    (everything_is_retold, a_burst_beside_its_own_bytes),
    (every_decision_is_kept, a_decision_that_the_disk_refused),
]


@pytest.mark.parametrize(
    ("mutant", "scenario"), CAUGHT, ids=lambda pair: getattr(pair, "__name__", "")
)
def test_every_safety_rule_is_needed(mutant, scenario, monkeypatch):
    """The scenario is told right with the rule, and wrong without it."""
    assert violations(scenario()) == []
    mutant(monkeypatch)
    assert violations(scenario()) != []
