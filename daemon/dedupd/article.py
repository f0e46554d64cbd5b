"""The original article's script: which needle folders are still to be checked by hand?

Kept for comparison.  It hashes every picture exactly (`dhash-article`) and clears a folder at the
first picture that has a twin in the library, so it never says that anything is imported.
Unlike the script it names folders by their whole path, and what can't be read whole clears nothing.

Source: A. Rosebrock, "Image hashing with OpenCV and Python", PyImageSearch, 2017.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dedupd.config_schema import Config
from dedupd.disk.files import read
from dedupd.disk.walker import walker_answers
from dedupd.hashing import hash_payload
from dedupd.looking import make_pool
from dedupd.messages import CheckRoot, Depth, Listed, Read, RootSeen, Sweep, WasRead
from dedupd.model import EntryType, Identity, Place, Role, Root, Stamp, Unreadable
from dedupd.pictures.pools import Pool
from dedupd.pictures.sniff import kind
from dedupd.rules.hiding import unlisted
from dedupd.text import join, parent

SUFFIXES = (b".jpg", b".jpeg", b".png", b".bmp", b".tif", b".tiff")
HASH = "dhash-article"


@dataclass(frozen=True, slots=True)
class ArticleReport:
    """Folders by their absolute paths, in order.

    Attributes:
        to_check: No picture of theirs has a twin in the library.
        cleared: At least one has.
        unread: Pictures that could not be read whole, and why.
    """

    to_check: tuple[bytes, ...]
    cleared: tuple[bytes, ...]
    unread: tuple[tuple[bytes, str], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    role: Role
    path: bytes
    value: int | None
    why: str = ""


def check(config: Config) -> ArticleReport:
    """Run the article's method over the roots of the configuration."""
    pool = make_pool(config)
    pool.start()
    try:
        with ThreadPoolExecutor(pool.workers + 1) as threads:
            limit_bytes = config.limits.file_bytes
            jobs = [job for root in config.roots for job in _pictures(root)]
            found = list(threads.map(lambda job: _hashed(pool, limit_bytes, *job), jobs))
    finally:
        pool.stop()
    library = {one.value for one in found if one.role is Role.HAYSTACK}
    needles = [one for one in found if one.role is Role.NEEDLES]
    folders = {parent(one.path) for one in needles}
    cleared = {
        parent(one.path) for one in needles if one.value is not None and one.value in library
    }
    return ArticleReport(
        to_check=tuple(sorted(folders - cleared)),
        cleared=tuple(sorted(cleared)),
        unread=tuple((one.path, one.why) for one in found if one.value is None),
    )


def _pictures(root: Root) -> Iterator[tuple[Root, Identity, Place, Stamp]]:
    """Yield every file of a root that is named like a picture of the article."""
    hide = unlisted(root)
    for seen in walker_answers(root, CheckRoot(root.id), hide):
        if isinstance(seen, RootSeen) and seen.identity is not None:
            sweep = Sweep(root.id, b"", seen.identity, 1)
            for listed in walker_answers(root, sweep, hide):
                if isinstance(listed, Listed):
                    yield from _files(root, seen.identity, listed)


def _files(
    root: Root, identity: Identity, listed: Listed
) -> Iterator[tuple[Root, Identity, Place, Stamp]]:
    prefix = listed.folder + b"/" if listed.folder else b""
    for entry in listed.entries:
        if entry.type is EntryType.FILE and entry.name.lower().endswith(SUFFIXES):
            yield root, identity, Place(root.id, prefix + entry.name), entry.stamp


def _hashed(
    pool: Pool, limit_bytes: int, root: Root, identity: Identity, place: Place, stamp: Stamp
) -> _Found:
    path = join(root.path, place.path)
    job = Read(place, stamp, Depth.KEEP)
    was_read: WasRead = read(root.path, identity, job, limit_bytes, kind)
    if was_read.payload is None:
        why = was_read.problem or Unreadable("changed", "it changed while it was read")
        return _Found(root.role, path, None, why.detail or why.reason)
    result = hash_payload(pool, was_read.payload, (HASH,))
    if isinstance(result, Unreadable):
        return _Found(root.role, path, None, result.detail or result.reason)
    return _Found(root.role, path, result[HASH].value)
