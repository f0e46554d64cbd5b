"""Tells where a root's path leads: its identity, and how changes below it can be heard.

Opens folders for reading only, and keeps none open.  A folder's identity is asked of the
descriptor that is then used, so that nothing can be swapped in between.
"""

from __future__ import annotations

import os
from typing import Literal

from dedupd.disk import mounts
from dedupd.disk.mounts import Mount
from dedupd.model import Identity

_NO_LASTING_INODES = ("vfat", "msdos", "exfat", "ntfs", "fuse", "cifs", "smb3", "9p")
"""Beginnings of kinds whose inode numbers may change from mount to mount."""

_TELLS_EVERY_CHANGE = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "tmpfs", "xfs", "zfs"}
)
"""Kinds that only this machine changes, so that inotify hears everything."""


def open_root(path: bytes) -> int:
    """Open the folder that a root's path leads to; the caller closes it.

    Links are followed: the path is the owner's, and a root that was missing at start may come
    back as a link.

    Raises:
        OSError: There is no folder, or it may not be read.
    """
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def identify(fd: int) -> Identity:
    """Return which folder on which file system an open folder is.

    Raises:
        OSError: It can't be told, for example because its file system was just unmounted.
    """
    status = os.fstat(fd)
    mount = mounts.mount_of_fd(fd)
    return Identity(
        device=status.st_dev,
        ino=status.st_ino,
        mount_id=mount.id,
        kind=mount.kind,
        volume=_volume(mount),
        keeps_ino=not mount.kind.startswith(_NO_LASTING_INODES),
    )


def watch_kind(identity: Identity) -> Literal["inotify", "poll"]:
    """Return how changes below a root are heard: other machines' changes need polling."""
    return "inotify" if identity.kind in _TELLS_EVERY_CHANGE else "poll"


def _volume(mount: Mount) -> str:
    """Return what names a file system across reboots, as well as this machine knows."""
    uuid = mounts.uuid_of(mount)
    volume = uuid or f"{mount.kind}:{os.fsdecode(mount.source)}"
    if mount.kind == "btrfs":  # the top folder of every subvolume has the same inode, 256
        volume += f":{os.fsdecode(mount.root)}"
    return volume
