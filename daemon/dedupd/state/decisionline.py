"""One decision, undo or loss as one line, and a whole file of them read back.

    {"seq": 7, "rest": 0, "do": "decide", "id": "...", ..., "sum": "<SHA-256 of all before it>"}

`seq` counts the lines from 1, so a line that is missing is noticed; `rest` is how many lines of
the same append follow, so half an append is noticed.  `do` is "decide", "undo" or "lost".  A line
is ASCII and holds `{"seq": ` at its beginning only, so a damaged line end costs no line.  These
shapes are on owners' disks: what is written must stay readable.  Where a pair's coded pictures
were known, `first_coded` and `second_coded` are in the line; a reader passes over what it doesn't
know.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from dedupd.decision import Decision, DecisionKind
from dedupd.model import Digest
from dedupd.text import path_fields, path_of

START = b'{"seq": '

_PIECE = re.compile(rb'\{"seq": .*?(?=\{"seq": |\Z)', re.DOTALL)
# The byte behind a line is its line end, whatever became of it.
_INTACT = re.compile(rb'(\{"seq": [^\n]*), "sum": "([0-9a-f]{64})"\}.?\n*', re.DOTALL)
_TORN = re.compile(rb"[ -~]*")

DIGEST_BYTES = 32

_CODED = "first_coded", "second_coded"


@dataclass(frozen=True, slots=True)
class PairDecision(Decision):
    """What was decided about two contents, with their coded pictures as they were known then.

    Attributes:
        first_coded, second_coded: As `Fingerprint.coded`; b"" where nobody knew.
    """

    first_coded: bytes = b""
    second_coded: bytes = b""


@dataclass(frozen=True, slots=True)
class Undo:
    """The owner took back the decision, or the batch, of this id; `time` is RFC 3339."""

    id: str
    time: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Lines that were found damaged; an `Undo` of its id says that the owner knows.

    Attributes:
        id: As a decision's.
        time: When it was found, RFC 3339.
        numbers: The `seq` of each.
        copy: Name of the copy of the file as it was then, in the same folder.
    """

    id: str
    time: str
    numbers: tuple[int, ...]
    copy: str


Line = Decision | Undo | Lost


class Entry(NamedTuple):
    """A line as it stands in the file, from `at_bytes` to `end_bytes`, its line end included."""

    seq: int
    rest: int
    line: Line
    at_bytes: int
    end_bytes: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds.

    Attributes:
        lines: The intact ones, in order.
        missing: The numbers of lines that are damaged or gone.
        last_seq: No line has had a higher number.
        end_bytes: Behind it is an append that did not come to its end; nobody was told of it.
    """

    lines: tuple[Line, ...]
    missing: tuple[int, ...]
    last_seq: int
    end_bytes: int


def codings(decision: Decision) -> tuple[bytes, bytes]:
    """Return the coded pictures of a decision's contents, b"" for each that it doesn't tell."""
    if isinstance(decision, PairDecision):
        return decision.first_coded, decision.second_coded
    return b"", b""


def encode(line: Line, seq: int, rest: int) -> bytes:
    """Return a line of the file, with its line end."""
    fields = {"seq": seq, "rest": rest, **_fields(line)}
    body = json.dumps(fields, allow_nan=False).encode("ascii").removesuffix(b"}")
    return b'%s, "sum": "%s"}\n' % (body, _checksum(body))


def read(data: bytes) -> Reading:
    """Return what is in a file that holds `data`; whatever is damaged costs no other line."""
    entries = list(_entries(data))
    end = entries[-1].end_bytes if entries else 0
    tail = data[end:]
    if not tail or _is_torn(tail):
        damaged_behind = 0
        end = _before_half_append(entries) if entries and entries[-1].rest else end
        entries = [entry for entry in entries if entry.end_bytes <= end]
    else:
        damaged_behind = max(1, tail.count(START))
        end = len(data)
    seqs = {entry.seq for entry in entries}
    last_seq = max(seqs, default=0) + damaged_behind
    missing = tuple(number for number in range(1, last_seq + 1) if number not in seqs)
    return Reading(tuple(entry.line for entry in entries), missing, last_seq, end)


def _entries(data: bytes) -> Iterator[Entry]:
    """Yield the intact lines; one that is out of order isn't trusted."""
    last_seq = 0
    for piece in _PIECE.finditer(data):
        entry = _entry(piece[0], piece.start())
        if entry is not None and entry.seq > last_seq:
            yield entry
            last_seq = entry.seq


