"""What the engine does about watchers that are deaf, blind in places, or can't be had."""

from __future__ import annotations

import pytest
from tests.unit.engine_disk import picture
from tests.unit.engine_world import World, world_with

from dedupd.engine.listening import BLIND_EVERY_S, LONGEST_WAIT_S, RETRY_S
from dedupd.hearing import Hearing, Unheard
from dedupd.messages import Sweep, Watch, Watching
from dedupd.model import FolderState, RootState

LIMIT = "there are more folders than fs.inotify.max_user_watches allows"
ONE = {b"card/x.jpg": picture(1, "a")}


@pytest.fixture
def world():
    """Return a world at rest, with one folder that is imported; its jobs are noted."""
    world = world_with({b"a.jpg": picture(1, "a")}, ONE)
    assert world.state(b"card") is FolderState.IMPORTED
    world.jobs = []
    dispatch = world._dispatch
    world._dispatch = lambda job: (world.jobs.append((world.now_s, job)), dispatch(job))
    return world


def logged(world: World, name: str) -> list[tuple[bytes | None, dict[str, object]]]:
    """Return the events of this name: path and facts."""
    return [(one.path, dict(one.facts)) for one in world.log if one.name == name]


def codes(world: World) -> dict[str, str]:
    """Return the report's problems: message by code."""
    return {one.code: one.message for one in world.engine.report().problems}


def asked(world: World, kind: type, root: str = "h1") -> list[float]:
    """Return when jobs of this kind were given for a root."""
    return [when_s for when_s, job in world.jobs if isinstance(job, kind) and job.root == root]


def live(world: World, seconds: float) -> None:
    """Let time pass while everything that waits is done at once."""
    for _ in range(round(seconds)):
        world.pass_time(1.0)
        while world.act():
            pass


def test_a_deaf_watcher_is_told_replaced_and_its_root_swept(world):
    """And the word goes away when the new one is heard."""
    world.take(Hearing("h1", "its reader has ended"))
    assert logged(world, "watch.deaf") == [(b"/h1", {"reason": "its reader has ended"})]
    assert "its reader has ended" in codes(world)["watch.deaf"]
    assert world.engine.report().state == "degraded"
    world.rest()
    assert len(asked(world, Watch)) == 1
    assert len(asked(world, Sweep)) == 1
    assert "watch.deaf" in codes(world)  # it listens, and has not proven yet that it hears
    world.take(Hearing("h1", ""))
    assert "watch.deaf" not in codes(world)
    assert world.engine.report().state == "ready"
    assert world.state(b"card") is FolderState.IMPORTED


def test_what_a_deaf_watcher_missed_is_found(world):
    """The library's only copy is gone, and no event said so."""
    world.deaf = True
    world.disk.remove("h1", b"a.jpg")
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED  # nobody could know
    world.take(Hearing("h1", "its reader has ended"))
    world.rest()
    assert world.state(b"card") is FolderState.INCOMPLETE


def test_new_watchers_that_stay_deaf_come_ever_later(world):
    """One word for the whole time; the root is swept with each of them."""
    world.take(Hearing("h1", "deaf"))
    for _ in range(9):
        live(world, LONGEST_WAIT_S + 1)
        world.take(Hearing("h1", "still deaf"))
    times = asked(world, Watch)
    assert len(times) == 9
    assert len(asked(world, Sweep)) >= 9
    assert len(logged(world, "watch.deaf")) == 1
    ear = world.engine.roots.desks["h1"].ear
    assert ear.wait_s == LONGEST_WAIT_S
    live(world, LONGEST_WAIT_S + 1)
    world.take(Hearing("h1", ""))
    world.take(Hearing("h1", "deaf again"))
    assert len(logged(world, "watch.deaf")) == 2
    assert world.engine.roots.desks["h1"].ear.again_at_s == world.now_s + 1.0


def test_waits_double(world):
    """1, 2, 4 s and so on, to a minute."""
    waits = []
    for _ in range(9):
        world.take(Hearing("h1", "deaf"))
        waits.append(world.engine.roots.desks["h1"].ear.again_at_s - world.now_s)
        live(world, LONGEST_WAIT_S + 1)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_deaf_root_whose_new_watcher_cannot_be_had_is_tried_again_soon(world):
    """It is polled meanwhile, and swept at each try."""
    world.take(Hearing("h1", "deaf"))
    world.rest()
    world.take(Watching("h1", "poll", LIMIT))
    desk = world.engine.roots.desks["h1"]
    assert desk.ear.again_at_s <= world.now_s + LONGEST_WAIT_S
    assert {"watch.deaf", "watch.poll"} <= codes(world).keys()


def test_a_deaf_root_that_can_only_be_polled_is_not_swept_every_minute_for_that(world):
    """The polls sweep it as often as the owner wants; inotify is tried every ten minutes."""
    quick = world._edges.quick

    def polled(job):
        watched = isinstance(job, Watch) and job.root == "h1"
        return iter([Watching("h1", "poll", LIMIT)]) if watched else quick(job)

    world._edges.quick = polled
    world.take(Hearing("h1", "deaf"))
    live(world, LONGEST_WAIT_S + 1)
    before = len(asked(world, Watch)), len(asked(world, Sweep))
    live(world, 2 * RETRY_S)
    after = len(asked(world, Watch)), len(asked(world, Sweep))
    assert (after[0] - before[0], after[1] - before[1]) == (2, 2)
    world._edges.quick = quick
    live(world, RETRY_S + 1)
    assert world.engine.roots.desks["h1"].backend == "inotify"


