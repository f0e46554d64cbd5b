"""The owner's decisions: made to last, then in force, told, counted, taken back."""

from __future__ import annotations

import pytest
from tests.unit.engine_disk import broken, digest, picture
from tests.unit.engine_world import World, world_with

from dedupd.asks import (
    Ask,
    AskDecide,
    AskDecideMany,
    AskDecisions,
    AskExplain,
    AskUndo,
    DecidedReply,
    DecisionsReply,
    ExplainReply,
    Refused,
    Reply,
)
from dedupd.deciding import book_of
from dedupd.decision import Decision, DecisionKind
from dedupd.model import EvidenceKind, FolderState, PictureClass
from dedupd.state.decisionline import Undo, encode, read

SAME, DIFFERENT, DISMISS = DecisionKind.SAME, DecisionKind.DIFFERENT, DecisionKind.DISMISS
NEEDLE, WITNESS = b"/n1/card/x.jpg", b"/h1/a.jpg"
REVIEW, IMPORTED, INCOMPLETE = FolderState.REVIEW, FolderState.IMPORTED, FolderState.INCOMPLETE


def toned(**options) -> World:
    """Return a world whose only needle is a toned copy."""
    return world_with({b"a.jpg": picture(1, "a")}, {b"card/x.jpg": picture(1, "t")}, **options)


def ask(world: World, question: Ask) -> Reply:
    """Ask, and let the world go on until there is a reply and all is done that follows."""
    number = world.ask(question)
    world.rest()
    assert world.violations == []
    return world.replies[number]


def told(world: World) -> list[tuple[str, bytes, str]]:
    """Return the events about decisions: name, path, id."""
    events = [one for one in world.log if one.name.startswith("decision.")]
    return [(one.name, one.path, dict(one.facts)["decision"]) for one in events]


def test_a_pair_that_is_called_the_same_is_a_match():
    """With the owner as its evidence; undone, it is to be reviewed again."""
    world = toned()
    assert world.state(b"card") is REVIEW
    reply = ask(world, AskDecide(SAME, NEEDLE, WITNESS))
    assert isinstance(reply, DecidedReply)
    [made] = reply.decisions
    assert (reply.done, made.kind, made.first_path, made.second_path) == (
        True,
        SAME,
        NEEDLE,
        WITNESS,
    )
    assert world.state(b"card") is IMPORTED
    explained = ask(world, AskExplain(NEEDLE))
    assert isinstance(explained, ExplainReply)
    assert (explained.picture.evidence.kind, explained.decisions) == (EvidenceKind.OWNER, (made,))
    assert ask(world, AskUndo(made.id)) == DecidedReply((made,), True, made.batch)
    assert world.state(b"card") is REVIEW
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]
    assert told(world) == [("decision.made", NEEDLE, "d1"), ("decision.undone", NEEDLE, "d1")]


def test_a_pair_that_is_called_different_is_no_match():
    """Whatever looks say; equal bytes can't be called so."""
    world = world_with(
        {b"a.jpg": picture(1, "b"), b"b.jpg": picture(2, "a")},
        {b"card/x.jpg": picture(1, "a"), b"card/y.jpg": picture(2, "a")},
    )
    assert world.state(b"card") is IMPORTED
    ask(world, AskDecide(DIFFERENT, WITNESS, NEEDLE))
    assert (world.state(b"card"), world.folder(b"card").tree.unmatched) == (INCOMPLETE, 1)
    refused = ask(world, AskDecide(DIFFERENT, b"/n1/card/y.jpg", b"/h1/b.jpg"))
    assert isinstance(refused, Refused)
    assert "same bytes" in refused.why
    ask(world, AskUndo())
    assert world.state(b"card") is IMPORTED


def test_a_dismissed_picture_passes_and_its_look_alikes_are_to_be_reviewed():
    """Until the dismissal is undone."""
    world = world_with({}, {b"card/x.jpg": picture(1, "a"), b"more/y.jpg": picture(1, "b")})
    ask(world, AskDecide(DISMISS, NEEDLE))
    assert (world.state(b"card"), world.folder(b"card").tree.dismissed) == (IMPORTED, 1)
    assert world.state(b"more") is REVIEW
    ask(world, AskUndo())
    assert [world.state(path) for path in (b"card", b"more")] == [INCOMPLETE, INCOMPLETE]


def test_nothing_is_in_force_before_the_disk_has_it():
    """A decision that a crash forgets must not have let anything pass."""
    world = toned()
    number = world.ask(AskDecide(SAME, NEEDLE, WITNESS))
    assert number not in world.replies
    assert (world.book.all(), world.decided, told(world)) == ([], [], [])
    assert world.state(b"card") is REVIEW
    world.start()  # killed before the disk had it
    world.rest()
    assert world.state(b"card") is REVIEW


