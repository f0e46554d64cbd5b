"""Finds roots that share folders: a picture in both would match itself.

Two paths may lead to one folder by links, by letter case, by bind mounts, subvolumes or two
mounts of one network share.  So each root is described by everything it shows: its path, its
place inside its file system, and the same of every mount below it.  What can't be seen from here
is a file system that shows another's files under new numbers (bindfs, mergerfs, two overlays of
one folder).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

from dedupd.disk import mounts
from dedupd.disk.mounts import Mount, inside
from dedupd.model import Role, Root
from dedupd.text import join, printable, shown

_CALLED = {Role.HAYSTACK: "haystack", Role.NEEDLES: "needle"}
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"})

Hides = Callable[[bytes, tuple[str, ...]], bool]
"""`rules.patterns.excluded`: is a path inside a root hidden by these patterns?"""


@dataclass(frozen=True, slots=True)
class OverlapProblem:
    """Roots that can't be used together; `index` counts among the roots of `role`."""

    role: Role
    index: int
    path: bytes
    message: str


@dataclass(frozen=True, slots=True)
class _Sight:
    """One way to see a folder: `place` in the space of names `space`, at `below` a root."""

    space: object
    place: bytes
    below: bytes = b""


@dataclass(frozen=True, slots=True)
class _View:
    """A root with all its sights."""

    root: Root
    index: int
    sights: tuple[_Sight, ...]

    def problem(self, message: str) -> OverlapProblem:
        return OverlapProblem(self.root.role, self.index, self.root.path, message)


def overlaps(
    haystack: Sequence[Root],
    needles: Sequence[Root],
    private: Mapping[str, Path],
    hides: Hides,
    table: Sequence[Mount] | None = None,
) -> tuple[OverlapProblem, ...]:
    """Return every overlap of roots with each other and with our own files.

    A needle root inside a haystack root is allowed where that root's `exclude` hides it.  Roots
    that don't exist are compared by where they would be.

    Args:
        haystack, needles: The roots; where links in their paths lead is what counts.
        private: Our own files and folders, by what they are called ("state folder").
        hides: Whether exclude patterns hide a path inside a root.
        table: The mounts; None for those of now.
    """
    table = mounts.read() if table is None else table
    views = [
        _View(root, index, tuple(_sights(os.path.realpath(root.path), table)))
        for roots in (haystack, needles)
        for index, root in enumerate(roots)
    ]
    found = [_clash(a, b, hides) for a, b in combinations(views, 2)]
    for name, path in _outermost(private).items():
        sights = tuple(_sights(os.path.realpath(path), table))
        found += [_intrusion(view, f"{name} {shown(path)}", sights) for view in views]
    return tuple(problem for problem in found if problem is not None)


def _sights(path: bytes, table: Sequence[Mount]) -> Iterator[_Sight]:
    yield _Sight("path", path)
    yield from _numbered(path)
    yield from _places(path, mounts.mount_of(path, table), b"", table)
    for mount in mounts.mounts_below(path, table):
        yield from _places(mount.point, mount, inside(mount.point, path) or b"", table)


def _numbered(path: bytes) -> Iterator[_Sight]:
    """Yield `path` as seen from the inode of each folder above it: letter case may differ."""
    above, rest = path, b"/"
    while True:
        with contextlib.suppress(OSError):
            status = os.stat(above)
            yield _Sight((status.st_dev, status.st_ino), rest)
        if above == b"/":
            return
        above, _, name = above.rpartition(b"/")
        above, rest = above or b"/", b"/" + name + rest.rstrip(b"/")


