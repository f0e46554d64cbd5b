"""Write a file that somebody asked for: outside of all roots, and whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from dedupd.disk.overlap import overlaps
from dedupd.errors import UsageError, UserError
from dedupd.faces.questions import Fields
from dedupd.faces.verdict import haystack_roots, needle_roots
from dedupd.model import Role, Root
from dedupd.rules.patterns import excluded
from dedupd.text import shown


def demand_outside(target: bytes, called: str, report: Fields, what: str, fix: str) -> None:
    """Refuse what lies below a root of the report, by whatever name or mount.

    Args:
        called: What the target is, in words.
        what, fix: As in `UserError`.

    Raises:
        UsageError: It does.
    """
    haystack = [Root("haystack", path, Role.HAYSTACK) for path in haystack_roots(report)]
    needles = [Root("needles", path, Role.NEEDLES) for path in needle_roots(report)]
    found = overlaps(haystack, needles, {called: Path(os.fsdecode(target))}, excluded)
    for problem in found:
        if called in problem.message:
            raise UsageError(what, problem.message, fix)


def demand_writable(target: bytes, report: Fields) -> None:
    """Refuse a file that may not be written, before any work goes into it.

    Args:
        target: Links resolved.

    Raises:
        UsageError: It lies below a root, or is something else than a file.
    """
    what = f"the report can't be written to {shown(target)}"
    demand_outside(target, "--html file", report, what, "name a file outside all roots")
    if os.path.lexists(target) and not os.path.isfile(target):
        raise UsageError(what, "that is not a regular file", "name a new file, or - for a pipe")
    if not os.path.isdir(os.path.dirname(target)):
        raise UsageError(what, "its folder isn't there", "mkdir -p, or name another file")


def write_whole(target: bytes, parts: Iterable[bytes]) -> None:
    """Write the parts to a file beside it, which then takes its name.

    Raises:
        UserError: That failed; the target is as it was.
    """
    folder, name = os.path.split(target)
    beside = os.path.join(folder, b".%s.%d.tmp" % (name[:200], os.getpid()))
    try:
        _write(beside, parts)
        os.replace(beside, target)
    except OSError as error:
        what = f"the report can't be written to {shown(target)}"
        fix = "free space, or name another file"
        raise UserError(what, error.strerror or str(error), fix) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(beside)


def _write(path: bytes, parts: Iterable[bytes]) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with open(fd, "wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
