"""Listing trees and single paths: order, borders, depth, and nothing skipped in silence."""

from __future__ import annotations

import errno
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedupd.disk.folders import FolderCursor, open_folder
from dedupd.disk.roots import open_root
from dedupd.disk.walk import glance, hide_nothing, is_hidden, walk
from dedupd.model import EntryType

DEEP = 3000


def listed(tree, folder=b"", hide=hide_nothing):
    return list(walk(tree.fd, tree.sweep_job(folder), hide))


def folders_of(listing):
    return [one.folder for one in listing]


def names_of(one):
    return [entry.name for entry in one.entries]


def glanced(tree, *paths):
    return dict(glance(tree.fd, paths, tree.identity.keeps_ino))


def test_a_walk_is_sorted_and_depth_first(tree):
    """A folder, then its subfolders in byte order, each whole before the next."""
    for path in ("b/x", "a/z/1", "a/b/2", "a b/3", "a-b/4", "B/5", "0"):
        tree.make(path)
    listing = listed(tree)
    assert folders_of(listing) == [
        b"", b"B", b"a", b"a/b", b"a/z", b"a b", b"a-b", b"b",
    ]  # fmt: skip
    assert names_of(listing[0]) == [b"0", b"B", b"a", b"a b", b"a-b", b"b"]
    assert {(one.root, one.number, one.problem) for one in listing} == {("r1", 7, None)}


def test_a_walk_can_begin_below_the_root(tree):
    """It lists that folder and what is below it; paths still count from the root."""
    tree.make("a/b/c/x")
    tree.make("a/y")
    assert folders_of(listed(tree, b"a/b")) == [b"a/b", b"a/b/c"]


def test_an_entry_is_what_lstat_shows(tree):
    """Type and stamp; a link is a link, whatever it leads to."""
    tree.make("file")
    (tree.path / "folder").mkdir()
    (tree.path / "link").symlink_to("folder")
    os.mkfifo(tree.path / "special")
    entries = {entry.name.decode(): entry for entry in listed(tree)[0].entries}
    assert {name: entry.type for name, entry in entries.items()} == {
        "file": EntryType.FILE,
        "folder": EntryType.FOLDER,
        "link": EntryType.LINK,
        "special": EntryType.SPECIAL,
    }
    assert all(entry.stamp == tree.stamp(name) for name, entry in entries.items())


def test_links_to_folders_and_loops_are_not_entered(tree, tmp_path):
    """Nothing outside the root is listed, and nothing twice."""
    tree.make("a/x")
    (tree.path / "a" / "loop").symlink_to("..")
    (tree.path / "out").symlink_to(tmp_path)
    assert folders_of(listed(tree)) == [b"", b"a"]


def test_odd_names_come_as_the_exact_bytes(tree, odd_names):
    """Files and folders alike."""
    for name in odd_names:
        tree.make(name + b"/" + name if len(name) < 255 else name)
    listing = listed(tree)
    assert names_of(listing[0]) == sorted(odd_names)
    assert folders_of(listing)[1:] == sorted(name for name in odd_names if len(name) < 255)


