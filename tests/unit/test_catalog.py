from __future__ import annotations

import dataclasses
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dedupd.model import EntryType, FileRecord, Place, Role, Root, Stamp, Unreadable
from dedupd.rules.catalog import Catalog

ROOTS = [Root("h1", b"/h1", Role.HAYSTACK), Root("n1", b"/n1", Role.NEEDLES)]
PATHS = [b"a", b"b", b"d/a", b"d/e/a", b"d-e/a", b"f/a"]
PLACES = st.builds(Place, st.sampled_from(["h1", "n1"]), st.sampled_from(PATHS))
RECORDS = st.builds(
    FileRecord,
    stamp=st.builds(Stamp, st.just(1), st.integers(1, 3), st.just(0), st.just(0)),
    type=st.sampled_from([EntryType.FILE, EntryType.FILE, EntryType.LINK, EntryType.FOLDER]),
    digest=st.sampled_from([None, bytes(32), bytes([1]) * 32]),
    problem=st.sampled_from([None, Unreadable("io")]),
    settled=st.booleans(),
)


@given(st.lists(st.tuples(PLACES, st.none() | RECORDS), max_size=30))
def test_everything_is_found_by_place_by_size_and_by_content(steps):
    """As in a plain list of records, whatever was put and dropped."""
    catalog, known = Catalog(ROOTS), {}
    for place, record in steps:
        if record is None:
            assert catalog.drop(place) == known.pop(place, None)
        else:
            assert catalog.put(place, record) == known.get(place)
            known[place] = record
    for root in ROOTS:
        here = {place: one for place, one in known.items() if place.root == root.id}
        files = {place: one for place, one in here.items() if one.type is EntryType.FILE}
        unread = Counter(
            one.stamp.size_bytes
            for one in files.values()
            if one.digest is None and one.problem is None
        )
        coming = Counter(
            one.stamp.size_bytes
            for one in files.values()
            if one.digest is None and one.problem is None and not one.settled
        )
        assert dict(catalog.files(root.id)) == here
        assert catalog.count(root.id) == len(here)
        for size_bytes in (1, 2, 3):
            expected = {p for p, one in files.items() if one.stamp.size_bytes == size_bytes}
            assert catalog.of_size(root.role, size_bytes) == expected
            assert catalog.unread(root.role, size_bytes) == unread[size_bytes]
            readable = unread[size_bytes] > coming[size_bytes]
            assert catalog.readable(root.role, size_bytes) == readable
            all_three = catalog.state_of_size(root.role, size_bytes)
            assert all_three == (bool(expected), unread[size_bytes] > 0, readable)
        digests = {one.digest for one in files.values() if one.digest is not None}
        assert set(catalog.digests(root.role)) == digests
        for digest in digests:
            expected = {place for place, one in files.items() if one.digest == digest}
            assert catalog.places(root.role, digest) == expected


def test_a_size_that_no_unread_file_has_takes_no_room():
    """A million files have as many sizes."""
    catalog = Catalog(ROOTS)
    for size_bytes in range(1000):
        record = FileRecord(Stamp(1, size_bytes, 0, 0), EntryType.FILE, settled=False)
        catalog.put(Place("h1", b"a"), record)
        catalog.put(Place("h1", b"a"), dataclasses.replace(record, settled=True, digest=bytes(32)))
    assert not catalog._unread[Role.HAYSTACK]
    assert not catalog._coming[Role.HAYSTACK]


def test_folders_are_known_with_those_above_them():
    """And a tree is walked parents first."""
    catalog = Catalog(ROOTS)
    assert catalog.add_folder("n1", b"a/b/c")
    assert not catalog.add_folder("n1", b"a/b")
    catalog.add_folder("n1", b"a-b")
    assert list(catalog.tree("n1", b"")) == [b"", b"a", b"a/b", b"a/b/c", b"a-b"]
    assert list(catalog.tree("n1", b"a/b")) == [b"a/b", b"a/b/c"]
    assert list(catalog.tree("n1", b"nothing")) == []


def test_a_folder_is_dropped_when_it_is_empty():
    """It is forgotten by the folder above it too."""
    catalog = Catalog(ROOTS)
    catalog.add_folder("n1", b"a/b")
    catalog.drop_folder("n1", b"a/b")
    assert catalog.folders_in("n1", b"a") == []
    assert not catalog.has_folder("n1", b"a/b")
    assert catalog.has_folder("n1", b"a")


def test_a_tree_holds_what_is_below_it_and_nothing_beside_it():
    """`a-b` begins like `a` and isn't in it."""
    catalog = Catalog(ROOTS)
    record = FileRecord(Stamp(1, 1, 0, 0))
    for path in (b"a/x", b"a/b/y", b"a-b/z", b"q"):
        catalog.put(Place("n1", path), record)
    assert {place.path for place, _ in catalog.files("n1", b"a")} == {b"a/x", b"a/b/y"}
