"""Checks Python, the libraries and the clock."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from dedupd.doctor.finding import Finding, note, ok, problem
from dedupd.doctor.words import word
from dedupd.text import printable, rfc3339

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)

RELEASED_S = 1_767_225_600.0
"""The start of 2026: no clock that is right shows less."""

_AHEAD_S = 120.0


@dataclass(frozen=True, slots=True)
class Library:
    """One that dedupd stands on; `below` is the first version that wasn't tried."""

    name: str
    module: str
    least: tuple[int, ...]
    below: tuple[int, ...] = ()
    what_for: str = "needed to start"

    @property
    def wanted(self) -> str:
        """The versions as pip takes them."""
        least = ".".join(map(str, self.least))
        return f"{self.name}>={least}" + (f",<{'.'.join(map(str, self.below))}" * bool(self.below))


_STORE = "the store"
LEVEL_DB = (
    Library("plyvel-next", "plyvel_next", (2, 1), (3,), _STORE)
    if sys.version_info >= (3, 12)
    else Library("plyvel", "plyvel", (1, 5), (2,), _STORE)
)

LIBRARIES = (
    Library("numpy", "numpy", (2,), (3,), "pictures"),
    Library("opencv-python-headless", "cv2", (5,), (6,), "pictures"),
    Library("Pillow", "PIL", (13,), (14,), "pictures"),
    Library("pillow-heif", "pillow_heif", (1, 8), (2,), "HEIC"),
    Library("jinja2", "jinja2", (3, 1), (4,), "pages"),
    Library("prometheus-client", "prometheus_client", (0, 22), (1,), "metrics"),
    LEVEL_DB,
    Library("PyYAML", "yaml", (6,), (7,), "the configuration"),
    Library("rawpy", "rawpy", (0, 28), (1,), "camera RAW"),
    Library("starlette", "starlette", (1,), (2,), "the page"),
    Library("uvicorn", "uvicorn", (0, 40), (1,), "the page"),
    Library("watchdog", "watchdog", (7, 1), (8,), "listening"),
)
"""What pyproject.toml asks for; a test holds the two together."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What is there of a library: its version, "" for none, and why it can't be loaded."""

    version: str
    failure: str = ""


def check_python(version: tuple[int, int]) -> Finding:
    """Say whether this Python was tried."""
    said = f"Python {version[0]}.{version[1]}"
    if version < OLDEST_PYTHON:
        return problem("system.python", said, "dedupd needs 3.11 or newer", "python3 --version")
    if version > NEWEST_PYTHON:
        return note("system.python", said, "newer than any that dedupd was tried with")
    return ok("system.python", said)


def check_library(library: Library, found: Installed, python: str) -> Finding:
    """Say whether a library is there, can be loaded, and is one of the versions wanted.

    Args:
        python: The interpreter whose library it is.
    """
    code = f"system.library.{library.name}"
    fix = f"{word(python)} -m pip install {word(library.wanted)}"
    if not found.version and found.failure:
        why = f"it is for {library.what_for}: {printable(found.failure)}"
        return problem(code, f"{library.name} is missing", why, fix)
    said = f"{library.name} {printable(found.version)}".rstrip()
    if found.failure:
        again = f"{word(python)} -m pip install --force-reinstall {word(library.wanted)}"
        return problem(code, f"{said} can't be loaded", printable(found.failure), again)
    if found.version and not _fits(found.version, library):
        why = f"dedupd was made for {library.wanted.removeprefix(library.name)}"
        return problem(code, said, why, fix)
    return ok(code, f"{said} ({library.what_for})")


def check_probe(failure: str, python: str) -> Finding | None:
    """Say why libraries and decoders couldn't be tried; None where they could."""
    if not failure:
        return None
    fix = f"{word(python)} -P -X faulthandler -m dedupd.doctor.probe"
    why = printable(failure)
    return problem("system.probe", "the libraries and decoders couldn't be tried", why, fix)


def _fits(version: str, library: Library) -> bool:
    numbers = numbered(version)
    return numbers >= library.least and (not library.below or numbers < library.below)


def numbered(version: str) -> tuple[int, ...]:
    """Return the numbers a version begins with: "5.0.0.93rc1" is 5, 0, 0."""
    numbers: list[int] = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)


def check_clock(now_s: float, latest_s: float | None) -> Finding:
    """Say whether the clock can be right.

    Args:
        now_s: What it shows.
        latest_s: The latest moment that we wrote down ourselves; None if there is none.
    """
    said = f"the clock shows {rfc3339(now_s)}"
    fix = "timedatectl set-ntp true"
    if now_s < RELEASED_S:
        why = "that is before this program was made; the event log would be wrong"
        return problem("system.clock", said, why, fix)
    if latest_s is not None and latest_s > now_s + _AHEAD_S:
        why = f"the state folder was written at {rfc3339(latest_s)}: the clock was set back"
        return problem("system.clock", said, why, fix)
    return ok("system.clock", said)
