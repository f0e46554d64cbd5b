"""A store that forgets everything at the end: the fake for tests of whoever uses a `Store`.

Keeps the promises of `Store` but the one about lasting; passes the same contract suite as the
one on disk.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping

from dedupd.likeness import Measures
from dedupd.model import VIEWS, Digest, FileRecord, Fingerprint, Place, Signature, Unreadable, View
from dedupd.state import keys


class MemoryStore:
    """Everything in dictionaries.

    Attributes:
        commits: One entry a `commit`, in order: whether it was synced.
    """

    def __init__(self) -> None:
        self.commits: list[bool] = []
        self._files: dict[str, dict[bytes, FileRecord]] = {}
        self._fingerprints: dict[Digest, Fingerprint | Unreadable] = {}
        self._signatures: dict[Digest, Signature | Unreadable] = {}
        self._measures: dict[tuple[Digest, Digest, View], Measures] = {}
        self._metas: dict[str, str] = {}

    def files(self, root: str) -> Iterator[tuple[bytes, FileRecord]]:
        """See `Store`."""
        keys.files(root)
        known = self._files.get(root, {})
        return iter([(path, known[path]) for path in sorted(known, key=keys.walk_key)])

    def put_file(self, place: Place, record: FileRecord) -> None:
        """See `Store`."""
        keys.file(place)
        lasting = dataclasses.replace(record, seen_at_s=float("-inf"), settled=True)
        self._files.setdefault(place.root, {})[place.path] = lasting

    def drop_file(self, place: Place) -> None:
        """See `Store`."""
        keys.file(place)
        self._files.get(place.root, {}).pop(place.path, None)

    def fingerprint(self, digest: Digest) -> Fingerprint | Unreadable | None:
        """See `Store`."""
        return self._fingerprints.get(keys.whole(digest))

    def put_fingerprint(self, digest: Digest, value: Fingerprint | Unreadable) -> None:
        """See `Store`."""
        self._fingerprints[keys.whole(digest)] = value

    def fingerprints(self) -> Iterator[tuple[Digest, Fingerprint | Unreadable]]:
        """See `Store`."""
        return iter(sorted(self._fingerprints.items(), key=lambda item: item[0]))

    def signature(self, digest: Digest) -> Signature | Unreadable | None:
        """See `Store`."""
        return self._signatures.get(keys.whole(digest))

    def put_signature(self, digest: Digest, value: Signature | Unreadable) -> None:
        """See `Store`."""
        self._signatures[keys.whole(digest)] = value

    def measures(self, needle: Digest, haystack: Digest, view: View = VIEWS[0]) -> Measures | None:
        """See `Store`."""
        return self._measures.get((keys.whole(needle), keys.whole(haystack), view))

    def put_measures(self, needle: Digest, haystack: Digest, view: View, value: Measures) -> None:
        """See `Store`."""
        self._measures[keys.whole(needle), keys.whole(haystack), view] = value

    def meta(self, key: str) -> dict[str, object] | None:
        """See `Store`."""
        return json.loads(self._metas[key]) if key in self._metas else None

    def put_meta(self, key: str, value: Mapping[str, object]) -> None:
        """See `Store`."""
        self._metas[key] = json.dumps(dict(value))

    def drop_meta(self, key: str) -> None:
        """See `Store`."""
        self._metas.pop(key, None)

    def metas(self, prefix: str) -> Iterator[tuple[str, dict[str, object]]]:
        """See `Store`."""
        names = sorted(name for name in self._metas if name.startswith(prefix))
        return iter([(name, json.loads(self._metas[name])) for name in names])

    def commit(self, sync: bool = False) -> None:
        """See `Store`."""
        self.commits.append(sync)

    def close(self) -> None:
        """See `Store`."""
