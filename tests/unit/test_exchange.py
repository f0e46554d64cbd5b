"""Requests and answers between a pool and its workers: read as written, and no lie believed."""

from __future__ import annotations

import contextlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.likeness import NOT_MEASURABLE, Comparison, Measures
from dedupd.messages import Compare, Compared, Decode, Decoded, Payload, Sign, Signed
from dedupd.model import VIEWS, Fingerprint, PerceptualHash, Signature, Unreadable
from dedupd.pictures.exchange import (
    Hashed,
    HashJob,
    PoolAnswer,
    PoolJob,
    Thumbnailed,
    ThumbnailJob,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
    failed,
    missing_bytes,
)
from dedupd.pictures.limits import NeedsRoom
from dedupd.wire import Damaged

FIRST, SECOND = Payload(5, 0), Payload(6, 0)
EVERY_SIGN = [(ours, theirs) for ours in (False, True) for theirs in (False, True)]
SIGNATURE = Signature(bytes(4096), bytes(512))
PICTURE = Fingerprint(
    1, 2, 3, bytes(256), "png", coded=b"c" * 32, turned=(1, 2, 3, 4, 5, 6, 7), coding_error=0.5
)


def compare_job(sign: tuple[bool, bool], view=VIEWS[0]) -> Compare:
    return Compare(b"x", b"y", FIRST, SECOND, view, sign)


def compared(needle, haystack, measures: Measures, view=VIEWS[0]) -> Compared:
    return Compared(b"x", b"y", Comparison(needle, haystack, measures), view)


@pytest.mark.parametrize(
    "job",
    [
        Decode(b"", FIRST),
        Sign(b"", FIRST),
        HashJob(FIRST, ("dhash", "other")),
        ThumbnailJob(FIRST, 320),
        *[Compare(b"", b"", FIRST, SECOND, view) for view in VIEWS],
        *[Compare(b"", b"", FIRST, SECOND, VIEWS[6], sign) for sign in EVERY_SIGN],
    ],
)
def test_a_request_is_read_as_it_was_written(job):
    """Over the socket goes what to do; the descriptors travel beside it, digests not at all."""
    fds = [5, 6] if isinstance(job, Compare) else [5]
    assert decode_request(encode_request(job, room_px=77), fds) == (job, 77)


def test_a_job_that_nobody_knows_is_refused():
    """Two versions of dedupd don't share workers."""
    with pytest.raises(ValueError, match="no job"):
        decode_request(b'{"job": "delete", "room": 1}\n', [5])


HASH_JOB = HashJob(FIRST, ("a",))
SMALL_JOB = ThumbnailJob(FIRST, 320)
SMALL = b"\xff\xd8\xff" + bytes(500)
LONGEST = PerceptualHash("a", 256, (1 << 256) - 1)
ANSWERS: list[tuple[PoolJob, PoolAnswer]] = [
    (Decode(b"x", FIRST), Decoded(b"x", PICTURE)),
    (Decode(b"x", FIRST), Decoded(b"x", Unreadable("a", "b"))),
    (Sign(b"x", FIRST), Signed(b"x", SIGNATURE)),
    (
        compare_job((True, True), VIEWS[3]),
        compared(Unreadable("a", "b"), Unreadable("c"), NOT_MEASURABLE, VIEWS[3]),
    ),
    (compare_job((True, False)), compared(SIGNATURE, None, Measures(1.0, 2.0, 0.5))),
    (compare_job((False, True)), compared(None, SIGNATURE, Measures(1.0, None, 0.5))),
    (compare_job((False, False)), compared(None, None, Measures(0.0, 0.0, 1.0))),
    (HASH_JOB, Hashed(HASH_JOB, {"a": PerceptualHash("a", 64, 1 << 63)})),
    (HASH_JOB, Hashed(HASH_JOB, {"a": LONGEST})),
    (HASH_JOB, Hashed(HASH_JOB, Unreadable("a", "b"))),
    (SMALL_JOB, Thumbnailed(SMALL_JOB, SMALL)),
    (SMALL_JOB, Thumbnailed(SMALL_JOB, Unreadable("a", "b"))),
]
every_answer = pytest.mark.parametrize(("job", "given_answer"), ANSWERS)


@every_answer
def test_an_answer_is_read_as_it_was_written(job, given_answer):
    """With the digests and the view that only the asker knows."""
    assert decode_answer(job, encode_answer(given_answer)) == given_answer


