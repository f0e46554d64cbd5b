"""What every pool promises, over all of them; then what only worker processes must bear."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from tests.system.commands import environment
from tests.unit.picture_samples import encoded, jpeg, sample, seen, small_photo

from dedupd.likeness import NOT_MEASURABLE, Comparison, Measures, Recoding
from dedupd.messages import Compare, Compared, Decode, Decoded, Payload, Sign, Signed
from dedupd.model import VIEWS, Fingerprint, Signature, Unreadable
from dedupd.pictures.exchange import (
    PACKET_BYTES,
    Hashed,
    HashJob,
    PoolAnswer,
    PoolJob,
    Thumbnailed,
    ThumbnailJob,
)
from dedupd.pictures.limits import Limits
from dedupd.pictures.measures import seen as in_view
from dedupd.pictures.opencv import cv2
from dedupd.pictures.pools import Pool, processes, room
from dedupd.pictures.pools.inline import InlinePool
from dedupd.pictures.pools.processes import ProcessPool
from dedupd.rules.unseen import is_lost

PATIENCE_S = 60.0  # ends what hangs; it says nothing about speed
MAKERS = {"inline": InlinePool, "processes": lambda: ProcessPool(2)}
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(params=MAKERS, scope="module")
def pool(request) -> Iterator[Pool]:
    """Return a running pool; all tests that leave it as it was have the same one."""
    pool = MAKERS[request.param]()
    pool.start()
    yield pool
    pool.stop()


@pytest.fixture(params=MAKERS)
def fresh_pool(request) -> Iterator[Pool]:
    """Return a pool of the test's own, not yet started."""
    pool = MAKERS[request.param]()
    yield pool
    pool.stop()


@pytest.fixture
def one_worker() -> Iterator[ProcessPool]:
    pool = ProcessPool(1)
    pool.start()
    yield pool
    pool.stop()


@cache
def slow_jpeg() -> bytes:
    """Return a JPEG that keeps a worker busy for a while: 24 megapixels, progressive."""
    return jpeg(np.tile(small_photo(), (20, 20, 1)), quality=60, progressive=True)


def payload(data: bytes) -> Payload:
    fd = os.memfd_create("sample")
    os.write(fd, data)
    return Payload(fd, len(data))


def decode(data: bytes, digest: bytes = b"d") -> Decode:
    return Decode(digest, payload(data))


def is_open(job: Decode) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{job.payload.fd}").startswith("/memfd:sample")
    except FileNotFoundError:
        return False


def answer(pool: Pool, job: PoolJob) -> PoolAnswer:
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    pool.submit(job, answers.put)
    return answers.get(timeout=PATIENCE_S)


