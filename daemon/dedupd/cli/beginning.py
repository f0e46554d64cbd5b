"""`dedupd config init`: ask for the folders, look at them, write a commented configuration."""

from __future__ import annotations

import argparse
import importlib.resources
import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dedupd.cli.configuration import overlap_check
from dedupd.cli.glimpse import Glimpse, glimpse
from dedupd.config import load
from dedupd.config_forms import escape
from dedupd.disk.mounts import inside
from dedupd.disk.overlap import exclude_line
from dedupd.errors import UsageError, UserError
from dedupd.faces.address import config_home, default_config
from dedupd.text import shown

_YES = ("", "y", "yes")
_EXAMPLE = "config.example.yaml"


@dataclass(frozen=True, slots=True)
class Folders:
    """What was chosen, absolute."""

    haystack: tuple[bytes, ...]
    needles: tuple[bytes, ...]


def begin(args: argparse.Namespace) -> Path:
    """Return the configuration that was written.

    Raises:
        UsageError: Nobody can be asked, or what was chosen can't be used.
        UserError: It can't be written there.
    """
    path = _place(args)
    _demand_free(path, force=args.force)
    chosen = Folders(_chosen(args, "haystack"), _chosen(args, "needles"))
    for folder in (*chosen.haystack, *chosen.needles):
        if inside(os.path.realpath(os.fsencode(path)), folder) is not None:
            why = f"it would lie below {shown(folder)}, where nothing is written"
            raise _unwritten(why, "dedupd config init --config FILE   (elsewhere)")
    _write(path, text_for(chosen), force=args.force)
    return path


def text_for(chosen: Folders) -> str:
    """Return the configuration: the roots, then every other key as a comment with its default."""
    head = [
        "# Written by `dedupd config init`.  `dedupd config check` tries it.",
        "",
        "# The library: folders with the pictures you already have in order.",
        "haystack:",
        *(_line(folder, chosen.needles) for folder in chosen.haystack),
        "",
        "# Folders in which pictures may still be missing from the library.",
        "needles:",
        *(_line(folder) for folder in chosen.needles),
        "",
        "# Everything below stands at its default: take away the first # of what you change.",
    ]
    example = importlib.resources.files("dedupd") / _EXAMPLE
    return "\n".join([*head, *_commented(example.read_text(encoding="utf-8"))]) + "\n"


def _line(folder: bytes, hidden: Iterable[bytes] = ()) -> str:
    """Return a root; needle roots inside a library are hidden from it, or they match themselves."""
    try:
        path = json.dumps(escape(folder.decode("utf-8")), ensure_ascii=False)
    except UnicodeDecodeError:
        why = f"{shown(folder)} is not a name in UTF-8, and a configuration is"
        raise UsageError("the configuration was not written", why, "rename the folder") from None
    below = [one for other in hidden if (one := inside(other, folder))]
    if not below:
        return f"  - {path}"
    patterns = [exclude_line(one).partition(": ")[2][1:-1] for one in below]
    return f"  - path: {path}\n    exclude: [{', '.join(patterns)}]"


def _commented(example: str) -> list[str]:
    """Return what follows the roots in the example, its settings turned into comments."""
    lines = example.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("state:"))
    while lines[first - 1].startswith("#"):
        first -= 1
    return [
        line if not line.strip() or line.lstrip().startswith("#") else f"#{line}"
        for line in ["", *lines[first:]]
    ]


def _place(args: argparse.Namespace) -> Path:
    named = args.config or os.environ.get("DEDUPD_CONFIG")
    if named:
        return Path(os.path.abspath(os.path.expanduser(named)))
    return Path(config_home(), "dedupd", "config.yaml")


def _demand_free(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        why = f"{shown(str(path))} is there already"
        fix = "dedupd config init --config FILE   (or --force: the old one becomes .bak)"
        raise _unwritten(why, fix)


def _chosen(args: argparse.Namespace, role: str) -> tuple[bytes, ...]:
    """Return the folders of a role: those that were named, or those that a person names now."""
    named: Sequence[str] | None = getattr(args, role)
    if named is None and not sys.stdin.isatty():
        why = "there is no terminal to ask for the folders"
        fix = "dedupd config init --haystack DIR... --needles DIR..."
        raise UsageError("the configuration was not written", why, fix)
    found: list[bytes] = []
    for folder in _named(role) if named is None else named:
        path = os.path.abspath(os.path.expanduser(os.fsencode(folder)))
        seen = glimpse(os.path.realpath(path))
        print("\n".join(_told(seen)), flush=True)
        found += _accepted(args, seen)
    if not found:
        raise UsageError("the configuration was not written", f"no {role} was named", _again(role))
    return tuple(dict.fromkeys(found))


def _named(role: str) -> Iterable[str]:
    words = {
        "haystack": "Where is your library?  (a folder; an empty line ends)",
        "needles": "Where are the old folders?  (backups, cards; an empty line ends)",
    }
    print(words[role], flush=True)
    while line := _asked("  > "):
        yield line


def _asked(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        return ""


def _told(seen: Glimpse) -> list[str]:
    lines = [f"{shown(seen.path)}: {seen.words}"]
    lines += [f"  {warning}" for warning in seen.warnings]
    for found in seen.found:
        lines += [f"  it looks like {found.program}"]
        lines += [f"  its pictures are in {shown(seen.below(one))}" for one in found.inside]
        lines += [f"  note: {found.warning}"] if found.warning else []
    return lines


def _accepted(args: argparse.Namespace, seen: Glimpse) -> list[bytes]:
    """Return the folder itself, or what lies in it where a person prefers that."""
    proposed = [seen.below(one) for found in seen.found for one in found.inside]
    if not proposed:
        return [seen.path]
    if not args.yes:
        if not sys.stdin.isatty():
            return [seen.path]
        if _asked("  take that instead? [Y/n] ").lower() not in _YES:
            return [seen.path]
    return proposed


def _write(path: Path, text: str, *, force: bool) -> None:
    """Put the configuration in its place once it was seen to be one that can be used."""
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o600)
        load(fresh, overlap_check)
        if force and path.exists():
            shutil.copy2(path, path.with_name(path.name + ".bak"))
        fresh.rename(path)
    except UsageError as wrong:
        raise UsageError("the configuration was not written", wrong.why, _again("")) from None
    except OSError as error:
        raise _unwritten(f"{shown(str(path))}: {error.strerror}", "look at that folder") from error
    finally:
        fresh.unlink(missing_ok=True)


def next_steps(path: Path) -> str:
    """Return what to type now."""
    usual = os.environ.get("DEDUPD_CONFIG") or default_config()
    option = "" if usual == str(path) else f" --config {shown(str(path))}"
    return "\n".join(
        [
            f"wrote {shown(str(path))}; now type one of these:",
            f"  dedupd check{option}     # look once",
            f"  dedupd run{option}       # keep looking, in this terminal",
            f"  dedupd service install --user{option}   # keep looking, as a service",
        ]
    )


def _again(role: str) -> str:
    return f"dedupd config init --{role} DIR..." if role else "dedupd config init"


def _unwritten(why: str, fix: str) -> UserError:
    return UserError("the configuration was not written", why, fix)
