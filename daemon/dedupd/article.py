"""The original article's script: which needle folders are still to be checked by hand?

Kept for comparison.  It hashes every picture exactly (`dhash-article`, or another hash of the
table) and clears a folder at the first picture that has a twin in the library, so it never says
that anything is imported.
Unlike the script it names folders by their whole path, and what can't be read whole clears nothing.

Source: A. Rosebrock, "Image hashing with OpenCV and Python", PyImageSearch, 2017.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from dedupd.config_schema import Config
from dedupd.disk.files import read
from dedupd.disk.walker import walker_answers
from dedupd.hashing import hash_payload
from dedupd.looking import make_pool
from dedupd.messages import CheckRoot, Depth, Listed, Payload, Read, RootSeen, Sweep, WasRead
from dedupd.model import EntryType, Identity, PerceptualHash, Place, Role, Root, Stamp, Unreadable
from dedupd.pictures.hashes import carries_evidence
from dedupd.pictures.pools import Pool
from dedupd.pictures.pools.asking import LOOK_S
from dedupd.pictures.sniff import kind
from dedupd.rules.hiding import unlisted
from dedupd.text import join, parent

SUFFIXES = (b".jpg", b".jpeg", b".png", b".bmp", b".tif", b".tiff")
HASH = "dhash-article"
_Hasher = Callable[[Payload], PerceptualHash | Unreadable]


@dataclass(frozen=True, slots=True)
class ArticleReport:
    """Folders by their absolute paths, in order.

    Attributes:
        to_check: No picture of theirs has a twin in the library.
        cleared: At least one has.
        unread: Pictures that could not be read whole, and why.
        no_evidence: Pictures whose hash is that of an all-one-colour picture.
        cleared_without_evidence: Those of `cleared` that only such pictures cleared.
    """

    to_check: tuple[bytes, ...]
    cleared: tuple[bytes, ...]
    unread: tuple[tuple[bytes, str], ...]
    no_evidence: tuple[bytes, ...] = ()
    cleared_without_evidence: tuple[bytes, ...] = ()


class _File(NamedTuple):
    """A file that is to be hashed."""

    root: Root
    identity: Identity
    place: Place
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that was hashed, or `why` it could not be."""

    role: Role
    path: bytes
    hash: PerceptualHash | None
    why: str = ""


def check(config: Config, algorithm: str = HASH) -> ArticleReport:
    """Run the article's method over the roots of the configuration, with a hash of the table.

    Raises:
        UserError: No worker can be started.
    """
    pool, stopped = make_pool(config), threading.Event()
    pool.start()
    threads = ThreadPoolExecutor(pool.workers + 1)
    hashed = partial(_hashed, partial(_hash, pool, algorithm, stopped), config.limits.file_bytes)
    try:
        files = [file for root in config.roots for file in _pictures(root)]
        return _report(_results([threads.submit(hashed, file) for file in files]))
    finally:
        stopped.set()
        pool.stop()
        threads.shutdown(wait=False, cancel_futures=True)  # whoever types Ctrl-C waits for no file


def _results(futures: list[Future[_Found]]) -> list[_Found]:
    """Wait for all of them, in slices: a Ctrl-C just before a wait is felt only after it."""
    results = []
    for future in futures:
        while not future.done():
            wait([future], LOOK_S)
        results.append(future.result())
    return results


def _report(files: list[_Found]) -> ArticleReport:
    library = {one.hash for one in files if one.role is Role.HAYSTACK and one.hash is not None}
    needles = [one for one in files if one.role is Role.NEEDLES]
    twins = [one for one in needles if one.hash in library]
    blank = {one.path for one in files if one.hash is not None and not carries_evidence(one.hash)}
    cleared = _folders(twins)
    return ArticleReport(
        to_check=_in_order(_folders(needles) - cleared),
        cleared=_in_order(cleared),
        unread=tuple((one.path, one.why) for one in files if one.hash is None),
        no_evidence=_in_order(blank),
        cleared_without_evidence=_in_order(
            cleared - _folders(one for one in twins if one.path not in blank)
        ),
    )


def _folders(files: Iterable[_Found]) -> set[bytes]:
    return {parent(one.path) for one in files}


def _in_order(paths: set[bytes]) -> tuple[bytes, ...]:
    return tuple(sorted(paths))


def _pictures(root: Root) -> Iterator[_File]:
    """Yield every file of a root that is named like a picture of the article."""
    hide = unlisted(root)
    for seen in walker_answers(root, CheckRoot(root.id), hide):
        if isinstance(seen, RootSeen) and seen.identity is not None:
            sweep = Sweep(root.id, b"", seen.identity, 1)
            for listed in walker_answers(root, sweep, hide):
                if isinstance(listed, Listed):
                    yield from _files(root, seen.identity, listed)


def _files(root: Root, identity: Identity, listed: Listed) -> Iterator[_File]:
    prefix = listed.folder + b"/" if listed.folder else b""
    for entry in listed.entries:
        if entry.type is EntryType.FILE and entry.name.lower().endswith(SUFFIXES):
            yield _File(root, identity, Place(root.id, prefix + entry.name), entry.stamp)


def _hash(
    pool: Pool, algorithm: str, stopped: threading.Event, payload: Payload
) -> PerceptualHash | Unreadable:
    result = hash_payload(pool, payload, (algorithm,), stopped.is_set)
    return result if isinstance(result, Unreadable) else result[algorithm]


def _hashed(hash: _Hasher, limit_bytes: int, file: _File) -> _Found:
    root, identity, place, stamp = file
    path = join(root.path, place.path)
    job = Read(place, stamp, Depth.KEEP)
    was_read: WasRead = read(root.path, identity, job, limit_bytes, kind)
    if was_read.payload is None:
        why = was_read.problem or Unreadable("changed", "it changed while it was read")
        return _Found(root.role, path, None, why.detail or why.reason)
    result = hash(was_read.payload)
    if isinstance(result, Unreadable):
        return _Found(root.role, path, None, result.detail or result.reason)
    return _Found(root.role, path, result)
