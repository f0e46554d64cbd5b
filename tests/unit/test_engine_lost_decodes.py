"""A picture whose decoder was lost is tried again, alone; what stays lost still has a vote."""

from __future__ import annotations

import pytest
from tests.unit.engine_disk import Volume, digest, picture
from tests.unit.engine_world import World, roots_of, usual_roots, world_with
from tests.unit.test_engine_votes import work_without

from dedupd.asks import AskDecide, AskExplain, ExplainReply
from dedupd.decision import DecisionKind
from dedupd.messages import Decode, Message, Read
from dedupd.model import Fingerprint, FolderState, Role, Unreadable
from dedupd.pictures.exchange import failed
from dedupd.rules.unseen import ABOUT_NS

FRAME, NEXT, COPY = (picture(1, variant) for variant in "anb")
IMPORTED, PENDING, REVIEW = FolderState.IMPORTED, FolderState.PENDING, FolderState.REVIEW
INCOMPLETE = FolderState.INCOMPLETE


def losing(world: World, content: bytes, times: int, why: str = "timeout") -> list[bool]:
    """Let decodes of one content fail so often; return for each whether it ran alone."""
    alone: list[bool] = []
    work = world._edges.work

    def slow(job: object) -> Message:
        if not isinstance(job, Decode) or job.digest != digest(content) or len(alone) >= times:
            return work(job)
        others = [one for one in world._edge_jobs if isinstance(one, (Read, Decode))]
        alone.append(not others and len(world._edges.payloads) == 1)
        del world._edges.payloads[job.payload.fd]
        return failed(job, Unreadable(why))

    world._edges.work = slow
    return alone


def added(
    needles: dict[bytes, bytes], slow: bytes, times: int, why: str = "timeout", seed: int = 0
) -> tuple[World, list[bool]]:
    """Return a world at rest in which decodes of one needle failed, and those."""
    world = world_with({b"a.jpg": FRAME}, {}, seed=seed)
    lost = losing(world, slow, times, why)
    for path, content in needles.items():
        world.disk.write("n1", path, content)
    world.happened()
    world.rest()
    assert world.violations == []
    return world, lost


def reason(world: World, path: bytes) -> str:
    reply = world.replies[world.ask(AskExplain(path))]
    assert isinstance(reply, ExplainReply)
    return reply.picture.reason


def test_one_slow_moment_costs_nothing():
    """It is decoded once more, and is in the library."""
    world, lost = added({b"card/x.jpg": COPY}, COPY, 1)
    assert (len(lost), world.state(b"card")) == (1, IMPORTED)


def test_it_waits_until_everything_else_is_done():
    """What was too much for the machine may have been the others."""
    crowd = {b"crowd/%d.jpg" % number: picture(number, "a") for number in range(2, 12)}
    for seed in range(20):
        _, lost = added({b"card/x.jpg": COPY, **crowd}, COPY, 2, seed=seed)
        assert (len(lost), lost[1]) == (2, True)


def test_a_burst_whose_second_frame_was_lost_once_is_reviewed():
    """Its own vote comes late, but it comes."""
    world, _ = added({b"card/x.jpg": COPY, b"other/y.jpg": NEXT}, NEXT, 1)
    assert (world.state(b"card"), world.state(b"other")) == (REVIEW, REVIEW)
    assert world.words(b"card") == []


@pytest.mark.parametrize("why", ["timeout", "killed"])
def test_what_stays_lost_is_a_rival_and_is_asked_for_once_in_the_next_run(why):
    """Else its own picture might be the one that is lost; it is not tried for ever."""
    world, lost = added({b"card/x.jpg": COPY, b"other/y.jpg": NEXT}, NEXT, 99, why)
    assert (len(lost), world.state(b"card"), world.state(b"other")) == (2, REVIEW, INCOMPLETE)
    assert reason(world, b"/n1/card/x.jpg") == "contested"
    world.start()
    lost = losing(world, NEXT, 99, why)
    world.rest()
    assert (len(lost), world.state(b"card"), world.state(b"other")) == (1, REVIEW, INCOMPLETE)
    assert world.words(b"card") == []
    world.start()
    world.rest()
    assert isinstance(world.store.fingerprint(digest(NEXT)), Fingerprint)
    assert (world.state(b"other"), reason(world, b"/n1/other/y.jpg")) == (REVIEW, "contested")


