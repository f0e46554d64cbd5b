"""What people read about one file: its class, what decided, and what is near it."""

from __future__ import annotations

import pytest

from dedupd.asks import ExplainReply, Known, MatchLine, PictureLine
from dedupd.decision import Decision, DecisionKind
from dedupd.faces.outputs import reasons
from dedupd.faces.outputs.files import capture_time, explanation
from dedupd.faces.outputs.look import Look
from dedupd.faces.protocol import reply_fields
from dedupd.model import (
    Evidence,
    EvidenceKind,
    Fingerprint,
    PictureClass,
    Role,
    Stamp,
    Unreadable,
    View,
)
from dedupd.rules import worse

PICTURE = Fingerprint(
    4000, 3000, 0xAB, bytes(256), "jpeg", note="an odd tag", taken_at="2026:11:22 09:30:00.5"
)
STAMP = Stamp(7, 3_456_789, 0, 0)
NEEDLE = Known(b"/n/IMG_1.jpg", Role.NEEDLES, STAMP, b"\1" * 32, PICTURE)
COPY = Known(b"/lib/a.jpg", Role.HAYSTACK, STAMP, b"\2" * 32, PICTURE)


def told(known=NEEDLE, cls=None, reason="", evidence=None, matches=(), **more):
    """Return what people read; `cls` None: it is no needle picture."""
    nearest = matches[0].known.path if matches else None
    detail = more.pop("detail", "")
    line = PictureLine(known.path, b"/n", cls, reason, detail, evidence, nearest) if cls else None
    reply = ExplainReply(known, line, tuple(matches), signature=True, **more)
    return "\n".join(explanation(reply_fields(reply), Look()))


def test_a_match_is_told_with_its_evidence():
    """Also the facts of the file, in units."""
    exact = Evidence(EvidenceKind.BYTES)
    said = told(cls=PictureClass.MATCHED, evidence=exact, matches=[MatchLine(COPY, exact, "")])
    assert "in the library: the very same bytes" in said
    assert "the library has it as /lib/a.jpg" in said
    assert "jpeg, 4000 x 3000 pixels, 3,456,789 bytes, taken 2026-11-22 09:30:00.5" in said
    assert "dHash 00000000000000ab" in said
    assert "note: an odd tag" in said
    assert "SHA-256 " + "01" * 32 in said
    assert "bits of the dHash" not in said


@pytest.mark.parametrize("retold", [True, False])
def test_a_copy_that_was_made_again_is_told_as_one(retold):
    """Only where shrinking and coding the library's picture gave it."""
    same = Evidence(EvidenceKind.SAME, 1, 0.99)
    line = MatchLine(COPY, same, "", 1, 0.99, retold)
    assert (
        "made of it: " in told(cls=PictureClass.MATCHED, evidence=same, matches=[line])
    ) is retold


def test_a_veto_is_told_in_words():
    """Which one decided, and in what the library's copy is worse."""
    smaller = Evidence(EvidenceKind.SAME, 3, 0.98, ("pixels", "metadata"), "smaller")
    said = told(
        cls=PictureClass.POSSIBLE,
        reason="smaller",
        evidence=smaller,
        matches=[MatchLine(COPY, smaller, "smaller", 3, 0.97)],
    )
    assert "to review: the library's copy has fewer pixels" in said
    assert "nearest is /lib/a.jpg" in said
    assert "3 of 64 bits of the dHash differ, correlation 0.980" in said
    assert "worse in the library: fewer pixels, no capture time" in said
    assert reasons.EVIDENCE["same"] not in said


def test_a_broken_limit_and_a_turned_view_are_told():
    """By the limit's name and what it means; and how to look at the needle."""
    turned = Evidence(EvidenceKind.TURNED, 5, 0.95, limit="luma", view=View(1, True))
    said = told(
        cls=PictureClass.POSSIBLE,
        reason="turned",
        evidence=turned,
        matches=[MatchLine(COPY, turned, "turned", 5, 0.9)],
    )
    assert "decided by luma: the brightness differs somewhere" in said
    assert "when this one is mirrored and turned a quarter to the left" in said


