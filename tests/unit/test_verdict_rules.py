from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.model import (
    Assessment,
    EntryType,
    FileRecord,
    FolderState,
    Kind,
    PictureClass,
    Place,
    RootState,
    Stamp,
    Unreadable,
)
from dedupd.rules.tally import CONTESTABLE, HIDDEN_PICTURES, WAITING, Node
from dedupd.rules.verdicts import (
    Conditions,
    at_file_level,
    excluded_share,
    looks_imported,
    other_share,
    picture_share,
    settled_state,
    state_of,
)

GOOD = Conditions(RootState.ONLINE, True, frozenset(), False, False, True)
RECORD = FileRecord(Stamp(1, 2, 3, 4), kind=Kind.PICTURE, digest=bytes(32))
IO = Unreadable("io", "Input/output error")


def node(rests_on: str = "", **tree: int) -> Node:
    """Return a folder's numbers."""
    return Node(tree=Counter(tree), rests_on=Counter([rests_on] if rests_on else []))


DONE = {"pictures": 2, "matched": 2}
TABLE = [
    pytest.param(node(**DONE), {}, FolderState.IMPORTED, id="all matched"),
    pytest.param(node(pictures=1, dismissed=1), {}, FolderState.IMPORTED, id="dismissed"),
    pytest.param(
        node(**DONE), {"root": RootState.OFFLINE}, FolderState.OFFLINE, id="its root is away"
    ),
    pytest.param(
        node("h1", **DONE, possible=1), {"away": {"h1"}}, FolderState.UNVERIFIED, id="library away"
    ),
    pytest.param(
        node("h1", **DONE),
        {"away": {"h1"}, "root": RootState.OFFLINE},
        FolderState.OFFLINE,
        id="both away",
    ),
    pytest.param(node("h1", **DONE), {"away": {"h2"}}, FolderState.IMPORTED, id="another away"),
    pytest.param(node(**DONE), {"listed": False}, FolderState.PENDING, id="not listed yet"),
    pytest.param(node(), {}, FolderState.EMPTY, id="no files"),
    pytest.param(node(others=3, ignored=2), {}, FolderState.EMPTY, id="no pictures"),
    pytest.param(
        node(**{HIDDEN_PICTURES: 1, "excluded": 1}), {}, FolderState.INCOMPLETE, id="all excluded"
    ),
    pytest.param(
        node(**DONE, pending=1, unmatched=1, possible=1), {}, FolderState.PENDING, id="pending"
    ),
    pytest.param(node(**DONE, **{WAITING: 1}), {}, FolderState.PENDING, id="a film to compare"),
    pytest.param(
        node(pictures=1, unmatched=1), {"unread": True}, FolderState.PENDING, id="library unread"
    ),
    pytest.param(
        node(pictures=1, matched=1), {"unread": True}, FolderState.IMPORTED, id="unread, matched"
    ),
    pytest.param(
        node(pictures=2, unmatched=1, possible=1), {}, FolderState.INCOMPLETE, id="missing"
    ),
    pytest.param(node(pictures=1, unreadable=1), {}, FolderState.INCOMPLETE, id="unreadable"),
    pytest.param(
        node(**DONE, **{HIDDEN_PICTURES: 1}), {}, FolderState.INCOMPLETE, id="one excluded"
    ),
    pytest.param(node(pictures=2, matched=1, possible=1), {}, FolderState.REVIEW, id="possible"),
    pytest.param(node(**DONE, videos_missing=1), {}, FolderState.IMPORTED, id="a film is missing"),
    pytest.param(
        node(**DONE, videos_missing=1),
        {"others_block": True},
        FolderState.INCOMPLETE,
        id="a film is missing and blocks",
    ),
    pytest.param(
        node(**DONE, others_missing=1),
        {"others_block": True},
        FolderState.INCOMPLETE,
        id="a file is missing and blocks",
    ),
    pytest.param(node(**DONE), {"claimed": False}, FolderState.PENDING, id="not claimed yet"),
]


@pytest.mark.parametrize(("numbers", "changes", "state"), TABLE)
def test_the_state_of_a_folder(numbers, changes, state):
    """The first line of the contract's table that applies."""
    assert state_of(numbers, replace(GOOD, **changes)) is state


NUMBERS = st.fixed_dictionaries(
    {
        name: st.integers(0, 2)
        for name in ("matched", "dismissed", "possible", "unmatched", "unreadable", "pending")
    }
    | {
        name: st.integers(0, 1)
        for name in (WAITING, CONTESTABLE, HIDDEN_PICTURES, "videos_missing")
    }
)
CONDITIONS = st.builds(
    Conditions,
    root=st.sampled_from(RootState),
    listed=st.booleans(),
    away=st.sampled_from([frozenset(), frozenset({"h1"})]),
    unread=st.booleans(),
    others_block=st.booleans(),
    claimed=st.booleans(),
    votes_open=st.booleans(),
)


