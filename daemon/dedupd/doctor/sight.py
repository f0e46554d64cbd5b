"""Looks at a root and gathers what `rooted` judges."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from dedupd.disk import mounts
from dedupd.disk.mounts import inside
from dedupd.disk.roots import identify, open_root, watch_kind
from dedupd.doctor.bounded import Answer
from dedupd.doctor.rooted import Presence, RootFacts, Survey
from dedupd.doctor.survey import MOST_S, survey
from dedupd.model import Identity, Root
from dedupd.rules.hiding import unlisted

ANSWER_S = 5.0
"""How long a root's file system may take over its first answer."""

_DEVICES = Path("/sys/dev/block")
_PRESENCE = {
    errno.ENOENT: Presence.MISSING,
    errno.ENOTDIR: Presence.NO_FOLDER,
    errno.EACCES: Presence.FORBIDDEN,
    errno.EPERM: Presence.FORBIDDEN,
}


def facts_of(
    roots: Sequence[tuple[Root, str]], expected: Sequence[bytes], answer_s: float = ANSWER_S
) -> tuple[RootFacts, ...]:
    """Return what is seen of these roots, each with where it was named; all at the same time.

    Args:
        expected: Mount points that should be mounted (`fstab_points`).
    """
    asked = [(root, where, Answer(_asking(root, where, expected))) for root, where in roots]
    until_s = time.monotonic() + answer_s
    facts = [
        answer.until(until_s) or RootFacts(root, where, Presence.SILENT)
        for root, where, answer in asked
    ]
    surveys = [Answer(_walking(one)) for one in facts]
    until_s = time.monotonic() + MOST_S + answer_s
    return tuple(
        _with_survey(one, walk.until(until_s)) for one, walk in zip(facts, surveys, strict=True)
    )


def _asking(root: Root, where: str, expected: Sequence[bytes]) -> Callable[[], RootFacts]:
    return lambda: look(root, where, expected)


def look(root: Root, where: str, expected: Sequence[bytes]) -> RootFacts:
    """Return what is seen of one root, without a walk through it."""
    lost = _unmounted(root.path, expected)
    try:
        fd = open_root(root.path)
    except OSError as error:
        presence = _PRESENCE.get(error.errno or 0, Presence.BROKEN)
        return RootFacts(root, where, presence, error.strerror or "", expected_mount=lost)
    try:
        return _seen(fd, root, where, lost)
    except OSError as error:
        return RootFacts(root, where, Presence.BROKEN, error.strerror or "")
    finally:
        os.close(fd)


def _seen(fd: int, root: Root, where: str, lost: bytes) -> RootFacts:
    identity = identify(fd)
    fitting = watch_kind(identity)
    return RootFacts(
        root,
        where,
        Presence.THERE,
        kind=identity.kind,
        backend=fitting if root.watch == "auto" else root.watch,
        hears_all=fitting == "inotify",
        read_only=bool(os.fstatvfs(fd).f_flag & os.ST_RDONLY),
        removable=_removable(fd, identity),
        keeps_ino=identity.keeps_ino,
        expected_mount=lost,
    )


def _removable(fd: int, identity: Identity) -> bool:
    """Say whether the root's disk can be unplugged, as far as the kernel knows."""
    device = identity.device
    try:
        behind = os.stat(mounts.mount_of_fd(fd).source)
        device = behind.st_rdev if stat.S_ISBLK(behind.st_mode) else device
        disk = (_DEVICES / f"{os.major(device)}:{os.minor(device)}").resolve(strict=True)
        whole = disk.parent if (disk / "partition").exists() else disk
        flag = (whole / "removable").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return False
    return flag == "1" or any(part.startswith("usb") for part in whole.parts)


def _walking(facts: RootFacts) -> Callable[[], Survey | None]:
    return lambda: walked(facts.root) if facts.presence is Presence.THERE else None


def walked(root: Root) -> Survey | None:
    """Return what a walk through a root sees; None where it is gone."""
    try:
        fd = open_root(root.path)
    except OSError:
        return None
    try:
        return survey(fd, unlisted(root), os.geteuid())
    finally:
        os.close(fd)


def _with_survey(facts: RootFacts, found: Survey | None) -> RootFacts:
    if facts.presence is not Presence.THERE:
        return facts
    presence = Presence.SILENT if found is None else Presence.THERE
    return replace(facts, presence=presence, survey=found)


def fstab_points(table: bytes) -> tuple[bytes, ...]:
    """Return the mount points that a table like /etc/fstab names, the root's own left out.

    Source: fstab(5).
    """
    points = []
    for line in table.splitlines():
        fields = line.split()
        if len(fields) > 1 and not line.lstrip().startswith(b"#") and fields[1][:1] == b"/":
            points.append(mounts.unescaped(fields[1]))
    return tuple(point for point in points if point != b"/")


def _unmounted(path: bytes, expected: Sequence[bytes]) -> bytes:
    """Return the deepest expected mount point that holds `path`, if nothing is mounted there."""
    points = [point.rstrip(b"/") for point in expected]
    holding = [point for point in points if point and inside(path, point) is not None]
    if not holding:
        return b""
    deepest = max(holding, key=len)
    shown_by = mounts.mount_of(path, mounts.read()).point
    return deepest if inside(shown_by, deepest) is None else b""