def wait_until(condition) -> None:
    """Watch another process get somewhere; there is no event to wait for."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def worker_of(pool: ProcessPool) -> int:
    wait_until(lambda: pool.pids)
    return pool.pids[0]


def is_busy(pid: int) -> bool:
    """Return whether a worker holds a payload at this moment."""
    try:
        return "sample" in " ".join(
            os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")
        )
    except OSError:
        return False


def signal_busy_workers(pool: ProcessPool, signal_number: int, until) -> None:
    """Send the signal to whatever worker has a payload in hand, until then."""
    while not until():
        for pid in pool.pids:
            if is_busy(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal_number)
        time.sleep(0.001)


def test_each_job_has_its_own_answer(pool):
    """Fingerprint, signature, comparison and hashes come with the digests they were asked for."""
    decoded = answer(pool, Decode(b"one", payload(jpeg())))
    assert decoded == Decoded(b"one", seen(jpeg()))
    signed = answer(pool, Sign(b"two", payload(jpeg())))
    assert isinstance(signed, Signed)
    assert signed.digest == b"two"
    assert isinstance(signed.result, Signature)
    compared = answer(pool, Compare(b"n", b"h", payload(jpeg()), payload(jpeg(quality=60))))
    assert isinstance(compared, Compared)
    assert (compared.needle, compared.haystack) == (b"n", b"h")
    assert compared.result.needle == signed.result
    assert compared.result.haystack != signed.result
    assert compared.result.measures.blocks > 0
    job = HashJob(payload(jpeg()), ("dhash-article", "dhash"))
    hashed = answer(pool, job)
    assert isinstance(hashed, Hashed)
    assert hashed.job is job
    assert list(hashed.result) == ["dhash-article", "dhash"]


def test_a_thumbnail_comes_whole_however_long_it_is(pool):
    """It alone may be longer than a packet; the answer after it is that of the next job."""
    noise = np.random.default_rng(7).integers(0, 256, (400, 600, 3), np.uint8)
    for data, edge_px in ((jpeg(), 100), (encoded(noise, ".png"), 600), (jpeg(), 50)):
        job = ThumbnailJob(payload(data), edge_px)
        small = answer(pool, job)
        assert isinstance(small, Thumbnailed)
        assert small.job is job
        assert max(thumbnail_shape(small.result)) == edge_px
        assert (len(small.result) > 2 * PACKET_BYTES) == (edge_px == 600)


def thumbnail_shape(data: bytes) -> tuple[int, ...]:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded.shape


@pytest.mark.parametrize("data", [b"", b"Dear diary", b"\xff\xd8\xff", jpeg()[:9000]])
def test_what_is_no_picture_is_unreadable(pool, data):
    """For every kind of job, with the reason that looking at it gave."""
    assert answer(pool, decode(data)).result == seen(data)
    assert isinstance(answer(pool, Sign(b"s", payload(data))).result, Unreadable)
    assert isinstance(answer(pool, HashJob(payload(data), ("dhash",))).result, Unreadable)
    small = answer(pool, ThumbnailJob(payload(data), 100)).result
    assert isinstance(small, Unreadable)
    result = answer(pool, Compare(b"n", b"h", payload(jpeg()), payload(data))).result
    assert isinstance(result.needle, Signature)
    assert isinstance(result.haystack, Unreadable)
    assert result.measures == NOT_MEASURABLE
    unsigned = Compare(b"n", b"h", payload(data), payload(jpeg()), sign=(False, False))
    assert answer(pool, unsigned).result == Comparison(None, None, NOT_MEASURABLE)


def test_a_needle_is_compared_in_the_view_that_was_asked_for(pool):
    """Its signature is that of the upright picture all the same: it is kept by content."""
    picture = sample("png")
    upright = answer(pool, Sign(b"s", payload(picture))).result
    for view in VIEWS:
        library = encoded(in_view(small_photo(), view), ".png")
        job = Compare(b"n", b"h", payload(picture), payload(library), view, (True, False))
        same = Recoding(0.0, 0.0, 0.0, 0.0)
        result = Comparison(upright, None, Measures(0.0, 0.0, 1.0, same, retold=True))
        assert answer(pool, job) == Compared(b"n", b"h", result, view)


def test_the_measures_are_those_of_the_library_beside_the_needle(pool):
    """Not the other way round: the sharper one of the two is what must not be lost."""
    sharp, soft = sample("png"), encoded(cv2.GaussianBlur(small_photo(), (0, 0), 2), ".png")
    lost = answer(pool, Compare(b"n", b"h", payload(sharp), payload(soft))).result.measures
    kept = answer(pool, Compare(b"n", b"h", payload(soft), payload(sharp))).result.measures
    assert lost.detail < 0.6
    assert kept.detail > 1.0


def test_only_the_signatures_that_are_wanted_are_made(pool):
    """The other ones are known already."""
    for sign in ((True, True), (True, False), (False, True), (False, False)):
        job = Compare(b"n", b"h", payload(jpeg()), payload(jpeg(quality=60)), sign=sign)
        result = answer(pool, job).result
        assert (result.needle is not None, result.haystack is not None) == sign
        assert result.measures.error > 0


def test_every_job_is_answered_exactly_once(fresh_pool):
    """Jobs of all formats, many more than workers; those handed in before the start, too."""
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    digests = [bytes([i]) for i in range(40)]
    formats = ("jpeg", "png", "webp", "bmp")
    for i, digest in enumerate(digests):
        fresh_pool.submit(decode(sample(formats[i % 4]), digest), answers.put)
        if i == 10:
            fresh_pool.start()
    found = [answers.get(timeout=PATIENCE_S) for _ in digests]
    assert sorted(a.digest for a in found) == digests
    assert all(isinstance(a.result, Fingerprint) for a in found)
    assert answers.empty()


def test_payloads_are_closed_when_the_answer_comes(pool):
    """Of good and bad pictures, and both of a comparison."""
    jobs = [decode(jpeg()), decode(b"")]
    for job in jobs:
        answer(pool, job)
    compared = Compare(b"n", b"h", payload(jpeg()), payload(b""))
    answer(pool, compared)
    assert not any(is_open(job) for job in jobs)
    assert not is_open(Decode(b"", compared.needle_payload))
    assert not is_open(Decode(b"", compared.haystack_payload))


def test_a_stopped_pool_drops_jobs_and_closes_their_payloads(fresh_pool):
    """Before and after the stop; nothing is answered."""
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    early, late = decode(jpeg()), decode(jpeg())
    fresh_pool.submit(early, answers.put)
    fresh_pool.stop()
    fresh_pool.submit(late, answers.put)
    fresh_pool.stop()
    assert answers.empty()
    assert not is_open(early)
    assert not is_open(late)


def test_a_pool_says_how_many_it_looks_at_together(pool):
    """And has no problem when all is well."""
    answer(pool, decode(jpeg()))
    assert pool.workers >= 1
    assert pool.problem == ""


def test_a_worker_killed_while_idle_costs_no_picture(one_worker):
    """The next picture gets a fresh worker, and its true answer."""
    for _ in range(3):
        os.kill(worker_of(one_worker), signal.SIGKILL)
        assert answer(one_worker, decode(jpeg())).result == seen(jpeg())


def test_an_idle_death_is_not_counted_against_the_next_picture(one_worker):
    """It has both of its tries left: losing one more worker costs it nothing."""
    os.kill(worker_of(one_worker), signal.SIGKILL)
    wait_until(lambda: not one_worker.pids)
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    one_worker.submit(decode(slow_jpeg()), answers.put)
    wait_until(lambda: any(map(is_busy, one_worker.pids)))
    os.kill(one_worker.pids[0], signal.SIGKILL)
    assert isinstance(answers.get(timeout=PATIENCE_S).result, Fingerprint)


def test_workers_killed_at_random_lose_nothing():
    """Every job is answered; none but those that lost two workers is without its fingerprint."""
    pool = ProcessPool(2)
    pool.start()
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    for i in range(200):
        pool.submit(decode(sample("png"), bytes([i])), answers.put)
    found, kills = [], 0
    while len(found) < 200:
        found.append(answers.get(timeout=PATIENCE_S))
        if len(found) % 60 == 0:
            for pid in pool.pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
    pool.stop()
    assert len({a.digest for a in found}) == 200
    others = [a.result for a in found if a.result != seen(sample("png"))]
    assert all(is_lost(one) for one in others)
    assert 2 * len(others) <= kills


def test_a_picture_that_hangs_twice_is_unreadable_and_the_next_one_is_not():
    """A worker that doesn't answer is killed at the deadline, and so is its successor."""
    pool = ProcessPool(1, timeout_s=2)
    pool.start()
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    pool.submit(decode(slow_jpeg(), b"hangs"), answers.put)
    signal_busy_workers(pool, signal.SIGSTOP, until=lambda: not answers.empty())
    pool.submit(decode(jpeg(), b"next"), answers.put)
    found = [answers.get(timeout=PATIENCE_S) for _ in range(2)]
    pool.stop()
    assert found == [
        Decoded(b"hangs", Unreadable("timeout", "it took more than 2 s")),
        Decoded(b"next", seen(jpeg())),
    ]


