"""Folders that nobody listens to are found by the kernel's own list, and watched where possible."""

from __future__ import annotations

import errno
import os

import pytest
from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, InotifyFD, Watch

from dedupd.disk.watch import Hints, gaps, native, observer
from dedupd.disk.watch.gaps import MOST_FOLDERS, Gaps, compared, covered, top_of
from dedupd.disk.watch.kernel import inos, watched_inos
from dedupd.hearing import Unheard
from dedupd.model import Role, Root

TABLE = (
    b"pos:\t0\nflags:\t02004000\nmnt_id:\t15\nino:\t1057\n"
    b"inotify wd:3 ino:9e7e sdev:800013 mask:800afce ignored_mask:0 fhandle-bytes:8\n"
    b"inotify wd:1b ino:a111 sdev:800013 mask:800afce ignored_mask:0 fhandle-bytes:8\n"
)


class Kernel:
    """Watches what it is told to, but for folders of the names that are refused."""

    def __init__(self, *watched: bytes) -> None:
        self._watched = {path.rstrip(b"/") for path in watched}
        self.refused: set[bytes] = set()
        self.asked: list[bytes] = []

    def watched(self) -> dict[bytes, int]:
        """Return what is watched."""
        return {path: os.stat(path).st_ino for path in self._watched if os.path.exists(path)}

    def add(self, path: bytes) -> None:
        """Watch one more."""
        self.asked.append(path)
        if os.path.basename(path) not in self.refused:
            self._watched.add(path)


@pytest.fixture
def top(tmp_path):
    """Return a root with folders a, a/b and c."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    return os.fsencode(tmp_path)


def folders_of(top: bytes) -> dict[bytes, int]:
    """Return what a whole sweep lists: inode by path."""
    paths = (b"", b"a", b"a/b", b"c")
    return {path: os.stat(os.path.join(top, path)).st_ino for path in paths}


def test_the_kernels_table_is_read():
    """In hex, and nothing but the watches."""
    assert inos(TABLE) == {0x3: 0x9E7E, 0x1B: 0xA111}


def test_a_closed_descriptor_is_an_error():
    """Rather than an empty list."""
    with pytest.raises(OSError, match="fdinfo"):
        watched_inos(10**6)


def test_what_is_watched_is_left_alone(top):
    """Nothing is asked for."""
    kernel = Kernel(*(os.path.join(top, path) for path in folders_of(top)))
    found = compared(Gaps(top), b"", folders_of(top), kernel.watched, kernel.add)
    assert (found.mended, found.blind, kernel.asked) == (set(), set(), [])
    assert found.gaps == Gaps(top)


def test_what_is_missing_is_watched(top):
    """And told, since what changed before went unheard."""
    kernel = Kernel(top)
    found = compared(Gaps(top), b"", folders_of(top), kernel.watched, kernel.add)
    assert (found.mended, found.blind) == ({b"a", b"a/b", b"c"}, set())
    assert not found.gaps.doubtful


def test_what_is_refused_is_blind(top):
    """As long as it is there."""
    kernel = Kernel(top)
    kernel.refused = {b"b", b"c"}
    listed = folders_of(top)
    os.rmdir(os.path.join(top, b"c"))
    found = compared(Gaps(top), b"", listed, kernel.watched, kernel.add)
    assert (found.mended, found.blind) == ({b"a"}, {b"a/b"})
    assert found.gaps.doubtful


def test_a_folder_of_unknown_inode_is_looked_up(top):
    """The first one of a part of a sweep has no line in its parent's listing."""
    kernel = Kernel(top)
    found = compared(Gaps(top), b"c", {b"c": 0}, kernel.watched, kernel.add)
    assert found.mended == {b"c"}


def test_another_folder_in_its_place_is_not_called_blind(top):
    """It was replaced since the listing; the next sweep tells."""
    kernel = Kernel(top)
    kernel.refused = {b"c"}
    listed = folders_of(top)
    os.rename(os.path.join(top, b"c"), os.path.join(top, b"kept"))
    os.mkdir(os.path.join(top, b"c"))
    assert compared(Gaps(top), b"", listed, kernel.watched, kernel.add).blind == set()


