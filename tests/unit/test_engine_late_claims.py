"""What comes too late, or is refused for ever: looks, checks and glances that prove nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.engine_disk import Volume, other, picture
from tests.unit.engine_world import World, world_with

from dedupd.asks import AskPath, PathReply
from dedupd.messages import CheckRoot, Glanced, Job, LookTree, RootSeen, TreeLooked, WitnessesLooked
from dedupd.model import FolderState, Identity, Place, RootState

LIBRARY = {b"a.jpg": picture(1, "a")}
ONE = {b"card/x.jpg": picture(1, "a")}


def jobs_of(world: World, kind: type[Job]) -> list[tuple[float, Job]]:
    """Return a list that fills with the jobs of a kind from now on, and when each was given."""
    given: list[tuple[float, Job]] = []
    dispatch: Callable[[Job], None] = world._dispatch

    def noted(job: Job) -> None:
        if isinstance(job, kind):
            given.append((world.now_s, job))
        dispatch(job)

    world._dispatch = noted
    return given


def looks_back(world: World) -> list[TreeLooked | WitnessesLooked]:
    """Let the walkers do every look that waits; return the answers, which nobody took yet."""
    answers: list[TreeLooked | WitnessesLooked] = []
    for root, jobs in world._walks.items():
        for job in list(jobs):
            jobs.remove(job)
            answers += world._edges.quick(job)
        world._inbox.pop(f"from {root}", None)
    return [one for one in answers if isinstance(one, (TreeLooked, WitnessesLooked))]


def live(world: World, seconds: int) -> None:
    """Let time pass, in which everything is done that can be."""
    for _ in range(seconds):
        world.pass_time(1.0)
        while world.act():
            pass


def looked_at_once() -> World:
    """Return a world at rest with an imported folder, whose next look nobody has answered."""
    world = world_with(LIBRARY, ONE)
    world.ask(AskPath(b"/n1/card"))
    return world


@pytest.mark.parametrize("root", ["n1", "h1"])
def test_a_look_that_comes_after_its_root_left_proves_nothing(root):
    """Everything was in order when it was looked at; the asker hears no all the same."""
    world = looked_at_once()
    answers = looks_back(world)
    assert {one.root for one in answers} == {"n1", "h1"}
    world.take(RootSeen(root, None, detail="missing"))
    world.disk.mount(root, None)
    for answer in answers:
        world.take(answer)
    assert not world.engine._standing.holds(Place("n1", b"card"))
    live(world, 2)
    [reply] = world.replies.values()
    assert isinstance(reply, PathReply)
    assert not reply.imported
    assert world.state(b"card") in (FolderState.OFFLINE, FolderState.UNVERIFIED)


@pytest.mark.parametrize("root", ["n1", "h1"])
def test_a_first_claim_that_comes_after_its_root_left_is_not_announced(root):
    """No event, and no `imported` in the report."""
    world = world_with(LIBRARY, {})
    given = jobs_of(world, LookTree)
    world.disk.write("n1", b"card/x.jpg", picture(1, "a"))
    world.happened()
    while not given:
        if not world.act():
            world.pass_time(0.5)
    answers = looks_back(world)
    world.take(RootSeen(root, None, detail="missing"))
    for answer in answers:
        world.take(answer)
    assert world.words(b"card") == []
    assert world.state(b"card") is not FolderState.IMPORTED
    world.rest()
    assert world.words(b"card") == ["folder.imported"]  # the root is there: it is looked at anew


def test_a_look_proves_nothing_when_its_root_left_and_came_back_meanwhile():
    """It is there again, but nobody has listed it yet."""
    world = looked_at_once()
    answers = looks_back(world)
    identity = world.engine.roots.desks["h1"].identity
    world.take(RootSeen("h1", None, detail="missing"))
    world.take(RootSeen("h1", identity))
    for answer in answers:
        world.take(answer)
    assert world.engine.roots.desks["h1"].state is RootState.SCANNING
    assert not any(getattr(reply, "imported", False) for reply in world.replies.values())
    assert world.state(b"card") is not FolderState.IMPORTED


def test_a_root_that_does_not_answer_is_offline_after_45_s_and_comes_back():
    """Its check hangs in a dead mount; when it answers, it is as before."""
    world = world_with(LIBRARY, ONE)
    given = jobs_of(world, CheckRoot)
    hung = _hang(world, "h1")
    while not any(job.root == "h1" for _, job in given):
        live(world, 1)
    live(world, 43)
    assert world.state(b"card") is FolderState.IMPORTED
    live(world, 3)
    assert world.engine.roots.desks["h1"].state is RootState.OFFLINE
    assert world.state(b"card") is FolderState.UNVERIFIED
    offline = [one for one in world.log if one.name == "root.offline"]
    assert [dict(one.facts)["reason"] for one in offline] == ["it does not answer"]
    live(world, 300)
    assert len([job for _, job in given if job.root == "h1"]) == 1, "no second one is to hang"
    world._walks["h1"] = hung.released()
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED
    assert world.words(b"card") == ["folder.imported"]
    assert world.violations == []


class Hung:
    """The walker of a root that hangs: it takes jobs and does none."""

    def __init__(self, queue: type) -> None:
        self._queue, self._jobs = queue, []

    def append(self, job: Job) -> None:
        self._jobs.append(job)

    def __bool__(self) -> bool:
        return False

    def __iter__(self):
        return iter(())

    def released(self):
        return self._queue(self._jobs)


def _hang(world: World, root: str) -> Hung:
    hung = world._walks[root] = Hung(type(world._walks[root]))
    return hung


def test_a_glance_that_comes_after_its_root_left_changes_nothing():
    """The files that it did not see may well be on the disk that was unplugged."""
    world = world_with(LIBRARY, {b"card/x.jpg": picture(1, "a"), b"card/y.jpg": picture(9, "a")})
    world.take(RootSeen("n1", None, detail="missing"))
    world.take(Glanced("n1", ((b"card/x.jpg", None), (b"card", None))))
    counts = world.folder(b"card").tree
    assert (counts.pictures, counts.matched, counts.unmatched) == (2, 1, 1)
    assert world.words(b"card") == []


def test_a_companion_that_became_a_picture_refuses_the_claim():
    """`._x.jpg` was what macOS leaves; nobody heard that it is a picture now."""
    world = world_with(LIBRARY, {**ONE, b"card/._x.jpg": other(1)})
    assert world.state(b"card") is FolderState.IMPORTED
    world.deaf = True
    world.disk.change("n1", b"card/._x.jpg", picture(7, "a"))
    world.happened()
    number = world.ask(AskPath(b"/n1/card"))
    world.rest()
    assert not world.replies[number].imported
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert world.folder(b"card").tree.unmatched == 1
    assert world.violations == []


class AnotherDisk(Volume):
    """A file system that was given the very numbers that the unplugged one had."""

    @property
    def identity(self) -> Identity:
        return replace(super().identity, volume="another disk")


@pytest.mark.parametrize("same_files", [True, False])
def test_another_disk_with_the_same_numbers_is_the_root_by_its_files_alone(same_files):
    """Device, inode and mount id are given to the next disk again."""
    world = world_with({}, ONE)
    world.disk.write("h2", b"a.jpg", picture(1, "a"))
    world.disk.write("h2", b"b.jpg", picture(2, "a"))
    world.happened()
    world.rest()
    home = world.disk.volume("h2")
    swapped = AnotherDisk(home.device, home.mount_id, home.ino)
    assert swapped.identity.now == home.identity.now
    if same_files:
        swapped.names.update(home.names)
    world.disk.mount("h2", swapped)
    world.catch_up()
    state = world.engine.roots.desks["h2"].state
    assert state is (RootState.ONLINE if same_files else RootState.OFFLINE)
    expected = FolderState.IMPORTED if same_files else FolderState.UNVERIFIED
    assert world.state(b"card") is expected
    assert world.words(b"card") == ["folder.imported"]


def refusing(**options: object) -> World:
    """Return a world in which every look finds a folder that can't be listed; nothing else does."""
    world = World(**options)
    world.refuse = True
    look = world._edges._look_tree

    def blind_look(job: LookTree) -> TreeLooked:
        seen = look(job)
        return replace(seen, problems=((b"card", "Input/output error"),)) if world.refuse else seen

    world._edges._look_tree = blind_look
    world.disk.write("h1", b"a.jpg", picture(1, "a"))
    world.disk.write("n1", b"card/x.jpg", picture(1, "a"))
    world.happened()
    return world


def problems(world: World) -> list[tuple[str, bytes]]:
    return [(one.code, one.path) for one in world.engine.report().problems]


REFUSED = [("claim.refused", b"/n1"), ("claim.refused", b"/n1/card")]


@pytest.mark.parametrize("eager", [True, False])
def test_a_folder_whose_look_is_always_refused_does_not_keep_the_engine_busy(eager):
    """`check` comes to its end, and the report says what is refused and why."""
    world = refusing(eager=eager)
    world.rest()
    assert world.engine.ready
    assert world.engine.idle
    assert world.violations == []
    assert sorted(problems(world)) == REFUSED
    assert "unlistable /n1/card" in world.engine.report().problems[0].message
    assert world.state(b"card") is FolderState.PENDING
    assert world.words(b"card") == []


def test_looks_that_are_refused_are_tried_ever_later_and_never_given_up():
    """Up to a minute apart; the first good one is believed."""
    world = refusing()
    looks = jobs_of(world, LookTree)
    world.rest()
    live(world, 300)
    times_s = [when_s for when_s, job in looks if job.folder == b"card"]
    waits_s = [after - before for before, after in itertools.pairwise(times_s)]
    assert waits_s[0] < 2.5
    assert max(waits_s) <= 62
    assert waits_s[-1] >= 59
    assert all(later >= earlier - 1 for earlier, later in itertools.pairwise(waits_s))
    world.refuse = False
    live(world, 70)
    assert world.state(b"card") is FolderState.IMPORTED
    assert problems(world) == []


