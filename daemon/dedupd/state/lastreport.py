"""The report of the last run, for people who ask while a new one is still being made.

Owns `last-report.json` in the state folder.  Nothing rests on it: whoever reads it says of when it
is, and a file that can't be read is as good as none.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

from dedupd.model import FolderState, Role, RootState
from dedupd.reports import COUNT_NAMES, Counts, FolderReport, Report, RootReport
from dedupd.state.durable import write_whole

NAME = "last-report.json"
_FORMAT = 1

log = logging.getLogger(__name__)


def keep(state: Path, report: Report) -> None:
    """Write the report; a full disk costs the copy, nothing else."""
    fields = {
        "format": _FORMAT,
        "version": report.version,
        "time": report.time,
        "roots": [_root_fields(one) for one in report.roots],
        "folders": [_folder_fields(one) for one in report.folders],
        "totals": _numbers(report.totals),
    }
    try:
        write_whole(state / NAME, json.dumps(fields, separators=(",", ":")).encode())
    except OSError as error:
        log.warning("the last report could not be kept: %s", error.strerror)


def recall(state: Path) -> Report | None:
    """Return the report of the last run as it may be shown now: it claims nothing."""
    try:
        fields = json.loads((state / NAME).read_bytes())
        if fields["format"] != _FORMAT:
            return None
        return Report(
            version=str(fields["version"]),
            time=str(fields["time"]),
            state="starting",
            roots=tuple(map(_root, fields["roots"])),
            folders=tuple(map(_folder, fields["folders"])),
            totals=_counts(fields["totals"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        log.info("the report of the last run can't be read: %r", error)
        return None


def _root_fields(root: RootReport) -> dict[str, Any]:
    fields = {name: getattr(root, name) for name in ("watch", "pictures", "unreadable")}
    role, as_of = root.role.value, root.in_step_as_of
    return {**fields, "role": role, "path": _text(root.path), "in_step_as_of": as_of}


def _root(fields: dict[str, Any]) -> RootReport:
    return RootReport(
        Role(fields["role"]),
        _bytes(fields["path"]),
        RootState.SCANNING,  # where it is now nobody has looked
        "none",
        int(fields["pictures"]),
        int(fields["unreadable"]),
        fields["in_step_as_of"],
    )


def _folder_fields(folder: FolderReport) -> dict[str, Any]:
    return {
        "path": _text(folder.path),
        "root": _text(folder.root),
        "state": (folder.last_state or folder.state).value,
        "as_of": folder.as_of,
        "tree": _numbers(folder.tree),
        "own": _numbers(folder.own),
    }


def _folder(fields: dict[str, Any]) -> FolderReport:
    return FolderReport(
        _bytes(fields["path"]),
        _bytes(fields["root"]),
        FolderState.PENDING,
        str(fields["as_of"]),
        _counts(fields["tree"]),
        _counts(fields["own"]),
        last_state=FolderState(fields["state"]),
    )


def _numbers(counts: Counts) -> list[int]:
    return list(dataclasses.astuple(counts))


def _counts(numbers: list[int]) -> Counts:
    return Counts(**dict(zip(COUNT_NAMES, map(int, numbers), strict=True)))


def _text(path: bytes) -> str:
    return base64.b85encode(path).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b85decode(text)
