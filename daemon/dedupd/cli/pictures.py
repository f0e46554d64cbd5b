"""Print lists of pictures so that scripts can trust them and terminals survive them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Container, Iterable

from dedupd.faces.outputs.phrases import beside, to_do
from dedupd.faces.questions import Fields
from dedupd.text import path_of, shown


def print_pictures(lines: Iterable[Fields], *, nul: bool) -> None:
    """Print one path a line, safe to look at; with `nul` the exact bytes, each ended by NUL."""
    for line in lines:
        path = path_of(line)
        if nul:
            sys.stdout.buffer.write(path + b"\0")
        else:
            print(shown(os.fsdecode(path)))


def print_answer(answer: Fields) -> None:
    """Print a daemon's answer as one JSON object, without what is the socket's own."""
    kept = {key: value for key, value in answer.items() if key not in ("v", "answer")}
    print(json.dumps({"schema": 1, **kept}))


def also(totals: Fields, listed: Container[str]) -> str:
    """Return what keeps folders from being imported beside the classes that were listed."""
    rest = [to_do(totals, but=listed), beside(totals)]
    return "; ".join(part for part in rest if part)
