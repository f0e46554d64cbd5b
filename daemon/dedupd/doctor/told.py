"""Says findings to people and to programs."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from dedupd.doctor.finding import Finding, Level
from dedupd.doctor.words import several
from dedupd.faces.outputs.look import Look
from dedupd.faces.questions import Fields
from dedupd.text import path_fields, printable

COLUMNS = 80
_MARGIN = 2
_LEVEL_COLUMNS = 9
_COLOURS = {Level.OK: "green", Level.NOTE: "yellow", Level.PROBLEM: "red"}

PARTS: Mapping[str, str] = MappingProxyType(
    {
        "configuration": "configuration",
        "daemon": "daemon",
        "state": "state folder",
        "roots": "roots",
        "watching": "watching",
        "pictures": "pictures",
        "system": "Python and libraries",
    }
)
"""The heading of each part."""


def lines(findings: Sequence[Finding], look: Look) -> Iterator[str]:
    """Yield the table, 80 columns wide but for what is to be typed: that is never broken."""
    for part, inside in itertools.groupby(findings, key=lambda finding: finding.part):
        yield look.paint(PARTS[part], "bold")
        for finding in inside:
            yield from _entry(finding, look)
        yield ""
    yield summary(findings)


def _entry(finding: Finding, look: Look) -> Iterator[str]:
    margin = " " * (_MARGIN + _LEVEL_COLUMNS)
    level = look.paint(f"{finding.level.value:<{_LEVEL_COLUMNS}}", _COLOURS[finding.level])
    first, *more = [*_wrapped(finding.what), *_wrapped(finding.why)]
    yield f"{' ' * _MARGIN}{level}{first}"
    yield from (margin + line for line in more)
    for number, command in enumerate(finding.fix.splitlines()):
        yield f"{margin}{'      ' if number else 'type: '}{printable(command)}"


def _wrapped(text: str) -> list[str]:
    width = COLUMNS - _MARGIN - _LEVEL_COLUMNS
    return textwrap.wrap(printable(text), width, break_long_words=False, break_on_hyphens=False)


def summary(findings: Iterable[Finding]) -> str:
    """Return how much there is to do."""
    levels = [finding.level for finding in findings]
    problems, notes = levels.count(Level.PROBLEM), levels.count(Level.NOTE)
    found = several(problems, "problem") if problems else "nothing to be done"
    return f"{found}, {several(notes, 'note')}" if notes else found


def fields(findings: Iterable[Finding]) -> list[Fields]:
    """Return the findings as JSON objects: `level`, `code`, `what`, `why`, `fix`, `path`."""
    return [_fields(finding) for finding in findings]


def _fields(finding: Finding) -> Fields:
    said = {key: printable(getattr(finding, key)) for key in ("what", "why")}
    fix = "\n".join(map(printable, finding.fix.splitlines()))
    where = {"path": None} if finding.path is None else path_fields(finding.path)
    return {"level": finding.level.value, "code": finding.code, **said, "fix": fix, **where}