def test_the_last_word_of_a_watcher_that_is_being_replaced_is_not_heard(world):
    """It speaks of one that is gone."""
    world.take(Hearing("h1", "deaf"))
    world.take(Hearing("h1", "deaf for another reason"))
    assert len(logged(world, "watch.deaf")) == 1
    world.take(Hearing("h1", ""))
    assert "watch.deaf" in codes(world)


def test_a_root_that_leaves_takes_its_troubles_along(world):
    """Whoever comes back gets a watcher of its own."""
    world.take(Unheard("h1", b"", (), ((b"new", 3),), LIMIT))
    world.take(Hearing("h1", "deaf"))
    volume = world.disk.mount("h1", None)
    world.catch_up()
    assert codes(world).keys() == {"root.offline"}
    world.take(Hearing("h1", "deaf"))
    world.take(Unheard("h1", b"", (), ((b"new", 3),), LIMIT))
    assert codes(world).keys() == {"root.offline"}
    world.disk.mount("h1", volume)
    world.catch_up()
    assert codes(world) == {}


def test_inotify_that_could_not_be_had_is_tried_again(world):
    """Every ten minutes; the root says why it is polled, and is not degraded for that."""
    world.take(Watching("h1", "poll", LIMIT))
    world.rest()
    assert LIMIT in codes(world)["watch.poll"]
    assert world.engine.report().roots[0].watch == "poll"
    assert world.engine.report().state == "ready"
    began_s = world.now_s
    live(world, RETRY_S + 10)
    assert [when_s - began_s <= RETRY_S + 1 for when_s in asked(world, Watch)] == [True]
    assert codes(world) == {}
    assert world.engine.report().roots[0].watch == "inotify"


def test_polling_that_the_owner_chose_is_left_alone(world):
    """There is no reason in it."""
    world.take(Watching("h1", "poll"))
    world.rest()
    live(world, 2 * RETRY_S)
    assert asked(world, Watch) == []


def test_blind_folders_are_told_once_and_swept_every_minute(world):
    """Until a sweep finds that they are listened to."""
    world.take(Unheard("h1", b"", (), ((b"new", 3), (b"old", 1)), LIMIT))
    assert logged(world, "watch.blind") == [(b"/h1", {"count": 4, "reason": LIMIT})]
    assert "4 folders are" in codes(world)["watch.blind"]
    fix = next(one.fix for one in world.engine.report().problems if one.code == "watch.blind")
    assert "fs.inotify.max_user_watches" in fix
    assert world.engine.report().state == "degraded"
    for _ in range(3):
        live(world, BLIND_EVERY_S)
        world.take(Unheard("h1", b"new", (), ((b"new", 3),), LIMIT))
    folders = [job.folder for _, job in world.jobs if isinstance(job, Sweep)]
    assert folders.count(b"new") == folders.count(b"old") == 3
    assert len(logged(world, "watch.blind")) == 1
    world.take(Unheard("h1", b"old", (b"old",)))
    assert "3 folders are" in codes(world)["watch.blind"]
    world.take(Unheard("h1", b"new", (b"new",)))
    assert codes(world) == {}
    world.rest()
    assert world.engine.report().state == "ready"


def test_what_changed_in_a_blind_folder_is_found(world):
    """Within a minute, by the sweep."""
    world.disk.write("h1", b"new/b.jpg", picture(2, "a"))
    world.happened()
    world.disk.write("n1", b"other/y.jpg", picture(2, "a"))
    world.happened()
    world.rest()
    assert world.state(b"other") is FolderState.IMPORTED
    world.take(Unheard("h1", b"", (), ((b"new", 1),), LIMIT))
    world.deaf = True
    world.disk.remove("h1", b"new/b.jpg")
    world.happened()
    live(world, BLIND_EVERY_S)
    assert world.state(b"other") is FolderState.INCOMPLETE


def test_what_was_mended_is_swept_once_more(world):
    """Changes before that moment went unheard."""
    world.take(Unheard("h1", b"", (b"new",)))
    world.rest()
    assert [job.folder for _, job in world.jobs if isinstance(job, Sweep)] == [b"new"]
    assert logged(world, "watch.blind") == []


def test_one_blind_folder_is_named_in_the_fix(world):
    """For another reason than the limit: look at it."""
    world.take(Unheard("h1", b"", (), ((b"shut", 1),), "Permission denied"))
    problem = next(one for one in world.engine.report().problems if one.code == "watch.blind")
    assert problem.message.startswith("1 folder is")
    assert problem.fix == "ls -ld /h1/shut"


def test_a_new_watcher_begins_with_no_blind_folders(world):
    """Its own sweep tells what it can't listen to."""
    world.take(Unheard("h1", b"", (), ((b"new", 3),), LIMIT))
    world.take(Watching("h1", "inotify"))
    assert "watch.blind" not in codes(world)
    assert world.engine.roots.desks["h1"].state is RootState.ONLINE
