"""The table of renderings: what a report looks like to people and to programs.

A member is a module with `render(report, look) -> str`.  `report` is the contract's JSON object,
not the model's, so that a client can render what the daemon sent without loading the model.
A new one is a file here and a line in the table.
"""

from __future__ import annotations

from typing import Protocol

from dedupd.faces.outputs import json, text
from dedupd.faces.outputs.look import Look
from dedupd.faces.questions import Fields


class Rendering(Protocol):
    """One way to show a report."""

    def render(self, report: Fields, look: Look) -> str:
        """Return the report as it is printed, without a line end after the last line."""
        ...


RENDERINGS: dict[str, Rendering] = {"text": text, "json": json}
