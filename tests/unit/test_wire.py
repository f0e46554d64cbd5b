"""The codec: what goes in comes out, and nothing else does."""

import contextlib
import dataclasses
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd import wire
from dedupd.likeness import NOT_MEASURABLE, Measures, Recoding
from dedupd.model import EntryType, FileRecord, Fingerprint, Kind, Signature, Stamp, Unreadable

UINT32, UINT64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
DIGESTS = st.binary(min_size=32, max_size=32)
TEXTS = st.text(st.characters(), max_size=40)
TIMES_NS = st.integers(-(2**63) * 10**9, 2**63 * 10**9 - 1)

unreadables = st.builds(Unreadable, TEXTS, TEXTS)
fingerprints = st.builds(
    Fingerprint,
    UINT32,
    UINT32,
    UINT64,
    st.binary(min_size=256, max_size=256),
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    st.binary(max_size=40),
    st.just(()) | st.tuples(*[UINT64] * 7).filter(any),
    st.just(-1.0) | st.floats(0, allow_infinity=False),
)
signatures = st.builds(
    lambda luma, chroma: Signature(luma * 1024, chroma * 128),
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=4, max_size=4),
)
records = st.builds(
    FileRecord,
    st.builds(Stamp, UINT64, UINT64, TIMES_NS, TIMES_NS),
    st.sampled_from(EntryType),
    st.none() | st.sampled_from(Kind),
    st.none() | DIGESTS,
    st.none() | unreadables,
    st.floats(allow_nan=False),
    st.booleans(),
)
recodings = st.builds(Recoding, *(st.floats(0) for _ in range(4)))
measures = st.just(NOT_MEASURABLE) | st.builds(
    Measures,
    st.floats(0),
    st.none() | st.floats(0),
    st.floats(0, allow_infinity=False),
    st.none() | recodings,
    st.none() | recodings,
)

CODECS = (
    (wire.encode_fingerprint, wire.decode_fingerprint, fingerprints | unreadables),
    (wire.encode_signature, wire.decode_signature, signatures | unreadables),
    (wire.encode_record, wire.decode_record, records),
    (wire.encode_measures, wire.decode_measures, measures),
)
codecs = pytest.mark.parametrize(
    ("encode", "decode", "values"), CODECS, ids=[c[0].__name__ for c in CODECS]
)


def lasting(value):
    """Return `value` as a later run knows it."""
    if isinstance(value, FileRecord):
        return dataclasses.replace(value, seen_at_s=float("-inf"), settled=True)
    return value


@codecs
@given(data=st.data())
def test_every_value_comes_back_as_it_was(encode, decode, values, data):
    """Encoding and decoding give the same value, odd texts and far years included."""
    value = data.draw(values)
    assert decode(encode(value)) == lasting(value)


@codecs
@given(data=st.data())
def test_a_value_that_is_cut_or_longer_is_damaged(encode, decode, values, data):
    """No part of a value, and no value with something behind it, is taken for a value."""
    encoded = encode(data.draw(values))
    length = data.draw(st.integers(0, len(encoded) - 1))
    for odd in (encoded[:length], encoded + b"\0"):
        with pytest.raises(wire.Damaged):
            decode(odd)


@codecs
@given(data=st.data())
def test_another_version_is_damaged(encode, decode, values, data):
    """A value of a version that this dedupd doesn't know is not guessed at."""
    encoded = encode(data.draw(values))
    version = data.draw(st.integers(0, 255).filter(lambda v: v != wire.VALUE_VERSION))
    with pytest.raises(wire.Damaged, match="version"):
        decode(bytes([version]) + encoded[1:])


@codecs
@given(junk=st.binary(max_size=400))
def test_junk_gives_a_value_or_damaged_and_nothing_else(encode, decode, values, junk):
    """Whatever the bytes are, only `Damaged` is raised."""
    for data in (junk, bytes([wire.VALUE_VERSION]) + junk):
        with contextlib.suppress(wire.Damaged):
            value = decode(data)
            assert decode(encode(value)) == value


