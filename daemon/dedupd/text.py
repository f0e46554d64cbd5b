"""File names made safe for a terminal, a log line and JSON.

A name on Linux is any bytes but `/` and NUL, so it may hold line ends, escape codes and marks
that turn the writing direction; nothing here lets one of them through to a reader.
"""

from __future__ import annotations

import base64
import os
import time


def printable(text: str) -> str:
    r"""Return `text` with everything that is not printable written as an escape (`\n`, `\x1b`)."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shown(path: bytes | str) -> str:
    r"""Return a path as people see it: one line, no control character, odd bytes as `\udcff`."""
    return printable(os.fsdecode(path))


def path_fields(path: bytes, key: str = "path") -> dict[str, str]:
    """Return the JSON fields of a path: `key`, and `key_b64` where it isn't valid UTF-8."""
    try:
        return {key: path.decode("utf-8")}
    except UnicodeDecodeError:
        whole = base64.b64encode(path).decode("ascii")
        return {key: path.decode("utf-8", "replace"), f"{key}_b64": whole}


def path_of(fields: dict[str, object], key: str = "path") -> bytes:
    """Return the path that `path_fields` wrote; b"" where there is none."""
    whole = fields.get(f"{key}_b64")
    if isinstance(whole, str):
        return base64.b64decode(whole)
    return str(fields.get(key, "")).encode("utf-8")


def join(root: bytes, inside: bytes) -> bytes:
    """Return the absolute path of `inside`, a path inside `root` (b"" is the root itself)."""
    return root.rstrip(b"/") + b"/" + inside if inside else root


def parent(path: bytes) -> bytes:
    """Return the folder that holds `path`, both inside a root; the root's is the root."""
    return path.rpartition(b"/")[0]


def name_of(path: bytes) -> bytes:
    """Return the last part of a path."""
    return path.rpartition(b"/")[2]


def rfc3339(wall_s: float) -> str:
    """Return a wall-clock time as the contract writes it: UTC, milliseconds, `Z`."""
    whole, ms = divmod(round(wall_s * 1000), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{ms:03d}Z"
