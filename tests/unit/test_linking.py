"""The tree of links: what can't be linked is said, and roots at odds are no reason to refuse."""

from __future__ import annotations

import errno
import os

import pytest
from tests.unit.reports import report

from dedupd.cli.linking import link_tree
from dedupd.errors import UserError
from dedupd.faces.protocol import report_fields
from dedupd.model import Role, RootState
from dedupd.reports import RootReport


def fields(haystack, needles):
    """Return a report of these two roots."""
    both = (
        RootReport(role, os.fsencode(path), RootState.ONLINE, "none", 1, 0, None)
        for role, path in ((Role.HAYSTACK, haystack), (Role.NEEDLES, needles))
    )
    return report_fields(report(roots=tuple(both)))


@pytest.fixture
def place(tmp_path):
    """Return a folder with a library and a card of two pictures."""
    for name in ("lib", "card"):
        (tmp_path / name).mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "card" / name).touch()
    return tmp_path


def link(place, *paths, lib="lib"):
    """Link these paths into `links`; return how many were made."""
    whole = fields(place / lib, place / "card")
    return link_tree(bytes(place / "links"), (bytes(place / path) for path in paths), whole)


def test_a_link_that_cant_be_made_ends_it_and_says_after_how_many(place, monkeypatch):
    """With the system's words: a full disk, or one that knows no links."""
    really, made = os.symlink, []

    def symlink(path, where):
        if made:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        made.append(really(path, where))

    monkeypatch.setattr(os, "symlink", symlink)
    with pytest.raises(UserError) as told:
        link(place, "card/a.jpg", "card/b.jpg")
    assert told.value.what == f"can't make all links in {place}/links"
    assert told.value.why == "No space left on device, after 1"
    assert os.listdir(place / "links") == ["a.jpg"]


def test_a_picture_below_no_needle_root_is_never_linked(place):
    """Not by a folder's name that merely begins like the root's."""
    (place / "card 2").mkdir()
    with pytest.raises(UserError) as told:
        link(place, "card 2/a.jpg")
    assert str(told.value) == f"no link can be made to {place}/card 2/a.jpg"
    assert told.value.why == "it lies below no needle root"
    assert os.listdir(place / "links") == []


@pytest.mark.parametrize("lib", ["card", "card/lib"])
def test_roots_that_overlap_each_other_leave_the_links_to_be_made(place, lib):
    """That is told elsewhere, and none of them is written to."""
    (place / lib).mkdir(exist_ok=True)
    assert link(place, "card/a.jpg", lib=lib) == 1
    assert os.readlink(place / "links" / "a.jpg") == str(place / "card" / "a.jpg")