@given(value=fingerprints)
def test_kinds_of_values_are_not_taken_for_each_other(value):
    """A fingerprint is no signature, no record and no measures."""
    for decode in (wire.decode_signature, wire.decode_record, wire.decode_measures):
        with pytest.raises(wire.Damaged, match="expected"):
            decode(wire.encode_fingerprint(value))


@given(data=st.binary(max_size=300))
def test_a_seal_opens_to_what_was_sealed(data):
    """Sealing and unsealing give the same bytes."""
    assert wire.unseal(wire.seal(data)) == data


@given(data=st.binary(max_size=60), bit=st.integers(0, 10_000))
def test_one_flipped_bit_breaks_the_seal(data, bit):
    """A CRC-32 sees every single flipped bit, in the data and in the seal itself."""
    sealed = bytearray(wire.seal(data))
    at = bit % (8 * len(sealed))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(wire.Damaged):
        wire.unseal(bytes(sealed))


@given(data=st.binary(max_size=60), cut=st.integers(1, 60))
def test_a_cut_seal_is_broken(data, cut):
    """A sealed value that lost its end is damaged."""
    with pytest.raises(wire.Damaged):
        wire.unseal(wire.seal(data)[: -min(cut, len(data) + 5)])


GOOD = Measures(1.0, 2.0, 0.5)
RECODINGS = struct.pack("<8d", *8 * (1.5,))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("blocks", math.nan),
        ("blocks", -1.0),
        ("error", math.nan),
        ("error", -0.5),
        ("error", -math.inf),
        ("detail", math.nan),
        ("detail", -1.0),
        ("detail", math.inf),
    ],
)
def test_a_measure_that_every_limit_would_let_pass_is_refused(name, value):
    """NaN is neither above nor below a limit; as an error it would even say "sizes differ"."""
    with pytest.raises(ValueError, match="measures"):
        wire.encode_measures(dataclasses.replace(GOOD, **{name: value}))


@pytest.mark.parametrize(
    "numbers",
    [
        (math.nan, 2.0, 0.5, 1.0),
        (-1.0, 2.0, 0.5, 1.0),
        (1.0, -0.5, 0.5, 1.0),
        (1.0, 2.0, math.nan, 1.0),
        (1.0, 2.0, -1.0, 1.0),
        (1.0, 2.0, math.inf, 1.0),
        (1.0, 2.0, 0.5, math.nan),
        (1.0, 2.0, 0.5, -1.0),
    ],
)
def test_measures_that_nobody_can_have_made_are_damaged(numbers):
    """Also where the bytes come from a worker that was taken over."""
    with pytest.raises(wire.Damaged, match="measures"):
        wire.decode_measures(
            wire.encode_measures(GOOD)[:2] + struct.pack("<4d", *numbers) + RECODINGS + b"\0"
        )


@pytest.mark.parametrize("number", [math.nan, -1.0, -math.inf])
@pytest.mark.parametrize("at", range(8))
def test_half_a_recoding_is_damaged(at, number):
    """None is told by three that are no numbers; one of them alone means nothing."""
    numbers = [1.5] * 8
    numbers[at] = number
    with pytest.raises(wire.Damaged, match="measures"):
        wire.decode_measures(
            wire.encode_measures(GOOD)[:2]
            + struct.pack("<12d?", 1.0, 2.0, 0.5, 0.0, *numbers, False)
        )


def test_what_could_not_be_measured_stays_so():
    """Infinitely different, and of no size that both have: no limit takes it."""
    assert wire.decode_measures(wire.encode_measures(NOT_MEASURABLE)) == NOT_MEASURABLE


