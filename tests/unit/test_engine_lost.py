"""A lost worker says nothing of a picture: what it was to bring is tried again and not kept."""

from __future__ import annotations

import pytest
from tests.unit.engine_disk import digest, picture
from tests.unit.engine_world import World, world_with

from dedupd.asks import AskDecide, AskExplain, ExplainReply
from dedupd.decision import DecisionKind
from dedupd.messages import Compare, Message
from dedupd.model import VIEWS, FolderState, Unreadable
from dedupd.pictures.exchange import failed

FRAME, NEXT, COPY = (picture(1, variant) for variant in "anb")
IMPORTED, REVIEW = FolderState.IMPORTED, FolderState.REVIEW


def losing(world: World, content: bytes, times: int, why: str = "timeout") -> list[Compare]:
    """Let comparisons of one content fail so often; return the list of those that did."""
    lost: list[Compare] = []
    work = world._edges.work

    def slow(job: object) -> Message:
        if not isinstance(job, Compare) or job.needle != digest(content) or len(lost) >= times:
            return work(job)
        lost.append(job)
        for payload in (job.needle_payload, job.haystack_payload):
            del world._edges.payloads[payload.fd]
        return failed(job, Unreadable(why))

    world._edges.work = slow
    return lost


def added(needles: dict[bytes, bytes], slow: bytes, times: int, why: str = "timeout"):
    """Return a world whose comparisons of one needle failed, and those."""
    world = world_with({b"a.jpg": FRAME}, {})
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
    """The pair is compared once more, and is the same."""
    world, lost = added({b"card/x.jpg": COPY}, COPY, 1)
    assert (len(lost), world.state(b"card")) == (1, IMPORTED)


@pytest.mark.parametrize("why", ["timeout", "killed"])
def test_what_fails_twice_is_left_to_a_person_and_tried_again_in_the_next_run(why):
    """Neither is anything kept of it, nor is it tried for ever."""
    world, lost = added({b"card/x.jpg": COPY}, COPY, 99, why)
    assert (len(lost), world.state(b"card")) == (2, REVIEW)
    assert reason(world, b"/n1/card/x.jpg") == "not-comparable"
    assert world.store.measures(digest(COPY), digest(FRAME), VIEWS[0]) is None
    assert world.store.signature(digest(COPY)) is None
    world.start()
    world.rest()
    assert (world.state(b"card"), world.words(b"card")) == (IMPORTED, ["folder.imported"])


def test_a_rival_that_could_not_be_compared_is_one():
    """Else its own picture might be the one that is lost."""
    world, lost = added({b"card/x.jpg": COPY, b"other/y.jpg": NEXT}, NEXT, 99)
    assert len(lost) == 2
    assert (world.state(b"card"), world.state(b"other")) == (REVIEW, REVIEW)
    assert reason(world, b"/n1/card/x.jpg") == "contested"
    assert world.words(b"card") == []


def test_what_was_imported_is_reviewed_when_a_rival_can_not_be_compared():
    """Its signature alone is lacking: the library's was made before."""
    world = world_with({b"a.jpg": FRAME}, {b"card/x.jpg": COPY})
    assert world.state(b"card") is IMPORTED
    losing(world, NEXT, 99)
    world.disk.write("n1", b"other/y.jpg", NEXT)
    world.happened()
    world.rest()
    assert (world.state(b"card"), world.state(b"other")) == (REVIEW, REVIEW)
    assert world.violations == []


def test_the_owner_may_say_it():
    """His word needs no worker."""
    world, _ = added({b"card/x.jpg": COPY}, COPY, 99)
    world.ask(AskDecide(DecisionKind.SAME, b"/n1/card/x.jpg", b"/h1/a.jpg"))
    world.rest()
    assert world.state(b"card") is IMPORTED


def test_it_does_not_stand_in_the_way_of_another_library_picture():
    """A second copy in the library, which can be compared, vouches."""
    world, lost = added({b"card/x.jpg": COPY}, COPY, 2)
    assert (len(lost), world.state(b"card")) == (2, REVIEW)
    world.disk.write("h1", b"z.jpg", picture(1, "c"))
    world.happened()
    world.rest()
    assert world.state(b"card") is IMPORTED
