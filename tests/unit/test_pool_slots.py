"""A pool of processes whose owner's side fails: it costs that picture, and no worker's thread."""

from __future__ import annotations

import os
import queue

import pytest

from dedupd.messages import Decode, Decoded, Payload
from dedupd.model import Unreadable
from dedupd.pictures.limits import NeedsRoom
from dedupd.pictures.pools import processes
from dedupd.pictures.pools.processes import ProcessPool

LARGE_PX = 150_000_000
PATIENCE_S = 60.0  # ends what hangs; it says nothing about speed


class Child:
    """A worker that answers at once, but for the bytes at which its owner stumbles."""

    begun = 0

    def __init__(self, *_: object) -> None:
        type(self).begun += 1
        self.lives, self.pid = True, 0

    def ask(self, job: Decode, timeout_s: float, room_px: int) -> Decoded:
        """Answer, or stumble."""
        if job.digest.startswith(b"bad"):
            raise AttributeError("a bug of ours")
        if job.digest.startswith(b"greedy") or (job.digest == b"large" and room_px < LARGE_PX):
            raise NeedsRoom(max(LARGE_PX, room_px + 1))
        return Decoded(job.digest, Unreadable("damaged"))

    def end(self) -> None:
        """Go."""
        self.lives = False


@pytest.fixture
def pool(monkeypatch):
    """Return a pool of two such workers."""
    monkeypatch.setattr(Child, "begun", 0)
    monkeypatch.setattr(processes, "Child", Child)
    pool = ProcessPool(2)
    pool.start()
    yield pool
    pool.stop()


def job(digest: bytes) -> Decode:
    return Decode(digest, Payload(os.memfd_create("sample"), 0))


def test_a_bug_of_ours_costs_one_picture_and_no_slot(pool, caplog):
    """More bugs than there are slots; both go on, and every picture has an answer."""
    answers: queue.SimpleQueue[Decoded] = queue.SimpleQueue()
    digests = [b"bad 1", b"good 1", b"bad 2", b"bad 3", b"bad 4", b"good 2", b"good 3"]
    for digest in digests:
        pool.submit(job(digest), answers.put)
    found = {one.digest: one.result for one in (answers.get(timeout=PATIENCE_S) for _ in digests)}
    assert found.keys() == set(digests)
    for digest, result in found.items():
        assert result.reason == ("killed" if digest.startswith(b"bad") else "damaged")
    assert "a bug of ours" in found[b"bad 1"].detail
    assert all(slot.is_alive() for slot in pool._slots)
    assert "could not be handed to a worker" in caplog.text


def test_the_worker_that_was_in_use_is_not_trusted_with_the_next_picture(pool):
    """Nobody knows what it was told."""
    answers: queue.SimpleQueue[Decoded] = queue.SimpleQueue()
    for number in range(4):
        pool.submit(job(b"bad %d" % number), answers.put)
    for _ in range(4):
        answers.get(timeout=PATIENCE_S)
    pool.submit(job(b"good"), answers.put)
    assert answers.get(timeout=PATIENCE_S).result.reason == "damaged"
    assert Child.begun >= 5


def test_a_large_picture_is_asked_about_again_with_the_room_it_needs(pool):
    """One that asks for ever more costs its worker, and comes to an end."""
    answers: queue.SimpleQueue[Decoded] = queue.SimpleQueue()
    digests = [b"large", b"greedy", b"large", b"good"]
    for digest in digests:
        pool.submit(job(digest), answers.put)
    found = [answers.get(timeout=PATIENCE_S) for _ in digests]
    assert sorted((one.digest, one.result.reason) for one in found) == [
        (b"good", "damaged"),
        (b"greedy", "killed"),
        (b"large", "damaged"),
        (b"large", "damaged"),
    ]
