"""An in-memory disk for the engine's tests: volumes with folders, files, links and inodes.

Every change moves the disk's clock, so no two states of a file ever have the same stamp.  What a
file holds is a token (see `picture`): it stands for the bytes, and says what they look like.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from dedupd.likeness import Measures, Recoding
from dedupd.model import (
    Digest,
    Entry,
    EntryType,
    Fingerprint,
    Identity,
    Kind,
    Signature,
    Stamp,
    Unreadable,
)

LARGE, SMALL = (400, 300), (200, 150)


@dataclass(frozen=True)
class Variant:
    """How a picture of a group differs from the others; all but t, d and m are within all limits.

    Attributes:
        step: Added to every luma cell.
        moved: A small thing moved: only blocks of pictures of one size show it.
        taken_at: As `Fingerprint.taken_at`.
        retold: Shrinking and coding the picture of step 0 as this one gives just this one.
        coding: Files of one group and coding hold the same coded picture; "" for one of its own.
    """

    step: int = 0
    size_px: tuple[int, int] = LARGE
    moved: bool = False
    taken_at: str = ""
    coding: str = ""
    retold: bool = False


VARIANTS = {
    "a": Variant(coding="a"),
    "b": Variant(1),  # encoded again
    "c": Variant(coding="a"),  # other metadata
    "e": Variant(1, retold=True),  # encoded again, and nobody can doubt it
    "s": Variant(1, SMALL),
    "d": Variant(-19, SMALL, retold=True),  # so coarse that it breaks a limit, but made of it
    "u": Variant(2, (198, 149)),  # the next frame, cut or shrunken by a hair more
    "t": Variant(20),  # toned
    "m": Variant(moved=True),  # the next moment of a burst, as far as blocks can tell
    "n": Variant(2),  # the next frame of a burst: nothing can tell
    "p": Variant(0, taken_at="2026:11:22 09:30:00.25"),
    "q": Variant(1, taken_at="2026:11:22 09:30:00.25"),  # a copy of it
    "r": Variant(2, taken_at="2026:11:22 09:30:00.75"),  # its next frame
}

CLOSE, FAR = 1.0, 50.0


def picture(group: int, variant: str, size_bytes: int = 0) -> bytes:
    """Return the bytes of a picture; those of one group look alike."""
    return f"pic {group} {variant} ".encode().ljust(size_bytes or 40 + group, b".")


def broken(number: int) -> bytes:
    """Return the bytes of a picture that can't be decoded."""
    return f"bad {number} ".encode().ljust(40, b".")


def flat(number: int) -> bytes:
    """Return the bytes of a picture that shows nothing."""
    return f"flat {number} ".encode().ljust(41, b".")


def other(number: int) -> bytes:
    """Return the bytes of a file that is no picture."""
    return f"txt {number} ".encode().ljust(42, b".")


def video(number: int) -> bytes:
    """Return the bytes of a film."""
    return f"mov {number} ".encode().ljust(43, b".")


def kind(content: bytes) -> Kind:
    """Return what the bytes are."""
    word = content.split()[0]
    return {b"txt": Kind.OTHER, b"mov": Kind.VIDEO}.get(word, Kind.PICTURE)


def digest(content: bytes) -> Digest:
    """Return the real digest of the bytes."""
    return hashlib.sha256(content).digest()


def fingerprint(content: bytes) -> Fingerprint | Unreadable:
    """Return what a worker would find in the bytes."""
    word, number, *more = content.decode().rstrip(".").split()
    if word == "bad":
        return Unreadable("truncated")
    if word == "flat":
        return Fingerprint(400, 300, 0, bytes(256), "jpeg", bytes_only="featureless")
    noise, variant = np.random.RandomState(int(number)), VARIANTS[more[0]]
    dhash = int.from_bytes(noise.bytes(8), "big") ^ (variant.step % 4)
    return Fingerprint(
        *variant.size_px,
        dhash,
        noise.bytes(256),
        "jpeg",
        taken_at=variant.taken_at,
        coded=f"{number} {variant.coding}".encode() if variant.coding else b"",
    )