PICTURE = Fingerprint(4, 3, 0x0102, bytes(256), "jpeg", taken_at="2020", camera="ab")
CODING_ERROR_AT = 2 + 16 + 256


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.5, -2.0])
def test_a_coding_error_that_is_no_number_is_refused(value):
    """A needle that explains any error would let a worse copy vouch for it."""
    with pytest.raises(ValueError, match="coding error"):
        wire.encode_fingerprint(dataclasses.replace(PICTURE, coding_error=value))
    encoded = bytearray(wire.encode_fingerprint(PICTURE))
    struct.pack_into("<d", encoded, CODING_ERROR_AT, value)
    with pytest.raises(wire.Damaged, match="coding error"):
        wire.decode_fingerprint(bytes(encoded))


def test_turned_hashes_of_a_flat_picture_come_back_as_none():
    """They carry no evidence; a picture of any content has all seven, or it is refused."""
    flat = dataclasses.replace(PICTURE, turned=(0,) * 7)
    assert wire.decode_fingerprint(wire.encode_fingerprint(flat)) == PICTURE
    with pytest.raises(ValueError, match="views"):
        wire.encode_fingerprint(dataclasses.replace(PICTURE, turned=(1, 2)))


def test_parts_of_a_wrong_size_are_refused():
    """A sketch, a signature and a digest have one size only."""
    with pytest.raises(ValueError, match="sketch"):
        wire.encode_fingerprint(Fingerprint(1, 1, 0, b"\0" * 255, "jpeg"))
    with pytest.raises(ValueError, match="luma"):
        wire.encode_signature(Signature(b"", b"\0" * 512))
    with pytest.raises(ValueError, match="chroma"):
        wire.encode_signature(Signature(b"\0" * 4096, b""))
    with pytest.raises(ValueError, match="digest"):
        wire.encode_record(FileRecord(Stamp(1, 2, 3, 4), digest=b"short"))


def test_the_bytes_on_disk_are_these():
    """Golden values: a change here needs a new version and a new store format."""
    record = FileRecord(
        Stamp(7, 1000, -1, 2_000_000_001),
        kind=Kind.PICTURE,
        digest=bytes(range(32)),
        problem=Unreadable("io", "é"),
    )
    assert wire.encode_record(record).hex() == (
        "0152" "0700000000000000" "e803000000000000"
        "ffffffffffffffff" "ffc99a3b" "0200000000000000" "01000000"
        "010103"
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        "02000000" "696f" "02000000" "c3a9"
    )  # fmt: skip
    assert wire.encode_fingerprint(PICTURE).hex() == (
        "0146" "04000000" "03000000" "0201000000000000" + "00" * 256
        + "000000000000f0bf" + "00" * 56 + "00000000"
        + "04000000" "6a706567" "00000000" "00000000" "04000000" "32303230"
        + "02000000" "6162"
    )  # fmt: skip
    turned = dataclasses.replace(
        PICTURE, coded=b"\xab\xcd", turned=(1, 2, 3, 4, 5, 6, 7), coding_error=1.5
    )
    assert wire.encode_fingerprint(turned).hex()[2 * CODING_ERROR_AT :][:144] == (
        "000000000000f83f" + "".join(f"0{n}00000000000000" for n in range(1, 8))
        + "02000000" "abcd" "0400"
    )  # fmt: skip
    killed = wire.encode_signature(Unreadable("killed"))
    assert killed.hex() == "0155" "06000000" "6b696c6c6564" "00000000"  # fmt: skip
    numbers = (1.0, 2.0, 0.5, 0.0, math.nan)
    one, two, half, zero, none = (struct.pack("<d", number) for number in numbers)
    recoding = Recoding(1.0, 0.5, 2.0, 2.0)
    bare = Measures(1.0, None, 0.5)
    full = Measures(1.0, 2.0, 0.5, recoding, recoding, retold=True)
    assert wire.encode_measures(bare) == b"\x01M" + one + none + half + zero + 8 * none + b"\0"
    assert (
        wire.encode_measures(full)
        == b"\x01M" + one + two + half + zero + 2 * (one + half + two + two) + b"\1"
    )
    assert wire.seal(b"dedupd").hex() == "01" "e377327a" "646564757064"  # fmt: skip
