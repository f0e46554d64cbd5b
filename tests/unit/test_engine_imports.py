"""The engine on a small world: what is imported, what isn't, and what is said about it."""

from __future__ import annotations

import pytest
from tests.unit.engine_disk import broken, digest, flat, other, picture, video
from tests.unit.engine_world import world_with

from dedupd.messages import Depth, Read, WasRead
from dedupd.model import EntryType, FolderState, Place, Role, Unreadable

IMPORTED = ["folder.imported"]


def test_equal_bytes_are_imported_without_a_decode():
    """A card of byte copies needs no decoder at all."""
    library, needles = {b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")}
    world = world_with(library, needles, eager=False)
    assert world.state(b"card") is FolderState.IMPORTED
    assert world.words(b"card") == IMPORTED
    assert not world.decoded


@pytest.mark.parametrize(
    ("library", "needle", "state"),
    [
        pytest.param(picture(1, "b"), picture(1, "a"), FolderState.IMPORTED, id="encoded again"),
        pytest.param(picture(1, "a"), picture(1, "s"), FolderState.IMPORTED, id="a small copy"),
        pytest.param(picture(1, "s"), picture(1, "a"), FolderState.REVIEW, id="library's is small"),
        pytest.param(picture(1, "t"), picture(1, "a"), FolderState.REVIEW, id="toned"),
        pytest.param(picture(1, "m"), picture(1, "a"), FolderState.REVIEW, id="next of a burst"),
        pytest.param(picture(2, "a"), picture(1, "a"), FolderState.INCOMPLETE, id="another"),
        pytest.param(broken(1), broken(1), FolderState.IMPORTED, id="broken, equal bytes"),
        pytest.param(broken(2), broken(1), FolderState.INCOMPLETE, id="broken"),
        pytest.param(flat(2), flat(1), FolderState.INCOMPLETE, id="featureless"),
        pytest.param(other(1), other(1), FolderState.EMPTY, id="no picture"),
    ],
)
def test_one_picture_one_verdict(library, needle, state):
    """The class of its only picture is the state of a folder."""
    world = world_with({b"a.jpg": library}, {b"card/x.jpg": needle})
    assert world.state(b"card") is state
    world.check()
    assert world.violations == []


@pytest.mark.parametrize("seed", range(8))
def test_no_order_of_answers_changes_the_outcome(seed):
    """Readers, workers, walkers and watchers may answer in any order."""
    library = {b"%d.jpg" % n: picture(n, "ab"[n % 2]) for n in range(6)}
    needles = {b"card/%d.jpg" % n: picture(n, "abst"[n % 4]) for n in range(7)}
    worlds = [world_with(library, needles, seed=one) for one in (seed, seed + 100)]
    first, second = (
        [(one.path, one.state, one.tree, one.own) for one in world.engine.report().folders]
        for world in worlds
    )
    assert first == second


def test_one_missing_picture_spoils_every_folder_above_it():
    """And none beside it."""
    world = world_with(
        {b"a.jpg": picture(1, "a")},
        {b"a/b/bad.jpg": picture(9, "a"), b"a/x.jpg": picture(1, "a"), b"c/x.jpg": picture(1, "a")},
    )
    incomplete = [b"", b"a", b"a/b"]
    assert [world.state(path) for path in incomplete] == [FolderState.INCOMPLETE] * 3
    assert world.state(b"c") is FolderState.IMPORTED


@pytest.mark.parametrize("kind", [EntryType.LINK, EntryType.SPECIAL])
def test_links_and_special_files_are_unreadable_pictures(kind):
    """Nobody knows what they lead to."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    world.disk.write("n1", b"card/odd", b"", kind)
    world.happened()
    world.rest()
    assert world.folder(b"card").tree.unreadable == 1
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]


def test_a_folder_that_cannot_be_listed_blocks_and_reopens():
    """It counts as one unreadable picture, and nobody says that it was removed."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/sub/x.jpg": picture(1, "a")})
    world.disk.shut("n1", b"card/sub", True)
    world.happened()
    world.rest()
    assert world.folder(b"card").tree.unreadable == 1
    assert world.words(b"card/sub") == ["folder.imported", "folder.reopened"]
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]


