"""Write `docs/reference.md` from what the program itself uses: `python -m dedupd.cli.reference`.

Nothing here is told twice: commands come from their parsers, keys from the schema and
`config_words`, events, exit codes, states, classes and reasons from the tables the code shares.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dedupd.cli.main import COMMANDS, command_parser
from dedupd.config_schema import ROOT_SETTINGS, Config, Setting, settings
from dedupd.config_words import KEYS, ROOT, About
from dedupd.errors import MEANINGS
from dedupd.events import EVENTS
from dedupd.faces.outputs.prometheus import meanings
from dedupd.faces.outputs.reasons import CLASSES, EVIDENCE, REASONS, STATES
from dedupd.model import Role, Root

METRICS: Mapping[str, str] = meanings()
"""Every metric, with what it means."""

COMMON = ("help", "config", "json", "no_color", "verbose")
"""The options that every command has; they are told once."""

WITHOUT_DEFAULT = {
    "haystack": "required",
    "needles": "required",
    "state": "$STATE_DIRECTORY, else $XDG_STATE_HOME/dedupd",
    "exclude": "[]",
    "ignore.haystack": "default",
    "ignore.needles": "default",
    "hooks": "{}",
}
"""Where a key's default isn't a value of the schema: what holds without it."""

HEAD = """\
# Reference

Written by `make reference` from the program itself; a test fails when it is out of date.
How to begin: [README](../README.md). What is promised: [guarantees](guarantees.md)."""


def reference() -> str:
    """Return the whole page."""
    parts = [HEAD, _commands(), _keys()]
    parts += [
        _table("Exit codes", ("code", "means"), ((str(int(k)), v) for k, v in MEANINGS.items())),
        _words("Events", "event", EVENTS),
        _words("States of a folder", "state", STATES),
        _words("Classes of a picture", "class", CLASSES),
        _words("Evidence", "evidence", EVIDENCE),
        _words("Reasons", "reason", REASONS),
    ]
    parts += [_words("Metrics", "metric", METRICS)] if METRICS else []
    return "\n\n".join(parts) + "\n"


def _commands() -> str:
    first = command_parser(next(iter(COMMANDS)))
    common = [a for a in first._actions if a.dest in COMMON]
    lines = ["## Commands", "", "Every command has:", "", *_rows(("option", ""), _told(common))]
    for name, about in COMMANDS.items():
        lines += ["", *_command(name, about)]
    return "\n".join(lines)


def _command(name: str, about: str) -> Iterator[str]:
    parser = command_parser(name)
    own = [a for a in parser._actions if a.dest not in COMMON]
    yield from (f"### dedupd {name}", "", f"{about[0].upper()}{about[1:]}", "")
    yield from ("```sh", importlib.import_module(f"dedupd.cli.{name}").EXAMPLE, "```")
    if own:
        yield from ("", *_rows(("option", ""), _told(own)))


def _told(actions: Iterable[argparse.Action]) -> Iterator[tuple[str, str]]:
    for action in actions:
        many = "..." if action.nargs in ("+", "*") else ""
        value = "" if action.nargs == 0 else f"{action.metavar or action.dest}{many}"
        names = ", ".join(action.option_strings)
        text = str(action.help or "")
        if action.choices and "|" not in value:
            text = f"{text}: {', '.join(action.choices)}".removeprefix(": ")
        yield f"`{f'{names} {value}'.strip()}`", text


def _keys() -> str:
    columns = ("key", "for", "default", "example")
    lines = ["## Configuration", "", _KEYS_HEAD, ""]
    lines += _rows(columns, (_key_row(*one, default_of(one[0])) for one in KEYS.items()))
    lines += ["", "A root is a path, or a mapping with:", ""]
    lines += _rows(columns, (_key_row(*one, default_of_root(one[0])) for one in ROOT.items()))
    return "\n".join(lines)


_KEYS_HEAD = """\
[`config.example.yaml`](../config.example.yaml) is a whole file. A key with dots lies in sections:
`watch.settle_max` is `watch: {settle_max: 60s}`."""


def _key_row(key: str, about: About, default: str) -> tuple[str, ...]:
    return f"`{key}`", about.text, f"`{default}`", f"`{about.example}`"


def default_of(key: str) -> str:
    """Return what holds where the file doesn't have this key, as a file would say it."""
    if key in WITHOUT_DEFAULT:
        return WITHOUT_DEFAULT[key]
    value: object = Config(haystack=(), needles=(), state=Path())
    table, setting = settings(Config), None
    for word in key.split("."):
        setting = table[word]
        value = getattr(value, setting.attribute)
        table = settings(setting.section) if setting.section is not None else {}
    return _written(setting, value) if setting is not None else ""


def default_of_root(key: str) -> str:
    """Return the same for an option of a root."""
    if key not in ROOT_SETTINGS:
        return "[]"
    setting = ROOT_SETTINGS[key]
    return "required" if key == "path" else _written(setting, getattr(_ROOT, setting.attribute))


_ROOT = Root("", b"", Role.NEEDLES)


def _written(setting: Setting, value: object) -> str:
    if setting.form is None:
        return ""
    said = setting.form.nothing if value is None else setting.form.write(value)
    return "null" if said is None else str(said)


def _words(title: str, column: str, table: Mapping[str, str]) -> str:
    return _table(title, (column, "means"), ((f"`{name}`", text) for name, text in table.items()))


def _table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join([f"## {title}", "", *_rows(columns, rows)])


def _rows(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


if __name__ == "__main__":
    print(reference(), end="")