def test_a_job_that_times_out_twice_says_so():
    """No worker can be as quick as this deadline asks."""
    pool = ProcessPool(1, timeout_s=0.0)
    pool.start()
    slow = slow_jpeg()
    for job in (decode(slow), Sign(b"s", payload(slow))):
        result = answer(pool, job).result
        assert isinstance(result, Unreadable)
        assert result.reason == "timeout"
    result = answer(pool, Compare(b"n", b"h", payload(slow), payload(slow))).result
    assert isinstance(result, Comparison)
    assert result.needle == result.haystack
    assert result.measures == NOT_MEASURABLE
    assert result.needle.reason == "timeout"
    pool.stop()


def test_a_picture_that_loses_two_workers_is_unreadable(one_worker):
    """It may be the picture that kills them, so it isn't tried for ever."""
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    one_worker.submit(decode(slow_jpeg()), answers.put)
    signal_busy_workers(one_worker, signal.SIGKILL, until=lambda: not answers.empty())
    assert answers.get().result == Unreadable("killed", "its decoder was killed")
    assert answer(one_worker, decode(jpeg())).result == seen(jpeg())


def test_a_picture_beyond_the_memory_of_a_worker_is_unreadable():
    """It asks for 360 MB where some 200 are left; the next one is seen."""
    pool = ProcessPool(1, memory_bytes=512 << 20, limits=Limits(pixels=1 << 30))
    pool.start()
    bomb = jpeg(np.zeros((12_000, 10_000), np.uint8))
    result = answer(pool, Sign(b"s", payload(bomb))).result
    assert isinstance(result, Unreadable)
    assert result.reason in ("too-large", "damaged", "killed")
    assert answer(pool, decode(jpeg())).result == seen(jpeg())
    pool.stop()


def test_a_worker_is_confined_before_it_gets_a_picture(one_worker):
    """Where the kernel can: no file but its libraries', no way to more rights."""
    assert isinstance(answer(one_worker, decode(jpeg())), Decoded)
    with open(f"/proc/{worker_of(one_worker)}/status", encoding="ascii") as status:
        lines = status.read().splitlines()
    command = [
        sys.executable,
        "-c",
        "from dedupd.pictures import sandbox; print(sandbox.confine())",
    ]
    done = subprocess.run(command, env=environment(), capture_output=True, check=True, text=True)
    assert f"NoNewPrivs:\t{int(done.stdout.strip() == 'True')}" in lines


