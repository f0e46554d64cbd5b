"""`dedupd config`: write a first configuration, check one, or show the effective one."""

from __future__ import annotations

import argparse
import dataclasses
import enum
import grp
import json
import os
import shutil
import sys
from collections.abc import Iterator

from dedupd.cli.beginning import begin, next_steps
from dedupd.cli.configuration import configuration
from dedupd.cli.parsing import add_root_options
from dedupd.config import dump
from dedupd.config_schema import Config
from dedupd.errors import ExitCode
from dedupd.text import shown

EXAMPLE = "dedupd config check --config my.yaml"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    actions = ("init", "check", "show")
    parser.add_argument("action", metavar="|".join(actions), choices=actions)
    parser.add_argument("--yes", action="store_true", help="init: take what is proposed")
    parser.add_argument("--force", action="store_true", help="init: replace the file, kept as .bak")
    add_root_options(parser)


def run(args: argparse.Namespace) -> ExitCode:
    """Write it, or check it and say what it comes to."""
    if args.action == "init":
        print(next_steps(begin(args)))
        return ExitCode.DONE
    config = configuration(args)
    if args.action == "check":
        _check(config)
    elif args.json:
        print(json.dumps(_fields(config), default=_plain))
    else:
        print(dump(config), end="")
    return ExitCode.DONE


def _check(config: Config) -> None:
    for warning in _warnings(config):
        print(f"dedupd: warning: {warning}", file=sys.stderr)
    print(
        f"{shown(str(config.source or 'the command line'))} can be used:"
        f" {len(config.haystack)} haystack and {len(config.needles)} needle roots,"
        f" state in {shown(str(config.state))}"
    )


def _warnings(config: Config) -> Iterator[str]:
    """Yield what is right in itself and won't work here, or not in this version."""
    for root in (*config.haystack, *config.needles):
        if not os.path.isdir(root.path):
            yield (
                f"{shown(root.path)} isn't there now; its {root.role.value} root will be offline"
                " until it is"
            )
    group = config.control.group
    if group is not None and not _is_group(group):
        yield f"there is no group {shown(group)} here: `dedupd run` will refuse control.group"
    for event, command in config.hooks.items():
        if why := _not_found(command[0]):
            yield f"the hook of {event} will fail: {shown(command[0])} {why}"


def _not_found(command: str) -> str:
    """Return why a hook's command can't be started, "" where it can."""
    if "/" in command and not os.path.isabs(command):
        return "is no absolute path; hooks run in /, and no shell expands ~ or $HOME"
    return "" if shutil.which(command) else "isn't found, or may not be run"


def _is_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _fields(config: Config) -> dict[str, object]:
    return {key: value for key, value in dataclasses.asdict(config).items() if key != "lines"}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return os.fsdecode(value)
    return value.value if isinstance(value, enum.Enum) else str(value)
