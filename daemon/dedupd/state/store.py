"""The store on disk: LevelDB, opened whole or not at all.

Beside the database `meta.json` says that there is one, of which format and generation; the
database says the same.  Whatever doesn't fit (CURRENT or the log lost, a flipped bit anywhere,
another format) makes `open_store` set the database aside and begin an empty one: everything in it
can be read again from the roots.  It is never repaired and never migrated, because nobody lists
what a repair leaves out.  A tail of commits that a power cut took is not damage; those before it
are whole.

    <state>/store/                   the database; keys in `keys`, values in `wire`
    <state>/meta.json                {"format": 1, "generation": "..."}
    <state>/store.bad-<UTC time>/    one that was set aside
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from dedupd import wire
from dedupd.errors import StoreInUse, UserError
from dedupd.state import StoreDamaged, StoreFull, StoreReadOnly, Versions, durable, keys
from dedupd.state.level import LevelStore, decode_json, sealed_json
from dedupd.state.lock import make_state_dir
from dedupd.text import printable, shown

# By name, for the two say the same; which one a Python has is written in pyproject.toml.
plyvel: Any = import_module("plyvel_next" if sys.version_info >= (3, 12) else "plyvel")

FORMAT = 1
"""Of keys and values together; a store of any other format is set aside."""

_BLOOM_FILTER_BITS = 10
# Hardly a block is asked for twice, for `level` keeps what was asked for lately.  The usual 8 MiB
# fill up in the course of a day; without them 50,000 reads took as long, 0.4 to 1 s.
_BLOCK_CACHE_BYTES = 2**20
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENFILE)

# owned by: this process, because LevelDB's lock is: opening a database twice loses its lock.
_open_folders: set[Path] = set()


class _Distrusted(Exception):
    """Why the database that is there must be set aside."""


class _LevelDatabase:
    """LevelDB as `level.Database`; the border where its errors become ours."""

    def __init__(self, database: Any, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def get(self, key: bytes) -> bytes | None:
        try:
            value: bytes | None = self._database.get(key, verify_checksums=True)
        except plyvel.Error as error:
            raise StoreDamaged(_words(error)) from error
        return value

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        # Made here and not in the generator, so that it shows the moment of this call.
        moment = self._database.raw_iterator(verify_checksums=True, fill_cache=False)
        return _raising_ours(_items(moment, prefix))

    def write(self, values: Mapping[bytes, bytes | None], sync: bool) -> None:
        try:
            with self._database.write_batch(transaction=True, sync=sync) as batch:
                for key, value in values.items():
                    if value is None:
                        batch.delete(key)
                    else:
                        batch.put(key, value)
        except plyvel.Error as error:
            raise _refusal(error, self._folder) or StoreDamaged(_words(error)) from error

    def close(self) -> None:
        self._database.close()
        _open_folders.discard(self._folder.resolve())


def open_store(state_dir: Path, versions: Versions | None = None) -> tuple[LevelStore, str | None]:
    """Open the store of `state_dir`, or begin an empty one where there is none to be trusted.

    REQUIRES: this process holds the folder's `StateLock`.  The whole database is read once, so
    what comes back has passed every checksum (200,000 values: 0.2 s).

    Returns:
        The store; and None, or in words why the earlier one was set aside.

    Raises:
        StoreUnwritable, UserError: The disk is full, or the folder can't be used.
        StoreInUse: Another program has the database open.
    """
    make_state_dir(state_dir)
    folder = state_dir / "store"
    if folder.resolve() in _open_folders:
        raise RuntimeError(f"{folder} is open in this process already")
    try:
        database, reason = _open_or_rebuild(state_dir, folder)
    except (OSError, plyvel.Error) as error:
        raise _refusal(error, folder) or _unusable(error, folder) from error
    _open_folders.add(folder.resolve())
    return LevelStore(_LevelDatabase(database, folder), versions or Versions()), reason


def set_aside(state_dir: Path) -> Path | None:
    """Rename the database, which must be closed; return its new path, None if there is none.

    The next `open_store` gives an empty store and says that the database was gone.
    """
    folder = state_dir / "store"
    if not os.path.lexists(folder):
        return None
    stem = f"store.bad-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    names = itertools.chain([stem], (f"{stem}-{n}" for n in itertools.count(2)))
    bad = next(path for path in (state_dir / name for name in names) if not os.path.lexists(path))
    folder.rename(bad)
    durable.sync_folder(state_dir)
    return bad


def _open_or_rebuild(state_dir: Path, folder: Path) -> tuple[Any, str | None]:
    if not (state_dir / "meta.json").exists() and not _holds_something(folder):
        return _create(state_dir, folder), None
    try:
        return _open(state_dir, folder), None
    except _Distrusted as error:
        bad = set_aside(state_dir)
        where = f"; set aside as {bad.name}" if bad else ""
        return _create(state_dir, folder), printable(f"{error}{where}")


def _holds_something(folder: Path) -> bool:
    return os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir()))


def _create(state_dir: Path, folder: Path) -> Any:
    header = {"format": FORMAT, "generation": secrets.token_hex(16)}
    folder.mkdir(mode=0o700, exist_ok=True)
    database = _level_db(folder, create=True)
    try:
        database.put(keys.HEADER, sealed_json(header), sync=True)
        durable.write_whole(state_dir / "meta.json", json.dumps(header).encode() + b"\n")
    except BaseException:
        database.close()
        raise
    return database


def _open(state_dir: Path, folder: Path) -> Any:
    header = _read_meta(state_dir / "meta.json")
    if not folder.is_dir():
        raise _Distrusted("the database is gone")
    # LevelDB takes a lost log for an empty one; it never leaves a database without.
    if not any(folder.glob("*.log")):
        raise _Distrusted("the database has lost its log")
    try:
        database = _level_db(folder, create=False)
    except plyvel.Error as error:
        raise _refusal(error, folder) or _Distrusted(_words(error)) from error
    try:
        _read_through(database, header)
    except BaseException:
        database.close()
        raise
    return database


def _read_meta(path: Path) -> dict[str, object]:
    try:
        header = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise _Distrusted("meta.json is gone") from error
    except ValueError as error:
        raise _Distrusted("meta.json can't be read") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise _Distrusted(f"meta.json doesn't speak of a store of format {FORMAT}")
    return header


def _level_db(folder: Path, create: bool) -> Any:
    return plyvel.DB(
        os.fsencode(folder),
        create_if_missing=create,
        error_if_exists=create,
        paranoid_checks=True,
        bloom_filter_bits=_BLOOM_FILTER_BITS,
        lru_cache_size=_BLOCK_CACHE_BYTES,
    )


def _read_through(database: Any, header: dict[str, object]) -> None:
    """Read every value, and see that the database is the one that `meta.json` speaks of."""
    try:
        moment = database.raw_iterator(verify_checksums=True, fill_cache=False)
        for _, sealed in _items(moment, b""):
            wire.unseal(sealed)
        sealed_header = database.get(keys.HEADER, verify_checksums=True)
    except (plyvel.Error, wire.Damaged) as error:
        raise _Distrusted(_words(error)) from error
    if sealed_header is None or decode_json(wire.unseal(sealed_header)) != header:
        raise _Distrusted("meta.json speaks of another database")


def _items(moment: Any, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Return the items of a raw iterator whose keys begin with `prefix`.

    Not plyvel's `iterator`: that one ends without a word where LevelDB stops at a damaged block.
    """
    moment.seek(prefix)
    while moment.valid():
        key, value = moment.item()
        if not key.startswith(prefix):
            return
        yield key, value
        moment.next()


