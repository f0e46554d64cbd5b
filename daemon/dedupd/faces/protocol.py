"""The daemon's side of the control socket's language: JSON lines to values and back.

A request is one JSON object on one line, written by `questions`; an answer is one too:

    {"v": 1, "version": "0.1.0", "answer": "report",    "report": {...}}     contract, "JSON"
    {"v": 1, "version": "0.1.0", "answer": "path",      "imported": ..., "why": ..., ...}
    {"v": 1, "version": "0.1.0", "answer": "pictures",  "imported": ..., "totals": {}, "lines": []}
    {"v": 1, "version": "0.1.0", "answer": "explain",   "path", "class", "matches": [], ...}
    {"v": 1, "version": "0.1.0", "answer": "near",      "matches": [], "unread": 0}
    {"v": 1, "version": "0.1.0", "answer": "contents",  "files": [], "more": false}
    {"v": 1, "version": "0.1.0", "answer": "receipt",   "folder": {}, "lines": [], "more": false}
    {"v": 1, "version": "0.1.0", "answer": "decided",   "done": ..., "batch": ..., "decisions": []}
    {"v": 1, "version": "0.1.0", "answer": "decisions", "decisions": []}
    {"v": 1, "version": "0.1.0", "answer": "page",      "url": ...}
    {"v": 1, "version": "0.1.0", "answer": "done",      "note": ...}
    {"v": 1, "version": "0.1.0", "answer": "refused",   "what", "why", "fix": ..., "exit": 4}

A path is `path`, and `path_b64` beside it where it isn't valid UTF-8.  The shapes of a report,
a folder and a picture are the contract's, so `--json` prints them as they come; they stand in
`shapes`.
"""

from __future__ import annotations

import base64
import enum
import json

from dedupd import __version__
from dedupd.asks import (
    Ask,
    AskAccept,
    AskContents,
    AskDecide,
    AskDecideMany,
    AskDecisions,
    AskExplain,
    AskNear,
    AskPath,
    AskPictures,
    AskReceipt,
    AskRescan,
    AskUndo,
    AskWait,
    ContentReply,
    ContentsReply,
    DecidedReply,
    DecisionsReply,
    Done,
    ExplainReply,
    NearReply,
    PageReply,
    PathReply,
    PicturesReply,
    ReceiptReply,
    Refused,
    Reply,
    ShelfReply,
)
from dedupd.decision import DecisionKind
from dedupd.errors import ExitCode, UsageError, UserError
from dedupd.faces.questions import PROTOCOL_VERSION, Fields
from dedupd.faces.shapes.decisions import decided_fields, decisions_fields
from dedupd.faces.shapes.files import (
    contents_fields,
    explain_fields,
    near_fields,
    receipt_fields,
)
from dedupd.faces.shapes.pictures import picture_fields, picture_with_grounds
from dedupd.faces.shapes.reports import counts_fields, folder_fields, report_fields
from dedupd.model import Fingerprint, PictureClass, Role
from dedupd.text import path_of
from dedupd.wire import decode_fingerprint

__all__ = [
    "Order",
    "Question",
    "bug_fields",
    "error_fields",
    "folder_fields",
    "line_of",
    "only_reads",
    "picture_fields",
    "question_of",
    "reply_fields",
    "report_fields",
]

DIGEST_BYTES = 32


class Order(enum.Enum):
    """The questions that the engine doesn't see."""

    STATUS = "status"
    RELOAD = "reload"
    PAGE = "page"


Question = Ask | Order

READERS = (
    AskPath,
    AskPictures,
    AskExplain,
    AskNear,
    AskContents,
    AskReceipt,
    AskDecisions,
)


def only_reads(question: Question) -> bool:
    """Say whether the group of `control.group` may ask this.

    `wait` makes every disk work, so it counts as a `rescan`, not as reading.
    """
    return question is Order.STATUS or isinstance(question, READERS)


def question_of(line: bytes) -> Question:
    """Return what one line of a client asks.

    Raises:
        UsageError: It isn't JSON, isn't an object, or isn't a question of this version.
    """
    try:
        fields = json.loads(line)
        if not isinstance(fields, dict):
            raise ValueError("not a JSON object")
        if fields.get("v") != PROTOCOL_VERSION:
            raise ValueError(f"version {fields.get('v')!r}, and this daemon speaks 1")
        return _question(fields)
    except (ValueError, RecursionError) as problem:
        raise UsageError(
            "the daemon did not understand the request",
            str(problem),
            f"use the client of the same version ({__version__})",
        ) from problem


def _question(fields: Fields) -> Question:
    for order in Order:
        if fields.get("ask") == order.value:
            return order
    match fields.get("ask"):
        case "wait":
            return AskWait()
        case "path":
            return AskPath(_path(fields))
        case "accept":
            return AskAccept(_path(fields))
        case "rescan":
            return AskRescan(_path(fields) if "path" in fields else None)
        case "pictures":
            return _pictures(fields)
        case _:
            return _about_files(fields) or _decision(fields)


