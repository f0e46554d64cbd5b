"""The pool of a cluster beside a connection that does in this process what it is told."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
import zlib
from collections.abc import Callable, Iterator

import pytest
from tests.unit.picture_samples import jpeg, seen, small_photo

from dedupd import remote
from dedupd.messages import Decode, Decoded, Payload
from dedupd.model import Unreadable
from dedupd.pictures.exchange import PoolAnswer, encode_answer
from dedupd.pictures.pools import cluster, tower
from dedupd.pictures.pools.cluster import ClusterPool, survey
from dedupd.pictures.pools.inline import InlinePool
from dedupd.pictures.pools.line import Broken, Gone, Lost, Place
from dedupd.pictures.pools.terms import Bounds, Outcome, Reply, ours
from dedupd.rules.unseen import is_lost

PLACE = Place("tcp://s:8786")
BOUNDS = Bounds(20.0, 2 << 30, 200_000_000)
PICTURE, OTHER = jpeg(small_photo()), jpeg(small_photo()[::-1])
DIGEST = b"\1" * 32
ENOUGH_S = 20.0
NAME = "cluster-sample"


class Wire:
    """A connection; `script` holds what becomes of the next calls, then all go well."""

    def __init__(self, *script: object, present: dict[str, int] | None = None) -> None:
        self.script = list(script)
        self.present = {"a": 1, "b": 1} if present is None else present
        self.terms = dict(ours())
        self.lives, self.asked, self.closed = True, [], 0

    async def workers(self) -> dict[str, int]:
        return dict(self.present)

    async def call(self, function: Callable, *arguments, workers, urgent=False) -> object:
        if function is remote.greet:
            return dict(self.terms)
        assert not urgent
        self.asked.append(sorted(workers))
        what = self.script.pop(0) if self.script else None
        if isinstance(what, Exception):
            self.lives = self.lives and not isinstance(what, Gone)
            raise what
        if what == "wait":
            await asyncio.sleep(3600)
        return what or function(*arguments)

    async def close(self) -> None:
        self.closed += 1


class Wires:
    """Connects to one wire after the other; what isn't there can't be reached."""

    def __init__(self, *wires: Wire | None) -> None:
        self.wires = list(wires)

    async def __call__(self, place: Place) -> Wire:
        assert place == PLACE
        wire = self.wires.pop(0) if len(self.wires) > 1 else self.wires[0]
        if wire is None:
            raise Gone("nobody is there")
        return wire


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> Iterator[None]:
    """Decode in this process, and wait for nothing."""

    def started(*_: object) -> InlinePool:
        pool = InlinePool()
        pool.start()
        return pool

    monkeypatch.setattr(remote, "_started", started)
    monkeypatch.setattr(remote, "BENCH", remote.Bench())
    for module, name in ((cluster, "RETRY_S"), (tower, "POLL_S"), (cluster, "POLL_S")):
        monkeypatch.setattr(module, name, 0.01)
    yield
    remote.BENCH.close()


def open_samples() -> list[str]:
    """Return the payloads that nobody closed."""
    with os.scandir("/proc/self/fd") as fds:
        links = [os.readlink(fd) for fd in fds if os.path.islink(fd)]
    return [link for link in links if NAME in link]


class Desk:
    """A running pool, and the answers that it gave."""

    def __init__(self, *wires: Wire | None) -> None:
        self.pool = ClusterPool(PLACE, remote.ERRANDS, BOUNDS, 2, connect=Wires(*wires))
        self.answers: queue.SimpleQueue[PoolAnswer] = queue.SimpleQueue()

    def hand_in(self, data: bytes = PICTURE) -> None:
        fd = os.memfd_create(NAME)
        os.write(fd, data)
        self.pool.submit(Decode(DIGEST, Payload(fd, len(data))), self.answers.put)

    def answer(self) -> object:
        """Return the next result, once its bytes were let go."""
        answer = self.answers.get(timeout=ENOUGH_S)
        assert isinstance(answer, Decoded)
        return answer.result

    def wait(self, holds: Callable[[], object]) -> None:
        deadline_s = time.monotonic() + ENOUGH_S
        while not holds():
            assert time.monotonic() < deadline_s, self.pool.problem
            time.sleep(0.002)


@pytest.fixture
def desk() -> Iterator[Callable[..., Desk]]:
    """Return a maker of desks; all of them are closed in the end."""
    made = list[Desk]()

    def make(*wires: Wire | None) -> Desk:
        made.append(Desk(*wires))
        return made[-1]

    yield make
    for one in made:
        one.pool.stop()
    assert not open_samples()


def test_pictures_are_looked_at_by_workers_that_fit(desk):
    """Also those that were handed in before the start."""
    wire = Wire()
    one = desk(wire)
    one.hand_in()
    one.pool.start()
    one.hand_in()
    assert one.answer() == one.answer() == seen(PICTURE)
    assert wire.asked == [["a", "b"]] * 2
    assert one.pool.problem == ""


@pytest.mark.parametrize(
    "first",
    [Lost("killed"), Broken("pickle"), Reply(Outcome.GARBLED), Reply(Outcome.ANSWER, b"x", 0), 7],
    ids=["lost", "broken", "garbled", "crc", "nonsense"],
)
def test_what_goes_wrong_once_is_tried_again_and_then_given_up(desk, first):
    """It then counts as lost by its worker: no verdict about the picture."""
    one = desk(Wire(first))
    one.hand_in()
    one.pool.start()
    assert one.answer() == seen(PICTURE)
    one = desk(Wire(first, first))
    one.hand_in()
    one.pool.start()
    found = one.answer()
    assert isinstance(found, Unreadable)
    assert is_lost(found)


def test_an_answer_that_was_changed_on_the_way_is_none(desk):
    """Though it could be understood."""
    other = encode_answer(Decoded(DIGEST, seen(OTHER)))
    one = desk(Wire(Reply(Outcome.ANSWER, other, zlib.crc32(other) ^ 1)))
    one.hand_in()
    one.pool.start()
    assert one.answer() == seen(PICTURE) != seen(OTHER)


def test_a_scheduler_that_goes_costs_no_try(desk):
    """Its pictures go again when there is one, however often that happens."""
    one = desk(Wire(Gone("x")), None, Wire(Gone("x")), Wire(Gone("x")), Wire())
    one.hand_in()
    one.pool.start()
    assert one.answer() == seen(PICTURE)


def test_a_scheduler_that_is_not_there_is_a_problem(desk):
    """Until it is; nothing is answered meanwhile."""
    wires = Wires(None)
    one = desk(None)
    one.pool._connect = wires
    one.hand_in()
    one.pool.start()
    one.wait(lambda: "can't be reached: nobody is there" in one.pool.problem)
    assert one.answers.empty()
    wires.wires[:] = [Wire()]
    assert one.answer() == seen(PICTURE)
    one.wait(lambda: not one.pool.problem)


def test_workers_of_another_version_get_nothing(desk):
    """Each is named once in the log; the problem says what differs."""
    wire = Wire()
    wire.terms["measures"] = "0"
    one = desk(wire)
    one.hand_in()
    one.pool.start()
    one.wait(lambda: "measures 0 there" in one.pool.problem)
    assert (wire.asked, one.answers.empty()) == ([], True)


def test_a_worker_that_turns_out_unfit_is_greeted_anew(desk):
    """It was restarted in between; the picture was not tried."""
    one = desk(Wire(*[Reply(Outcome.UNFIT, words="dedupd 0 there")] * 3))
    one.hand_in()
    one.pool.start()
    assert one.answer() == seen(PICTURE)


def test_a_worker_that_can_start_no_process_is_a_problem_until_one_can(desk):
    """The picture waits."""
    one = desk(Wire(*[Reply(Outcome.UNABLE, words="no memory")] * 30))
    one.hand_in()
    one.pool.start()
    one.wait(lambda: one.pool.problem == "no memory" or not one.answers.empty())
    assert one.answer() == seen(PICTURE)


def test_what_only_a_worker_could_do_that_left_goes_to_another(desk):
    """Dask would wait for the one that left."""
    wire = Wire("wait", present={"a": 1})
    one = desk(wire)
    one.hand_in()
    one.pool.start()
    one.wait(lambda: wire.asked)
    wire.present = {"b": 1}
    assert one.answer() == seen(PICTURE)
    assert wire.asked == [["a"], ["b"]]


def test_a_stop_drops_what_is_away_and_closes_it(desk):
    """Within the two seconds that a pool has; afterwards everything is dropped at once."""
    wire = Wire("wait", "wait", "wait")
    one = desk(wire)
    one.pool.start()
    for _ in range(3):
        one.hand_in()
    one.wait(lambda: len(wire.asked) == 2)
    began_s = time.monotonic()
    one.pool.stop()
    one.hand_in()
    assert time.monotonic() - began_s < 2
    assert (wire.closed, one.answers.empty()) == (1, True)
    assert "cluster-pool" not in [thread.name for thread in threading.enumerate()]


def test_a_survey_tells_who_fits_and_who_does_not():
    """For `doctor`; a pool of its own, which is stopped again."""
    wire = Wire()

    def look(*wires: Wire | None):
        return survey(ClusterPool(PLACE, remote.ERRANDS, BOUNDS, connect=Wires(*wires)), 5.0)

    assert look(wire) == ("", 2, ())
    wire.terms["dedupd"] = "0"
    found = look(wire)
    assert (found.fit, len(found.misfits)) == (0, 2)
    assert "dedupd 0 there" in found.problem
    assert "can't be reached" in look(None).problem
    assert "no worker is connected" in look(Wire(present={})).problem
