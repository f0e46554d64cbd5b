"""Which contents are near each other, in both directions and every view."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import engine_disk as disk
from tests.unit.engine_disk import picture
from tests.unit.matching_bench import ROOTS, Drawn, drawn

from dedupd.model import VIEWS, FileRecord, Kind, Place, Role, Stamp
from dedupd.rules.catalog import Catalog
from dedupd.rules.nearby import Nearby

NEEDLE, LIBRARY = Role.NEEDLES, Role.HAYSTACK


class Shelf:
    """A catalogue and the indices that follow it."""

    def __init__(self) -> None:
        self.catalog = Catalog(ROOTS)
        self.nearby = Nearby(self.catalog, 10)

    def put(self, root: str, name: str, known) -> bool:
        """Put a file of that name and looks; its name is its content."""
        record = FileRecord(Stamp(1, 1, 0, 0), kind=Kind.PICTURE, digest=_digest(name))
        self.catalog.put(Place(root, name.encode()), record)
        return self.nearby.learned(_digest(name), known)

    def drop(self, root: str, name: str, known) -> bool:
        """Take it away."""
        self.catalog.drop(Place(root, name.encode()))
        return self.nearby.learned(_digest(name), known)


def _digest(name: str) -> bytes:
    return disk.digest(name.encode())


KNOWN = replace(disk.fingerprint(picture(1, "a")), coded=b"x")


def test_a_content_is_in_the_indices_of_the_roles_that_hold_it():
    """As long as they do."""
    shelf = Shelf()
    shelf.put("h1", "a", KNOWN)
    assert shelf.nearby.library(KNOWN) == [(0, _digest("a"))]
    assert shelf.nearby.needles(KNOWN) == []
    shelf.put("n1", "a", KNOWN)
    assert shelf.nearby.needles(KNOWN) == [(0, _digest("a"))]
    shelf.drop("h1", "a", KNOWN)
    assert (shelf.nearby.library(KNOWN), shelf.nearby.needles(KNOWN)) == ([], [(0, _digest("a"))])


def test_a_needle_that_goes_is_told_of_once_more():
    """Whoever competed with it may be judged again; a library picture competes with nobody."""
    shelf = Shelf()
    assert not shelf.put("h1", "a", KNOWN)
    assert shelf.put("n1", "b", KNOWN)
    assert shelf.drop("n1", "b", KNOWN)
    assert not shelf.drop("n1", "b", KNOWN)


def test_who_is_to_be_judged_again_leaves_out_whose_bytes_the_library_has():
    """They are needles like others for whoever asks who claims a library picture."""
    shelf = Shelf()
    shelf.put("n1", "a", KNOWN)
    found = set(shelf.nearby.open_in_any_view(KNOWN))
    assert found == {_digest("a")}
    shelf.put("h1", "a", KNOWN)
    assert [*shelf.nearby.open_in_any_view(KNOWN)] == []
    assert shelf.nearby.needles(KNOWN) == [(0, _digest("a"))]
    shelf.drop("h1", "a", KNOWN)
    assert set(shelf.nearby.open_in_any_view(KNOWN)) == {_digest("a")}


def test_the_radius_counts():
    """Ten bits are near, eleven aren't; nearest first."""
    shelf = Shelf()
    for name, bits in (("ten", 10), ("eleven", 11), ("one", 1)):
        shelf.put("h1", name, replace(KNOWN, dhash=KNOWN.dhash ^ (2**bits - 1)))
    assert shelf.nearby.library(KNOWN) == [(1, _digest("one")), (10, _digest("ten"))]


@pytest.mark.parametrize("role", Role)
def test_codings_are_known_by_role(role):
    """An empty coding is nobody's."""
    shelf, root = Shelf(), {LIBRARY: "h1", NEEDLE: "n1"}[role]
    bare = replace(KNOWN, coded=b"")
    shelf.put(root, "a", KNOWN)
    shelf.put(root, "b", KNOWN)
    shelf.put(root, "c", bare)
    assert shelf.nearby.of_coding(role, b"x") == {_digest("a"), _digest("b")}
    assert [shelf.nearby.of_coding(one, b"x") for one in Role if one is not role] == [set()]
    assert shelf.nearby.of_coding(role, b"") == set()
    shelf.drop(root, "a", KNOWN)
    assert shelf.nearby.of_coding(role, b"x") == {_digest("b")}


@pytest.mark.parametrize("reason", ["damaged", "frames", "featureless"])
def test_what_may_not_be_compared_is_near_nothing(reason):
    """Only its coding is kept."""
    shelf, odd = Shelf(), replace(KNOWN, bytes_only=reason)
    assert not shelf.put("n1", "a", odd)
    shelf.put("h1", "a", odd)
    assert shelf.nearby.library(KNOWN) == shelf.nearby.needles(KNOWN) == []
    assert shelf.nearby.of_coding(LIBRARY, b"x") == {_digest("a")}


@pytest.mark.parametrize("number", range(1, len(VIEWS)))
def test_a_turned_needle_is_found_from_both_sides(number):
    """In the one view in which it must be looked at to be the library's picture."""
    shelf, looks, view = Shelf(), Drawn(), VIEWS[number]
    library = looks.fingerprint(drawn(1, view=number))
    needle = looks.fingerprint(drawn(1))
    shelf.put("h1", "library", library)
    shelf.put("n1", "needle", needle)
    assert [digest for _, digest in shelf.nearby.library(needle, view)] == [_digest("library")]
    assert [digest for _, digest in shelf.nearby.needles(library, view)] == [_digest("needle")]
    for other in VIEWS:
        if other != view:
            assert shelf.nearby.library(needle, other) == shelf.nearby.needles(library, other) == []
    assert set(shelf.nearby.open_in_any_view(library)) == {_digest("needle")}
    shelf.drop("n1", "needle", needle)
    assert set(shelf.nearby.open_in_any_view(library)) == set()


def test_a_fingerprint_without_views_is_found_upright_alone():
    """One that an older version made, say."""
    shelf = Shelf()
    shelf.put("h1", "library", KNOWN)
    assert [shelf.nearby.library(KNOWN, view) for view in VIEWS[1:]] == [[]] * 7
