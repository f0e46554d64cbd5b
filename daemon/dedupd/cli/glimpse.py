"""A short look at a folder that somebody wants to use: what disk, how large, whose layout."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass

from dedupd.disk import mounts
from dedupd.doctor.kernel import inotify_limit
from dedupd.doctor.rooted import Survey
from dedupd.doctor.survey import survey
from dedupd.rules.collections import Found, recognised
from dedupd.text import join
from dedupd.unit import may_come_later

MOST_NAMES = 20_000
MOST_S = 3.0
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What was seen of a folder.

    Attributes:
        words: File system, size and contents, for people.
        warnings: What will not work well, and what to type.
    """

    path: bytes
    words: str
    warnings: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()

    def below(self, inside: bytes) -> bytes:
        """Return the absolute path of what lies inside."""
        return join(self.path, inside)


def glimpse(path: bytes) -> Glimpse:
    """Look at the folder at `path`, for a few seconds at most."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return Glimpse(path, "not there now", ("it will be looked at when it comes",))
    except OSError as error:
        return Glimpse(path, f"can't be listed: {error.strerror}", ("dedupd doctor says more",))
    try:
        seen = survey(fd, lambda _, __: False, os.geteuid(), most_s=MOST_S)
    finally:
        os.close(fd)
    found = recognised(os.path.basename(path), lambda below: _names(join(path, below)))
    return Glimpse(path, _words(path, seen), tuple(_warnings(seen)), found)


def _words(path: bytes, seen: Survey) -> str:
    mount = mounts.mount_of(path, mounts.read())
    later = may_come_later(path, mount.kind, mount.point)
    more = "" if seen.complete else "more than "
    said = [f"{mount.kind}{', network or removable' if later else ''}"]
    with contextlib.suppress(OSError):
        disk = os.statvfs(path)
        size, free = disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize
        said.append(f"a disk of {size / _GIB:,.0f} GiB, {free / _GIB:,.0f} free")
    said.append(f"{more}{seen.files:,} files in {seen.folders:,} folders")
    return "; ".join(said)


def _warnings(seen: Survey) -> list[str]:
    limit = inotify_limit("max_user_watches")
    found = []
    if limit is not None and seen.folders > limit // 2:
        wanted = max(1 << 20, 2 * seen.folders)
        fix = f"as root: sysctl fs.inotify.max_user_watches={wanted}"
        found.append(f"Linux lets you watch {limit:,} folders; {fix}")
    if seen.closed:
        found.append(f"{seen.closed:,} folders can't be listed by you: dedupd doctor says which")
    if seen.refused:
        found.append(f"{seen.refused:,} files can't be read by you: dedupd doctor says which")
    return found


def _names(path: bytes) -> list[bytes]:
    names: list[bytes] = []
    with contextlib.suppress(OSError), os.scandir(path) as entries:
        for entry in entries:
            names.append(entry.name)
            if len(names) == MOST_NAMES:
                break
    return names