def make_deep(tree, levels):
    fd = os.dup(tree.fd)
    for _ in range(levels):
        os.mkdir("d", dir_fd=fd)
        deeper = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = deeper
    os.close(os.open("x.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
    return fd


def remove_deep(tree):
    """Remove the chain from its top, one level at a time, without ever naming a long path."""
    for _ in range(DEEP - 1):
        os.rename("d/d", "next", src_dir_fd=tree.fd, dst_dir_fd=tree.fd)
        os.rmdir("d", dir_fd=tree.fd)
        os.rename("next", "d", src_dir_fd=tree.fd, dst_dir_fd=tree.fd)


def test_a_tree_of_3000_levels_is_walked(memory_tree, open_fds):
    """Longer than PATH_MAX, deeper than the recursion limit, with few descriptors."""
    tree = memory_tree
    os.close(make_deep(tree, DEEP))
    before = open_fds()
    most, depth = 0, -1
    for depth, one in enumerate(walk(tree.fd, tree.sweep_job(), hide_nothing)):
        most = max(most, open_fds()) if depth % 100 == 0 else most
        deepest = one
    assert (depth, names_of(deepest)) == (DEEP, [b"x.jpg"])
    assert most - before < 64
    assert open_fds() == before
    path = b"/".join([b"d"] * DEEP + [b"x.jpg"])
    assert glanced(tree, path)[path].type is EntryType.FILE
    remove_deep(tree)


def test_a_deep_tree_with_branches_is_walked_whole(tree):
    """The way back up passes folders whose descriptors were given up."""
    path = b""
    for _ in range(100):
        tree.make(path + b"z/x")
        path += b"d/"
    found = folders_of(listed(tree))
    assert (len(found), len(set(found))) == (200, 200)


def test_nothing_stays_open_when_a_walk_is_given_up(tree, open_fds):
    """A closed generator closes its folders."""
    tree.make("a/b/c/x")
    before = open_fds()
    walking = walk(tree.fd, tree.sweep_job(), hide_nothing)
    for _ in range(3):
        next(walking)
    assert open_fds() > before
    walking.close()
    assert open_fds() == before


def test_hidden_entries_are_left_out_and_not_entered(tree):
    """`hide` is asked with the path inside the root and the type."""
    for path in ("a/.Trash/x", "a/y", ".Trash", "b/hidden.jpg"):
        tree.make(path)
    hide = lambda path, kind: (  # noqa: E731
        path.endswith(b"hidden.jpg")
        or (kind is EntryType.FOLDER and path.rpartition(b"/")[2] == b".Trash")
    )
    listing = listed(tree, hide=hide)
    assert folders_of(listing) == [b"", b"a", b"b"]
    assert [names_of(one) for one in listing] == [[b".Trash", b"a", b"b"], [b"y"], []]
    assert listed(tree, b"a/.Trash", hide) == []
    assert is_hidden(b"a/.Trash/x/y", EntryType.FILE, hide)
    assert not is_hidden(b"", EntryType.FOLDER, lambda path, kind: True)


@pytest.mark.usefixtures("permissions_bind")
def test_a_folder_that_may_not_be_read_is_a_problem(tree):
    """It is reported, and what lies beside it is listed all the same."""
    tree.make("a/x")
    tree.make("b/y")
    os.chmod(tree.path / "a", 0)
    listing = listed(tree)
    os.chmod(tree.path / "a", 0o700)
    assert folders_of(listing) == [b"", b"a", b"b"]
    assert (listing[1].problem.reason, listing[1].entries) == ("forbidden", ())
    assert listing[2].problem is None


@pytest.mark.usefixtures("permissions_bind")
def test_a_folder_whose_entries_may_not_be_looked_at_is_a_problem(tree):
    """With read but no search permission names can be had, and nothing else."""
    tree.make("a/x")
    os.chmod(tree.path / "a", 0o400)
    listing = listed(tree)
    os.chmod(tree.path / "a", 0o700)
    assert (listing[1].problem.reason, listing[1].entries) == ("forbidden", ())


def test_an_error_in_the_middle_of_a_folder_is_a_problem(tree, monkeypatch):
    """What was found so far is given, and that it may not be all."""
    tree.make("a")

    class Failing:
        def __init__(self, names):
            self.names = names

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.names.close()

        def __iter__(self):
            yield from self.names
            raise OSError(errno.EIO, "Input/output error")

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda fd: Failing(scandir(fd)))
    (listing,) = listed(tree)
    assert (names_of(listing), listing.problem.reason) == ([b"a"], "io")


def test_a_folder_that_vanishes_meanwhile_is_left_out(tree):
    """Between its parent's turn and its own; a deleted one is not an empty one."""
    for path in ("a/x", "b/y", "c/z"):
        tree.make(path)
    walking = walk(tree.fd, tree.sweep_job(), hide_nothing)
    next(walking)
    os.rename(tree.path / "a", f"{tree.path}-away")
    os.rename(tree.path / "b", tree.path / "d")
    (tree.path / "b").symlink_to("d")
    assert folders_of(walking) == [b"c"]


def test_a_deleted_folder_is_not_an_empty_one(tree):
    """A root that goes while we hold it open lists as empty; that must not be believed."""
    (tree.path / "a").mkdir()
    fd = open_folder(tree.fd, b"a")
    os.rmdir(tree.path / "a")
    (listing,) = walk(fd, tree.sweep_job(), hide_nothing)
    os.close(fd)
    assert listing.problem.reason == "io"


def test_a_glance_tells_what_is_there_and_what_is_not(tree):
    """None stands for a proven absence, also where a file or a link is in the way."""
    tree.make("a/x")
    (tree.path / "link").symlink_to("a")
    seen = glanced(tree, b"a/x", b"a", b"", b"no", b"no/x", b"a/x/y", b"link/x", b"link", b"../a")
    assert {path: entry and entry.type for path, entry in seen.items()} == {
        b"": EntryType.FOLDER,
        b"a": EntryType.FOLDER,
        b"a/x": EntryType.FILE,
        b"link": EntryType.LINK,
        b"no": None,
        b"no/x": None,
        b"a/x/y": None,
        b"link/x": None,
        b"../a": None,
    }
    assert seen[b"a/x"].stamp == tree.stamp("a/x")
    assert seen[b"a/x"].name == b"x"


@pytest.mark.usefixtures("permissions_bind")
def test_a_glance_says_nothing_of_what_it_may_not_see(tree):
    """Forbidden is not absent: the path is left out of the answer."""
    tree.make("a/x")
    tree.make("b")
    os.chmod(tree.path / "a", 0)
    seen = glanced(tree, b"a/x", b"b")
    os.chmod(tree.path / "a", 0o700)
    assert list(seen) == [b"b"]


def test_stamps_leave_out_what_the_file_system_does_not_keep(tree):
    """Without lasting inode numbers neither ino nor ctime counts."""
    tree.make("x")
    ((_, entry),) = glance(tree.fd, [b"x"], keeps_ino=False)
    assert (entry.stamp.ino, entry.stamp.ctime_ns) == (0, 0)
    assert entry.stamp.size_bytes == 7


names = st.binary(min_size=1, max_size=4).filter(
    lambda name: name not in (b".", b"..") and not {0, 47} & set(name)
)
paths = st.lists(names, min_size=1, max_size=4).map(b"/".join)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.sets(paths, max_size=12))
def test_a_walk_finds_exactly_what_is_there(tmp_path_factory, tree, made):
    """Every folder once, every entry in its folder, whatever the names."""
    top = os.fsencode(tmp_path_factory.mktemp("any"))
    folders = {b"/".join(p.split(b"/")[:n]) for p in made for n in range(p.count(b"/") + 2)}
    for folder in sorted(folders):
        os.makedirs(os.path.join(top, folder), exist_ok=True)
    fd = open_root(top)
    found = [one.folder for one in walk(fd, tree.sweep_job(), hide_nothing)]
    os.close(fd)
    assert len(found) == len(set(found))
    assert set(found) == folders | {b""}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=st.lists(st.integers(0, 5), max_size=8), data=st.data())
def test_a_cursor_stands_where_it_was_sent(tree, visits, data):
    """However it jumps, the descriptor is that of the folder asked for."""
    every = [b"", b"a", b"a/b", b"a/b/c", b"ab", b"ab/b"]
    for folder in every:
        os.makedirs(os.path.join(tree.bytes, folder), exist_ok=True)
    with FolderCursor(tree.fd) as cursor:
        for visit in visits:
            here = os.fstat(cursor.go(every[visit]))
            assert os.path.samestat(here, os.stat(os.path.join(tree.bytes, every[visit])))
            missing = data.draw(st.sampled_from([b"no", b"a/no", b"a/b/no/c"]))
            with pytest.raises(FileNotFoundError):
                cursor.go(missing)
