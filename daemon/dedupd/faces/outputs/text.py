"""Render a report for people: 80 columns, folders that need work first.

Every name goes through `text.shown`.  A pipe gets whole paths; a terminal that is too narrow
gets them shortened in the middle.
"""

from __future__ import annotations

from collections.abc import Iterator

from dedupd.faces.outputs.look import Look
from dedupd.faces.outputs.phrases import (
    STATE_ORDER,
    beside,
    moment,
    number,
    progress,
    several,
    to_do,
)
from dedupd.faces.questions import Fields
from dedupd.text import path_of, printable, shown

BEFORE_PATH = 22
"""Columns before a path: state or role, and the number of pictures."""

MARGIN = " " * 4
"""Before what is said about the path of the line above."""

STATE_COLOURS = {
    "imported": "green",
    "incomplete": "red",
    "review": "yellow",
    "unverified": "magenta",
    "offline": "magenta",
    "suspicious": "red",
    "pending": "cyan",
    "scanning": "cyan",
    "degraded": "yellow",
}


def render(report: Fields, look: Look) -> str:
    """Return the whole report: problems, roots, progress, every folder, the sum."""
    lines = [*_top(report, look), *_folders(in_order(report["folders"]), look)]
    return "\n".join([*lines, "", summary(report)])


def render_work(report: Fields, look: Look) -> str:
    """Return the report of `check`: it ends with the folders that still need work."""
    left = [folder for folder in in_order(report["folders"]) if needs_work(folder)]
    lines = [*_top(report, look), summary(report)]
    if left:
        lines += ["", *_folders(left, look)]
    return "\n".join(lines)


def needs_work(folder: Fields) -> bool:
    """Say whether a folder is anything but imported or empty."""
    return folder["state"] not in ("imported", "empty")


def in_order(folders: list[Fields]) -> list[Fields]:
    """Return the folders, those that need work first, then by path."""
    rank = {state: place for place, state in enumerate(STATE_ORDER)}
    return sorted(folders, key=lambda f: (rank.get(f["state"], -1), path_of(f)))


def summary(report: Fields) -> str:
    """Return the sum of all folders in up to three lines, with everything that is missing."""
    totals = report["totals"]
    rest, left = beside(totals), to_do(totals)
    lines = [
        f"{number(totals['imported'])} of {several(totals['folders'], 'folder')} imported"
        + (f", and {rest}" if rest else ""),
        several(totals["pictures"], "picture") + (f": {left}" if left else ""),
    ]
    stale = sum(folder["state"] in ("unverified", "offline") for folder in report["folders"])
    lines += [f"{several(stale, 'folder')} can't be verified now"] if stale else []
    return "\n".join(lines)


def folder_line(folder: Fields, look: Look) -> str:
    """Return what there is to say about one folder: one line, or two."""
    return "\n".join(_folder(folder, look))


def folder_notes(folder: Fields) -> str:
    """Return what there is to say about a folder beside its state; an imported one's lacks too."""
    rest = beside(folder)
    own = [_verdict_before(folder), _so_far(folder), to_do(folder)]
    notes = [] if folder["state"] == "imported" else own
    return ", ".join(note for note in [*notes, f"and {rest}" if rest else ""] if note)


def _top(report: Fields, look: Look) -> Iterator[str]:
    state = look.paint(report["state"], STATE_COLOURS.get(report["state"], ""))
    yield f"dedupd {report['version']}: {state}, {moment(report['time'])}"
    under_way = progress(report["queue"])
    if under_way:
        yield f"  {under_way}"
    for problem in report["problems"]:
        yield from problem_lines(problem, look)
    yield ""
    if report["roots"]:
        yield look.paint("root          pictures  path", "bold")
    for root in report["roots"]:
        yield from _root(root, look)
    yield ""


def problem_lines(problem: Fields, look: Look) -> Iterator[str]:
    """Yield what is wrong, why, and what to type."""
    path = shown(path_of(problem))
    where = f" {path}" if path else ""
    yield look.paint("! ", "red") + f"{printable(problem['code'])}:{where}"
    yield f"    {printable(problem['message'])}"
    if problem["fix"]:
        yield f"    try: {printable(problem['fix'])}"


def _root(root: Fields, look: Look) -> Iterator[str]:
    path = look.fit(shown(path_of(root)), BEFORE_PATH)
    yield f"{root['role']:<12}{number(root['pictures']):>8}  {path}"
    state = look.paint(root["state"], STATE_COLOURS.get(root["state"], ""))
    notes = [state, {"poll": "polled", "none": "not watched"}.get(root["watch"], "watched")]
    if root["state"] == "offline":
        notes = [state]
    if root["unreadable"]:
        notes.append(f"{number(root['unreadable'])} unreadable")
    read = root["in_step_as_of"]
    notes.append(f"in step as of {moment(read)}" if read else "not read through yet")
    yield MARGIN + ", ".join(notes)


def _folders(folders: list[Fields], look: Look) -> Iterator[str]:
    if folders:
        yield look.paint("folder        pictures  path", "bold")
    for folder in folders:
        yield from _folder(folder, look)


def _folder(folder: Fields, look: Look) -> Iterator[str]:
    imported, rest = folder["state"] == "imported", beside(folder)
    path = shown(path_of(folder))
    # In the line of the word "imported" itself, where it fits: `grep imported` must not lose it.
    tail = f", and {rest}" if imported and rest else ""
    if look.columns is not None and BEFORE_PATH + len(path + tail) > look.columns:
        tail = ""
    yield f"{_padded(folder['state'], look)}{number(folder['pictures']):>8}  " + (
        path + tail if tail else look.fit(path, BEFORE_PATH)
    )
    notes = [] if imported else [_verdict_before(folder), _so_far(folder), to_do(folder)]
    notes += [f"and {rest}"] if rest and not tail else []
    if any(notes):
        yield MARGIN + ", ".join(note for note in notes if note)


def _padded(state: str, look: Look) -> str:
    return look.paint(state, STATE_COLOURS.get(state, "")) + " " * (12 - len(state))


def _verdict_before(folder: Fields) -> str:
    """Return the last verdict of a folder that can't be verified at the moment."""
    if not folder["last_state"]:
        return ""
    return f"was {folder['last_state']}, as of {moment(folder['as_of'])}"


def _so_far(folder: Fields) -> str:
    if folder["state"] != "pending" or folder["last_state"]:
        return ""
    found = folder["matched"] + folder["dismissed"]
    return f"{number(found)} of {number(folder['pictures'])} so far"