def signature(content: bytes) -> Signature | Unreadable:
    """Return the signature a worker would make."""
    _, number, variant = content.decode().rstrip(".").split()
    luma = np.random.RandomState(1000 + int(number)).randint(20, 220, 64) + VARIANTS[variant].step
    return Signature(luma.astype(np.uint8).tobytes(), bytes(16))


def measures(first: bytes, second: bytes) -> Measures:
    """Return what a worker would measure of two pictures of one group."""
    one, two = (VARIANTS[one.decode().rstrip(".").split()[2]] for one in (first, second))
    if one.size_px != two.size_px:
        return Measures(CLOSE, None, 1.0, retold=is_retold(one, two))
    blocks = FAR if one.moved != two.moved else CLOSE
    recoded = Recoding(made=2.0, left=0.9, peak=1.0, elsewhere=2.0)
    return Measures(blocks, 0.0, 1.0, recoded, retold=is_retold(one, two))


def is_retold(needle: Variant, library: Variant) -> bool:
    """Was the needle, beyond doubt, made of that library picture?"""
    return needle.retold and library.step == 0 and needle.size_px <= library.size_px


@dataclass(eq=False)
class Inode:
    """A file or link; several names may lead to it."""

    ino: int
    content: bytes
    mtime_ns: int
    ctime_ns: int
    type: EntryType = EntryType.FILE
    links: int = 1
    writer: bool = False
    forbidden: bool = False

    @property
    def stamp(self) -> Stamp:
        """Return what `lstat` shows."""
        return Stamp(self.ino, len(self.content), self.mtime_ns, self.ctime_ns)


@dataclass(eq=False)
class Volume:
    """A file system, or the part of one that a root leads to."""

    device: int
    mount_id: int = 1
    ino: int = 2
    names: dict[bytes, Inode] = field(default_factory=dict)
    folders: set[bytes] = field(default_factory=lambda: {b""})
    shut: set[bytes] = field(default_factory=set)

    @property
    def identity(self) -> Identity:
        """Return the identity of a root that leads here."""
        return Identity(
            self.device, self.ino, self.mount_id, "ext4", f"{self.device}-{self.ino // 100}"
        )

    def is_shut(self, folder: bytes) -> bool:
        """Can this folder not be listed, or one above it?"""
        return any(folder == one or folder.startswith(one + b"/") for one in self.shut)

    def listing(self, folder: bytes) -> Iterator[tuple[bytes, Entry]]:
        """Yield path and entry of everything directly in `folder`, by name."""
        prefix = folder + b"/" if folder else b""
        inside = {p: None for p in self.folders if p and p != folder}
        for path in sorted([*inside, *self.names]):
            name = path[len(prefix) :]
            if path.startswith(prefix) and name and b"/" not in name:
                yield path, self._entry(path, name)

    def entry(self, path: bytes) -> Entry | None:
        """Return what is at `path`."""
        known = path in self.folders or path in self.names
        return self._entry(path, path.rpartition(b"/")[2]) if known else None

    def _entry(self, path: bytes, name: bytes) -> Entry:
        inode = self.names.get(path)
        if inode is None:
            return Entry(name, EntryType.FOLDER, Stamp(zlib.crc32(path), 0, 0, 0))
        return Entry(name, inode.type, inode.stamp)