@pytest.mark.parametrize("undo", [False, True])
def test_what_the_disk_refuses_changes_nothing(undo):
    """And the owner is told why."""
    world = toned()
    if undo:
        ask(world, AskDecide(SAME, NEEDLE, WITNESS))
    before = world.state(b"card"), world.book.all(), told(world)
    world._edges.refusal = "No space left on device"
    reply = ask(world, AskUndo() if undo else AskDecide(SAME, NEEDLE, WITNESS))
    assert isinstance(reply, Refused)
    assert reply.why == "No space left on device"
    assert (world.state(b"card"), world.book.all(), told(world)) == before
    world._edges.refusal = ""
    reply = ask(world, AskUndo() if undo else AskDecide(SAME, NEEDLE, WITNESS))
    assert isinstance(reply, DecidedReply)
    assert world.state(b"card") is (REVIEW if undo else IMPORTED)


def test_decisions_are_in_force_after_a_restart_and_a_rebuilt_store():
    """They are about contents, and not part of the store."""
    world = toned()
    ask(world, AskDecide(SAME, NEEDLE, WITNESS))
    world.start()
    world.rest()
    assert world.state(b"card") is IMPORTED
    world.store = type(world.store)()
    world.start()
    world.rest()
    assert world.state(b"card") is IMPORTED
    assert world.words(b"card") == ["folder.imported"]


def test_a_dismissal_is_in_force_after_a_restart_and_a_rebuilt_store():
    """Its look-alikes are known too, although nobody has a fingerprint of it any more."""
    world = world_with({}, {b"card/x.jpg": picture(1, "a")})
    ask(world, AskDecide(DISMISS, NEEDLE))
    world.disk.remove("n1", b"card")
    world.store = type(world.store)()
    world.disk.write("n1", b"more/y.jpg", picture(1, "b"))
    world.start()
    world.rest()
    assert world.state(b"more") is REVIEW
    world.disk.write("n1", b"again/x.jpg", picture(1, "a"))
    world.happened()
    world.rest()
    assert world.state(b"again") is IMPORTED


def test_decisions_follow_contents_when_files_are_moved():
    """On both sides, also to another root."""
    world = toned()
    ask(world, AskDecide(SAME, NEEDLE, WITNESS))
    world.disk.move("n1", b"card", "n1", b"elsewhere")
    world.disk.move("h1", b"a.jpg", "h2", b"b.jpg")
    world.happened()
    world.rest()
    assert world.state(b"elsewhere") is IMPORTED


def test_a_match_by_the_owner_ends_when_the_library_loses_the_picture():
    """He said what it shows, not that the library may lose it."""
    world = toned()
    ask(world, AskDecide(SAME, NEEDLE, WITNESS))
    world.disk.remove("h1", b"a.jpg")
    world.happened()
    world.rest()
    assert world.state(b"card") is INCOMPLETE


def three() -> World:
    """Return a world with three pictures to review, two of them of one content."""
    return world_with(
        {b"1.jpg": picture(1, "a"), b"2.jpg": picture(2, "s")},
        {
            b"card/x.jpg": picture(1, "t"),
            b"card/sub/x.jpg": picture(1, "t"),
            b"card/y.jpg": picture(2, "a"),
            b"other/z.jpg": picture(1, "m"),
        },
    )


def test_many_are_previewed_then_decided_and_undone_together():
    """Below one folder, each content once, with its nearest."""
    world = three()
    question = AskDecideMany(SAME, b"/n1/card", PictureClass.POSSIBLE)
    preview = ask(world, question)
    assert isinstance(preview, DecidedReply)
    assert not preview.done
    assert {one.second_path for one in preview.decisions} == {b"/h1/1.jpg", b"/h1/2.jpg"}
    assert (world.decided, world.state(b"card")) == ([], REVIEW)
    sure = ask(world, AskDecideMany(SAME, b"/n1/card", PictureClass.POSSIBLE, sure=True))
    assert isinstance(sure, DecidedReply)
    assert (sure.done, len(sure.decisions), len({one.batch for one in sure.decisions})) == (
        True,
        2,
        1,
    )
    assert (world.state(b"card"), world.state(b"other")) == (IMPORTED, REVIEW)
    assert ask(world, AskUndo()) == sure
    assert world.state(b"card") is REVIEW
    assert [name for name, _, _ in told(world)] == ["decision.made"] * 2 + ["decision.undone"] * 2


