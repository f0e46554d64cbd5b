"""What is said of a folder, once and with its true cause, also over restarts and lost stores."""

from __future__ import annotations

import gc
from types import FunctionType, ModuleType

import pytest
from tests.unit.engine_disk import other, picture, video
from tests.unit.engine_world import World, world_with

from dedupd.asks import AskAccept, AskPictures, PicturesReply
from dedupd.model import FolderState, PictureClass, Place, RootState
from dedupd.state.memory import MemoryStore

LIBRARY = {b"a.jpg": picture(1, "a")}
ONE = {b"card/x.jpg": picture(1, "a")}
MANY = 300


def facts(world: World, name: str, path: bytes) -> dict[str, object]:
    """Return the facts of the last such event about a path."""
    return dict([one for one in world.log if (one.name, one.path) == (name, path)][-1].facts)


def rest_after(world: World) -> None:
    """Let the watchers hear of what was done, and all come to rest."""
    world.happened()
    world.rest()


def test_a_reopened_folder_names_what_holds_it_back_now():
    """Not what once did, and is mended."""
    world = world_with(LIBRARY, ONE)
    world.disk.write("n1", b"card/y.jpg", picture(8, "a"))
    rest_after(world)
    assert facts(world, "folder.reopened", b"/n1/card")["cause"] == b"/n1/card/y.jpg"
    world.disk.remove("n1", b"card/y.jpg")
    rest_after(world)
    assert world.state(b"card") is FolderState.IMPORTED
    world.disk.remove("h1", b"a.jpg")
    rest_after(world)
    last = facts(world, "folder.reopened", b"/n1/card")
    assert (last["reason"], last["cause"]) == ("no-match", b"/h1/a.jpg")


def test_a_reopened_folder_does_not_blame_what_was_mended():
    """A film is missing, which blocks because the owner says so; a picture once was."""
    library = {**LIBRARY, b"v.mp4": video(1)}
    world = world_with(library, {**ONE, b"card/v.mp4": video(1)}, others_block=True)
    world.disk.write("n1", b"card/y.jpg", picture(8, "a"))
    rest_after(world)
    world.disk.remove("n1", b"card/y.jpg")
    rest_after(world)
    assert world.state(b"card") is FolderState.IMPORTED
    world.disk.remove("h1", b"v.mp4")
    rest_after(world)
    last = facts(world, "folder.reopened", b"/n1/card")
    assert (last["reason"], last["cause"]) == ("others-missing", b"/n1/card")


def test_a_folder_that_is_reopened_before_anybody_read_the_change_says_changed():
    """What is in the new file isn't known yet."""
    world = world_with(LIBRARY, ONE)
    world.disk.change("n1", b"card/x.jpg", picture(8, "a"))
    world.happened()
    while "folder.reopened" not in world.words(b"card"):
        assert world.act()
    told = facts(world, "folder.reopened", b"/n1/card")
    assert (told["reason"], told["cause"]) == ("changed", b"/n1/card/x.jpg")


def test_an_incomplete_folder_that_is_deleted_file_by_file_is_removed_once():
    """With the state that it had, not the one in which the last file left it."""
    needles = {**ONE, b"card/y.jpg": picture(8, "a"), b"card/z.jpg": picture(9, "a")}
    world = world_with(LIBRARY, needles)
    for name in (b"card/z.jpg", b"card/x.jpg", b"card/y.jpg", b"card"):
        world.disk.remove("n1", name)
        rest_after(world)
    assert world.words(b"card") == ["folder.removed"]
    assert facts(world, "folder.removed", b"/n1/card") == {"last_state": "incomplete"}


def test_an_imported_folder_that_is_deleted_file_by_file_is_removed_once():
    """When its last picture goes; that the folder itself goes later is no news."""
    world = world_with(LIBRARY, {**ONE, b"card/n.txt": other(1)})
    for name in (b"card/x.jpg", b"card/n.txt", b"card"):
        world.disk.remove("n1", name)
        rest_after(world)
    assert world.words(b"card") == ["folder.imported", "folder.removed"]
    assert facts(world, "folder.removed", b"/n1/card") == {"last_state": "imported"}


def test_an_incomplete_folder_that_is_deleted_at_once_is_removed_once():
    """As `rm -r` does it: hints of the files and of the folder come together."""
    for seed in range(10):
        world = world_with(LIBRARY, {**ONE, b"card/y.jpg": picture(8, "a")}, seed=seed)
        for name in (b"card/x.jpg", b"card/y.jpg", b"card"):
            world.disk.remove("n1", name)
        rest_after(world)
        assert world.words(b"card") == ["folder.removed"]
        assert facts(world, "folder.removed", b"/n1/card") == {"last_state": "incomplete"}


