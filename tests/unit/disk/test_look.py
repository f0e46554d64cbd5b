"""The looks of a claim, and the walker that does every job: never an error, never a guess."""

from __future__ import annotations

import dataclasses
import os
import shutil
import stat

import pytest

from dedupd.disk import look, sights, walker
from dedupd.disk.look import check_root, look_at, look_tree
from dedupd.disk.mounts import mount_id
from dedupd.disk.walk import hide_nothing
from dedupd.disk.walker import walker_answers
from dedupd.messages import (
    CheckRoot,
    Glance,
    Glanced,
    Listed,
    LookAt,
    LookTree,
    RootSeen,
    Swept,
    TreeLooked,
    WitnessesLooked,
)
from dedupd.model import EntryType


def tree_job(tree, folder=b""):
    return LookTree("r1", folder, tree.identity, 3)


def at_job(tree, *paths):
    return LookAt("r1", paths, tree.identity, 3)


def swap(tree):
    """Put another folder of the same content in the root's place."""
    os.rename(tree.path, f"{tree.path}-away")
    shutil.copytree(f"{tree.path}-away", tree.path)


def test_a_tree_is_seen_whole(tree):
    """Folders, links and special files too, with device, links and mount."""
    for path in ("a/x", "a/b/y", "c"):
        tree.make(path)
    (tree.path / "a" / "link").symlink_to("x")
    os.mkfifo(tree.path / "pipe")
    os.link(tree.path / "c", tree.path / "d")
    looked = look_tree(tree.bytes, tree_job(tree))
    assert (looked.identity, looked.problems, looked.number) == (tree.identity, (), 3)
    assert [(sight.path, sight.type) for sight in looked.sights] == [
        (b"a", EntryType.FOLDER),
        (b"c", EntryType.FILE),
        (b"d", EntryType.FILE),
        (b"pipe", EntryType.SPECIAL),
        (b"a/b", EntryType.FOLDER),
        (b"a/link", EntryType.LINK),
        (b"a/x", EntryType.FILE),
        (b"a/b/y", EntryType.FILE),
    ]
    assert [s.links for s in looked.sights if s.type is EntryType.FILE] == [2, 2, 1, 1]
    device = os.stat(tree.path).st_dev
    assert {(s.device, s.mount_id) for s in looked.sights} == {(device, mount_id(tree.fd))}
    assert all(sight.stamp == tree.stamp(sight.path.decode()) for sight in looked.sights)


def test_a_look_can_begin_below_the_root(tree):
    """Only that tree, by paths from the root."""
    tree.make("a/b/x")
    tree.make("y")
    looked = look_tree(tree.bytes, tree_job(tree, b"a"))
    assert [sight.path for sight in looked.sights] == [b"a/b", b"a/b/x"]


def test_a_missing_folder_is_a_problem(tree):
    """A claim about nothing is no claim."""
    looked = look_tree(tree.bytes, tree_job(tree, b"no"))
    assert (looked.sights, [path for path, _ in looked.problems]) == ((), [b"no"])


@pytest.mark.usefixtures("permissions_bind")
@pytest.mark.parametrize("mode", [0, 0o400, 0o100])
def test_a_folder_that_may_not_be_read_is_a_problem_of_the_look(tree, mode):
    """Whether its names or only what they stand for can't be had: every error counts."""
    tree.make("a/x")
    os.chmod(tree.path / "a", mode)
    looked = look_tree(tree.bytes, tree_job(tree))
    os.chmod(tree.path / "a", 0o700)
    assert b"a" in [path for path, _ in looked.problems]


def test_a_file_with_several_names_says_its_own_mount(tree, monkeypatch):
    """A single file mounted over a name is on another mount than its folder."""
    tree.make("a")
    os.link(tree.path / "a", tree.path / "b")
    tree.make("c")
    is_file = lambda fd: stat.S_ISREG(os.fstat(fd).st_mode)  # noqa: E731
    monkeypatch.setattr(sights, "mount_id", lambda fd: 2 if is_file(fd) else 1)
    looked = look_tree(tree.bytes, tree_job(tree))
    assert [(sight.path, sight.mount_id) for sight in looked.sights] == [
        (b"a", 2),
        (b"b", 2),
        (b"c", 1),
    ]


