"""The questions a client may put to the daemon, as plain JSON objects.

Imports nothing heavy, because the client starts fast; `protocol` reads what is written here,
and a test holds the two together.  Paths are absolute and in bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dedupd.text import path_fields

PROTOCOL_VERSION = 1
"""Goes up when an old daemon and a new client would misunderstand each other."""

Fields = dict[str, Any]
"""A JSON object."""


def status() -> Fields:
    """Ask for the report."""
    return {"v": PROTOCOL_VERSION, "ask": "status"}


def path(asked: bytes) -> Fields:
    """Ask to look again, now and on the disk, at one folder or picture."""
    return {"v": PROTOCOL_VERSION, "ask": "path", **path_fields(asked)}


def pictures(folders: Iterable[bytes], classes: Iterable[str], *, distinct: bool = False) -> Fields:
    """Ask for the pictures of these classes below these folders (none: everywhere)."""
    return {
        "v": PROTOCOL_VERSION,
        "ask": "pictures",
        "folders": [path_fields(folder) for folder in folders],
        "classes": list(classes),
        "distinct": distinct,
    }


def wait() -> Fields:
    """Ask to walk every root; the answer comes when everything found is judged."""
    return {"v": PROTOCOL_VERSION, "ask": "wait"}


def rescan(asked: bytes | None) -> Fields:
    """Ask to walk this path again, or every root."""
    return {"v": PROTOCOL_VERSION, "ask": "rescan", **(path_fields(asked) if asked else {})}


def accept(root: bytes) -> Fields:
    """Say that a suspicious root is right as it is."""
    return {"v": PROTOCOL_VERSION, "ask": "accept", **path_fields(root)}


def reload() -> Fields:
    """Ask to read the configuration again."""
    return {"v": PROTOCOL_VERSION, "ask": "reload"}
