"""A claim by looks waits for every needle that might claim the same library picture."""

from __future__ import annotations

import pytest
from tests.unit.engine_disk import Volume, digest, picture
from tests.unit.engine_world import World, roots_of, usual_roots, world_with

from dedupd.asks import AskPictures, PicturesReply
from dedupd.messages import Depth, Read, Rescan, Sweep
from dedupd.model import FolderState, PictureClass, Place, Role, Unreadable
from dedupd.state.keys import whole
from dedupd.state.memory import MemoryStore

FRAME, NEXT, COPY = (picture(1, variant) for variant in "anb")
IMPORTED, PENDING, REVIEW = FolderState.IMPORTED, FolderState.PENDING, FolderState.REVIEW


def held_back(needles: dict[bytes, bytes], last: bytes, library: bytes = FRAME) -> World:
    """Return a world where all is done but the reading of one needle."""
    world = World()
    world.disk.write("h1", b"a.jpg", library)
    for path, content in needles.items():
        world.disk.write("n1", path, content)
    world.happened()
    work_without(world, last)
    return world


def work_without(world: World, *last: bytes, least: Depth = Depth.SNIFF) -> None:
    """Let everything be done but the reads of these files, as deep or deeper; a minute passes."""
    do = world._do

    def is_held(job: object) -> bool:
        return isinstance(job, Read) and job.place.path in last and job.depth >= least

    def hold(doing: str) -> None:
        held = [one for one in world._edge_jobs if is_held(one)]
        world._edge_jobs = [one for one in world._edge_jobs if one not in held]
        if doing != "edge" or world._edge_jobs:
            do(doing)
        kept.extend(held)

    kept: list[Read] = []
    world._do = hold
    for _ in range(60):
        while world.act():
            pass
        world.pass_time(1.0)
    del world._do
    world._edge_jobs += kept


def reasons(world: World) -> set[str]:
    """Return why the possible pictures are no matches."""
    reply = world.replies[world.ask(AskPictures((), (PictureClass.POSSIBLE,)))]
    assert isinstance(reply, PicturesReply)
    return {line.reason for line in reply.lines}


def test_a_frame_whose_bytes_are_in_the_library_may_claim_another_picture_too():
    """It needs no look for itself, but nobody knows how it looks until the library's was seen."""
    world = World()
    world.disk.write("h1", b"a.jpg", COPY)
    world.happened()
    world.rest()
    world.disk.write("h1", b"n.jpg", NEXT)
    world.disk.write("n1", b"card/x.jpg", FRAME)
    world.disk.write("n1", b"other/y.jpg", NEXT)
    world.happened()
    work_without(world, b"n.jpg", least=Depth.KEEP)
    assert (world.state(b"other"), world.state(b"card")) == (IMPORTED, PENDING)
    world.rest()
    assert (world.state(b"card"), world.words(b"card")) == (REVIEW, [])
    world.check()
    assert world.violations == []


def test_a_frame_that_waits_for_a_library_file_being_written_is_looked_at_meanwhile():
    """That may take long: what it claims of others is known at once, what it is itself later."""
    world = world_with({b"a.jpg": COPY}, {b"card/x.jpg": FRAME})
    assert world.state(b"card") is IMPORTED
    world.disk.write("h1", b"slow.jpg", picture(9, "a", len(NEXT)))
    world.disk.change("h1", b"slow.jpg", picture(8, "a", len(NEXT)), writer=True)
    world.disk.write("n1", b"other/y.jpg", NEXT)
    world.happened()
    world.rest()
    assert (world.state(b"other"), world.state(b"card")) == (PENDING, PENDING)
    assert world.store.fingerprint(digest(NEXT)) is not None
    world.disk.close("h1", b"slow.jpg")
    world.happened()
    world.rest()
    assert (world.state(b"card"), reasons(world)) == (REVIEW, {"contested"})
    world.check()
    assert world.violations == []


