"""Parse command lines, and say in three lines what is wrong with one.

Built on argparse because it is there already: `dedupd status` must start fast.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from typing import NoReturn

from dedupd.errors import UsageError

HELP_COLUMNS = 78

CLASSES = ("pending", "dismissed", "matched", "unreadable", "possible", "unmatched")
"""The classes of the contract; `model.PictureClass` would take too long to load."""


class Parser(argparse.ArgumentParser):
    """A parser with the options of every command; it raises `UsageError`, naming what is near."""

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog,
            description=description,
            epilog=epilog,
            formatter_class=_formatter,
            allow_abbrev=False,
        )
        _add_common_options(self)

    def shorten_usage(self) -> None:
        """Let the usage name the arguments only; the options are listed right below it."""
        open_ended = {"?": "[{}]", "*": "[{}...]"}
        arguments = [
            open_ended.get(str(action.nargs), "{}").format(action.metavar)
            for action in self._get_positional_actions()
        ]
        self.usage = " ".join([self.prog, "[OPTION...]", *arguments])

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` instead of printing and exiting."""
        raise UsageError("the command line is wrong", message, f"{self.prog} --help")

    def parse_whole(
        self, arguments: list[str], namespace: argparse.Namespace
    ) -> argparse.Namespace:
        """Parse every argument; values that `namespace` has already stay unless given again."""
        parsed, unknown = self.parse_known_args(arguments, namespace)
        if unknown:
            word = unknown[0].partition("=")[0]
            near = nearest(word, self._option_string_actions) if word.startswith("-") else ""
            self.error(f"there is no place for {unknown[0]!r}{near}")
        return parsed


def _formatter(prog: str) -> argparse.HelpFormatter:
    # Left to itself it asks the terminal for its width, and loads a lot to do so, at each start.
    return argparse.RawDescriptionHelpFormatter(prog, width=HELP_COLUMNS)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?", or "" where nothing is near."""
    # difflib takes long to load, and only mistakes need it.
    import difflib

    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _add_common_options(parser: argparse.ArgumentParser) -> None:
    # Not by a parent parser: to make one takes a millisecond.
    parser.add_argument("--config", metavar="FILE", help="configuration file")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument("--no-color", action="store_true", help="never use colours")
    parser.add_argument("-v", "--verbose", action="store_true", help="say more on stderr")


def add_daemon_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which daemon is meant."""
    parser.add_argument("--socket", metavar="PATH", help="the daemon's control socket")
    parser.add_argument("--state", metavar="DIR", help="the daemon's state folder")


def add_root_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that do without a configuration file."""
    parser.add_argument("--haystack", metavar="DIR", nargs="+", help="the library")
    parser.add_argument("--needles", metavar="DIR", nargs="+", help="where pictures may be missing")
    parser.add_argument("--state", metavar="DIR", help="where to keep what was learnt")


def classes(text: str) -> tuple[str, ...]:
    """Return the classes of `--class unmatched,possible`."""
    named = tuple(word.strip() for word in text.split(","))
    for word in named:
        if word not in CLASSES:
            near = nearest(word, CLASSES) or f" (there are {', '.join(CLASSES)})"
            raise argparse.ArgumentTypeError(f"there is no class {word!r}{near}")
    return named


def absolute(path: str) -> bytes:
    """Return a path of the command line as the daemon names it: absolute, links resolved.

    Roots are known by their resolved paths.  Only a link to a file keeps its own name, because
    such a link is itself something that a folder holds.
    """
    named = os.path.abspath(os.fsencode(path))
    if os.path.islink(named) and not os.path.isdir(named):
        folder, name = os.path.split(named)
        return os.path.join(os.path.realpath(folder), name)
    return os.path.realpath(named)
