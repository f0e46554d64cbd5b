"""The worker that makes thumbnails is there only while somebody looks."""

from __future__ import annotations

import hashlib
import threading

import pytest
from tests.unit.picture_samples import jpeg

from dedupd.pictures.pools.inline import InlinePool
from dedupd.searching import thumbnails
from dedupd.searching.reader import Reader
from dedupd.searching.thumbnails import Studio


class Watched(Reader):
    """A reader that tells when it begins and when it ended."""

    begun = 0

    def __init__(self):
        super().__init__(InlinePool(), 1 << 20)
        self.ended = threading.Event()

    def __enter__(self):
        Watched.begun += 1
        return super().__enter__()

    def __exit__(self, *of):
        super().__exit__(*of)
        self.ended.set()


@pytest.fixture
def readers(monkeypatch):
    monkeypatch.setattr(Watched, "begun", 0)
    return []


def studio_of(readers, idle_s=60.0):
    def make():
        readers.append(Watched())
        return readers[-1]

    return Studio(make, idle_s)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg())
    return bytes(path), hashlib.sha256(jpeg()).digest()


def test_a_thumbnail_is_made_once(readers, picture, tmp_path):
    """Then it is known by content, also when the file is gone."""
    studio = studio_of(readers)
    first = studio.thumbnail(*picture, 64)
    (tmp_path / "a.jpg").unlink()
    assert first == studio.thumbnail(*picture, 64)
    assert studio.thumbnail(*picture, 65) is None
    assert Watched.begun == 1
    studio.close()
    assert readers[0].ended.is_set()


def test_the_worker_ends_when_it_rests_and_comes_back(readers, picture):
    """An idle daemon stays idle."""
    studio = studio_of(readers, idle_s=0.02)
    assert studio.thumbnail(*picture, 64)
    assert readers[0].ended.wait(10)
    assert studio.thumbnail(*picture, 64)
    assert Watched.begun == 2
    studio.close()


def test_no_more_is_kept_than_may_be(readers, picture, monkeypatch):
    """The oldest go first."""
    monkeypatch.setattr(thumbnails, "KEPT_BYTES", 1)
    studio = studio_of(readers)
    assert studio.thumbnail(*picture, 64)
    assert (studio._kept, studio._kept_bytes) == ({}, 0)
    studio.close()


def test_a_closed_studio_makes_nothing(readers, picture):
    """A request that comes late starts no worker."""
    studio = studio_of(readers)
    studio.close()
    assert studio.thumbnail(*picture, 64) is None
    assert Watched.begun == 0