@pytest.mark.parametrize("away", [False, True])
def test_a_frame_waits_for_a_library_file_that_can_be_read_and_for_no_other(away):
    """Equal bytes need no look; but a disk in a drawer may stay there for years."""
    world = world_with({b"a.jpg": COPY}, {b"card/x.jpg": FRAME})
    world.disk.write("h2", b"same.jpg", NEXT)
    world.disk.write("n1", b"other/y.jpg", NEXT)
    world.happened()
    work_without(world, b"same.jpg")
    assert world.store.fingerprint(digest(NEXT)) is None
    if away:
        world._edge_jobs.clear()
        world.disk.mount("h2", None)
        world.catch_up()
    else:
        world.rest()
    expected = (PENDING, PENDING) if away else (REVIEW, IMPORTED)
    assert (world.state(b"card"), world.state(b"other")) == expected
    assert world.store.fingerprint(digest(NEXT)) is not None
    assert world.violations == []


def test_its_own_bytes_are_looked_at_where_the_library_s_went_away():
    """Else nothing that looks like it would ever be imported, though all is known that matters."""
    world = World()
    world.disk.write("h1", b"a.jpg", picture(2, "b"))
    world.happened()
    world.rest()
    world.disk.write("h2", b"n.jpg", NEXT)
    world.disk.write("n1", b"card/x.jpg", picture(2, "a"))
    world.disk.write("n1", b"other/y.jpg", NEXT)
    world.happened()
    work_without(world, b"n.jpg", least=Depth.KEEP)
    assert (world.state(b"other"), world.state(b"card")) == (IMPORTED, PENDING)
    world._edge_jobs.clear()  # the library's read hangs
    world.disk.mount("h2", None)
    world.catch_up()
    assert world.state(b"card") is IMPORTED
    assert world.violations == []


@pytest.mark.parametrize("place", [b"card/y.jpg", b"other/y.jpg"])
def test_a_burst_whose_second_frame_is_read_last_is_never_called_imported(place):
    """Wherever it lies: the first waits, then both are to be reviewed."""
    world = held_back({b"card/x.jpg": COPY, place: NEXT}, place)
    assert world.folder(b"card").tree.matched == 1
    assert (world.state(b"card"), world.words(b"card")) == (PENDING, [])
    world.rest()
    assert (world.state(b"card"), reasons(world)) == (REVIEW, {"contested"})
    assert [one for one in world.log if one.name == "folder.imported"] == []
    world.check()
    assert world.violations == []


def test_a_claim_that_waited_is_looked_into_when_the_last_needle_is_read():
    """And turns out to be no rival."""
    world = held_back({b"card/x.jpg": COPY, b"other/y.jpg": picture(2, "a")}, b"other/y.jpg")
    assert world.state(b"card") is PENDING
    world.rest()
    assert world.words(b"card") == ["folder.imported"]


def test_a_claim_that_waited_after_the_first_scan_is_looked_into_too():
    """When the last vote is known, although nothing in its own folder changed."""
    world = world_with({b"a.jpg": FRAME}, {b"n.jpg": picture(3, "a")})
    world.disk.write("n1", b"card/x.jpg", COPY)
    world.disk.write("n1", b"other/y.jpg", picture(2, "a"))
    world.happened()
    work_without(world, b"other/y.jpg")
    assert world.state(b"card") is PENDING
    world.rest()
    assert world.words(b"card") == ["folder.imported"]


@pytest.mark.parametrize(
    ("library", "needle"),
    [
        (FRAME, FRAME),
        (FRAME, picture(1, "c")),
        (FRAME, picture(1, "e")),
        (picture(1, "p"), picture(1, "q")),
    ],
    ids=["bytes", "pixels", "made of it", "same moment"],
)
def test_what_nobody_can_contest_does_not_wait(library, needle):
    """It is imported while another needle is still unread."""
    world = held_back({b"card/x.jpg": needle, b"other/y.jpg": NEXT}, b"other/y.jpg", library)
    assert world.state(b"card") is IMPORTED