def test_what_was_imported_is_reviewed_when_a_rival_stays_lost():
    """As it is when the rival is seen."""
    world = world_with({b"a.jpg": FRAME}, {b"card/x.jpg": COPY})
    losing(world, NEXT, 99)
    world.disk.write("n1", b"other/y.jpg", NEXT)
    world.happened()
    world.rest()
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]
    assert (world.state(b"card"), world.violations) == (REVIEW, [])
    world.disk.remove("n1", b"other/y.jpg")
    world.happened()
    world.rest()
    assert world.state(b"card") is IMPORTED


def test_a_lost_picture_contests_only_what_was_written_about_when_it_was():
    """One broken file must not leave a whole library to a person."""
    world = world_with({b"a.jpg": FRAME, b"b.jpg": picture(2, "a")}, {b"old/x.jpg": COPY})
    losing(world, picture(3, "a"), 99)
    world.disk.now_ns += 2 * ABOUT_NS
    world.disk.write("n1", b"new/x.jpg", picture(2, "b"))
    world.disk.write("n1", b"new2/y.jpg", picture(3, "a"))
    world.happened()
    world.rest()
    assert [world.state(one) for one in (b"old", b"new", b"new2")] == [IMPORTED, REVIEW, INCOMPLETE]
    assert world.violations == []


def test_the_owner_may_say_that_the_library_shows_something_else():
    """Of the very picture that nobody could look at."""
    world, _ = added({b"card/x.jpg": COPY, b"other/y.jpg": NEXT}, NEXT, 99)
    world.ask(AskDecide(DecisionKind.DIFFERENT, b"/n1/other/y.jpg", b"/h1/a.jpg"))
    world.rest()
    assert world.state(b"card") is IMPORTED


def test_an_earlier_run_lost_it_and_nothing_is_claimed_before_it_is_asked_again():
    """What was said by what is remembered waits, and is taken back when the rival is seen."""
    world, _ = added({b"card/x.jpg": COPY}, COPY, 0)
    world.disk.now_ns += 2 * ABOUT_NS  # else it is a rival at once
    world.store.put_fingerprint(digest(NEXT), Unreadable("timeout"))
    world.disk.write("n1", b"other/y.jpg", NEXT)
    world.happened()
    world.rest()
    assert world.state(b"card") is IMPORTED
    world.start()
    work_without(world, b"other/y.jpg")
    assert (world.state(b"card"), world.words(b"card")) == (PENDING, ["folder.imported"])
    world.rest()
    assert world.state(b"card") is REVIEW
    assert world.words(b"card") == ["folder.imported", "folder.reopened"]


def test_a_lost_picture_on_a_disk_that_is_away_is_still_a_rival():
    """Nobody can ask again before it comes back."""
    world = World(
        {**usual_roots(), **roots_of(n2=Role.NEEDLES)},
        {"h1": Volume(1), "h2": Volume(2, 2), "n1": Volume(1, 1, 3), "n2": Volume(3, 3)},
    )
    losing(world, NEXT, 99)
    world.disk.write("h1", b"a.jpg", FRAME)
    world.disk.write("n1", b"card/x.jpg", COPY)
    world.disk.write("n2", b"y.jpg", NEXT)
    world.happened()
    world.rest()
    assert world.state(b"card") is REVIEW
    world.disk.mount("n2", None)
    world.catch_up()
    world.start()
    world.rest()
    assert (world.state(b"card"), world.words(b"card")) == (REVIEW, [])


def test_a_library_picture_that_was_lost_is_asked_for_again_too():
    """It vouches as soon as it was seen."""
    world = World()
    losing(world, FRAME, 2)
    world.disk.write("h1", b"a.jpg", FRAME)
    world.disk.write("n1", b"card/x.jpg", COPY)
    world.happened()
    world.rest()
    assert world.state(b"card") is INCOMPLETE
    world.start()
    world.rest()
    assert (world.state(b"card"), world.violations) == (IMPORTED, [])
