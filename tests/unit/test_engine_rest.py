"""Quiet hours: nothing but what changes is read, and what somebody waits for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.engine_disk import picture
from tests.unit.engine_world import World

from dedupd.asks import AskWait, Done
from dedupd.config_forms import QuietHours
from dedupd.engine.roots import SWEEP_EVERY_S
from dedupd.messages import Job, Sweep
from dedupd.model import FolderState, Place

IMPORTED, PENDING = FolderState.IMPORTED, FolderState.PENDING


class Night:
    """Is it night?"""

    def __init__(self) -> None:
        self.here = True

    def __call__(self, _: float) -> bool:
        return self.here


@pytest.fixture
def night():
    """Return the night, for a test to end."""
    return Night()


@pytest.fixture
def world(night):
    """Return a daemon that was started at night beside a library and a folder imported from it."""
    world = World()
    world.options = replace(world.options, rests=night)
    for number in range(3):
        world.disk.write("h1", b"%d.jpg" % number, picture(number, "a"))
        world.disk.write("n1", b"card/%d.jpg" % number, picture(number, "b"))
    world.start()
    time_goes_by(world)
    return world


def time_goes_by(world: World, seconds: int = 30) -> None:
    """Let be done what is asked for."""
    for _ in range(seconds):
        while world.act():
            pass
        world.pass_time(1.0)


def resting(world: World) -> list[str]:
    """Return what `status` says of it."""
    return [one.message for one in world.engine.report().problems if one.code == "work.resting"]


def test_what_was_there_before_waits_until_morning(world, night):
    """It is known to be there, and said to wait."""
    assert (world.state(b"card"), sum(world.decoded.values())) == (PENDING, 0)
    assert resting(world) == ["6 files wait to be read until the quiet hours are over"]
    night.here = False
    world.rest()
    assert (world.state(b"card"), resting(world)) == (IMPORTED, [])
    world.check()
    assert world.violations == []


def test_who_waits_for_an_answer_gets_it_at_night(world):
    """All is read for it, then there is nothing left to rest from."""
    number = world.ask(AskWait())
    time_goes_by(world)
    assert isinstance(world.replies[number], Done)
    assert (world.state(b"card"), resting(world)) == (IMPORTED, [])


def test_what_changes_at_night_is_read_at_once(world, night):
    """By all its looks: its bytes, its fingerprint, and full decodes of both; no more than that."""
    world.ask(AskWait())
    time_goes_by(world)
    world.disk.write("h2", b"new.jpg", picture(7, "a"))
    world.disk.write("n1", b"late/new.jpg", picture(7, "b"))
    world.happened()
    time_goes_by(world)
    assert (world.state(b"late"), resting(world)) == (IMPORTED, [])
    assert not world.engine._files.live


def test_a_change_beside_a_backlog_leaves_that_alone(world):
    """A new picture is decoded; what waits goes on waiting."""
    world.disk.write("n1", b"late/new.jpg", picture(7, "b"))
    world.happened()
    time_goes_by(world)
    assert list(world.decoded.values()) == [1]
    assert world.state(b"late") is PENDING  # who knows what else claims, or is, the same picture
    assert resting(world) == ["6 files wait to be read until the quiet hours are over"]


def test_no_sweep_begins_because_it_is_time_for_one(world, night, monkeypatch):
    """One that is needed does; and in the morning they are made up for, each once."""
    begun: list[str] = []
    dispatch = world._dispatch

    def note(job: Job) -> None:
        begun.extend([job.root] if isinstance(job, Sweep) else [])
        dispatch(job)

    monkeypatch.setattr(world, "_dispatch", note)
    time_goes_by(world, int(1.5 * SWEEP_EVERY_S))
    assert begun == []
    world.engine.roots.sweep(Place("h1", b""))
    time_goes_by(world, 5)
    assert begun == ["h1"]
    night.here = False
    time_goes_by(world, 15)
    assert sorted(begun) == ["h1", "h2", "n1"]


@pytest.mark.parametrize(
    ("hours", "within", "without"),
    [
        (QuietHours(60, 360), (60, 359), (59, 360, 0, 1439)),
        (QuietHours(1380, 360), (1380, 1439, 0, 359), (360, 1379)),
    ],
)
def test_quiet_hours_may_run_past_midnight(hours, within, without):
    """Their first minute is within, their last one isn't."""
    assert all(hours.include(minute) for minute in within)
    assert not any(hours.include(minute) for minute in without)