@pytest.mark.parametrize(("watched", "blind"), [((), 4), ((b"", b"a", b"a/b", b"c"), 0)])
def test_where_numbers_do_not_compare_paths_do(top, watched, blind):
    """On a file system whose inode numbers the kernel and `stat` see differently."""
    kernel = Kernel(*(os.path.join(top, path) for path in watched))
    kernel.refused = {os.path.basename(top), b"a", b"b", b"c"}
    found = compared(Gaps(top, comparable=False), b"", folders_of(top), kernel.watched, kernel.add)
    assert len(found.blind) == blind


def test_whether_numbers_compare_is_seen_at_the_root(top):
    """It was just watched, so its number must be in the list."""
    assert covered(top, {top: os.stat(top).st_ino})
    assert not covered(top, {top: 1})
    assert not covered(top, {top + b"/other": os.stat(top).st_ino})


def test_topmost_folders_stand_for_those_below():
    """By path, not by the letters of it."""
    assert top_of([b"a/b", b"a", b"a.b", b"c/d", b"c/d/e"]) == {b"a": 2, b"a.b": 1, b"c/d": 2}
    assert top_of([b"a", b""]) == {b"": 2}
    assert top_of([]) == {}


def test_too_many_are_the_root_itself():
    """A sweep of the root is cheaper than a thousand small ones."""
    many = [b"%d" % number for number in range(MOST_FOLDERS + 1)]
    assert top_of(many) == {b"": len(many)}
    assert len(top_of(many[1:])) == MOST_FOLDERS


@pytest.fixture
def watcher(top, tmp_path_factory):
    """Return a real watcher that listens to it."""
    private = os.fsencode(tmp_path_factory.mktemp("private"))
    watcher = native.NativeWatcher(Root("r1", top, Role.NEEDLES), private)
    watcher.start(Hints("r1", lambda: None))
    yield watcher
    watcher.stop()


def test_a_folder_of_equal_number_does_not_stand_for_another_one(top, monkeypatch):
    """The folder of the cookies, or a subvolume: on btrfs each one's top has the number 256."""
    numbers = {os.path.join(top, path): 256 for path in (b"a", b"c")}
    monkeypatch.setattr(gaps, "_ino", lambda path: numbers.get(path, 1))
    watched = {top: 1, os.path.join(top, b"a"): 256}
    listed = {b"": 1, b"a": 256, b"c": 256}
    found = compared(Gaps(top), b"", listed, lambda: watched, lambda path: None)
    assert (found.mended, found.blind) == (set(), {b"c"})


def test_a_folder_that_was_replaced_is_watched_anew(top):
    """The old one is watched still, under its name."""
    kernel = Kernel(*(os.path.join(top, path) for path in folders_of(top)))
    watched = kernel.watched()
    found = compared(
        Gaps(top), b"", folders_of(top) | {b"c": 1}, lambda: watched, kernel.asked.append
    )
    assert kernel.asked == [os.path.join(top, b"c")]
    assert found.blind == set()  # what was listed is gone again


def test_a_real_watcher_has_no_gaps(watcher, top):
    """Every folder is in the kernel's list."""
    assert watcher.attend(b"", folders_of(top)) == Unheard("r1", b"")


def test_a_real_watcher_tells_folders_of_equal_number_apart(watcher, top, monkeypatch):
    """All folders are of one number, and one of them isn't watched."""
    monkeypatch.setattr(observer, "watched_inos", all_alike)
    monkeypatch.setattr(gaps, "_ino", lambda path: 256)
    alike = dict.fromkeys(folders_of(top), 256)
    assert watcher.attend(b"", alike) == Unheard("r1", b"")
    found = watcher._observer
    group = next(one for one in found._groups() if one.is_recursive)
    with group._lock:
        group._remove_callbacks([group._active_callbacks_by_path[os.path.join(top, b"c")]])
    assert watcher.attend(b"", alike) == Unheard("r1", b"", (b"c",))


def all_alike(fd: int) -> dict[int, int]:
    """Return the kernel's list as on a file system of subvolumes."""
    return dict.fromkeys(watched_inos(fd), 256)


