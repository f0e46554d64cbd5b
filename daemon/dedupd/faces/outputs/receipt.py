"""Write a receipt: the proof of a verdict, to keep, and to check without dedupd.

The text is what `sha256sum -c` reads.  Its lines are

    # ...                comment, for people
    #: {...}             comment, one JSON object: the receipt's head, then one for each file
    SHA256  PATH         of a file and of its witness, each path once, in the order of the files

A path with a line end, a carriage return or a backslash is escaped, and its line begins with a
backslash, as coreutils do it.  Paths are bytes, and so is the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from dedupd.faces.outputs.phrases import beside, moment, number, several, to_do
from dedupd.faces.questions import Fields
from dedupd.text import path_of, printable, shown

_ESCAPES = ((b"\\", b"\\\\"), (b"\n", b"\\n"), (b"\r", b"\\r"))


def render(head: Fields, lines: Sequence[Fields]) -> Iterator[bytes]:
    """Yield the lines of a receipt, without line ends.

    Args:
        head: `receipt_head`'s.
        lines: The files of the folder, by path: the answer's, see `shapes.files`.
    """
    for said in _head(head):
        yield b"# " + said.encode("utf-8", "backslashreplace")
    yield b"#: " + json.dumps(head).encode("ascii")
    told: set[bytes] = set()
    for line in lines:
        yield b"#: " + json.dumps(line).encode("ascii")
        for known in (line, line["witness"]):
            if known is not None and known["sha256"] and path_of(known) not in told:
                told.add(path_of(known))
                yield checksum_line(known["sha256"], path_of(known))


def checksum_line(sha256: str, path: bytes) -> bytes:
    """Return the line that `sha256sum` prints for a file."""
    escaped = path
    for plain, escape in _ESCAPES:
        escaped = escaped.replace(plain, escape)
    mark = b"\\" if escaped != path else b""
    return mark + sha256.encode("ascii") + b"  " + escaped


def _head(head: Fields) -> Iterator[str]:
    folder = head["folder"]
    yield f"receipt of dedupd {head['version']}, {moment(head['time'])}"
    yield f"folder: {shown(path_of(folder))}"
    yield from (f"state: {said}" for said in _states(head))
    left = to_do(folder)
    found = f"{number(folder['matched'])} in the library, {number(folder['dismissed'])} dismissed"
    yield f"{several(folder['pictures'], 'picture')}: {found}" + (f", {left}" if left else "")
    yield head["freshness"]
    yield "to check what it says about bytes: sha256sum -c FILE"


def _states(head: Fields) -> Iterator[str]:
    """Yield the verdict: never "imported" without what else would be lost with the folder."""
    folder, rest = head["folder"], beside(head["folder"])
    if head["imported"]:
        yield f"imported, and {rest}" if rest else "imported"
        return
    state = folder["state"]
    if state == "imported":  # it says so, but this very look did not confirm it
        state = "unverified"
    yield state + (f", and {rest}" if rest else "")
    if folder["last_state"]:
        yield f"was {folder['last_state']}, as of {moment(folder['as_of'])}"
    if head["why"] not in ("", state):
        yield f"not imported: {printable(head['why'])}"
