"""What the engine tells of files: `explain`, `find`, `duplicates` and `receipt`."""

from __future__ import annotations

from tests.unit import engine_disk as disk
from tests.unit.engine_disk import broken, other, picture, video
from tests.unit.engine_world import World, world_with

from dedupd.asks import (
    Ask,
    AskContents,
    AskExplain,
    AskNear,
    AskReceipt,
    ContentsReply,
    ExplainReply,
    NearReply,
    ReceiptReply,
    Refused,
    Reply,
)
from dedupd.engine import answers
from dedupd.model import EvidenceKind, FolderState, Role

LIBRARY = {b"a.jpg": picture(1, "a"), b"b.jpg": picture(1, "m"), b"raw/a.jpg": picture(2, "a")}


def ask(world: World, question: Ask) -> Reply:
    """Ask what needs no look at the disk."""
    return world.replies[world.ask(question)]


def explain(world: World, path: bytes) -> ExplainReply:
    """Return what is known of a file."""
    reply = ask(world, AskExplain(path))
    assert isinstance(reply, ExplainReply)
    return reply


def test_a_needle_is_explained_with_its_witness_first():
    """Then what else looks like it, each with the limit that decided, and no file twice."""
    world = world_with(LIBRARY, {b"card/x.jpg": picture(1, "n")})
    reply = explain(world, b"/n1/card/x.jpg")
    assert (reply.picture.cls.value, reply.picture.nearest) == ("matched", b"/h1/a.jpg")
    assert [(line.known.path, line.reason) for line in reply.matches] == [
        (b"/h1/a.jpg", ""),
        (b"/h1/b.jpg", "similar"),
    ]
    assert reply.matches[0].evidence.kind is EvidenceKind.SAME
    assert (reply.signature, reply.decisions) == (True, ())
    assert reply.known.digest == disk.digest(picture(1, "n"))


def test_a_contested_needle_is_explained_as_such():
    """The pair keeps every limit; that two claim it decided."""
    world = world_with(LIBRARY, {b"card/x.jpg": picture(1, "n"), b"card/y.jpg": picture(1, "b")})
    reply = explain(world, b"/n1/card/x.jpg")
    assert reply.picture.reason == reply.matches[0].reason == "contested"
    assert reply.matches[0].evidence.limit == "contested"
    assert len({line.known.path for line in reply.matches}) == len(reply.matches)


def test_a_library_file_and_a_file_that_is_no_picture_are_explained_too():
    """They are in no class."""
    world = world_with(LIBRARY, {b"card/n.txt": other(1)})
    for path in (b"/h1/a.jpg", b"/n1/card/n.txt"):
        reply = explain(world, path)
        assert (reply.picture, reply.matches) == (None, ())
    assert explain(world, b"/h1/a.jpg").known.fingerprint is not None


def test_companions_are_told_with_their_paths():
    """A film beside a picture of its name."""
    needles = {b"card/x.jpg": picture(1, "a"), b"card/x.mov": video(1)}
    world = world_with(LIBRARY, needles)
    known = explain(world, b"/n1/card/x.jpg").known
    assert known.companions == ((b"/n1/card/x.mov", "film of the Live Photo"),)


def test_what_nobody_has_seen_can_t_be_explained():
    """Below no root, or not there."""
    world = world_with(LIBRARY, {})
    for path in (b"/elsewhere/x.jpg", b"/h1/nothing.jpg"):
        assert isinstance(ask(world, AskExplain(path)), Refused)


def test_a_needle_that_nobody_has_read_yet_is_explained_without_anything_beside_it():
    """It is pending, and no library picture is called its like."""
    world = world_with(LIBRARY, {})
    world.disk.write("n1", b"card/x.jpg", picture(1, "a"))
    world.happened()
    while not world.engine._catalog.count("n1"):
        assert world.act()
    reply = explain(world, b"/n1/card/x.jpg")
    assert (reply.known.digest, reply.picture.cls.value) == (None, "pending")
    assert (reply.matches, reply.signature, reply.decisions) == ((), False, ())


def near(world: World, content: bytes) -> NearReply:
    """Ask where in the library this may be."""
    reply = ask(world, AskNear(disk.digest(content), disk.fingerprint(content)))
    assert isinstance(reply, NearReply)
    return reply