@pytest.mark.parametrize("lost", [False, True])
def test_watches_are_counted_where_numbers_repeat_and_folders_are_hidden(
    watcher, top, monkeypatch, lost
):
    """Neither asks for a walk every ten minutes, nor hides that a watch was lost."""
    asked = []
    hints = Hints("r1", lambda: None)
    monkeypatch.setattr(hints, "rescan", asked.append)
    monkeypatch.setattr(observer, "watched_inos", all_alike)
    monkeypatch.setattr(gaps, "_ino", lambda path: 256)
    watcher.attend(b"", dict.fromkeys((b"", b"a", b"c"), 256))  # a/b is excluded, but watched
    group = next(one for one in watcher._observer._groups() if one.is_recursive)
    if lost:
        with group._lock:
            group._remove_callbacks([group._active_callbacks_by_path[os.path.join(top, b"c")]])
    watcher._look(hints)()
    assert bool(asked) is lost


def test_a_part_is_not_compared_where_nothing_was_refused(watcher):
    """Each new folder would cost a look at the whole list."""
    assert watcher.attend(b"c", {b"c": 0}) is None


def test_a_real_watcher_finds_and_mends_its_gaps(watcher, top, monkeypatch):
    """The limit is reached, later it is raised."""
    code = errno.ENOSPC
    add = InotifyFD._get_or_create_watch

    def refuse(self, path, mask):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(InotifyFD, "_get_or_create_watch", refuse)
    os.makedirs(os.path.join(top, b"new/er"))
    listed = {b"new": 0, b"new/er": 0}
    found = watcher.attend(b"", folders_of(top) | listed)
    assert (found.mended, found.blind) == ((), ((b"new", 2),))
    assert "max_user_watches" in found.why
    assert watcher.attend(b"new", listed).blind == ((b"new", 2),)
    monkeypatch.setattr(InotifyFD, "_get_or_create_watch", add)
    assert watcher.attend(b"new", listed) == Unheard("r1", b"new", (b"new",))
    assert watcher.attend(b"new", listed) == Unheard("r1", b"new")
    assert watcher.attend(b"", folders_of(top) | listed) == Unheard("r1", b"")
    assert watcher.attend(b"new", listed) is None


def test_a_root_that_is_refused_itself_is_blind_like_any_folder(watcher, top, monkeypatch):
    """After an overflow watchdog watches all anew, and by then no watch may be left."""
    add = InotifyFD._get_or_create_watch

    def refuse(self, path, mask):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(InotifyFD, "_get_or_create_watch", refuse)
    lost = InotifyEvent(-1, InotifyConstants.IN_Q_OVERFLOW, 0, b"")
    watcher._observer.reader.handle_event(lost)
    found = watcher.attend(b"", folders_of(top))
    assert found.blind == ((b"", 4),)
    assert "max_user_watches" in found.why
    monkeypatch.setattr(InotifyFD, "_get_or_create_watch", add)
    assert watcher.attend(b"", folders_of(top)) == Unheard("r1", b"", (b"",))


def test_a_refusal_is_not_forgotten_over_another_part(watcher, top, monkeypatch):
    """Many folders come at once; the first one swept is one that was still watched."""
    code = errno.ENOSPC

    def refuse(self, path, mask):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(InotifyFD, "_get_or_create_watch", refuse)
    os.makedirs(os.path.join(top, b"new"))
    watcher._observer.reader.refused = OSError(code, os.strerror(code))
    assert watcher.attend(b"c", {b"c": 0}) == Unheard("r1", b"c")
    assert watcher.attend(b"new", {b"new": 0}).blind == ((b"new", 1),)


def test_a_folder_that_may_not_be_read_does_not_count_as_watched(watcher, top, monkeypatch):
    """watchdog 7.1 takes the -1 of the kernel for a watch."""
    found = watcher._observer.reader
    monkeypatch.setattr(
        InotifyFD,
        "_get_or_create_watch",
        lambda self, path, mask: Watch(-1, 0, b""),
    )
    os.mkdir(os.path.join(top, b"shut"))
    told = watcher.attend(b"", {b"shut": 0})
    assert told.blind == ((b"shut", 1),)
    assert told.why == "Permission denied"
    assert -1 not in found._watch_for_wd


def test_a_watcher_that_was_stopped_compares_nothing(watcher, top):
    """There is nothing to compare with."""
    watcher.stop()
    assert watcher.attend(b"", folders_of(top)) is None
