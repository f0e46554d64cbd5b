r"""Which paths the owner's patterns hide: `exclude` by path, `ignore` by name.

Pure, and asked for every file of a library: each tuple of patterns is compiled once.  Paths are
those of the model: bytes, relative to the root, `b""` is the root itself.  Case counts.

`*` and `?` stay within one part of a path, `**` as a whole part stands for any number of parts,
`[a-z]` and `[!a-z]` are classes, `\` takes the next character as it is.

`exclude` reads like a line of a .gitignore: a pattern with a `/` before its end starts at the
root, one without is found at any depth, and what matches hides everything below it.  `a/**`
also hides `a` itself.

`ignore` has names (or names joined by `/`) that are looked for on consecutive parts of a path.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

APPLE_DOUBLE = "._*"
"""The pattern for macOS's companion files; in a needle root it needs the file it belongs to."""


def excluded(path: bytes, patterns: tuple[str, ...]) -> bool:
    """Say whether one of `patterns` matches `path` or a folder that it lies in."""
    return bool(patterns) and _exclude_regex(patterns).match(_text(path)) is not None


def ignored(
    path: bytes, patterns: tuple[str, ...], siblings: Container[bytes] | None = None
) -> bool:
    """Say whether `path` is among what is never looked at in its role.

    The two roles err on opposite sides.  In the haystack (`siblings` is None) any part of the
    path may match, a file's or a folder's: too much hidden only means that less vouches.  In the
    needles (`siblings` are the names in the file's folder) what is hidden doesn't block, so a
    pattern matches file names only; those of folders must end in `/`, and `._x` is hidden only
    beside `x`.
    """
    if not patterns:
        return False
    regexes = _ignore_regexes(patterns)
    if siblings is None:
        return regexes.any_part.search(f"/{_text(path)}/") is not None
    if regexes.left_behind.search(f"/{_text(path)}") is not None:
        return True
    name = path.rpartition(b"/")[2]
    return regexes.apple_double and name.startswith(b"._") and name[2:] in siblings


class _IgnoreRegexes(NamedTuple):
    any_part: re.Pattern[str]
    left_behind: re.Pattern[str]
    apple_double: bool


@lru_cache(maxsize=256)
def _exclude_regex(patterns: tuple[str, ...]) -> re.Pattern[str]:
    anywhere = "|".join(_path_regex(pattern) for pattern in patterns)
    return re.compile(rf"(?s:(?:{anywhere})(?:/.*)?\Z)")


@lru_cache(maxsize=256)
def _ignore_regexes(patterns: tuple[str, ...]) -> _IgnoreRegexes:
    parts = "|".join(_parts_regex(pattern) for pattern in patterns)
    folders = "|".join(_parts_regex(p) for p in patterns if p.endswith("/"))
    files = "|".join(_parts_regex(p) for p in patterns if not p.endswith("/") and p != APPLE_DOUBLE)
    either = [rf"/(?:{folders})/"] if folders else []
    either += [rf"/(?:{files})\Z"] if files else []
    return _IgnoreRegexes(
        any_part=re.compile(f"(?s:/(?:{parts})/)"),
        left_behind=re.compile(f"(?s:{'|'.join(either) or _NOTHING})"),
        apple_double=APPLE_DOUBLE in patterns,
    )


def _text(path: bytes) -> str:
    # Characters, not bytes: `?` must take one of what the owner sees.
    return path.decode("utf-8", "surrogateescape")


def _path_regex(pattern: str) -> str:
    """Return what matches the whole path that `pattern` names, without what lies below it."""
    parts = [part for part in pattern.split("/") if part]
    if "/" not in pattern.rstrip("/"):
        parts.insert(0, "**")
    parts = [part for before, part in pairwise(["", *parts]) if not before == part == "**"]
    if len(parts) > 1 and parts[-1] == "**":
        parts.pop()
    if parts == ["**"]:
        return ".*" if "**" in pattern else _NOTHING
    *folders, name = parts
    way = "".join("(?:.*/)?" if part == "**" else _part_regex(part) + "/" for part in folders)
    return way + _part_regex(name)


def _parts_regex(pattern: str) -> str:
    return "/".join(_part_regex(part) for part in pattern.split("/") if part) or _NOTHING


def _part_regex(part: str) -> str:
    """Return what matches one part of a path; a class that isn't closed stands for itself."""
    return "".join(_token_regex(token) for token in _TOKEN.findall(part))


def _token_regex(token: str) -> str:
    if token == "?":
        return "[^/]"
    if token.startswith("*"):
        return "[^/]*"
    if token.startswith("[") and len(token) > 1:
        return _class_regex(token[1:-1])
    return re.escape(token[-1])


def _class_regex(inside: str) -> str:
    negated = inside[0] in "!^"
    items = _CLASS_ITEM.findall(inside[1:] if negated else inside)
    # A range whose ends are the wrong way round holds no character.
    ranges = [(first, last or first) for first, last in items if first <= (last or first)]
    members = "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in ranges)
    if negated:
        return f"[^/{members}]"
    return f"(?!/)[{members}]" if members else _NOTHING


_NOTHING = "(?!)"
_TOKEN = re.compile(r"(?s:\\.|\*+|\[[!^]?\]?[^\]]*\]|.)")
_CLASS_ITEM = re.compile(r"(?s:(.)(?:-(.))?)")
