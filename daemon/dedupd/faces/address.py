"""Where the control socket is.

Promises that daemon and client look at the same places, in this order:

1. `control.socket` of the configuration (the client: `--socket`): somebody said so.
2. `$RUNTIME_DIRECTORY/control.sock`: systemd made that folder for this, and clears it.
3. `<state>/control.sock`: where the store is, the daemon is.
4. Where that is longer than 100 bytes (the kernel ends at 107), a name made of its hash in
   `$XDG_RUNTIME_DIR/dedupd/`, else in `/tmp/dedupd-<uid>/`, which must be ours.

A client has no `$RUNTIME_DIRECTORY`, so it tries `/run/dedupd/<user>/` and `/run/dedupd/`; but
only when it was told neither a configuration nor a state folder: another daemon's answer would
be worse than none.  The client starts fast, so nothing heavy is imported here, and the two
defaults of `config` are repeated; a test holds them together.
"""

from __future__ import annotations

import os
import pwd
import stat

SOCKET_NAME = "control.sock"
MAX_ADDRESS_BYTES = 100
HASHED_BYTES = len("/0123456789abcdef.sock")

PathLike = str | os.PathLike[str]


def of_daemon(socket: PathLike | None, state: PathLike) -> str:
    """Return where the daemon of this configuration listens."""
    if socket is not None:
        return os.fspath(socket)
    runtime = from_systemd("RUNTIME_DIRECTORY")
    return os.path.join(runtime, SOCKET_NAME) if runtime else of_state(state)[0]


def of_state(state: PathLike) -> list[str]:
    """Return where the daemon of this state folder may listen, the likeliest place first."""
    plain = os.path.join(os.path.realpath(state), SOCKET_NAME)
    if len(os.fsencode(plain)) <= MAX_ADDRESS_BYTES:
        return [plain]
    # hashlib takes longer to load than everything else here, and is hardly ever needed.
    import hashlib

    name = hashlib.sha256(os.fsencode(plain)).hexdigest()[:16] + ".sock"
    return [os.path.join(folder, name) for folder in _short_folders()]


def _short_folders() -> list[str]:
    folders = [os.path.join(runtime, "dedupd") for runtime in user_runtime_folders()]
    short = [f for f in folders if len(os.fsencode(f)) + HASHED_BYTES <= MAX_ADDRESS_BYTES]
    return [*short, f"/tmp/dedupd-{os.getuid()}"]


def of_client(state: PathLike | None = None) -> list[str]:
    """Return the places to try without a configuration file, the likeliest first."""
    if state is not None:
        return of_state(state)
    runtime = from_systemd("RUNTIME_DIRECTORY")
    places = [os.path.join(runtime, SOCKET_NAME)] if runtime else []
    places += of_state(default_state())
    return places + [os.path.join(folder, SOCKET_NAME) for folder in service_folders()]


def is_ours(folder: str) -> bool:
    """Say whether nobody but us and root could have made what lies in a shared place's folder."""
    try:
        seen = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid in (0, os.getuid())


def service_folders() -> list[str]:
    """Return the runtime folders of the system services that may be ours."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ["/run/dedupd"]
    return [f"/run/dedupd/{user}", "/run/dedupd"]


def user_runtime_folders() -> list[str]:
    """Return where this user's short-lived files are; a shell of cron has no variable for it."""
    named, usual = os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{os.getuid()}"
    if named.startswith("/"):
        return [named]
    return [usual] if is_ours(usual) else []


def from_systemd(variable: str) -> str:
    """Return the first folder of a variable like `$STATE_DIRECTORY`, "" where there is none."""
    return os.environ.get(variable, "").partition(":")[0]


def default_state() -> str:
    """Return the state folder of a daemon that was told none."""
    return from_systemd("STATE_DIRECTORY") or os.path.join(
        _xdg("XDG_STATE_HOME", "~/.local/state"), "dedupd"
    )


def default_config() -> str | None:
    """Return the configuration file that is read when none is named, or None."""
    named = os.environ.get("DEDUPD_CONFIG")
    if named:
        return named
    own = os.path.join(config_home(), "dedupd", "config.yaml")
    places = (own, "/etc/dedupd/config.yaml")
    return next((place for place in places if os.path.exists(place)), None)


def config_home() -> str:
    """Return where this user's programs keep what they were told."""
    return _xdg("XDG_CONFIG_HOME", "~/.config")


def _xdg(variable: str, default: str) -> str:
    named = os.environ.get(variable, "")
    return named if named.startswith("/") else os.path.expanduser(default)
