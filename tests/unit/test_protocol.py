"""The socket's language: what the client writes the daemon reads, and the contract's shapes."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.reports import BUSY, EVERY_STATE, ROOT, folder, report

from dedupd.asks import (
    AskAccept,
    AskPath,
    AskPictures,
    AskRescan,
    AskWait,
    Done,
    PathReply,
    PictureLine,
    PicturesReply,
    Refused,
)
from dedupd.cli.parsing import CLASSES
from dedupd.errors import ExitCode, UsageError
from dedupd.faces import protocol, questions, verdict
from dedupd.faces.protocol import Order, line_of, question_of, reply_fields, report_fields
from dedupd.model import Evidence, EvidenceKind, FolderState, PictureClass
from dedupd.reports import COUNT_NAMES, Counts

paths = st.binary(max_size=20).map(lambda b: b"/" + b.replace(b"\0", b""))


def asked(fields):
    """Return what the daemon understands of a question."""
    return question_of(json.dumps(fields).encode())


@given(one=paths, two=paths, distinct=st.booleans())
def test_what_the_client_asks_is_what_the_daemon_reads(one, two, distinct):
    """Every question, with any bytes in its paths."""
    assert asked(questions.status()) is Order.STATUS
    assert asked(questions.reload()) is Order.RELOAD
    assert asked(questions.wait()) == AskWait()
    assert asked(questions.path(one)) == AskPath(one)
    assert asked(questions.accept(one)) == AskAccept(one)
    assert asked(questions.rescan(one)) == AskRescan(one)
    assert asked(questions.rescan(None)) == AskRescan(None)
    listed = questions.pictures([one, two], ["unmatched", "possible"], distinct=distinct)
    classes = (PictureClass.UNMATCHED, PictureClass.POSSIBLE)
    assert asked(listed) == AskPictures((one, two), classes, distinct=distinct)


GARBAGE = [
    b"", b"\xff\xfe", b"{", b"[]", b"7", b"null", b"[" * 60_000, b'{"v": 2, "ask": "status"}',
    b'{"ask": "status"}', b'{"v": 1}', b'{"v": 1, "ask": ["status"]}', b'{"v":1,"ask":"drop"}',
    b'{"v": 1, "ask": "path"}', b'{"v": 1, "ask": "path", "path": "relative"}',
    b'{"v": 1, "ask": "path", "path": ""}', b'{"v": 1, "ask": "path", "path": "/a\\u0000b"}',
    b'{"v": 1, "ask": "path", "path": "/x", "path_b64": "?"}',
    b'{"v": 1, "ask": "path", "path": "/\\udcff"}', b'{"v": 1, "ask": "rescan", "path": null}',
    b'{"v": 1, "ask": "pictures", "folders": "/", "classes": ["unmatched"]}',
    b'{"v": 1, "ask": "pictures", "folders": [], "classes": ["nice"]}',
    b'{"v": 1, "ask": "pictures", "folders": [7], "classes": ["unmatched"]}',
    b'{"v": 1, "ask": "pictures", "folders": [], "classes": []}', b"9" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("line", GARBAGE, ids=lambda line: line[:60].decode("ascii", "replace"))
def test_garbage_is_a_usage_error(line):
    """Nothing that a client writes is a bug of the daemon."""
    with pytest.raises(UsageError):
        question_of(line)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_question_or_a_usage_error(line):
    """There is no third way."""
    with contextlib.suppress(UsageError):
        question_of(line)


def test_reading_is_what_decides_nothing_and_costs_no_sweep():
    """The group of `control.group` may do these three."""
    readers = (Order.STATUS, AskPath(b"/x"), AskPictures((), (PictureClass.UNMATCHED,)))
    deciders = (Order.RELOAD, AskWait(), AskRescan(None), AskAccept(b"/x"))
    assert all(map(protocol.only_reads, readers))
    assert not any(map(protocol.only_reads, deciders))


TOP = {"schema", "version", "time", "state", "problems", "queue", "roots", "folders", "totals"}
QUEUE = {"pending", "hashed", "per_second", "eta_s"}
ROOT_KEYS = {"role", "path", "state", "watch", "pictures", "unreadable", "in_step_as_of"}
FOLDER = {"path", "root", "state", "as_of", "last_state", "imported_at", "own", *COUNT_NAMES}


def test_a_report_has_exactly_the_keys_of_the_contract():
    """Scripts and dashboards depend on them."""
    fields = report_fields(BUSY)
    assert set(fields) == TOP
    assert set(fields["queue"]) == QUEUE
    assert all(set(root) == ROOT_KEYS for root in fields["roots"])
    assert all(set(f) == FOLDER for f in fields["folders"])
    assert all(set(f["own"]) == set(COUNT_NAMES) for f in fields["folders"])
    assert all(set(p) == {"code", "path", "message", "fix"} for p in fields["problems"])
    assert set(fields["totals"]) == {*COUNT_NAMES, "folders", "imported"}
    assert fields["schema"] == 1
    assert (fields["totals"]["folders"], fields["totals"]["imported"]) == (9, 2)


def test_a_name_that_is_no_utf8_comes_twice():
    """With U+FFFD for reading, and whole for programs."""
    fields = report_fields(report(folder(b"\xff", FolderState.EMPTY)))["folders"][0]
    assert fields["path"] == "/home/me/old-backups/\ufffd"
    assert fields["path_b64"] == "L2hvbWUvbWUvb2xkLWJhY2t1cHMv/w=="


LINE = PictureLine(
    ROOT + b"/a.jpg",
    ROOT,
    PictureClass.POSSIBLE,
    "smaller",
    "the library's copy has fewer pixels",
    Evidence(EvidenceKind.SAME, 3, 0.98, ("pixels",), "worse"),
    b"/home/me/Pictures/a.jpg",
)


def test_a_missing_picture_has_the_keys_of_the_contract():
    """`missing --json` prints these lines as they come."""
    answer = reply_fields(PicturesReply((LINE,), Counts(pictures=1, possible=1), imported=False))
    assert answer["imported"] is False
    assert answer["lines"] == [
        {
            "path": "/home/me/old-backups/a.jpg",
            "folder": "/home/me/old-backups",
            "class": "possible",
            "reason": "smaller",
            "nearest": {"path": "/home/me/Pictures/a.jpg", "distance_bits": 3, "score": 0.98},
        }
    ]


def test_every_reply_has_an_answer():
    """Each has its own word, and a refusal its exit code."""
    path = reply_fields(PathReply(imported=True, folder=EVERY_STATE[1], picture=None, why="seen"))
    assert (path["answer"], path["imported"], path["picture"]) == ("path", True, None)
    picture = reply_fields(PathReply(imported=False, folder=None, picture=LINE, why=""))["picture"]
    assert (picture["class"], picture["evidence"]) == ("possible", "same")
    assert reply_fields(Done("soon")) == {"answer": "done", "note": "soon"}
    assert reply_fields(Refused("w", "y", usage=True))["exit"] == ExitCode.USAGE
    assert reply_fields(Refused("w", "y"))["exit"] == ExitCode.FAILED


@given(st.text())
def test_an_answer_is_always_one_ascii_line(text):
    """A name with a line end can't become a second answer."""
    line = line_of({"answer": "done", "note": text})
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert json.loads(line)["note"] == text
    assert json.loads(line)["version"] == "0.1.0"