@every_answer
@given(at=st.floats(0, 1, exclude_max=True), rubbish=st.binary(max_size=20), cut=st.booleans())
def test_a_worker_that_lies_gives_an_answer_or_damage(job, given_answer, at, rubbish, cut):
    """A taken-over worker can say anything; its packet never raises anything else."""
    packet = encode_answer(given_answer)
    start = int(at * len(packet))
    lie = packet[:start] + rubbish + (b"" if cut else packet[start + len(rubbish) :])
    with contextlib.suppress(Damaged):
        assert type(decode_answer(job, lie)) is type(given_answer)


@every_answer
def test_it_is_known_how_much_of_an_answer_is_still_to_come(job, given_answer):
    """Only a thumbnail goes on in further packets."""
    answer = encode_answer(given_answer)
    assert missing_bytes(job, answer) == 0
    rest = 100 if job is SMALL_JOB and len(answer) > 100 else 0
    assert missing_bytes(job, answer[:-100]) == rest


def test_nobody_waits_for_a_thumbnail_without_end():
    """A taken-over worker may claim any length; one that needs room claims none."""
    with pytest.raises(Damaged, match="thumbnail of"):
        missing_bytes(SMALL_JOB, struct.pack("<I", (8 << 20) + 1))
    assert missing_bytes(SMALL_JOB, encode_answer(NeedsRoom(5))) == 0
    assert missing_bytes(SMALL_JOB, b"\1") == 0


@pytest.mark.parametrize("wanted", EVERY_SIGN)
@pytest.mark.parametrize("made", EVERY_SIGN)
def test_signatures_come_for_those_that_were_asked_for_and_no_other(wanted, made):
    """One that is missing would be asked for again and again."""
    parts = (SIGNATURE if one else None for one in made)
    packet = encode_answer(compared(*parts, Measures(1.0, 2.0, 0.5)))
    if wanted == made:
        assert isinstance(decode_answer(compare_job(wanted), packet), Compared)
        return
    with pytest.raises(Damaged, match="asked for"):
        decode_answer(compare_job(wanted), packet)


@pytest.mark.parametrize("job", [Decode(b"", FIRST), compare_job((True, True)), HASH_JOB])
def test_an_answer_to_another_job_is_damage(job):
    """A signature is no fingerprint, no comparison and no hashes."""
    with pytest.raises(Damaged):
        decode_answer(job, encode_answer(Signed(b"x", SIGNATURE)))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [Infinity, "1"]}',
        '{"a": [NaN, "1"]}',
        '{"a": [64, "-5"]}',
        '{"a": [64, "1ffffffffffffffff"]}',
        '{"a": [64, 5]}',
        '{"a": [64]}',
        '{"a": [-9, "0"]}',
        '{"a": [0, "0"]}',
        '{"a": [257, "0"]}',
        '{"a": 7}',
        '{"a":' * 9000,
        "{\xff",
    ],
    ids=lambda text: text[:24],
)
def test_hashes_that_are_none_are_damage(text):
    """Too long, negative, or nested until the reader gives up."""
    part = text.encode("latin-1")
    with pytest.raises(Damaged):
        decode_answer(HASH_JOB, struct.pack("<I", len(part)) + part)


@pytest.mark.parametrize("sign", EVERY_SIGN)
def test_a_comparison_that_no_worker_ended_says_so_of_both(sign):
    """Wanted or not, so that it is told from a picture that was refused; and it meets no limit."""
    why = Unreadable("timeout", "it took more than 2 s")
    result = failed(compare_job(sign, VIEWS[2]), why)
    assert result == compared(why, why, NOT_MEASURABLE, VIEWS[2])


def test_a_worker_may_ask_for_room():
    """Whatever the job; what isn't a number is no need."""
    packet = encode_answer(NeedsRoom(196_000_000))
    for job, _ in ANSWERS:
        with pytest.raises(NeedsRoom) as needed:
            decode_answer(job, packet)
        assert needed.value.pixels == 196_000_000
    for rubbish in (b"room ", b"room -1", b"room 1e9", b"room " + b"9" * 30):
        with pytest.raises(Damaged):
            decode_answer(HASH_JOB, rubbish)


def test_a_view_travels_as_its_index():
    """The order of `VIEWS` is part of the store's keys and of this protocol."""
    request = json.loads(encode_request(compare_job((True, False), VIEWS[5]), 9))
    assert request == {"job": "compare", "view": 5, "sign": [True, False], "room": 9}
    assert VIEWS[5] == (1, True)