def test_what_was_called_imported_is_not_taken_back_for_an_unread_needle():
    """Only when that is read, and looks like a rival; the event names it."""
    world = world_with({b"a.jpg": FRAME}, {b"card/x.jpg": COPY, b"card/z.jpg": COPY})
    assert world.state(b"card") is IMPORTED
    world.disk.write("n1", b"other/y.jpg", NEXT)
    world.disk.remove("n1", b"card/z.jpg")  # the claim must be looked into again
    world.happened()
    work_without(world, b"other/y.jpg")
    assert (world.state(b"card"), world.words(b"card")) == (IMPORTED, ["folder.imported"])
    world.rest()
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]
    reopened = next(one for one in world.log if one.name == "folder.reopened")
    assert dict(reopened.facts)["cause"] == b"/n1/other/y.jpg"


def test_a_needle_root_that_is_not_listed_may_hold_anything():
    """A second one whose listing takes its time."""
    world = World(
        {**usual_roots(), **roots_of(n2=Role.NEEDLES)},
        {"h1": Volume(1), "h2": Volume(2, 2), "n1": Volume(1, 1, 3), "n2": None},
    )
    world.disk.write("h1", b"a.jpg", FRAME)
    world.disk.write("n1", b"card/x.jpg", COPY)
    world.happened()
    world.rest()
    assert world.state(b"card") is IMPORTED  # nobody can wait for a disk in a drawer
    burst = Volume(3, 3)
    world.disk.mount("n2", burst)
    world.disk.write("n2", b"y.jpg", NEXT)
    world.disk.write("n1", b"late/x.jpg", picture(1, "b", 60))
    world.happened()
    world.catch_up()
    assert (world.state(b"card"), world.state(b"late")) == (REVIEW, REVIEW)
    assert world.words(b"late") == []
    assert world.violations == []


def test_a_claim_waits_for_the_listing_of_a_needle_root():
    """It comes at the moment when nothing else is left to be done."""
    world = World(
        {**usual_roots(), **roots_of(n2=Role.NEEDLES)},
        {"h1": Volume(1), "h2": Volume(2, 2), "n1": Volume(1, 1, 3), "n2": None},
    )
    world.disk.write("h1", b"a.jpg", FRAME)
    world.disk.write("n1", b"card/x.jpg", COPY)
    world.disk.write("n1", b"card/missing.jpg", picture(2, "a"))
    world.happened()
    world.rest()
    world.disk.remove("n1", b"card/missing.jpg")
    world.disk.mount("n2", Volume(3, 3))
    world.disk.write("n2", b"y.jpg", NEXT)
    world.happened()
    _work_while_unlisted(world, "n2")
    assert (world.folder(b"card").tree.pictures, world.words(b"card")) == (1, [])
    world.catch_up()
    assert (world.state(b"card"), world.words(b"card")) == (REVIEW, [])


def _work_while_unlisted(world: World, root: str) -> None:
    """Let everything be done but the listing of one root; 40 s pass."""
    world.take(Rescan(None, "asked"))
    do = world._do

    def hold(doing: str) -> None:
        waiting = world._walks[root]
        listing = root in world._sweeps or (waiting and isinstance(waiting[0], Sweep))
        if doing != f"walk {root}" or not listing:
            do(doing)

    world._do = hold
    for _ in range(40):
        for _ in range(40):
            world.act()
        world.pass_time(1.0)
    del world._do


def test_a_rival_whose_root_is_away_is_still_one():
    """The disk that held it may come back, and its picture may be the last of its kind."""
    world = World(
        {**usual_roots(), **roots_of(n2=Role.NEEDLES)},
        {"h1": Volume(1), "h2": Volume(2, 2), "n1": Volume(1, 1, 3), "n2": Volume(3, 3)},
    )
    world.disk.write("h1", b"a.jpg", FRAME)
    world.disk.write("n1", b"card/x.jpg", COPY)
    world.disk.write("n2", b"y.jpg", NEXT)
    world.happened()
    world.rest()
    assert world.state(b"card") is REVIEW
    world.disk.mount("n2", None)
    world.catch_up()
    assert world.state(b"card") is REVIEW
    world.start()
    world.rest()
    assert world.state(b"card") is REVIEW
    assert world.engine._catalog.get(Place("n2", b"y.jpg")) is not None


