"""Run one command: parse, load that command's module only, and turn errors into exit codes."""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
from io import TextIOWrapper

from dedupd import __version__
from dedupd.cli.parsing import Parser, nearest
from dedupd.errors import ExitCode, UsageError, UserError, show

COMMANDS = {
    "run": "the daemon, in the foreground",
    "check": "look once, without a daemon: what is not in the library?",
    "status": "what the daemon knows; with PATH: what is true of it right now",
    "missing": "the pictures that are not in the library, one path a line",
    "events": "the event log",
    "rescan": "let the daemon look again now",
    "reload": "let the daemon read its configuration again",
    "accept": "tell the daemon that a suspicious root is right as it is",
    "doctor": "what this machine lacks, and for each what to type",
    "config": "write a first configuration, check one, or show the effective one",
    "service": "write the systemd unit for your folders, and say what to type",
    "hash": "perceptual hashes of a picture",
    "explain": "everything known about one picture, and what decided its class",
    "find": "where in the library is this picture? Any file will do",
    "duplicates": "groups of equal pictures within the library, or the needles",
    "receipt": "the proof of a folder's verdict, to keep; sha256sum -c checks it",
    "report": "one page to keep or send: folders, then doubtful pictures",
    "review": "opens the page for decisions, pictures side by side",
    "same": "say that two pictures are the same, or all to review of a folder",
    "different": "say that two pictures are not the same, whatever dedupd finds",
    "dismiss": "say that a picture is not wanted in the library",
    "decisions": "what you decided so far",
    "undo": "take a decision back; without ID the latest",
    "completion": "a script for your shell that completes commands and options",
}
"""Every command with its one line of help.  Its module here has `EXAMPLE: str`,
`add(parser) -> None` and `run(args) -> ExitCode`."""


UNWRITABLE = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; never raises but for a mistake in here."""
    if sys.stdout is None:  # closed by the caller: the exit code is all that is wanted
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 -- open to the end
    if isinstance(sys.stdout, TextIOWrapper):  # a name may not fit into the terminal's encoding
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return int(_expected(sys.argv[1:] if arguments is None else arguments))
    except Exception:
        # Loaded late: only bugs need it.
        import traceback

        traceback.print_exc()
        return int(ExitCode.BUG)


def _expected(arguments: list[str]) -> ExitCode:
    """Run the command line; what a person can mend, or did, becomes an exit code."""
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except UserError as error:
        show(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader had enough.  Not 0, which would say that everything is imported.
        return _give_up_output()
    except OSError as error:
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        why = error.strerror or str(error)
        show(UserError("the answer could not be written", why, "free space, or look at the output"))
        return _give_up_output()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def _give_up_output() -> ExitCode:
    """Let nothing more be written, also not when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.FAILED


def _run(arguments: list[str]) -> ExitCode:
    try:
        args = parse(arguments)
    except SystemExit:  # argparse leaves this way after --help and --version
        sys.stdout.flush()
        return ExitCode.DONE
    command = importlib.import_module(f"dedupd.cli.{args.command}")
    code: ExitCode = command.run(args)
    return code


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the parsed command line, its command in `command`.

    Raises:
        UsageError: It is wrong.
        SystemExit: It asked for help or for the version, and that was printed.
    """
    args = _main_parser().parse_args(arguments)
    if args.command not in COMMANDS:
        raise UsageError(
            "the command line is wrong",
            f"there is no command {args.command!r}{nearest(args.command, COMMANDS)}",
            "dedupd --help",
        )
    return command_parser(args.command).parse_whole(args.rest, args)


def command_parser(name: str) -> Parser:
    """Return the parser of one command."""
    command = importlib.import_module(f"dedupd.cli.{name}")
    parser = Parser(
        f"dedupd {name}",
        description=COMMANDS[name],
        epilog=f"example:\n  {command.EXAMPLE}",
    )
    command.add(parser)
    parser.shorten_usage()
    return parser


def _main_parser() -> Parser:
    lines = [f"  {name:<12}{text}" for name, text in COMMANDS.items()]
    parser = Parser(
        "dedupd",
        description="Is every picture in here already in my library?",
        epilog="\n".join(["commands:", *lines, "", "dedupd COMMAND --help says more."]),
    )
    parser.add_argument("--version", action="version", version=f"dedupd {__version__}")
    parser.add_argument("command", metavar="COMMAND", help="one of those below")
    parser.add_argument("rest", metavar="...", nargs=argparse.REMAINDER, help="its arguments")
    return parser
