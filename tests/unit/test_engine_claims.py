"""Claims and questions: what a look proves, what disturbs it, and what is looked at again."""

from __future__ import annotations

from tests.unit.engine_disk import Volume, picture
from tests.unit.engine_world import QUIET_S, World, roots_of, world_with

from dedupd.asks import (
    AskAccept,
    AskPath,
    AskPictures,
    AskRescan,
    Done,
    PathReply,
    PictureLine,
    PicturesReply,
    Refused,
)
from dedupd.messages import Glance, Hint, LookAt, LookTree, Sweep
from dedupd.model import FolderState, PictureClass, Place, Role

ONE = {b"card/x.jpg": picture(1, "a")}
LIBRARY = {b"a.jpg": picture(1, "a")}


def ask(world: World, path: bytes) -> PathReply:
    """Ask about a path, and let the world go on until there is a reply."""
    number = world.ask(AskPath(path))
    world.rest()
    reply = world.replies[number]
    assert isinstance(reply, PathReply)
    return reply


def test_a_question_is_answered_by_a_new_look():
    """A folder, and one picture in it."""
    world = world_with(LIBRARY, ONE)
    assert ask(world, b"/n1/card").imported
    picture_reply = ask(world, b"/n1/card/x.jpg")
    assert picture_reply.imported
    assert picture_reply.picture is not None
    assert picture_reply.picture.nearest == b"/h1/a.jpg"


def test_a_question_sees_what_no_hint_told():
    """The witness is gone, and nobody heard of it."""
    world = world_with(LIBRARY, ONE)
    world.deaf = True
    world.disk.remove("h1", b"a.jpg")
    world.happened()
    for path in (b"/n1/card", b"/n1/card/x.jpg"):
        assert not ask(world, path).imported
    assert world.violations == []


def test_a_question_about_what_nobody_knows_is_refused():
    """Outside the needle roots, or not seen yet."""
    world = world_with(LIBRARY, ONE)
    for path in (b"/elsewhere", b"/h1/a.jpg", b"/n1/nothing/there"):
        assert isinstance(world.replies[world.ask(AskPath(path))], Refused)


def test_a_question_about_a_folder_that_is_not_imported_says_why():
    """Without a look: it can't be imported."""
    world = world_with({}, ONE)
    reply = world.replies[world.ask(AskPath(b"/n1/card"))]
    assert reply == PathReply(False, reply.folder, None, "incomplete")


def test_a_look_that_was_disturbed_is_done_again():
    """Something was heard of the tree while it was looked at: that look proves nothing."""
    world = world_with(LIBRARY, ONE)
    number = world.ask(AskPath(b"/n1/card"))
    world.take(Hint(Place("n1", b"card/x.jpg")))
    looks = [job for job in world._walks["n1"] if isinstance(job, LookTree)]
    while not world._walks["n1"] or len(looks) < 2:
        if not world.act():
            world.pass_time(0.1)
        looks += [job for job in world._walks["n1"] if isinstance(job, LookTree)]
    assert number not in world.replies
    world.rest()
    assert world.replies[number].imported


def test_what_was_proven_of_an_older_version_is_no_answer():
    """A listing told of a new file before the look was whole: the reply is of what holds now."""
    world = world_with(LIBRARY, ONE)
    world.deaf = True
    number = world.ask(AskPath(b"/n1/card"))
    world._walk("n1")
    world.disk.write("n1", b"card/y.jpg", picture(8, "a"))
    world.happened()
    world.engine.roots.sweep(Place("n1", b""))
    world.pass_time(0.1)
    while world._walks["n1"] or "n1" in world._sweeps:
        world._walk("n1")
    while world._inbox["from n1"]:
        world.take(world._inbox["from n1"].popleft())
    assert number not in world.replies
    world.rest()
    assert not world.replies[number].imported
    assert world.replies[number].folder.state is not FolderState.IMPORTED


def test_a_needle_that_is_its_own_witness_is_unmatched():
    """One folder, seen through a second mount in the library."""
    world = aliased()
    assert world.state(b"card") is FolderState.INCOMPLETE
    [line] = _unmatched(world)
    assert (line.path, line.reason) == (b"/n1/card/x.jpg", "same-file")


