"""The library is read again in the background; what changed without a trace vouches no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.unit.engine_disk import broken, other, picture
from tests.unit.engine_world import World

from dedupd.messages import Job, Read
from dedupd.model import FolderState, Place
from dedupd.reports import Problem
from dedupd.rules.rounds import Pace

IMPORTED, INCOMPLETE = FolderState.IMPORTED, FolderState.INCOMPLETE
EVERY_S = 1000.0
PACE = Pace(EVERY_S, 10_000)
CODE = "file.changed-silently"


class Reader(World):
    """A world that notes what is read again, and may hold back the answers."""

    def __init__(self, pace: Pace | None = PACE) -> None:
        self.read_again: list[bytes] = []
        self.held = False
        self._held_jobs: list[Job] = []
        super().__init__()
        self.options = replace(self.options, reread=pace)
        for number in range(3):
            self.disk.write("h1", b"%d.jpg" % number, picture(number, "a"))
            self.disk.write("n1", b"card/%d.jpg" % number, picture(number, "a"))
        self.start()
        self.rest()

    def _dispatch(self, job: Job) -> None:
        if isinstance(job, Read) and job.pace_bytes_per_s:
            assert job.pace_bytes_per_s == PACE.rate_bytes_per_s
            self.read_again.append(job.place.path)
            if self.held:
                self._held_jobs.append(job)
                return
        super()._dispatch(job)

    def let_go(self) -> None:
        """Answer what was held back."""
        self.held, jobs = False, self._held_jobs
        self._held_jobs = []
        for job in jobs:
            super()._dispatch(job)

    def go_on(self, seconds: float) -> None:
        """Let time pass, in which all is done that is asked for."""
        for _ in range(int(seconds / 5)):
            while self.act():
                pass
            self.pass_time(5)
        self.rest()

    def pass_round(self) -> None:
        """Let a round become due, and give it the time it takes."""
        self.go_on(EVERY_S)

    def rot(self, path: bytes, content: bytes, root: str = "h1") -> None:
        """Change what a file holds, and nothing that tells of it."""
        inode = self.disk.volumes[root].names[path]
        inode.content = content.rstrip(b".").ljust(len(inode.content), b".")

    def problems(self) -> list[Problem]:
        """Return what the report says of such files."""
        return [one for one in self.engine.report().problems if one.code == CODE]

    def told(self) -> list[bytes | None]:
        """Return of which files the log says so."""
        return [one.path for one in self.log if one.name == CODE]


@pytest.fixture
def world() -> Iterator[Reader]:
    """Return a daemon at rest, with a folder whose every picture is in the library; check it."""
    world = Reader()
    assert world.state(b"card") is IMPORTED
    yield world
    assert world.violations == []


def test_every_library_file_is_read_again_once_a_round(world):
    """In order of their paths, and no needle: what vouches is in doubt, not what is vouched for."""
    assert world.read_again == []
    world.pass_round()
    assert world.read_again == [b"0.jpg", b"1.jpg", b"2.jpg"]
    world.go_on(EVERY_S / 2)
    assert len(world.read_again) == 3
    world.pass_round()
    assert len(world.read_again) == 6
    assert world.state(b"card") is IMPORTED
    assert world.words(b"card") == ["folder.imported"]


def test_a_library_in_two_roots_is_read_again_whole(world):
    """Root after root."""
    world.disk.write("h2", b"z.jpg", picture(30, "a"))
    world.happened()
    world.rest()
    world.pass_round()
    assert sorted(world.read_again) == [b"0.jpg", b"1.jpg", b"2.jpg", b"z.jpg"]


def test_without_a_pace_nothing_is_read_again():
    """As `check` does it."""
    world = Reader(None)
    world.pass_round()
    assert (world.read_again, world.violations) == ([], [])


@pytest.mark.parametrize("content", [picture(7, "a"), broken(7), other(7)])
def test_other_bytes_under_the_same_stamp_vouch_no_more(world, content):
    """The folder leaves imported; log and status say which file it was, and what to do."""
    world.rot(b"1.jpg", content)
    world.pass_round()
    assert world.state(b"card") is INCOMPLETE
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]
    path = world.engine.roots.path(Place("h1", b"1.jpg"))
    assert (world.told(), [one.path for one in world.problems()]) == ([path], [path])
    assert "accept" in world.problems()[0].fix
    world.check()


def test_what_cannot_be_read_any_more_vouches_no_more(world):
    """A disk that fails says so, or gives other bytes: either way."""
    world.disk.volumes["h1"].names[b"1.jpg"].forbidden = True
    world.pass_round()
    assert world.state(b"card") is not IMPORTED
    assert world.told() == []


def test_the_word_goes_when_the_old_bytes_are_back(world):
    """As after a restore that puts the times back too."""
    world.rot(b"1.jpg", picture(7, "a"))
    world.pass_round()
    world.rot(b"1.jpg", picture(1, "a"))
    world.pass_round()
    assert (world.state(b"card"), world.problems()) == (IMPORTED, [])


@pytest.mark.parametrize("deed", ["write", "remove", "accept"])
def test_the_word_goes_when_the_file_changes_or_goes_or_is_accepted(world, deed):
    """It speaks of one state of one file."""
    world.rot(b"1.jpg", picture(7, "a"))
    world.pass_round()
    if deed == "write":
        world.disk.write("h1", b"1.jpg", picture(1, "a"))
    elif deed == "remove":
        world.disk.remove("h1", b"1.jpg")
    else:
        world.engine.roots.accept("h1")
    world.happened()
    world.rest()
    assert world.problems() == []
    world.start()
    world.rest()
    assert (world.problems(), world.state(b"card") is IMPORTED) == ([], deed == "write")


def test_the_word_survives_a_restart(world):
    """What the disk did must not be forgotten because a machine was rebooted."""
    world.rot(b"1.jpg", picture(7, "a"))
    world.pass_round()
    before = world.problems()
    world.start()
    world.rest()
    assert world.problems() == before
    assert len(before) == 1


def test_many_such_files_are_told_in_few_lines():
    """The first ones by name, of the others how many."""
    world = Reader()
    for number in range(3, 20):
        world.disk.write("h1", b"%02d.jpg" % number, picture(number, "a"))
    world.happened()
    world.rest()
    for number in range(3, 20):
        world.rot(b"%02d.jpg" % number, picture(100 + number, "a"))
    world.pass_round()
    assert len(world.told()) == 17
    assert [bool(one.path) for one in world.problems()] == [True] * 5 + [False]
    assert world.problems()[-1].message.startswith("12 more library files")


def test_a_round_goes_on_after_a_restart_where_it_stood(world):
    """What was under way is read again, nothing else twice."""
    world.held = True
    world.pass_round()
    assert world.read_again == [b"0.jpg"]
    world.let_go()
    while not world.read_again[1:]:
        world.act()
    world.start()
    world.rest()
    assert world.read_again == [b"0.jpg", b"1.jpg", b"1.jpg", b"2.jpg"]


def test_one_file_at_a_time_and_never_before_other_work(world):
    """The rate is one for all, and an owner's new pictures come first."""
    world.held = True
    world.pass_round()
    assert world.read_again == [b"0.jpg"]
    world.let_go()
    world.disk.write("n1", b"card/9.jpg", picture(9, "a"))
    world.happened()
    world.rest()
    assert world.state(b"card") is INCOMPLETE
    assert world.read_again == [b"0.jpg", b"1.jpg", b"2.jpg"]


