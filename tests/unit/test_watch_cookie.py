"""A watcher that went deaf says so, whatever ended or hangs in it; one that hears says that too."""

from __future__ import annotations

import errno
import os
import threading
import time
from dataclasses import replace

import pytest
from watchdog.observers.inotify_c import InotifyFD

from dedupd.disk.watch import Hints, cookie, native, observer
from dedupd.disk.watch.cookie import CookieThread
from dedupd.hearing import Hearing
from dedupd.messages import Rescan
from dedupd.model import Role, Root

PATIENCE_S = 60.0  # ends what hangs; it says nothing about speed
EVERY_S = 0.05

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(cookie, "EVERY_S", EVERY_S)
    monkeypatch.setattr(cookie, "PATIENCE_S", 1.0)
    monkeypatch.setattr(native, "_END_S", 0.5)


class Bench:
    """A watcher of `root`, and what it says of its hearing."""

    def __init__(self, folder) -> None:
        self.top, self.private = folder / "root", folder / "private"
        self.top.mkdir()
        self._awake = threading.Event()
        self.hints = Hints("r1", self._awake.set)
        self._said: list[str] = []
        self._rescans: list[str] = []
        root = Root("r1", os.fsencode(self.top), Role.NEEDLES)
        self.watcher = native.NativeWatcher(root, os.fsencode(self.private))

    def next(self) -> str:
        """Return why it is deaf, or "" that it hears, once it says so."""
        end_s = time.monotonic() + PATIENCE_S
        while not self._said and time.monotonic() < end_s:
            self._awake.wait(1.0)
            self._awake.clear()
            for one in self.hints.take():
                if isinstance(one, Hearing):
                    self._said.append(one.deaf)
                elif isinstance(one, Rescan):
                    self._rescans.append(one.why)
        return self._said.pop(0)

    def rescan(self) -> str:
        """Return why it wants a walk, once it does."""
        end_s = time.monotonic() + PATIENCE_S
        while not self._rescans and time.monotonic() < end_s:
            self._awake.wait(1.0)
            self._awake.clear()
            self._rescans += [one.why for one in self.hints.take() if isinstance(one, Rescan)]
        return self._rescans.pop(0)

    def start(self) -> None:
        """Start it, and see that it hears."""
        self.watcher.start(self.hints)
        assert self.next() == ""


@pytest.fixture
def bench(tmp_path):
    """Return a watcher at work."""
    bench = Bench(tmp_path)
    yield bench
    bench.watcher.stop()


def test_a_watcher_that_hears_says_so_once(bench):
    """Cookie after cookie is heard, and none of them stays behind."""
    bench.start()
    time.sleep(10 * EVERY_S)
    assert not any(isinstance(one, Hearing) for one in bench.hints.take())
    bench.watcher.stop()
    assert os.listdir(bench.private) == []


def test_cookies_of_an_earlier_run_are_cleared_away(bench):
    """It was killed between making and removing one."""
    bench.private.mkdir()
    (bench.private / "7").write_bytes(b"")
    bench.start()
    bench.watcher.stop()
    assert os.listdir(bench.private) == []


def test_a_reader_killed_by_four_ordinary_operations_is_found(bench, monkeypatch):
    """The error that watchdog 7.1 makes, without the guard that we put around it."""
    monkeypatch.setattr(observer.Reader, "handle_event", InotifyFD.handle_event)
    (bench.top / "a").mkdir()
    bench.start()
    (bench.top / "a").rename(bench.private.parent / "elsewhere")
    (bench.top / "a").mkdir()
    time.sleep(0.3)
    (bench.top / "a").rmdir()
    time.sleep(0.3)
    (bench.private.parent / "elsewhere").rmdir()
    assert bench.next() == "the thread that reads the kernel's events has ended"


@pytest.mark.parametrize("dies", ["_check_inotify_fd", "handle_event"])
def test_a_reader_that_died_leaves_nothing_open(bench, monkeypatch, dies):
    """It would have closed its inotify instance, of which there are few; a stop comes twice."""

    def dying(self, *_: object) -> None:
        raise RecursionError("a bug of theirs")

    before = len(os.listdir("/proc/self/fd"))
    bench.start()
    with monkeypatch.context() as patch:
        patch.setattr(observer.Reader, dies, dying)
        (bench.top / "x").write_bytes(b"")
        assert bench.next() != ""
    bench.watcher.stop()
    bench.watcher.stop()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_handler_that_raises_is_found(bench, monkeypatch):
    """The dispatcher ends with it, and the queue behind it only grows."""

    def broken(self, event):
        raise RecursionError("a bug of ours")

    bench.start()
    monkeypatch.setattr(observer.Handler, "dispatch", broken)
    (bench.top / "x").write_bytes(b"")
    assert bench.next() == "the thread that hands events over has ended"


