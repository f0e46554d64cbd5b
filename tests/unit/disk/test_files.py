"""Reading one file: what it is, its digest, its bytes, and when to look again instead."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import subprocess
import sys

import pytest

from dedupd.disk import files
from dedupd.disk.files import HEAD_BYTES, read
from dedupd.disk.folders import stamp_of
from dedupd.disk.lease import has_writer
from dedupd.messages import Depth
from dedupd.model import Kind

LIMIT = 10 << 20
LARGE = bytes(range(256)) * (3 << 12)  # 3 MiB: several chunks


def kind_of(head, name):
    return Kind.PICTURE if name.endswith(b".jpg") else Kind.OTHER


def look(tree, inside, depth=Depth.DIGEST, during=lambda: None, limit_bytes=LIMIT, job=None):
    """Read a file, with `during` done in the middle: after the first check, before the rest."""

    def kind_and_more(head, name):
        during()
        return kind_of(head, name)

    job = job or tree.read_job(inside, depth)
    return read(tree.bytes, tree.identity, job, limit_bytes, kind_and_more)


def assert_changed(answer):
    assert answer.changed
    assert (answer.kind, answer.digest, answer.payload, answer.problem) == (None,) * 4


def test_a_sniff_gives_the_kind_and_no_digest(tree):
    """Only the head of the file is looked at."""
    tree.make("a/x.jpg", LARGE)
    answer = look(tree, "a/x.jpg", Depth.SNIFF)
    assert (answer.kind, answer.digest, answer.payload) == (Kind.PICTURE, None, None)
    assert not answer.changed
    assert answer.problem is None


@pytest.mark.parametrize("rate", [1 << 10, 1 << 18, 1 << 24])
def test_a_file_is_read_again_at_its_pace(tree, rate):
    """In small bites where the pace is slow: no pause is longer than a second."""
    tree.make("x.jpg", LARGE)
    pauses: list[float] = []
    job = dataclasses.replace(tree.read_job("x.jpg"), pace_bytes_per_s=rate)
    answer = read(tree.bytes, tree.identity, job, LIMIT, kind_of, pause=pauses.append)
    assert answer.digest == hashlib.sha256(LARGE).digest()
    assert sum(pauses) == pytest.approx(len(LARGE) / rate)
    assert max(pauses) <= 1.0


def test_without_a_pace_nothing_waits(tree):
    """An owner waits for it."""
    tree.make("x.jpg", LARGE)
    pauses: list[float] = []
    read(tree.bytes, tree.identity, tree.read_job("x.jpg"), LIMIT, kind_of, pause=pauses.append)
    assert pauses == []


def test_what_is_read_again_comes_from_the_disk(tree, monkeypatch):
    """What memory holds of it is let go before: it may be better than what the disk holds."""
    advised: list[int] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda *words: advised.append(words[3]))
    tree.make("x.jpg", LARGE)
    look(tree, "x.jpg")
    assert os.POSIX_FADV_DONTNEED not in advised
    again = dataclasses.replace(tree.read_job("x.jpg"), pace_bytes_per_s=1 << 30)
    look(tree, "x.jpg", job=again)
    assert os.POSIX_FADV_DONTNEED in advised


@pytest.mark.parametrize("size_bytes", [0, 1, HEAD_BYTES, 1 << 20, (1 << 20) + 1, len(LARGE)])
def test_a_digest_is_the_sha256_of_the_whole_file(tree, size_bytes):
    """At every size around the borders of head and chunk."""
    tree.make("x.jpg", LARGE[:size_bytes])
    answer = look(tree, "x.jpg")
    assert answer.digest == hashlib.sha256(LARGE[:size_bytes]).digest()
    assert answer.payload is None


@pytest.mark.parametrize("content", [b"", b"x", LARGE])
def test_kept_bytes_are_the_bytes_digested(tree, content):
    """The payload holds the file from its start, ready to be read."""
    tree.make("x.jpg", content)
    answer = look(tree, "x.jpg", Depth.KEEP)
    with open(answer.payload.fd, "rb") as kept:
        assert kept.read() == content
    assert answer.payload.size_bytes == len(content)
    assert answer.digest == hashlib.sha256(content).digest()


def test_the_kind_is_told_from_head_and_name(tree):
    """The first 4,096 bytes and the last part of the path are handed on."""
    tree.make("a/b.jpg", LARGE)
    heard = []
    job = tree.read_job("a/b.jpg", Depth.SNIFF)
    read(tree.bytes, tree.identity, job, LIMIT, lambda *args: heard.append(args) or Kind.OTHER)
    assert heard == [(LARGE[:HEAD_BYTES], b"b.jpg")]


def test_odd_names_are_read(tree, odd_names):
    """A name is any bytes."""
    for name in odd_names:
        tree.make(b"d\xff/" + name, name)
        answer = look(tree, os.fsdecode(b"d\xff/" + name))
        assert answer.digest == hashlib.sha256(name).digest()


@pytest.mark.parametrize("depth", Depth)
def test_a_file_that_grows_meanwhile_is_changed(tree, depth):
    """Whatever was read, the stamp no longer stands for it."""
    tree.make("x.jpg", LARGE)

    def grow():
        with open(tree.path / "x.jpg", "ab") as file:
            file.write(b"more")

    assert_changed(look(tree, "x.jpg", depth, during=grow))


@pytest.mark.parametrize("depth", Depth)
def test_a_file_cut_meanwhile_is_changed(tree, depth):
    """A short read is never a digest."""
    tree.make("x.jpg", LARGE)
    during = lambda: os.truncate(tree.path / "x.jpg", len(LARGE) - 1)  # noqa: E731
    assert_changed(look(tree, "x.jpg", depth, during=during))


def test_a_rewrite_with_its_old_times_is_changed(tree):
    """Size and mtime can be put back, ctime can't."""
    tree.make("x.jpg", b"old")
    st = os.stat(tree.path / "x.jpg")

    def rewrite():
        tree.make("x.jpg", b"new")
        os.utime(tree.path / "x.jpg", ns=(st.st_atime_ns, st.st_mtime_ns))

    assert_changed(look(tree, "x.jpg", during=rewrite))


@pytest.mark.timeout(180)
def test_a_file_that_never_ends_is_given_up(tree, monkeypatch):
    """A writer that is faster than we are must not hold a reader for ever."""
    tree.make("x.jpg", LARGE)
    monkeypatch.setattr(os, "read", lambda fd, length: LARGE)
    answer = look(tree, "x.jpg")
    monkeypatch.undo()
    assert_changed(answer)


@pytest.mark.parametrize("chunks", [[LARGE[:-1]], [LARGE, b"x"], []])
def test_a_length_that_the_stamp_does_not_explain_is_changed(tree, monkeypatch, chunks):
    """A network file system may show an old stamp with new content."""
    tree.make("x.jpg", LARGE)
    left = [*chunks, b"", b""]
    monkeypatch.setattr(os, "read", lambda fd, length: left.pop(0))
    answers = [look(tree, "x.jpg"), look(tree, "x.jpg", Depth.KEEP)]
    monkeypatch.undo()
    for answer in answers:
        assert_changed(answer)


@pytest.mark.parametrize("depth", Depth)
@pytest.mark.parametrize("head", [b"", LARGE[: HEAD_BYTES - 1]], ids=["empty", "short"])
def test_a_head_that_the_stamp_does_not_explain_is_changed(tree, monkeypatch, depth, head):
    """No kind is told from half of what tells it: a picture might pass for something else."""
    tree.make("x.jpg", LARGE)
    job, kinds = tree.read_job("x.jpg", depth), []
    monkeypatch.setattr(os, "pread", lambda *_: head)
    answer = read(tree.bytes, tree.identity, job, LIMIT, lambda *seen: kinds.append(seen))
    monkeypatch.undo()
    assert_changed(answer)
    assert kinds == []


def test_another_stamp_than_the_jobs_is_changed(tree):
    """The job speaks of a file that isn't there any more."""
    tree.make("x.jpg")
    job = tree.read_job("x.jpg")
    tree.make("x.jpg", b"other content")
    assert_changed(look(tree, "x.jpg", job=job))


def test_another_root_is_changed(tree):
    """A root that was swapped is not read from, though the file is the very same."""
    tree.make("a/x.jpg")
    job = tree.read_job("a/x.jpg")
    os.rename(tree.path, f"{tree.path}-away")
    tree.path.mkdir()
    os.rename(f"{tree.path}-away/a", tree.path / "a")
    assert job.stamp == tree.stamp("a/x.jpg")
    assert_changed(look(tree, "a/x.jpg", job=job))


def test_another_volume_is_changed_where_stamps_are_weak(tree):
    """Without ino and ctime the next disk in the same slot could pass for this one."""
    tree.make("x.jpg")
    weak = dataclasses.replace(tree.identity, keeps_ino=False, volume="other")
    stamp = stamp_of(os.lstat(tree.path / "x.jpg"), keeps_ino=False)
    job = dataclasses.replace(tree.read_job("x.jpg"), stamp=stamp)
    assert_changed(read(tree.bytes, weak, job, LIMIT, kind_of))


def test_a_missing_root_is_changed(tree):
    """A root that is away says nothing about its files."""
    tree.make("x.jpg")
    job = tree.read_job("x.jpg")
    os.rename(tree.path, f"{tree.path}-away")
    assert_changed(look(tree, "x.jpg", job=job))


def leases_are_granted(tree):
    tree.make("lease")
    with open(tree.path / "lease", "rb") as file, open(tree.path / "lease", "ab"):
        return has_writer(file.fileno())


def test_an_open_writer_is_changed(tree):
    """A file that somebody has open for writing isn't whole, however still it lies."""
    if not leases_are_granted(tree):
        pytest.skip("this file system grants no leases")
    tree.make("x.jpg")
    with open(tree.path / "x.jpg", "ab"):
        assert_changed(look(tree, "x.jpg"))
    assert not look(tree, "x.jpg").changed


def test_a_writer_that_comes_meanwhile_is_changed(tree, open_fds):
    """The second probe hears of it, before anything was written; no payload is left open."""
    if not leases_are_granted(tree):
        pytest.skip("this file system grants no leases")
    tree.make("x.jpg")
    before = open_fds()
    writers = []
    during = lambda: writers.append(open(tree.path / "x.jpg", "ab"))  # noqa: E731, SIM115
    assert_changed(look(tree, "x.jpg", Depth.KEEP, during=during))
    writers[0].close()
    assert open_fds() == before


@pytest.mark.parametrize("name", ["x.jpg", "a/b/x.jpg"])
def test_a_link_is_never_followed(tree, name, tmp_path):
    """Neither as the file nor on the way to it, also when it takes a file's place."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.jpg").write_bytes(b"secret")
    tree.make(name, b"public")
    job = tree.read_job(name)
    first = tree.path / name.split("/")[0]
    os.rename(first, tmp_path / "moved")
    target = "outside" if first.name == "a" else "outside/x.jpg"
    first.symlink_to(tmp_path / target)
    if first.name == "a":
        (tmp_path / "outside" / "b").symlink_to(tmp_path / "moved" / "b")
    assert_changed(look(tree, name, job=job))


def test_a_path_that_climbs_out_is_refused(tree, tmp_path):
    """`..` is no name that a listing holds."""
    tree.make("a/x.jpg")
    (tmp_path / "x.jpg").write_bytes(b"content")
    job = tree.read_job("../x.jpg")
    assert_changed(look(tree, "", job=job))


@pytest.mark.timeout(180)
def test_a_fifo_never_blocks(tree):
    """Neither one that was there nor one that takes the file's place at the last moment."""
    os.mkfifo(tree.path / "x.jpg")
    assert_changed(look(tree, "x.jpg"))


def test_a_special_file_is_not_even_opened(tree, monkeypatch):
    """Opening can act by itself: a FIFO wakes its writer, a tape rewinds."""
    os.mkfifo(tree.path / "x.jpg")
    monkeypatch.setattr(files, "open_untouched", lambda *args: pytest.fail(f"opened {args}"))
    assert_changed(look(tree, "x.jpg"))


def test_a_link_that_slips_in_is_not_followed(tree, tmp_path, monkeypatch):
    """Not even to be found out afterwards."""
    tree.make("x.jpg")
    (tmp_path / "outside").write_bytes(b"")
    codes = []

    def swap(name, flags, folder_fd, opened=files.open_untouched):
        os.unlink(tree.path / "x.jpg")
        (tree.path / "x.jpg").symlink_to(tmp_path / "outside")
        try:
            return opened(name, flags, folder_fd)
        except OSError as error:
            codes.append(error.errno)
            raise

    monkeypatch.setattr(files, "open_untouched", swap)
    assert_changed(look(tree, "x.jpg"))
    assert codes == [errno.ELOOP]


@pytest.mark.timeout(180)
def test_a_fifo_that_slips_in_never_blocks(tree, monkeypatch):
    """Between the look and the open there is a moment in which anything can happen."""
    tree.make("x.jpg")

    def swap(name, flags, folder_fd, opened=files.open_untouched):
        os.unlink(tree.path / "x.jpg")
        os.mkfifo(tree.path / "x.jpg")
        return opened(name, flags, folder_fd)

    monkeypatch.setattr(files, "open_untouched", swap)
    assert_changed(look(tree, "x.jpg"))


def test_a_folder_named_like_a_picture_is_changed(tree):
    """Only a regular file is read."""
    (tree.path / "x.jpg").mkdir()
    assert_changed(look(tree, "x.jpg"))


def test_a_picture_over_the_limit_is_too_large(tree):
    """At every depth, and nothing but its head was read."""
    tree.make("x.jpg", b"x" * 100)
    for depth in Depth:
        answer = look(tree, "x.jpg", depth, limit_bytes=99)
        assert (answer.kind, answer.problem.reason) == (Kind.PICTURE, "too-large")
        assert (answer.digest, answer.payload, answer.changed) == (None, None, False)
        assert look(tree, "x.jpg", Depth.SNIFF, limit_bytes=100).problem is None


def test_a_large_video_still_gets_its_digest(tree):
    """The limit is for what is decoded or held in memory."""
    tree.make("x.mp4", b"x" * 100)
    assert look(tree, "x.mp4", limit_bytes=99).digest == hashlib.sha256(b"x" * 100).digest()
    assert look(tree, "x.mp4", Depth.KEEP, limit_bytes=99).problem.reason == "too-large"


def assert_forbidden(answer):
    assert (answer.problem.reason, answer.kind, answer.changed) == ("forbidden", None, False)


@pytest.mark.usefixtures("permissions_bind")
def test_a_file_that_may_not_be_read_is_forbidden(tree):
    """Its kind stays unknown: the name alone proves nothing."""
    tree.make("x.jpg")
    os.chmod(tree.path / "x.jpg", 0)
    assert_forbidden(look(tree, "x.jpg"))


@pytest.mark.usefixtures("permissions_bind")
def test_a_file_in_a_shut_folder_is_forbidden(tree):
    """A folder that may not be entered is a problem, not an absence."""
    tree.make("a/x.jpg")
    job = tree.read_job("a/x.jpg")
    os.chmod(tree.path / "a", 0)
    answer = look(tree, "a/x.jpg", job=job)
    os.chmod(tree.path / "a", 0o700)
    assert_forbidden(answer)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (errno.EIO, "io"),
        (errno.EACCES, "forbidden"),
        (errno.ESTALE, "changed"),
        (errno.ENOENT, "changed"),
        (errno.EMFILE, "changed"),
    ],
)
def test_a_failing_read_is_named_by_its_cause(tree, monkeypatch, code, outcome, open_fds):
    """A bad sector is the file's, a lost server or a lack of descriptors is not."""
    tree.make("x.jpg", LARGE)
    job = tree.read_job("x.jpg", Depth.KEEP)
    before = open_fds()

    def fail(fd, length):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "read", fail)
    answer = look(tree, "x.jpg", job=job)
    monkeypatch.undo()
    if outcome == "changed":
        assert_changed(answer)
    else:
        assert (answer.problem.reason, answer.problem.detail) == (outcome, os.strerror(code))
    assert open_fds() == before


def test_no_descriptor_stays_open(tree, open_fds):
    """Neither after success nor after any kind of failure."""
    tree.make("a/b/x.jpg", LARGE)
    before = open_fds()
    job = tree.read_job("a/b/x.jpg")
    for depth in (Depth.SNIFF, Depth.DIGEST):
        look(tree, "a/b/x.jpg", depth)
    os.close(look(tree, "a/b/x.jpg", Depth.KEEP).payload.fd)
    look(tree, "a/b/x.jpg", limit_bytes=1)
    os.unlink(tree.path / "a/b/x.jpg")
    look(tree, "a/b/x.jpg", job=job)
    assert open_fds() == before


def test_reading_leaves_the_access_time_alone(tree):
    """Looking at a photo writes nothing, not even when it was looked at."""
    tree.make("x.jpg")
    os.utime(tree.path / "x.jpg", ns=(1, os.stat(tree.path / "x.jpg").st_mtime_ns))
    look(tree, "x.jpg")
    assert os.stat(tree.path / "x.jpg").st_atime_ns == 1


@pytest.mark.timeout(120)
def test_a_writer_is_not_held_up(tree):
    """The lease is gone when the read is over, so another program opens at once."""
    tree.make("x.jpg")
    look(tree, "x.jpg")
    script = "import os, sys; os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK)"
    subprocess.run([sys.executable, "-c", script, tree.path / "x.jpg"], check=True, timeout=60)
