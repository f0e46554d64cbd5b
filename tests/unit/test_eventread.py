"""Reading the event log, while it is written and rotated."""

import json
import os
from datetime import UTC, datetime

import pytest

from dedupd.errors import UsageError
from dedupd.reports import Event
from dedupd.state import eventread
from dedupd.state.eventlog import EventLog
from dedupd.state.eventread import Since, follow, parse_since, read

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    """Where the log of this test is."""
    return tmp_path / "events.jsonl"


def log_of(path, count, max_bytes=400):
    """Return an open log with this many events, in several files."""
    log = EventLog.open(path, max_bytes=max_bytes, keep=50, clock=lambda: NOW)
    for _ in range(count):
        log.write([Event("x", b"/p")], False)
    return log


def seqs(events):
    """Return the numbers of these events."""
    return [logged["seq"] for logged in events]


@pytest.mark.parametrize("since", range(22))
def test_events_come_in_order_and_above_the_number(path, since):
    """Over all files, whatever the number, nothing is missing and nothing comes twice."""
    log_of(path, 20).close()
    assert seqs(read(path, since)) == list(range(since + 1, 21))


def test_files_that_are_too_old_are_not_read(path, monkeypatch):
    """Asking for the newest events doesn't cost a look at every line of every file."""
    log_of(path, 40).close()
    parsed = []
    real = eventread._events
    monkeypatch.setattr(
        eventread, "_events", lambda file, seq: parsed.append(file.name) or real(file, seq)
    )
    assert seqs(read(path, 38)) == [39, 40]
    assert len(parsed) <= 2


def test_a_log_that_is_not_there_has_no_events(tmp_path):
    """No log yet, and no folder for it yet, are no errors."""
    assert list(read(tmp_path / "none.jsonl")) == []
    assert list(read(tmp_path / "none" / "none.jsonl")) == []
    assert list(follow(tmp_path / "none.jsonl", stop=lambda: True)) == []


def test_lines_that_are_no_events_are_passed_over(path):
    """Garbage, other JSON and a line without end cost themselves only."""
    log_of(path, 3, max_bytes=10_000).close()
    lines = path.read_bytes().splitlines(keepends=True)
    odd = [b"\n", b"\0\0\n", b"[1]\n", b"{}\n", b"\xff\xfe\n", lines[0][:30] + b"\n", b"9" * 99]
    path.write_bytes(b"".join([odd[0], lines[0], *odd[1:4], lines[1], *odd[4:6], lines[2], odd[6]]))
    assert seqs(read(path)) == [1, 2, 3]


def test_other_files_beside_the_log_are_left_alone(path):
    """Only the log's own rotated files are read, not whatever has a like name."""
    log_of(path, 2, max_bytes=10_000).close()
    for name in ("events.jsonl.20260101", "events.jsonl.1.gz", "events.jsonl.bak", ".5"):
        path.with_name(name).write_bytes(path.read_bytes())
    assert seqs(read(path)) == [1, 2]


def test_a_rotation_while_reading_hides_and_repeats_nothing(path):
    """Whatever was there when the reading began comes, once, though the files are renamed."""
    log = log_of(path, 10)
    events = read(path)
    first = next(events)
    for _ in range(10):
        log.write([Event("x", b"/p")], False)
    found = [first["seq"], *seqs(events)]
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= 10
    log.close()


def test_a_rotation_while_the_files_are_opened_hides_nothing(path, monkeypatch):
    """Renamed between the opening of two files, the log is still read whole."""
    log = log_of(path, 10)
    real = os.fstat
    rotations = iter([True])

    def rotate_after_the_first(fd):
        found = real(fd)
        if next(rotations, False):
            with monkeypatch.context() as nested:
                nested.setattr(os, "fstat", real)
                log._rotate()
        return found

    monkeypatch.setattr(os, "fstat", rotate_after_the_first)
    assert seqs(read(path)) == list(range(1, 11))
    monkeypatch.undo()
    log.close()


def test_following_gives_every_event_once_through_rotations(path):
    """Many rotations between two looks, and none, cost no event."""
    log = log_of(path, 5)
    burst = iter([0, 1, 0, 30, 2, 400 // 50, 0])
    written = [5]

    def write_more(_):
        for _ in range(next(burst)):
            log.write([Event("x", b"/p")], False)
            written[0] += 1

    done = iter([False] * 7 + [True])
    found = seqs(follow(path, 2, stop=lambda: next(done), wait=write_more))
    assert found == list(range(3, written[0] + 1))
    log.close()


def test_following_waits_for_the_end_of_a_line(path):
    """A line that is being written is given when it is whole, and only then."""
    log_of(path, 2, max_bytes=10_000).close()
    whole = path.read_bytes()
    parts = iter([whole[:-30], whole[:-1], whole])

    def write_more(_):
        path.write_bytes(next(parts))

    write_more(0)
    done = iter([False, False, True])
    looks = []

    def stop():
        looks.append(None)
        return next(done)

    found = [(len(looks), logged["seq"]) for logged in follow(path, 0, stop, write_more)]
    assert found == [(1, 1), (3, 2)]


def test_following_survives_a_batch_that_was_cut_off_again(path):
    """Where a failed batch was cut off and a longer line stands now, that line is given."""
    log_of(path, 2, max_bytes=10_000).close()
    kept, failed = path.read_bytes().splitlines(keepends=True)
    longer = json.dumps({**json.loads(failed), "seq": 3, "more": "x" * 50}).encode() + b"\n"
    done = iter([False, True])
    found = follow(path, 0, lambda: next(done), lambda _: path.write_bytes(kept + longer))
    assert seqs(found) == [1, 2, 3]


def test_following_begins_with_a_log_that_comes_later(path):
    """`follow` may begin before the daemon has logged anything."""
    logs = []
    done = iter([False, True])
    found = follow(path, 0, lambda: next(done), lambda _: logs.append(log_of(path, 3)))
    assert seqs(found) == [1, 2, 3]
    logs[0].close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("123", Since(seq=123)),
        ("0", Since()),
        ("2h", Since(time="2026-11-22T08:00:00.000Z")),
        ("30m", Since(time="2026-11-22T09:30:00.000Z")),
        ("1h30m", Since(time="2026-11-22T08:30:00.000Z")),
        ("1d", Since(time="2026-11-21T10:00:00.000Z")),
        ("2026-11-22T10:00:00Z", Since(time="2026-11-22T10:00:00.000Z")),
        ("2026-11-22T12:00:00.5+02:00", Since(time="2026-11-22T10:00:00.500Z")),
    ],
)
def test_since_is_a_number_a_span_or_a_time(text, expected):
    """The three forms of the contract."""
    assert parse_since(text, NOW) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2 h", "-1", "2y", "٣", "2026-13-01", "9" * 30 + "w", "\x1b[31m"]
)
def test_what_is_no_since_is_told_with_examples(text):
    """The message shows what was given, harmlessly, and the three forms."""
    with pytest.raises(UsageError, match="--since") as caught:
        parse_since(text, NOW)
    assert "\x1b" not in caught.value.what
    assert "2h" in caught.value.fix


def test_since_admits_by_number_and_by_time():
    """Above the number, at or after the time; what is no event is never admitted."""
    event = {"seq": 7, "time": "2026-11-22T10:00:00.000Z"}
    assert Since(seq=6).admits(event)
    assert not Since(seq=7).admits(event)
    assert Since(time="2026-11-22T10:00:00.000Z").admits(event)
    assert not Since(time="2026-11-22T10:00:00.001Z").admits(event)
    assert not Since().admits({})
