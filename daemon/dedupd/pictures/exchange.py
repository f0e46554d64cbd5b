"""The jobs that a pool takes, their answers, and both as bytes between a pool and its workers.

A request is one packet: a line of JSON that names the job, with the payloads' descriptors beside
it.  An answer is one packet: its values in the encoding of `wire`, each behind its length
(u32, little-endian).  Only a thumbnail may be longer: the bytes that its length tells of go on in
the packets behind it.  Nothing is pickled, and a reader trusts no answer: `decode_answer` gives
the expected type or raises `wire.Damaged`.

    request  := {"job": "decode" | "sign", "room": pixels} | {"job": "hash", "names": [...], ...}
              | {"job": "thumbnail", "edge": pixels, ...}
              | {"job": "compare", "view": index, "sign": [bool, bool], ...}
    answer   := "room " pixels: a picture needs that much, ask again
              | fingerprint | signature | signature signature measures | hashes | thumbnail
                a signature that was not asked for has no bytes, every other one has some
    hashes   := unreadable | {"name": [bits, "hexadecimal value"], ...}
    thumbnail := unreadable | JPEG
"""

from __future__ import annotations

import json
import os
import struct
from dataclasses import dataclass
from typing import Any

from dedupd.likeness import NOT_MEASURABLE, Comparison
from dedupd.messages import Compare, Compared, Decode, Decoded, Payload, Sign, Signed
from dedupd.model import VIEWS, PerceptualHash, Unreadable
from dedupd.pictures.limits import NeedsRoom
from dedupd.wire import (
    Damaged,
    decode_fingerprint,
    decode_measures,
    decode_signature,
    encode_fingerprint,
    encode_measures,
    encode_signature,
)

PACKET_BYTES = 65_536
"""No request is longer, and no answer but a thumbnail."""

READY = b"ready\n"
"""What a worker sends first, once its decoders are loaded."""

_LENGTH = struct.Struct("<I")
_ROOM = b"room "  # no answer begins so: as a length, it is beyond any packet
_LONGEST_NUMBER = 20
_LONGEST_HASH_BITS = 256
_LONGEST_THUMBNAIL_BYTES = 8 << 20
_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class HashJob:
    """Make the named perceptual hashes of one picture: `Hashed`.  The pool closes the payload."""

    payload: Payload
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hashed:
    """The hashes by name, in the order asked for, or why there are none."""

    job: HashJob
    result: dict[str, PerceptualHash] | Unreadable


@dataclass(frozen=True, slots=True)
class ThumbnailJob:
    """Make a small JPEG of one picture: `Thumbnailed`.  The pool closes the payload.

    Attributes:
        edge_px: As `thumbnail.thumbnail` takes it.
    """

    payload: Payload
    edge_px: int


@dataclass(frozen=True, slots=True)
class Thumbnailed:
    """The JPEG, or why there is none."""

    job: ThumbnailJob
    result: bytes | Unreadable


PoolJob = Decode | Sign | Compare | HashJob | ThumbnailJob
PoolAnswer = Decoded | Signed | Compared | Hashed | Thumbnailed


def payloads(job: PoolJob) -> tuple[Payload, ...]:
    """Return the payloads of a job, in the order in which a worker gets them."""
    if isinstance(job, Compare):
        return job.needle_payload, job.haystack_payload
    return (job.payload,)


def close_payloads(job: PoolJob) -> None:
    """Close the descriptors of a job: its bytes are needed no more."""
    for payload in payloads(job):
        os.close(payload.fd)


def failed(job: PoolJob, why: Unreadable) -> PoolAnswer:
    """Return the answer to a job that no worker came to the end of.

    A comparison then has `why` for both signatures, wanted or not: which of the two pictures was
    too much for a worker, and whether they would be in a quieter moment, nobody knows.
    """
    match job:
        case Decode():
            return Decoded(job.digest, why)
        case Sign():
            return Signed(job.digest, why)
        case Compare():
            result = Comparison(why, why, NOT_MEASURABLE)
            return Compared(job.needle, job.haystack, result, job.view)
        case HashJob():
            return Hashed(job, why)
        case ThumbnailJob():
            return Thumbnailed(job, why)


def encode_request(job: PoolJob, room_px: int) -> bytes:
    """Return the packet that tells a worker what to do; the descriptors travel beside it.

    Args:
        room_px: As in `Limits`.
    """
    match job:
        case Decode():
            request: dict[str, object] = {"job": "decode"}
        case Sign():
            request = {"job": "sign"}
        case Compare():
            view = VIEWS.index(job.view)
            request = {"job": "compare", "view": view, "sign": job.sign}
        case HashJob():
            request = {"job": "hash", "names": job.names}
        case ThumbnailJob():
            request = {"job": "thumbnail", "edge": job.edge_px}
    return json.dumps({**request, "room": room_px}).encode() + b"\n"


def decode_request(packet: bytes, fds: list[int]) -> tuple[PoolJob, int]:
    """Return what `encode_request` wrote; a worker knows no digests, they are b""."""
    request = json.loads(packet)
    return _job(request, fds), int(request["room"])


