"""`dedupd doctor`: what this machine lacks, and for each what to type."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from dedupd import __version__
from dedupd.cli.asking import config_file
from dedupd.cli.configuration import configuration, overlap_check
from dedupd.cli.parsing import add_root_options
from dedupd.config import from_folders, load
from dedupd.config_schema import Config
from dedupd.doctor.configured import check_config, check_error, check_nothing, understood
from dedupd.doctor.examination import examine
from dedupd.doctor.finding import Finding, Level
from dedupd.doctor.told import fields, lines
from dedupd.errors import ExitCode, UsageError
from dedupd.faces.outputs.look import look_of
from dedupd.text import rfc3339

EXAMPLE = "dedupd doctor --config my.yaml"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_root_options(parser)


def run(args: argparse.Namespace) -> ExitCode:
    """Look at everything, and print what was found; writes nothing."""
    config, first, wrong = _configured(args)
    findings = [*first, *examine(config)]
    if args.json:
        now = rfc3339(time.time())
        head = {"schema": 1, "version": __version__, "time": now}
        print(json.dumps({**head, "findings": fields(findings)}))
    else:
        look = look_of(sys.stdout, colour=not args.no_color)
        print("\n".join(lines(findings, look)))
    if wrong:
        return ExitCode.USAGE
    to_do = any(finding.level is Level.PROBLEM for finding in findings)
    return ExitCode.NOT_IMPORTED if to_do else ExitCode.DONE


Configured = tuple[Config | None, tuple[Finding, ...], bool]
"""What can be understood of it, what is to be said of it, and whether it is wrong."""


def _configured(args: argparse.Namespace) -> Configured:
    """Return the configuration that is meant, usable or not.

    Raises:
        UsageError: The options don't go together.
    """
    if args.haystack or args.needles:
        return _of_command_line(args)
    file = config_file(args)
    if args.state and args.config:
        why = "--state goes without --config"
        raise UsageError("the command line is wrong", why, "leave one of them out")
    if args.state:
        config = Config(haystack=(), needles=(), state=Path(os.path.realpath(args.state)))
        return config, check_config(config), False
    if file is None:
        return None, (check_nothing(),), False
    try:
        config = load(file, overlap_check)
    except UsageError as error:
        return understood(file), check_error(error, file), True
    return config, check_config(config), False


def _of_command_line(args: argparse.Namespace) -> Configured:
    try:
        config = configuration(args)
    except UsageError as error:
        if not (args.haystack and args.needles) or args.config:
            raise
        return _without_overlap_check(args), check_error(error, None), True
    return config, check_config(config), False


def _without_overlap_check(args: argparse.Namespace) -> Config | None:
    """Return the configuration of a command line whose roots overlap; None if more is wrong."""
    try:
        return from_folders(args.haystack, args.needles, args.state, lambda *_: ())
    except UsageError:
        return None
