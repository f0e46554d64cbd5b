"""Answer from a report: is everything imported that somebody asks about?

Pure, on the contract's JSON object.  What a report doesn't speak of is never imported.
"""

from __future__ import annotations

from collections.abc import Collection

from dedupd.faces.questions import Fields
from dedupd.text import path_of

SETTLED = ("imported", "empty")


def all_imported(report: Fields, needles: Collection[bytes] | None = None) -> bool:
    """Say whether every one of these needle roots (None: all of the report) is done with.

    A root whose own folder the report lacks isn't; nor is anything when there is no root.
    """
    asked = set(needle_roots(report) if needles is None else needles)
    states = {path_of(f): f["state"] for f in report["folders"]}
    own = all(states.get(root) in SETTLED for root in asked)
    below = all(
        folder["state"] in SETTLED
        for folder in report["folders"]
        if path_of(folder, "root") in asked
    )
    return bool(asked) and own and below


def needle_roots(report: Fields) -> list[bytes]:
    """Return the paths of the report's needle roots."""
    return [path_of(root) for root in report["roots"] if root["role"] == "needles"]


def haystack_roots(report: Fields) -> list[bytes]:
    """Return the paths of the report's haystack roots."""
    return [path_of(root) for root in report["roots"] if root["role"] == "haystack"]


def narrowed(report: Fields, needles: Collection[bytes]) -> Fields:
    """Return the report as it would be with these needle roots only; totals are added up anew."""
    roots = [
        root for root in report["roots"] if root["role"] == "haystack" or path_of(root) in needles
    ]
    folders = [f for f in report["folders"] if path_of(f, "root") in needles]
    whole = [f for f in folders if path_of(f) == path_of(f, "root")]
    totals = {
        key: sum(f[key] for f in whole)
        for key in report["totals"]
        if key not in ("folders", "imported")
    }
    totals["folders"] = len(folders)
    totals["imported"] = sum(f["state"] == "imported" for f in folders)
    return {**report, "roots": roots, "folders": folders, "totals": totals}
