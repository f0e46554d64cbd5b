"""What every watcher does, and what the one that listens must hear."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import threading
import time

import pytest
from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, InotifyFD

from dedupd.disk import watch
from dedupd.disk.watch import Hints, WatchUnavailable, native
from dedupd.messages import Hint, Rescan
from dedupd.model import Role, Root

BOUND_S = 5.0
ODD_NAMES = (
    b"plain.jpg", b"two words.jpg", b"new\nline.jpg", b"tab\there.jpg", b"\x1b[31mred.jpg",
    b"back\\slash.jpg", b"not-utf8-\xff\xfe.jpg", "caf\u00e9.jpg".encode(),
    "cafe\u0301.jpg".encode(), b"quote'\".jpg", b"-rf", b"*?[x].jpg",
    "\u202egpj.exe".encode(), b"n" * 255,
)  # fmt: skip


class FakeWatcher:
    """Hears what a test tells it; the fake of the family."""

    backend = "fake"

    def __init__(self, root, private):
        self._hints = None

    def start(self, hints):
        self._hints = hints

    def attend(self, folder, folders):
        return None

    def stop(self):
        self._hints = None

    def hear(self, path):
        if self._hints:
            self._hints.add(path)


class Ear:
    """The service's side: takes what a watcher puts into its box, and waits for it."""

    def __init__(self, root):
        self._awake = threading.Event()
        self.hints = Hints(root.id, self._awake.set)
        self.heard = set()

    def listen(self):
        self._awake.clear()
        self.heard |= set(self.hints.take())

    def hears(self, wanted, bound_s=BOUND_S):
        """Take until `wanted(heard)` holds; False when it doesn't within the bound."""
        end_s = time.monotonic() + bound_s
        self.listen()
        while not wanted(self.heard):
            if not self._awake.wait(end_s - time.monotonic()):
                return False
            self.listen()
        return True

    def hears_paths(self, *paths):
        return self.hears(lambda heard: set(paths) <= paths_of(heard))

    def hears_rescan(self, why):
        return self.hears(lambda heard: Rescan("r1", why) in heard)


def private(root):
    return root.path + b".private"


def paths_of(heard):
    return {one.place.path for one in heard if isinstance(one, Hint)}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    path = os.fsencode(tmp_path / "root")
    return Root("r1", path, Role.NEEDLES, poll_every_s=0.02)


@pytest.fixture
def top(tmp_path):
    return tmp_path / "root"


@pytest.fixture
def ear(root):
    return Ear(root)


MEMBERS = {**watch.BACKENDS, "fake": FakeWatcher}


@pytest.fixture(params=MEMBERS)
def member(request, root):
    watcher = MEMBERS[request.param](root, private(root))
    yield watcher
    watcher.stop()


@pytest.fixture
def listening(root, ear):
    """Give the test an ear that listens by inotify."""
    watcher = native.NativeWatcher(root, private(root))
    watcher.start(ear.hints)
    yield ear
    watcher.stop()


def threads():
    return set(threading.enumerate())


def test_a_member_says_its_name(member):
    """The name in the table is the one that `status` shows."""
    assert MEMBERS[member.backend]


def test_start_and_stop_may_be_repeated(member, ear):
    """And leave no thread and no descriptor behind."""
    before, fds = threads(), len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        member.start(ear.hints)
        member.start(ear.hints)
        member.stop()
        member.stop()
    assert threads() == before
    assert len(os.listdir("/proc/self/fd")) == fds


def test_stop_ends_at_once(member, ear):
    """Whatever the interval of the root."""
    member.start(ear.hints)
    begun_s = time.monotonic()
    member.stop()
    assert time.monotonic() - begun_s < 2


def test_a_member_that_was_stopped_says_nothing(member, ear, top):
    """Nothing arrives after `stop` has returned."""
    member.start(ear.hints)
    member.stop()
    ear.hints.take()
    (top / "x").write_bytes(b"")
    assert ear.hints.take() == ()


def test_a_change_is_followed_by_a_word(member, ear, top):
    """A hint at it or a walk of the root, in every member but the deaf one."""
    member.start(ear.hints)
    (top / "x").write_bytes(b"")
    if isinstance(member, FakeWatcher):
        member.hear(b"x")
    heard = ear.hears(
        lambda heard: b"x" in paths_of(heard) or any(isinstance(one, Rescan) for one in heard),
        bound_s=0.2 if member.backend == "none" else BOUND_S,
    )
    assert heard == (member.backend != "none")