def test_many_are_chosen_by_reason_and_class():
    """Only what was toned; only what can't be read."""
    world = three()
    question = AskDecideMany(SAME, b"/n1", PictureClass.POSSIBLE, ("toned",))
    preview = ask(world, question)
    assert isinstance(preview, DecidedReply)
    assert [one.second_path for one in preview.decisions] == [b"/h1/1.jpg"]
    world.disk.write("n1", b"card/bad.jpg", broken(1))
    world.happened()
    world.rest()
    dismissed = AskDecideMany(DISMISS, b"/n1/card", PictureClass.UNREADABLE, sure=True)
    reply = ask(world, dismissed)
    assert isinstance(reply, DecidedReply)
    assert [one.first_path for one in reply.decisions] == [b"/n1/card/bad.jpg"]
    assert (world.folder(b"card").tree.dismissed, world.state(b"card")) == (1, REVIEW)


def test_many_are_chosen_by_what_they_come_nearest_to():
    """A burst beside the one frame that the library has: all of it at once."""
    world = three()
    first, second = ask(world, AskDecideMany(SAME, b"/n1", PictureClass.POSSIBLE)).decisions[:2]
    for kind in (SAME, DISMISS):
        one = AskDecideMany(kind, b"/n1", PictureClass.POSSIBLE, nearest=first.second)
        found = [decision.first for decision in ask(world, one).decisions]
        assert (first.first in found, second.first in found) == (True, False)


def test_what_can_t_be_read_at_all_can_t_be_dismissed():
    """Nobody knows its content, by which it would be known again."""
    world = toned()
    world.disk.touch("n1", b"card/x.jpg", forbidden=True)
    world.happened()
    world.rest()
    assert isinstance(ask(world, AskDecide(DISMISS, NEEDLE)), Refused)
    many = AskDecideMany(DISMISS, b"/n1/card", PictureClass.UNREADABLE, sure=True)
    assert ask(world, many) == DecidedReply((), False)
    assert world.state(b"card") is INCOMPLETE


