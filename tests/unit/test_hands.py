"""The threads of one root: what they put into the inbox, and that none ends without a word."""

from __future__ import annotations

import os
import queue
import threading
import time

import pytest

from dedupd import hands as module
from dedupd.disk import pulse
from dedupd.disk.files import stamp_of
from dedupd.disk.roots import identify, open_root
from dedupd.disk.watch.poll import PollWatcher
from dedupd.engine.flow import READS_PER_ROOT
from dedupd.hands import Hands
from dedupd.hearing import Hearing, Unheard
from dedupd.messages import (
    CheckRoot,
    Depth,
    Listed,
    LookAt,
    LookTree,
    Read,
    RootSeen,
    Sweep,
    Swept,
    TreeLooked,
    Unwatch,
    Watch,
    Watching,
    WitnessesLooked,
)
from dedupd.model import Identity, Place, Role, Root

PATIENCE_S = 60.0  # ends what hangs; it says nothing about speed


class Inbox:
    """Takes what the hands of one root answer."""

    def __init__(self) -> None:
        self._answers: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.put = self._answers.put

    def next(self) -> object:
        """Wait for an answer."""
        return self._answers.get(timeout=PATIENCE_S)

    def is_empty(self) -> bool:
        """Has nothing more come?"""
        return self._answers.empty()


class Bench:
    """Hands for a folder, in which a test may say that the roots overlap."""

    def __init__(self, folder) -> None:
        self.root = Root("n1", os.fsencode(folder), Role.NEEDLES)
        self.inbox, self.overlap = Inbox(), ""
        self.hands = Hands(
            self.root,
            10**6,
            True,
            lambda: self.overlap,
            self.inbox.put,
            lambda hints: None,
            private=os.fsencode(folder.with_name("private")),
        )

    def identity(self) -> Identity:
        """Return where the root's path leads."""
        fd = open_root(self.root.path)
        try:
            return identify(fd)
        finally:
            os.close(fd)

    def do(self, job) -> object:
        """Have a job done; return its first answer."""
        self.hands.do(job)
        return self.inbox.next()


@pytest.fixture
def bench(tmp_path):
    """Return hands at work."""
    bench = Bench(tmp_path)
    bench.hands.start()
    yield bench
    bench.hands.stop()
    bench.hands.join(time.monotonic() + PATIENCE_S)


def test_a_root_that_overlaps_another_one_now_is_not_listened_to(bench):
    """It was missing when the configuration was read, and came as a link into the library."""
    bench.overlap = "n1 is the same folder as the haystack root lib"
    found = bench.do(Watch("n1", bench.identity()))
    assert found == RootSeen("n1", None, detail=bench.overlap)
    bench.overlap = ""
    assert isinstance(bench.do(Watch("n1", bench.identity())), Watching)


def test_a_root_that_overlaps_is_not_listened_to_any_more(bench):
    """It was fine before."""
    assert isinstance(bench.do(Watch("n1", bench.identity())), Watching)
    bench.overlap = "it moved into the library"
    assert isinstance(bench.do(Watch("n1", bench.identity())), RootSeen)
    assert bench.hands._watcher is None


@pytest.mark.parametrize("job", ["sweep", "check", "read", "watch"])
def test_a_bug_in_any_thread_is_told(bench, monkeypatch, job):
    """Else its root would be deaf for good, and nobody would know."""
    bug = RecursionError("a bug of ours")

    def broken(*_: object, **__: object) -> None:
        raise bug

    monkeypatch.setattr(module, "walker_answers", broken)
    monkeypatch.setattr(module, "read", broken)
    monkeypatch.setattr(module, "listen", broken)
    identity = bench.identity()
    bench.hands._identity = identity
    stamp = stamp_of(os.stat(bench.root.path), True)
    jobs = {
        "sweep": Sweep("n1", b"", identity, 1),
        "check": CheckRoot("n1"),
        "read": Read(Place("n1", b"a.jpg"), stamp, Depth.SNIFF),
        "watch": Watch("n1", identity),
    }
    assert bench.do(jobs[job]) is bug


def test_a_check_does_not_wait_for_a_walk(bench, monkeypatch):
    """A sweep of a large root takes long; whether the root is there must be known meanwhile."""
    real, held = module.walker_answers, queue.SimpleQueue()

    def slow(root, job, hide):
        if isinstance(job, Sweep):
            held.get(timeout=PATIENCE_S)
        yield from real(root, job, hide)

    monkeypatch.setattr(module, "walker_answers", slow)
    bench.hands.do(Sweep("n1", b"", bench.identity(), 1))
    seen = bench.do(CheckRoot("n1"))
    assert isinstance(seen, RootSeen)
    assert seen.identity == bench.identity()
    held.put(None)
    bench.inbox.next()
    assert isinstance(bench.inbox.next(), Swept)


