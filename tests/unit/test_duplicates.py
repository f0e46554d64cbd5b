"""Groups of equal pictures: whole, each once, and never a chain whose ends differ."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.picture_samples import encoded, photo, small_photo

from dedupd.asks import Known
from dedupd.disk.folders import stamp_of
from dedupd.model import EvidenceKind, Role
from dedupd.pictures.pools.inline import InlinePool
from dedupd.rules.verify import Policy
from dedupd.searching.duplicates import Duplicating
from dedupd.searching.groups import cliques, components
from dedupd.searching.reader import Content, Reader

JPEG_QUALITY = cv2.IMWRITE_JPEG_QUALITY
PAIRS = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda p: p[0] < p[1]))
NODES = list(range(8))


@given(PAIRS)
def test_groups_are_cliques_and_every_other_pair_is_counted(pairs):
    """Each node in one group at most; the same input gives the same groups."""
    equal: dict[int, set[int]] = {}
    for a, b in pairs:
        equal.setdefault(a, set()).add(b)
        equal.setdefault(b, set()).add(a)
    groups, apart = cliques(NODES, equal)
    members = [node for group in groups for node in group]
    assert len(members) == len(set(members))
    inside = [pair for group in groups for pair in itertools.combinations(sorted(group), 2)]
    assert set(inside) <= pairs
    assert apart == len(pairs) - len(inside)
    assert all(len(group) > 1 for group in groups)
    assert cliques(NODES, equal) == (groups, apart)
    lone = set(NODES) - set(members)
    assert not any(a in lone and b in lone for a, b in pairs), "two that are left are a group"


@given(PAIRS)
def test_components_hold_every_pair_once(pairs):
    """Linked nodes are in one of them, unlinked ones in none."""
    found = list(components(NODES, sorted(pairs)))
    place = {node: number for number, one in enumerate(found) for node in one}
    assert all(place[a] == place[b] for a, b in pairs)
    assert set(place) == {node for pair in pairs for node in pair}
    assert sum(map(len, found)) == len(place)


class Library:
    """A folder of pictures, and the search for duplicates in it."""

    def __init__(self, folder, reader):
        self.folder, self.reader = folder, reader
        self.steps = []

    def put(self, name, picture, *options):
        """Write a picture; return its path."""
        path = self.folder / name
        path.write_bytes(encoded(picture, path.suffix, *options))
        return path

    def known(self, path, *, read=True):
        """Return what the daemon knows of a file, or only that it is there."""
        stamp = stamp_of(os.lstat(path), True)
        if not read:
            return Known(bytes(path), Role.HAYSTACK, stamp, None)
        digest, fingerprint = self.reader.fingerprint(Content(bytes(path)))
        picture = self.reader.is_picture(bytes(path))
        return Known(bytes(path), Role.HAYSTACK, stamp, digest, fingerprint if picture else None)

    def search(self, files=None, *, exact=False, read=True):
        """Look for duplicates among all files, or those given."""
        if files is None:
            files = [self.known(path, read=read) for path in self.folder.iterdir()]
        show = lambda *step: self.steps.append(step)  # noqa: E731
        return Duplicating(self.reader, files, Policy(), show, exact=exact).run()


@pytest.fixture
def library(tmp_path):
    """Return an empty library, looked at in this process."""
    with Reader(InlinePool(), 1 << 24) as reader:
        yield Library(tmp_path, reader)


def names(group):
    """Return the names of a group's files."""
    return [os.path.basename(copy.known.path).decode() for copy in group.copies]


def plant(library):
    """Fill a library: twins, a noted twin, a resized copy, a stranger, a text."""
    cat, coffee = small_photo(640, 420), photo("coffee.png")
    plain = library.put("b.jpg", cat, JPEG_QUALITY, 92).read_bytes()
    (library.folder / "a twin.jpg").write_bytes(plain)
    noted = library.put("c noted.jpg", coffee, JPEG_QUALITY, 90)
    data = noted.read_bytes()
    (library.folder / "d plain.jpg").write_bytes(data)
    noted.write_bytes(data[:2] + b"\xff\xfe\x00\x06note" + data[2:])
    rocket = photo("rocket.jpg")
    library.put("e big.png", rocket)
    library.put("f small.png", cv2.resize(rocket, (480, 320), interpolation=cv2.INTER_AREA))
    library.put("g alone.png", photo("astronaut.png"))
    for name in ("x.txt", "y.txt"):
        (library.folder / name).write_bytes(b"the same note")