@pytest.mark.parametrize(
    "question",
    [
        AskDecide(SAME, NEEDLE, NEEDLE),
        AskDecide(SAME, NEEDLE, b"/n1/other/z.jpg"),
        AskDecide(SAME, b"/h1/1.jpg", b"/h1/2.jpg"),
        AskDecide(DISMISS, b"/h1/1.jpg"),
        AskDecide(DISMISS, b"/n1/card/nothing.jpg"),
        AskDecide(SAME, NEEDLE, b"/elsewhere.jpg"),
        AskDecideMany(DISMISS, b"/h1", PictureClass.POSSIBLE, sure=True),
        AskDecideMany(DISMISS, b"/n1/nothing", PictureClass.POSSIBLE, sure=True),
        AskDecideMany(DISMISS, NEEDLE, PictureClass.POSSIBLE, sure=True),
        AskDecideMany(DISMISS, b"/elsewhere", PictureClass.POSSIBLE, sure=True),
        AskUndo(),
        AskUndo("d7"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(question):
    """At once, and nothing is kept."""
    world = three()
    assert isinstance(world.replies[world.ask(question)], Refused)
    assert (world.decided, told(world)) == ([], [])


def test_an_undo_is_done_once():
    """Also when two people ask for it at the same moment."""
    world = toned()
    ask(world, AskDecide(SAME, NEEDLE, WITNESS))
    numbers = [world.ask(AskUndo("d1")), world.ask(AskUndo("d1"))]
    world.rest()
    assert all(isinstance(world.replies[number], DecidedReply) for number in numbers)
    assert [name for name, _, _ in told(world)] == ["decision.made", "decision.undone"]
    assert isinstance(ask(world, AskUndo("d1")), Refused)


def test_an_id_is_never_given_twice():
    """Not to two decisions on their way, not after an undo, not after a restart."""
    world = three()
    numbers = [
        world.ask(AskDecide(SAME, NEEDLE, b"/h1/1.jpg")),
        world.ask(AskDecide(DISMISS, b"/n1/card/y.jpg")),
    ]
    world.rest()
    assert [world.replies[one].decisions[0].id for one in numbers] == ["d1", "d2"]
    ask(world, AskUndo("d2"))
    world.start()
    world.rest()
    reply = ask(world, AskDecide(DISMISS, b"/n1/card/y.jpg"))
    assert (reply.decisions[0].id, reply.batch) == ("d3", "b3")
    listed = ask(world, AskDecisions())
    assert isinstance(listed, DecisionsReply)
    assert sorted((one.id, in_force) for one, in_force in listed.decisions) == [
        ("d1", True),
        ("d2", False),
        ("d3", True),
    ]


def test_a_later_decision_rules():
    """About the same two, in either order; undone, the earlier one is back."""
    world = toned()
    ask(world, AskDecide(SAME, NEEDLE, WITNESS))
    ask(world, AskDecide(DIFFERENT, WITNESS, NEEDLE))
    assert world.state(b"card") is INCOMPLETE
    ask(world, AskUndo())
    assert world.state(b"card") is IMPORTED


def edited(world: World, root: str, path: bytes) -> None:
    """Write other metadata into a picture of variant "a"; what it shows stays."""
    world.disk.write(root, path, picture(1, "c"))


def written(world: World) -> None:
    """Let every later run read the decisions from lines of a file, as the real one does."""
    lines = [Undo(one, "") if isinstance(one, str) else one for one in world.decided]
    data = b"".join(encode(line, seq, 0) for seq, line in enumerate(lines, 1))
    world._book = lambda: book_of(read(data).lines, [])


@pytest.mark.parametrize("restart", ["", "new run", "new store"])
@pytest.mark.parametrize("side", ["library", "needle"])
def test_different_holds_when_a_rating_is_written_into_a_file(side, restart):
    """On either side, also when the daemon was down meanwhile or lost its store; undo ends it."""
    ours, theirs = ("b", "a") if side == "library" else ("a", "b")
    world = world_with({b"a.jpg": picture(1, theirs)}, {b"card/x.jpg": picture(1, ours)})
    assert world.state(b"card") is IMPORTED
    ask(world, AskDecide(DIFFERENT, NEEDLE, WITNESS))
    assert world.state(b"card") is INCOMPLETE
    written(world)
    edited(world, *(("h1", b"a.jpg") if side == "library" else ("n1", b"card/x.jpg")))
    if restart == "new store":
        world.store = type(world.store)()
    if restart:
        world.start()
    world.happened()
    world.rest()
    assert world.state(b"card") is INCOMPLETE
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]
    explained = ask(world, AskExplain(NEEDLE))
    assert isinstance(explained, ExplainReply)
    assert [one.kind for one in explained.decisions] == [DIFFERENT]
    ask(world, AskUndo())
    assert world.state(b"card") is IMPORTED


def test_the_undo_of_a_different_reaches_pictures_that_it_never_named():
    """Both files were edited and the store was lost: nobody knows what the old ones looked like."""
    world = world_with({b"a.jpg": picture(1, "a", 50)}, {b"card/x.jpg": picture(1, "a", 60)})
    assert world.state(b"card") is IMPORTED
    ask(world, AskDecide(DIFFERENT, NEEDLE, WITNESS))
    written(world)
    world.disk.write("h1", b"a.jpg", picture(1, "a", 70))
    world.disk.write("n1", b"card/x.jpg", picture(1, "a", 80))
    world.store = type(world.store)()
    world.start()
    world.rest()
    assert world.state(b"card") is INCOMPLETE
    ask(world, AskUndo())
    assert world.state(b"card") is IMPORTED


def test_same_ends_when_a_file_is_edited():
    """The owner saw those very contents: what was done to the file since, nobody looked at."""
    world = world_with({b"a.jpg": picture(1, "t")}, {b"card/x.jpg": picture(1, "a")})
    ask(world, AskDecide(SAME, NEEDLE, WITNESS))
    assert world.state(b"card") is IMPORTED
    edited(world, "n1", b"card/x.jpg")
    world.happened()
    world.rest()
    assert world.state(b"card") is REVIEW


def test_different_holds_for_an_edited_file_whatever_was_looked_at_first():
    """What was decided about was seen again only after the store was lost, and is gone now."""
    world = World()
    pair = digest(picture(1, "n")), digest(picture(1, "a"))
    world.decided.append(Decision("d1", "d1", "", DIFFERENT, *pair))
    world.start()
    steps = ("h1", b"b.jpg", (2, "a")), ("n1", b"card/y.jpg", (2, "b")), ("h1", b"a.jpg", (1, "a"))
    for root, path, content in steps:
        world.disk.write(root, path, picture(*content))
        world.happened()
        world.rest()
    world.disk.remove("h1", b"a.jpg")
    world.disk.write("h1", b"c.jpg", picture(1, "c"))
    world.disk.write("n1", b"other/x.jpg", picture(1, "n"))
    world.happened()
    world.rest()
    assert (world.state(b"card"), world.state(b"other")) == (IMPORTED, INCOMPLETE)
