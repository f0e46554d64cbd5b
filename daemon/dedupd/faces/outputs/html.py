"""Render a report as one page that needs nothing else: no file, no script, no network.

Works on the contract's JSON objects.  The template escapes every text, and every name goes
through `text.shown` before, so that none turns the writing direction or breaks a line.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from dedupd.faces.outputs import reasons
from dedupd.faces.outputs.files import capture_time
from dedupd.faces.outputs.phrases import moment, number, several
from dedupd.faces.outputs.text import folder_notes, in_order, summary
from dedupd.faces.questions import Fields
from dedupd.text import name_of, path_of, printable, shown

ORDER = ("possible", "unmatched", "unreadable")
"""The classes that a page shows pictures of, the doubtful ones first."""

_HEADINGS = {
    "possible": "To review: the library has something like it",
    "unmatched": "Not in the library",
    "unreadable": "Unreadable",
}


class Pair(NamedTuple):
    """One picture and what the library has beside it.

    Attributes:
        line: `missing`'s object, with `detail`, `picture` and `match` (or null): see `files`.
        ours, theirs: JPEG files; None where there is nothing to show.
    """

    line: Fields
    ours: bytes | None
    theirs: bytes | None


class Fact(NamedTuple):
    """One thing that both files say about themselves."""

    name: str
    ours: str
    theirs: str

    @property
    def differs(self) -> bool:
        """Whether they say different things."""
        return bool(self.theirs) and self.ours != self.theirs


def render(report: Fields, pairs: Iterable[Pair], left_out: int, age: str) -> Iterator[str]:
    """Yield the page in parts; the pairs are taken one by one.

    Args:
        pairs: In the order of the page: by class as in `ORDER`, then by folder.
        left_out: Pictures that are not among them.
        age: How old the report is; "" where it is of now.
    """
    template = _environment().get_template("report.html")
    return template.generate(
        report=report,
        time=moment(report["time"]),
        age=age,
        summary=summary(report).split("\n"),
        problems=[_problem(problem) for problem in report["problems"]],
        roots=[(root["role"], root["state"], _path(root)) for root in report["roots"]],
        folders=[_folder(folder) for folder in in_order(report["folders"])],
        pairs=_shown_pairs(pairs),
        left_out=several(left_out, "more picture") if left_out else "",
    )


def facts(line: Fields) -> list[Fact]:
    """Return what the two files say about themselves, side by side."""
    ours, theirs = _said(line["picture"]), _said(line["match"])
    return [Fact(name, ours[name], theirs[name]) for name in ours if ours[name] or theirs[name]]


def reason_lines(line: Fields) -> list[str]:
    """Return why a picture is where it is, in words."""
    match = line["match"]
    said = [reasons.reason(line["reason"]), line["detail"]]
    if match is not None:
        faults = [_fault(code) for code in match["worse"] if code != line["reason"]]
        said += ["worse in the library: " + ", ".join(faults)] if faults else []
        if match["limit"] and match["limit"] != line["reason"]:
            said.append("decided by " + reasons.decided_by(match["limit"]))
        if turned := reasons.view(match["view"]):
            said.append(f"the library's is what you see when this one is {turned}")
    return [printable(text) for text in said if text]


def _fault(code: str) -> str:
    return reasons.WORSE.get(code, code)


def _environment() -> Environment:
    loader = PackageLoader("dedupd.faces.outputs", ".")
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _folder(folder: Fields) -> Fields:
    return {
        "state": folder["state"],
        "path": _path(folder),
        "pictures": number(folder["pictures"]),
        "notes": folder_notes(folder),
    }


def _problem(problem: Fields) -> Fields:
    where = f": {_path(problem)}" if _path(problem) else ""
    told = {key: printable(problem[key]) for key in ("message", "fix")}
    return {"what": printable(problem["code"]) + where, **told}


def _shown_pairs(pairs: Iterable[Pair]) -> Iterator[Fields]:
    """Yield what the template shows; heading and folder only where they change."""
    cls, folder = "", b""
    for pair in pairs:
        line = pair.line
        new_class = line["class"] != cls
        new_folder = new_class or path_of(line, "folder") != folder
        cls, folder = line["class"], path_of(line, "folder")
        yield {
            "heading": _HEADINGS.get(cls, cls) if new_class else "",
            "folder": shown(folder) if new_folder else "",
            **_shown_pair(pair),
        }


def _shown_pair(pair: Pair) -> Fields:
    line, match = pair.line, pair.line["match"]
    return {
        "name": shown(name_of(path_of(line))),
        "reasons": reason_lines(line),
        "facts": facts(line),
        "ours": _data_uri(pair.ours),
        "match": _path(match) if match is not None else "",
        "theirs": _data_uri(pair.theirs),
        "compared": line["class"] != "unreadable",
    }


def _path(fields: Fields) -> str:
    return shown(path_of(fields))


def _data_uri(jpeg: bytes | None) -> str:
    if jpeg is None:
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def _said(known: Fields | None) -> dict[str, str]:
    found = known["fingerprint"] if known is not None else None
    size = f"{found['width_px']} × {found['height_px']}" if found else ""  # noqa: RUF001 -- a size
    return {
        "format": printable(found["format"]) if found else "",
        "pixels": size,
        "bytes": number(known["size_bytes"]) if known is not None else "",
        "taken": capture_time(found["taken_at"]) if found and found["taken_at"] else "",
        "camera": printable(found["camera"]) if found else "",
    }
