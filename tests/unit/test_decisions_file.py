"""The file of decisions: what was kept stays, what is damaged costs itself only and is told."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.decision import Decision, DecisionKind
from dedupd.errors import UserError
from dedupd.state import decisionline, decisions
from dedupd.state.decisionline import Lost, PairDecision, Undo, codings
from dedupd.state.decisions import DecisionFile, DecisionsUnwritable

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TIME = "2026-11-22T10:00:00.000Z"
SOURCE = Path(__file__).parents[2] / "daemon"

SAME = Decision(
    "d1", "b1", TIME, DecisionKind.SAME, b"a" * 32, b"b" * 32, b"/n/\xff\n.jpg", b"/h/{}.jpg"
)
DISMISS = Decision(
    "d2", "b2", TIME, DecisionKind.DISMISS, b"c" * 32, None, b'/n/{"seq": 1',
    dhash=5, sketch=bytes(range(256)),
)  # fmt: skip
UNDO = Undo("b1", TIME)
LINES = [SAME, DISMISS, UNDO]
KNOWN = PairDecision(
    "d3", "b3", TIME, DecisionKind.DIFFERENT, b"a" * 32, b"b" * 32, b"/n/a", b"/h/a",
    first_coded=b"c" * 32, second_coded=b"",
)  # fmt: skip


def opened(folder):
    """Return the file in `folder`, open, with a clock that stands, and what it held."""
    return DecisionFile.open(folder, clock=lambda: NOW)


def kept(folder, *appends):
    """Make `folder` hold these appends; return the bytes of the file."""
    file, *_ = opened(folder)
    for lines in appends:
        file.append(lines)
    file.close()
    return (folder / decisions.NAME).read_bytes()


def put(folder, data):
    """Make the file hold `data`."""
    folder.mkdir(exist_ok=True)
    (folder / decisions.NAME).write_bytes(data)
    return folder


def copies(folder):
    """Return what is in the copies that were set aside."""
    return [path.read_bytes() for path in sorted(folder.glob("decisions.bad-*"))]


def test_what_was_kept_is_read_back(tmp_path):
    """Whole and in order, with every odd name; for our eyes only."""
    kept(tmp_path, [SAME, DISMISS], [UNDO])
    file, lines, problems, note = opened(tmp_path)
    assert (lines, problems, note, file.last_seq) == (LINES, [], "", 3)
    assert decisions.read(tmp_path) == (LINES, [])
    assert stat.S_IMODE((tmp_path / decisions.NAME).stat().st_mode) == 0o600
    file.close()
    file.close()


def test_a_line_is_plain_json_with_readable_paths(tmp_path):
    """Numbered, ASCII, and with the whole name in base 64 where JSON can't show it."""
    data = kept(tmp_path, [SAME], [DISMISS])
    first, second = map(json.loads, data.decode("ascii").splitlines())
    assert [first["seq"], second["seq"]] == [1, 2]
    assert (first["first"], first["first_path"]) == ("61" * 32, "/n/\ufffd\n.jpg")
    assert "first_path_b64" in first
    assert "second" not in second


def test_the_coded_pictures_of_a_pair_are_kept_where_they_are_known(tmp_path):
    """In fields that lines of older versions lack, and that older versions pass over."""
    [line] = map(json.loads, kept(tmp_path, [KNOWN]).splitlines())
    assert (line["first_coded"], "second_coded" in line) == ("63" * 32, False)
    assert decisions.read(tmp_path) == ([KNOWN], [])
    assert [codings(one) for one in (KNOWN, SAME, DISMISS)] == [(b"c" * 32, b"")] + [(b"", b"")] * 2


def test_nothing_is_there_before_the_first_decision(tmp_path):
    """Neither for the daemon nor for who reads without one, who makes no file."""
    assert decisions.read(tmp_path) == ([], [])
    assert list(tmp_path.iterdir()) == []
    assert opened(tmp_path)[1:] == ([], [], "")


