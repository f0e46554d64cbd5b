"""Checks the configuration, and reads what can be understood of one that is wrong."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from dedupd.config import default_state
from dedupd.config_read import read
from dedupd.config_schema import Config
from dedupd.doctor.finding import Finding, note, ok, problem
from dedupd.doctor.words import several, word
from dedupd.errors import UsageError
from dedupd.strict_yaml import parse
from dedupd.text import shown

_LARGEST_FILE_BYTES = 2**20
_LINE = re.compile(r":(\d+): ")


def check_error(error: UsageError, source: str | None) -> tuple[Finding, ...]:
    """Return a finding for each thing that is wrong with the configuration.

    Args:
        source: Its file; None for a command line.
    """
    path = None if source is None else os.fsencode(os.path.abspath(source))
    return tuple(
        problem("configuration.wrong", error.what, why, _cure(error, why, source), path)
        for why in error.why.splitlines() or [""]
    )


def _cure(error: UsageError, why: str, source: str | None) -> str:
    if source is None or not os.path.exists(source):
        return error.fix
    line = _LINE.search(why, len(shown(source)) if why.startswith(shown(source)) else 0)
    return f"${{EDITOR:-vi}} {'+' + line[1] + ' ' if line else ''}{word(source)}"


def check_config(config: Config) -> tuple[Finding, ...]:
    """Say that a configuration can be used."""
    if not config.roots:
        what = f"the state folder {shown(str(config.state))} alone was named"
        return (note("configuration.used", what, "no root is looked at"),)
    name = shown(str(config.source)) if config.source else "the command line"
    haystack, needles = len(config.haystack), len(config.needles)
    what = f"{name} can be used: {several(haystack, 'haystack root')}"
    what += f", {several(needles, 'needle root')}"
    path = os.fsencode(config.source.absolute()) if config.source else None
    return (ok("configuration.used", what, path),)


def check_nothing() -> Finding:
    """Say that there is no configuration at all."""
    why = "only this machine is looked at, and no root"
    fix = "dedupd doctor --haystack DIR --needles DIR   # or --config FILE"
    return note("configuration.used", "no configuration was found", why, fix)


def understood(source: str) -> Config | None:
    """Return what can be understood of a file that is wrong, None where that is nothing."""
    path = Path(source)
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_FILE_BYTES).decode("utf-8", "replace")
        parsed = parse(text)
    except OSError:
        return None
    if not isinstance(parsed.data, dict):
        return None
    config = read(parsed, path.absolute().parent, default_state()).config
    return replace(config, source=path)