@given(NUMBERS, st.sampled_from(["", "h1", "h2"]), CONDITIONS)
def test_imported_is_said_only_when_nothing_speaks_against_it(numbers, root, conditions):
    """Whatever the numbers and the conditions are."""
    classes = ("matched", "dismissed", "possible", "unmatched", "unreadable", "pending")
    pictures = sum(numbers[name] for name in classes)
    one = node(root, pictures=pictures, **numbers)
    good = numbers["matched"] + numbers["dismissed"]
    films = numbers["videos_missing"] if conditions.others_block else 0
    expected = (
        pictures > 0
        and good == pictures
        and not numbers[WAITING]
        and not numbers[HIDDEN_PICTURES]
        and not films
        and conditions.root is not RootState.OFFLINE
        and conditions.listed
        and root not in conditions.away
    )
    waits = conditions.votes_open and numbers[CONTESTABLE] > 0
    assert looks_imported(one, conditions) is (expected and not waits)
    said = state_of(one, conditions) is FolderState.IMPORTED
    assert said is (expected and conditions.claimed)


def test_the_last_state_takes_no_notice_of_roots():
    """It is what would be said if all were there."""
    away = replace(GOOD, root=RootState.OFFLINE, listed=False, away={"h1"})
    assert settled_state(node("h1", **DONE), away) is FolderState.IMPORTED


@pytest.mark.parametrize(
    ("record", "cls", "reason"),
    [
        (replace(RECORD, type=EntryType.LINK), PictureClass.UNREADABLE, "link"),
        (replace(RECORD, type=EntryType.SPECIAL), PictureClass.UNREADABLE, "special"),
        (replace(RECORD, type=EntryType.FOLDER), PictureClass.UNREADABLE, "unlistable"),
        (replace(RECORD, type=EntryType.FOLDER, problem=IO), PictureClass.UNREADABLE, "io"),
        (replace(RECORD, settled=False), PictureClass.PENDING, "being-written"),
        (replace(RECORD, kind=None), PictureClass.PENDING, "not-looked-at"),
        (replace(RECORD, digest=None), PictureClass.PENDING, "not-looked-at"),
        (replace(RECORD, digest=None, problem=IO), PictureClass.UNREADABLE, "io"),
        (replace(RECORD, kind=None, digest=None, problem=IO), PictureClass.UNREADABLE, "io"),
    ],
)
def test_what_is_known_of_a_file_before_its_content_counts(record, cls, reason):
    """What nobody could look into may hold a picture."""
    found = at_file_level(record)
    assert (found.cls, found.reason) == (cls, reason)


@pytest.mark.parametrize(
    "record", [RECORD, replace(RECORD, problem=IO), replace(RECORD, kind=Kind.OTHER, digest=None)]
)
def test_a_file_that_was_looked_into_is_judged_by_its_content(record):
    """Nothing is said at the file level."""
    assert at_file_level(record) is None


@pytest.mark.parametrize("cls", PictureClass)
def test_a_picture_counts_in_one_class_and_blocks_unless_it_passes(cls):
    """Matched and dismissed pass; a match rests on its witness's root."""
    share = picture_share(Assessment(cls, "why", witness=Place("h1", b"a")))
    passes = cls in (PictureClass.MATCHED, PictureClass.DISMISSED)
    assert share.names == ("pictures", cls.value)
    open_to_others = replace(Assessment(cls, "why", witness=Place("h1", b"a")), contestable=True)
    if cls is PictureClass.MATCHED:
        assert picture_share(open_to_others).names == ("pictures", "matched", CONTESTABLE)
    assert share.rests_on == ("h1" if passes else "")
    assert share.blocks == ("" if passes else "why")


@pytest.mark.parametrize(
    ("kind", "root", "undecided", "names"),
    [
        (Kind.VIDEO, "h1", False, ("videos",)),
        (Kind.OTHER, "h1", True, ("others",)),
        (Kind.OTHER, "", False, ("others", "others_missing")),
        (Kind.VIDEO, "", True, ("videos", "videos_missing", WAITING)),
    ],
)
def test_what_other_files_count_as(kind, root, undecided, names):
    """Their copy's root is one that the folder's line rests on."""
    share = other_share(kind, root, undecided)
    assert (share.names, share.rests_on) == (names, root)


@pytest.mark.parametrize(
    ("record", "blocks"),
    [
        (RECORD, True),
        (replace(RECORD, kind=None, digest=None), True),
        (replace(RECORD, kind=None, digest=None, problem=IO), True),
        (replace(RECORD, type=EntryType.FOLDER, kind=None), True),
        (replace(RECORD, kind=Kind.OTHER), False),
        (replace(RECORD, kind=Kind.VIDEO), False),
        (replace(RECORD, type=EntryType.LINK, kind=None), False),
    ],
)
def test_what_is_excluded_blocks_if_it_may_be_a_picture(record, blocks):
    """It is counted as excluded in any case."""
    share = excluded_share(record)
    assert share.names[0] == "excluded"
    assert (HIDDEN_PICTURES in share.names) is blocks
    assert bool(share.blocks) is blocks
