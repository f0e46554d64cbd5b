"""What somebody at a terminal sees at a glance, and what never may be missing there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.reports import BUSY, EVERY_STATE, TIME, folder, report

from dedupd.faces.outputs import bars, terminal
from dedupd.faces.outputs.ages import ago, clock
from dedupd.faces.outputs.look import Look
from dedupd.faces.outputs.terminal import Choice, outermost, render, render_work
from dedupd.faces.protocol import folder_fields, report_fields
from dedupd.model import FolderState
from dedupd.reports import COUNT_NAMES

GLANCE = Look(80, 24)

GOLDEN = """\
2 of 9 folders imported
1,463 pictures: 2 not in the library, 1 to review, 3 unreadable, 34 pending
2 folders can't be verified now
dedupd 0.1.0: degraded, 2026-11-22 10:20:30
########--  34 files to look at, 12.3 a second, about 3 min left
! watch.blind: /home/me/x\\x1b[2J
    too many watches
    try: sysctl ...

haystack  in step just now            11,944  /home/me/Pictures
          2 unreadable
needles   not read through yet         1,463  /home/me/old-backups
          polled

folder      in library  to do              path
incomplete  #######?-.  2 not in the library + 38 more  /home/me/old-backups
incomplete  ######----  2 not in the library + 3 more  /home/m...kups/incomplete
review      ########??  1 to review        /home/me/old-backups/review
unverified  ..........  was imported, 2026-11-02 08:00  /home/m...backups/unsure
pending     ########..  180 of 214 so far  /home/me/old-backups/copying
offline     ..........  was imported, 2026-11-01 08:00  /home/m...d-backups/away
    and 2 videos not in the library

and 2 folders imported, and 12 videos and 1 other file not in the library, 1
    folder empty (--all lists them)"""


@pytest.fixture(autouse=True)
def greenwich(monkeypatch):
    """Let this machine be in UTC."""
    monkeypatch.setattr(terminal, "ago", lambda time, now: ago(time, now, UTC))
    monkeypatch.setattr(terminal, "clock", lambda time: clock(time, UTC))


def lines_of(*folders, look=GLANCE, choice=terminal.NEEDING_WORK):
    return render(report_fields(report(*folders)), look, choice).splitlines()


def test_a_glance_is_as_it_was_agreed():
    """The sum, what is wrong, roots, then a line for each folder that needs work: 80 columns."""
    shown = render(report_fields(BUSY), GLANCE).splitlines()
    assert shown == GOLDEN.splitlines()
    assert max(map(len, shown)) <= 80


def test_what_check_shows_ends_with_the_folders_that_need_work():
    """What is done with is in the first line."""
    shown = render_work(report_fields(BUSY), GLANCE).splitlines()
    assert shown == GOLDEN.splitlines()[:-3]
    whole = folder(b"", FolderState.IMPORTED, pictures=2, matched=2)
    assert "in library" not in render_work(report_fields(report(whole)), GLANCE)


def test_all_lists_every_folder_and_only_lists_some():
    """`--all` and `--only`; nothing is summed up then."""
    every = lines_of(*EVERY_STATE, choice=Choice(every=True))
    states = [line.split()[0] for line in every if re.match("[a-z]", line)]
    assert states[-3:] == ["imported", "imported", "empty"]
    some = lines_of(*EVERY_STATE, choice=Choice(("review", "pending")))
    assert [line.split()[0] for line in some[-2:]] == ["review", "pending"]
    assert not any("--all" in line for line in (*every, *some))


SAID = re.compile(r"and \d+ (video|other file)s?( and \d+ other files?)? not in the library")


@given(
    counts=st.fixed_dictionaries({name: st.integers(0, 3) for name in COUNT_NAMES}),
    columns=st.integers(20, 200),
    choice=st.sampled_from([Choice(), Choice(every=True), Choice(("imported",))]),
    name=st.sampled_from([b"f", b"long name " * 12]),
)
def test_imported_is_never_said_without_what_else_would_be_lost(counts, columns, choice, name):
    """In the sum, in the table, in the last line: each says it itself, at any width."""
    one = folder(name, FolderState.IMPORTED, **counts)
    whole = report_fields(report(folder(b"", FolderState.REVIEW, **counts), one))
    shown = render(whole, Look(columns, 24))
    joined = re.sub(r"\n {4}", " ", shown).splitlines()  # a line, and what is indented below it
    claims = [line for line in joined if re.search(r"\bimported\b", line)]
    assert len(claims) == 2
    if counts["videos_missing"] or counts["others_missing"]:
        assert all(map(SAID.search, claims)), shown


def test_a_last_verdict_has_its_films_in_the_same_breath():
    """ "was imported" is read as imported."""
    away = folder_fields(EVERY_STATE[6])
    lines = render({**report_fields(report()), "folders": [away]}, Look(200, 24)).splitlines()
    (line,) = [line for line in lines if "was imported" in line]
    assert line.endswith("/away, and 2 videos not in the library")


def test_a_folder_inside_another_is_not_counted_twice():
    """A tree's counts hold those of the trees in it."""
    names = (b"a", b"a/b", b"a b", b"a/b/c", b"ab")
    films = [folder(n, FolderState.IMPORTED, pictures=1, videos_missing=1) for n in names]
    found = outermost([folder_fields(one) for one in films])
    assert sorted(one["path"].rpartition("/")[2] for one in found) == ["a", "a b", "ab"]
    assert "5 folders imported, and 3 videos not in the library" in lines_of(*films)[-1]


@given(sums=st.lists(st.integers(0, 10**6), min_size=4, max_size=4), width=st.integers(4, 30))
def test_a_bar_rounds_nothing_away(sums, width):
    """One picture in a million that is missing has its cell."""
    cells = bars.cells(sums, width)
    assert sum(cells) == (width if any(sums) else 0)
    assert [bool(count) for count in sums] == [bool(cell) for cell in cells]


@pytest.mark.parametrize(
    ("look", "bar"),
    [
        (Look(80, 24), "#######?-."),
        (Look(80, 24, blocks=True), "███████▒░·"),
        (Look(80, 24, colour=True), "\x1b[32m#######\x1b[0m\x1b[33m?\x1b[0m"),
    ],
)
def test_a_bar_is_drawn_with_what_the_terminal_has(look, bar):
    """Blocks, or ASCII; colours only where they are wanted."""
    counts = {"matched": 60, "dismissed": 10, "possible": 10, "unmatched": 10, "pending": 10}
    none = dict.fromkeys(COUNT_NAMES, 0)
    drawn = bars.shares({**none, **counts, "state": "incomplete"}, look)
    assert drawn.startswith(bar)
    assert bars.shares({**none, "state": "empty"}, look) == " " * 10


@pytest.mark.parametrize("state", [FolderState.OFFLINE, FolderState.UNVERIFIED])
def test_of_a_folder_that_can_t_be_verified_no_bar_says_imported(state):
    """What was counted before isn't known now."""
    one = folder_fields(folder(b"f", state, pictures=3, matched=3))
    assert bars.shares(one, GLANCE) == "." * 10


@pytest.mark.parametrize("state", [s for s in FolderState if s is not FolderState.IMPORTED])
def test_only_the_bar_of_an_imported_folder_is_full(state):
    """All its pictures may be found, and the last look at the disk still be to come."""
    one = folder_fields(folder(b"f", state, pictures=3, matched=3))
    assert bars.shares(one, GLANCE) != "#" * 10
    done = folder_fields(folder(b"f", FolderState.IMPORTED, pictures=3, matched=3))
    assert bars.shares(done, GLANCE) == "#" * 10


NOW = "2026-11-22T10:20:30.123Z"


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (NOW, "just now"),
        ("2026-11-22T10:20:50Z", "just now"),
        ("2026-11-22T10:19:00Z", "1 minute ago"),
        ("2026-11-22T09:21:00Z", "59 minutes ago"),
        ("2026-11-22T09:10:00Z", "1 hour ago"),
        ("2026-11-22T00:00:00Z", "10 hours ago"),
        ("2026-11-21T18:04:00Z", "yesterday 18:04"),
        ("2026-11-20T23:59:00Z", "2026-11-20 23:59"),
        ("2026-11-22T12:00:00Z", "2026-11-22 12:00"),
    ],
)
def test_a_time_is_said_in_words(time, words):
    """What lies ahead is no age: it is shown as it stands."""
    assert ago(time, NOW, UTC) == words


def test_days_begin_where_the_reader_is():
    """What is still today in London may be tomorrow in Tokyo."""
    tokyo = timezone(timedelta(hours=9))
    assert ago("2026-11-22T14:00:00Z", "2026-11-22T15:30:00Z", tokyo) == "yesterday 23:00"
    assert clock(TIME, tokyo) == "2026-11-22 19:20:30"
    assert datetime.fromisoformat(TIME).tzinfo is not None


@pytest.mark.parametrize("name", [b"a\nimported 3  b", b"\x1b[2Jx", b"\xff\xfe", b"\x9bm"])
def test_no_name_reaches_the_terminal_raw(name):
    """A file name can't forge a line or clear the screen."""
    shown = lines_of(folder(name, FolderState.REVIEW, pictures=1, possible=1), look=Look(200, 24))
    assert all(line.isprintable() for line in shown)
    assert len([line for line in shown if line.startswith(("review", "imported"))]) == 1
