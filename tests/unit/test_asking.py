"""A command that can't look at pictures says so; it waits neither for ever nor in silence."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from pathlib import Path

import pytest
from tests.unit.picture_samples import jpeg

from dedupd import article, hashing
from dedupd.config_schema import Config
from dedupd.errors import UserError
from dedupd.messages import Payload
from dedupd.model import Role, Root, Unreadable
from dedupd.pictures.exchange import PoolJob, close_payloads, failed
from dedupd.pictures.pools import Done, asking
from dedupd.pictures.pools.processes import ProcessPool
from dedupd.searching.reader import Content, Reader

PROBLEM = "a worker process can't be started: no room"
FILES = 200
pytestmark = pytest.mark.timeout(20)


class IdlePool:
    """A pool none of whose workers starts; it answers on the `answers_at`th look at its problem."""

    workers = 2

    def __init__(self, answers_at: int = 0) -> None:
        self._queued: list[tuple[PoolJob, Done]] = []
        self._looks, self._answers_at = 0, answers_at

    @property
    def problem(self) -> str:
        self._looks += 1
        if self._looks == self._answers_at:
            job, done = self._queued.pop()
            close_payloads(job)
            done(failed(job, Unreadable("truncated")))
        return PROBLEM

    def start(self) -> None:
        pass

    def submit(self, job: PoolJob, done: Done) -> None:
        self._queued.append((job, done))

    def stop(self) -> None:
        while self._queued:
            close_payloads(self._queued.pop()[0])


class InterruptedPool(IdlePool):
    """A pool that is well, and slow; at the first look at it somebody types Ctrl-C."""

    def __init__(self) -> None:
        super().__init__()
        self._turns = itertools.count()  # several threads look, and one of them is the first

    @property
    def problem(self) -> str:
        if next(self._turns) == 0:
            os.kill(
                os.getpid(), signal.SIGINT
            )  # for the main thread, which waits for the first file
        return ""


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Look for an answer and a problem often; five looks are patience enough."""
    monkeypatch.setattr(asking, "LOOK_S", 0.01)
    monkeypatch.setattr(asking, "PATIENCE_S", 0.05)


def payload(data: bytes) -> Payload:
    fd = os.memfd_create("picture", os.MFD_CLOEXEC)
    os.write(fd, data)
    return Payload(fd, len(data))


def test_hash_says_why_no_worker_starts(tmp_path, monkeypatch):
    """With too little memory for a worker's libraries, for one."""
    monkeypatch.setattr(hashing, "ProcessPool", lambda _: ProcessPool(1, memory_bytes=64 << 20))
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg())
    with pytest.raises(UserError) as told:
        hashing.hashes(path, ())
    assert "can't be started" in told.value.why


def test_a_worker_that_starts_late_is_waited_for():
    """A moment's lack of memory ends no command."""
    pool = IdlePool(answers_at=3)
    assert hashing.hash_payload(pool, payload(b"x"), ("dhash",)) == Unreadable("truncated")


def test_searching_says_why_no_worker_starts(tmp_path):
    """`find` and `duplicates` read this way."""
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg())
    with Reader(IdlePool(), 1 << 24) as reader, pytest.raises(UserError, match="any picture"):
        list(reader.each(reader.fingerprint, [Content(bytes(path))] * 3))


@pytest.fixture
def config(tmp_path) -> Config:
    """Return the configuration of a library and a card, with files that are named like pictures."""
    roots = []
    for role, name in (Role.HAYSTACK, "library"), (Role.NEEDLES, "card"):
        folder = tmp_path / name
        folder.mkdir()
        roots.append(Root(name, bytes(folder), role))
        for number in range(FILES):
            (folder / f"{number}.jpg").write_bytes(b"x")
    return Config((roots[0],), (roots[1],), Path(tmp_path))


def test_the_articles_check_says_why_no_worker_starts(config, monkeypatch):
    """What is queued isn't read first."""
    read = []
    really = article.read
    monkeypatch.setattr(article, "make_pool", lambda _: IdlePool())
    monkeypatch.setattr(article, "read", lambda *at: read.append(at) or really(*at))
    with pytest.raises(UserError, match="any picture"):
        article.check(config)
    assert len(read) < FILES


def test_the_articles_check_can_be_interrupted(config, monkeypatch):
    """No thread goes on waiting for a picture, which would keep the command from ending."""
    monkeypatch.setattr(article, "make_pool", lambda _: InterruptedPool())
    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        article.check(config)
    for thread in set(threading.enumerate()) - before:
        thread.join(5.0)
        assert not thread.is_alive()