def test_append_returns_after_the_disk_has_it(tmp_path, monkeypatch):
    """One write and then one sync, for a whole batch."""
    file, *_ = opened(tmp_path)
    calls = []
    write, sync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda fd, data: calls.append("write") or write(fd, data))
    monkeypatch.setattr(os, "fsync", lambda fd: calls.append("sync") or sync(fd))
    file.append(LINES)
    assert calls == ["write", "sync"]


def test_a_new_file_has_its_name_on_the_disk(tmp_path, monkeypatch):
    """A power cut can't take the file with its first decision."""
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    opened(tmp_path)
    assert str(tmp_path) in synced


def full_after(count, monkeypatch):
    """Let the disk take `count` bytes more."""
    write, left = os.write, [count]

    def written(fd, data):
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = write(fd, data[: left[0]])
        left[0] -= done
        return done

    monkeypatch.setattr(os, "write", written)


@pytest.mark.parametrize("count", [0, 1, 100, 400, 700])
def test_on_a_full_disk_nothing_of_an_append_is_kept(tmp_path, monkeypatch, count):
    """The owner is told, and when there is space again the file goes on as if nothing was."""
    file, *_ = opened(tmp_path)
    file.append([SAME])
    before = (tmp_path / decisions.NAME).read_bytes()
    with monkeypatch.context() as patch:
        full_after(count, patch)
        with pytest.raises(DecisionsUnwritable) as told:
            file.append([DISMISS, UNDO])
    assert "No space left" in told.value.why
    assert (tmp_path / decisions.NAME).read_bytes() == before
    assert file.last_seq == 1
    file.append([DISMISS])
    file.close()
    assert opened(tmp_path)[1:] == ([SAME, DISMISS], [], "")


def test_a_failed_sync_keeps_nothing(tmp_path, monkeypatch):
    """What may not be on the disk doesn't count."""
    file, *_ = opened(tmp_path)

    def fails(_):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        with pytest.raises(DecisionsUnwritable):
            file.append(LINES)
    assert (tmp_path / decisions.NAME).read_bytes() == b""


def test_what_could_not_be_cut_at_once_is_cut_by_the_next_append(tmp_path, monkeypatch):
    """Otherwise the next line would be glued to half of one."""
    file, *_ = opened(tmp_path)
    with monkeypatch.context() as patch:
        full_after(50, patch)
        patch.setattr(os, "ftruncate", lambda *_: os.close(-1))
        with pytest.raises(DecisionsUnwritable):
            file.append([SAME])
    assert (tmp_path / decisions.NAME).stat().st_size == 50
    file.append([DISMISS])
    file.close()
    assert (tmp_path / decisions.NAME).read_bytes().count(decisionline.START) == 1
    assert opened(tmp_path)[1:] == ([DISMISS], [], "")


@pytest.mark.parametrize("deed", ["remove", "replace", "empty"])
def test_a_file_that_was_changed_under_us_is_not_written(tmp_path, deed):
    """A decision in a file that nobody will read is none; the owner is told to restart."""
    file, *_ = opened(tmp_path)
    file.append([SAME])
    path = tmp_path / decisions.NAME
    if deed == "empty":
        os.truncate(path, 0)
    else:
        path.rename(tmp_path / "old")
        if deed == "replace":
            path.write_bytes((tmp_path / "old").read_bytes())
    with pytest.raises(DecisionsUnwritable, match="keep decisions") as told:
        file.append([DISMISS])
    assert "restart dedupd" in told.value.why


@pytest.mark.parametrize("make", ["mkdir", "fifo"])
def test_what_is_no_file_is_refused(tmp_path, make):
    """In three lines, and without waiting for anything."""
    path = tmp_path / decisions.NAME
    path.mkdir() if make == "mkdir" else os.mkfifo(path)
    with pytest.raises(DecisionsUnwritable):
        opened(tmp_path)


def test_what_may_not_be_read_is_told(tmp_path):
    """Also to who only reads."""
    (tmp_path / decisions.NAME).mkdir()
    with pytest.raises(UserError, match="cannot read"):
        decisions.read(tmp_path)


