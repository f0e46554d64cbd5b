"""Many files of one kind cost the engine what they are, not their square; and no busy loops."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.unit.engine_disk import picture
from tests.unit.engine_world import World, world_with

from dedupd.engine.reading import Reading
from dedupd.messages import Read, WasRead
from dedupd.model import FolderState
from dedupd.rules.matching import Matcher


def judged(monkeypatch, library: dict[bytes, bytes], needles: dict[bytes, bytes]) -> int:
    """Return how often a needle was judged until everything was known."""
    calls: Counter[bytes] = Counter()
    assess = Matcher.assess
    monkeypatch.setattr(
        Matcher, "assess", lambda self, one: (calls.update([one]), assess(self, one))[1]
    )
    world = world_with(library, needles)
    assert world.violations == []
    return calls.total()


@pytest.mark.parametrize("equal", [True, False])
def test_files_of_one_size_are_not_judged_for_each_other_s_sake(monkeypatch, equal):
    """Whether the library has their bytes or others."""
    count, size_bytes = 40, 100
    library = {b"%d.jpg" % n: picture(n, "a", size_bytes) for n in range(count)}
    groups = range(count) if equal else range(count, 2 * count)
    needles = {b"card/%d.jpg" % n: picture(n, "a", size_bytes) for n in groups}
    assert judged(monkeypatch, library, needles) <= 15 * count


def test_a_burst_whose_bytes_the_library_has_is_not_judged_for_each_other_s_sake(monkeypatch):
    """Every frame looks like every other."""
    count = 40
    frames = {b"card/%d.jpg" % n: picture(1, "n", 100 + n) for n in range(count)}
    assert judged(monkeypatch, frames, frames) <= 15 * count


def errand_reads(world: World, acts: int) -> int:
    """Do so much without time passing; return how many reads for an errand were sent."""
    sent, dispatch = Counter[str](), world._dispatch

    def note(job) -> None:
        sent.update(["errand"] if isinstance(job, Read) and job.errand else [])
        dispatch(job)

    world._dispatch = note
    for _ in range(acts):
        world.act()
    world._dispatch = dispatch
    return sent["errand"]


@pytest.mark.parametrize("seed", range(4))
def test_an_errand_to_a_file_that_is_being_written_waits_until_it_is_closed(seed):
    """It isn't sent again and again meanwhile."""
    world = world_with({b"a.jpg": picture(1, "a")}, {}, seed=seed)
    do, path = world._do, b"card/x.jpg"
    world.disk.write("n1", path, picture(1, "b"))

    def open_again(doing: str) -> None:
        if any(isinstance(job, Read) and job.errand for job in world._edge_jobs):
            world.disk.volume("n1").names[path].writer = True
        do(doing)

    world._do = open_again
    world.happened()
    while not world.disk.volume("n1").names[path].writer:
        if not world.act():
            world.pass_time(0.5)
    assert errand_reads(world, 400) <= 4
    assert world.state(b"card") is FolderState.PENDING
    world._do = do
    world.disk.close("n1", path)
    world.happened()
    world.rest()
    assert world.violations == []
    assert world.state(b"card") is FolderState.IMPORTED


def test_an_errand_that_failed_for_no_reason_found_is_not_sent_again_and_again(monkeypatch):
    """It waits until its needle is judged again, or a root came."""
    world = world_with({b"a.jpg": picture(1, "a")}, {})
    work, failed = world._edges.work, []

    def fail(job):
        if not (isinstance(job, Read) and job.errand):
            return work(job)
        failed.append(job)
        return WasRead(job)

    monkeypatch.setattr(Reading, "_reconsider", lambda self, message: None)
    world._edges.work = fail
    world.disk.write("n1", b"card/x.jpg", picture(1, "b"))
    world.happened()
    while not failed:
        if not world.act():
            world.pass_time(0.5)
    assert errand_reads(world, 400) <= 2
    assert world.state(b"card") is FolderState.PENDING
    world._edges.work = work
    world.engine._reading.unstick()
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED
