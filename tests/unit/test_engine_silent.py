"""A root whose calls never return costs itself alone: the others go on, who waits is answered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.engine_disk import Volume, digest, picture
from tests.unit.engine_world import World, roots_of, world_with
from tests.unit.test_engine_lost import losing

from dedupd.asks import AskWait, Done
from dedupd.engine.roots import ANSWER_S, CHECK_EVERY_S
from dedupd.messages import CheckRoot, Job, Read, RootSeen
from dedupd.model import VIEWS, FolderState, Role, RootState

PATIENCE_S = 200


def hang(world: World, is_hung: Callable[[Job], bool]) -> list[Job]:
    """Have these jobs never end; return where they are noted."""
    hung: list[Job] = []
    dispatch = world._dispatch
    world._dispatch = lambda job: hung.append(job) if is_hung(job) else dispatch(job)
    return hung


def live(world: World, seconds: int) -> None:
    """Let time pass while everything that waits is done at once."""
    for _ in range(seconds):
        world.pass_time(1.0)
        while world.act():
            pass


@pytest.fixture
def world():
    """Return a world at rest, with one folder that is imported."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    assert world.state(b"card") is FolderState.IMPORTED
    return world


def test_who_waits_is_answered_though_a_check_never_ends(world):
    """As on a mount whose server is gone; each next one who waits is answered soon."""
    checks = hang(world, lambda job: isinstance(job, CheckRoot) and job.root == "h2")
    first = world.ask(AskWait())
    live(world, PATIENCE_S)
    desk = world.engine.roots.desks["h2"]
    assert (desk.state, desk.detail, len(checks)) == (RootState.OFFLINE, "it does not answer", 1)
    assert world.replies[first] == Done()
    second = world.ask(AskWait())
    live(world, 5)
    assert world.replies[second] == Done()
    assert world.engine.idle


def test_a_check_that_never_ends_is_not_looked_for_again_and_again(world):
    """The main loop sleeps until there is something to do."""
    hang(world, lambda job: isinstance(job, CheckRoot) and job.root == "h2")
    live(world, 2 * round(CHECK_EVERY_S))
    silent = world.engine.roots.desks["h2"]
    for desk in world.engine.roots.desks.values():
        if desk is not silent:
            desk.checked_at_s = world.now_s
    assert world.engine.next_due_s() >= world.now_s + CHECK_EVERY_S / 2
    live(world, PATIENCE_S)
    assert world.engine.next_due_s() > world.now_s


def test_a_check_that_ends_after_all_brings_the_root_back(world):
    """Listened to and listed anew."""
    checks = hang(world, lambda job: isinstance(job, CheckRoot) and job.root == "h2")
    live(world, PATIENCE_S)
    del world._dispatch
    world._dispatch(checks[0])
    live(world, round(CHECK_EVERY_S))
    assert world.engine.roots.desks["h2"].state is RootState.ONLINE
    assert not world.engine.roots.desks["h2"].silent


def test_the_first_scan_ends_without_a_root_that_never_answers(world):
    """What is known of the others is said."""
    hang(world, lambda job: isinstance(job, CheckRoot) and job.root == "h2")
    world.start()
    live(world, round(ANSWER_S) + 20)
    assert world.engine.ready
    assert world.engine.roots.desks["h2"].announced is RootState.OFFLINE


def test_another_question_about_a_silent_root_is_one_more_patience(world):
    """A walk that hung with the check runs into something after all; then it is asked again."""
    hang(world, lambda job: isinstance(job, CheckRoot) and job.root == "h2")
    live(world, PATIENCE_S)
    world.take(RootSeen("h2", None, detail="missing"))
    asked = world.ask(AskWait())
    live(world, round(ANSWER_S) + 20)
    assert world.replies[asked] == Done()