def between_the_passes(monkeypatch, act):
    """Do `act` after the names were listed and before the folders are looked at again."""
    again = sights._Look.take_again

    def act_first(self):
        act()
        again(self)

    monkeypatch.setattr(sights._Look, "take_again", act_first)


def test_a_file_that_comes_into_a_listed_folder_is_a_problem(tree, monkeypatch):
    """It may be the picture that isn't in the library, moved past the look."""
    tree.make("a/x")
    tree.make("b/unknown.jpg")
    move = lambda: os.rename(tree.path / "b/unknown.jpg", tree.path / "a/unknown.jpg")  # noqa: E731
    between_the_passes(monkeypatch, move)
    looked = look_tree(tree.bytes, tree_job(tree))
    assert [path for path, _ in looked.problems] == [b"a", b"b"]


def test_a_folder_that_moves_away_is_a_problem(tree, monkeypatch):
    """Its own stamp stays, but it isn't where it was."""
    tree.make("a/x")
    move = lambda: os.rename(tree.path / "a", f"{tree.path}-away")  # noqa: E731
    between_the_passes(monkeypatch, move)
    looked = look_tree(tree.bytes, tree_job(tree))
    assert {path for path, _ in looked.problems} == {b"", b"a"}


def test_a_quiet_tree_has_no_problems(tree):
    """Looking changes nothing that the second pass would notice."""
    for number in range(40):
        tree.make(f"{number % 7}/{number}/x")
    looked = look_tree(tree.bytes, tree_job(tree))
    assert (looked.problems, len(looked.sights)) == ((), 7 + 40 + 40)


def swap_during(tree, monkeypatch, name):
    """Swap the root as soon as the named look has seen everything."""
    looking = getattr(look, name)

    def look_and_swap(*args):
        seen = looking(*args)
        swap(tree)
        return seen

    monkeypatch.setattr(look, name, look_and_swap)


@pytest.mark.parametrize("moment", ["before", "meanwhile", "away"])
def test_a_swapped_root_has_no_identity(tree, monkeypatch, moment):
    """Before or during the look, or gone altogether: the answer is worth nothing."""
    tree.make("a/x")
    if moment == "before":
        swap(tree)
    elif moment == "away":
        os.rename(tree.path, f"{tree.path}-away")
    else:
        swap_during(tree, monkeypatch, "sights")
    assert look_tree(tree.bytes, tree_job(tree)).identity is None


def test_witnesses_are_seen_where_they_are(tree):
    """A missing one is not among the sights; the others are, with what a claim compares."""
    tree.make("a/x")
    tree.make("a/y")
    looked = look_at(tree.bytes, at_job(tree, b"a/y", b"no", b"a/x", b"x/y"), hide_nothing)
    assert looked.identity == tree.identity
    assert [sight.path for sight in looked.sights] == [b"a/x", b"a/y"]
    assert looked.sights[0].stamp == tree.stamp("a/x")
    assert looked.sights[0].mount_id == mount_id(tree.fd)


def test_a_witness_behind_a_link_is_not_seen(tree):
    """A link vouches for nothing, nor does what lies behind it."""
    tree.make("a/x")
    (tree.path / "b").symlink_to("a")
    (tree.path / "c").symlink_to("a/x")
    looked = look_at(tree.bytes, at_job(tree, b"b/x", b"c"), hide_nothing)
    assert [(sight.path, sight.type) for sight in looked.sights] == [(b"c", EntryType.LINK)]


def test_a_hidden_witness_is_not_seen(tree):
    """What lies in the trash of the library vouches for nothing."""
    tree.make("trash/x")
    hide = lambda path, kind: path == b"trash"  # noqa: E731
    assert look_at(tree.bytes, at_job(tree, b"trash/x"), hide).sights == ()


def test_witnesses_in_a_swapped_root_have_no_identity(tree):
    """The files look the same, but it isn't the root that was agreed on."""
    tree.make("x")
    swap(tree)
    looked = look_at(tree.bytes, at_job(tree, b"x"), hide_nothing)
    assert (looked.identity, looked.sights) == (None, ())


def test_witnesses_in_a_root_swapped_meanwhile_have_no_identity(tree, monkeypatch):
    """What was seen was seen, but the root's path doesn't lead there any more."""
    tree.make("x")
    swap_during(tree, monkeypatch, "sights_at")
    assert look_at(tree.bytes, at_job(tree, b"x"), hide_nothing).identity is None


