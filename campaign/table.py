"""Results that are kept between runs, and the one table that is printed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from campaign.figures import FIGURES, TOTAL, Figure
from campaign.result import Result

PROJECT = Path(__file__).parents[1]
_HEADER = ("figure", "what", "limit", "measured", "n", "share", "seed", "seconds", "verdict")
_WIDEST = 60


@dataclass(frozen=True, slots=True)
class Kept:
    """A result, and what it is the result of."""

    figure: str
    source: str
    seed: int
    share: float
    seconds: float
    result: Result


def source_id() -> str:
    """Return what stands for the program and its tests as they are: a commit or not yet one."""
    digest = hashlib.sha256()
    for folder in ("daemon", "campaign", "systemd"):
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix in (".py", ".service"):
                digest.update(str(path.relative_to(PROJECT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def keep(path: Path, one: Kept) -> None:
    """Add a result to the file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(one)) + "\n")


def kept(path: Path) -> list[Kept]:
    """Return the results in the file, the oldest first."""
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Kept(**{**one, "result": _result(one["result"])}) for one in lines]


def _result(fields: dict[str, object]) -> Result:
    notes = fields["notes"]
    assert isinstance(notes, list)
    return Result(**{**fields, "notes": tuple(notes)})  # type: ignore[arg-type]


def lines(done: Sequence[Kept]) -> Iterator[str]:
    """Yield the table, figure by figure, then what failed."""
    last = {one.figure: one for one in done}
    rows = [_HEADER, *(_row(figure, last) for figure in FIGURES)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for one in last.values():
        yield from (f"{one.figure}: {note}" for note in one.result.notes)


def _row(figure: Figure, last: dict[str, Kept]) -> tuple[str, ...]:
    head = figure.name, figure.what, figure.limit
    if figure is TOTAL:
        wrong = sum(one.result.wrong_claims for one in last.values())
        tried = str(sum(one.result.tried for one in last.values()))
        return *head, f"{wrong} wrong claims", tried, "", "", "", _verdict(wrong == 0)
    one = last.get(figure.name)
    if one is None:
        return *head, "", "", "", "", "", "not run" if figure.run else "not built"
    ran = str(one.result.tried), f"{one.share:.1%}", str(one.seed), f"{one.seconds:.0f}"
    return *head, one.result.measured[: _WIDEST * 2], *ran, _verdict(one.result.passed)


def _verdict(passed: bool | None) -> str:
    return {True: "pass", False: "FAIL", None: "skipped"}[passed]