def test_the_command_lines_classes_are_the_models():
    """They are written twice, because the model takes long to load."""
    assert set(CLASSES) == {cls.value for cls in PictureClass}


def test_all_is_imported_only_if_every_root_asked_about_is():
    """A root that the report doesn't speak of isn't, nor is a report without needle roots."""
    done = folder(b"", FolderState.IMPORTED, pictures=1, matched=1)
    assert verdict.all_imported(report_fields(report(done)))
    assert verdict.all_imported(report_fields(report(done)), [ROOT])
    assert not verdict.all_imported(report_fields(report(done)), [ROOT, b"/other"])
    assert not verdict.all_imported(report_fields(report()))
    assert not verdict.all_imported(report_fields(report(done)), [])


@pytest.mark.parametrize("state", FolderState)
def test_only_imported_and_empty_count_as_done(state):
    """For the root's own folder and for any folder below it."""
    done = state in (FolderState.IMPORTED, FolderState.EMPTY)
    below = (folder(b"", FolderState.IMPORTED), folder(b"x", state))
    assert verdict.all_imported(report_fields(report(folder(b"", state)))) is done
    assert verdict.all_imported(report_fields(report(*below))) is done


def test_a_narrowed_report_adds_up_its_own_folders_only():
    """`check` beside a daemon with more needle roots shows the ones it was asked about."""
    fields = report_fields(BUSY)
    other = {**fields["folders"][0], "path": "/other", "root": "/other", "pictures": 5}
    root = {**fields["roots"][1], "path": "/other"}
    whole = {
        **fields,
        "folders": [*fields["folders"], other],
        "roots": [*fields["roots"], root],
    }
    small = verdict.narrowed(whole, [b"/other"])
    assert (small["totals"]["pictures"], small["totals"]["folders"]) == (5, 1)
    assert verdict.needle_roots(small) == [b"/other"]
    assert verdict.haystack_roots(small) == [b"/home/me/Pictures"]
    assert verdict.narrowed(whole, [ROOT])["totals"] == fields["totals"]
