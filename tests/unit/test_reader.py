"""Reading for `find` and `duplicates`: what can't be read says why, and no descriptor stays."""

from __future__ import annotations

import errno
import os

import pytest
from tests.unit.picture_samples import jpeg

from dedupd.likeness import NOT_MEASURABLE, Comparison
from dedupd.model import Unreadable
from dedupd.pictures.pools import asking
from dedupd.pictures.pools.inline import InlinePool
from dedupd.searching.reader import Content, NotRead, Reader

LIMIT_BYTES = 1 << 20


@pytest.fixture
def reader():
    """Return a reader that looks at pictures in this process."""
    with Reader(InlinePool(), LIMIT_BYTES) as one:
        yield one


@pytest.fixture
def image(tmp_path):
    """Return a picture."""
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg())
    return Content(bytes(path))


@pytest.fixture(autouse=True)
def no_descriptor_stays(reader):
    """Hold every test here to it, whatever fails in it."""
    before = os.listdir("/proc/self/fd")
    yield
    assert os.listdir("/proc/self/fd") == before


def reason(read, *contents):
    """Return why something can't be read."""
    with pytest.raises(NotRead) as caught:
        read(*contents)
    return caught.value.why


@pytest.mark.parametrize("gone", [0, 1], ids=["needle", "haystack"])
def test_a_comparison_needs_both_files(reader, image, gone):
    """What was read of the one is let go when the other isn't there."""
    pair = [image, image]
    pair[gone] = Content(image.path + b" gone")
    assert reason(reader.compare, *pair) == Unreadable("gone", "it isn't there")


def test_a_file_over_the_limit_is_not_kept(reader, image):
    """It is read no further than that."""
    with open(image.path, "ab") as file:
        file.truncate(LIMIT_BYTES + 1)
    for read in (reader.fingerprint, reader.sign, reader.digest):
        assert reason(read, image) == Unreadable("too-large", f"the limit is {LIMIT_BYTES} bytes")


def test_a_thumbnail_shows_only_what_was_meant(reader, image):
    """Another content under the same name, a file that is gone, and what is no picture: none."""
    known = Content(image.path, reader.digest(image))
    assert (reader.thumbnail(known, 100) or b"").startswith(b"\xff\xd8\xff")
    with open(image.path, "ab") as file:
        file.write(b"more")
    assert reader.thumbnail(known, 100) is None
    assert reader.thumbnail(image, 100)
    with open(image.path, "wb") as file:
        file.write(b"Dear diary")
    assert reader.thumbnail(image, 100) is None
    assert reader.thumbnail(Content(image.path + b" gone"), 100) is None


def test_a_bad_sector_is_the_disks_fault(reader, image, monkeypatch):
    """Whoever reads: for a digest, for a look, or for the kind alone, which is none then."""

    def fail(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", fail)
        patch.setattr(os, "pread", fail)
        found = [reason(read, image) for read in (reader.digest, reader.fingerprint)]
        assert not reader.is_picture(image.path)
    assert found == [Unreadable("io", "Input/output error")] * 2
    assert reader.is_picture(image.path)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.ENOENT, Unreadable("gone", "it isn't there")),
        (errno.EACCES, Unreadable("forbidden", "Permission denied")),
        (errno.ESTALE, Unreadable("io", "Stale file handle")),
    ],
)
def test_a_file_that_cant_be_opened_is_named_by_its_cause(reader, image, monkeypatch, number, why):
    """Only a missing one is called gone."""

    def fail(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)
        found = reason(reader.digest, image)
    assert found == why


def test_a_file_of_somebody_else_is_read_as_usual(reader, image, monkeypatch):
    """Only its owner may leave the access time alone."""
    really, flags_tried = os.open, []

    def owners_only(path, flags, *more):
        flags_tried.append(flags)
        if flags & os.O_NOATIME:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        return really(path, flags, *more)

    expected = reader.digest(image)
    monkeypatch.setattr(os, "open", owners_only)
    assert reader.digest(image) == expected
    assert [bool(flags & os.O_NOATIME) for flags in flags_tried] == [True, False]
    assert all(flags & os.O_ACCMODE == os.O_RDONLY for flags in flags_tried)


def test_what_is_asked_when_the_command_ends_is_dropped(reader, image, monkeypatch):
    """No thread waits for a pool that is stopped; what it would have told counts for nothing."""
    monkeypatch.setattr(asking, "LOOK_S", 0.01)
    dropped = Unreadable("killed", "the command ended")
    with Reader(InlinePool(), LIMIT_BYTES) as ended:
        digest, fingerprint = ended.fingerprint(image)
        assert not isinstance(fingerprint, Unreadable)
    assert ended.fingerprint(image) == (digest, dropped)
    assert ended.sign(image) == dropped
    assert ended.hash(image, "dhash") == dropped
    assert ended.thumbnail(image, 100) is None
    assert ended.compare(image, image) == Comparison(dropped, dropped, NOT_MEASURABLE)