def _entry(piece: bytes, at_bytes: int) -> Entry | None:
    found = _INTACT.match(piece)
    if found is None or _checksum(found[1]) != found[2]:
        return None
    try:
        fields = json.loads(found[1] + b"}")
        seq, rest, line = int(fields["seq"]), int(fields["rest"]), _line(fields)
        return Entry(seq, rest, line, at_bytes, at_bytes + found.end())
    except (ValueError, KeyError, TypeError):  # whole, but of a newer version
        return None


def _is_torn(tail: bytes) -> bool:
    """Is this the beginning of a line, as a crash leaves it, rather than a damaged one?"""
    return bool(_TORN.fullmatch(tail)) and (tail.startswith(START) or START.startswith(tail))


def _before_half_append(entries: list[Entry]) -> int:
    """Return where the append begins that the last entry belongs to."""
    first = len(entries) - 1
    while first > 0 and entries[first - 1].rest == entries[first].rest + 1:
        first -= 1
    return entries[first].at_bytes


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode("ascii")


def _fields(line: Line) -> dict[str, Any]:
    match line:
        case Decision():
            return {"do": "decide", **_decision_fields(line)}
        case Undo():
            return {"do": "undo", "id": line.id, "time": line.time}
        case Lost():
            numbers = list(line.numbers)
            return {
                "do": "lost", "id": line.id, "time": line.time, "lines": numbers, "copy": line.copy,
            }  # fmt: skip


def _decision_fields(decision: Decision) -> dict[str, Any]:
    second = {} if decision.second is None else {"second": decision.second.hex()}
    second_path = path_fields(decision.second_path, "second_path") if second else {}
    looks = {} if decision.dhash is None else {"dhash": f"{decision.dhash:016x}"}
    sketch = base64.b64encode(decision.sketch).decode("ascii")
    coded = zip(_CODED, codings(decision), strict=True)
    return {
        "id": decision.id,
        "batch": decision.batch,
        "time": decision.time,
        "kind": decision.kind.value,
        "first": decision.first.hex(),
        **path_fields(decision.first_path, "first_path"),
        **second,
        **second_path,
        **looks,
        **({"sketch": sketch} if sketch else {}),
        **{name: coding.hex() for name, coding in coded if coding},
    }


def _line(fields: dict[str, Any]) -> Line:
    match fields["do"]:
        case "decide":
            return _decision(fields)
        case "undo":
            return Undo(str(fields["id"]), str(fields["time"]))
        case "lost":
            numbers = tuple(int(number) for number in fields["lines"])
            return Lost(str(fields["id"]), str(fields["time"]), numbers, str(fields["copy"]))
        case other:
            raise ValueError(f"there is no {other!r}")


def _decision(fields: dict[str, Any]) -> Decision:
    first_coded, second_coded = (bytes.fromhex(fields.get(name, "")) for name in _CODED)
    known: Callable[..., Decision] = Decision
    if first_coded or second_coded:
        known = partial(PairDecision, first_coded=first_coded, second_coded=second_coded)
    return known(
        id=str(fields["id"]),
        batch=str(fields["batch"]),
        time=str(fields["time"]),
        kind=DecisionKind(fields["kind"]),
        first=_digest(fields["first"]),
        second=_digest(fields["second"]) if "second" in fields else None,
        first_path=path_of(fields, "first_path"),
        second_path=path_of(fields, "second_path"),
        dhash=int(fields["dhash"], 16) if "dhash" in fields else None,
        sketch=base64.b64decode(fields.get("sketch", ""), validate=True),
    )


def _digest(text: str) -> Digest:
    digest = bytes.fromhex(text)
    if len(digest) != DIGEST_BYTES:
        raise ValueError("a SHA-256 has 32 bytes")
    return digest