def test_an_excluded_folder_that_cannot_be_listed_blocks():
    """There may be pictures in it: that is said, and no claim is tried again and again."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    world.disk.make_folder("n1", b"card/skip/inside")
    world.disk.shut("n1", b"card/skip/inside", True)
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert world.folder(b"card").tree.excluded == 1
    assert world.violations == []


def test_an_ignored_name_of_a_folder_that_cannot_be_listed_blocks():
    """Only files are ignored by name."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    world.disk.make_folder("n1", b"card/Thumbs.db")
    world.disk.shut("n1", b"card/Thumbs.db", True)
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert world.violations == []


def test_excluded_pictures_block():
    """They are counted, not read."""
    world = world_with(
        {b"a.jpg": picture(1, "a")},
        {b"card/x.jpg": picture(1, "a"), b"card/skip/y.jpg": picture(1, "a")},
    )
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert world.folder(b"card").tree.excluded == 1


def test_a_companion_is_ignored_while_its_file_is_there():
    """macOS's `._x` is listed before `x`, and stays when `x` goes: it is counted again then."""
    world = world_with(
        {b"a.jpg": picture(1, "a")},
        {b"card/x.jpg": picture(1, "a"), b"card/z.jpg": picture(1, "a"), b"card/._x.jpg": other(1)},
    )
    assert world.folder(b"card").tree.ignored == 1
    assert world.state(b"card") is FolderState.IMPORTED
    world.disk.remove("n1", b"card/x.jpg")
    world.happened()
    world.rest()
    assert (world.folder(b"card").tree.ignored, world.folder(b"card").tree.others) == (0, 1)
    world.check()
    assert world.violations == []


def test_films_are_counted_and_do_not_block():
    """Nobody says imported without saying how many are missing."""
    world = world_with(
        {b"a.jpg": picture(1, "a"), b"v.mp4": video(1)},
        {b"card/x.jpg": picture(1, "a"), b"card/v.mp4": video(1), b"card/w.mp4": video(2)},
    )
    assert world.state(b"card") is FolderState.IMPORTED
    counts = world.folder(b"card").tree
    assert (counts.videos, counts.videos_missing) == (2, 1)
    event = next(one for one in world.log if one.name == "folder.imported")
    assert dict(event.facts)["counts"]["videos_missing"] == 1


def test_films_block_if_the_owner_says_so():
    """`match.others: block`."""
    needles = {b"card/x.jpg": picture(1, "a"), b"card/w.mp4": video(2)}
    world = world_with({b"a.jpg": picture(1, "a")}, needles, others_block=True)
    assert world.state(b"card") is FolderState.INCOMPLETE


def test_the_library_s_copy_of_a_film_is_looked_at_too():
    """A lost hint about it doesn't let a claim say that no film is missing."""
    world = world_with(
        {b"a.jpg": picture(1, "a"), b"v.mp4": video(1)},
        {b"card/x.jpg": picture(1, "a"), b"old/v.mp4": video(1)},
    )
    world.deaf = True
    world.disk.remove("h1", b"v.mp4")
    world.happened()
    world.deaf = False
    world.disk.write("n1", b"card/v.mp4", video(1))
    world.happened()
    world.rest()
    event = [one for one in world.log if one.name == "folder.imported"][-1]
    assert dict(event.facts)["counts"]["videos_missing"] == 1
    assert world.folder(b"card").tree.videos_missing == 1


def test_another_name_of_the_same_file_is_safe():
    """A hard link within one mount: deleting one name leaves the other."""
    world = world_with({b"a.jpg": picture(1, "a")}, {})
    world.disk.link("h1", b"a.jpg", "n1", b"card/x.jpg")
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED
    event = next(one for one in world.log if one.name == "folder.imported")
    assert dict(event.facts)["evidence"] == {"hardlink": 1}


def test_nothing_is_said_again_after_a_restart():
    """A daemon that finds nothing changed logs no folder event."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "s")})
    before = world.words(b"card")
    world.start()
    world.rest()
    assert world.words(b"card") == before == IMPORTED
    assert world.state(b"card") is FolderState.IMPORTED


def test_what_was_logged_before_a_crash_is_known_after_it():
    """The event reached the log, its commit did not: it isn't said twice, and can be taken back."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    for key, _ in list(world.store.metas("said/")):
        world.store.drop_meta(key)
    world.start()
    world.rest()
    assert world.words(b"card") == IMPORTED
    world.disk.remove("h1", b"a.jpg")
    world.happened()
    world.rest()
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]


