"""Pictures for the page: a page of them, in an order that stays, and by content."""

from __future__ import annotations

from tests.unit import engine_disk as disk
from tests.unit.engine_disk import picture
from tests.unit.engine_world import world_with

from dedupd.asks import AskContent, AskShelf, Refused
from dedupd.model import PictureClass, Role

UNMATCHED, POSSIBLE = PictureClass.UNMATCHED, PictureClass.POSSIBLE
LIBRARY = {b"a.jpg": picture(1, "a")}
NEEDLES = {
    b"b/2.jpg": picture(12, "a"),
    b"b/1.jpg": picture(11, "a"),
    b"a/deep/3.jpg": picture(13, "a"),
    b"b/x.jpg": picture(1, "m"),
    b"b/copy.jpg": picture(1, "a"),
    b"skip/4.jpg": picture(14, "a"),
}


def shelf(world, *classes, folder=None, offset=0, limit=48):
    reply = world.replies[world.ask(AskShelf(folder, classes, offset, limit))]
    return [one.line.path.removeprefix(b"/n1/") for one in reply.lines], reply.totals


def test_pictures_come_by_class_and_folder_and_are_counted():
    """What is excluded is not among them."""
    world = world_with(LIBRARY, NEEDLES)
    order = [b"a/deep/3.jpg", b"b/1.jpg", b"b/2.jpg", b"b/x.jpg"]
    assert shelf(world, UNMATCHED, POSSIBLE) == (order, (3, 1))
    assert shelf(world, POSSIBLE, UNMATCHED)[0] == [*order[3:], *order[:3]]
    assert shelf(world, UNMATCHED, folder=b"/n1/b") == (order[1:3], (2,))


def test_pages_join_without_a_gap():
    """Whatever their size, and past the end there is nothing."""
    world = world_with(LIBRARY, NEEDLES)
    whole, _ = shelf(world, UNMATCHED, POSSIBLE)
    for size in (1, 2, 3):
        pages = (
            shelf(world, UNMATCHED, POSSIBLE, offset=n, limit=size)[0] for n in range(0, 6, size)
        )
        assert [path for page in pages for path in page] == whole


def test_a_line_brings_what_is_nearest():
    """With what both are, so that they can be compared."""
    world = world_with(LIBRARY, NEEDLES)
    (line,) = world.replies[world.ask(AskShelf(None, (POSSIBLE,)))].lines
    assert (line.known.path, line.nearest.path) == (b"/n1/b/x.jpg", b"/h1/a.jpg")
    assert line.nearest.digest == disk.digest(picture(1, "a"))


def test_only_a_needle_folder_has_a_shelf():
    """The library's, and what nobody saw, has none."""
    world = world_with(LIBRARY, NEEDLES)
    for path in (b"/h1", b"/n1/nothing", b"/etc"):
        assert isinstance(world.replies[world.ask(AskShelf(path, (UNMATCHED,)))], Refused)


def test_a_content_is_found_on_its_own_side_only():
    """A needle's digest gives no library file."""
    world = world_with(LIBRARY, NEEDLES)
    digest = disk.digest(picture(1, "a"))
    for role, path in ((Role.HAYSTACK, b"/h1/a.jpg"), (Role.NEEDLES, b"/n1/b/copy.jpg")):
        (known,) = world.replies[world.ask(AskContent(role, digest))].files
        assert known.path == path
    assert world.replies[world.ask(AskContent(Role.HAYSTACK, bytes(32)))].files == ()
