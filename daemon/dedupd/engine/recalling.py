"""The start: what the store remembers becomes the files desk's, each fingerprint read once.

Nothing is asked of the disk here; what has changed since is told by the first sweep.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dedupd.engine.files import Files
from dedupd.model import Digest, Place, Role


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage among millions of records, none of which is any.

    It would do so again and again while they become more: a third of the time of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@uncollected()
def recall(files: Files, roots: Iterable[str]) -> None:
    """Take in the files of these roots; `relate` must follow."""
    for root in roots:
        _recall_root(files, root)


def _recall_root(files: Files, root: str) -> None:
    haystack = files.catalog.roles[root] is Role.HAYSTACK
    if not haystack:
        files.tally.add_folder(Place(root, b""))  # it is reported also while it isn't there
    for place, record in [(Place(root, path), r) for path, r in files.store.files(root)]:
        if haystack and files.hiding.hidden(place):
            files.store.drop_file(place)  # hidden since the last run: it vouches no more
            continue
        # What could not be read then may be readable now.
        known = record if record.problem is None else replace(record, problem=None)
        files.catalog.put(place, known)
        if not haystack:
            files.tally.add_folder(Place(root, place.folder))


@uncollected()
def relate(files: Files) -> None:
    """Work out the classes of everything that was recalled, and queue what wants a look."""
    catalog, matcher = files.catalog, files.matcher
    unknown = _recall_library(files)
    for digest in list(catalog.digests(Role.NEEDLES)):
        matcher.recall(digest)
    files.lost.update(matcher.lost)
    for root, role in catalog.roles.items():
        for place, record in list(catalog.files(root)):
            if role is Role.NEEDLES or record.digest is None:
                files.count(place, record, place)
    for digest in list(catalog.digests(Role.NEEDLES)):
        files.refresh(digest, None)
    _plan(files, unknown | files.lost)


def _recall_library(files: Files) -> set[Digest]:
    """Take in what is known of the library's contents; return those whose looks aren't.

    Content by content: the store keeps only so many fingerprints at hand.
    """
    unknown = set()
    for digest in list(files.catalog.digests(Role.HAYSTACK)):
        if not files.matcher.recall(digest):
            unknown.add(digest)
        for place in files.catalog.places(Role.HAYSTACK, digest):
            files.count(place, files.catalog.get(place), place)
    return unknown


def _plan(files: Files, unknown: set[Digest]) -> None:
    """Queue every file that wants a look: none of the library's whose looks are known does."""
    for root, role in files.catalog.roles.items():
        for place, record in list(files.catalog.files(root)):
            known = record.digest is not None and record.digest not in unknown
            if role is Role.NEEDLES or not known:
                files.plan(place)
