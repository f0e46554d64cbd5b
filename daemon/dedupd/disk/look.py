"""The looks that a claim or a check of a root rests on, each with the root's identity around it.

Owns the rule that an answer about a root is worth something only if the root's path led to the
same folder before and after the look.  Never raises for what the disk does: what could not be
seen is a problem, or an identity of None.
"""

from __future__ import annotations

import os

from dedupd.disk.folders import RootChanged, leads_to, opened_root
from dedupd.disk.roots import identify, open_root
from dedupd.disk.sights import sights, sights_at
from dedupd.disk.walk import Hide, glance, is_hidden
from dedupd.messages import CheckRoot, LookAt, LookTree, RootSeen, TreeLooked, WitnessesLooked
from dedupd.model import Entry, EntryType, Identity


def look_tree(root_path: bytes, job: LookTree) -> TreeLooked:
    """List the folder of a claim whole; `identity` is None unless the root stayed the same one."""
    try:
        with opened_root(root_path, job.identity) as fd:
            seen, problems = sights(fd, job.folder, job.identity.keeps_ino)
    except (RootChanged, OSError):
        return TreeLooked(job.root, job.number, None, (), ())
    identity = _still(root_path, job.identity)
    return TreeLooked(job.root, job.number, identity, seen, problems)


def look_at(root_path: bytes, job: LookAt, hide: Hide) -> WitnessesLooked:
    """Look at the witnesses of a claim; a missing or hidden one is not among the sights."""
    try:
        with opened_root(root_path, job.identity) as fd:
            seen = sights_at(fd, job.paths, job.identity.keeps_ino)
    except (RootChanged, OSError):
        return WitnessesLooked(job.root, job.number, None, ())
    shown = tuple(sight for sight in seen if not is_hidden(sight.path, sight.type, hide))
    return WitnessesLooked(job.root, job.number, _still(root_path, job.identity), shown)


def check_root(root_path: bytes, job: CheckRoot) -> RootSeen:
    """Say where the root's path leads, and how many files of the sample are there unchanged."""
    asked = len(job.sample)
    try:
        fd = open_root(root_path)
        try:
            identity = identify(fd)
            entries = dict(glance(fd, [path for path, _, _ in job.sample], identity.keeps_ino))
        finally:
            os.close(fd)
    except OSError as error:
        return RootSeen(job.root, None, 0, asked, error.strerror or "")
    found = sum(_is_same(entries.get(path), size, mtime) for path, size, mtime in job.sample)
    return RootSeen(job.root, identity, found, asked)


def _still(root_path: bytes, identity: Identity) -> Identity | None:
    return identity if leads_to(root_path, identity) else None


def _is_same(entry: Entry | None, size_bytes: int, mtime_ns: int) -> bool:
    if entry is None or entry.type is not EntryType.FILE:
        return False
    return (entry.stamp.size_bytes, entry.stamp.mtime_ns) == (size_bytes, mtime_ns)