def test_a_true_copy_lifts_the_bar_on_a_needle_that_was_its_own_witness():
    """Another file with its bytes comes into the library."""
    world = aliased()
    world.disk.write("h1", b"a.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED


def test_a_needle_that_went_while_it_was_found_to_be_its_own_witness_leaves_nothing_behind():
    """Its folder isn't called back to life."""
    world = aliased()
    stamp = world.disk.volume("n1").names[b"card/x.jpg"].stamp
    world.engine._files.bar(Place("n1", b"gone/y.jpg"), stamp, Place("h3", b"card/x.jpg"))
    assert [one.path for one in world.engine.report().folders] == [b"/n1", b"/n1/card"]


def test_another_file_in_the_place_of_its_own_witness_vouches():
    """The second mount is taken away, and a true copy is put at the very same path."""
    world = aliased()
    world.disk.mount("h3", None)
    world.catch_up()
    world.disk.mount("h3", Volume(3, 78, 3))
    world.disk.write("h3", b"card/x.jpg", picture(1, "a"))
    world.catch_up()
    world.ask(AskAccept(b"/h3"))
    world.rest()
    assert world.state(b"card") is FolderState.IMPORTED


def _unmatched(world: World) -> list[PictureLine]:
    reply = world.replies[world.ask(AskPictures((), (PictureClass.UNMATCHED,)))]
    assert isinstance(reply, PicturesReply)
    return list(reply.lines)


def aliased() -> World:
    """Return a world whose root `h3` is another mount of the needles."""
    needles = Volume(1, 1, 3)
    alias = Volume(1, 77, 3, needles.names, needles.folders)
    world = World(
        roots_of(h1=Role.HAYSTACK, h3=Role.HAYSTACK, n1=Role.NEEDLES),
        {"h1": Volume(2), "h3": alias, "n1": needles},
    )
    world.disk.write("n1", b"card/x.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    return world


def test_a_witness_that_nobody_may_see_any_more_is_listed_in_the_end():
    """A glance tells nothing where the folder can't be entered; the claim isn't tried for ever."""
    world = world_with({b"lib/a.jpg": picture(1, "a")}, ONE)
    world.deaf = True
    world.disk.shut("h1", b"lib", True)
    world.happened()
    world.deaf = False
    world.disk.touch("n1", b"card/x.jpg")
    world.happened()
    world.rest()
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert world.violations == []


def test_a_claim_is_not_tried_while_its_root_is_being_listed():
    """It would be refused or prove nothing, again and again."""
    world = world_with(LIBRARY, ONE)
    world.engine._standing._wanted.add(Place("n1", b"card"))
    world.engine.roots.desks["n1"].listed = False
    world.pass_time(0.1)
    assert not any(isinstance(job, LookTree) for job in world._walks["n1"])
    assert not world.engine._standing.busy


def test_versions_of_a_folder_are_never_used_twice():
    """A folder that went and came again is another one to a claim on its way."""
    world = world_with(LIBRARY, ONE)
    before = world.engine._tally.node(Place("n1", b"card")).version
    world.disk.remove("n1", b"card")
    world.happened()
    world.rest()
    world.disk.write("n1", b"card/x.jpg", picture(1, "a"))
    world.happened()
    while world.engine._tally.node(Place("n1", b"card")) is None:
        world.act()
    assert world.engine._tally.node(Place("n1", b"card")).version > before


def test_only_the_topmost_folder_is_looked_at():
    """One walk serves a whole tree."""
    world = world_with(LIBRARY, {b"a/b/c/x.jpg": picture(1, "a"), b"a/y.jpg": picture(1, "a")})
    seen = []
    real = world._dispatch
    world._dispatch = lambda job: (seen.append(job), real(job))[1]
    world.catch_up()
    assert {job.folder for job in seen if isinstance(job, LookTree)} == {b""}
    assert {job.paths for job in seen if isinstance(job, LookAt)} == {(b"a.jpg",)}


def test_pictures_are_listed_by_class_and_once_each():
    """`missing`, of everything or of some folders."""
    needles = {**ONE, b"a/1.jpg": picture(8, "a"), b"b/2.jpg": picture(8, "a")}
    world = world_with(LIBRARY, needles)
    unmatched = (PictureClass.UNMATCHED,)

    def paths(ask: AskPictures) -> list[bytes]:
        reply = world.replies[world.ask(ask)]
        assert isinstance(reply, PicturesReply)
        assert not reply.imported
        return [line.path for line in reply.lines]

    assert paths(AskPictures((), unmatched)) == [b"/n1/a/1.jpg", b"/n1/b/2.jpg"]
    assert paths(AskPictures((), unmatched, distinct=True)) == [b"/n1/a/1.jpg"]
    assert paths(AskPictures((b"/n1/b", b"/n1"), unmatched)) == [b"/n1/a/1.jpg", b"/n1/b/2.jpg"]


def test_a_rescan_of_a_path_looks_there():
    """A file or a folder; without a path, everything."""
    world = world_with(LIBRARY, ONE)
    assert isinstance(world.replies[world.ask(AskRescan(b"/n1/card"))], Done)
    assert [type(job) for job in world._walks["n1"]] == [Glance]
    world.rest()
    world.ask(AskRescan(None))
    while not any(isinstance(job, Sweep) for job in world._walks["n1"]):
        world.act()
    assert isinstance(world.replies[world.ask(AskRescan(b"/elsewhere"))], Refused)


def test_a_closed_file_is_looked_at_soon_and_believed_later():
    """Its class is known at once; the folder waits until all was seen twice, well apart."""
    world = world_with(LIBRARY, ONE)
    world.closing = True
    needle = next(name for name in (b"card/y.jpg", b"card/z.jpg") if sum(name) % 2 == 0)
    copy = next(name for name in (b"b.jpg", b"c.jpg") if sum(name) % 2 == 0)
    world.disk.write("n1", needle, picture(2, "b"))
    world.disk.write("h1", copy, picture(2, "b"))
    world.happened()
    began_s, matched_at_s = world.now_s, None
    while world.state(b"card") is not FolderState.IMPORTED or matched_at_s is None:
        assert world.now_s - began_s < 60
        if not world.act():
            world.pass_time(0.05)
        if matched_at_s is None and world.folder(b"card").tree.matched == 2:
            matched_at_s = world.now_s
    assert matched_at_s - began_s < 1.0
    assert world.now_s - began_s >= QUIET_S
    assert world.violations == []
