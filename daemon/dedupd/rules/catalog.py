"""The catalogue: every file we know of, found by place, by size and by content.

Holds what was seen, decides nothing.  It keeps both roles apart, because a picture may match
across them and never within one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from dedupd.model import Digest, EntryType, FileRecord, Place, Role, Root
from dedupd.rules.groups import Groups

Folder = dict[bytes, FileRecord]


class Catalog:
    """Records of all roots.  Not thread-safe: it belongs to the engine."""

    def __init__(self, roots: Iterable[Root]) -> None:
        self.roles = {root.id: root.role for root in roots}
        self._folders: dict[str, dict[bytes, Folder]] = {root: {} for root in self.roles}
        self._inside: dict[Place, set[bytes]] = {}
        self._by_digest: dict[Role, Groups[Digest, Place]] = {role: Groups() for role in Role}
        self._by_size: dict[Role, Groups[int, Place]] = {role: Groups() for role in Role}
        self._unread: dict[Role, Counter[int]] = {role: Counter() for role in Role}
        self._coming: dict[Role, Counter[int]] = {role: Counter() for role in Role}
        self._count: Counter[str] = Counter()

    def get(self, place: Place) -> FileRecord | None:
        """Return the record of the file at `place`, None if there is none."""
        return self._folders[place.root].get(place.folder, {}).get(place.name)

    def put(self, place: Place, record: FileRecord) -> FileRecord | None:
        """Set the record of `place`; return the one it replaces."""
        self.add_folder(place.root, place.folder)
        folder = self._folders[place.root][place.folder]
        old = folder.get(place.name)
        if old is not None:
            self._unlink(place, old)
        else:
            self._count[place.root] += 1
        folder[place.name] = record
        self._link(place, record)
        return old

    def drop(self, place: Place) -> FileRecord | None:
        """Forget the file at `place`; return what was known of it."""
        old = self._folders[place.root].get(place.folder, {}).pop(place.name, None)
        if old is not None:
            self._unlink(place, old)
            self._count[place.root] -= 1
        return old

    def add_folder(self, root: str, folder: bytes) -> bool:
        """Know that `folder` and the folders above it exist; return True if it is new."""
        if folder in self._folders[root]:
            return False
        self._folders[root][folder] = {}
        if folder:
            above = folder.rpartition(b"/")[0]
            self.add_folder(root, above)
            self._inside.setdefault(Place(root, above), set()).add(folder)
        return True

    def drop_folder(self, root: str, folder: bytes) -> None:
        """Forget a folder that holds no files and no folders any more."""
        if folder in self._folders[root] and folder:
            del self._folders[root][folder]
            self._inside.get(Place(root, folder.rpartition(b"/")[0]), set()).discard(folder)
        self._inside.pop(Place(root, folder), None)

    def has_folder(self, root: str, folder: bytes) -> bool:
        """Is this folder known?"""
        return folder in self._folders[root]

    def files_in(self, root: str, folder: bytes) -> Folder:
        """Return name -> record of the files directly in `folder`; don't change it."""
        return self._folders[root].get(folder, {})

    def folders_in(self, root: str, folder: bytes) -> list[bytes]:
        """Return the paths of the folders directly in `folder`."""
        return sorted(self._inside.get(Place(root, folder), ()))

    def tree(self, root: str, folder: bytes) -> Iterator[bytes]:
        """Yield `folder`, if it is known, and every folder below it, parents first."""
        waiting = [folder] if self.has_folder(root, folder) else []
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(self.folders_in(root, one)))

    def files(self, root: str, folder: bytes = b"") -> Iterator[tuple[Place, FileRecord]]:
        """Yield every file at or below `folder`."""
        for one in self.tree(root, folder):
            prefix = one + b"/" if one else b""
            for name, record in self.files_in(root, one).items():
                yield Place(root, prefix + name), record

    def count(self, root: str) -> int:
        """Return how many files are known in `root`."""
        return self._count[root]

    def places(self, role: Role, digest: Digest) -> set[Place]:
        """Return the places of that role that hold this content; don't change the set."""
        return self._by_digest[role].of(digest)

    def of_size(self, role: Role, size_bytes: int) -> set[Place]:
        """Return the files of that role with this size; don't change the set."""
        return self._by_size[role].of(size_bytes)

    def unread(self, role: Role, size_bytes: int) -> int:
        """Return how many files of this size and role might hold anything: not digested yet."""
        return self._unread[role][size_bytes]

    def readable(self, role: Role, size_bytes: int) -> bool:
        """Are any of the unread not being written?"""
        return self._unread[role].get(size_bytes, 0) > self._coming[role].get(size_bytes, 0)

    def state_of_size(self, role: Role, size_bytes: int) -> tuple[bool, bool, bool]:
        """Return whether there are files of that role and size, unread ones, and readable ones."""
        unread = self._unread[role].get(size_bytes, 0)  # a Counter takes long over what it lacks
        coming = self._coming[role].get(size_bytes, 0)
        return size_bytes in self._by_size[role], unread > 0, unread > coming

    def digests(self, role: Role) -> Iterable[Digest]:
        """Return every content known in that role."""
        return self._by_digest[role].keys()

    def _link(self, place: Place, record: FileRecord) -> None:
        if record.type is not EntryType.FILE:
            return
        role = self.roles[place.root]
        self._by_size[role].add(record.stamp.size_bytes, place)
        if record.digest is not None:
            self._by_digest[role].add(record.digest, place)
        elif record.problem is None:
            self._count_unread(role, record, 1)

    def _unlink(self, place: Place, record: FileRecord) -> None:
        if record.type is not EntryType.FILE:
            return
        role = self.roles[place.root]
        self._by_size[role].discard(record.stamp.size_bytes, place)
        if record.digest is not None:
            self._by_digest[role].discard(record.digest, place)
        elif record.problem is None:
            self._count_unread(role, record, -1)

    def _count_unread(self, role: Role, record: FileRecord, change: int) -> None:
        """Count a file that was not read yet; sizes that no such file has take no room."""
        size_bytes = record.stamp.size_bytes
        for counter in (self._unread[role], *[self._coming[role]] * (not record.settled)):
            left = counter.get(size_bytes, 0) + change
            if left:
                counter[size_bytes] = left
            else:
                del counter[size_bytes]