LOOKS = {
    "tree": (LookTree, (b"card",), TreeLooked("n1", 7, None, (), ())),
    "witnesses": (LookAt, ((b"a.jpg",),), WitnessesLooked("n1", 7, None, ())),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_walker_that_hangs_costs_the_root_and_no_more(bench, monkeypatch, look):
    """The root's own check would answer; who waits for the walker is answered in its place."""
    real, held = module.walker_answers, queue.SimpleQueue()

    def hanging(root, job, hide):
        if isinstance(job, Sweep):
            held.get(timeout=PATIENCE_S)
        yield from real(root, job, hide)

    monkeypatch.setattr(module, "walker_answers", hanging)
    monkeypatch.setattr(pulse, "HANGS_S", 0.0)
    identity = bench.identity()
    what, wanted, given_up = LOOKS[look]
    bench.hands.do(Sweep("n1", b"", identity, 1))
    bench.hands.do(what("n1", *wanted, identity, 7))
    away = RootSeen("n1", None, detail="it does not answer")
    while bench.do(CheckRoot("n1")) != away:
        time.sleep(0.01)  # the walker has not begun to hang yet
    assert bench.inbox.next() == given_up
    assert bench.do(CheckRoot("n1")) == away
    held.put(None)
    assert isinstance(bench.inbox.next(), Listed)
    assert isinstance(bench.inbox.next(), Swept)
    while (seen := bench.do(CheckRoot("n1"))) == away:
        time.sleep(0.01)
    assert seen == RootSeen("n1", identity)
    assert bench.inbox.is_empty()  # the look is not answered twice


def test_looks_at_a_root_that_left_are_answered_at_once(bench, monkeypatch):
    """Its walker and its checker may both hang; a claim waits for the look, and others for it."""
    held = queue.SimpleQueue()
    real = module.walker_answers

    def hanging(root, job, hide):
        if isinstance(job, (Sweep, CheckRoot)):
            held.get(timeout=PATIENCE_S)
        yield from real(root, job, hide)

    monkeypatch.setattr(module, "walker_answers", hanging)
    identity = bench.identity()
    bench.hands.do(Sweep("n1", b"", identity, 1))
    bench.hands.do(CheckRoot("n1"))
    for what, wanted, _ in LOOKS.values():
        bench.hands.do(what("n1", *wanted, identity, 7))
    bench.hands.do(Unwatch("n1"))
    assert [bench.inbox.next() for _ in LOOKS] == [given_up for *_, given_up in LOOKS.values()]
    held.put(None)
    held.put(None)
    late = [bench.inbox.next() for _ in range(3)]
    assert {type(one) for one in late} == {Listed, Swept, RootSeen}  # and no second answer
    assert bench.inbox.is_empty()


def test_what_a_watcher_says_comes_after_the_word_that_it_watches(tmp_path, monkeypatch):
    """Else nobody would know of which watcher it speaks."""
    said = []
    heard = threading.Event()

    def wake(hints):
        said.append(hints.take())
        heard.set()

    def listen(root, identity, hints, private):
        hints.hearing("deaf at once")
        assert not said
        return PollWatcher(root, private), ""

    monkeypatch.setattr(module, "listen", listen)
    bench = Bench(tmp_path)
    bench.hands._wake = wake
    bench.hands.start()
    assert isinstance(bench.do(Watch("n1", bench.identity())), Watching)
    assert heard.wait(PATIENCE_S)
    assert said == [(Hearing("n1", "deaf at once"),)]
    bench.hands.stop()
    bench.hands.join(time.monotonic() + PATIENCE_S)


def test_a_sweep_has_everything_listened_to(bench, monkeypatch):
    """What it listed is compared with what the kernel watches, before the sweep's last word."""
    asked = []
    os.makedirs(os.path.join(bench.root.path, b"a/b"))
    identity = bench.identity()
    bench.do(Watch("n1", identity))
    real = bench.hands._watcher.attend
    monkeypatch.setattr(
        bench.hands._watcher, "attend", lambda *args: asked.append(args) or real(*args)
    )
    bench.hands.do(Sweep("n1", b"", identity, 1))
    listed = [bench.inbox.next() for _ in range(3)]
    assert [one.folder for one in listed] == [b"", b"a", b"a/b"]
    assert bench.inbox.next() == Unheard("n1", b"")
    assert isinstance(bench.inbox.next(), Swept)
    inos = {one: os.stat(os.path.join(bench.root.path, one)).st_ino for one in (b"a", b"a/b")}
    assert asked == [(b"", {b"": identity.ino, **inos})]


def test_hands_that_are_stopped_end_their_threads(bench):
    """Nothing is put into the inbox after that."""
    bench.hands.stop()
    bench.hands.join(time.monotonic() + PATIENCE_S)
    threads = [bench.hands._walker, bench.hands._checker, *bench.hands._readers]
    assert not any(thread.is_alive() for thread in threads)
    assert bench.inbox.is_empty()


def test_hands_that_hang_are_not_waited_for_past_the_deadline(bench, monkeypatch):
    """All threads of a root together, not each of them."""
    held = queue.SimpleQueue()
    monkeypatch.setattr(module, "walker_answers", lambda *_: iter([held.get(timeout=PATIENCE_S)]))
    bench.hands.do(Sweep("n1", b"", bench.identity(), 1))
    bench.hands.do(CheckRoot("n1"))
    bench.hands.stop()
    began_s = time.monotonic()
    bench.hands.join(began_s + 1.0)
    assert time.monotonic() - began_s < 1.9
    for _ in range(2):
        held.put(RootSeen("n1", None))


def test_a_slow_read_ends_when_the_daemon_does(bench, tmp_path):
    """A film is read again for minutes; nobody waits for that at a shutdown."""
    path = tmp_path / "film.mov"
    path.write_bytes(bytes(100_000))
    bench.do(Watch("n1", bench.identity()))
    stamp = stamp_of(path.lstat(), keeps_ino=True)
    film = Place("n1", b"film.mov")
    bench.hands.do(Read(film, stamp, Depth.DIGEST, pace_bytes_per_s=1))
    for _ in range(READS_PER_ROOT):  # it takes none of the places of other reads
        assert bench.do(Read(film, stamp, Depth.DIGEST)).digest is not None
    bench.hands.stop()
    began_s = time.monotonic()
    bench.hands.join(began_s + PATIENCE_S)
    assert time.monotonic() - began_s < PATIENCE_S / 2
    assert bench.inbox.is_empty()
