"""Roots that come, go, flap, are swapped or lose everything; and that the engine comes to rest."""

from __future__ import annotations

import pytest
from tests.unit.engine_disk import Volume, other, picture
from tests.unit.engine_world import World, world_with

from dedupd.asks import AskAccept, AskWait, Done
from dedupd.messages import CheckRoot, Hint, Listed, Rescan, RootSeen, Sweep, Swept
from dedupd.model import EntryType, FolderState, Place, RootState, Unreadable

ONE = {b"card/x.jpg": picture(1, "a")}


def desk(world: World, root: str):
    return world.engine.roots.desks[root]


def complete(files: int = 1) -> World:
    """Return a world whose only match lies in `h2`, a root on a disk of its own."""
    world = world_with({}, ONE)
    for number in range(files):
        world.disk.write("h2", b"%d.jpg" % number, picture(1 + number, "a"))
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED
    return world


def go_away(world: World, root: str) -> Volume:
    """Unplug a root, and let the engine find out."""
    volume = world.disk.mount(root, None)
    world.happened()
    world.catch_up()
    assert volume is not None
    return volume


def come_back(world: World, root: str, volume: Volume) -> None:
    """Plug it in again, as a new mount."""
    volume.mount_id += 100
    world.disk.mount(root, volume)
    world.happened()
    world.catch_up()


def test_a_match_on_a_root_that_is_away_is_unverified():
    """With the last state, and without a word that it was reopened; claimed again when back."""
    world = complete()
    volume = go_away(world, "h2")
    assert world.state(b"card") is FolderState.UNVERIFIED
    assert world.folder(b"card").last_state is FolderState.IMPORTED
    assert world.words(b"card") == ["folder.imported"]
    come_back(world, "h2", volume)
    assert world.state(b"card") is FolderState.IMPORTED
    assert world.words(b"card") == ["folder.imported"]


def test_a_root_that_comes_back_vouches_for_nothing_before_it_was_looked_at():
    """Between its return and the next claim nobody says imported."""
    world = complete()
    volume = go_away(world, "h2")
    volume.mount_id += 100
    world.disk.mount("h2", volume)
    world.disk.volume("h2").names.clear()
    world.take(Rescan(None, "asked"))
    for _ in range(400):
        world.act()
        assert world.state(b"card") is not FolderState.IMPORTED


def test_a_needle_root_that_is_away_is_offline():
    """And keeps its last verdict."""
    world = complete()
    volume = go_away(world, "n1")
    assert world.state(b"card") is FolderState.OFFLINE
    assert world.folder(b"card").last_state is FolderState.IMPORTED
    come_back(world, "n1", volume)
    world.check()
    assert world.violations == []


def test_another_disk_in_its_place_is_not_the_root():
    """Nothing is inferred from it."""
    world = complete()
    home = world.disk.mount("h2", Volume(9, 5, 1))
    world.happened()
    world.catch_up()
    assert desk(world, "h2").state is RootState.OFFLINE
    assert world.state(b"card") is FolderState.UNVERIFIED
    come_back(world, "h2", home)
    assert world.state(b"card") is FolderState.IMPORTED


def test_links_do_not_tell_whether_it_is_the_root():
    """A disk of links and few files is known again by its files alone."""
    world = complete(3)
    for number in range(20):
        world.disk.write("h2", b"link %d" % number, b"", EntryType.LINK)
    world.happened()
    world.rest()
    come_back(world, "h2", go_away(world, "h2"))
    assert desk(world, "h2").state is RootState.ONLINE
    assert world.state(b"card") is FolderState.IMPORTED


def test_a_root_of_links_alone_comes_to_rest():
    """There is nothing to know it again by: asking for a sample would go on for ever."""
    world = world_with({b"a.jpg": picture(1, "a")}, ONE)
    world.disk.write("h2", b"link", b"", EntryType.LINK)
    world.happened()
    world.rest()
    come_back(world, "h2", go_away(world, "h2"))
    assert world.violations == []