def test_what_is_missing_is_told_with_what_was_near():
    """A candidate that was ruled out has its sketch's correlation only."""
    stranger = MatchLine(COPY, None, "different", 9, 0.861)
    said = told(cls=PictureClass.UNMATCHED, reason="no-match", matches=[stranger])
    assert "not in the library: nothing in the library looks like it" in said
    assert "different: it shows something else" in said
    assert "9 of 64 bits of the dHash differ, correlation of the sketches 0.861" in said


def test_a_file_that_cant_be_read_says_why():
    """Once, with the decoder's words."""
    known = Known(b"/n/x.jpg", Role.NEEDLES, STAMP, None, Unreadable("truncated", "no end marker"))
    said = told(known, PictureClass.UNREADABLE, "truncated", detail="no end marker")
    assert said.count("it ends too early") == 1
    assert "no end marker" in said
    library = Known(b"/lib/x.jpg", Role.HAYSTACK, STAMP, None, known.fingerprint)
    assert "unreadable: it ends too early (no end marker)" in told(library)


def test_a_library_picture_and_no_picture_say_what_they_are():
    """They have no class; the companions have names for what they are."""
    assert "it is in the library" in told(COPY)
    beside = ((b"/n/IMG_1.mov", "film of the Live Photo"),)
    film = Known(b"/n/clip.mp4", Role.NEEDLES, STAMP, None, None, beside)
    said = told(film)
    assert "it is not a picture" in said
    assert "beside it: /n/IMG_1.mov (film of the Live Photo)" in said


def test_decisions_are_told_from_this_pictures_side():
    """With what to type to take one back."""
    time = "2026-11-22T10:00:00.000Z"
    same = Decision(
        "d7", "b", time, DecisionKind.SAME, b"\2" * 32, b"\1" * 32, b"/lib/a.jpg", b"/n/IMG_1.jpg"
    )
    drop = Decision("d8", "b", time, DecisionKind.DISMISS, b"\1" * 32, first_path=b"/n/IMG_1.jpg")
    said = told(cls=PictureClass.DISMISSED, decisions=(same, drop))
    assert "2026-11-22 10:00:00 UTC: you said: the same picture as /lib/a.jpg" in said
    assert "not wanted in the library   (dedupd undo d8)" in said


def test_hostile_names_and_texts_stay_on_their_line():
    """What a file or a codec wrote can't move the cursor."""
    evil = Fingerprint(1, 1, 0, bytes(256), "jp\x1beg", note="a\x1b[2Jb", taken_at="x\ny")
    known = Known(
        b"/n/\x1b[31m\n.jpg", Role.NEEDLES, STAMP, b"\1" * 32, evil, ((b"/n/\r", "f\x1b"),)
    )
    match = MatchLine(Known(b"/l/\x9b\n", Role.HAYSTACK, STAMP, None, evil), None, "n\x1bew", 1, 0)
    said = told(known, PictureClass.POSSIBLE, "ne\x1bw", matches=[match], detail="d\x1b")
    assert all(line.isprintable() for line in said.splitlines())
    assert len(said.splitlines()) == len(said.split("\n"))


@pytest.mark.parametrize("code", [*worse.REASONS.values(), "contested", "retimed", "similar"])
def test_every_reason_to_review_has_words(code):
    """A code alone says nothing to a photo owner."""
    assert reasons.reason(code) != code


def test_every_class_evidence_and_fault_has_words():
    """The tables are whole; an unknown code is shown as it is."""
    assert set(reasons.CLASSES) == {cls.value for cls in PictureClass}
    assert set(reasons.EVIDENCE) == {kind.value for kind in EvidenceKind}
    assert set(reasons.WORSE) == set(worse.REASONS)
    assert set(reasons.DECISIONS) == {kind.value for kind in DecisionKind}
    assert reasons.reason("brand-new") == reasons.decided_by("brand-new") == "brand-new"


def test_capture_times_are_written_as_people_do():
    """EXIF separates dates by colons; what is no time is left alone."""
    assert capture_time("2026:11:22 09:30:00") == "2026-11-22 09:30:00"
    assert capture_time("soon") == "soon"
