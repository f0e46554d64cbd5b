"""Tell a client, by a small file, which socket belongs to a configuration file.

The client must not load a YAML parser to find the daemon.  So a daemon that was started with a
configuration file leaves `<CRC-32 of its path>.json`, holding that path and its socket, in
`$XDG_RUNTIME_DIR/dedupd`, else in `$RUNTIME_DIRECTORY`, else in `<default state>/by-config`.
A pointer is a hint: a missing, foreign or stale one costs the client time, never truth.
"""

from __future__ import annotations

import json
import os
import zlib

from dedupd.faces import address


def publish(config: address.PathLike, socket: address.PathLike) -> str:
    """Leave the pointer of this configuration; return its path, "" if it can't be written."""
    resolved = os.path.realpath(config)
    path = os.path.join(_daemon_folder(), _name(resolved))
    fresh = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(fresh, "w", encoding="ascii") as file:
            json.dump({"config": resolved, "socket": os.fspath(socket)}, file)
        os.replace(fresh, path)
    except OSError:
        return ""  # only a hint: the client then reads the configuration itself
    return path


def withdraw(path: str) -> None:
    """Remove a pointer that `publish` made."""
    try:
        os.unlink(path)
    except OSError:
        return  # already gone, or never made


def socket_of(config: address.PathLike) -> str | None:
    """Return the socket that the daemon of this configuration file last had, or None."""
    resolved = os.path.realpath(config)
    for folder in _client_folders():
        found = _read(os.path.join(folder, _name(resolved)))
        if found.get("config") == resolved and isinstance(found.get("socket"), str):
            return str(found["socket"])
    return None


def _read(path: str) -> dict[str, object]:
    try:
        with open(path, encoding="ascii") as file:
            owner = os.fstat(file.fileno()).st_uid
            found = json.load(file) if owner in (0, os.getuid()) else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _name(resolved: str) -> str:
    # A CRC is enough, because the file names its configuration; hashlib would load for 8 ms.
    return f"{zlib.crc32(os.fsencode(resolved)):08x}.json"


def _daemon_folder() -> str:
    for runtime in address.user_runtime_folders():
        return os.path.join(runtime, "dedupd")
    state = os.path.join(address.default_state(), "by-config")
    return address.from_systemd("RUNTIME_DIRECTORY") or state


def _client_folders() -> list[str]:
    folders = [os.path.join(runtime, "dedupd") for runtime in address.user_runtime_folders()]
    runtime = address.from_systemd("RUNTIME_DIRECTORY")
    folders += [runtime] if runtime else []
    folders += address.service_folders()
    return [*folders, os.path.join(address.default_state(), "by-config")]