def test_cut_at_any_byte_of_the_last_line(tmp_path):
    """It is there or it isn't, nothing else changes, and the next append stands on its own."""
    whole = kept(tmp_path, [SAME], [DISMISS])
    start = whole.index(b"\n") + 1
    for cut in range(start, len(whole)):
        folder = put(tmp_path / "x", whole[:cut])
        file, lines, problems, note = opened(folder)
        there = cut == len(whole) - 1  # only its line end is missing
        assert (lines, problems) == ([SAME, DISMISS] if there else [SAME], [])
        assert bool(note) is (start < cut < len(whole) - 1)
        file.append([UNDO])
        file.close()
        assert opened(folder)[1:] == ([*lines, UNDO], [], "")
        each = (folder / decisions.NAME).read_bytes().splitlines()
        assert [json.loads(one)["seq"] for one in each] == list(range(1, len(lines) + 2))
    assert copies(folder) == []


def test_cut_at_any_byte_of_a_batch(tmp_path):
    """A batch is there whole or not at all, also where the cut falls between two lines."""
    whole = kept(tmp_path, [SAME], LINES_OF_A_BATCH)
    start = whole.index(b"\n") + 1
    for cut in range(start, len(whole), 7):
        file, lines, problems, _ = opened(put(tmp_path / "x", whole[:cut]))
        assert (lines, problems) == (
            [SAME, *(LINES_OF_A_BATCH if cut == len(whole) - 1 else [])],
            [],
        )
        file.close()
    for end in [i + 1 for i, byte in enumerate(whole[:-1]) if byte == ord("\n")][1:]:
        assert opened(put(tmp_path / "x", whole[:end])).lines == [SAME]


LINES_OF_A_BATCH = [
    Decision(f"m{n}", "m", TIME, DecisionKind.DISMISS, bytes([n]) * 32) for n in range(4)
]


@pytest.mark.parametrize("number", range(3))
def test_a_flipped_bit_costs_its_line_at_most_and_is_told(tmp_path, number):
    """Any bit of any line: the other lines stand, and what was lost is told until it is undone."""
    whole = kept(tmp_path, *([line] for line in LINES))
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    start = [0, *ends][number]
    others = [line for line in LINES if line is not LINES[number]]
    for place in range(start, ends[number]):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        folder = put(tmp_path / "x", bytes(damaged))
        lines, problems = decisions.read(folder)
        if place == ends[number] - 1:
            assert (lines, problems) == (LINES, [])
        else:
            assert (lines, len(problems)) == (others, 1)
            assert f"line {number + 1} of decisions.jsonl" in problems[0]


@pytest.mark.parametrize("number", range(3))
def test_a_loss_is_set_aside_once_and_told_until_it_is_undone(tmp_path, number):
    """The file as it was is kept beside; the next decisions come behind, numbered anew."""
    damaged = bytearray(kept(tmp_path, *([line] for line in LINES)))
    damaged[damaged.index(b'"seq": %d' % (number + 1)) + 20] ^= 4
    put(tmp_path, bytes(damaged))
    file, lines, problems, note = opened(tmp_path)
    lost = Lost("lost-4", TIME, (number + 1,), "decisions.bad-20261122T100000Z")
    others = [line for line in LINES if line is not LINES[number]]
    assert (lines, note, copies(tmp_path)) == ([*others, lost], "", [bytes(damaged)])
    assert problems == [
        f"lost-4: line {number + 1} of decisions.jsonl can't be read: a decision or an undo is"
        " lost; the file as it was: decisions.bad-20261122T100000Z"
    ]
    file.append([SAME])
    file.close()
    file, lines, again, _ = opened(tmp_path)
    assert (lines, again, len(copies(tmp_path))) == ([*others, lost, SAME], problems, 1)
    assert decisions.read(tmp_path) == (lines, problems)
    file.append([Undo("lost-4", TIME)])
    file.close()
    assert opened(tmp_path).problems == []
    assert decisions.unknown_losses(opened(tmp_path).lines) == []


