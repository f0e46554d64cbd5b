"""What people see of a report: the words, the order, and what never may be missing."""

from __future__ import annotations

import io
import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.reports import BUSY, EVERY_STATE, folder, report

from dedupd.faces.outputs import RENDERINGS
from dedupd.faces.outputs.look import Look, look_of
from dedupd.faces.outputs.phrases import duration, moment
from dedupd.faces.outputs.text import folder_line, in_order, render, render_work, summary
from dedupd.faces.protocol import folder_fields, report_fields
from dedupd.model import FolderState
from dedupd.reports import COUNT_NAMES, Problem

PIPE = Look()
TERMINAL = Look(80, 24)

GOLDEN = """\
dedupd 0.1.0: degraded, 2026-11-22 10:20:30 UTC
  34 files to look at, 12.3 a second, about 3 min left
! watch.blind: /home/me/x\\x1b[2J
    too many watches
    try: sysctl ...

root          pictures  path
haystack      11,944  /home/me/Pictures
    online, watched, 2 unreadable, in step as of 2026-11-22 10:20:30 UTC
needles        1,463  /home/me/old-backups
    online, polled, not read through yet

folder        pictures  path
incomplete     1,463  /home/me/old-backups
    2 not in the library, 1 to review, 3 unreadable, 34 pending
incomplete        14  /home/me/old-backups/incomplete
    2 not in the library, 3 unreadable
review             5  /home/me/old-backups/review
    1 to review, and 1 video not in the library
unverified         3  /home/me/old-backups/unsure
    was imported, as of 2026-11-02 08:00:00 UTC
pending          214  /home/me/old-backups/copying
    180 of 214 so far, 34 pending
offline            3  /home/me/old-backups/away
    was imported, as of 2026-11-01 08:00:00 UTC, and 2 videos not in the library
imported       1,214  /home/me/old-backups/done
imported           7  /home/me/old-backups/done but for films
    and 12 videos and 1 other file not in the library
empty              0  /home/me/old-backups/empty

2 of 9 folders imported
1,463 pictures: 2 not in the library, 1 to review, 3 unreadable, 34 pending
2 folders can't be verified now"""


def test_a_report_on_a_terminal_is_as_it_was_agreed():
    """One folder of every state, a problem and work under way: the golden text, 80 columns."""
    shown = render(report_fields(BUSY), TERMINAL)
    assert shown.splitlines() == GOLDEN.splitlines()
    assert max(map(len, shown.splitlines())) <= 80


def test_in_a_pipe_the_line_that_says_imported_says_what_else_is_missing():
    """`grep imported` must not lose the videos."""
    lines = [line for line in render(report_fields(BUSY), PIPE).splitlines() if "films" in line]
    assert lines == [
        "imported           7  /home/me/old-backups/done but for films,"
        " and 12 videos and 1 other file not in the library"
    ]


def test_a_report_of_nothing_has_no_empty_tables():
    """A daemon that has just begun: its state, and the sum."""
    assert render(report_fields(report(roots=(), state="starting")), PIPE).splitlines() == [
        "dedupd 0.1.0: starting, 2026-11-22 10:20:30 UTC",
        "",
        "",
        "",
        "0 of 0 folders imported",
        "0 pictures",
    ]


def test_a_problem_without_a_remedy_asks_for_nothing():
    """It is told with its path, or without one; the words `try:` need something to type."""
    problems = (Problem("root.offline", b"/n", "it is away"), Problem("x.y", b"", "all", "a word"))
    lines = render(report_fields(report(problems=problems)), PIPE).splitlines()
    assert lines[1:7] == [
        "! root.offline: /n",
        "    it is away",
        "! x.y:",
        "    all",
        "    try: a word",
        "",
    ]


@given(
    state=st.sampled_from(FolderState),
    counts=st.fixed_dictionaries({name: st.integers(0, 3) for name in COUNT_NAMES}),
    columns=st.none() | st.integers(1, 200),
)
def test_no_folder_is_called_imported_without_what_is_missing_beside_the_pictures(
    state, counts, columns
):
    """Whatever the counts and the width: "imported" and the missing files come together."""
    line = folder_line(folder_fields(folder(b"f", state, **counts)), Look(columns, 24))
    missing = counts["videos_missing"] or counts["others_missing"]
    assert line.startswith(state.value)
    if missing:
        assert re.search(r"and \d+ (video|other file)s?( and \d+ other files?)? not in the", line)