def test_pictures_too_large_to_be_decoded_together_are_all_seen(monkeypatch):
    """Each needs more room than is free, and all there is; so does one that is compared."""
    for bound in ("_FREE_PX", "_LEAST_FREE_PX", "_TOGETHER_PX"):
        monkeypatch.setattr(room, bound, 30_000)
    pool = ProcessPool(2)
    pool.start()
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    for number in range(20):
        pool.submit(decode(jpeg(), bytes([number])), answers.put)
    pool.submit(Compare(b"n", b"h", payload(jpeg()), payload(jpeg())), answers.put)
    found = [answers.get(timeout=PATIENCE_S) for _ in range(21)]
    pool.stop()
    assert sum(isinstance(one, Decoded) and one.result == seen(jpeg()) for one in found) == 20
    (compared,) = (one for one in found if isinstance(one, Compared))
    assert isinstance(compared.result.haystack, Signature)


def test_stopping_kills_workers_that_are_busy_stopped_or_starting():
    """Within 2 s, with jobs in the queue, and no process is left."""
    pool = ProcessPool(3)
    pool.start()
    jobs = [decode(slow_jpeg()) for _ in range(9)]
    for job in jobs:
        pool.submit(job, lambda _: None)
    wait_until(lambda: len(pool.pids) == 3)
    pids = pool.pids
    os.kill(pids[0], signal.SIGSTOP)
    os.kill(pids[1], signal.SIGKILL)
    began_s = time.monotonic()
    pool.stop()
    assert time.monotonic() - began_s < 2
    assert pool.pids == []
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    assert not any(is_open(job) for job in jobs)


def test_as_many_workers_are_started_as_have_something_to_do():
    """One for jobs that come one by one; all of them, and no more, for many at a time."""
    pool = ProcessPool(3)
    pool.start()
    for _ in range(4):
        answer(pool, decode(jpeg()))
    alone = pool.pids
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    for number in range(12):
        pool.submit(decode(jpeg(), bytes([number])), answers.put)
    found = {answers.get(timeout=PATIENCE_S).digest for _ in range(12)}
    wait_until(lambda: len(pool.pids) == 3)
    pool.stop()
    assert len(alone) == 1
    assert len(found) == 12


def test_a_pool_leaves_no_descriptor_behind():
    """Started, used and stopped, it has given everything back."""
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(2):
        pool = ProcessPool(2)
        pool.start()
        answer(pool, decode(jpeg()))
        pool.stop()
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_a_worker_inherits_nothing_but_its_socket(one_worker):
    """No file that the daemon has open: no store, no lock, no root."""
    fd = os.open("/proc/self/status", os.O_RDONLY)
    os.set_inheritable(fd, True)
    answer(one_worker, decode(jpeg()))
    targets = [
        os.readlink(f"/proc/{worker_of(one_worker)}/fd/{fd}")
        for fd in os.listdir(f"/proc/{worker_of(one_worker)}/fd")
        if int(fd) > 2
    ]
    os.close(fd)
    assert sorted(target.split(":")[0] for target in targets) == ["/memfd", "socket"]


def test_workers_that_can_not_start_are_a_problem_not_a_verdict():
    """No picture is blamed, nothing is answered, and the pool says what is wrong."""
    pool = ProcessPool(1, memory_bytes=64 << 20)
    pool.start()
    answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()
    job = decode(jpeg())
    pool.submit(job, answers.put)
    wait_until(lambda: pool.problem)
    pool.stop()
    assert answers.empty()
    assert not is_open(job)


def test_a_mistake_of_ours_at_the_start_ends_no_worker(monkeypatch, caplog):
    """It is told as a problem, and the next picture tries again."""
    tries: list[object] = []
    really = processes.Child

    def mistaken(*given: object) -> processes.Child:
        tries.append(given)
        if len(tries) == 1:
            raise TypeError("oops")
        return really(*given)

    monkeypatch.setattr(processes, "Child", mistaken)
    pool = ProcessPool(1)
    pool.start()
    wait_until(lambda: tries)
    wait_until(lambda: "oops" in pool.problem)
    assert isinstance(answer(pool, decode(jpeg())).result, Fingerprint)
    assert pool.problem == ""
    pool.stop()
    assert "can't be started" in caplog.text


def test_a_pool_of_no_workers_is_refused():
    """It would never answer."""
    with pytest.raises(ValueError, match="at least one"):
        ProcessPool(0)
