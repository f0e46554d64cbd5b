"""Clients that wait for the daemon to come to rest, and go away before it does."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest

from dedupd.asks import Ask, Done, Reply
from dedupd.errors import UserError
from dedupd.faces import client, questions, server
from dedupd.faces.server import MAX_CLIENTS, MAX_WAITERS, ControlServer
from dedupd.reports import Report

STUCK_S = 60.0  # ends what hangs; it says nothing about speed
WAIT = json.dumps(questions.wait()).encode() + b"\n"


class Engine:
    """Answers those who wait when it is let go."""

    def __init__(self) -> None:
        self.go_on, self.waiting = threading.Event(), threading.Semaphore(0)

    def ask(self, ask: Ask) -> Reply:
        """Wait like the engine of a daemon that is busy."""
        self.waiting.release()
        self.go_on.wait(STUCK_S)
        return Done("waited")


@pytest.fixture
def engine():
    """Return an engine at work."""
    engine = Engine()
    yield engine
    engine.go_on.set()


@pytest.fixture
def control(tmp_path, engine, monkeypatch):
    """Return a running server."""
    monkeypatch.setattr(server, "HANG_UP_S", 0.02)
    running = ControlServer(
        tmp_path / "run" / "c.sock",
        None,
        engine.ask,
        lambda: Report(version="", time="", state="ready"),
        lambda: Done(""),
    )
    running.start()
    yield running
    engine.go_on.set()
    running.stop()


def waiter(control, engine) -> socket.socket:
    """Return a client whose question has reached the engine."""
    raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    raw.connect(control.address)
    raw.sendall(WAIT)
    assert engine.waiting.acquire(timeout=STUCK_S)
    return raw


def until(reached) -> None:
    """Wait until something holds."""
    end_s = time.monotonic() + STUCK_S
    while not reached():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def test_a_client_that_hangs_up_makes_room_for_the_next_one(control, engine):
    """However long the daemon is busy: Ctrl-C is how people leave a `status --wait`."""
    for _ in range(MAX_CLIENTS):
        waiter(control, engine).close()
        until(lambda: not control._clients)
    last = waiter(control, engine)
    engine.go_on.set()
    assert json.loads(last.makefile("rb").readline())["note"] == "waited"
    last.close()


def test_a_client_that_only_ended_its_questions_is_answered(control, engine):
    """As `nc -N` does."""
    raw = waiter(control, engine)
    raw.shutdown(socket.SHUT_WR)
    time.sleep(0.2)
    engine.go_on.set()
    assert json.loads(raw.makefile("rb").readline())["note"] == "waited"
    raw.close()


def test_questions_of_clients_that_left_are_bounded(control, engine, monkeypatch):
    """Each of them holds a thread until it is answered; then there is room again."""
    monkeypatch.setattr(control, "_waits", threading.BoundedSemaphore(2))
    for _ in range(2):
        waiter(control, engine).close()
    until(lambda: not control._clients)
    with pytest.raises(UserError, match="refuses"):
        client.request(control.address, questions.wait(), STUCK_S)
    engine.go_on.set()
    until(lambda: control._waits._value == 2)
    assert client.request(control.address, questions.wait(), STUCK_S)["note"] == "waited"


def test_a_bug_on_the_way_is_an_answer_too(control, engine, monkeypatch):
    """It happened in another thread than the client's."""

    def broken(ask: Ask) -> Reply:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr(control, "_ask", broken)
    with pytest.raises(UserError, match="made a mistake"):
        client.request(control.address, questions.wait(), STUCK_S)
    assert control._waiters._value == MAX_WAITERS
