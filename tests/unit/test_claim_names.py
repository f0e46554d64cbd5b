"""A witness that stands in the very folder that is to be deleted vouches for nothing in it."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from tests.unit.one_look import Place as Site

from dedupd.claim import Case, Expected, Seen, judge
from dedupd.loop import overlap_now
from dedupd.messages import Sight, TreeLooked, WitnessesLooked
from dedupd.model import EntryType, EvidenceKind, Identity, Place, Stamp

NEEDLES = Identity(1, 2, 3, "ext4", "uuid-1")
LIBRARY = replace(NEEDLES, ino=4)
NEEDLE_FOLDER, LIBRARY_FOLDER = (1, 50), (1, 60)
ONE_FILE = Stamp(7, 100, 1, 1)
BEGUN_S = 100.0


def ruled(needle: Sight, witness: Sight, *more: Sight) -> set[str]:
    """Return what speaks against a folder whose picture rests on this witness."""
    place = Place("h1", witness.path)
    expected = {
        sight.path: Expected(
            Seen(sight.stamp, 0.0),
            EntryType.FILE,
            witness=place,
            evidence=EvidenceKind.HARDLINK,
        )
        for sight in (needle, *more)
    }
    case = Case(
        folder=Place("n1", b""),
        claimed={b"": 1},
        known_folders=frozenset([b""]),
        files=expected,
        witnesses={place: Seen(witness.stamp, 0.0)},
        identities={"n1": NEEDLES, "h1": LIBRARY},
        begun_s=BEGUN_S,
        quiet_s=2.0,
    )
    tree = TreeLooked("n1", 1, NEEDLES, (needle, *more), ())
    ruling = judge(case, tree, {"h1": WitnessesLooked("h1", 1, LIBRARY, (witness,))})
    assert bool(ruling.imported) is not bool(ruling.refusals)
    return {refusal.reason for refusal in ruling.refusals}


def sight(path: bytes, folder: tuple[int, int], stamp: Stamp = ONE_FILE, mount: int = 3) -> Sight:
    """Return one of two names of a file."""
    return Sight(path, EntryType.FILE, stamp, 1, 2, mount, folder)


def test_another_name_in_another_folder_vouches():
    """Deleting one leaves the other."""
    assert ruled(sight(b"a.jpg", NEEDLE_FOLDER), sight(b"lib/a.jpg", LIBRARY_FOLDER)) == set()


@pytest.mark.parametrize("ino", [7, 0])
def test_the_same_name_does_not(ino):
    """Whatever path led there, and also where inodes are not kept."""
    stamp = ONE_FILE._replace(ino=ino)
    needle = sight(b"a.jpg", LIBRARY_FOLDER, stamp)
    assert ruled(needle, sight(b"lib/a.jpg", LIBRARY_FOLDER, stamp)) == {"same-file"}


@pytest.mark.parametrize("ino", [7, 0])
def test_another_name_in_the_tree_itself_does_not(ino):
    """A needle root that leads into the library: its two names would go together."""
    stamp = ONE_FILE._replace(ino=ino)
    one, two = sight(b"a.jpg", LIBRARY_FOLDER, stamp), sight(b"b.jpg", LIBRARY_FOLDER, stamp)
    assert ruled(one, sight(b"lib/b.jpg", LIBRARY_FOLDER, stamp), two) == {"same-file"}


def test_a_true_copy_in_the_tree_itself_does_not():
    """Not another name of the needle, but one that goes with it."""
    copy = Stamp(8, 100, 1, 1)
    one, two = sight(b"a.jpg", LIBRARY_FOLDER), sight(b"b.jpg", LIBRARY_FOLDER, copy)
    assert ruled(one, sight(b"lib/b.jpg", LIBRARY_FOLDER, copy), two) == {"same-file"}


def test_the_same_name_on_another_mount_does_not():
    """A bind mount shows one name twice."""
    needle = sight(b"a.jpg", NEEDLE_FOLDER)
    assert ruled(needle, sight(b"lib/a.jpg", LIBRARY_FOLDER, mount=9)) == {"same-file"}


@pytest.mark.parametrize(
    ("late", "leads_to", "overlap"),
    [
        ("needles", "lib", "is the same folder as"),
        ("needles", "lib/album/inner", "lies inside the haystack root"),
        ("needles", ".", "lies inside"),
        ("lib", "needles", "is the same folder as"),
        ("lib", "needles/card", "lies inside the needle root"),
        ("needles", "state", "is our own"),
        ("needles", "elsewhere", ""),
        ("needles", "nowhere", ""),
    ],
)
def test_where_a_root_leads_is_seen_when_it_comes(tmp_path, late, leads_to, overlap):
    """It was missing when the configuration was read, and is a link now."""
    site = Site(tmp_path)
    for name in ("lib/album/inner", "needles/card", "state", "elsewhere"):
        if name.partition("/")[0] != late:
            (tmp_path / name).mkdir(parents=True)
    config = site.config()
    assert overlap_now(config) == ""
    os.symlink(tmp_path / leads_to, tmp_path / late)
    found = overlap_now(config)
    assert bool(found) is bool(overlap)
    if overlap != "is our own":
        assert overlap in found


def test_a_link_in_the_middle_of_a_path_is_followed_too(tmp_path):
    """The folder above the root became a link."""
    site = Site(tmp_path)
    (tmp_path / "lib/album/deep").mkdir(parents=True)
    config = site.config(roots="haystack: [lib]\nneedles: [above/deep]\n")
    assert overlap_now(config) == ""
    os.symlink(tmp_path / "lib/album", tmp_path / "above")
    assert "lies inside the haystack root" in overlap_now(config)
