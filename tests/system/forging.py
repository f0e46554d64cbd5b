"""Make a stopped daemon's store believe that files are as they were, whatever they hold now.

So it looks to dedupd when a disk gives other bytes for the same file: no program can have a real
file system do that.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.system.commands import Site

from dedupd.disk.folders import stamp_of
from dedupd.model import Place
from dedupd.state.level import LevelStore
from dedupd.state.lock import StateLock
from dedupd.state.store import open_store

LONG_AGO = {"began_at_s": 0.0}


@contextmanager
def opened(site: Site) -> Iterator[LevelStore]:
    """Give the store of a daemon that doesn't run."""
    lock = StateLock.acquire(site.state)
    store, reason = open_store(site.state)
    assert reason is None, reason
    yield store
    store.commit(sync=True)
    store.close()
    lock.release()


def round_of(store: LevelStore) -> tuple[str, dict[str, object]]:
    """Return the library root that is read again, and how far that is."""
    ((name, facts),) = store.metas("round/")
    return name.partition("/")[2], facts


def forge(site: Site, paths: Iterable[Path]) -> None:
    """Have the store hold the stamps that these library files have now, and all else as it was.

    The library is due to be read again, too.
    """
    with opened(site) as store:
        root, _ = round_of(store)
        known = dict(store.files(root))
        for path in paths:
            inside = os.fsencode(path.relative_to(site.lib))
            stamp = stamp_of(path.lstat(), keeps_ino=True)
            assert stamp.size_bytes == known[inside].stamp.size_bytes, f"{path} has another size"
            store.put_file(Place(root, inside), replace(known[inside], stamp=stamp))
        store.put_meta(f"round/{root}", LONG_AGO)
