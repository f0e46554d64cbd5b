"""The store's values over a database of keys and bytes.

Keys are those of `keys`; each value is one of `wire`'s, or a JSON object, sealed.  Owns what was
put since the last commit; the database has the rest.
"""

from __future__ import annotations

import heapq
import itertools
import json
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Protocol, TypeVar

from dedupd import wire
from dedupd.likeness import Measures
from dedupd.model import VIEWS, Digest, FileRecord, Fingerprint, Place, Signature, Unreadable, View
from dedupd.state import StoreDamaged, StoreUnwritable, Versions, keys

T = TypeVar("T")

RECENT_FINGERPRINTS = 2048  # some 1.5 MB; with 16,384 a first scan of 31,500 took as long


class Database(Protocol):
    """Bytes by key.

    Raises:
        StoreDamaged: What it reads or writes isn't whole any more.
        StoreUnwritable: From `write`, which then may have written a part.
    """

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        ...

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Return the keys that begin with `prefix`, by key, as they are at the call."""
        ...

    def write(self, values: Mapping[bytes, bytes | None], sync: bool) -> None:
        """Keep these values (None: drop the key), all or none; `sync`: through a power cut."""
        ...

    def close(self) -> None:
        """End."""
        ...


class LevelStore:
    """A `Store` in a database; made by `store.open_store`."""

    def __init__(self, database: Database, versions: Versions) -> None:
        self._database = database
        self._versions = versions
        self._pid = os.getpid()
        self._pending: dict[bytes, bytes | None] = {}  # sealed values; None: to be dropped
        self._unsynced = False
        self._refusal: StoreUnwritable | None = None
        # The engine asks for the same fingerprints many times over; a read costs 10 to 40 us.
        self._recent: OrderedDict[bytes, Fingerprint | Unreadable | None] = OrderedDict()

    def files(self, root: str) -> Iterator[tuple[bytes, FileRecord]]:
        """See `Store`."""
        prefix = keys.files(root)
        known = self._scan(prefix, wire.decode_record)
        return ((keys.walk_path(key[len(prefix) :]), record) for key, record in known)

    def put_file(self, place: Place, record: FileRecord) -> None:
        """See `Store`."""
        self._pending[keys.file(place)] = wire.seal(wire.encode_record(record))

    def drop_file(self, place: Place) -> None:
        """See `Store`."""
        self._pending[keys.file(place)] = None

    def fingerprint(self, digest: Digest) -> Fingerprint | Unreadable | None:
        """See `Store`."""
        key = keys.fingerprint(digest, self._versions.fingerprint)
        if key in self._recent:
            self._recent.move_to_end(key)
            return self._recent[key]
        value = self._recent[key] = self._get(key, wire.decode_fingerprint)
        if len(self._recent) > RECENT_FINGERPRINTS:
            self._recent.popitem(last=False)
        return value

    def put_fingerprint(self, digest: Digest, value: Fingerprint | Unreadable) -> None:
        """See `Store`."""
        key = keys.fingerprint(digest, self._versions.fingerprint)
        self._pending[key] = wire.seal(wire.encode_fingerprint(value))
        self._recent.pop(key, None)

    def fingerprints(self) -> Iterator[tuple[Digest, Fingerprint | Unreadable]]:
        """See `Store`."""
        version = self._versions.fingerprint
        return (
            (digest, _decoded(data, wire.decode_fingerprint))
            for key, data in self._scan(keys.FINGERPRINTS, bytes)
            if (digest := keys.fingerprint_digest(key, version)) is not None
        )

    def signature(self, digest: Digest) -> Signature | Unreadable | None:
        """See `Store`."""
        key = keys.signature(digest, self._versions.signature)
        return self._get(key, wire.decode_signature)

    def put_signature(self, digest: Digest, value: Signature | Unreadable) -> None:
        """See `Store`."""
        key = keys.signature(digest, self._versions.signature)
        self._pending[key] = wire.seal(wire.encode_signature(value))

    def measures(self, needle: Digest, haystack: Digest, view: View = VIEWS[0]) -> Measures | None:
        """See `Store`."""
        key = keys.measures(needle, haystack, view, self._versions.measures)
        return self._get(key, wire.decode_measures)

    def put_measures(self, needle: Digest, haystack: Digest, view: View, value: Measures) -> None:
        """See `Store`."""
        key = keys.measures(needle, haystack, view, self._versions.measures)
        self._pending[key] = wire.seal(wire.encode_measures(value))

    def meta(self, key: str) -> dict[str, object] | None:
        """See `Store`."""
        return self._get(keys.meta(key), decode_json)

    def put_meta(self, key: str, value: Mapping[str, object]) -> None:
        """See `Store`."""
        self._pending[keys.meta(key)] = sealed_json(value)

    def drop_meta(self, key: str) -> None:
        """See `Store`."""
        self._pending[keys.meta(key)] = None

    def metas(self, prefix: str) -> Iterator[tuple[str, dict[str, object]]]:
        """See `Store`."""
        known = self._scan(keys.meta(prefix), decode_json)
        return ((keys.meta_name(key), value) for key, value in known)

    def commit(self, sync: bool = False) -> None:
        """See `Store`."""
        self._check_process()
        if self._refusal is not None:
            raise self._refusal
        if not self._pending and not (sync and self._unsynced):
            return
        try:
            self._database.write(self._pending, sync)
        except StoreUnwritable as error:
            # A torn record may stand in the database's log; one behind it would make it damage.
            self._refusal = error
            raise
        self._pending.clear()
        self._unsynced = not sync

    def close(self) -> None:
        """See `Store`."""
        self._pending.clear()
        self._database.close()

    def _get(self, key: bytes, decode: Callable[[bytes], T]) -> T | None:
        self._check_process()
        waits = key in self._pending
        sealed = self._pending[key] if waits else self._database.get(key)
        return None if sealed is None else _opened(sealed, decode)

    def _scan(self, prefix: bytes, decode: Callable[[bytes], T]) -> Iterator[tuple[bytes, T]]:
        """Return keys and values as they are now, puts that wait included, by key."""
        self._check_process()
        pending = sorted(item for item in self._pending.items() if item[0].startswith(prefix))
        stored = self._database.scan(prefix)
        items = _merged(stored, pending) if pending else stored
        return ((key, _opened(sealed, decode)) for key, sealed in items)

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError("a store is used by the process that opened it, never by its child")


def sealed_json(value: Mapping[str, object]) -> bytes:
    """Return a JSON object as a sealed value."""
    return wire.seal(json.dumps(dict(value)).encode())


def decode_json(data: bytes) -> dict[str, object]:
    """Return the JSON object that `sealed_json` sealed; `wire.Damaged` if it is none."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise wire.Damaged("a small fact is no JSON") from error
    if not isinstance(value, dict):
        raise wire.Damaged("a small fact is no JSON object")
    return value


def _opened(sealed: bytes, decode: Callable[[bytes], T]) -> T:
    return _decoded(sealed, lambda data: decode(wire.unseal(data)))


def _decoded(data: bytes, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(data)
    except wire.Damaged as error:
        raise StoreDamaged(str(error)) from error


def _merged(
    stored: Iterator[tuple[bytes, bytes]], pending: Iterable[tuple[bytes, bytes | None]]
) -> Iterator[tuple[bytes, bytes]]:
    by_key = itemgetter(0)
    # Of two equal keys `merge` gives the stored one first, so the last of a group is the newest.
    for key, group in itertools.groupby(heapq.merge(stored, pending, key=by_key), by_key):
        *_, (_, sealed) = group
        if sealed is not None:
            yield key, sealed
