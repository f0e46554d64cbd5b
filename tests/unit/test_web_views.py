"""What the pages show, before a template writes it down."""

from __future__ import annotations

import os

from tests.unit.reports import BUSY, ROOT, folder, report

from dedupd.asks import Known, MatchLine, PictureLine, ShelfLine
from dedupd.faces.web import views
from dedupd.model import (
    Evidence,
    EvidenceKind,
    Fingerprint,
    FolderState,
    PictureClass,
    Role,
    Stamp,
)
from dedupd.reports import Counts

PRINT = Fingerprint(4000, 3000, 1, bytes(256), "jpeg", taken_at="2026:11:22 09:30:00")
NEEDLE = Known(b"/n/a\nb.jpg", Role.NEEDLES, Stamp(1, 2000, 0, 0), b"\1" * 32, PRINT)
COPY = Known(b"/lib/a.jpg", Role.HAYSTACK, Stamp(2, 1000, 0, 0), b"\2" * 32, PRINT)


def test_the_tree_begins_with_the_most_work_and_is_no_longer_than_asked():
    """What is left out is counted, and can be reached."""
    rows = views.tree(BUSY)
    assert [(row.name, row.depth) for row in rows][:2] == [(os.fsdecode(ROOT), 0), ("copying", 1)]
    works = [row.work for row in rows[1:]]
    assert works == sorted(works, reverse=True)
    short = views.tree(BUSY, most=3)
    assert len(short) == 3
    assert short[0].hidden == len(rows) - 3


def test_two_thousand_folders_are_listed_in_part():
    """An overview is to be read."""
    many = [
        folder(b"%d/%d" % (one // 50, one), FolderState.INCOMPLETE, unmatched=one)
        for one in range(2000)
    ]
    above = [folder(b"%d" % one, FolderState.INCOMPLETE, unmatched=50) for one in range(40)]
    top = folder(b"", FolderState.INCOMPLETE, pictures=9, unmatched=9)
    rows = views.tree(report(top, *above, *many))
    assert len(rows) == views.MOST_ROWS


def test_what_is_done_is_not_unfolded():
    """Nobody has to do anything in there."""
    inner = folder(b"done/inner", FolderState.IMPORTED, pictures=1, matched=1)
    done = folder(b"done", FolderState.IMPORTED, pictures=1, matched=1)
    top = folder(b"", FolderState.REVIEW, pictures=2, matched=1, possible=1)
    rows = views.tree(report(inner, done, top))
    assert [(row.name, row.hidden) for row in rows] == [(os.fsdecode(ROOT), 0), ("done", 1)]


def test_a_bar_is_full_and_says_the_same_in_words():
    """Its parts meet, however small one is; pictures that nobody counted make none."""
    bar = views.bar(Counts(pictures=10_001, matched=10_000, unmatched=1))
    assert [(one.kind, one.start, one.width) for one in bar.segments] == [
        ("done", 0, 999),
        ("missing", 999, 1),
    ]
    assert bar.words == "10,000 in the library or not wanted, 1 not in the library"
    assert views.bar(Counts()) == views.Bar((), "no pictures")


def test_imported_never_comes_without_what_would_be_lost():
    """Videos that the library lacks stand in the same row, and in the first sentence."""
    counts = {"pictures": 7, "matched": 7, "videos": 2, "videos_missing": 2}
    done = folder(b"", FolderState.IMPORTED, **counts)
    assert "2 videos not in the library" in views.row(done).words
    assert views.state_line(report(done)).endswith("and 2 videos not in the library")


def test_a_folder_is_named_by_a_digest_that_finds_it_again():
    """Also one whose name is no UTF-8; an unknown one is none."""
    odd = folder(b"\xff\n<b>", FolderState.EMPTY)
    name = views.folder_id(odd.path)
    assert (len(name), views.folder_of(report(odd), name)) == (32, odd)
    assert views.folder_of(report(odd), "../../etc/passwd") is None
    assert views.row(odd).name == "\\udcff\\n<b>"


def test_a_tile_tells_why_and_what_differs():
    """Sizes differ in this pair, the capture time doesn't."""
    line = PictureLine(NEEDLE.path, b"/n", PictureClass.POSSIBLE, "smaller", nearest=COPY.path)
    tile = views.tile(ShelfLine(line, NEEDLE, COPY))
    assert (tile.cls, tile.why) == ("to review", "the library's copy has fewer pixels")
    assert tile.needle.name == "a\\nb.jpg"
    assert {fact.name: fact.differs for fact in tile.facts} == {
        "size": False, "bytes": True, "format": False, "taken": False, "camera": False,
        "folder": True,
    }  # fmt: skip


def test_what_was_found_says_whether_it_counts():
    """What only was near is left out."""
    same = MatchLine(COPY, Evidence(EvidenceKind.SAME), "")
    smaller = MatchLine(COPY, Evidence(EvidenceKind.SAME), "smaller")
    far = MatchLine(COPY, None, "different")
    assert [one.counts for one in views.found([same, smaller, far])] == [True, False]
