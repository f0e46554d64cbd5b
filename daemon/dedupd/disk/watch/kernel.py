"""The kernel's own list of what an inotify instance watches.

Source: proc(5), /proc/pid/fdinfo: `inotify wd:3 ino:9e7e sdev:800013 mask:...`, numbers in hex.
"""

from __future__ import annotations

import re

_WATCH = re.compile(rb"^inotify wd:([0-9a-f]+) ino:([0-9a-f]+) ", re.MULTILINE)


def watched_inos(fd: int) -> dict[int, int]:
    """Return what the inotify instance `fd` watches: inode number by watch descriptor.

    A number may occur twice, for two file systems.  The device isn't told: the kernel's number
    of it isn't that of `stat` on every file system.

    Raises:
        OSError: The descriptor is closed.
    """
    with open(f"/proc/self/fdinfo/{fd}", "rb") as file:
        return inos(file.read())


def inos(table: bytes) -> dict[int, int]:
    """Return the inode numbers in a table of `fdinfo`, by watch descriptor."""
    return {int(wd, 16): int(ino, 16) for wd, ino in _WATCH.findall(table)}
