"""Turns the values we keep into bytes and back: for the store, and for the workers' socket.

Every value says its version first, then what it is; numbers are little-endian:

    value       := version:u8 tag:u8 body                  version is 1
    fingerprint := "F" width_px:u32 height_px:u32 dhash:u64 sketch:256 coding_error:f64
                   turned:7*u64 (all 0: none) coded:data
                   format:text bytes_only:text note:text taken_at:text camera:text
    signature   := "S" luma:4096 chroma:512
    unreadable  := "U" reason:text detail:text             in place of either of them
    record      := "R" stamp type:u8 kind:u8 has:u8 [digest:32] [reason:text detail:text]
    stamp       := ino:u64 size_bytes:u64 mtime:time ctime:time
    time        := seconds:i64 nanoseconds:u32             ext4 keeps years that 64 bits of ns don't
    measures    := "M" blocks:f64 error:f64 detail:f64 tint:f64 recoding recoding  NaN: no error
    recoding    := made:f64 left:f64 peak:f64 elsewhere:f64                  all NaN: there is none
    data        := length_bytes:u32 anything
    text        := data                                    in UTF-8
    sealed      := version:u8 crc32:u32 anything           the CRC-32 covers all of it but itself

Promises: `decode_x(encode_x(value)) == value`, except for the two fields of a record that speak
of this run only, and for seven `turned` hashes of 0, which come back as none; whatever else is
decoded gives `Damaged`, never half a value, nor a number that every limit would let pass.  These
numbers are on disk: change none of them without a new version, and a new store format.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any, TypeVar

from dedupd.likeness import Measures, Recoding
from dedupd.model import EntryType, FileRecord, Fingerprint, Kind, Signature, Stamp, Unreadable

T = TypeVar("T")

VALUE_VERSION = 1
SEAL_VERSION = 1

_HEAD = struct.Struct("<Bc")
_SEAL = struct.Struct("<BI")
_LENGTH = struct.Struct("<I")
_FINGERPRINT = struct.Struct("<IIQ256sd7Q")
_SIGNATURE = struct.Struct("<4096s512s")
_RECORD = struct.Struct("<QQqIqIBBB")
_MEASURES = struct.Struct("<12d?")
_NO_RECODING = (math.nan,) * 4
_NO_VIEWS = (0,) * 7

_SKETCH_BYTES, _LUMA_BYTES, _CHROMA_BYTES, _DIGEST_BYTES = 256, 4096, 512, 32
_HAS_DIGEST, _HAS_PROBLEM = 1, 2
_NS_PER_S = 1_000_000_000

_TYPE_CODES = {
    EntryType.FILE: 1,
    EntryType.FOLDER: 2,
    EntryType.LINK: 3,
    EntryType.SPECIAL: 4,
}
_KIND_CODES = {None: 0, Kind.PICTURE: 1, Kind.VIDEO: 2, Kind.OTHER: 3}
_TYPES = {code: member for member, code in _TYPE_CODES.items()}
_KINDS = {code: member for member, code in _KIND_CODES.items()}


class Damaged(ValueError):
    """These bytes are no value of this version: flipped, cut, or written by another dedupd."""


def seal(data: bytes) -> bytes:
    """Return `data` behind a version and a CRC-32, so that a flipped bit is seen."""
    version = bytes([SEAL_VERSION])
    return _SEAL.pack(SEAL_VERSION, zlib.crc32(version + data)) + data


def unseal(sealed: bytes) -> bytes:
    """Return what `seal` was given.

    Raises:
        Damaged: It isn't what `seal` returned, or another version sealed it.
    """
    if len(sealed) < _SEAL.size:
        raise Damaged(f"a sealed value has at least {_SEAL.size} bytes, not {len(sealed)}")
    version, crc = _SEAL.unpack_from(sealed)
    if version != SEAL_VERSION:
        raise Damaged(f"sealed by version {version}, this is {SEAL_VERSION}")
    data = sealed[_SEAL.size :]
    if crc != zlib.crc32(sealed[:1] + data):
        raise Damaged("the CRC-32 does not fit")
    return data


def encode_fingerprint(value: Fingerprint | Unreadable) -> bytes:
    """Return `value` as bytes.

    Raises:
        ValueError: Its sketch hasn't 256 bytes, it has other than 7 turned hashes or none, or its
            coding error is no number.
    """
    if isinstance(value, Unreadable):
        return _encode_unreadable(value)
    _demand_size("a sketch", value.sketch, _SKETCH_BYTES)
    if len(value.turned) not in (0, len(_NO_VIEWS)):
        raise ValueError(f"there are {len(_NO_VIEWS)} turned views, not {len(value.turned)}")
    if not _is_coding_error(value.coding_error):
        raise ValueError(f"no coding error: {value.coding_error}")
    size = value.width_px, value.height_px
    turned = value.turned or _NO_VIEWS
    numbers = _FINGERPRINT.pack(*size, value.dhash, value.sketch, value.coding_error, *turned)
    texts = (value.format, value.bytes_only, value.note, value.taken_at, value.camera)
    return _HEAD.pack(VALUE_VERSION, b"F") + numbers + _data(value.coded) + _texts(*texts)


def decode_fingerprint(data: bytes) -> Fingerprint | Unreadable:
    """Return what `encode_fingerprint` was given, or raise `Damaged`."""
    body = _Body.of(data, b"FU")
    if body.tag == b"U":
        return body.whole(Unreadable(body.text(), body.text()))
    width_px, height_px, dhash, sketch, coding_error, *views = body.take(_FINGERPRINT)
    if not _is_coding_error(coding_error):
        raise Damaged(f"no coding error: {coding_error}")
    coded = body.part()
    texts = body.text(), body.text(), body.text(), body.text()
    camera = body.text()
    turned = tuple(views) if any(views) else ()
    numbers = width_px, height_px, dhash, sketch
    return body.whole(Fingerprint(*numbers, *texts, coded, turned, coding_error, camera))


def encode_signature(value: Signature | Unreadable) -> bytes:
    """Return `value` as bytes; ValueError if its parts haven't 4,096 and 512 bytes."""
    if isinstance(value, Unreadable):
        return _encode_unreadable(value)
    _demand_size("luma", value.luma, _LUMA_BYTES)
    _demand_size("chroma", value.chroma, _CHROMA_BYTES)
    return _HEAD.pack(VALUE_VERSION, b"S") + _SIGNATURE.pack(value.luma, value.chroma)


