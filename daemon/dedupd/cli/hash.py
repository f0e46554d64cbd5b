"""`dedupd hash`: perceptual hashes of a picture."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from dedupd.errors import ExitCode
from dedupd.hashing import hashes
from dedupd.text import path_fields

EXAMPLE = "dedupd hash photo.jpg --algorithm dhash-article"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", metavar="FILE", help="the picture")
    parser.add_argument(
        "--algorithm",
        dest="algorithms",
        metavar="NAME",
        action="append",
        default=[],
        help="only this one; may be given several times",
    )


def run(args: argparse.Namespace) -> ExitCode:
    """Print each hash in hexadecimal, first bit first."""
    path = Path(args.file)
    found = hashes(path, tuple(args.algorithms))
    if args.json:
        values = {name: {"bits": h.bits, "value": str(h)} for name, h in found.items()}
        print(json.dumps({**path_fields(bytes(path)), "hashes": values}))
    else:
        for name, value in found.items():
            print(f"{name:<16}{value}")
    return ExitCode.DONE
