"""Which watcher a root gets, and what happens where it can't have it."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import pytest

from dedupd.disk import watch
from dedupd.disk.watch import Hints, WatchUnavailable
from dedupd.messages import Rescan


@pytest.mark.parametrize(
    ("chosen", "kind", "backend"),
    [
        ("auto", "ext4", "inotify"),
        ("auto", "nfs4", "poll"),
        ("auto", "fuse.sshfs", "poll"),
        ("poll", "ext4", "poll"),
        ("none", "ext4", "none"),
        ("inotify", "nfs4", "inotify"),
    ],
)
def test_the_backend_is_the_owners_choice_or_fits_the_file_system(tree, chosen, kind, backend):
    """Network file systems tell nothing of what other machines do."""
    made = watch.make(
        replace(tree.root, watch=chosen), replace(tree.identity, kind=kind), b"/private"
    )
    assert made.backend == backend


class Refusing:
    """A watcher that can't listen."""

    backend = "inotify"

    def __init__(self, root, private):
        self.root, self.private = root, private

    def start(self, hints):
        raise WatchUnavailable("no more watches")

    def stop(self):
        raise AssertionError("it was never started")


def test_a_root_that_cannot_be_listened_to_is_polled(tree, monkeypatch):
    """At the root's own interval, and it is said why."""
    monkeypatch.setitem(watch.BACKENDS, "inotify", Refusing)
    awake = threading.Event()
    hints = Hints("r1", awake.set)
    root = replace(tree.root, watch="inotify", poll_every_s=0.01)
    watcher, detail = watch.listen(root, tree.identity, hints, b"/private")
    assert (watcher.backend, detail) == ("poll", "no more watches")
    assert awake.wait(60)
    watcher.stop()
    assert hints.take() == (Rescan("r1", "poll"),)


def test_a_root_that_can_be_listened_to_is(tree, tmp_path_factory):
    """There is nothing to say about it then."""
    private = os.fsencode(tmp_path_factory.mktemp("private"))
    watcher, detail = watch.listen(
        replace(tree.root, watch="inotify"), tree.identity, Hints("r1", lambda: None), private
    )
    watcher.stop()
    assert (watcher.backend, detail) == ("inotify", "")
