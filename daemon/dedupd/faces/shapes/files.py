"""JSON of files and what is known of them: `explain`, `find`, `duplicates` and `receipt`, and back.

A file is `path`, `role`, `size_bytes`, `mtime_ns`, `ino`, `ctime_ns`, `sha256` (hexadecimal, null
where it was not read yet), `fingerprint` (for people; null where there is none), `unreadable`
(`reason`, `detail`; else null) and `companions` (`path`, `what`).  For a client that goes on to
compare pictures `wire` holds the whole fingerprint, in base64 of the encoding of `wire`.
"""

from __future__ import annotations

import base64
import dataclasses

from dedupd.asks import (
    ContentsReply,
    ExplainReply,
    Known,
    MatchLine,
    NearReply,
    ReceiptLine,
    ReceiptReply,
)
from dedupd.faces.questions import Fields
from dedupd.faces.shapes.decisions import decision_fields
from dedupd.faces.shapes.pictures import evidence_fields
from dedupd.faces.shapes.reports import folder_fields
from dedupd.model import Fingerprint, PerceptualHash, PictureClass, Role, Stamp, Unreadable
from dedupd.text import path_fields, path_of
from dedupd.wire import decode_fingerprint, encode_fingerprint

DHASH_BITS = 64

VOUCHED = (PictureClass.MATCHED.value, "")
"""The classes of files that something in the library vouches for; "" is for no picture."""


def explain_fields(reply: ExplainReply) -> Fields:
    """Return the answer to `AskExplain`; `class` is null for what is no needle picture."""
    picture = reply.picture
    return {
        "answer": "explain",
        **known_fields(reply.known),
        "class": picture.cls.value if picture else None,
        "reason": picture.reason if picture else "",
        "detail": picture.detail if picture else "",
        **evidence_fields(picture.evidence if picture else None),
        "nearest": path_fields(picture.nearest) if picture and picture.nearest else None,
        "signature": reply.signature,
        "matches": [match_fields(line) for line in reply.matches],
        "decisions": [decision_fields(decision) for decision in reply.decisions],
    }


def near_fields(reply: NearReply) -> Fields:
    """Return the answer to `AskNear`."""
    matches = [{**match_fields(line), **_wire(line.known)} for line in reply.matches]
    return {"answer": "near", "matches": matches, "unread": reply.unread}


def contents_fields(reply: ContentsReply) -> Fields:
    """Return the answer to `AskContents`."""
    files = [{**known_fields(known), **_wire(known)} for known in reply.files]
    return {"answer": "contents", "files": files, "more": reply.more}


def receipt_fields(reply: ReceiptReply) -> Fields:
    """Return the answer to `AskReceipt`."""
    return {
        "answer": "receipt",
        "folder": folder_fields(reply.folder),
        "limits": dataclasses.asdict(reply.limits),
        "lines": [_receipt_line(line) for line in reply.lines],
        "more": reply.more,
    }


def known_fields(known: Known) -> Fields:
    """Return the object of one file."""
    found = known.fingerprint
    bad = found if isinstance(found, Unreadable) else None
    return {
        **path_fields(known.path),
        "role": known.role.value,
        **known.stamp._asdict(),
        "sha256": known.digest.hex() if known.digest is not None else None,
        "fingerprint": fingerprint_fields(found) if isinstance(found, Fingerprint) else None,
        "unreadable": {"reason": bad.reason, "detail": bad.detail} if bad else None,
        "companions": [{**path_fields(path), "what": what} for path, what in known.companions],
    }


def known_of(fields: Fields) -> Known:
    """Return the file that a daemon wrote into these fields; its fingerprint only from `wire`."""
    sha256, bad, wired = fields["sha256"], fields["unreadable"], fields.get("wire")
    fingerprint = Unreadable(bad["reason"], bad["detail"]) if bad else None
    return Known(
        path_of(fields),
        Role(fields["role"]),
        Stamp(*(int(fields[name]) for name in Stamp._fields)),
        bytes.fromhex(sha256) if sha256 else None,
        decode_fingerprint(base64.b64decode(wired)) if wired else fingerprint,
        tuple((path_of(one), str(one["what"])) for one in fields["companions"]),
    )


def fingerprint_fields(found: Fingerprint) -> Fields:
    """Return what people may want to know of a fingerprint."""
    return {
        "format": found.format,
        "width_px": found.width_px,
        "height_px": found.height_px,
        "dhash": str(PerceptualHash("dhash", DHASH_BITS, found.dhash)),
        "taken_at": found.taken_at,
        "camera": found.camera,
        "bytes_only": found.bytes_only,
        "note": found.note,
        "coded_sha256": found.coded.hex() or None,
    }


def match_fields(line: MatchLine) -> Fields:
    """Return the object of one library picture that is near."""
    return {
        **known_fields(line.known),
        "score": None,
        **evidence_fields(line.evidence),
        "distance_bits": line.distance_bits,
        "sketch_score": line.sketch_score,
        "reason": line.reason,
        "retold": line.retold,
    }


def _receipt_line(line: ReceiptLine) -> Fields:
    """Return one file of a receipt; what merely comes nearest to it is no witness."""
    beside = known_fields(line.witness) if line.witness else None
    vouches = line.cls in VOUCHED
    return {
        **known_fields(line.known),
        "class": line.cls,
        "reason": line.reason,
        **evidence_fields(line.evidence),
        "witness": beside if vouches else None,
        "nearest": None if vouches else beside,
    }


def _wire(known: Known) -> Fields:
    if known.fingerprint is None:
        return {"wire": None}
    return {"wire": base64.b64encode(encode_fingerprint(known.fingerprint)).decode("ascii")}