def _raising_ours(items: Iterator[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    try:
        yield from items
    except plyvel.Error as error:
        raise StoreDamaged(_words(error)) from error


def _refusal(error: Exception, folder: Path) -> UserError | None:
    """Return our error where the disk or a right is the cause, None where it is damage.

    LevelDB gives no error number, only the system's words for one.
    """
    words = _words(error)
    if words.endswith(os.strerror(errno.EAGAIN)) and "LOCK" in words:
        return _in_use(folder)
    what = f"cannot write the store {shown(os.fsencode(folder))}"
    if _names(words, _NO_SPACE):
        return StoreFull(what, printable(words), "free some space on that disk")
    if _names(words, _NO_RIGHT):
        return StoreReadOnly(what, printable(words), "give this user the right to write there")
    return None


def _names(words: str, numbers: tuple[int, ...]) -> bool:
    return any(os.strerror(number) in words for number in numbers)


def _in_use(folder: Path) -> StoreInUse:
    name = shown(os.fsencode(folder))
    return StoreInUse(
        f"cannot open the store {name}",
        "another program has this LevelDB database open",
        f"fuser {name}/LOCK  shows which",
    )


def _unusable(error: Exception, folder: Path) -> UserError:
    name = shown(os.fsencode(folder))
    fix = "look at the disk, or choose another folder with --state DIR"
    return UserError(f"cannot use the store {name}", printable(_words(error)), fix)


def _words(error: Exception) -> str:
    """Return what an error says; plyvel's say it in bytes."""
    first = error.args[0] if error.args else ""
    return os.fsdecode(first) if isinstance(first, bytes) else str(error)