def test_polling_goes_on(root, ear):
    """Walk after walk, each after the last was taken."""
    watcher = watch.PollWatcher(root, private(root))
    watcher.start(ear.hints)
    for _ in range(3):
        ear.heard.clear()
        assert ear.hears_rescan("poll")
    watcher.stop()


def test_odd_names_are_heard_as_the_exact_bytes(listening, root):
    """Files and folders alike."""
    for name in ODD_NAMES:
        path = os.path.join(root.path, name)
        open(path, "wb").close()
        os.mkdir(os.path.join(root.path, b"d" + name[:250]))
    assert listening.hears_paths(*ODD_NAMES, *(b"d" + name[:250] for name in ODD_NAMES))


def test_every_kind_of_change_is_heard(listening, top):
    """Written, chmodded, touched, renamed, deleted, linked, a folder made and removed."""
    file = top / "x"
    steps = [
        lambda: file.write_bytes(b"1"),
        lambda: file.chmod(0o600),
        lambda: os.utime(file, (1, 1)),
        lambda: os.truncate(file, 0),
        file.unlink,
        lambda: file.symlink_to("nowhere"),
        file.unlink,
        file.mkdir,
        file.rmdir,
        lambda: os.mkfifo(file),
    ]
    for step in steps:
        listening.hints.take()
        listening.heard.clear()
        step()
        assert listening.hears_paths(b"x")


def test_both_ends_of_a_rename_are_heard(listening, top):
    """Files and folders, and what lies in a folder."""
    (top / "a").mkdir()
    (top / "a" / "x").write_bytes(b"")
    assert listening.hears_paths(b"a/x")
    listening.heard.clear()
    os.rename(top / "a", top / "b")
    assert listening.hears_paths(b"a", b"b")
    os.rename(top / "b" / "x", top / "b" / "y")
    assert listening.hears_paths(b"b/x", b"b/y")


def test_a_folder_renamed_at_once_is_heard_under_its_last_name(listening, top):
    """What it was called for a moment need not be told; what is there now must."""
    for number in range(20):
        (top / "new").mkdir()
        (top / "new" / "x").write_bytes(b"")
        os.rename(top / "new", top / f"{number}")
        assert listening.hears_paths(b"%d" % number)
        (top / f"{number}" / "y").write_bytes(b"")
        assert listening.hears_paths(b"%d/y" % number)


def test_a_file_moved_out_is_heard_soon(listening, top, tmp_path):
    """Its other end is never told, so watchdog waits for it: not for half a second."""
    waits_s = []
    for number in range(5):  # one quick answer proves it, a busy machine may spoil the others
        (top / f"{number}").write_bytes(b"")
        assert listening.hears_paths(b"%d" % number)
        listening.heard.clear()
        begun_s = time.monotonic()
        os.rename(top / f"{number}", tmp_path / "out")
        assert listening.hears_paths(b"%d" % number)
        waits_s.append(time.monotonic() - begun_s)
    assert min(waits_s) < 0.4


def test_a_tree_made_at_once_is_heard_to_its_leaves(listening, top):
    """`mkdir -p` and a file at the end, faster than watches can be set."""
    (top / "a/b/c/d").mkdir(parents=True)
    (top / "a/b/c/d/x").write_bytes(b"")
    assert listening.hears_paths(b"a", b"a/b/c/d/x")
    listening.heard.clear()
    (top / "a/b/c/d/later").write_bytes(b"")
    assert listening.hears_paths(b"a/b/c/d/later")


def test_a_tree_moved_in_is_heard_and_listened_to(listening, top, tmp_path):
    """The folder itself is told at least; later changes in it are heard as well."""
    (tmp_path / "t/u").mkdir(parents=True)
    (tmp_path / "t/u/x").write_bytes(b"")
    os.rename(tmp_path / "t", top / "t")
    assert listening.hears_paths(b"t")
    (top / "t/u/y").write_bytes(b"")
    assert listening.hears_paths(b"t/u/y")


def test_a_tree_deleted_is_heard(listening, top):
    """The folder and what was in it."""
    (top / "a/b").mkdir(parents=True)
    (top / "a/b/x").write_bytes(b"")
    assert listening.hears_paths(b"a/b/x")
    listening.heard.clear()
    shutil.rmtree(top / "a")
    assert listening.hears_paths(b"a", b"a/b/x")


def test_the_roots_own_end_is_heard(listening, top):
    """A hint at the root itself."""
    top.rmdir()
    assert listening.hears_paths(b"")


