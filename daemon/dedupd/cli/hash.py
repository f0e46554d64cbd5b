"""`dedupd hash`: perceptual hashes of a picture."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from dedupd.errors import ExitCode
from dedupd.hashing import hashes
from dedupd.model import PerceptualHash
from dedupd.pictures.hashes import HASHES, carries_evidence
from dedupd.text import path_fields

EXAMPLE = "dedupd hash photo.jpg --algorithm dhash-article"
NO_EVIDENCE = "no evidence: a picture of one colour has it too"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", metavar="FILE", help="the picture")
    parser.add_argument(
        "--algorithm",
        dest="algorithms",
        metavar="NAME",
        action="append",
        default=[],
        help=f"only this one of {', '.join(HASHES)}; may be given several times",
    )


def run(args: argparse.Namespace) -> ExitCode:
    """Print each hash in hexadecimal, first bit first."""
    path = Path(args.file)
    found = hashes(path, tuple(args.algorithms))
    if args.json:
        values = {name: _fields(made) for name, made in found.items()}
        print(json.dumps({**path_fields(bytes(path)), "hashes": values}))
    else:
        for name, made in found.items():
            note = "" if carries_evidence(made) else f"  ({NO_EVIDENCE})"
            print(f"{name:<16}{made}{note}")
    return ExitCode.DONE


def _fields(made: PerceptualHash) -> dict[str, object]:
    return {"bits": made.bits, "value": str(made), "evidence": carries_evidence(made)}