def test_the_sum_never_says_imported_without_the_videos():
    """The sum is read more often than the table."""
    whole = folder(b"", FolderState.IMPORTED, pictures=2, matched=2, videos=12, videos_missing=12)
    assert summary(report_fields(report(whole))).splitlines() == [
        "1 of 1 folder imported, and 12 videos not in the library",
        "2 pictures",
    ]


def test_check_ends_with_the_folders_that_still_need_work():
    """Imported and empty folders are only in the sum."""
    shown = render_work(report_fields(BUSY), TERMINAL)
    assert "old-backups/done" not in shown
    assert shown.splitlines()[-1].endswith("and 2 videos not in the library")
    assert "old-backups/incomplete" in shown


def test_check_with_nothing_left_ends_with_the_sum():
    """There is no empty table."""
    whole = folder(b"", FolderState.IMPORTED, pictures=2, matched=2)
    assert render_work(report_fields(report(whole)), PIPE).endswith("\n2 pictures")


def test_folders_that_need_work_come_first_whatever_their_order():
    """The most urgent first, then by path."""
    fields = report_fields(BUSY)["folders"]
    wanted = in_order(fields)
    for order in itertools.islice(itertools.permutations(fields), 200):
        assert in_order(list(order)) == wanted


def test_a_narrow_terminal_shortens_the_middle_of_a_path_and_a_pipe_nothing():
    """The first and the last folder tell most."""
    deep = folder(b"x" * 200 + b"/end", FolderState.INCOMPLETE, pictures=1, unmatched=1)
    narrow = folder_line(folder_fields(deep), TERMINAL).splitlines()[0]
    assert len(narrow) == 80
    assert "/home/me/" in narrow
    assert narrow.endswith("xxx/end")
    assert "..." in narrow
    assert b"x" * 200 in folder_line(folder_fields(deep), PIPE).encode()


@pytest.mark.parametrize(
    "name", [b"a\nimported 3  b", b"\x1b[2Jx", b"\xff\xfe", "a\u202egpj".encode(), b"\r", b"\x9bm"]
)
def test_no_name_reaches_the_terminal_raw(name):
    """A file name can't forge a line, clear the screen or turn the writing round."""
    line = folder_line(folder_fields(folder(name, FolderState.EMPTY)), Look(400, 24))
    assert line.isprintable()


def test_a_name_that_is_no_utf8_is_shown_whole():
    """The JSON's `path_b64` is what is shown, not its U+FFFD."""
    assert "\\udcff" in folder_line(folder_fields(folder(b"\xff", FolderState.EMPTY)), PIPE)


def test_colours_are_only_where_they_are_wanted():
    """Without colour there is no escape code at all."""
    fields = report_fields(BUSY)
    assert "\x1b" not in render(fields, TERMINAL)
    assert "\x1b[31mincomplete\x1b[0m " in render(fields, Look(80, 24, colour=True))


def test_a_pipe_is_no_terminal(monkeypatch):
    """A pipe gets no width and no colour, whatever the environment says."""
    monkeypatch.setenv("COLUMNS", "20")
    assert look_of(io.StringIO()) == Look(None, None, colour=False)


@pytest.mark.parametrize(
    ("variable", "wanted", "colour"),
    [("", True, True), ("1", True, False), ("", False, False)],
)
def test_colour_can_be_forbidden(monkeypatch, variable, wanted, colour):
    """By `$NO_COLOR` and by `--no-color`."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

        def fileno(self):
            raise OSError

    monkeypatch.setenv("NO_COLOR", variable)
    monkeypatch.setenv("TERM", "xterm")
    assert look_of(Terminal(), colour=wanted) == Look(80, 24, colour)


def test_the_json_rendering_is_the_contracts_object_on_one_line():
    """`status --json` prints what the daemon sent."""
    fields = report_fields(report(*EVERY_STATE))
    line = RENDERINGS["json"].render(fields, PIPE)
    assert json.loads(line) == fields
    assert line.isascii()
    assert "\n" not in line


def test_times_and_durations_read_well():
    """One unit is enough, and the zone is never lost."""
    assert [duration(s) for s in (1.2, 200, 7300)] == ["1 s", "3 min", "2 h"]
    assert moment("2026-11-22T10:20:30.123Z") == "2026-11-22 10:20:30 UTC"
    assert moment("2026-11-22T10:20:30+02:00") == "2026-11-22 10:20:30+02:00"