def test_a_root_that_goes_while_it_comes_is_offline_and_comes_back():
    """It was announced as offline, came, and left before it was listed."""
    world = complete()
    volume = go_away(world, "h2")
    world.disk.mount("h2", volume)
    world.take(RootSeen("h2", volume.identity))
    assert desk(world, "h2").state is RootState.SCANNING
    world.disk.mount("h2", None)
    world.take(RootSeen("h2", None, detail="missing"))
    assert desk(world, "h2").state is RootState.OFFLINE
    world.disk.mount("h2", volume)
    world.catch_up()
    assert desk(world, "h2").state is RootState.ONLINE


def test_a_sweep_that_was_not_whole_is_done_again():
    """The root was another one for a moment; what was listed may be any of the two."""
    world = World()
    sweep = _next_sweep(world, "h1")
    world.take(Swept("h1", b"", sweep, whole=False))
    world.rest()
    assert desk(world, "h1").state is RootState.ONLINE


def test_a_root_that_was_another_one_for_a_moment_is_walked_again():
    """A sweep ran into the other one, a moment later it is the root as before."""
    world = world_with({b"a.jpg": picture(1, "a")}, ONE)
    world.start()
    _next_sweep(world, "h1")
    world.take(RootSeen("h1", Volume(9, 9).identity))
    world.rest()
    assert desk(world, "h1").state is RootState.ONLINE
    assert world.state(b"card") is FolderState.IMPORTED


def test_a_library_file_that_came_back_during_a_sweep_is_not_lost():
    """The listing missed it, a hint found it before the sweep was over."""
    world = world_with({b"a.jpg": picture(1, "a")}, ONE)
    world.deaf = True
    world.disk.remove("h1", b"a.jpg")
    world.happened()
    world.deaf = False
    world.engine.roots.sweep(Place("h1", b""))
    world.pass_time(0.1)
    world._walk("h1")
    world._walk("h1")
    world.take(world._inbox["from h1"].popleft())
    assert desk(world, "h1").lost
    world.disk.write("h1", b"a.jpg", picture(1, "a"))
    world.happened()
    while world._inbox["watch h1"]:
        world.take(world._inbox["watch h1"].popleft())
    world.rest()
    assert world.engine._catalog.get(Place("h1", b"a.jpg")) is not None
    assert world.state(b"card") is FolderState.IMPORTED


def test_a_root_whose_folder_cannot_be_listed_is_offline_until_it_can():
    """The path leads somewhere, but nobody may look."""
    world = World()
    number = _next_sweep(world, "h1")
    world.take(Listed("h1", b"", (), number, Unreadable("forbidden", "Permission denied")))
    assert desk(world, "h1").state is RootState.OFFLINE
    world._walks["h1"].clear()
    world._sweeps.clear()
    world.catch_up()
    assert desk(world, "h1").state is RootState.ONLINE


def _next_sweep(world: World, root: str) -> int:
    """Let the world go on until the root's first sweep waits; return its number."""
    for _ in range(200):
        waiting = [job for job in world._walks[root] if isinstance(job, Sweep)]
        if waiting:
            world._walks[root].clear()
            return waiting[0].number
        world.act()
    raise AssertionError("no sweep came")


def test_an_emptied_library_is_suspicious_until_somebody_says_it_is_right():
    """Ten files and more, all gone: folders are unverified, and reopened only after `accept`."""
    world = complete(10)
    for number in range(10):
        world.disk.remove("h2", b"%d.jpg" % number)
    world.happened()
    world.catch_up()
    assert desk(world, "h2").state is RootState.SUSPICIOUS
    assert world.state(b"card") is FolderState.UNVERIFIED
    assert world.words(b"card") == ["folder.imported"]
    world.take(Hint(Place("h2", b"0.jpg")))
    world.catch_up()
    assert world.state(b"card") is FolderState.UNVERIFIED
    world.ask(AskAccept(b"/h2"))
    world.rest()
    assert desk(world, "h2").state is RootState.ONLINE
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]


def test_files_that_return_to_a_suspicious_root_lift_the_suspicion():
    """Somebody moved them away and back."""
    world = complete(12)
    volume = world.disk.volume("h2")
    names = dict(volume.names)
    volume.names.clear()
    world.catch_up()
    assert desk(world, "h2").state is RootState.SUSPICIOUS
    volume.names.update(names)
    world.catch_up()
    assert desk(world, "h2").state is RootState.ONLINE
    assert world.state(b"card") is FolderState.IMPORTED


