"""Render a report as the contract's JSON object, on one ASCII line."""

from __future__ import annotations

import json

from dedupd.faces.outputs.look import Look
from dedupd.faces.questions import Fields


def render(report: Fields, look: Look) -> str:  # noqa: ARG001 - the family's shape
    """Return the object as it came from the daemon."""
    return json.dumps(report)
