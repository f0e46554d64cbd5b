"""Perceptual hashes of whole files, made by worker processes: for `hash` and the article's way."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

from dedupd.errors import UsageError, UserError
from dedupd.messages import Payload
from dedupd.model import PerceptualHash, Unreadable
from dedupd.pictures.exchange import Hashed, HashJob
from dedupd.pictures.hashes import HASHES
from dedupd.pictures.pools import Pool
from dedupd.pictures.pools.asking import ask
from dedupd.pictures.pools.processes import ProcessPool
from dedupd.text import shown

Hashes = dict[str, PerceptualHash] | Unreadable


def hashes(path: Path, names: tuple[str, ...]) -> dict[str, PerceptualHash]:
    """Return the named perceptual hashes of a picture file; without names, all of them.

    Raises:
        UsageError: There is no such hash.
        UserError: The file can't be read, or not as a picture; or no worker can be started.
    """
    for name in names:
        demand_known(name)
    payload = _payload(path)
    pool = ProcessPool(1)
    pool.start()
    try:
        result = hash_payload(pool, payload, names or tuple(HASHES))
    finally:
        pool.stop()
    if isinstance(result, Unreadable):
        raise UserError(
            f"can't hash {shown(os.fsencode(path))}",
            result.detail or result.reason,
            "dedupd hash FILE   # of a whole picture",
        )
    return result


def hash_payload(
    pool: Pool,
    payload: Payload,
    names: tuple[str, ...],
    stopped: Callable[[], bool] = lambda: False,
) -> Hashes:
    """Have a running pool make the hashes of these bytes, and wait for them.

    `stopped` and errors are those of `ask`.
    """
    answer = ask(pool, HashJob(payload, names), stopped)
    return answer.result if isinstance(answer, Hashed) else Unreadable("killed")


def demand_known(name: str) -> None:
    """Raise `UsageError`, naming all hashes and the nearest, if there is none called `name`."""
    if name in HASHES:
        return
    near = difflib.get_close_matches(name, HASHES, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    why = f"the hashes are {', '.join(HASHES)}{meant}"
    raise UsageError(f"there is no hash called {name}", why, "dedupd hash --help")


def _payload(path: Path) -> Payload:
    """Return the bytes of a regular file in a memory file."""
    try:
        if not path.is_file():
            why = "it isn't there" if not path.exists() else "it isn't a regular file"
            raise UserError(f"can't hash {shown(os.fsencode(path))}", why, "dedupd hash FILE")
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        what, fix = f"can't read {shown(os.fsencode(path))}", "look at it with ls -l"
        raise UserError(what, why, fix) from error
    fd = os.memfd_create("picture", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(fd), "wb") as memory:
        memory.write(data)
    return Payload(fd, len(data))
