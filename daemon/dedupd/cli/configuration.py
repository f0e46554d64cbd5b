"""Make the one `Config` of a command line: from a file, or from folders named there.

Whether its roots overlap on this machine is part of whether it can be used: a picture that is
both library and needle would match itself.  So nobody gets a `Config` from here unchecked.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from dedupd.cli.asking import config_file
from dedupd.config import from_folders, load
from dedupd.config_schema import Config
from dedupd.disk.overlap import OverlapProblem, overlaps
from dedupd.errors import UsageError
from dedupd.model import Root
from dedupd.rules.patterns import excluded


def overlap_check(
    haystack: Sequence[Root], needles: Sequence[Root], private: Mapping[str, Path]
) -> tuple[OverlapProblem, ...]:
    """Return how the roots overlap with each other and with our own files, on this machine."""
    return overlaps(haystack, needles, private, excluded)


def configuration(args: argparse.Namespace) -> Config:
    """Return the configuration that `run`, `check` and `config` are to use.

    Raises:
        UsageError: It can't be used; every problem is named.
    """
    if args.haystack or args.needles:
        return _from_command_line(args)
    if args.state:
        raise _wrong("--state goes with --haystack and --needles", "write `state: DIR` in the file")
    return load(_file(args), overlap_check)


def with_cache_store(args: argparse.Namespace) -> argparse.Namespace:
    """Return the command line of `check` with the cache's store where it names roots only."""
    if args.state or not (args.haystack and args.needles):
        return args
    return argparse.Namespace(**{**vars(args), "state": str(cache_store(args))})


def cache_store(args: argparse.Namespace) -> Path:
    """Return the folder of the cache that belongs to the roots named there."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    cache = named if named.startswith("/") else os.path.expanduser("~/.cache")
    digest = hashlib.sha256()
    for role, roots in (("haystack", args.haystack), ("needles", args.needles)):
        for root in sorted(os.path.realpath(os.fsencode(path)) for path in roots):
            digest.update(role.encode("ascii") + b"\0" + root + b"\0")
    return Path(cache, "dedupd", digest.hexdigest()[:16])


def stored_configuration(args: argparse.Namespace) -> Config:
    """Return the configuration of a command that reads what a daemon or `check` left.

    With `--state` and no configuration file the roots are those that the store remembers, so
    none are given here.
    """
    file = config_file(args)
    if args.state is None:
        return load(_file(args), overlap_check)
    state = Path(os.path.realpath(args.state))
    if file is None:
        return Config(haystack=(), needles=(), state=state)
    config = load(Path(file), overlap_check)
    log = dataclasses.replace(config.log, events=state / "events.jsonl")
    return dataclasses.replace(config, state=state, log=log)


def _from_command_line(args: argparse.Namespace) -> Config:
    if args.config:
        raise _wrong("--config goes without --haystack and --needles", "leave one of them out")
    if not (args.haystack and args.needles):
        other = "--needles" if args.haystack else "--haystack"
        raise _wrong("--haystack and --needles go together", f"add {other} DIR")
    return from_folders(args.haystack, args.needles, args.state, overlap_check)


def _file(args: argparse.Namespace) -> Path:
    file = config_file(args)
    if file is None:
        raise UsageError(
            "there is nothing to look at",
            "no configuration file was found, and no folders were named",
            _with_folders(args.command),
        )
    return Path(file)


def _with_folders(command: str) -> str:
    """Return what to type next; only some commands take folders."""
    if command in ("run", "check"):
        return f"dedupd {command} --haystack DIR --needles DIR   (or --config FILE)"
    if command == "config":
        return "dedupd config check --config FILE"
    return f"dedupd {command} --state DIR   (or --config FILE)"


def _wrong(why: str, fix: str) -> UsageError:
    return UsageError("the command line is wrong", why, fix)
