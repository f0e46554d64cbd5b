"""`dedupd service install`: write the systemd unit for these folders, and say what to type."""

from __future__ import annotations

import argparse
import importlib.resources
import os
import pwd
import shutil
import sys
from pathlib import Path

from dedupd import unit
from dedupd.cli.configuration import configuration
from dedupd.config import default_state
from dedupd.config_schema import Config
from dedupd.disk import mounts
from dedupd.disk.mounts import inside
from dedupd.errors import ExitCode, UsageError, UserError
from dedupd.faces.address import config_home
from dedupd.text import shown
from dedupd.unit import Service

EXAMPLE = "dedupd service install --user --config ~/.config/dedupd/config.yaml"

NAME = "dedupd.service"
SYSTEM = Path("/etc/systemd/system")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("action", metavar="install", choices=("install",), help="write it")
    parser.add_argument("--user", action="store_true", help="as a service of your own, no root")
    parser.add_argument("--owner", metavar="USER", help="whom the system service runs as")
    parser.add_argument("--print", action="store_true", help="only print the unit")
    parser.add_argument("--force", action="store_true", help="replace another unit, kept as .bak")


def run(args: argparse.Namespace) -> ExitCode:
    """Write the unit, or print it."""
    args.haystack = args.needles = args.state = None
    config = configuration(args)
    text = _text(config, "" if args.user else _owner(args, config))
    if args.print:
        print(text, end="")
        return ExitCode.DONE
    folder = _user_folder() if args.user else SYSTEM
    _demand_may_write(folder, config, user=args.user)
    print(_write(folder / NAME, text, force=args.force))
    print(_next(user=args.user))
    return ExitCode.DONE


def _text(config: Config, owner: str) -> str:
    assert config.source is not None
    template = "dedupd@.service" if owner else NAME
    own_state = "" if config.state == default_state() else str(config.state)
    service = Service(
        program=_program(),
        config=os.path.realpath(config.source),
        mounts=_mounts(config),
        owner=owner,
        state=own_state,
        listens=config.web.listen is not None,
    )
    units = importlib.resources.files("dedupd") / "units"
    return unit.rendered((units / template).read_text(encoding="utf-8"), service)


def _program() -> list[str]:
    """Return how this very dedupd is started."""
    beside = Path(sys.executable).with_name("dedupd")
    return [str(beside)] if os.access(beside, os.X_OK) else [sys.executable, "-m", "dedupd"]


def _mounts(config: Config) -> list[bytes]:
    table = mounts.read()
    found = [(root.path, mounts.mount_of(root.path, table)) for root in config.roots]
    return [
        point for path, one in found for point in unit.may_come_later(path, one.kind, one.point)
    ]


def _owner(args: argparse.Namespace, config: Config) -> str:
    """Return whom the system service runs as: who is named, who typed sudo, whose file it is."""
    assert config.source is not None
    named = args.owner or os.environ.get("SUDO_USER")
    try:
        number = pwd.getpwnam(named).pw_uid if named else os.stat(config.source).st_uid
        return pwd.getpwuid(number).pw_name
    except KeyError as unknown:
        why = f"there is no user {shown(named or str(unknown))} here"
        raise UsageError(
            "nobody to run it as", why, "dedupd service install --owner USER"
        ) from None


def _user_folder() -> Path:
    return Path(config_home(), "systemd", "user")


def _demand_may_write(folder: Path, config: Config, *, user: bool) -> None:
    place = os.path.realpath(os.fsencode(folder))
    for root in config.roots:
        if inside(place, root.path) is not None:
            why = f"it lies below the root {shown(root.path)}, where nothing is written"
            raise UserError("the unit was not written", why, "dedupd service install --print")
    if not user and os.geteuid() != 0:
        why = f"only root may write below {shown(str(SYSTEM))}"
        fix = "dedupd service install --user   (or with sudo)"
        raise UserError("the unit was not written", why, fix)


def _write(path: Path, text: str, *, force: bool) -> str:
    """Write the unit, whole or not at all; return what was done, in words."""
    try:
        before = path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        before = None
    except OSError as error:
        raise _failed(path, error) from error
    if before == text:
        return f"{shown(str(path))} is as it should be"
    if before is not None and not force:
        why = f"{shown(str(path))} is there already, and another one"
        raise UserError("the unit was not written", why, "dedupd service install --force ...")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if before is not None:
            shutil.copy2(path, path.with_name(path.name + ".bak"))
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o644)
        fresh.rename(path)
    except OSError as error:
        raise _failed(path, error) from error
    return f"wrote {shown(str(path))}"


def _failed(path: Path, error: OSError) -> UserError:
    why = f"{shown(str(path))}: {error.strerror}"
    return UserError("the unit was not written", why, "dedupd service install --print")


def _next(*, user: bool) -> str:
    systemctl = "systemctl --user" if user else "systemctl"
    lines = ["now type:", f"  {systemctl} daemon-reload", f"  {systemctl} enable --now dedupd"]
    lines += ["  loginctl enable-linger   # also while you are not logged in"] if user else []
    if shutil.which("systemctl") is None:
        lines.insert(0, "there is no systemd on this machine: the Containerfile does without")
    return "\n".join(lines)
