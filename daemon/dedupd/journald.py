"""Speaks to the systemd journal in its own protocol, so that events keep their fields.

Source: https://systemd.io/JOURNAL_NATIVE_PROTOCOL
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Mapping
from json import dumps

from dedupd.text import path_of

SOCKET = "/run/systemd/journal/socket"

_INFO, _WARNING = b"6", b"4"  # of syslog(3)
_WARNINGS = frozenset({
    "config.rejected", "root.offline", "root.suspicious", "watch.overflow", "watch.deaf",
    "watch.blind", "folder.reopened", "store.repaired", "store.rebuilt",
})  # fmt: skip
_NOT_FACTS = frozenset({"time", "path", "path_b64"})

Field = tuple[str, bytes]


class Journald:
    """The journal's socket; where there is none, or it takes nothing, `send` says so."""

    def __init__(self, address: str = SOCKET) -> None:
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)

    def send(self, message: str, event: Mapping[str, object]) -> bool:
        """Send one line of the event log, with the message for people; False where that fails."""
        try:
            self._socket.sendto(datagram(fields(message, event)), self._address)
        except OSError:  # none there, it is full, or the event is too long for a datagram
            return False
        return True

    def close(self) -> None:
        """End."""
        self._socket.close()


def fields(message: str, event: Mapping[str, object]) -> list[Field]:
    """Return the fields of an event: DEDUPD_EVENT, DEDUPD_SEQ, DEDUPD_PATH and every other fact.

    Paths are exact; facts that are lists or mappings are JSON.
    """
    priority = _WARNING if event.get("event") in _WARNINGS else _INFO
    found = [
        ("MESSAGE", message.encode("utf-8", "replace")),
        ("PRIORITY", priority),
        ("SYSLOG_IDENTIFIER", b"dedupd"),
    ]
    if "path" in event:
        found.append(("DEDUPD_PATH", path_of(dict(event))))
    for key, value in event.items():
        if key not in _NOT_FACTS and not key.endswith("_b64"):
            found.append((f"DEDUPD_{key.upper()}", _data(value)))
    return found


def datagram(found: Iterable[Field]) -> bytes:
    """Return what goes over the socket; a value with a line end goes behind its length."""
    return b"".join(_written(name.encode("ascii"), data) for name, data in found)


def _written(name: bytes, data: bytes) -> bytes:
    if b"\n" not in data:
        return name + b"=" + data + b"\n"
    return name + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"


def _data(value: object) -> bytes:
    text = value if isinstance(value, str) else dumps(value)
    return text.encode("utf-8", "replace")
