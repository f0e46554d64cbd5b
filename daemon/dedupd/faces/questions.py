"""The questions a client may put to the daemon, as plain JSON objects.

Imports nothing heavy, because the client starts fast; `protocol` reads what is written here,
and a test holds the two together.  Paths are absolute and in bytes.
"""

from __future__ import annotations

import base64
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


def page() -> Fields:
    """Ask where the page is, for somebody who may decide; it is started if need be."""
    return {"v": PROTOCOL_VERSION, "ask": "page"}


def explain(asked: bytes) -> Fields:
    """Ask for everything known about one file."""
    return {"v": PROTOCOL_VERSION, "ask": "explain", **path_fields(asked)}


def near(digest: bytes, fingerprint: bytes) -> Fields:
    """Ask for the library's pictures that may show this one.

    Args:
        digest: SHA-256 of the file.
        fingerprint: In the encoding of `wire`.
    """
    return {
        "v": PROTOCOL_VERSION,
        "ask": "near",
        "sha256": digest.hex(),
        "fingerprint": base64.b64encode(fingerprint).decode("ascii"),
    }


def contents(role: str, after: bytes = b"") -> Fields:
    """Ask for a portion of the files of a role ("haystack", "needles") behind that path."""
    return {"v": PROTOCOL_VERSION, "ask": "contents", "role": role, **_after(after)}


def receipt(folder: bytes, after: bytes = b"") -> Fields:
    """Ask for a portion of the files of a needle folder behind that path, with their witnesses."""
    return {"v": PROTOCOL_VERSION, "ask": "receipt", **path_fields(folder), **_after(after)}


def decide(kind: str, first: bytes, second: bytes | None = None) -> Fields:
    """Decide: "same" or "different" about two pictures, "dismiss" about one."""
    other = {} if second is None else {"second": path_fields(second)}
    return {
        "v": PROTOCOL_VERSION,
        "ask": "decide",
        "kind": kind,
        "first": path_fields(first),
        **other,
    }


def decide_many(
    kind: str, folder: bytes, cls: str, reasons: Iterable[str] = (), *, sure: bool = False
) -> Fields:
    """Decide about every picture of a class below a folder; unless `sure` only tell what would be.

    Args:
        reasons: Only pictures with one of these; none means any.
    """
    return {
        "v": PROTOCOL_VERSION,
        "ask": "decide many",
        "kind": kind,
        "folder": path_fields(folder),
        "class": cls,
        "reasons": list(reasons),
        "sure": sure,
    }


def undo(decision: str = "") -> Fields:
    """Take a decision or a batch back; "" means the latest batch."""
    return {"v": PROTOCOL_VERSION, "ask": "undo", "id": decision}


def decisions() -> Fields:
    """Ask for everything that the owner ever decided."""
    return {"v": PROTOCOL_VERSION, "ask": "decisions"}


def _after(path: bytes) -> Fields:
    return {"after": path_fields(path)} if path else {}