def test_a_missing_line_is_noticed(tmp_path):
    """Its number is: a line that was taken out by hand leaves a gap."""
    whole = kept(tmp_path, *([line] for line in LINES)).splitlines(keepends=True)
    assert opened(put(tmp_path / "x", whole[0] + whole[2])).lines[:2] == [SAME, UNDO]
    _, problems = decisions.read(put(tmp_path / "y", whole[0] + whole[2]))
    assert "line 2 of" in problems[0]
    lines, problems = decisions.read(put(tmp_path / "z", whole[0] + whole[2] + whole[1]))
    assert (lines, len(problems)) == ([SAME, UNDO], 1)


@pytest.mark.parametrize("size", [1, 64, 512, 4096])
def test_a_hole_of_zeros_is_a_loss(tmp_path, size):
    """Also at the end, where it may have been a decision that was kept."""
    whole = kept(tmp_path, *([line] for line in LINES))
    for at in (0, 300, len(whole) - size):
        if at < 0:
            continue
        holed = (whole[:at] + bytes(size) + whole[at + size :])[: len(whole)]
        lines, problems = decisions.read(put(tmp_path / "x", holed))
        only_line_end = size == 1 and at == len(whole) - 1
        assert bool(problems) is not only_line_end
        assert [line for line in LINES if line in lines] == lines
        file, *_ = opened(tmp_path / "x")
        file.append([SAME])
        file.close()
        assert opened(tmp_path / "x").lines[-1] == SAME


def test_a_loss_that_can_not_be_set_aside_is_told_all_the_same(tmp_path, monkeypatch):
    """A full disk must not hide it; the next start tries again."""
    damaged = bytearray(kept(tmp_path, [SAME], [DISMISS]))
    damaged[30] ^= 1
    put(tmp_path, bytes(damaged))
    with monkeypatch.context() as patch:
        full_after(100, patch)
        file, lines, problems, _ = opened(tmp_path)
    assert (lines[0], copies(tmp_path), len(problems)) == (DISMISS, [], 1)
    assert decisions.unknown_losses(lines)
    file.append([UNDO])
    file.close()
    file, lines, problems, _ = opened(tmp_path)
    assert (lines[:2], len(problems), len(copies(tmp_path))) == ([DISMISS, UNDO], 1, 1)


def test_what_a_newer_version_wrote_is_told_and_left(tmp_path):
    """It is whole, but says what we don't know; the newer version finds it again."""
    whole = kept(tmp_path, [SAME], [DISMISS])
    strange = {"seq": 3, "rest": 0, "do": "forget", "id": "x"}
    body = json.dumps(strange).encode()[:-1]
    line = body + b', "sum": "' + decisionline._checksum(body) + b'"}\n'
    put(tmp_path, whole + line)
    _, lines, problems, _ = opened(tmp_path)
    assert (lines[:2], len(problems)) == ([SAME, DISMISS], 1)
    assert line in (tmp_path / decisions.NAME).read_bytes()


@given(st.binary(max_size=300), st.integers(0, 600), st.integers(0, 300))
def test_no_damage_makes_a_line_up(noise, at, length):
    """Whatever is written over the file, what is read is some of what was kept, in order."""
    whole = b"".join(decisionline.encode(line, n, 0) for n, line in enumerate(LINES, start=1))
    found = decisionline.read(whole[:at] + noise + whole[at + length :])
    left = iter(LINES)
    assert all(line in left for line in found.lines)


@pytest.mark.parametrize("moment", ["write", "sync"])
def test_killed_within_an_append(tmp_path, moment):
    """Before the sync or in the middle of the write: the batch is there whole or not at all."""
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from tests.unit.test_decisions_file import SAME, LINES_OF_A_BATCH, opened
file = opened(Path({str(tmp_path)!r})).file
file.append([SAME])
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write = os.write
if {moment!r} == "write":
    os.write = lambda fd, data: (write(fd, data[:700]), die())
else:
    os.fsync = die
file.append(LINES_OF_A_BATCH)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL
    batch = LINES_OF_A_BATCH if moment == "sync" else []
    file, lines, problems, note = opened(tmp_path)
    assert (lines, problems, bool(note)) == ([SAME, *batch], [], moment == "write")
    file.append([UNDO])
    file.close()
    assert opened(tmp_path).lines == [SAME, *batch, UNDO]