def _about_files(fields: Fields) -> Ask | None:
    match fields.get("ask"):
        case "explain":
            return AskExplain(_path(fields))
        case "near":
            return _near(fields)
        case "contents":
            return AskContents(Role(fields.get("role")), _after(fields))
        case "receipt":
            return AskReceipt(_path(fields), _after(fields))
        case _:
            return None


def _decision(fields: Fields) -> Ask:
    match fields.get("ask"):
        case "decide":
            second = _path(fields["second"]) if fields.get("second") is not None else None
            return AskDecide(_kind(fields), _path(fields.get("first")), second)
        case "decide many":
            return _decide_many(fields)
        case "undo":
            return AskUndo(_text(fields.get("id")))
        case "decisions":
            return AskDecisions()
        case other:
            raise ValueError(f"there is no question {other!r}")


def _pictures(fields: Fields) -> AskPictures:
    folders, classes = fields.get("folders"), fields.get("classes")
    if not isinstance(folders, list) or not isinstance(classes, list) or not classes:
        raise ValueError("'folders' and 'classes' must be lists, 'classes' not an empty one")
    return AskPictures(
        tuple(_path(folder) for folder in folders),
        tuple(PictureClass(name) for name in classes),
        distinct=fields.get("distinct") is True,
    )


def _near(fields: Fields) -> AskNear:
    digest = bytes.fromhex(_text(fields.get("sha256")))
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"a SHA-256 has {DIGEST_BYTES} bytes, not {len(digest)}")
    wired = base64.b64decode(_text(fields.get("fingerprint")), validate=True)
    fingerprint = decode_fingerprint(wired)
    if not isinstance(fingerprint, Fingerprint):
        raise ValueError("nothing is near a picture that can't be read")
    return AskNear(digest, fingerprint)


def _decide_many(fields: Fields) -> AskDecideMany:
    reasons = fields.get("reasons", [])
    if not isinstance(reasons, list):
        raise ValueError("'reasons' must be a list")
    return AskDecideMany(
        _kind(fields),
        _path(fields.get("folder")),
        PictureClass(fields.get("class")),
        tuple(_text(reason) for reason in reasons),
        sure=fields.get("sure") is True,
    )


def _kind(fields: Fields) -> DecisionKind:
    return DecisionKind(fields.get("kind"))


def _after(fields: Fields) -> bytes:
    after = fields.get("after")
    return b"" if after is None else _path(after)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, not {value!r}")
    return value


def _path(fields: object) -> bytes:
    path = path_of(fields) if isinstance(fields, dict) else b""
    if not path.startswith(b"/") or b"\0" in path:
        raise ValueError("a path must be absolute")
    return path


def reply_fields(reply: Reply) -> Fields:
    """Return the answer that carries `reply`."""
    match reply:
        case PathReply():
            return _path_reply(reply)
        case PicturesReply():
            return {
                "answer": "pictures",
                "imported": reply.imported,
                "totals": counts_fields(reply.totals),
                "lines": [picture_fields(line) for line in reply.lines],
            }
        case Done():
            return {"answer": "done", "note": reply.note}
        case Refused():
            code = ExitCode.USAGE if reply.usage else ExitCode.FAILED
            return _refusal(reply.what, reply.why, reply.fix, code)
        case DecidedReply():
            return decided_fields(reply)
        case DecisionsReply():
            return decisions_fields(reply)
        case PageReply():
            return {"answer": "page", "url": reply.url}
        case ShelfReply() | ContentReply():
            raise TypeError("this is for the page alone, and never goes over the socket")
        case _:
            return _reply_about_files(reply)


def _path_reply(reply: PathReply) -> Fields:
    return {
        "answer": "path",
        "imported": reply.imported,
        "empty": reply.empty,
        "why": reply.why,
        "folder": folder_fields(reply.folder) if reply.folder else None,
        "picture": picture_with_grounds(reply.picture) if reply.picture else None,
    }


def _reply_about_files(reply: ExplainReply | NearReply | ContentsReply | ReceiptReply) -> Fields:
    match reply:
        case ExplainReply():
            return explain_fields(reply)
        case NearReply():
            return near_fields(reply)
        case ContentsReply():
            return contents_fields(reply)
        case ReceiptReply():
            return receipt_fields(reply)


def error_fields(error: UserError) -> Fields:
    """Return the answer that carries an expected failure."""
    return _refusal(error.what, error.why, error.fix, error.exit_code)


def bug_fields(error: Exception) -> Fields:
    """Return the answer for a failure that nobody expected; the log has the traceback."""
    why = f"{type(error).__name__}: {error}"
    return _refusal("the daemon made a mistake", why, "look into its log", ExitCode.BUG)


def _refusal(what: str, why: str, fix: str, code: ExitCode) -> Fields:
    return {"answer": "refused", "what": what, "why": why, "fix": fix, "exit": int(code)}


def line_of(fields: Fields) -> bytes:
    """Return an answer as it goes over the socket: one ASCII line, its end included."""
    whole = {"v": PROTOCOL_VERSION, "version": __version__, **fields}
    return json.dumps(whole, allow_nan=False).encode("ascii") + b"\n"
