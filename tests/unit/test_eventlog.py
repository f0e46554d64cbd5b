"""The event log: numbers only rise, nothing torn stays, nothing is logged twice."""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from dedupd.errors import UserError
from dedupd.reports import Event
from dedupd.state import eventlog, logfiles
from dedupd.state.eventlog import EventLog, EventLogUnwritable
from dedupd.state.eventread import read

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    """Where the log of this test is."""
    return tmp_path / "log" / "events.jsonl"


def opened(path, **options):
    """Return the log at `path`, open, with a clock that stands."""
    return EventLog.open(path, clock=lambda: NOW, **options)


def events(count, first=0):
    """Return this many events, each with an id of its own."""
    return [
        Event("picture.matched", b"/p/%d" % n, id=f"id-{n}") for n in range(first, first + count)
    ]


def seqs(path):
    """Return the numbers of all events in the log."""
    return [logged["seq"] for logged in read(path)]


def test_what_is_written_is_what_stands_there(path):
    """`write` returns the very lines of the file, and their numbers and times."""
    log = opened(path)
    logged = log.write([Event("daemon.started"), Event("folder.imported", b"/a", id="x")], True)
    assert [(one.seq, one.time) for one in logged] == [
        (1, "2026-11-22T10:00:00.000Z"),
        (2, "2026-11-22T10:00:00.000Z"),
    ]
    assert path.read_text().splitlines() == [one.line for one in logged]
    assert [fields["id"] for fields in read(path)] == ["#1", "x"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    log.close()


def test_a_batch_is_one_write(path, monkeypatch):
    """The lines of a batch come together, so that a crash between two of them can't be."""
    log = opened(path)
    log.write(events(1), False)
    written = []
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: written.append(fd) or real(fd, data))
    log.write(events(100, first=1), False)
    assert len(written) == 1
    log.close()


def test_sync_reaches_the_disk_before_write_returns(path, monkeypatch):
    """With `sync` the log's file is synced, without it nothing is."""
    log = opened(path)
    log.write(events(1), False)
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    log.write(events(1, first=1), False)
    assert synced == []
    log.write(events(1, first=2), True)
    assert len(synced) == 1
    monkeypatch.undo()
    log.close()


def test_an_id_is_logged_once(path):
    """In one batch, in one run, and after a restart and a rotation; events without id always."""
    log = opened(path, max_bytes=500)
    assert len(log.write([*events(2), *events(2), Event("x"), Event("x")], False)) == 4
    assert log.write(events(2), False) == []
    log.write(events(20, first=100), False)
    log.close()
    log = opened(path, max_bytes=500)
    assert log.write(events(2), False) == []
    assert len(log.write([Event("x"), *events(1), Event("x"), *events(1, first=7)], False)) == 3
    log.close()


def test_odd_ids_are_known_again(path):
    """An id may hold anything but a `#` in front."""
    odd = [Event("x", id=text) for text in ('a"b', "a\\", "a\n", "\udcff", "é", '"}, "')]
    log = opened(path)
    assert len(log.write(odd, False)) == len(odd)
    log.close()
    log = opened(path)
    assert log.write(odd, False) == []
    log.close()


def test_only_so_many_ids_are_remembered(path, monkeypatch):
    """Memory is bounded: the oldest ids are forgotten, in a run and at a start."""
    monkeypatch.setattr(eventlog, "IDS_KEPT", 3)
    log = opened(path)
    log.write(events(5), False)
    assert log.write(events(3, first=2), False) == []
    log.close()
    log = opened(path)
    assert log.write(events(3, first=2), False) == []
    assert len(log.write(events(2), False)) == 2
    log.close()


def test_numbers_go_on_after_a_restart(path):
    """After a clean end the next number follows the last, with nothing left out."""
    for expected in (1, 2, 3):
        log = opened(path)
        assert [one.seq for one in log.write([Event("x")], False)] == [expected]
        assert log.reserved_seq >= log.last_seq == expected
        log.close()
        log.close()
        assert log.reserved_seq == expected


