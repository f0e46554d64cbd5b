"""`find` reads the likeliest candidates itself, and believes only what it sees."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from tests.unit.picture_samples import encoded, photo, small_photo

from dedupd.asks import Known, MatchLine
from dedupd.model import EvidenceKind, Fingerprint, Role, Stamp, Unreadable
from dedupd.pictures.opencv import cv2
from dedupd.pictures.pools.inline import InlinePool
from dedupd.rules.verify import Policy
from dedupd.searching import find as finding
from dedupd.searching.find import Image, by_hash, find
from dedupd.searching.reader import Content, NotRead, Reader

JPEG = (cv2.IMWRITE_JPEG_QUALITY, 92)
LIMIT_BYTES = 1 << 22


@pytest.fixture
def reader():
    """Return a reader that looks at pictures in this process."""
    with Reader(InlinePool(), LIMIT_BYTES) as one:
        yield one


def put(folder, name, picture, *options):
    """Write a picture; return its path."""
    path = folder / name
    path.write_bytes(encoded(picture, path.suffix, *options))
    return bytes(path)


def image(reader, path):
    """Return what is looked for."""
    return Image(path, *reader.fingerprint(Content(path)))


def line(reader, path, sketch_score=1.0):
    """Return a library file as the daemon names it."""
    digest, fingerprint = reader.fingerprint(Content(path))
    known = Known(path, Role.HAYSTACK, Stamp(0, 0, 0, 0), digest, fingerprint)
    return MatchLine(known, None, "different", 0, sketch_score)


def kinds(search):
    """Return evidence and reason of each line."""
    return [(one.evidence.kind if one.evidence else None, one.reason) for one in search.lines]


def test_a_picture_is_found_by_bytes_coding_and_looks_the_strongest_first(reader, tmp_path):
    """Each with the evidence that the daemon would give it."""
    cat = small_photo(640, 420)
    here = put(tmp_path, "needle.jpg", cat, *JPEG)
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(Path(os.fsdecode(here)).read_bytes())
    noted = tmp_path / "noted.jpg"
    plain = copy.read_bytes()
    noted.write_bytes(plain[:2] + b"\xff\xfe\x00\x06note" + plain[2:])
    png = put(tmp_path, "saved.png", cv2.imdecode(np.frombuffer(plain, np.uint8), 1))
    near = [line(reader, bytes(path)) for path in (noted, copy)] + [line(reader, png)]
    search = find(reader, image(reader, here), near, Policy())
    found = [EvidenceKind.BYTES, EvidenceKind.PIXELS, EvidenceKind.SAME]
    assert kinds(search) == [(kind, "") for kind in found]
    assert search.found


def test_a_smaller_copy_is_only_possible(reader, tmp_path):
    """And doesn't count as found."""
    here = put(tmp_path, "needle.jpg", small_photo(640, 420), *JPEG)
    small = put(tmp_path, "small.jpg", small_photo(480, 315), *JPEG)
    search = find(reader, image(reader, here), [line(reader, small)], Policy())
    assert kinds(search) == [(EvidenceKind.SAME, "smaller")]
    assert not search.found


def test_a_turned_copy_is_possible_with_its_view(reader, tmp_path):
    """Upright it looks like something else."""
    cat = small_photo(640, 420)
    here = put(tmp_path, "needle.png", cat)
    turned = put(tmp_path, "turned.png", np.ascontiguousarray(np.rot90(cat)))
    search = find(reader, image(reader, here), [line(reader, turned)], Policy())
    assert kinds(search) == [(EvidenceKind.TURNED, "turned")]
    assert search.lines[0].evidence.view.quarters == 1
    accepted = find(reader, image(reader, here), [line(reader, turned)], Policy(turned=True))
    assert accepted.found


def test_another_picture_is_different(reader, tmp_path):
    """However near the daemon thought it was."""
    here = put(tmp_path, "needle.jpg", small_photo(), *JPEG)
    other = put(tmp_path, "other.jpg", photo("coffee.png"), *JPEG)
    search = find(reader, image(reader, here), [line(reader, other)], Policy())
    assert kinds(search) == [(None, "different")]
    assert not search.found


