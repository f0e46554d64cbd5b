"""One look at real folders, and answers from what it left."""

from __future__ import annotations

import pytest
from tests.unit.one_look import ROOTS, Place, lines, without_processes
from tests.unit.picture_samples import jpeg, photo, sample

from dedupd import looking
from dedupd.asks import AskPictures, PicturesReply
from dedupd.config_schema import Config
from dedupd.errors import UserError
from dedupd.model import FolderState, PictureClass
from dedupd.state.store import open_store

SKIPPING = "exclude: ['**/skip/**']\n"
MISSING = jpeg(photo("coffee.png"))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a place with a picture in the library and a copy of it in `needles/card`."""
    without_processes(monkeypatch)
    place = Place(tmp_path)
    place.put("lib/a.jpg", jpeg())
    place.put("needles/card/a.jpg", jpeg())
    return place


def kept(place: Place) -> dict[str, object]:
    """Return everything that the store holds about files and roots."""
    store, rebuilt = open_store(place.state, looking.VERSIONS)
    try:
        assert rebuilt is None
        metas = dict(store.metas(""))
        roots = [one.id for one in looking.remembered_roots(store)]
        return {"metas": metas, **{root: dict(store.files(root)) for root in roots}}
    finally:
        store.close()


@pytest.mark.parametrize("name", ["picture", "notes.txt", "scan.dat"])
@pytest.mark.parametrize("content", ["jpeg", "png", "avif"])
def test_an_excluded_picture_blocks_whatever_its_name(place, name, content):
    """Its first bytes tell what it is; who deletes the folder would lose it."""
    place.put(f"needles/card/skip/{name}", sample(content))
    with place.look(SKIPPING) as session:
        states, [card] = place.states(session.report), _line(session.report, b"/card")
    assert states["needles/card"] is states["needles"] is FolderState.INCOMPLETE
    assert (card.tree.excluded, card.tree.pictures, card.tree.matched) == (1, 1, 1)


def test_excluded_files_that_are_no_pictures_do_not_block(place):
    """A letter and a film without a suffix."""
    place.put("needles/card/skip/letter", b"Dear diary,\n" * 20)
    place.put("needles/card/skip/film", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" * 9)
    with place.look(SKIPPING) as session:
        states, [card] = place.states(session.report), _line(session.report, b"/card")
    assert states["needles/card"] is FolderState.IMPORTED
    assert card.tree.excluded == 2


def test_a_companion_that_is_a_picture_is_counted_as_one(place):
    """`._a.jpg` beside `a.jpg` is ignored for what macOS writes into it, not for its name."""
    companion = place.put("needles/card/._a.jpg", b"\0\5\x16\7\0\2\0\0Mac OS X        ")
    with place.look() as session:
        assert place.states(session.report)["needles/card"] is FolderState.IMPORTED
    companion.write_bytes(MISSING)
    with place.look() as session:
        assert place.states(session.report)["needles/card"] is FolderState.INCOMPLETE
        [line] = lines(session, PictureClass.UNMATCHED)
    assert line.path == bytes(companion)


def left(place: Place) -> None:
    """Have `check` look at a place where a picture is missing, and at what systems leave there."""
    place.put("needles/card/b.jpg", MISSING)
    place.put("needles/card/.DS_Store", b"\0\0\0\1Bud1")
    place.put("needles/card/Thumbs.db", b"thumbs")
    place.put("needles/card/._b.jpg", b"\0\5\x16\7")
    place.look().close()


CONFIGURATIONS = {
    "the state folder alone": None,
    "the same": "",
    "everything excluded": "exclude: ['**']\n",
    "the library excluded": ROOTS.replace("[lib]", "[{path: lib, exclude: ['*.jpg']}]"),
    "nothing ignored": "ignore: {haystack: [], needles: []}\n",
}


@pytest.mark.parametrize("more", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_answers_from_the_store_change_nothing_in_it(place, more):
    """Also where the configuration isn't the one of the look."""
    left(place)
    before = kept(place)
    with looking.stored(configuration(place, more)) as session:
        reply = session.ask(AskPictures((), tuple(PictureClass)))
        assert isinstance(reply, PicturesReply)
        assert not reply.imported
    assert kept(place) == before
    with place.look() as session:  # and a later look finds all that was found before
        assert [line.path for line in lines(session, PictureClass.UNMATCHED)] == [
            bytes(place.needles / "card" / "b.jpg")
        ]


def configuration(place: Place, more: str | None) -> Config:
    """Return what a command that reads the store makes of its configuration file, or of none."""
    if more is None:
        return Config(haystack=(), needles=(), state=place.state)
    if more.startswith("haystack"):
        return place.config(roots=more)
    return place.config(more)


@pytest.mark.parametrize("more", [None, ""])
def test_the_store_tells_what_systems_leave_from_pictures(place, more):
    """What `check` ignored is no pending picture afterwards."""
    left(place)
    with looking.stored(configuration(place, more)) as session:
        found = [(line.path.rpartition(b"/")[2], line.cls) for line in lines(session)]
    assert found == [(b"a.jpg", PictureClass.MATCHED), (b"b.jpg", PictureClass.UNMATCHED)]


def test_where_nobody_looked_there_is_nothing_to_read(place):
    """And no store is made there."""
    with pytest.raises(UserError, match="nothing to read"):
        looking.stored(Config(haystack=(), needles=(), state=place.state))
    assert not place.state.exists()


def _line(report, path: bytes):
    return [one for one in report.folders if one.path.endswith(path)]