LOSSES = {
    "nothing": (),
    "the log": ("events.jsonl", "events.jsonl.1"),
    "the newest file": ("events.jsonl",),
    "the reserved number": ("events.jsonl.seq",),
    "the log and the reserved number": ("events.jsonl", "events.jsonl.1", "events.jsonl.seq"),
}


@pytest.mark.parametrize("lost", LOSSES)
@pytest.mark.parametrize("clean", [True, False])
def test_numbers_never_come_twice_whatever_is_lost(path, lost, clean):
    """The log, its `.seq` file and the store's floor: any one of them is enough."""
    log = opened(path, max_bytes=300)
    for event in events(5):
        log.write([event], False)
    last = log.last_seq
    floor = 0
    if clean:
        log.close()
    if lost == "the log and the reserved number":
        floor = log.reserved_seq
    for name in LOSSES[lost]:
        (path.parent / name).unlink()
    again = opened(path, seq_floor=floor)
    assert again.write([Event("x")], False)[0].seq > last
    if clean:
        assert again.last_seq == last + 1
    again.close()
    log.close()


def test_a_reserved_number_that_cannot_be_read_is_no_obstacle(path):
    """The log's own lines are enough where `.seq` is garbage."""
    log = opened(path)
    log.write(events(3), False)
    log.close()
    logfiles.reserved(path).write_bytes(b"\0\0")
    log = opened(path)
    assert log.write([Event("x")], False)[0].seq == 4
    log.close()


def test_a_torn_line_is_cut_off_at_every_byte(path):
    """However much of the last line a crash left, the lines before it stay and none is broken."""
    log = opened(path)
    log.write(events(3), False)
    log.close()
    whole = path.read_bytes()
    second_end = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    for length in range(second_end, len(whole)):
        for tail in (b"", b"\0" * 20):
            path.write_bytes(whole[:length] + tail)
            log = opened(path)
            assert path.read_bytes() == whole[:second_end]
            assert log.write(events(1, first=9), False)[0].seq == log.last_seq > 3
            log.close()
            assert [logged["path"] for logged in read(path)] == ["/p/0", "/p/1", "/p/9"]


def test_a_torn_line_longer_than_one_look_is_cut_off(path):
    """The end of the last whole line is found however long the torn one is."""
    log = opened(path)
    log.write(events(1), False)
    log.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"time": "' + b"x" * 200_000)
    opened(path).close()
    assert path.read_bytes() == whole


def test_a_file_that_is_not_ours_loses_nothing(path):
    """If the owner names some other file as the log, not one byte of it is cut."""
    path.parent.mkdir()
    path.write_bytes(b"dear diary")
    log = opened(path)
    log.write(events(1), False)
    log.close()
    assert path.read_bytes().startswith(b'dear diary\n{"time"')
    assert seqs(path) == [1]


def test_rotation_keeps_so_many_files_and_every_number(path):
    """Files are rotated by size and the oldest goes; what is left is without a gap."""
    log = opened(path, max_bytes=1000, keep=3)
    for event in events(60):
        log.write([event], False)
    log.close()
    files = sorted(file.name for file in path.parent.iterdir())
    assert files == ["events.jsonl", *(f"events.jsonl.{n}" for n in (1, 2, 3)), "events.jsonl.seq"]
    assert all(file.stat().st_size <= 1000 for file in path.parent.iterdir())
    found = seqs(path)
    assert found[-1] == 60
    assert all(b == a + 1 for a, b in pairwise(found))


@pytest.mark.parametrize("stopped_at", range(1, 7))
def test_a_rotation_that_was_cut_short_loses_nothing(path, stopped_at):
    """Killed between two renames, one number is missing among the files, and that is all."""
    log = opened(path, max_bytes=300, keep=8)
    for event in events(12):
        log.write([event], False)
    log.close()
    before = seqs(path)
    oldest = logfiles.oldest_number(path)
    for number in range(oldest, stopped_at - 1, -1):
        logfiles.older(path, number).rename(logfiles.older(path, number + 1))
    if stopped_at == 1:
        path.rename(logfiles.older(path, 1))
    assert seqs(path) == before
    logfiles.reserved(path).unlink()
    log = opened(path, max_bytes=300)
    assert log.write(events(12), False) == []
    assert log.write(events(9, first=20), False)[0].seq == 13
    log.close()