@pytest.mark.parametrize("change", ["other bytes", "gone", "a folder", "too large"])
def test_a_library_file_that_isnt_what_it_was_vouches_for_nothing(reader, tmp_path, change):
    """Its line says why, also where the bytes were equal once."""
    here = put(tmp_path, "needle.jpg", small_photo(), *JPEG)
    path = tmp_path / "copy.jpg"
    path.write_bytes(Path(os.fsdecode(here)).read_bytes())
    near = [line(reader, bytes(path))]
    path.unlink()
    reasons = {"other bytes": "changed", "gone": "gone", "a folder": "special"}
    if change == "other bytes":
        path.write_bytes(b"x")
    elif change == "a folder":
        path.mkdir()
    elif change == "too large":
        path.write_bytes(bytes(LIMIT_BYTES + 1))
    search = find(reader, image(reader, here), near, Policy())
    assert kinds(search) == [(None, reasons.get(change, "too-large"))]
    assert not search.found


def test_a_coding_counts_only_while_the_file_has_it(reader, tmp_path):
    """Its bytes are read again, as where they are equal."""
    here = put(tmp_path, "needle.jpg", small_photo(), *JPEG)
    data, noted = Path(os.fsdecode(here)).read_bytes(), tmp_path / "noted.jpg"
    noted.write_bytes(data[:2] + b"\xff\xfe\x00\x06note" + data[2:])
    near = [line(reader, bytes(noted))]
    assert find(reader, image(reader, here), near, Policy()).found
    noted.write_bytes(b"another")
    assert kinds(find(reader, image(reader, here), near, Policy())) == [(None, "changed")]


def test_what_is_no_picture_is_found_by_its_bytes_alone(reader, tmp_path):
    """A damaged file, a film, a text."""
    text = tmp_path / "a.txt"
    text.write_bytes(b"a note")
    sought = image(reader, bytes(text))
    assert isinstance(sought.fingerprint, Unreadable)
    other = put(tmp_path, "cat.jpg", small_photo(), *JPEG)
    assert kinds(find(reader, sought, [line(reader, other)], Policy())) == [(None, "different")]
    assert find(reader, sought, [line(reader, bytes(text))], Policy()).found


def test_only_the_likeliest_are_read(reader, tmp_path, monkeypatch):
    """Equal bytes before all, then the best sketches; how many were left out is told."""
    monkeypatch.setattr(finding, "MOST_COMPARED", 2)
    here = put(tmp_path, "needle.jpg", small_photo(), *JPEG)
    coffee = cv2.resize(photo("coffee.png"), (300, 200))
    near = [
        line(reader, put(tmp_path, f"{n}.jpg", coffee, *JPEG), sketch_score=n / 10)
        for n in range(4)
    ]
    near.append(line(reader, here, sketch_score=-1.0))
    search = find(reader, image(reader, here), near, Policy())
    assert search.skipped == 3
    names = [os.path.basename(one.known.path) for one in search.lines]
    assert names == [b"needle.jpg", b"3.jpg"]


def test_a_hash_of_the_table_lists_every_picture(reader, tmp_path):
    """By its distance; what can't be read has none, what is no picture isn't listed."""
    here = put(tmp_path, "needle.jpg", small_photo(), *JPEG)
    other = put(tmp_path, "other.jpg", photo("coffee.png"), *JPEG)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    note = tmp_path / "note.txt"
    note.write_bytes(b"a note")
    paths = [here, other, bytes(broken), bytes(note)]
    files = [Known(path, Role.HAYSTACK, Stamp(0, 0, 0, 0), None) for path in paths]
    found = {
        known.path: bits for known, bits in by_hash(reader, image(reader, here), "dhash", files)
    }
    assert found[here] == 0
    assert found[other] > 10
    assert found[bytes(broken)] is None
    assert bytes(note) not in found
    with pytest.raises(NotRead):
        list(by_hash(reader, image(reader, bytes(note)), "dhash", files))


def test_a_pipe_is_never_waited_for(reader, tmp_path):
    """Nor a device read."""
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (bytes(tmp_path / "pipe.jpg"), b"/dev/zero"):
        with pytest.raises(NotRead):
            reader.fingerprint(Content(path))
    assert not reader.is_picture(bytes(tmp_path / "pipe.jpg"))


def test_the_unread_picture_is_near_nothing(reader, tmp_path):
    """What stands for it in the question can match by bytes alone."""
    assert isinstance(Image(b"/x", bytes(32), Unreadable("damaged")).sought, Fingerprint)
    assert Image(b"/x", bytes(32), Unreadable("damaged")).sought.bytes_only == "damaged"
