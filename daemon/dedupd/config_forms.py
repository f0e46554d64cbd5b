"""How one value is written in the configuration: times, sizes, choices, paths, patterns.

A form reads the text that stands in the file and writes a value back so that it reads alike.
Times are seconds, sizes are bytes.  A text that doesn't fit raises `Unfit`, in the owner's words.
"""

from __future__ import annotations

import difflib
import ipaddress
import math
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

Written = str | int | float


class Unfit(ValueError):
    """A value that can't be used; `nearest` is what may have been meant, or None."""

    def __init__(self, message: str, nearest: str | None = None) -> None:
        super().__init__(message)
        self.message, self.nearest = message, nearest


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a value.

    Attributes:
        read: Text and the folder that relative paths count from -> value; raises `Unfit`.
        write: Value -> what `read` understands.
        nothing: How None is written; None for `null`, which counts as not given.
    """

    read: Callable[[str, Path], object]
    write: Callable[..., Written] = str
    nothing: str | None = None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily span of local time, in minutes after midnight; it may run past midnight."""

    start_min: int
    end_min: int

    def __str__(self) -> str:
        ends = (f"{m // 60:02}:{m % 60:02}" for m in (self.start_min, self.end_min))
        return "-".join(ends)

    def include(self, minute: int) -> bool:
        """Is this minute after midnight within it?  The first one is, the last one isn't."""
        if self.start_min < self.end_min:
            return self.start_min <= minute < self.end_min
        return minute >= self.start_min or minute < self.end_min


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` looks like most, or None."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def choice(*words: str) -> Form:
    """One of `words`, as it is."""
    named = " or ".join((", ".join(words[:-1]), words[-1])) if words[1:] else words[0]

    def read(text: str, _: Path) -> str:
        if text not in words:
            raise Unfit(f"must be {named}", nearest(text, words))
        return text

    return Form(read)


def or_auto(form: Form) -> Form:
    """`auto`, read as None, or what `form` reads."""

    def read(text: str, folder: Path) -> object:
        return None if text == "auto" else form.read(text, folder)

    return Form(read, form.write, nothing="auto")


def count(least: int, most: int) -> Form:
    """A whole number from `least` to `most`."""

    def read(text: str, _: Path) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise Unfit(f"must be a whole number from {least} to {most}")
        return int(text)

    return Form(read, int)


def number(least: float, most: float) -> Form:
    """A number from `least` to `most`."""

    def read(text: str, _: Path) -> float:
        if (
            not re.fullmatch(r"[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", text)
            or not least <= float(text) <= most
        ):
            raise Unfit(f"must be a number from {least:g} to {most:g}")
        return float(text)

    return Form(read, _plain)


def duration(least_s: float) -> Form:
    """A time with its unit, such as `2s`, `10m`, `1h` or `90d`, read as seconds."""

    def read(text: str, _: Path) -> float:
        value_s = _with_unit(text, _TIMES)
        if value_s is None:
            raise Unfit("must be a time with its unit, such as 2s, 10m, 1h or 90d")
        if not least_s <= value_s <= _LONGEST_S:
            raise Unfit(f"must be from {least_s:g}s to {_LONGEST_S // 86400}d")
        return value_s

    return Form(read, lambda value_s: _show_unit(value_s, _TIMES))


def size(least_bytes: int) -> Form:
    """A size with its unit, such as `512MiB` or `2GiB`, read as bytes."""

    def read(text: str, _: Path) -> int:
        value = _with_unit(text, _SIZES)
        if value is None:
            raise Unfit("must be a size with its unit, such as 512MiB or 2GiB")
        if not least_bytes <= value <= _LARGEST_BYTES:
            least, most = (_show_unit(bound, _SIZES) for bound in (least_bytes, _LARGEST_BYTES))
            raise Unfit(f"must be from {least} to {most}")
        return round(value)

    return Form(read, lambda value_bytes: _show_unit(value_bytes, _SIZES))


def rate(least_bytes: int) -> Form:
    """A size a second, such as `10MiB/s`, read as bytes a second."""
    sized = size(least_bytes)

    def read(text: str, folder: Path) -> object:
        if not text.endswith("/s"):
            raise Unfit("must be a size a second, such as 10MiB/s")
        return sized.read(text.removesuffix("/s"), folder)

    return Form(read, lambda value: f"{sized.write(value)}/s")


def _read_pixels(text: str, _: Path) -> int:
    value = _with_unit(text, _PIXELS)
    if value is None or not 1 <= value <= _MOST_PIXELS:
        raise Unfit(f"must be a number of pixels up to {_MOST_PIXELS // 10**6}M, such as 200M")
    return round(value)


def _read_hours(text: str, _: Path) -> QuietHours:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", text, re.ASCII)
    if found is None or text[:5] == text[6:]:
        raise Unfit('must be two times of the day, such as "01:00-06:00"')
    hour, minute, end_hour, end_minute = map(int, found.groups())
    return QuietHours(hour * 60 + minute, end_hour * 60 + end_minute)


def _read_listen(text: str, _: Path) -> str:
    host, _colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        loopback = bare == "localhost" or ipaddress.ip_address(bare).is_loopback
    except ValueError:
        loopback = False
    whole = re.fullmatch(r"[0-9]{1,5}", port) is not None and 1 <= int(port) <= _LAST_PORT
    if not loopback or not whole or (":" in bare and bare == host):
        raise Unfit("must be this machine and a port, such as 127.0.0.1:8377 or [::1]:8377")
    return text


def _read_scheduler(text: str, _: Path) -> str:
    found = re.fullmatch(
        r"(?:tcp|tls)://(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})", text, re.ASCII
    )
    if found is None or not 1 <= int(found[1]) <= _LAST_PORT:
        raise Unfit("must be a Dask scheduler's address, such as tcp://10.0.0.5:8786")
    return text


def _read_word(text: str, _: Path) -> str:
    if not text or not text.isprintable():
        raise Unfit("must be a word")
    return text


def _read_pattern(text: str, _: Path) -> str:
    parts = text.strip("/").split("/")
    if text.startswith(("~", "!")) or not {"", ".", ".."}.isdisjoint(parts):
        raise Unfit('must be a pattern of paths inside the root, such as "**/.cache/**"')
    return text


def _read_path(text: str, folder: Path) -> Path:
    whole = folder / expand(text)
    try:
        os.fsencode(whole)
    except UnicodeEncodeError:
        raise Unfit("has a character that no path can have") from None
    return Path(os.path.realpath(whole))


def expand(text: str) -> str:
    """Return `text` with `~`, `$VAR` and `${VAR}` expanded; `$$` is a `$`.

    Raises:
        Unfit: It is empty, or a variable or user isn't known; an unknown variable must never
            become the name of a folder.
    """
    if not text or "\0" in text:
        raise Unfit("must be a path")
    head, slash, rest = text.partition("/")
    if not head.startswith("~"):
        return re.sub(_VARIABLE, _variable, text)
    home = os.path.expanduser(head)
    if home == head:
        raise Unfit(f"there is no home folder for {head}")
    return home + slash + re.sub(_VARIABLE, _variable, rest)


def _variable(found: re.Match[str]) -> str:
    name = found["braced"] or found["plain"]
    if name is None:
        return "$"
    if not os.environ.get(name):
        raise Unfit(f"the variable ${name} is not set")
    return os.environ[name]


def escape(path: str) -> str:
    """Return an absolute path as `expand` would read it."""
    return path.replace("$", "$$")


def _with_unit(text: str, units: dict[str, int]) -> float | None:
    found = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,20})?) ?([A-Za-z]*)", text)
    factor = units.get(found[2]) if found else None
    return float(found[1]) * factor if found and factor else None


def _show_unit(value: float, units: dict[str, int]) -> str:
    """Return the largest unit that leaves a whole number, else the smallest with decimals."""
    whole = [(factor, unit) for unit, factor in units.items() if value % factor == 0]
    factor, unit = max(whole, default=min((factor, unit) for unit, factor in units.items()))
    return f"{_plain(value / factor)}{unit}"


def _plain(value: float) -> int | float:
    return int(value) if math.isfinite(value) and value == int(value) else value


_TIMES = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZES |= {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_PIXELS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
_LONGEST_S = 3650 * 86400
_LARGEST_BYTES = 2**50
_MOST_PIXELS = 4 * 10**9
_LAST_PORT = 65535
_VARIABLE = r"\$(?:\$|(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>\w+)\}|)"

PIXELS = Form(_read_pixels, lambda value: _show_unit(value, _PIXELS))
HOURS = Form(_read_hours)
LISTEN = Form(_read_listen)
SCHEDULER = Form(_read_scheduler)
WORD = Form(_read_word)
PATTERN = Form(_read_pattern)
PATH = Form(_read_path, lambda path: escape(os.fsdecode(path)))