def test_a_root_is_known_again_by_its_files(tree):
    """Counted are files of equal size and mtime; a folder or link is none of them."""
    sample = []
    for name in ("same", "cut", "touched", "gone", "linked"):
        tree.make(name)
        stamp = tree.stamp(name)
        sample.append((name.encode(), stamp.size_bytes, stamp.mtime_ns))
    os.truncate(tree.path / "cut", 1)
    os.utime(tree.path / "touched", ns=(0, 0))
    os.unlink(tree.path / "gone")
    os.unlink(tree.path / "linked")
    (tree.path / "linked").symlink_to("7 bytes")
    os.utime(tree.path / "linked", ns=(0, sample[-1][2]), follow_symlinks=False)
    seen = check_root(tree.bytes, CheckRoot("r1", tuple(sample)))
    assert seen == RootSeen("r1", tree.identity, found=1, asked=5)


def test_a_missing_root_is_seen_nowhere(tree):
    """With the system's word for it."""
    os.rename(tree.path, f"{tree.path}-away")
    seen = check_root(tree.bytes, CheckRoot("r1", ((b"x", 1, 1),)))
    assert (seen.identity, seen.found, seen.asked) == (None, 0, 1)
    assert "No such file" in seen.detail


def jobs(tree):
    return [
        (tree.sweep_job(), [Listed, Listed, Swept]),
        (Glance("r1", (b"a/x",), tree.identity), [Glanced]),
        (tree_job(tree), [TreeLooked]),
        (at_job(tree, b"a/x"), [WitnessesLooked]),
        (CheckRoot("r1"), [RootSeen]),
    ]


def answers(tree, job, hide=hide_nothing):
    return list(walker_answers(tree.root, job, hide))


def test_every_job_is_answered_as_it_says(tree):
    """Each job by its own messages, in order, with the root's id."""
    tree.make("a/x")
    for job, kinds in jobs(tree):
        messages = answers(tree, job)
        assert [type(message) for message in messages] == kinds
        assert {message.root for message in messages} == {"r1"}
    assert answers(tree, tree.sweep_job(b"a"))[-1] == Swept("r1", b"a", 7, whole=True)


def test_nothing_is_listed_in_a_root_that_is_another(tree):
    """A sweep and a glance answer with the root that is there now."""
    tree.make("a/x")
    expected = dict(zip("sg", [job for job, _ in jobs(tree)][:2], strict=True))
    swap(tree)
    for job in expected.values():
        (seen,) = answers(tree, job)
        assert isinstance(seen, RootSeen)
        assert seen.identity not in (None, tree.identity)
    shutil.rmtree(tree.path)
    for job in expected.values():
        (seen,) = answers(tree, job)
        assert seen == RootSeen("r1", None, detail=seen.detail)


def test_a_volume_that_changed_is_another_root(tree):
    """The numbers of a device and a mount are given again to the next disk."""
    job = tree.sweep_job()
    other = dataclasses.replace(job, identity=dataclasses.replace(job.identity, volume="other"))
    (seen,) = answers(tree, other)
    assert seen == RootSeen("r1", tree.identity, detail=seen.detail)


def test_a_sweep_of_a_root_that_is_swapped_meanwhile_is_not_whole(tree):
    """What was listed was true of the root before; the end says that it is no longer there."""
    tree.make("a/x")
    sweep = walker_answers(tree.root, tree.sweep_job(), hide_nothing)
    next(sweep)
    swap(tree)
    *_, last = sweep
    assert last == Swept("r1", b"", 7, whole=False)


def test_hidden_paths_are_absent_from_a_glance(tree):
    """A hint about a file in the trash leads to nothing."""
    tree.make("trash/x")
    tree.make("y")
    hide = lambda path, kind: path == b"trash"  # noqa: E731
    (glanced,) = answers(tree, Glance("r1", (b"trash/x", b"y"), tree.identity), hide)
    assert {path: bool(entry) for path, entry in glanced.seen} == {b"trash/x": False, b"y": True}


def test_no_job_leaves_a_descriptor_open(tree, open_fds):
    """Neither done nor given up; so a quiet disk can be unmounted."""
    tree.make("a/x")
    before = open_fds()
    for job, _ in jobs(tree):
        answers(tree, job)
        given_up = walker.walker_answers(tree.root, job, hide_nothing)
        next(given_up)
        given_up.close()
    assert open_fds() == before