@pytest.mark.parametrize("change", ["deleted", "moved", "emptied"])
def test_a_log_taken_away_under_the_daemon_begins_anew(path, change):
    """What is logged after the file was taken away stands in a new one at the same path."""
    log = opened(path)
    log.write(events(2), False)
    if change == "deleted":
        path.unlink()
    elif change == "moved":
        path.rename(path.with_name("elsewhere"))
    else:
        os.truncate(path, 0)
    log.write(events(1, first=5), False)
    log.close()
    assert seqs(path) == [3]


def test_a_full_disk_logs_nothing_of_the_batch(path, monkeypatch):
    """Half a line is cut off at once, the batch may be written again, its numbers are spent."""
    log = opened(path)
    log.write(events(1), False)
    whole = path.read_bytes()
    real = os.write

    def full(fd, data):
        if len(data) <= 40:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, bytes(data)[: len(data) - 40])

    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        with pytest.raises(EventLogUnwritable, match="cannot write the event log") as caught:
            log.write(events(3), False)
    assert "No space" in caught.value.why
    assert path.read_bytes() == whole
    again = log.write(events(3), True)
    assert [one.seq for one in again] == [4, 5]
    log.close()
    assert seqs(path) == [1, 4, 5]


def test_half_a_line_that_could_not_be_cut_at_once_is_cut_later(path, monkeypatch):
    """Where a disk refuses the cut too, the next write begins at the end of the last whole line."""
    log = opened(path)
    log.write(events(1), False)

    def refuse(*_):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", refuse)
        disk.setattr(os, "ftruncate", refuse)
        with pytest.raises(EventLogUnwritable):
            log.write(events(1, first=5), True)
    log.write(events(1, first=6), True)
    log.close()
    assert [logged["path"] for logged in read(path)] == ["/p/0", "/p/6"]


@pytest.mark.parametrize("what", ["folder", "fifo", "below a file"])
def test_what_cannot_be_a_log_is_a_users_error(tmp_path, what):
    """The message names the path and what to change."""
    place = tmp_path / "x"
    if what == "folder":
        place.mkdir()
    elif what == "fifo":
        os.mkfifo(place)
    else:
        place.touch()
        place /= "y"
    with pytest.raises(UserError, match="event log") as caught:
        EventLog.open(place)
    assert caught.value.why
    assert "log.events" in caught.value.fix


WRITER = """
import sys
from pathlib import Path
from dedupd.reports import Event
from dedupd.state.eventlog import EventLog
log = EventLog.open(Path(sys.argv[1]), max_bytes=20_000)
while True:
    logged = log.write([Event("x", b"/p", (("fill", "x" * 300),)) for _ in range(5)], False)
    print(logged[-1].seq, flush=True)
"""


def test_kill_9_costs_no_event_and_no_number_comes_twice(path):
    """What `write` returned is in the log after a kill, and every number is there once."""
    seen = 0
    for lines in (1, 30, 200):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE
        ) as writer:
            printed = [int(writer.stdout.readline()) for _ in range(lines)]
            writer.send_signal(signal.SIGKILL)
            printed += map(int, writer.stdout.read().split())
        assert printed[0] > seen
        log = opened(path)
        found = seqs(path)
        assert printed[-1] in found
        assert found == sorted(set(found))
        seen = found[-1]
        os.close(log._fd)  # as if this one had been killed, too
        log._fd = -1


def test_every_line_is_json(path):
    """Programs may read the file line by line, with any JSON reader."""
    log = opened(path)
    log.write([Event("x", b"/p/\xff\n\x1b", (("a", b"\n"), ("b", [b"\xff", b"c"])))], False)
    log.close()
    (line,) = path.read_bytes().splitlines()
    assert json.loads(line)["b"] == ["\ufffd", "c"]