@pytest.mark.parametrize("deed", ["spoil", "remove"])
def test_a_refused_folder_that_can_not_be_imported_any_more_is_no_problem(deed):
    """Nobody is told that it looks imported."""
    world = refusing()
    world.rest()
    assert sorted(problems(world)) == REFUSED
    if deed == "spoil":
        world.disk.write("n1", b"card/y.jpg", picture(9, "a"))
    else:
        world.disk.remove("n1", b"card")
    world.happened()
    world.rest()
    assert problems(world) == []


def test_questions_about_one_picture_of_an_incomplete_folder_are_no_refused_claims():
    """Each of them looks at the whole folder, in which another picture is missing."""
    world = world_with(LIBRARY, {**ONE, b"card/y.jpg": picture(9, "a")})
    for _ in range(8):
        number = world.ask(AskPath(b"/n1/card/x.jpg"))
        world.rest()
        assert world.replies[number].imported
    assert problems(world) == []
    assert not world.engine._standing._retries
    began_s = world.now_s
    world.disk.write("h1", b"b.jpg", picture(9, "a"))
    world.happened()
    while world.state(b"card") is not FolderState.IMPORTED:
        live(world, 1)
        assert world.now_s - began_s < 10, "nobody's questions put its own claim off"


def test_a_refused_folder_that_was_bad_and_is_mended_is_looked_at_soon():
    """The looks that were refused say nothing about what it is now."""
    world = refusing()
    live(world, 100)
    world.disk.write("n1", b"card/y.jpg", picture(9, "a"))
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.INCOMPLETE
    world.refuse = False
    began_s = world.now_s
    world.disk.remove("n1", b"card/y.jpg")
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED
    assert world.now_s - began_s < 20