def test_needles_that_vanish_are_removed():
    """What owners do with imported folders is no alarm."""
    world = complete()
    world.disk.remove("n1", b"card")
    world.happened()
    world.rest()
    assert world.words(b"card") == ["folder.imported", "folder.removed"]


def test_an_engine_with_a_root_away_comes_to_rest():
    """Files that nobody read yet lie on a disk that isn't there: `check` must end all the same."""
    world = world_with({b"a.jpg": picture(1, "a")}, {})
    world.disk.write("n1", b"x.jpg", picture(1, "a"))
    world.disk.write("n1", b"y.jpg", picture(2, "a"))
    world.happened()
    for _ in range(60):
        world.act()
        if desk(world, "n1").hints or world.engine._catalog.count("n1"):
            break
    while world.engine._catalog.count("n1") < 2:
        world.act()
    go_away(world, "n1")
    assert world.engine.idle
    assert world.engine.settled
    number = world.ask(AskWait())
    world.rest()
    assert world.replies[number] == Done()


def test_an_engine_whose_root_was_away_at_the_start_comes_to_rest():
    """The store knows files without a digest there."""
    world = world_with({b"a.jpg": picture(1, "a")}, ONE)
    world.store.put_file(
        Place("n1", b"card/x.jpg"), world.engine._catalog.get(Place("n1", b"card/x.jpg"))
    )
    record = world.engine._catalog.get(Place("n1", b"card/x.jpg"))
    world.store.put_file(Place("n1", b"card/x.jpg"), type(record)(record.stamp))
    world.disk.mount("n1", None)
    world.start()
    world.rest()
    assert world.violations == []
    assert world.engine.idle


def test_a_file_that_was_being_written_when_its_root_went_is_read_when_it_is_back():
    """Its stamp is the same, and it waits to settle."""
    world = world_with({b"a.jpg": picture(1, "a")}, ONE)
    world.disk.write("n1", b"card/y.jpg", picture(1, "a"))
    world.happened()
    while Place("n1", b"card/y.jpg") not in world.engine._settler:
        world.act()
    come_back(world, "n1", go_away(world, "n1"))
    assert world.state(b"card") is FolderState.IMPORTED


def test_an_errand_that_became_possible_is_run():
    """The library's copy was on a disk that is away; another copy comes to a root that is there."""
    world = complete()
    world.disk.write("h2", b"b.jpg", picture(5, "b"))
    world.happened()
    world.rest()
    volume = go_away(world, "h2")
    world.disk.write("n1", b"dump/s.jpg", picture(5, "s"))
    world.happened()
    world.rest()
    assert world.state(b"dump") is FolderState.PENDING
    world.disk.write("h1", b"b.jpg", picture(5, "b"))
    world.happened()
    world.rest()
    assert world.state(b"dump") is FolderState.IMPORTED
    come_back(world, "h2", volume)
    assert world.violations == []


def test_a_rescan_while_a_root_is_checked_is_not_forgotten():
    """The check on its way may have seen what was before."""
    world = complete()
    volume = go_away(world, "h2")
    world.take(Rescan("h2", "asked"))
    early = next(job for job in world._walks["h2"] if isinstance(job, CheckRoot))
    world._walks["h2"].remove(early)
    world.disk.mount("h2", volume)
    world.take(Rescan("h2", "asked"))
    world.take(RootSeen("h2", None, 0, 1, "missing"))
    assert not world.engine.idle
    world.rest()
    assert desk(world, "h2").state is RootState.ONLINE


@pytest.mark.parametrize("root", ["h1", "n1"])
def test_a_quiet_world_is_left_alone(root):
    """At rest nothing is asked of a root but whether it is there."""
    world = world_with({b"a.jpg": picture(1, "a"), b"n.txt": other(1)}, ONE)
    seen = []
    real = world._dispatch
    world._dispatch = lambda job: (seen.append(job), real(job))[1]
    for _ in range(20):
        world.pass_time(10.0)
        while world.act():
            pass
    assert {type(job) for job in seen} == {CheckRoot}
