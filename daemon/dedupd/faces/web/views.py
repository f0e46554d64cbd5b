"""What the pages show, worked out of reports and answers.  Pure; templates only write it down.

A folder is named by a digest of its path, so that a name which is no UTF-8 has a link too, and a
picture by the digest of its content: no address holds a path.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dedupd.asks import Known, MatchLine, ShelfLine
from dedupd.faces.outputs import phrases, reasons
from dedupd.faces.shapes.reports import counts_fields
from dedupd.model import Fingerprint, FolderState, PictureClass, Role
from dedupd.reports import Counts, FolderReport, Queue, Report, RootReport
from dedupd.text import name_of, shown

MOST_ROWS = 250
"""Folders of the overview; those with the most work left are unfolded first."""
DEEPEST = 7
"""Further in, rows stand no further to the right."""
LEFT = ("unmatched", "possible", "unreadable", "pending", "excluded")
SEGMENTS = (
    ("done", "in the library or not wanted", ("matched", "dismissed")),
    ("review", "to review", ("possible",)),
    ("missing", "not in the library", ("unmatched", "excluded")),
    ("unreadable", "unreadable", ("unreadable",)),
    ("pending", "pending", ("pending",)),
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar, in thousandths of its width."""

    kind: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Bar:
    """How far a folder is: as a picture, and in words for who can't see it."""

    segments: tuple[Segment, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One folder in a list; `hidden` of the folders in it are not listed below it."""

    id: str
    name: str
    path: str
    state: str
    words: str
    beside: str
    bar: Bar
    pictures: str
    depth: int = 0
    hidden: int = 0
    work: int = 0


@dataclass(frozen=True, slots=True)
class Side:
    """One picture of a pair; `digest` is "" where nothing can be shown."""

    digest: str
    side: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One property of both pictures."""

    name: str
    needle: str
    library: str

    @property
    def differs(self) -> bool:
        """Are the two not the same?"""
        return self.needle != self.library


@dataclass(frozen=True, slots=True)
class Tile:
    """One needle picture with the reason for its class."""

    needle: Side
    nearest: Side | None
    cls: str
    why: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One library picture that was found for an upload."""

    library: Side
    why: str
    counts: bool


def folder_id(path: bytes) -> str:
    """Return the name of a folder in addresses."""
    return hashlib.sha256(b"folder " + path).hexdigest()[:32]


def folder_of(report: Report, wanted: str) -> FolderReport | None:
    """Return the folder of that name, None if there is none."""
    return next((one for one in report.folders if folder_id(one.path) == wanted), None)


def work(counts: Counts) -> int:
    """Return how many pictures keep a folder from being imported."""
    return sum(getattr(counts, name) for name in LEFT)


def bar(counts: Counts) -> Bar:
    """Return the bar of these counts."""
    sums = [sum(getattr(counts, name) for name in names) for _, _, names in SEGMENTS]
    total, segments, before = sum(sums), [], 0
    for (kind, _, _), count in zip(SEGMENTS, sums, strict=True):
        start = before * 1000 // total if total else 0
        before += count
        end = before * 1000 // total if total else 0
        if count:
            segments.append(Segment(kind, start, max(end - start, 1)))
    words = [
        f"{count:,} {word}" for (_, word, _), count in zip(SEGMENTS, sums, strict=True) if count
    ]
    return Bar(tuple(segments), ", ".join(words) or "no pictures")


def row(folder: FolderReport, depth: int = 0, hidden: int = 0, whole: bool = False) -> Row:
    """Return the row of a folder; `whole`: named by its whole path."""
    counts = counts_fields(folder.tree)
    left, beside = phrases.to_do(counts), phrases.beside(counts)
    was = ""
    if folder.last_state is not None:
        was = f"was {folder.last_state.value}, as of {phrases.moment(folder.as_of)}"
    return Row(
        id=folder_id(folder.path),
        name=shown(folder.path if whole else name_of(folder.path)),
        path=shown(folder.path),
        state=folder.state.value,
        words=", and ".join(one for one in (was, left, beside) if one),
        beside=", and ".join(one for one in (was, beside) if one),
        bar=bar(folder.tree),
        pictures=phrases.several(folder.tree.pictures, "picture"),
        depth=min(depth, DEEPEST),
        hidden=hidden,
        work=work(folder.tree),
    )


def tree(report: Report, most: int = MOST_ROWS) -> list[Row]:
    """Return the folders as a tree, those with the most work first, at most so many."""
    inside = _inside(report)
    tops = sorted((one for one in report.folders if one.path == one.root), key=_by_work)
    chosen = {one.path for one in tops}
    waiting = [(_by_work(one), one) for one in tops]
    heapq.heapify(waiting)
    while waiting and len(chosen) < most:
        _, folder = heapq.heappop(waiting)
        if not work(folder.tree) and folder.path != folder.root:
            continue  # nothing is to be done in there
        for one in inside.get(folder.path, [])[: most - len(chosen)]:
            chosen.add(one.path)
            heapq.heappush(waiting, (_by_work(one), one))
    rows: list[Row] = []
    pending = [(one, 0) for one in reversed(tops)]
    while pending:
        folder, depth = pending.pop()
        all_inside = inside.get(folder.path, [])
        listed = [one for one in all_inside if one.path in chosen]
        hidden = len(all_inside) - len(listed)
        rows.append(row(folder, depth, hidden, whole=not depth))
        pending += [(one, depth + 1) for one in reversed(listed)]
    return rows


def rows_inside(report: Report, folder: FolderReport) -> list[Row]:
    """Return the folders right below one, those with the most work first."""
    return [row(one) for one in _inside(report).get(folder.path, [])]


def root_of(report: Report, lines: Sequence[ShelfLine]) -> bytes:
    """Return the needle root of the first of these pictures; b"" of none."""
    below = {one.path: one.root for one in report.folders}
    return next((below.get(one.line.folder, one.line.folder) for one in lines), b"")


def trail(report: Report, folder: FolderReport) -> list[Row]:
    """Return the folders above one, its root first."""
    above = [
        one
        for one in report.folders
        if one.root == folder.root and folder.path.startswith(one.path.rstrip(b"/") + b"/")
    ]
    return [row(one, whole=one.path == one.root) for one in sorted(above, key=lambda f: f.path)]


def state_line(report: Report) -> str:
    """Return the sentence on top of every page."""
    done = sum(one.state is FolderState.IMPORTED for one in report.folders)
    counts = counts_fields(report.totals)
    beside = phrases.beside(counts)
    line = f"{done:,} of {phrases.several(len(report.folders), 'folder')} imported"
    return f"{line}, and {beside}" if beside else line


def progress(queue: Queue) -> str:
    """Return how much is left to look at, how fast it goes, and how long it takes."""
    return phrases.progress(
        {"pending": queue.pending, "per_second": queue.per_second, "eta_s": queue.eta_s}
    )


def root_words(root: RootReport) -> str:
    """Return a root's line beside its path."""
    role = "library" if root.role is Role.HAYSTACK else "to look through"
    heard = "" if root.watch == "inotify" else f", watch: {root.watch}"
    return f"{role}, {root.state.value}, {phrases.several(root.pictures, 'picture')}{heard}"


def tile(one: ShelfLine) -> Tile:
    """Return a needle picture as it is shown."""
    line = one.line
    why = line.detail if line.cls is PictureClass.UNREADABLE and line.detail else ""
    return Tile(
        needle=side(one.known),
        nearest=side(one.nearest) if one.nearest is not None else None,
        cls=reasons.class_word(line.cls.value),
        why=shown(why or reasons.reason(line.reason)) if line.reason else "",
        facts=tuple(facts(one.known, one.nearest)),
    )


def side(known: Known) -> Side:
    """Return one picture of a pair."""
    digest = known.digest.hex() if known.digest is not None else ""
    return Side(digest, known.role.value, shown(name_of(known.path)), shown(known.path))


def facts(needle: Known, library: Known | None) -> list[Fact]:
    """Return what is known of both, row by row."""
    ours, theirs = _facts(needle), _facts(library) if library is not None else {}
    return [Fact(name, value, theirs.get(name, "")) for name, value in ours.items()]


def reason_counts(lines: Iterable[ShelfLine]) -> list[tuple[str, str, int]]:
    """Return the reasons among these pictures: code, in words, how many; the commonest first."""
    counted = Counter(one.line.reason for one in lines if one.line.reason)
    return [(code, reasons.reason(code), count) for code, count in counted.most_common()]


def found(lines: Sequence[MatchLine]) -> list[Found]:
    """Return what a search found, as it is shown; what merely was near is left out."""
    return [
        Found(
            side(one.known),
            _found_words(one),
            counts=not one.reason,
        )
        for one in lines
        if one.evidence is not None
    ]


def _found_words(one: MatchLine) -> str:
    what = reasons.evidence(one.evidence.kind.value) if one.evidence is not None else ""
    return reasons.reason(one.reason) if one.reason else what


def _facts(known: Known) -> dict[str, str]:
    found = known.fingerprint
    told = {"bytes": f"{known.stamp.size_bytes:,}"}
    if isinstance(found, Fingerprint):
        size = f"{found.width_px} × {found.height_px}"  # noqa: RUF001 -- for people
        told = {"size": size, **told, "format": found.format, "taken": found.taken_at or "unknown"}
        told["camera"] = shown(found.camera.encode()) if found.camera else "unknown"
    return {**told, "folder": shown(known.path.rpartition(b"/")[0])}


def _inside(report: Report) -> dict[bytes, list[FolderReport]]:
    """Return the folders right below each one, those with the most work first."""
    inside: dict[bytes, list[FolderReport]] = {}
    for one in report.folders:
        if one.path != one.root:
            inside.setdefault(one.path.rpartition(b"/")[0] or b"/", []).append(one)
    for folders in inside.values():
        folders.sort(key=_by_work)
    return inside


def _by_work(folder: FolderReport) -> tuple[int, bytes]:
    return -work(folder.tree), folder.path