def decode_signature(data: bytes) -> Signature | Unreadable:
    """Return what `encode_signature` was given, or raise `Damaged`."""
    body = _Body.of(data, b"SU")
    if body.tag == b"U":
        return body.whole(Unreadable(body.text(), body.text()))
    luma, chroma = body.take(_SIGNATURE)
    return body.whole(Signature(luma, chroma))


def encode_record(record: FileRecord) -> bytes:
    """Return `record` as bytes, without `seen_at_s` and `settled`, which don't outlive a run."""
    if record.digest is not None:
        _demand_size("a digest", record.digest, _DIGEST_BYTES)
    stamp, problem = record.stamp, record.problem
    has = _HAS_DIGEST * (record.digest is not None) | _HAS_PROBLEM * (problem is not None)
    numbers = _RECORD.pack(
        stamp.ino,
        stamp.size_bytes,
        *divmod(stamp.mtime_ns, _NS_PER_S),
        *divmod(stamp.ctime_ns, _NS_PER_S),
        _TYPE_CODES[record.type],
        _KIND_CODES[record.kind],
        has,
    )
    texts = _texts(problem.reason, problem.detail) if problem is not None else b""
    return _HEAD.pack(VALUE_VERSION, b"R") + numbers + (record.digest or b"") + texts


def decode_record(data: bytes) -> FileRecord:
    """Return what `encode_record` was given, or raise `Damaged`.

    `seen_at_s` comes back as minus infinity, `settled` as True.
    """
    body = _Body.of(data, b"R")
    numbers = body.take(_RECORD)
    ino, size_bytes, mtime_s, mtime_rest_ns, ctime_s, ctime_rest_ns, type_, kind, has = numbers
    if type_ not in _TYPES or kind not in _KINDS or has > _HAS_DIGEST | _HAS_PROBLEM:
        raise Damaged(f"no record has type {type_}, kind {kind}, parts {has}")
    if max(mtime_rest_ns, ctime_rest_ns) >= _NS_PER_S:
        raise Damaged("a time has a whole second among its nanoseconds")
    stamp = Stamp(
        ino, size_bytes, mtime_s * _NS_PER_S + mtime_rest_ns, ctime_s * _NS_PER_S + ctime_rest_ns
    )
    digest = body.cut(_DIGEST_BYTES) if has & _HAS_DIGEST else None
    problem = Unreadable(body.text(), body.text()) if has & _HAS_PROBLEM else None
    return body.whole(FileRecord(stamp, _TYPES[type_], _KINDS[kind], digest, problem))