def test_how_often_it_was_said_is_known_when_the_log_begins_with_a_taking_back():
    """The older log is gone, and an event must not look like one that is in the log already."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    world.disk.remove("h1", b"a.jpg")
    world.happened()
    world.rest()
    world.log = [one for one in world.log if one.name == "folder.reopened"]
    world.start()
    world.disk.write("h1", b"a.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    [event] = [e for e in world.log if (e.name, e.path) == ("folder.imported", b"/n1/card")]
    assert dict(event.facts)["times"] == 2


def test_a_library_file_of_equal_size_that_is_being_written_reopens_nothing():
    """A re-encoded copy vouches, whatever else comes into the library."""
    world = world_with({b"a.jpg": picture(1, "a", 60)}, {b"card/x.jpg": picture(1, "b", 50)})
    world.disk.write("h1", b"new.jpg", picture(3, "a", 50))
    world.disk.change("h1", b"new.jpg", picture(3, "b", 50), writer=True)
    world.happened()
    world.rest()
    assert world.words(b"card") == IMPORTED
    assert world.state(b"card") is FolderState.IMPORTED


def test_a_file_being_written_is_pending():
    """Until its writer closes it."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    world.disk.write("n1", b"card/y.jpg", picture(1, "a"))
    world.disk.change("n1", b"card/y.jpg", picture(1, "a"), writer=True)
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.PENDING
    world.disk.close("n1", b"card/y.jpg")
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED


def test_a_look_finds_what_no_hint_told():
    """A sweep, or the claim itself, sees what the watchers missed."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    world.deaf = True
    world.disk.write("n1", b"card/y.jpg", picture(7, "a"))
    world.happened()
    world.deaf = False
    world.catch_up()
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]


def test_an_excluded_file_that_became_a_picture_is_found():
    """Nobody heard of it, and the next claim compares it all the same."""
    world = world_with(
        {b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a"), b"card/skip/n": other(1)}
    )
    assert world.state(b"card") is FolderState.IMPORTED
    world.deaf = True
    world.disk.change("n1", b"card/skip/n", picture(7, "a"))
    world.happened()
    world.deaf = False
    world.disk.touch("n1", b"card/x.jpg")
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert world.violations == []


def test_what_could_not_be_read_is_tried_again_at_the_next_look():
    """The right to enter a folder came back, which changes no stamp of the files in it."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    world.disk.write("n1", b"card/y.jpg", picture(1, "a"))
    world.happened()
    while not world._edge_jobs:
        if not world.act():
            world.pass_time(0.5)
    world.deaf = True
    world.disk.shut("n1", b"card", True)
    world._do("edge")
    world.disk.shut("n1", b"card", False)
    world.happened()
    world.rest()
    assert world.folder(b"card").tree.unreadable == 1
    world.catch_up()
    assert world.state(b"card") is FolderState.IMPORTED


def test_a_folder_below_one_that_cannot_be_listed_is_counted_once():
    """With the one above it; a hint about it alone brings nothing back."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/sub/x.jpg": picture(1, "a")})
    world.disk.shut("n1", b"card", True)
    world.happened()
    world.rest()
    world.engine.roots.sweep(Place("n1", b"card/sub"))
    world.rest()
    assert world.folder(b"").tree.unreadable == 1
    assert [one.path for one in world.engine.report().folders] == [b"/n1"]


def test_a_library_file_that_cannot_be_read_any_more_vouches_no_more():
    """It was digested, then its disk failed when its looks were wanted."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    files, place = world.engine._files, Place("h1", b"a.jpg")
    files.enrich(place, None, None, Unreadable("io", "Input/output error"))
    world.pass_time(0.1)
    assert world.state(b"card") is not FolderState.IMPORTED
    assert world.engine._catalog.places(Role.HAYSTACK, digest(picture(1, "a"))) == set()


def test_a_library_file_that_changed_while_it_was_read_vouches_no_more():
    """What was known of its content is forgotten with it."""
    world = world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "a")})
    place = Place("h1", b"a.jpg")
    stamp = world.engine._catalog.get(place).stamp
    world.engine._reading.flow.started(Read(place, stamp, Depth.DIGEST))
    world.take(WasRead(Read(place, stamp, Depth.DIGEST), changed=True))
    assert world.engine._catalog.places(Role.HAYSTACK, digest(picture(1, "a"))) == set()
    assert world.state(b"card") is not FolderState.IMPORTED
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED
