"""A file that somebody writes to is read by nobody, also where the test's disk grants no lease."""

from __future__ import annotations

import errno
import fcntl
import os

import pytest

from dedupd.disk import files, lease
from dedupd.disk.files import read
from dedupd.messages import Depth
from dedupd.model import Kind

LIMIT_BYTES = 1 << 20
REFUSALS = [(errno.EAGAIN, True), (errno.EACCES, False), (errno.EINVAL, False)]


@pytest.fixture
def writers(monkeypatch) -> list[bool]:
    """Return what the next probes for writers say, the last one for ever."""
    told = [False]
    monkeypatch.setattr(files, "has_writer", lambda _fd: told.pop(0) if len(told) > 1 else told[0])
    monkeypatch.setattr(files, "watch_kind", lambda _identity: "inotify")
    return told


def outcome(tree):
    job = tree.read_job("x.jpg", Depth.KEEP)
    return read(tree.bytes, tree.identity, job, LIMIT_BYTES, lambda _head, _name: Kind.PICTURE)


@pytest.mark.parametrize("told", [[True], [False, True]])
def test_a_file_with_a_writer_is_changed(tree, writers, open_fds, told):
    """Before the first byte is read or after the last: there is no digest, and nothing open."""
    writers[:] = told
    tree.make("x.jpg")
    before = open_fds()
    answer = outcome(tree)
    assert (answer.changed, answer.digest, answer.payload) == (True, None, None)
    assert open_fds() == before


def test_a_file_on_another_disk_below_the_root_is_not_probed(tree, writers, monkeypatch):
    """Its file system may answer anything; the stamp decides there."""
    writers[:] = [True]
    tree.make("x.jpg")
    monkeypatch.setattr(files, "watch_kind", lambda _identity: "poll")
    answer = outcome(tree)
    assert not answer.changed
    os.close(answer.payload.fd)


@pytest.mark.parametrize(("error", "writes"), REFUSALS)
def test_only_one_refusal_of_a_lease_means_a_writer(monkeypatch, error, writes):
    """EAGAIN; a stranger's file (EACCES) and a file system without leases (EINVAL) tell nothing."""

    def refused(_fd, _command, _kind):
        raise OSError(error, "no")

    monkeypatch.setattr(fcntl, "fcntl", refused)
    assert lease.has_writer(5) is writes


def test_a_lease_that_is_granted_is_given_back(monkeypatch):
    """A held lease would block other programs' writers."""
    asked = []
    monkeypatch.setattr(fcntl, "fcntl", lambda fd, command, kind: asked.append(kind))
    assert not lease.has_writer(5)
    assert asked == [fcntl.F_RDLCK, fcntl.F_UNLCK]