class Disk:
    """The volumes behind the roots, and the only way to change them.

    Attributes:
        now_ns: Of every change; grows with each.
        changed: Root and path of what changed since somebody took them away.
    """

    def __init__(self, volumes: dict[str, Volume]) -> None:
        self.volumes: dict[str, Volume | None] = dict(volumes)
        self.now_ns = self._inos = 1000
        self.changed: list[tuple[str, bytes]] = []

    def volume(self, root: str) -> Volume:
        """Return the volume of a root that is there."""
        volume = self.volumes[root]
        if volume is None:
            raise LookupError(f"root {root} is away")
        return volume

    def write(self, root: str, path: bytes, content: bytes, kind: EntryType = EntryType.FILE):
        """Make a new file (or link) at `path`, in the place of what is there."""
        volume = self.volume(root)
        self.make_folder(root, path.rpartition(b"/")[0])
        if path in volume.names:
            self._unlink(volume, path)
        self._inos += 1
        now_ns = self._tick(root, path)
        volume.names[path] = Inode(self._inos, content, now_ns, now_ns, kind)

    def change(self, root: str, path: bytes, content: bytes, writer: bool = False) -> None:
        """Write other bytes into the file at `path`; a `writer` doesn't close it."""
        inode = self.volume(root).names[path]
        inode.content, inode.writer = content, writer
        inode.mtime_ns = inode.ctime_ns = self._tick_inode(inode)

    def touch(self, root: str, path: bytes, forbidden: bool = False) -> None:
        """Change the mode of the file: its ctime, and whether it may be read."""
        inode = self.volume(root).names[path]
        inode.forbidden = forbidden
        inode.ctime_ns = self._tick_inode(inode)

    def close(self, root: str, path: bytes) -> None:
        """End the writing; that alone changes no stamp."""
        self.volume(root).names[path].writer = False
        self.changed.append((root, path))

    def remove(self, root: str, path: bytes) -> None:
        """Delete a file, or a folder with all that is below it."""
        volume = self.volume(root)
        for one in self._below(volume, path):
            self._unlink(volume, one)
        prefix = path + b"/"
        volume.folders = {f for f in volume.folders if f != path and not f.startswith(prefix)}
        volume.folders.add(b"")
        volume.shut = {f for f in volume.shut if f != path and not f.startswith(prefix)}
        self._tick(root, path)

    def move(self, root: str, path: bytes, to_root: str, to: bytes) -> None:
        """Rename a file or folder; between two volumes it is copied and deleted."""
        here, there = self.volume(root), self.volume(to_root)
        moved = {one: here.names[one] for one in self._below(here, path)}
        folders = {f for f in here.folders if f == path or f.startswith(path + b"/")}
        for inode in moved.values():
            inode.links += 1  # the old name goes in a moment
        self.remove(root, path)
        for folder in folders:
            self.make_folder(to_root, to + folder[len(path) :])
        for one, inode in moved.items():
            target = to + one[len(path) :]
            self.make_folder(to_root, target.rpartition(b"/")[0])
            if target in there.names:
                self._unlink(there, target)
            if here.device == there.device:
                inode.ctime_ns = self._tick_inode(inode)
                there.names[target] = inode
            else:
                inode.links -= 1
                self.write(to_root, target, inode.content, inode.type)
        self._tick(to_root, to)

    def link(self, root: str, path: bytes, to_root: str, to: bytes) -> None:
        """Give a file a second name on the same device."""
        inode, there = self.volume(root).names[path], self.volume(to_root)
        self.make_folder(to_root, to.rpartition(b"/")[0])
        if to in there.names:
            self._unlink(there, to)
        there.names[to] = inode
        inode.links += 1
        inode.ctime_ns = self._tick_inode(inode)

    def make_folder(self, root: str, folder: bytes) -> None:
        """Make a folder and those above it."""
        volume = self.volume(root)
        while folder not in volume.folders:
            if folder in volume.names:
                self._unlink(volume, folder)
            volume.folders.add(folder)
            self._tick(root, folder)
            folder = folder.rpartition(b"/")[0]

    def shut(self, root: str, folder: bytes, shut: bool) -> None:
        """Make a folder such that it can't be listed, or can be again."""
        volume = self.volume(root)
        (volume.shut.add if shut else volume.shut.discard)(folder)
        self._tick(root, folder)

    def mount(self, root: str, volume: Volume | None) -> Volume | None:
        """Have the root's path lead to another volume, or nowhere; return the one before."""
        before, self.volumes[root] = self.volumes[root], volume
        self.now_ns += 1
        return before

    def _below(self, volume: Volume, path: bytes) -> list[bytes]:
        prefix = path + b"/"
        return [one for one in volume.names if one == path or one.startswith(prefix)]

    def _unlink(self, volume: Volume, path: bytes) -> None:
        inode = volume.names.pop(path)
        inode.links -= 1
        inode.ctime_ns = self._tick_inode(inode)

    def _tick(self, root: str, path: bytes) -> int:
        self.now_ns += 1
        self.changed.append((root, path))
        return self.now_ns

    def _tick_inode(self, inode: Inode) -> int:
        """Every name of the file shows the change."""
        self.now_ns += 1
        for root, volume in self.volumes.items():
            for path, one in volume.names.items() if volume is not None else ():
                if one is inode:
                    self.changed.append((root, path))
        return self.now_ns