def test_near_pictures_are_found_by_bytes_coding_and_hash_each_once():
    """All places of the same bytes; strangers not."""
    world = world_with({**LIBRARY, b"c.jpg": picture(1, "c"), b"again.jpg": picture(1, "a")}, {})
    reply = near(world, picture(1, "a"))
    found = [(line.known.path, line.reason) for line in reply.matches]
    assert found[:2] == [(b"/h1/a.jpg", ""), (b"/h1/again.jpg", "")]
    assert sorted(found[2:]) == [(b"/h1/b.jpg", "not-compared"), (b"/h1/c.jpg", "")]
    kinds = {line.known.path: line.evidence.kind for line in reply.matches}
    assert (kinds[b"/h1/a.jpg"], kinds[b"/h1/c.jpg"]) == (EvidenceKind.BYTES, EvidenceKind.PIXELS)
    assert near(world, picture(9, "a")).matches == ()


def test_what_was_not_read_yet_is_counted_beside_the_near_ones():
    """It may hold more."""
    world = World()
    world.disk.write("h1", b"a.jpg", picture(1, "a"))
    world.happened()
    while not world.engine._catalog.count("h1"):
        world.act()
    assert near(world, picture(1, "a")).unread == 1
    world.rest()
    assert near(world, picture(1, "a")).unread == 0


def test_what_is_no_picture_hides_no_answer():
    """Films and texts of the library are never decoded, and nobody waits for that."""
    world = world_with({**LIBRARY, b"film.mov": video(1), b"note.txt": other(1)}, {})
    assert near(world, picture(1, "a")).unread == 0


def test_contents_come_in_portions_by_path(monkeypatch):
    """Every file of the role once, whatever the portion."""
    monkeypatch.setattr(answers, "PORTION", 2)
    world = world_with(LIBRARY, {b"card/x.jpg": picture(1, "a")})
    world.disk.write("h2", b"z.jpg", picture(3, "a"))
    world.happened()
    world.rest()
    paths, after, more = [], b"", True
    while more:
        reply = ask(world, AskContents(Role.HAYSTACK, after))
        assert isinstance(reply, ContentsReply)
        paths += [known.path for known in reply.files]
        after, more = paths[-1], reply.more
    assert paths == [b"/h1/a.jpg", b"/h1/b.jpg", b"/h1/raw/a.jpg", b"/h2/z.jpg"]


def test_a_receipt_tells_of_each_file_and_its_witness():
    """Pictures and others, with digests and times of both."""
    needles = {
        b"card/bad.jpg": broken(1),
        b"card/n.txt": other(1),
        b"card/sub/x.jpg": picture(1, "b"),
        b"card/y.jpg": picture(2, "a"),
    }
    world = world_with({**LIBRARY, b"n.txt": other(1)}, needles)
    reply = ask(world, AskReceipt(b"/n1/card"))
    assert isinstance(reply, ReceiptReply)
    assert (reply.folder.state, reply.more) == (FolderState.INCOMPLETE, False)
    lines = {line.known.path: line for line in reply.lines}
    assert {path: line.cls for path, line in lines.items()} == {
        b"/n1/card/bad.jpg": "unreadable",
        b"/n1/card/n.txt": "",
        b"/n1/card/sub/x.jpg": "matched",
        b"/n1/card/y.jpg": "matched",
    }
    witnesses = {path: line.witness and line.witness.path for path, line in lines.items()}
    assert witnesses == {
        b"/n1/card/bad.jpg": None,
        b"/n1/card/n.txt": b"/h1/n.txt",
        b"/n1/card/sub/x.jpg": b"/h1/a.jpg",
        b"/n1/card/y.jpg": b"/h1/raw/a.jpg",
    }
    assert lines[b"/n1/card/y.jpg"].evidence.kind is EvidenceKind.BYTES
    assert lines[b"/n1/card/y.jpg"].witness.digest == lines[b"/n1/card/y.jpg"].known.digest


def test_a_receipt_is_for_needle_folders_only():
    """Not for the library, a picture or what is not there."""
    world = world_with(LIBRARY, {b"card/x.jpg": picture(1, "a")})
    for path in (b"/h1", b"/h1/raw", b"/n1/card/x.jpg", b"/n1/nothing", b"/elsewhere"):
        assert isinstance(ask(world, AskReceipt(path)), Refused)
