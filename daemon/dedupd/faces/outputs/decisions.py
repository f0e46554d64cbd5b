"""Say in words what the owner decided, would decide, or took back.

Works on the objects of `faces.shapes.decisions`; every name goes through `text.shown`.
"""

from __future__ import annotations

from collections.abc import Iterator

from dedupd.faces.outputs.phrases import moment, number, several
from dedupd.faces.questions import Fields
from dedupd.text import path_of, printable, shown

LISTED = 10
"""How many of many decisions are shown."""

MARGIN = "    "


def decided(answer: Fields) -> list[str]:
    """Return what was decided just now, and how to take it back."""
    return [*_some(answer["decisions"], "decided"), *_way_back(answer["batch"])]


def preview(answer: Fields) -> list[str]:
    """Return what would be decided, and that it wasn't."""
    return [*_some(answer["decisions"], "would be decided"), "nothing was decided; add --yes"]


def undone(answer: Fields) -> list[str]:
    """Return what was taken back."""
    return list(_some(answer["decisions"], "undone"))


def every(decision: Fields) -> list[str]:
    """Return the lines of one decision in the list of all: id, kind, time, its pictures."""
    notes = [moment(printable(decision["time"]))]
    if decision["batch"] != decision["id"]:
        notes.append(f"in batch {printable(decision['batch'])}")
    if not decision["in_force"]:
        notes.append("no longer in force")
    head = f"{printable(decision['id'])}  {_kind(decision)}  {', '.join(notes)}"
    return [head, *(MARGIN + path for path in _paths(decision))]


def _some(decisions: list[Fields], done: str) -> Iterator[str]:
    """Yield how many they are, the first of them, and how many more there are."""
    kinds = sorted({_kind(one) for one in decisions})
    what = f"{several(len(decisions), 'decision')} ({' and '.join(kinds)})"
    yield f"{what} {done}:" if decisions else f"nothing {done}"
    for one in decisions[:LISTED]:
        first, *second = _paths(one)
        yield MARGIN + first
        yield from (MARGIN + MARGIN + path for path in second)
    if len(decisions) > LISTED:
        yield f"{MARGIN}and {number(len(decisions) - LISTED)} more"


def _way_back(batch: str) -> list[str]:
    return [f"to take it back: dedupd undo {printable(batch)}"] if batch else []


def _kind(decision: Fields) -> str:
    return printable(decision["kind"])


def _paths(decision: Fields) -> list[str]:
    contents = (decision["first"], decision["second"])
    return [shown(path_of(content)) for content in contents if content is not None]