def test_a_root_that_is_a_link_is_heard_like_any_other(ear, top, tmp_path):
    """It was missing when the daemon started, and came back as a link."""
    (top / "a").mkdir()
    (tmp_path / "link").symlink_to(top)
    root = Root("r1", os.fsencode(tmp_path / "link"), Role.NEEDLES)
    watcher = native.NativeWatcher(root, private(root))
    watcher.start(ear.hints)
    (top / "x").write_bytes(b"")
    (top / "a" / "y").write_bytes(b"")
    assert ear.hears_paths(b"x", b"a/y")
    watcher.stop()


def test_reading_is_not_heard(listening, top):
    """Otherwise our own reads would be changes."""
    (top / "x").write_bytes(b"1")
    (top / "last").write_bytes(b"")
    assert listening.hears_paths(b"last")
    listening.heard.clear()
    for _ in range(3):
        (top / "x").read_bytes()
        os.listdir(top)
    (top / "end").write_bytes(b"")
    assert listening.hears_paths(b"end")
    assert b"x" not in paths_of(listening.heard)


def test_four_ordinary_operations_leave_no_deaf_watcher(listening, top, tmp_path, caplog):
    """watchdog 7.1 alone is deaf after them; here a walk is asked for, and hearing goes on.

    It is told in a line: people do such things every day, so it is no bug of ours.
    """
    caplog.set_level(logging.WARNING, logger="dedupd.disk.watch.observer")
    (top / "a").mkdir()
    assert listening.hears_paths(b"a")
    steps = (
        lambda: os.rename(top / "a", tmp_path / "elsewhere"),
        (top / "a").mkdir,
        (top / "a").rmdir,
    )
    for step in steps:
        listening.heard.clear()
        step()
        assert listening.hears_paths(b"a")
    (tmp_path / "elsewhere").rmdir()
    assert listening.hears_rescan("event lost")
    (top / "after").write_bytes(b"")
    assert listening.hears_paths(b"after")
    told = [one for one in caplog.records if one.name == "dedupd.disk.watch.observer"]
    assert {(one.levelname, one.exc_info) for one in told} <= {
        ("WARNING", None),
        ("WARNING", False),
    }


def test_an_overflow_asks_for_a_walk(root, ear):
    """The kernel dropped events, nobody knows which."""
    watcher = native.NativeWatcher(root, private(root))
    watcher.start(ear.hints)
    watcher._observer._inotify_fd.handle_event(
        InotifyEvent(-1, InotifyConstants.IN_Q_OVERFLOW, 0, b"")
    )
    assert ear.hears_rescan("overflow")
    open(os.path.join(root.path, b"x"), "wb").close()
    assert ear.hears_paths(b"x")
    watcher.stop()


def refuse(code, after=0):
    """Make inotify refuse the watches after the first `after`, as at the system's limit."""
    calls = []

    def add(self, path, mask, callback, id_, add=InotifyFD.add_callback):
        calls.append(path)
        if len(calls) > after:
            raise OSError(code, os.strerror(code))
        return add(self, path, mask, callback, id_)

    return add


@pytest.mark.parametrize("after", [0, 3])
def test_too_few_watches_are_refused(root, ear, top, monkeypatch, after):
    """For the root or for any folder below it: a watcher is never blind in silence."""
    for number in range(5):
        (top / str(number)).mkdir()
    before, fds = threads(), len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(InotifyFD, "add_callback", refuse(errno.ENOSPC, after))
    with pytest.raises(WatchUnavailable, match="max_user_watches"):
        native.NativeWatcher(root, private(root)).start(ear.hints)
    assert threads() == before
    assert len(os.listdir("/proc/self/fd")) == fds


def test_too_few_instances_are_refused(root, ear, monkeypatch):
    """inotify itself can't be had."""

    def none_left(cls):
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(InotifyFD, "_create_inotify_fd", classmethod(none_left))
    with pytest.raises(WatchUnavailable, match="max_user_instances"):
        native.NativeWatcher(root, private(root)).start(ear.hints)


@pytest.mark.parametrize("version", [(6, 0, 0), (7, 0, 1), (8, 0, 0)])
def test_an_unknown_watchdog_is_refused(root, ear, monkeypatch, version):
    """Its insides may have moved."""
    monkeypatch.setattr(native, "VERSION_INFO", version)
    with pytest.raises(WatchUnavailable, match="watchdog"):
        native.NativeWatcher(root, private(root)).start(ear.hints)
