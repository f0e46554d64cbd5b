"""Make a tree of symbolic links to pictures, for a look at them in any file manager.

Writes nothing but that tree, and never below a root.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from dedupd.cli.writing import demand_outside
from dedupd.errors import UsageError, UserError
from dedupd.faces.questions import Fields
from dedupd.faces.verdict import needle_roots
from dedupd.text import join, shown


def link_tree(target: bytes, paths: Iterable[bytes], report: Fields) -> int:
    """Make `target` hold a link to each path, in the folders of its needle root; return how many.

    With several needle roots each has a folder of its own name.

    Args:
        target: Absent, or an empty folder, outside all roots of the report.
        paths: Absolute, below the needle roots of the report.

    Raises:
        UsageError: `target` may not be used.
        UserError: A link can't be made.
    """
    target = os.path.realpath(target)
    _demand_outside(target, report)
    _demand_empty(target)
    tops = _tops(target, needle_roots(report))
    made = 0
    try:
        os.makedirs(target, exist_ok=True)
        for path in paths:
            link = _place(path, tops)
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(path, link)
            made += 1
    except OSError as error:
        what = f"can't make all links in {shown(target)}"
        why = f"{error.strerror or error}, after {made}"
        raise UserError(what, why, "remove that folder, and try again") from error
    return made


def _demand_outside(target: bytes, report: Fields) -> None:
    """Refuse a folder below a root, by whatever name or mount."""
    what = f"no links can be made in {shown(target)}"
    demand_outside(target, "--link-into folder", report, what, "name a folder outside all roots")


def _demand_empty(target: bytes) -> None:
    try:
        empty = not os.listdir(target)
    except FileNotFoundError:
        return
    except OSError as error:
        what, why = f"no links can be made in {shown(target)}", error.strerror or str(error)
        raise UsageError(what, why, "name a folder that isn't there yet") from error
    if not empty:
        what = f"no links can be made in {shown(target)}"
        raise UsageError(what, "it isn't empty", "name a folder that isn't there yet")


def _tops(target: bytes, roots: list[bytes]) -> dict[bytes, bytes]:
    """Return where each root's links go: right into `target`, or apart by the roots' names."""
    if len(roots) == 1:
        return {roots[0]: target}
    tops: dict[bytes, bytes] = {}
    for root in sorted(roots):
        name = os.path.basename(root) or b"root"
        top, number = join(target, name), 1
        while top in tops.values():
            number += 1
            top = join(target, name + b" (%d)" % number)
        tops[root] = top
    return tops


def _place(path: bytes, tops: dict[bytes, bytes]) -> bytes:
    for root, top in tops.items():
        if path.startswith(root.rstrip(b"/") + b"/"):
            return join(top, path[len(root.rstrip(b"/")) + 1 :])
    raise UserError(f"no link can be made to {shown(path)}", "it lies below no needle root")
