"""Reads the kernel's table of mounts: which file system a path or a descriptor is on.

Owns nothing and keeps nothing: mount ids are used again after an unmount, so every question is
answered from a fresh table.  Paths are bytes, absolute, without links.
Source: proc(5), /proc/pid/mountinfo.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

_TABLE = "/proc/self/mountinfo"
_UUIDS = b"/dev/disk/by-uuid"


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount.

    Attributes:
        id: Its mount id; used again after an unmount.
        device: Device number of the file system, as `st_dev` (but for btrfs subvolumes).
        root: Which folder of the file system is shown; not `/` for a bind mount or a subvolume.
        point: Where it is shown.
        kind: Name of the file system type: "ext4", "fuse.sshfs", ...
        source: Device or server it comes from; free text.
    """

    id: int
    device: int
    root: bytes
    point: bytes
    kind: str
    source: bytes


def parse(table: bytes) -> tuple[Mount, ...]:
    """Return the mounts of a table in its order: of two at one point the later is on top."""
    return tuple(_mount(line) for line in table.split(b"\n") if line)


def read() -> tuple[Mount, ...]:
    """Return the mounts that this process sees now."""
    with open(_TABLE, "rb") as file:
        return parse(file.read())


def mount_of(path: bytes, mounts: Sequence[Mount]) -> Mount:
    """Return the mount that shows `path`, which need not exist.

    Raises:
        OSError: Not even `/` is in the table.
    """
    holding = [mount for mount in mounts if inside(path, mount.point) is not None]
    if not holding:
        raise OSError(errno.ENODEV, "its mount is not in the mount table", os.fsdecode(path))
    deepest = max(len(mount.point) for mount in holding)
    return [mount for mount in holding if len(mount.point) == deepest][-1]


def mount_id(fd: int) -> int:
    """Return the id of the mount that `fd` was opened on."""
    with open(f"/proc/self/fdinfo/{fd}", "rb") as file:
        for line in file:
            if line.startswith(b"mnt_id:"):
                return int(line.split()[1])
    raise OSError(errno.ENODEV, "the kernel doesn't say which mount a file is on")


def mount_of_fd(fd: int) -> Mount:
    """Return the mount that `fd` was opened on.

    Raises:
        OSError: It was unmounted meanwhile, or belongs to another namespace.
    """
    start = b"%d " % mount_id(fd)
    with open(_TABLE, "rb") as file:
        for line in file:
            if line.startswith(start):
                return _mount(line.rstrip(b"\n"))
    raise OSError(errno.ENODEV, "its mount is not in the mount table")


def mounts_below(path: bytes, mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """Return the mounts whose points lie inside `path`, `path` itself not counted."""
    return tuple(mount for mount in mounts if inside(mount.point, path))


def uuid_of(mount: Mount, folder: bytes = _UUIDS) -> str | None:
    """Return the UUID of the file system on the mount's device, or None where none is known."""
    with contextlib.suppress(OSError):
        device = os.stat(mount.source).st_rdev
        for name in sorted(os.listdir(folder)):
            if device and os.stat(os.path.join(folder, name)).st_rdev == device:
                return os.fsdecode(name)
    return None


def inside(path: bytes, folder: bytes) -> bytes | None:
    """Return `path` relative to `folder` (b"" for itself), or None where it isn't inside."""
    if path == folder:
        return b""
    start = folder.rstrip(b"/") + b"/"
    return path[len(start) :] if path.startswith(start) else None


def _mount(line: bytes) -> Mount:
    # id parent major:minor root point options [tags...] - kind source super-options
    shown, _, behind = line.partition(b" - ")
    number, _parent, device, root, point, *_ = shown.split(b" ")
    kind, source, *_ = (*behind.split(b" "), b"")
    major, minor = device.split(b":")
    return Mount(
        id=int(number),
        device=os.makedev(int(major), int(minor)),
        root=unescaped(root),
        point=unescaped(point),
        kind=os.fsdecode(kind),
        source=unescaped(source),
    )


def unescaped(word: bytes) -> bytes:
    """Undo what the kernel does to space, tab, line end, backslash and `#`."""
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), word)