def encode_measures(value: Measures) -> bytes:
    """Return `value` as bytes; ValueError if a measure is negative or no number."""
    if not _are_measures(value):
        raise ValueError(f"no measures: {value}")
    error = math.nan if value.error is None else value.error
    recodings = (*_numbers(value.recoded), *_numbers(value.source))
    looks = value.blocks, error, value.detail, value.tint
    numbers = _MEASURES.pack(*looks, *recodings, value.retold)
    return _HEAD.pack(VALUE_VERSION, b"M") + numbers


def decode_measures(data: bytes) -> Measures:
    """Return what `encode_measures` was given, or raise `Damaged`."""
    body = _Body.of(data, b"M")
    blocks, error, detail, tint, *recodings, retold = body.take(_MEASURES)
    known = None if math.isnan(error) else error
    recoded, source = _recoding(recodings[:4]), _recoding(recodings[4:])
    value = Measures(blocks, known, detail, recoded, source, tint, retold)
    if not _are_measures(value):
        raise Damaged(f"no measures: {value}")
    return body.whole(value)


def _are_measures(value: Measures) -> bool:
    """Return whether a comparison can give this: NaN would be neither above nor below a limit."""
    numbers = [value.blocks, value.tint, 0.0 if value.error is None else value.error]
    for one in (value.recoded, value.source):
        numbers += _numbers(one) if one is not None else ()
    return all(one >= 0 for one in numbers) and 0 <= value.detail < math.inf


def _numbers(value: Recoding | None) -> tuple[float, ...]:
    return _NO_RECODING if value is None else (value.made, value.left, value.peak, value.elsewhere)


def _recoding(numbers: list[float]) -> Recoding | None:
    return None if all(math.isnan(one) for one in numbers) else Recoding(*numbers)


def _is_coding_error(value: float) -> bool:
    return value == -1.0 or 0 <= value < math.inf


def _encode_unreadable(value: Unreadable) -> bytes:
    return _HEAD.pack(VALUE_VERSION, b"U") + _texts(value.reason, value.detail)


def _texts(*texts: str) -> bytes:
    # Codecs and file names may put lone surrogates into a text; they come back as they were.
    return b"".join(_data(text.encode("utf-8", "surrogatepass")) for text in texts)


def _data(part: bytes) -> bytes:
    return _LENGTH.pack(len(part)) + part


def _demand_size(what: str, part: bytes, size_bytes: int) -> None:
    if len(part) != size_bytes:
        raise ValueError(f"{what} has {size_bytes} bytes, not {len(part)}")


@dataclass(slots=True)
class _Body:
    """What is left of a value while it is taken apart, front to back."""

    tag: bytes
    data: bytes
    offset: int

    @classmethod
    def of(cls, data: bytes, tags: bytes) -> _Body:
        if len(data) < _HEAD.size:
            raise Damaged(f"a value has at least {_HEAD.size} bytes, not {len(data)}")
        version, tag = _HEAD.unpack_from(data)
        if version != VALUE_VERSION:
            raise Damaged(f"written by version {version}, this is {VALUE_VERSION}")
        if tag not in tags:
            raise Damaged(f"expected one of {tags!r}, found {tag!r}")
        return cls(tag, data, _HEAD.size)

    def cut(self, length: int) -> bytes:
        part = self.data[self.offset : self.offset + length]
        if len(part) != length:
            raise Damaged(f"cut short: {length} bytes wanted, {len(part)} left")
        self.offset += length
        return part

    def take(self, layout: struct.Struct) -> tuple[Any, ...]:
        return layout.unpack(self.cut(layout.size))

    def part(self) -> bytes:
        (length,) = _LENGTH.unpack(self.cut(_LENGTH.size))
        return self.cut(length)

    def text(self) -> str:
        try:
            return self.part().decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise Damaged("a text is no UTF-8") from error

    def whole(self, value: T) -> T:
        if self.offset != len(self.data):
            raise Damaged(f"{len(self.data) - self.offset} bytes too many")
        return value
