"""Every job of a root's walker, done and answered: the one door from jobs to the disk.

Owns no thread and no state: the caller's thread runs the iterator, and may do other jobs
between two answers of a sweep.  Nothing stays open once the iterator is used up or closed.
"""

from __future__ import annotations

from collections.abc import Iterator

from dedupd.disk.folders import RootChanged, leads_to, opened_root
from dedupd.disk.look import check_root, look_at, look_tree
from dedupd.disk.walk import Hide, glance, is_hidden, walk
from dedupd.messages import (
    CheckRoot,
    Glance,
    Glanced,
    LookTree,
    Message,
    RootSeen,
    Sweep,
    Swept,
    WalkerJob,
)
from dedupd.model import Entry, Root


def walker_answers(root: Root, job: WalkerJob, hide: Hide) -> Iterator[Message]:
    """Do `job` in `root` and yield its answers, as the job's docstring names them.

    A sweep or glance at a root that isn't the expected one is answered by `RootSeen` alone.
    What `hide` hides is as good as absent, except to `LookTree`, which sees everything.
    """
    try:
        yield from _answers(root, job, hide)
    except RootChanged as changed:
        yield RootSeen(root.id, changed.seen, detail=changed.detail)


def _answers(root: Root, job: WalkerJob, hide: Hide) -> Iterator[Message]:
    match job:
        case CheckRoot():
            yield check_root(root.path, job)
        case Sweep():
            yield from _sweep(root, job, hide)
        case Glance():
            yield _glanced(root, job, hide)
        case LookTree():
            yield look_tree(root.path, job)
        case _:
            yield look_at(root.path, job, hide)


def _sweep(root: Root, job: Sweep, hide: Hide) -> Iterator[Message]:
    with opened_root(root.path, job.identity) as fd:
        yield from walk(fd, job, hide)
    whole = leads_to(root.path, job.identity)
    yield Swept(root.id, job.folder, job.number, whole)


def _glanced(root: Root, job: Glance, hide: Hide) -> Message:
    with opened_root(root.path, job.identity) as fd:
        seen = glance(fd, job.paths, job.identity.keeps_ino)
    return Glanced(root.id, tuple((path, _shown(path, entry, hide)) for path, entry in seen))


def _shown(path: bytes, entry: Entry | None, hide: Hide) -> Entry | None:
    return None if entry is None or is_hidden(path, entry.type, hide) else entry
