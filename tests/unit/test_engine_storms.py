"""Many changes at once: what is asked of the edges stays small, and comes in good time."""

from __future__ import annotations

from tests.unit.engine_disk import picture
from tests.unit.engine_world import World

from dedupd.engine.flow import QUEUED_BYTES, QUEUED_PER_ROOT, READS_PER_ROOT, Flow
from dedupd.engine.roots import GLANCED_AT_ONCE
from dedupd.messages import Depth, Glance, Job, Read
from dedupd.model import FolderState, Place, Stamp

STORM = GLANCED_AT_ONCE + 50


class Watched(World):
    """A world that notes what is asked of its edges."""

    def __init__(self) -> None:
        self.glances: list[int] = []
        super().__init__()

    def _dispatch(self, job: Job) -> None:
        if isinstance(job, Glance):
            self.glances.append(len(job.paths))
        super()._dispatch(job)


def test_a_storm_is_looked_at_in_parts():
    """The loop takes in each part in a moment, and answers in between."""
    world = Watched()
    world.disk.write("h1", b"a.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    for number in range(STORM):
        world.disk.write("n1", b"card/%d.jpg" % number, picture(1, "a"))
    world.happened()
    world.rest()
    assert max(world.glances) == GLANCED_AT_ONCE
    assert (world.folder(b"card").tree.matched, world.violations) == (STORM, [])
    assert world.state(b"card") is FolderState.IMPORTED


def test_one_more_name_of_a_known_picture_concerns_no_other_name():
    """Else a folder full of copies would be gone through for each of them."""
    world = Watched()
    world.disk.write("h1", b"a.jpg", picture(1, "a"))
    for number in range(20):
        world.disk.write("n1", b"card%d/x.jpg" % number, picture(1, "a"))
    world.happened()
    world.rest()
    nodes = [world.engine._tally.node(Place("n1", b"card%d" % number)) for number in range(20)]
    before = [node.version for node in nodes]
    world.disk.write("n1", b"late/x.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    assert world.state(b"late") is FolderState.IMPORTED
    assert [node.version for node in nodes] == before
    world.check()
    assert world.violations == []


def read(number: int, size_bytes: int) -> Read:
    """Return a job."""
    return Read(Place("n1", b"%d.jpg" % number), Stamp(number, size_bytes, 1, 1), Depth.DIGEST)


def test_small_files_are_asked_for_in_advance_and_large_ones_are_not():
    """A reader never waits for the loop, and what is urgent never waits for many large files."""
    for size_bytes, most in ((1000, QUEUED_PER_ROOT), (QUEUED_BYTES, READS_PER_ROOT)):
        flow, jobs = Flow(6, 10**9), []
        while flow.has_room("n1"):
            jobs.append(read(len(jobs), size_bytes))
            flow.started(jobs[-1])
        assert len(jobs) == most
        for job in jobs:
            flow.ended(job, None)
        assert flow.is_idle(["n1"])