def test_a_lost_store_costs_no_word():
    """All is read again; the log knows what was said, and nothing is taken back meanwhile."""
    needles = {**ONE, b"phone/s.jpg": picture(2, "s"), b"dump/y.jpg": picture(9, "a")}
    world = world_with({**LIBRARY, b"b.jpg": picture(2, "a")}, needles)
    before = list(world.log)
    for seed in range(10):
        world.store = MemoryStore()
        world.decoded.clear()
        world.dice.seed(seed)
        world.start()
        world.rest()
        assert world.state(b"card") is world.state(b"phone") is FolderState.IMPORTED
        assert world.state(b"dump") is FolderState.INCOMPLETE
    folders = [one for one in world.log[len(before) :] if one.name.startswith("folder.")]
    assert folders == []


def test_what_changed_while_the_store_was_lost_is_told_in_the_end():
    """It is taken back once the first scan has found what is missing."""
    world = world_with(LIBRARY, ONE)
    world.store = MemoryStore()
    world.decoded.clear()
    world.disk.remove("h1", b"a.jpg")
    world.start()
    world.rest()
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]


def test_what_nobody_can_confirm_any_more_is_taken_back():
    """Store and library are both gone: held back during the first scan, told after it."""
    world = world_with({}, ONE)
    world.disk.write("h2", b"a.jpg", picture(1, "a"))
    rest_after(world)
    assert world.words(b"card") == ["folder.imported"]
    away = world.disk.mount("h2", None)
    world.store = MemoryStore()
    world.start()
    world.rest()
    assert world.state(b"card") is FolderState.PENDING
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]
    world.disk.mount("h2", away)
    world.catch_up()
    assert world.words(b"card") == ["folder.imported", "folder.reopened", "folder.imported"]


def test_a_file_that_is_written_at_the_start_reopens_its_folder_in_the_end():
    """That was held back during the first scan, and is told after it."""
    world = world_with(LIBRARY, ONE)
    world.disk.write("n1", b"card/y.jpg", picture(1, "a"))
    world.disk.change("n1", b"card/y.jpg", picture(1, "a"), writer=True)
    world.disk.changed.clear()
    world.start()
    world.rest()
    assert world.state(b"card") is FolderState.PENDING
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]
    assert facts(world, "folder.reopened", b"/n1/card")["cause"] == b"/n1/card/y.jpg"
    world.disk.close("n1", b"card/y.jpg")
    rest_after(world)
    assert world.words(b"card")[-1] == "folder.imported"


def blind_library() -> World:
    """Return a world in which a library folder can't be listed any more."""
    world = world_with({**LIBRARY, b"lib/b.jpg": picture(2, "a")}, ONE)
    assert world.engine.report().state == "ready"
    world.disk.shut("h1", b"lib", True)
    rest_after(world)
    report = world.engine.report()
    assert report.state == "degraded"
    assert [(one.code, one.path) for one in report.problems] == [("folder.unlistable", b"/h1/lib")]
    return world


def test_a_library_folder_that_can_not_be_listed_is_a_problem_until_it_can():
    """It vouches for nothing, so the library looks smaller than it is."""
    world = blind_library()
    world.disk.shut("h1", b"lib", False)
    rest_after(world)
    assert (world.engine.report().state, world.engine.report().problems) == ("ready", ())


@pytest.mark.parametrize("deed", ["remove", "move", "replace"])
def test_a_library_folder_that_is_gone_is_no_blind_spot(deed):
    """Deleted, renamed, or a file in its place."""
    world = blind_library()
    world.disk.make_folder("h1", b"lib/inner")
    world.disk.shut("h1", b"lib", False)
    if deed == "move":
        world.disk.move("h1", b"lib", "h1", b"there")
    else:
        world.disk.remove("h1", b"lib")
    if deed == "replace":
        world.disk.write("h1", b"lib", picture(5, "a"))
    rest_after(world)
    assert (world.engine.report().state, world.engine.report().problems) == ("ready", ())


def test_a_blind_spot_that_went_unheard_is_forgotten_by_the_next_sweep():
    """Nothing tells of it but the listing of the folder above."""
    world = blind_library()
    world.deaf = True
    world.disk.shut("h1", b"lib", False)
    world.disk.remove("h1", b"lib")
    world.happened()
    world.catch_up()
    assert (world.engine.report().state, world.engine.report().problems) == ("ready", ())


