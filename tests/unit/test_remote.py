"""What runs on a cluster's worker, called here as Dask calls it there."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

import pytest
from tests.unit.picture_samples import jpeg, seen, small_photo

from dedupd import remote
from dedupd.errors import UserError
from dedupd.messages import Compare, Compared, Decode, Decoded, Payload
from dedupd.model import VIEWS, Fingerprint, Unreadable
from dedupd.pictures.exchange import decode_answer, encode_request, payloads
from dedupd.pictures.pools.inline import InlinePool
from dedupd.pictures.pools.terms import Bounds, Outcome, Reply, ours

DIGEST = b"\1" * 32
BOUNDS = Bounds(20.0, 2 << 30, 200_000_000)
PICTURE = jpeg(small_photo())


def started(pool: InlinePool) -> InlinePool:
    """Start a pool."""
    pool.start()
    return pool


@pytest.fixture(autouse=True)
def bench(monkeypatch) -> Iterator[remote.Bench]:
    """Decode in this process; return the bench of the test's own."""
    monkeypatch.setattr(remote, "_started", lambda *_: started(InlinePool()))
    monkeypatch.setattr(remote, "BENCH", made := remote.Bench())
    yield made
    made.close()


def decode(data: bytes) -> Decode:
    """Return a job without its bytes, which travel beside it."""
    return Decode(DIGEST, Payload(-1, len(data)))


def look(job, *pictures: bytes, terms=None, crcs=None) -> Reply:
    """Send a job."""
    request = encode_request(job, 0)
    crcs = crcs or tuple(map(zlib.crc32, pictures))
    return remote.look(request, pictures, crcs, terms or ours(), BOUNDS)


def test_a_picture_gets_the_fingerprint_that_it_gets_here():
    """Packet and CRC come back."""
    reply = look(decode(PICTURE), PICTURE)
    assert (reply.outcome, zlib.crc32(reply.packet)) == (Outcome.ANSWER, reply.crc)
    answer = decode_answer(decode(PICTURE), reply.packet)
    assert isinstance(answer, Decoded)
    assert answer.result == seen(PICTURE)


def test_two_pictures_are_compared():
    """Each comes beside the other, in order."""
    job = Compare(DIGEST, DIGEST, Payload(-1, 1), Payload(-1, 1), VIEWS[0], (True, False))
    reply = look(job, PICTURE, PICTURE)
    answer = decode_answer(job, reply.packet)
    assert isinstance(answer, Compared)
    assert answer.result.measures.error == 0.0


def test_bytes_that_changed_on_the_way_are_no_answer():
    """The daemon sends them once more."""
    assert look(decode(PICTURE), PICTURE, crcs=(1,)).outcome is Outcome.GARBLED


def test_a_daemon_of_another_version_gets_no_answer():
    """A worker that was restarted may be of another one than it was when it was greeted."""
    reply = look(decode(PICTURE), PICTURE, terms={**ours(), "dedupd": "0"})
    assert reply.outcome is Outcome.UNFIT
    assert "dedupd" in reply.words


def test_a_file_that_is_no_picture_is_an_answer():
    """The worker isn't to blame."""
    reply = look(decode(b"x"), b"x" * 100)
    assert reply.outcome is Outcome.ANSWER
    answer = decode_answer(decode(b"x"), reply.packet)
    assert isinstance(answer, Decoded)
    assert isinstance(answer.result, Unreadable)
    assert not isinstance(answer.result, Fingerprint)


def test_a_worker_that_can_start_no_process_says_so(monkeypatch):
    """That says nothing about the picture; the next one tries again."""

    def ask(*_: object) -> None:
        raise UserError("can't look at any picture", "no memory", "dedupd doctor")

    monkeypatch.setattr(remote, "ask", ask)
    assert look(decode(PICTURE), PICTURE) == Reply(Outcome.UNABLE, words="no memory")
    monkeypatch.undo()


def test_a_greeting_tells_the_versions_and_takes_the_threads():
    """As many processes are made as there are threads."""
    assert remote.greet(3) == ours()
    assert remote.BENCH.threads == 3
    remote.greet(0)
    assert remote.BENCH.threads == 1


def test_no_descriptor_stays_open():
    """The pool closes what it was given, also where a picture is none."""
    look(decode(PICTURE), PICTURE)
    before = len(os.listdir("/proc/self/fd"))
    for data in (PICTURE, b"x"):
        look(decode(data), data)
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(payloads(decode(b""))) == 1


def test_other_bounds_end_the_processes_that_nobody_uses(monkeypatch, bench):
    """A daemon with another deadline came."""
    pools = []

    class Pool(InlinePool):
        """Notes its end."""

        def stop(self) -> None:
            pools.append(self)
            super().stop()

    monkeypatch.setattr(remote, "_started", lambda *_: started(Pool()))
    look(decode(PICTURE), PICTURE)
    request, crc = encode_request(decode(PICTURE), 0), (zlib.crc32(PICTURE),)
    other = BOUNDS._replace(timeout_s=1.0)
    assert remote.look(request, (PICTURE,), crc, ours(), other).outcome is Outcome.ANSWER
    assert len(pools) == 1
    bench.close()
    assert len(pools) == 2
