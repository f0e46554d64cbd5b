"""What a client hears while there is no loop: at the start, during a reload, at the end."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from dedupd import front as module
from dedupd.asks import AskRescan, AskWait, Done, Refused, Reply
from dedupd.front import Front
from dedupd.model import FolderState
from dedupd.reports import Counts, FolderReport, Report

PATIENCE_S = 60.0  # ends what hangs
READY = Report(version="1", time="now", state="ready")
BUSY = "the daemon is starting, reloading or stopping"


class Loop:
    """Answers at once, or ends before it does."""

    loaded = True

    def __init__(self, *, ends: bool = False, report: Report = READY, ready: bool = True) -> None:
        self.asked, self._ends, self._report = threading.Event(), ends, report
        self.engine = SimpleNamespace(ready=ready)

    def ask(self, ask: object) -> Future[Reply]:
        return self._answer(Done(type(ask).__name__))

    def fresh_report(self) -> Future[Report]:
        return self._answer(self._report)

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
    return Front(None)


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


def folder(state: FolderState, as_of: str, last_state: FolderState | None = None) -> FolderReport:
    """Return the line of one folder."""
    counts = Counts(pictures=2, matched=2)
    return FolderReport(b"/n/card", b"/n", state, as_of, counts, counts, last_state)


OLD = Report("1", "then", "starting", folders=(folder(FolderState.IMPORTED, "then"),))
PENDING = Report("1", "now", "scanning", folders=(folder(FolderState.PENDING, "now"),))
REVIEW = Report("1", "now", "scanning", folders=(folder(FolderState.REVIEW, "now"),))


def test_the_last_report_is_there_before_the_store_is_read():
    """Nobody waits for a million records."""
    front = Front(OLD)
    assert front.fresh_report() is OLD
    front.loop = loop = Loop()
    loop.loaded = False
    assert front.fresh_report() is OLD


@pytest.mark.parametrize(
    ("report", "ready", "state", "as_of", "last_state"),
    [
        pytest.param(PENDING, False, "pending", "then", FolderState.IMPORTED, id="not looked at"),
        pytest.param(PENDING, True, "pending", "now", None, id="looked at"),
        pytest.param(REVIEW, False, "review", "now", None, id="known already"),
    ],
)
def test_a_pending_folder_shows_its_last_verdict_until_all_is_looked_at(
    report, ready, state, as_of, last_state
):
    """With its date; what is known now is never covered."""
    front = Front(OLD)
    front.loop = Loop(report=report, ready=ready)
    (found,) = front.fresh_report().folders
    assert (found.state.value, found.as_of, found.last_state) == (state, as_of, last_state)