def test_a_folder_below_one_that_can_not_be_listed_is_none_once_that_is_gone():
    """It went with it."""
    world = world_with({**LIBRARY, b"lib/inner/b.jpg": picture(2, "a")}, ONE)
    world.disk.shut("h1", b"lib/inner", True)
    rest_after(world)
    assert world.engine.report().state == "degraded"
    world.disk.remove("h1", b"lib")
    rest_after(world)
    assert (world.engine.report().state, world.engine.report().problems) == ("ready", ())


def halved() -> World:
    """Return a world whose library lost 180 of 300 files while no daemon ran."""
    world = world_with({}, ONE)
    for number in range(MANY):
        world.disk.write("h2", b"%03d.jpg" % number, picture(1 + number, "a"))
    rest_after(world)
    assert world.state(b"card") is FolderState.IMPORTED
    for number in range(180):
        world.disk.remove("h2", b"%03d.jpg" % number)
    world.disk.changed.clear()
    return world


def missing(world: World) -> int:
    """Return how many pictures `missing` lists."""
    reply = world.replies[world.ask(AskPictures((), (PictureClass.UNMATCHED,)))]
    assert isinstance(reply, PicturesReply)
    return len(reply.lines)


def test_a_suspicion_outlasts_restarts():
    """Nothing is concluded from the loss until the owner says that it is right."""
    world = halved()
    for _ in range(3):
        world.decoded.clear()
        world.start()
        world.rest()
        assert world.engine.roots.desks["h2"].state is RootState.SUSPICIOUS
        assert world.state(b"card") is FolderState.UNVERIFIED
        assert missing(world) == 0
    assert world.words(b"card") == ["folder.imported"]
    world.ask(AskAccept(b"/h2"))
    world.rest()
    assert world.engine.roots.desks["h2"].state is RootState.ONLINE
    assert world.state(b"card") is FolderState.INCOMPLETE
    assert missing(world) == 1
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]


def test_losses_one_by_one_add_up_to_a_suspicion():
    """Each alone would be believed; more than half of them together are not."""
    world = world_with({}, {b"card/x.jpg": picture(MANY, "a")})
    for number in range(MANY):
        world.disk.write("h2", b"%03d.jpg" % number, picture(1 + number, "a"))
    rest_after(world)
    desk = world.engine.roots.desks["h2"]
    for number in range(150):
        world.disk.remove("h2", b"%03d.jpg" % number)
        if number % 10 == 9:
            rest_after(world)
    assert desk.state is RootState.ONLINE
    assert world.state(b"card") is FolderState.IMPORTED
    world.disk.remove("h2", b"150.jpg")
    rest_after(world)
    assert desk.state is RootState.SUSPICIOUS
    world.disk.remove("h2", b"299.jpg")
    rest_after(world)
    assert world.state(b"card") is FolderState.UNVERIFIED
    assert world.words(b"card") == ["folder.imported"]


@pytest.mark.parametrize("restart", [False, True])
def test_a_folder_that_went_and_came_back_is_told_anew(restart):
    """As another event than the first: who remembers the ids of those they heard would miss it."""
    world = world_with(LIBRARY, ONE)
    world.disk.remove("n1", b"card")
    rest_after(world)
    if restart:
        world.log.clear()
        world.start()
    world.disk.write("n1", b"card/x.jpg", picture(1, "a"))
    rest_after(world)
    assert world.words(b"card")[-1] == "folder.imported"
    assert facts(world, "folder.imported", b"/n1/card")["times"] == 2


def test_folders_that_came_and_went_leave_nothing_in_memory():
    """A daemon runs for years, and an owner empties a card every week."""
    world = world_with(LIBRARY, ONE)
    for number in range(20):
        folder = b"trip %d" % number
        world.disk.write("n1", folder + b"/x.jpg", picture(1, "a"))
        world.disk.write("n1", folder + b"/y.jpg", picture(2 + number % 2, "a"))
        rest_after(world)
        world.disk.change("n1", folder + b"/y.jpg", picture(1, "a"))
        rest_after(world)
        assert world.state(folder) is FolderState.IMPORTED
        world.disk.remove("n1", folder)
        rest_after(world)
    held = [one for one in reached(world.engine) if isinstance(one, Place)]
    assert [one for one in held if one.path.startswith(b"trip") and b"19" not in one.path] == []


def reached(start: object) -> list[object]:
    """Return every object that an object holds, and what these hold; the store is a disk."""
    seen, todo = {id(start): start}, [start]
    while todo:
        for one in gc.get_referents(todo.pop()):
            outside = isinstance(one, (type, ModuleType, FunctionType, MemoryStore, World))
            if id(one) not in seen and not outside:
                seen[id(one)] = one
                todo.append(one)
    return list(seen.values())
