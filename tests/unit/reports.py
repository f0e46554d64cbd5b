"""Hand-made reports for the tests of the faces: one folder of every state."""

from __future__ import annotations

from dedupd.model import FolderState, Role, RootState
from dedupd.reports import Counts, FolderReport, Problem, Queue, Report, RootReport

TIME = "2026-11-22T10:20:30.123Z"
ROOT = b"/home/me/old-backups"


def folder(name: bytes, state: FolderState, **counts: int) -> FolderReport:
    """Return a folder below `ROOT` (b"": the root itself) with these counts in its tree."""
    path = ROOT + b"/" + name if name else ROOT
    return FolderReport(path, ROOT, state, TIME, Counts(**counts), Counts())


EVERY_STATE = (
    folder(b"empty", FolderState.EMPTY),
    folder(b"done", FolderState.IMPORTED, pictures=1214, matched=1214),
    folder(
        b"done but for films",
        FolderState.IMPORTED,
        pictures=7,
        matched=7,
        videos=12,
        videos_missing=12,
        others=4,
        others_missing=1,
    ),
    folder(
        b"incomplete", FolderState.INCOMPLETE, pictures=14, matched=9, unmatched=2, unreadable=3
    ),
    folder(
        b"review",
        FolderState.REVIEW,
        pictures=5,
        matched=4,
        possible=1,
        videos=1,
        videos_missing=1,
    ),
    folder(b"copying", FolderState.PENDING, pictures=214, matched=180, pending=34),
    FolderReport(
        ROOT + b"/away",
        ROOT,
        FolderState.OFFLINE,
        "2026-11-01T08:00:00.000Z",
        Counts(pictures=3, matched=3, videos=2, videos_missing=2),
        Counts(),
        last_state=FolderState.IMPORTED,
    ),
    FolderReport(
        ROOT + b"/unsure",
        ROOT,
        FolderState.UNVERIFIED,
        "2026-11-02T08:00:00.000Z",
        Counts(pictures=3, matched=3),
        Counts(),
        last_state=FolderState.IMPORTED,
    ),
    folder(
        b"",
        FolderState.INCOMPLETE,
        pictures=1463,
        matched=1420,
        possible=1,
        unmatched=2,
        unreadable=3,
        pending=34,
    ),
)


def report(*folders: FolderReport, **more: object) -> Report:
    """Return a ready daemon's report of these folders."""
    tops = [f.tree for f in folders if f.path == f.root]
    values: dict[str, object] = {
        "version": "0.1.0",
        "time": TIME,
        "state": "ready",
        "queue": Queue(),
        "roots": (
            RootReport(
                Role.HAYSTACK, b"/home/me/Pictures", RootState.ONLINE, "inotify", 11944, 2, TIME
            ),
            RootReport(Role.NEEDLES, ROOT, RootState.ONLINE, "poll", 1463, 0, None),
        ),
        "folders": tuple(folders),
        "totals": tops[0] if tops else Counts(),
        **more,
    }
    return Report(**values)  # type: ignore[arg-type]


BUSY = report(
    *EVERY_STATE,
    state="degraded",
    problems=(Problem("watch.blind", b"/home/me/x\x1b[2J", "too many watches", "sysctl ..."),),
    queue=Queue(pending=34, hashed=180, per_second=12.34, eta_s=200.0),
)