def away(world: World, root: str, hung: list[Job]) -> None:
    """Have the checks of a root say that it doesn't answer, as soon as anything hangs on it."""
    dispatch = world._dispatch

    def dispatched(job: Job) -> None:
        if isinstance(job, CheckRoot) and job.root == root and hung:
            world._send(f"from {root}", RootSeen(root, None, detail="it does not answer"))
        else:
            dispatch(job)

    world._dispatch = dispatched


def on(root: str) -> Callable[[Job], bool]:
    """Return what tells the reads of one root."""
    return lambda job: isinstance(job, Read) and job.place.root == root


def test_who_waits_is_answered_though_a_read_never_ends(world):
    """Its root is away: what it would bring is as little wanted as all that lies there."""
    hung = hang(world, on("h2"))
    away(world, "h2", hung)
    world.disk.write("h2", b"new/z.jpg", picture(3, "a"))
    world.happened()
    live(world, 20)
    asked = world.ask(AskWait())
    live(world, PATIENCE_S)
    assert len(hung) == 1
    assert world.replies[asked] == Done()


def test_an_errand_to_a_root_that_went_gives_its_bytes_back(world):
    """The needle's picture was read, the library's never is; another copy may be had elsewhere."""
    hung = hang(world, lambda job: on("h2")(job) and job.errand)
    away(world, "h2", hung)
    world.disk.write("h2", b"b.jpg", picture(2, "a"))
    world.happened()
    world.rest()
    world.disk.write("n1", b"card/y.jpg", picture(2, "b"))
    world.happened()
    live(world, 5)
    assert hung
    assert world._edges.payloads
    live(world, 20)
    assert world._edges.payloads == {}
    assert world.engine.idle
    world.disk.write("h1", b"c.jpg", picture(2, "a"))
    world.happened()
    live(world, 20)
    assert world.state(b"card") is FolderState.IMPORTED


def test_reads_that_hang_take_no_room_from_other_roots():
    """On each of two dead mounts as many as may be kept for two workers at one time."""
    roots = roots_of(h1=Role.HAYSTACK, h2=Role.HAYSTACK, h3=Role.HAYSTACK, n1=Role.NEEDLES)
    world = World(roots, {root: Volume(number) for number, root in enumerate(roots, 1)})
    world.disk.write("n1", b"card/x.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    hung = hang(world, lambda job: on("h2")(job) or on("h3")(job))
    for root in ("h2", "h3"):
        away(world, root, hung)
        for number in range(10, 16):
            world.disk.write(root, b"%d.jpg" % number, picture(number, root))
    world.happened()
    live(world, 20)
    assert len(hung) == 2 * 6
    world.disk.write("h1", b"b.jpg", picture(1, "b"))
    world.happened()
    live(world, 20)
    assert world.store.fingerprint(digest(picture(1, "b"))) is not None
    assert world.engine.idle


def test_a_root_with_hung_reads_that_returns_is_not_read_through_before_they_are(world):
    """They are files of it that nobody looked into yet."""
    desk = world.engine.roots.desks["h2"]
    hung = hang(world, on("h2"))
    away(world, "h2", hung)
    world.disk.write("h2", b"new/z.jpg", picture(3, "a"))
    world.happened()
    live(world, 20)
    job, desk.read_through = hung.pop(), False
    live(world, 40)
    assert desk.state is RootState.ONLINE
    assert not desk.read_through
    del world._dispatch
    world._dispatch(job)
    live(world, 5)
    assert desk.read_through


def test_what_was_lost_is_tried_again_though_a_read_hangs_elsewhere(world):
    """It waits until nothing else is to be done, and that read is never done."""
    hung = hang(world, on("h2"))
    away(world, "h2", hung)
    world.disk.write("h2", b"new/z.jpg", picture(3, "a"))
    world.happened()
    live(world, 20)
    lost = losing(world, picture(1, "b"), 1)
    world.disk.write("n1", b"other/y.jpg", picture(1, "b"))
    world.happened()
    live(world, 60)
    assert (len(lost), world.engine.idle) == (1, True)
    assert world.store.measures(digest(picture(1, "b")), digest(picture(1, "a")), VIEWS[0])