@pytest.mark.parametrize("read", [True, False], ids=["known", "never read"])
def test_pictures_are_grouped_by_bytes_coding_and_looks(library, read):
    """Whether the daemon has read them already or not; texts are no pictures."""
    plant(library)
    found = library.search(read=read)
    assert [(group.evidence, names(group)) for group in found.groups] == [
        (EvidenceKind.BYTES, ["a twin.jpg", "b.jpg"]),
        (EvidenceKind.PIXELS, ["c noted.jpg", "d plain.jpg"]),
        (EvidenceKind.SAME, ["e big.png", "f small.png"]),
    ]
    assert (found.kept_apart, found.unread) == (0, ())
    small = (library.folder / "f small.png").stat().st_size
    assert found.groups[2].wasted_bytes == small
    if not read:
        assert {doing for doing, _, _ in library.steps} >= {"read", "decoded"}


@pytest.mark.parametrize("read", [True, False], ids=["known", "never read"])
def test_equal_bytes_alone_decode_nothing(library, read):
    """And read only what is as large as something else."""
    plant(library)
    found = library.search(exact=True, read=read)
    assert [names(group) for group in found.groups] == [["a twin.jpg", "b.jpg"]]
    assert {doing for doing, _, _ in library.steps} <= {"read"}
    assert all(total == 2 for _, _, total in library.steps)


def test_another_name_of_a_file_wastes_nothing(library):
    """It is in the group, and named as what it is."""
    path = library.put("a.png", small_photo())
    os.link(path, library.folder / "b.png")
    (library.folder / "c.png").write_bytes(path.read_bytes())
    (group,) = library.search().groups
    assert [copy.name_of for copy in group.copies] == [b"", bytes(path), b""]
    assert group.wasted_bytes == path.stat().st_size
    (library.folder / "c.png").unlink()
    (group,) = library.search().groups
    assert group.wasted_bytes == 0


def test_a_chain_whose_ends_differ_is_not_one_group(library):
    """a equals b, b equals c, a doesn't equal c: two are grouped, a pair is kept apart."""
    for name, width_px, lift in (("a.png", 640, 0), ("b.png", 600, 3), ("c.png", 560, 6)):
        size = width_px, width_px * 2 // 3
        base = cv2.resize(small_photo(1280, 853), size, interpolation=cv2.INTER_AREA) * 0.7 + 20
        library.put(name, np.round(base + lift).astype(np.uint8))
    found = library.search()
    assert [names(group) for group in found.groups] == [["a.png", "b.png"]]
    assert (found.kept_apart, found.groups[0].kept_apart) == (1, 1)


@pytest.mark.parametrize("seconds", [(0, 0), (0, 1)])
def test_pictures_of_two_moments_are_no_duplicates(library, seconds):
    """What a veto would say to a match holds here too."""
    files = []
    for second, quality in zip(seconds, (90, 95), strict=True):
        picture = (
            cv2.imread(os.fspath(library.folder / "90.jpg")) if files else small_photo(640, 420)
        )
        path = library.put(f"{quality}.jpg", picture, JPEG_QUALITY, quality)
        known = library.known(path)
        taken = replace(known.fingerprint, taken_at=f"2026:11:22 09:30:0{second}")
        files.append(replace(known, fingerprint=taken))
    assert len(library.search(files).groups) == (seconds == (0, 0))


def test_what_changed_or_went_is_left_out_and_named(library):
    """It is never said to equal anything."""
    first = library.put("a.png", small_photo())
    for name in ("b.png", "c.png", "d.png"):
        (library.folder / name).write_bytes(first.read_bytes())
    files = [library.known(library.folder / name) for name in ("a.png", "b.png", "c.png", "d.png")]
    (library.folder / "c.png").unlink()
    (library.folder / "d.png").write_bytes(b"another")
    found = library.search(files)
    assert [names(group) for group in found.groups] == [["a.png", "b.png"]]
    left = {os.path.basename(path): why.reason for path, why in found.unread}
    assert left == {b"c.png": "gone", b"d.png": "changed"}
