"""The socket's language for files and decisions: questions, shapes, and values read back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.asks import (
    AskContents,
    AskDecide,
    AskDecideMany,
    AskDecisions,
    AskExplain,
    AskNear,
    AskReceipt,
    AskUndo,
    ContentsReply,
    DecidedReply,
    DecisionsReply,
    ExplainReply,
    Known,
    MatchLine,
    NearReply,
    PictureLine,
    ReceiptLine,
    ReceiptReply,
)
from dedupd.decision import Decision, DecisionKind
from dedupd.errors import UsageError
from dedupd.faces import protocol, questions
from dedupd.faces.protocol import line_of, question_of, reply_fields
from dedupd.faces.shapes.files import known_fields, known_of
from dedupd.likeness import MatchLimits
from dedupd.model import (
    Evidence,
    EvidenceKind,
    Fingerprint,
    FolderState,
    PictureClass,
    Role,
    Stamp,
    Unreadable,
    View,
)
from dedupd.reports import Counts, FolderReport
from dedupd.wire import encode_fingerprint

paths = st.binary(max_size=20).map(lambda b: b"/" + b.replace(b"\0", b""))
digests = st.binary(min_size=32, max_size=32)
u64 = st.integers(0, 2**64 - 1)
fingerprints = st.builds(
    Fingerprint,
    st.integers(1, 2**32 - 1),
    st.integers(1, 2**32 - 1),
    u64,
    st.binary(min_size=256, max_size=256),
    st.text(max_size=8),
    note=st.text(max_size=20),
    taken_at=st.text(max_size=20),
    coded=st.sampled_from([b"", b"\x07" * 32]),
    turned=st.sampled_from([(), (1, 2, 3, 4, 5, 6, 7)]),
)

PICTURE = Fingerprint(4000, 3000, 255, bytes(range(256)), "jpeg", taken_at="2026:11:22 09:30:00")
STAMP = Stamp(7, 1234, 1_700_000_000_000_000_000, 1_700_000_001_000_000_000)
NEEDLE = Known(b"/n/a\xff.jpg", Role.NEEDLES, STAMP, b"\1" * 32, PICTURE, ((b"/n/a.mov", "film"),))
WITNESS = Known(b"/lib/a.jpg", Role.HAYSTACK, STAMP, b"\2" * 32, PICTURE)
SMALLER = Evidence(EvidenceKind.SAME, 3, 0.98, ("pixels",), "smaller", View(1, True))
MATCH = MatchLine(WITNESS, SMALLER, "smaller", 3, 0.97)
LINE = PictureLine(NEEDLE.path, b"/n", PictureClass.POSSIBLE, "smaller", "d", SMALLER, WITNESS.path)
SAME = Decision(
    "d1", "b1", "2026-11-22T10:00:00.000Z", DecisionKind.SAME, b"\1" * 32, b"\2" * 32,
    b"/n/a\xff.jpg", b"/lib/a.jpg",
)  # fmt: skip
DISMISSED = Decision("d2", "b1", SAME.time, DecisionKind.DISMISS, b"\1" * 32, first_path=b"/n/a")


def asked(fields):
    """Return what the daemon understands of a question."""
    return question_of(json.dumps(fields).encode())


@given(one=paths, two=paths, digest=digests, fingerprint=fingerprints)
def test_what_the_client_asks_is_what_the_daemon_reads(one, two, digest, fingerprint):
    """Every question about files, with any bytes in its paths."""
    assert asked(questions.explain(one)) == AskExplain(one)
    near = questions.near(digest, encode_fingerprint(fingerprint))
    assert asked(near) == AskNear(digest, fingerprint)
    assert asked(questions.contents("needles")) == AskContents(Role.NEEDLES)
    assert asked(questions.contents("haystack", one)) == AskContents(Role.HAYSTACK, one)
    assert asked(questions.receipt(one)) == AskReceipt(one)
    assert asked(questions.receipt(one, two)) == AskReceipt(one, two)


@given(one=paths, two=paths, decision=st.text(max_size=10), sure=st.booleans())
def test_what_the_owner_decides_is_what_the_daemon_reads(one, two, decision, sure):
    """Every question that decides."""
    dismiss = questions.decide("dismiss", one)
    assert asked(dismiss) == AskDecide(DecisionKind.DISMISS, one)
    assert asked(questions.decide("same", one, two)) == AskDecide(DecisionKind.SAME, one, two)
    many = questions.decide_many("same", one, "possible", ["smaller", "toned"], sure=sure)
    wanted = AskDecideMany(
        DecisionKind.SAME, one, PictureClass.POSSIBLE, ("smaller", "toned"), sure=sure
    )
    assert asked(many) == wanted
    assert asked(questions.undo(decision)) == AskUndo(decision)
    assert asked(questions.undo()) == AskUndo("")
    assert asked(questions.decisions()) == AskDecisions()


GARBAGE = [
    {"ask": "explain"}, {"ask": "near"}, {"ask": "near", "sha256": "00", "fingerprint": ""},
    {"ask": "near", "sha256": "zz" * 32, "fingerprint": ""},
    {"ask": "near", "sha256": "00" * 32, "fingerprint": "????"},
    {"ask": "near", "sha256": "00" * 32, "fingerprint": "AAAA"},
    {"ask": "near", "sha256": 7, "fingerprint": 7}, {"ask": "contents"},
    {"ask": "contents", "role": "library"}, {"ask": "contents", "role": ["needles"]},
    {"ask": "contents", "role": "needles", "after": "/x"},
    {"ask": "contents", "role": "needles", "after": {"path": "x"}},
    {"ask": "receipt"}, {"ask": "receipt", "path": "/x", "after": {"path": "/a\0"}},
    {"ask": "decide"}, {"ask": "decide", "kind": "nice", "first": {"path": "/x"}},
    {"ask": "decide", "kind": "same", "first": "/x"},
    {"ask": "decide", "kind": "same", "first": {"path": "/x"}, "second": {"path": "y"}},
    {"ask": "decide many", "kind": "same", "folder": {"path": "/x"}, "class": "nice"},
    {"ask": "decide many", "kind": "same", "folder": {"path": "/x"}, "class": "possible",
     "reasons": "smaller"},
    {"ask": "decide many", "kind": "same", "folder": {"path": "/x"}, "class": "possible",
     "reasons": [7]},
    {"ask": "undo"}, {"ask": "undo", "id": 7}, {"ask": ["undo"]}, {"ask": {"a": "undo"}},
]  # fmt: skip


@pytest.mark.parametrize("fields", GARBAGE, ids=json.dumps)
def test_garbage_is_a_usage_error(fields):
    """Nothing that a client writes is a bug of the daemon."""
    with pytest.raises(UsageError):
        asked({"v": 1, **fields})


def test_a_picture_that_cant_be_read_is_near_nothing():
    """Its place in the question is refused, not answered by an empty list."""
    broken = encode_fingerprint(Unreadable("damaged"))
    with pytest.raises(UsageError):
        asked(questions.near(bytes(32), broken))


def test_only_the_owner_decides():
    """The group of `control.group` may look at everything, and decide nothing."""
    readers = (
        AskExplain(b"/x"),
        AskNear(bytes(32), PICTURE),
        AskContents(Role.NEEDLES),
        AskReceipt(b"/x"),
        AskDecisions(),
    )
    deciders = (
        AskDecide(DecisionKind.DISMISS, b"/x"),
        AskDecideMany(DecisionKind.SAME, b"/x", PictureClass.POSSIBLE),
        AskUndo(),
    )
    assert all(map(protocol.only_reads, readers))
    assert not any(map(protocol.only_reads, deciders))


@given(path=paths, digest=st.none() | digests, fingerprint=st.none() | fingerprints)
def test_a_file_comes_back_whole(path, digest, fingerprint):
    """What `find` and `duplicates` compare is what the daemon knows."""
    known = Known(path, Role.HAYSTACK, STAMP, digest, fingerprint, ((path, "film"),))
    fields = json.loads(line_of(reply_fields(ContentsReply((known,), more=False))))["files"][0]
    assert known_of(fields) == known


def test_an_unreadable_file_comes_back_with_its_reason():
    """Also where no whole fingerprint was sent along."""
    known = Known(b"/x", Role.NEEDLES, STAMP, None, Unreadable("truncated", "it ends early"))
    assert known_of(known_fields(known)) == known


def test_an_explanation_has_the_keys_of_the_contract():
    """`explain --json` prints them as they come."""
    answer = reply_fields(ExplainReply(NEEDLE, LINE, (MATCH,), signature=True, decisions=(SAME,)))
    assert {"path", "class", "reason", "evidence", "matches"} <= set(answer)
    assert (answer["class"], answer["reason"], answer["evidence"]) == (
        "possible",
        "smaller",
        "same",
    )
    assert answer["fingerprint"]["dhash"] == "00000000000000ff"
    assert answer["fingerprint"]["width_px"] == 4000
    (match,) = answer["matches"]
    assert {"path", "evidence", "distance_bits", "score", "worse"} <= set(match)
    assert (match["path"], match["worse"], match["limit"]) == ("/lib/a.jpg", ["pixels"], "smaller")
    assert match["view"] == {"quarters": 1, "mirrored": True}
    assert answer["companions"] == [{"path": "/n/a.mov", "what": "film"}]
    assert answer["decisions"][0]["second"]["sha256"] == "02" * 32
    assert "wire" not in match


def test_a_library_picture_has_no_class():
    """It is what needles are looked for in."""
    answer = reply_fields(ExplainReply(WITNESS, None, (), signature=False))
    assert (answer["class"], answer["evidence"], answer["role"]) == (None, None, "haystack")


def test_near_pictures_come_with_all_that_a_comparison_needs():
    """And with how many library files nobody has read."""
    stranger = MatchLine(WITNESS, None, "different", 9, 0.86)
    answer = reply_fields(NearReply((MATCH, stranger), unread=3))
    assert (answer["answer"], answer["unread"]) == ("near", 3)
    assert known_of(answer["matches"][0]).fingerprint == PICTURE
    other = answer["matches"][1]
    assert (other["evidence"], other["score"], other["distance_bits"]) == (None, None, 9)


def test_a_receipts_portion_names_witness_and_limits():
    """One object a file, with what vouches for it."""
    folder = FolderReport(b"/n", b"/n", FolderState.IMPORTED, "now", Counts(), Counts())
    exact = Evidence(EvidenceKind.BYTES)
    lines = (
        ReceiptLine(NEEDLE, "matched", "", exact, WITNESS),
        ReceiptLine(NEEDLE, "", "", None, None),
    )
    answer = reply_fields(ReceiptReply(folder, lines, MatchLimits(), more=True))
    assert (answer["folder"]["state"], answer["more"]) == ("imported", True)
    assert answer["limits"]["luma"] == MatchLimits().luma
    first, second = answer["lines"]
    assert (first["class"], first["evidence"]) == ("matched", "bytes")
    assert first["witness"]["sha256"] == "02" * 32
    assert (second["class"], second["evidence"], second["witness"]) == ("", None, None)


def test_decisions_say_what_is_in_force():
    """A dismissal is about one picture; a name that is no UTF-8 comes twice."""
    listed = reply_fields(DecisionsReply(((SAME, True), (DISMISSED, False))))["decisions"]
    assert [one["in_force"] for one in listed] == [True, False]
    assert listed[0]["first"] == {
        "path": "/n/a\ufffd.jpg", "path_b64": "L24vYf8uanBn", "sha256": "01" * 32,
    }  # fmt: skip
    assert listed[1]["second"] is None
    done = reply_fields(DecidedReply((SAME,), done=False, batch="b1"))
    assert (done["answer"], done["done"], done["batch"]) == ("decided", False, "b1")
    assert done["decisions"][0]["kind"] == "same"