def _places(path: bytes, mount: Mount, below: bytes, table: Sequence[Mount]) -> Iterator[_Sight]:
    """Yield where `path`, shown by `mount`, is in its file system and on its server."""
    rest = inside(path, mount.point) or b""
    yield _Sight(mount.device, join(mount.root, rest), below)
    if mount.kind in _NETWORK and mount.root == b"/":
        yield _Sight("network", join(mount.source.rstrip(b"/"), rest), below)
    if mount.kind.startswith("fuse") and mount.source[:1] == b"/" and os.path.isdir(mount.source):
        origin = join(mount.source, rest)
        behind = mounts.mount_of(origin, table)
        yield _Sight(behind.device, join(behind.root, inside(origin, behind.point) or b""), below)


def _shared(first: Sequence[_Sight], second: Sequence[_Sight]) -> list[tuple[bytes, bytes]]:
    """Return each folder that both show, by its path below either; the shortest first."""
    found: set[tuple[bytes, bytes]] = set()
    for a, b in product(first, second):
        if a.space != b.space:
            continue
        if (rest := inside(b.place, a.place)) is not None:
            found.add((_below(a.below, rest), b.below))
        elif (rest := inside(a.place, b.place)) is not None:
            found.add((a.below, _below(b.below, rest)))
    return sorted(found, key=lambda pair: (len(pair[0]) + len(pair[1]), pair))


def _below(*parts: bytes) -> bytes:
    return b"/".join(part for part in parts if part)


def _clash(a: _View, b: _View, hides: Hides) -> OverlapProblem | None:
    """Return what is wrong between two roots, those of the haystack first."""
    mixed = a.root.role is not b.root.role
    for in_a, in_b in _shared(a.sights, b.sights):
        if mixed and in_a and hides(in_a, a.root.exclude):
            continue
        return _told(a, b, in_a, in_b)
    return None


def _told(a: _View, b: _View, in_a: bytes, in_b: bytes) -> OverlapProblem:
    mixed = a.root.role is not b.root.role
    first, second = (f"the {_CALLED[v.root.role]} root {shown(v.root.path)}" for v in (a, b))
    if not in_a and not in_b:
        return b.problem(f"{shown(b.root.path)} is the same folder as {first}")
    if not in_a:
        return a.problem(f"{shown(a.root.path)} lies inside {second}{_alias(a, b, in_b)}")
    cure = f"; add to that root: {exclude_line(in_a)}" if mixed else ""
    if not in_b:
        message = f"{shown(b.root.path)} lies inside {first}{_alias(b, a, in_a)}{cure}"
        return b.problem(message)
    both = f"{shown(join(b.root.path, in_b))} is also shown as {shown(join(a.root.path, in_a))}"
    return b.problem(f"{both}, in {first}{cure}")


def _alias(inner: _View, outer: _View, rest: bytes) -> str:
    """Return by which name `inner` lies inside `outer`, where its path doesn't show it."""
    name = join(outer.root.path, rest)
    return "" if name == inner.root.path else f", as {shown(name)}"


def exclude_line(path: bytes) -> str:
    """Return the option that hides `path`, a path inside a root, as YAML."""
    pattern = re.sub(r"([*?\[\\])", r"\\\1", os.fsdecode(path)) + "/**"
    if pattern.startswith(("~", "!")):
        pattern = "/" + pattern
    return f"exclude: [{printable(json.dumps(pattern, ensure_ascii=False))}]"


def _outermost(private: Mapping[str, Path]) -> dict[str, bytes]:
    """Return our own paths without those that lie inside another."""
    paths = {name: os.fsencode(path) for name, path in private.items()}
    return {
        name: path
        for name, path in paths.items()
        if not any(inside(path, other) for other in paths.values())
    }


def _intrusion(view: _View, name: str, sights: Sequence[_Sight]) -> OverlapProblem | None:
    """Return what is wrong between a root and a path of ours, called `name`."""
    for in_root, in_ours in _shared(view.sights, sights):
        root = shown(view.root.path)
        if not in_ours:
            return view.problem(
                f"the {name} lies inside {root}, and dedupd never writes below a root"
            )
        if not in_root:
            return view.problem(f"{root} lies inside the {name}, which dedupd writes")
    return None
