"""The daemon's side of the control socket's language: JSON lines to values and back.

A request is one JSON object on one line, written by `questions`; an answer is one too:

    {"v": 1, "version": "0.1.0", "answer": "report",   "report": {...}}      contract, "JSON"
    {"v": 1, "version": "0.1.0", "answer": "path",     "imported": ..., "why": ..., ...}
    {"v": 1, "version": "0.1.0", "answer": "pictures", "imported": ..., "totals": {}, "lines": []}
    {"v": 1, "version": "0.1.0", "answer": "done",     "note": ...}
    {"v": 1, "version": "0.1.0", "answer": "refused",  "what", "why", "fix": ..., "exit": 4}

A path is `path`, and `path_b64` beside it where it isn't valid UTF-8.  The shapes of a report,
a folder and a picture are the contract's, so `--json` prints them as they come.
"""

from __future__ import annotations

import enum
import json

from dedupd import __version__
from dedupd.asks import (
    Ask,
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
    Reply,
)
from dedupd.errors import ExitCode, UsageError, UserError
from dedupd.faces.questions import PROTOCOL_VERSION, Fields
from dedupd.model import FolderState, PictureClass
from dedupd.reports import COUNT_NAMES, Counts, FolderReport, Problem, Report, RootReport
from dedupd.text import path_fields, path_of


class Order(enum.Enum):
    """The questions that the engine doesn't see."""

    STATUS = "status"
    RELOAD = "reload"


Question = Ask | Order


def only_reads(question: Question) -> bool:
    """Say whether the group of `control.group` may ask this.

    `wait` makes every disk work, so it counts as a `rescan`, not as reading.
    """
    return question is Order.STATUS or isinstance(question, AskPath | AskPictures)


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
    match fields.get("ask"):
        case "status":
            return Order.STATUS
        case "reload":
            return Order.RELOAD
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


def _path(fields: object) -> bytes:
    path = path_of(fields) if isinstance(fields, dict) else b""
    if not path.startswith(b"/") or b"\0" in path:
        raise ValueError("a path must be absolute")
    return path


def report_fields(report: Report) -> Fields:
    """Return the contract's object for `status --json` and `check --json`."""
    return {
        "schema": 1,
        "version": report.version,
        "time": report.time,
        "state": report.state,
        "problems": [_problem_fields(problem) for problem in report.problems],
        "queue": {
            "pending": report.queue.pending,
            "hashed": report.queue.hashed,
            "per_second": report.queue.per_second,
            "eta_s": report.queue.eta_s,
        },
        "roots": [_root_fields(root) for root in report.roots],
        "folders": [folder_fields(folder) for folder in report.folders],
        "totals": {
            **_counts(report.totals),
            "folders": len(report.folders),
            "imported": sum(folder.state is FolderState.IMPORTED for folder in report.folders),
        },
    }


def _problem_fields(problem: Problem) -> Fields:
    return {
        "code": problem.code,
        **path_fields(problem.path),
        "message": problem.message,
        "fix": problem.fix,
    }


def _root_fields(root: RootReport) -> Fields:
    return {
        "role": root.role.value,
        **path_fields(root.path),
        "state": root.state.value,
        "watch": root.watch,
        "pictures": root.pictures,
        "unreadable": root.unreadable,
        "in_step_as_of": root.in_step_as_of,
    }


def folder_fields(folder: FolderReport) -> Fields:
    """Return the contract's object of one folder."""
    return {
        **path_fields(folder.path),
        **path_fields(folder.root, "root"),
        "state": folder.state.value,
        "as_of": folder.as_of,
        "last_state": folder.last_state.value if folder.last_state else None,
        **_counts(folder.tree),
        "imported_at": folder.imported_at,
        "own": _counts(folder.own),
    }


def _counts(counts: Counts) -> Fields:
    return {name: getattr(counts, name) for name in COUNT_NAMES}


def picture_fields(line: PictureLine) -> Fields:
    """Return the contract's object of one picture, as `missing --json` prints it."""
    nearest: Fields | None = None
    if line.nearest is not None:
        nearest = {
            **path_fields(line.nearest),
            "distance_bits": line.evidence.distance_bits if line.evidence else None,
            "score": line.evidence.score if line.evidence else None,
        }
    return {
        **path_fields(line.path),
        **path_fields(line.folder, "folder"),
        "class": line.cls.value,
        "reason": line.reason,
        "nearest": nearest,
    }


def reply_fields(reply: Reply) -> Fields:
    """Return the answer that carries `reply`."""
    match reply:
        case PathReply():
            return {
                "answer": "path",
                "imported": reply.imported,
                "empty": reply.empty,
                "why": reply.why,
                "folder": folder_fields(reply.folder) if reply.folder else None,
                "picture": _picture_with_grounds(reply.picture) if reply.picture else None,
            }
        case PicturesReply():
            return {
                "answer": "pictures",
                "imported": reply.imported,
                "totals": _counts(reply.totals),
                "lines": [picture_fields(line) for line in reply.lines],
            }
        case Done():
            return {"answer": "done", "note": reply.note}
        case Refused():
            code = ExitCode.USAGE if reply.usage else ExitCode.FAILED
            return _refusal(reply.what, reply.why, reply.fix, code)


def _picture_with_grounds(line: PictureLine) -> Fields:
    return {
        **picture_fields(line),
        "detail": line.detail,
        "evidence": line.evidence.kind.value if line.evidence else None,
    }


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