def test_a_contest_does_not_end_when_the_library_gets_the_other_frame():
    """Which of the frames in the library the copy is of, nobody knows; the owner may say."""
    world = world_with({b"a.jpg": FRAME}, {b"card/x.jpg": COPY, b"card/y.jpg": NEXT})
    assert (world.state(b"card"), reasons(world)) == (REVIEW, {"contested"})
    world.disk.write("h2", b"b.jpg", NEXT)
    world.happened()
    world.rest()
    assert (world.state(b"card"), reasons(world)) == (REVIEW, {"contested"})
    world.disk.remove("n1", b"card/y.jpg")
    world.happened()
    world.rest()
    assert world.state(b"card") is IMPORTED
    assert world.words(b"card") == ["folder.imported"]


def forget(world: World, lost: str, *unread: bytes) -> None:
    """Begin a new run that knows no needle; all but `y.jpg` and these are read."""
    if lost == "store":
        world.store = MemoryStore()
    else:  # the library has been read again already
        library = {whole(digest(FRAME)): world.store.fingerprint(digest(FRAME))}
        world.store._fingerprints = library
    world.start()
    work_without(world, b"other/y.jpg", *unread)
    assert world.folder(b"card").tree.matched == 1


@pytest.mark.parametrize("lost", ["fingerprints", "store"])
def test_what_was_called_imported_waits_for_votes_that_were_forgotten(lost):
    """A newer version sees more; nothing is claimed, or taken back, before it has seen all."""
    world = world_with({b"a.jpg": FRAME}, {b"card/x.jpg": COPY})
    world.store.put_fingerprint(digest(NEXT), Unreadable("unsupported"))
    world.disk.write("n1", b"other/y.jpg", NEXT)
    world.happened()
    world.rest()
    assert (world.state(b"card"), world.words(b"card")) == (IMPORTED, ["folder.imported"])
    forget(world, lost)
    assert (world.state(b"card"), world.words(b"card")) == (PENDING, ["folder.imported"])
    world.rest()
    assert (world.state(b"card"), reasons(world)) == (REVIEW, {"contested"})
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]
    assert world.violations == []


@pytest.mark.parametrize("lost", ["fingerprints", "store"])
def test_what_waited_for_forgotten_votes_is_imported_again_when_there_is_no_rival(lost):
    """Although nothing changed in its own folder when the last one was read; nothing is told."""
    world = world_with({b"a.jpg": FRAME}, {b"card/x.jpg": COPY, b"other/y.jpg": picture(2, "a")})
    forget(world, lost)
    assert world.state(b"card") is PENDING
    world.rest()
    assert (world.state(b"card"), world.words(b"card")) == (IMPORTED, ["folder.imported"])


def test_a_usual_restart_waits_for_no_new_needle():
    """Every vote of the last run is known; what came since was never waited for."""
    world = world_with({b"a.jpg": FRAME}, {b"card/x.jpg": COPY, b"other/z.jpg": picture(2, "a")})
    world.disk.write("n1", b"other/y.jpg", picture(3, "a"))
    world.start()
    work_without(world, b"other/y.jpg")
    assert (world.state(b"card"), world.words(b"card")) == (IMPORTED, ["folder.imported"])


def test_what_waited_for_forgotten_votes_waits_for_no_new_needle():
    """The last forgotten one is read, one that came since is not."""
    world = world_with({b"a.jpg": FRAME}, {b"card/x.jpg": COPY, b"other/y.jpg": picture(2, "a")})
    world.disk.write("n1", b"other/z.jpg", picture(3, "a"))
    forget(world, "fingerprints", b"other/z.jpg")
    assert world.state(b"card") is PENDING
    work_without(world, b"other/z.jpg")
    assert world.folder(b"other").tree.pending == 1
    assert (world.state(b"card"), world.words(b"card")) == (IMPORTED, ["folder.imported"])