def test_a_dispatcher_that_hangs_is_found_and_left_behind(bench, monkeypatch):
    """Everything says that it is alive; and the one who stops it must not hang as well."""
    held = threading.Event()
    monkeypatch.setattr(observer.Handler, "dispatch", lambda *_: held.wait(PATIENCE_S))
    bench.start()
    (bench.top / "x").write_bytes(b"")
    assert "not heard of" in bench.next()
    begun_s = time.monotonic()
    bench.watcher.stop()
    assert time.monotonic() - begun_s < PATIENCE_S / 2
    held.set()


def test_an_emitter_that_ended_is_found(bench):
    """The root's own thread between reader and dispatcher; the cookie has another one."""
    bench.start()
    watched = os.fsencode(bench.top)
    for emitter in list(bench.watcher._observer.emitters):
        if emitter.watch.path == watched:
            emitter.stop()
    assert bench.next() == "a thread that prepares events has ended"


def test_a_folder_of_cookies_that_is_gone_is_found(bench):
    """A new watcher makes it anew."""
    bench.start()
    while True:
        try:
            bench.private.rmdir()
            break
        except OSError:
            continue  # a cookie lay in it
    assert bench.next() != ""
    bench.watcher.stop()
    bench.start()


def test_on_a_full_disk_nothing_is_said(bench, monkeypatch):
    """No cookie can be made, so nothing is proven, and nothing disproved."""
    bench.start()

    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cookie, "_make", full)
    time.sleep(10 * EVERY_S)
    assert bench.hints.take() == ()


def test_a_late_cookie_behind_a_storm_is_waited_for(tmp_path, monkeypatch):
    """The reader works through other events, one after the other: it is behind, not deaf."""
    monkeypatch.setattr(cookie, "PATIENCE_S", 0.05)
    monkeypatch.setattr(cookie, "_make", lambda path: None)
    told = iter(range(10))
    hints = Hints("r1", lambda: None)

    def count() -> int:
        number = next(told)
        if number == 6:
            thread.hear(b"1")
        return number

    thread = CookieThread(os.fsencode(tmp_path), hints, lambda: "", count, lambda: None)
    thread.start()
    end_s = time.monotonic() + PATIENCE_S
    while not (said := hints.take()) and time.monotonic() < end_s:
        time.sleep(0.01)
    thread.stop()
    assert said == (Hearing("r1", ""),)


def test_a_storm_that_never_ends_is_deafness_all_the_same(tmp_path, monkeypatch):
    """The cookie isn't waited for longer than the promise to be seen within a minute allows."""
    monkeypatch.setattr(cookie, "PATIENCE_S", 0.01)
    monkeypatch.setattr(cookie, "STORM_S", 0.05)
    hints, numbers = Hints("r1", lambda: None), iter(range(10**6))
    thread = CookieThread(
        os.fsencode(tmp_path), hints, lambda: "", lambda: next(numbers), lambda: None
    )
    thread.start()
    end_s = time.monotonic() + PATIENCE_S
    while not (said := hints.take()) and time.monotonic() < end_s:
        time.sleep(0.01)
    thread.stop()
    assert said[0].deaf


def test_a_process_that_was_stopped_is_not_deaf_at_once(bench, monkeypatch):
    """When it goes on, its watcher needs a moment as well."""
    real, asked = time.monotonic, []

    class Clock:
        """Jumps ahead once, in the midst of the wait."""

        @staticmethod
        def monotonic() -> float:
            return real() + (1000.0 if len(asked) > 1 else 0.0)

    def told() -> int:
        asked.append(real())
        return 0

    monkeypatch.setattr(cookie, "time", Clock)
    monkeypatch.setattr(cookie, "_make", lambda path: None)
    thread = CookieThread(os.fsencode(bench.private), bench.hints, lambda: "", told, lambda: None)
    thread.start()
    assert "not heard" in bench.next()
    thread.stop()
    assert real() - asked[1] >= cookie.PATIENCE_S


def test_the_real_times_keep_the_promise():
    """Seen within 60 s: a cookie every so often, and the longest wait for it."""
    real = {"EVERY_S": 30.0, "PATIENCE_S": 5.0, "STORM_S": cookie.STORM_S}
    assert real["EVERY_S"] + real["STORM_S"] + real["PATIENCE_S"] < 60.0


def test_fewer_watches_than_folders_ask_for_a_walk(bench, monkeypatch):
    """The kernel's list is counted every ten minutes."""
    monkeypatch.setattr(cookie, "LOOK_EVERY", 2)
    (bench.top / "a").mkdir()
    bench.start()
    bench.watcher.attend(b"", {b"": 0, b"a": 0})
    held = bench.watcher._gaps
    assert held.watches == 3  # with that of the cookies
    bench.watcher._gaps = replace(held, watches=4)
    assert "fewer" in bench.rescan()