def _job(request: dict[str, Any], fds: list[int]) -> PoolJob:
    first, *rest = [Payload(fd, size_bytes=0) for fd in fds]
    match request["job"]:
        case "decode":
            return Decode(b"", first)
        case "sign":
            return Sign(b"", first)
        case "compare":
            (second,), (ours, theirs) = rest, request["sign"]
            return Compare(b"", b"", first, second, VIEWS[request["view"]], (ours, theirs))
        case "hash":
            return HashJob(first, tuple(request["names"]))
        case "thumbnail":
            return ThumbnailJob(first, int(request["edge"]))
    raise ValueError(f"no job is called {request['job']}")


def encode_answer(answer: PoolAnswer | NeedsRoom) -> bytes:
    """Return what a worker answers with; one packet, unless it is a thumbnail."""
    match answer:
        case NeedsRoom():
            return _ROOM + b"%d" % answer.pixels
        case Decoded():
            return _packed(encode_fingerprint(answer.result))
        case Signed():
            return _packed(encode_signature(answer.result))
        case Compared(result=Comparison(needle, haystack, measures)):
            signatures = [
                b"" if one is None else encode_signature(one) for one in (needle, haystack)
            ]
            return _packed(*signatures, encode_measures(measures))
        case Hashed():
            return _packed(_encode_hashes(answer.result))
        case Thumbnailed():
            return _packed(_encode_thumbnail(answer.result))


def missing_bytes(job: PoolJob, begun: bytes) -> int:
    """Return how much of an answer is still to come in other packets.

    Raises:
        wire.Damaged: More than any thumbnail has.
    """
    if not isinstance(job, ThumbnailJob) or begun.startswith(_ROOM) or len(begun) < _LENGTH.size:
        return 0
    (length,) = _LENGTH.unpack_from(begun)
    if length > _LONGEST_THUMBNAIL_BYTES:
        raise Damaged(f"a thumbnail of {length} bytes")
    return max(0, _LENGTH.size + int(length) - len(begun))


def decode_answer(job: PoolJob, packet: bytes) -> PoolAnswer:
    """Return the answer to `job` that a worker sent.

    Raises:
        wire.Damaged: The packet isn't an answer to that job.
        NeedsRoom: The worker wants to be asked again, with more room.
    """
    if packet.startswith(_ROOM):
        raise _needed(packet)
    parts = _unpacked(packet)
    if len(parts) != (3 if isinstance(job, Compare) else 1):
        raise Damaged(f"an answer of {len(parts)} parts")
    match job:
        case Decode():
            return Decoded(job.digest, decode_fingerprint(parts[0]))
        case Sign():
            return Signed(job.digest, decode_signature(parts[0]))
        case Compare():
            if tuple(bool(part) for part in parts[:2]) != job.sign:
                raise Damaged("other signatures than those that were asked for")
            ours, theirs = (decode_signature(part) if part else None for part in parts[:2])
            comparison = Comparison(ours, theirs, decode_measures(parts[2]))
            return Compared(job.needle, job.haystack, comparison, job.view)
        case HashJob():
            return Hashed(job, _decode_hashes(parts[0]))
        case ThumbnailJob():
            return Thumbnailed(job, _decode_thumbnail(parts[0]))


def _needed(packet: bytes) -> NeedsRoom:
    digits = packet.removeprefix(_ROOM)
    if not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        raise Damaged("a need of room without a number")
    return NeedsRoom(int(digits))


def _packed(*parts: bytes) -> bytes:
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def _unpacked(packet: bytes) -> list[bytes]:
    parts, at = [], 0
    while at < len(packet):
        if at + _LENGTH.size > len(packet):
            raise Damaged("an answer is cut")
        (length,) = _LENGTH.unpack_from(packet, at)
        at += _LENGTH.size + length
        if at > len(packet):
            raise Damaged("an answer is cut")
        parts.append(packet[at - length : at])
    return parts


def _encode_hashes(result: dict[str, PerceptualHash] | Unreadable) -> bytes:
    if isinstance(result, Unreadable):
        return encode_signature(result)
    return json.dumps({name: (hash_.bits, str(hash_)) for name, hash_ in result.items()}).encode()


def _decode_hashes(part: bytes) -> dict[str, PerceptualHash] | Unreadable:
    if not part.startswith(b"{"):
        why = decode_signature(part)
        if isinstance(why, Unreadable):
            return why
        raise Damaged("a signature where hashes were asked for")
    try:
        return {name: _hash(name, *value) for name, value in json.loads(part).items()}
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise Damaged(f"hashes that can't be read: {error}") from error


def _encode_thumbnail(result: bytes | Unreadable) -> bytes:
    return encode_signature(result) if isinstance(result, Unreadable) else result


def _decode_thumbnail(part: bytes) -> bytes | Unreadable:
    if part.startswith(_JPEG):
        return part
    why = decode_signature(part)
    if isinstance(why, Unreadable):
        return why
    raise Damaged("a signature where a thumbnail was asked for")


def _hash(name: str, bits: int, digits: str) -> PerceptualHash:
    hash_ = PerceptualHash(name, int(bits), int(digits, 16))
    if not (0 < hash_.bits <= _LONGEST_HASH_BITS and 0 <= hash_.value < 1 << hash_.bits):
        raise ValueError(f"{name} is no hash of {hash_.bits} bits")
    return hash_
