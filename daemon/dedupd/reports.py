"""What people are shown: counts, the report with its folders and roots, and events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dedupd.model import FolderState, Role, RootState

COUNT_NAMES = (
    "pictures", "matched", "possible", "unmatched", "unreadable", "dismissed", "pending",
    "others", "others_missing", "videos", "videos_missing", "excluded", "ignored",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of the contract, of a whole tree or of one folder's own files."""

    pictures: int = 0
    matched: int = 0
    possible: int = 0
    unmatched: int = 0
    unreadable: int = 0
    dismissed: int = 0
    pending: int = 0
    others: int = 0
    others_missing: int = 0
    videos: int = 0
    videos_missing: int = 0
    excluded: int = 0
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class FolderReport:
    """One line of the report: a folder, its state, its counts.  Times are RFC 3339 or None."""

    path: bytes
    root: bytes
    state: FolderState
    as_of: str
    tree: Counts
    own: Counts
    last_state: FolderState | None = None
    imported_at: str | None = None


@dataclass(frozen=True, slots=True)
class RootReport:
    """One root of the report; `watch` is "inotify", "poll" or "none"."""

    role: Role
    path: bytes
    state: RootState
    watch: str
    pictures: int
    unreadable: int
    in_step_as_of: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that limits what dedupd can promise, and what to do about it."""

    code: str
    path: bytes
    message: str
    fix: str = ""

    @property
    def grave(self) -> bool:
        """Whether it makes the whole daemon degraded, not one root of it."""
        return self.code.startswith(("store.", "workers.away"))


@dataclass(frozen=True, slots=True)
class Queue:
    """How much is left to do; `eta_s` is None where it can't be said."""

    pending: int = 0
    hashed: int = 0
    per_second: float = 0.0
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything `status` shows, at one moment; published by the engine, never changed."""

    version: str
    time: str
    state: str
    problems: tuple[Problem, ...] = ()
    queue: Queue = field(default_factory=Queue)
    roots: tuple[RootReport, ...] = ()
    folders: tuple[FolderReport, ...] = ()
    totals: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, before the log gave it a number and a time.

    Attributes:
        name: One of the contract's names, for example "folder.imported".
        path: Absolute path it speaks of; None for the daemon itself.
        facts: Further fields, JSON values or bytes (paths), in order.
        id: What makes the event recognisable; "" lets the log make one that is unique.
    """

    name: str
    path: bytes | None = None
    facts: tuple[tuple[str, object], ...] = ()
    id: str = ""


def without_claims(report: Report, problems: tuple[Problem, ...]) -> Report:
    """Return an old report for a time in which nothing can be claimed, and why that is so."""
    folders = tuple(
        replace(folder, state=FolderState.PENDING, last_state=folder.state)
        if folder.state is FolderState.IMPORTED
        else folder
        for folder in report.folders
    )
    return replace(report, state="degraded", problems=problems, folders=folders)


def remembering(report: Report, before: Report) -> Report:
    """Return a report in which pending folders show the verdict of an earlier one, as of then."""
    known = {folder.path: folder for folder in before.folders}

    def told(now: FolderReport) -> FolderReport:
        then = known.get(now.path)
        if then is None or now.state is not FolderState.PENDING or now.last_state:
            return now
        return replace(now, last_state=then.last_state or then.state, as_of=then.as_of)

    return replace(report, folders=tuple(map(told, report.folders)))


def verdicts(report: Report) -> tuple[object, ...]:
    """Return what a report says of its folders, without its dates: equal where nothing changed."""
    return tuple((folder.path, folder.state, folder.tree) for folder in report.folders)


def status_line(report: Report) -> str:
    """Return one line for `systemctl status`."""
    done = sum(folder.state is FolderState.IMPORTED for folder in report.folders)
    line = f"{report.state}: {done} of {len(report.folders)} folders imported"
    waiting = f", {report.queue.pending} files waiting" if report.queue.pending else ""
    return line + waiting
