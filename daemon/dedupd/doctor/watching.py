"""Checks whether the kernel will let us listen to every folder.

Its limits count for all programs of a user together: each root needs an instance of inotify, and
each folder below it a watch.
Source: inotify(7), /proc/sys/fs/inotify.
"""

from __future__ import annotations

from dataclasses import dataclass

from dedupd.doctor.finding import Finding, note, ok, problem
from dedupd.doctor.words import several

_NEARLY = 0.8
_SETTINGS_FILE = "/etc/sysctl.d/60-dedupd.conf"


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit is needed.

    Attributes:
        ours: By this configuration.
        others: By this user's other programs, as far as they can be seen.
        most: `ours` is only what was counted in time.
    """

    ours: int
    others: int
    most: bool = False

    @property
    def whole(self) -> int:
        """All of it."""
        return self.ours + self.others


@dataclass(frozen=True, slots=True)
class _Limit:
    """One of the limits: its setting, what a too small one costs, and what to raise it to."""

    code: str
    setting: str
    cost: str
    least: int


_WATCHES = _Limit(
    "watching.watches",
    "fs.inotify.max_user_watches",
    "a root that can't be watched whole is walked every few minutes instead",
    65_536,
)
_INSTANCES = _Limit(
    "watching.instances",
    "fs.inotify.max_user_instances",
    "a root without a listener is walked every few minutes instead",
    256,
)


def check_watches(use: Use, limit: int | None) -> Finding:
    """Say whether every folder can be watched; `limit` is None where it can't be read."""
    return _judged(_WATCHES, f"{several(use.ours, 'folder', use.most)} to watch", use, limit)


def check_instances(use: Use, limit: int | None) -> Finding:
    """Say whether every root gets its listener; `limit` is None where it can't be read."""
    return _judged(_INSTANCES, f"{several(use.ours, 'root')} to listen to", use, limit)


def _judged(kind: _Limit, needs: str, use: Use, limit: int | None) -> Finding:
    if limit is None:
        why = "/proc/sys/fs/inotify can't be read here; `dedupd status` says how each root is heard"
        return note(kind.code, f"{kind.setting} is not known: {needs}", why)
    what = f"{needs}, {kind.setting} is {limit:,}"
    what += f", {use.others:,} in use by other programs" if use.others else ""
    fix = _raised(kind.setting, max(kind.least, _power_above(2 * use.whole)))
    if use.whole > limit:
        return problem(kind.code, f"{what}: too few", kind.cost, fix)
    if use.whole > _NEARLY * limit:
        return note(kind.code, what, f"little is left; {kind.cost}", fix)
    if use.most:
        return note(kind.code, what, f"not all folders were counted; {kind.cost}")
    return ok(kind.code, what)


def _power_above(number: int) -> int:
    return 1 << max(number - 1, 1).bit_length()


def _raised(setting: str, value: int) -> str:
    line = f"{setting}={value}"
    return f"echo {line} | sudo tee -a {_SETTINGS_FILE}\nsudo sysctl -p {_SETTINGS_FILE}"