def test_it_rests_in_quiet_hours():
    """Disks that sleep are let sleep."""
    world = Reader()
    night = True
    world.options = replace(world.options, rests=lambda _: night)
    world.start()
    world.pass_round()
    assert world.read_again == []
    night = False
    world.rest()
    assert len(world.read_again) == 3


def test_a_root_that_goes_while_it_is_read_holds_up_no_other(world):
    """Its read may never come back; the round goes on when the root is there again."""
    world.disk.write("h2", b"z.jpg", picture(30, "a"))
    world.happened()
    world.rest()
    world.held = True
    world.pass_round()
    assert world.read_again == [b"0.jpg"]
    world.held = False
    volume = world.disk.volumes["h1"]
    world.disk.volumes["h1"] = None
    world.go_on(30)
    assert world.read_again == [b"0.jpg", b"z.jpg"]
    world.disk.volumes["h1"] = volume
    world.go_on(30)
    assert world.read_again == [b"0.jpg", b"z.jpg", b"0.jpg", b"1.jpg", b"2.jpg"]
    world.let_go()  # the lost answer comes after all
    world.rest()
    assert world.state(b"card") is IMPORTED


def test_a_file_that_changes_while_it_is_read_is_no_silent_one(world):
    """It is looked at, as any change is."""
    world.held = True
    world.pass_round()
    world.disk.write("h1", b"0.jpg", picture(9, "a"))
    world.let_go()
    world.rest()
    assert (world.told(), world.state(b"card")) == ([], INCOMPLETE)
