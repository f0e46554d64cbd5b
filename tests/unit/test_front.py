"""What a client hears while there is no loop: at the start, during a reload, at the end."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from dedupd import front as module
from dedupd.asks import AskRescan, AskWait, Done, Refused, Reply
from dedupd.front import Front
from dedupd.reports import Report

PATIENCE_S = 60.0  # ends what hangs
READY = Report(version="1", time="now", state="ready")
BUSY = "the daemon is starting, reloading or stopping"


class Loop:
    """Answers at once, or ends before it does."""

    def __init__(self, *, ends: bool = False) -> None:
        self.asked, self._ends = threading.Event(), ends

    def ask(self, ask: object) -> Future[Reply]:
        return self._answer(Done(type(ask).__name__))

    def fresh_report(self) -> Future[Report]:
        return self._answer(READY)

    def _answer(self, what):
        self.asked.set()
        future: Future = Future()
        if self._ends:
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_result(what)
        return future


@pytest.fixture
def front(monkeypatch):
    monkeypatch.setattr(module, "_AGAIN_S", 0.01)
    return Front()


class Client:
    """Somebody who waits, in a thread of its own."""

    def __init__(self, front: Front) -> None:
        self.answers: list[Reply] = []
        self._thread = threading.Thread(
            target=lambda: self.answers.append(front.ask(AskWait())), daemon=True
        )
        self._thread.start()

    def answer(self) -> Reply:
        self._thread.join(PATIENCE_S)
        (found,) = self.answers
        return found


def test_who_waits_waits_for_the_start_and_past_a_reload(front):
    """One loop ends with the question in hand; the next one answers it."""
    client, first = Client(front), Loop(ends=True)
    front.loop = first
    assert first.asked.wait(PATIENCE_S)
    assert not client.answers
    front.loop = Loop()
    assert client.answer() == Done("AskWait")


def test_nobody_waits_for_a_daemon_that_stops(front, monkeypatch):
    """Nor for one that has not begun after two minutes."""
    client = Client(front)
    front.closed = True
    assert client.answer().why == BUSY
    front.closed = False
    monkeypatch.setattr(module, "START_S", 0.0)
    assert front.ask(AskWait()).why == BUSY


@pytest.mark.parametrize("loop", [None, Loop(ends=True)])
def test_any_other_question_is_refused_at_once(front, loop):
    """With what to do; the report is the last one that there was."""
    front.loop = loop
    assert front.ask(AskRescan(None)) == Refused("no answer", BUSY, "try again")
    assert front.fresh_report().state == "starting"


def test_a_loop_answers(front):
    """Questions and reports."""
    front.loop = Loop()
    assert front.ask(AskRescan(None)) == Done("AskRescan")
    assert front.fresh_report() == READY
