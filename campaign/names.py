"""R19: hostile file and folder names through log, status, JSON, lists of paths and the page."""

from __future__ import annotations

import html
import json
import os
import re
from http import HTTPStatus
from pathlib import Path

from tests.system.commands import Site
from tests.system.page_client import Client
from tests.system.planting import path_of

from campaign.hostile import NAMES
from campaign.result import Result, Size
from campaign.stage import STRANGERS_FROM, content, daemon, quiet_report, site
from dedupd.text import shown

_CONTROLS = {chr(number) for number in (*range(32), *range(127, 160))} - {"\n"}
_LINK = re.compile(r'href="(/[^"]*)"')
_TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def run(_seed: int, _size: Size) -> Result:
    """Plant each as a file and as a folder, before the start and after it."""
    notes = list[str]()
    with site() as stage:
        (stage.lib / "0.jpg").write_bytes(content(0))
        with daemon(stage) as running:
            running.wait_ready()
            quiet_report(stage)
            paths = set(_plant(os.fsencode(stage.needles)))
            report = quiet_report(stage)
            notes += _exact(stage, report, paths)
            notes += _raw(stage, running.log)
            pages = _pages(stage)
            notes += _unsaid(pages)
            notes += [one for path, text in pages.items() for one in _raw_words(path, text)]
            running.end()
        notes += _raw_words("missing without a daemon", stage.ask("missing").out)
    measured = f"{len(notes)} names changed or shown raw; {len(pages)} pages looked at"
    return Result(measured, 2 * len(NAMES), not notes, notes=tuple(notes))


def _plant(root: bytes) -> list[bytes]:
    """Make a file and a folder of each name; return the paths of the files."""
    paths = []
    for number, name in enumerate(NAMES):
        folder = os.path.join(root, b"in " + name)
        os.mkdir(folder)
        for path in (os.path.join(root, name), os.path.join(folder, name)):
            Path(os.fsdecode(path)).write_bytes(content(STRANGERS_FROM + number))
            paths.append(path)
    return paths


def _exact(stage: Site, report: dict[str, object], paths: set[bytes]) -> list[str]:
    """Return where a path doesn't come back byte for byte."""
    logged = {path_of(one) for one in stage.events("picture.unmatched")}
    listed = set(stage.ask("missing", "-0").out.split(b"\0")) - {b""}
    objects = [json.loads(line) for line in stage.ask("missing", "--json").out.splitlines()]
    folders = report["folders"]
    assert isinstance(folders, list)
    told = {path_of(one) for one in folders}
    wanted = {os.path.dirname(path) for path in paths}
    found = {
        "events": logged ^ paths,
        "missing -0": listed ^ paths,
        "missing --json": {path_of(one) for one in objects} ^ paths,
        "status --json": told ^ wanted,
    }
    return [f"{where}: {path!r}" for where, some in found.items() for path in sorted(some)]


def _raw(stage: Site, log: Path) -> list[str]:
    """Return what shows a control character to a terminal or a reader of logs."""
    shown = {
        "events.jsonl": (stage.state / "events.jsonl").read_bytes(),
        "standard error": log.read_bytes(),
        "status": stage.ask("status").out,
        "events": stage.ask("events").out,
        "missing": stage.ask("missing").out,
        "status --json": stage.ask("status", "--json").out,
        "missing --json": stage.ask("missing", "--json").out,
    }
    return [one for where, data in shown.items() for one in _raw_words(where, data)]


def _pages(stage: Site) -> dict[str, bytes]:
    """Return what the page shows wherever its links lead."""
    client = Client(json.loads(stage.ask("review", "--json").out)["url"])
    client.enter()
    pages, ahead = dict[str, bytes](), ["/", "/review", "/events"]
    while ahead:
        path = ahead.pop()
        status, text = client.get(path)
        pages[path] = text.encode() if status == HTTPStatus.OK else b"\0 refused"
        links = {html.unescape(link).partition("#")[0] for link in _LINK.findall(text)}
        ahead += sorted(link for link in links - pages.keys() - set(ahead) if "static" not in link)
    return pages


def _unsaid(pages: dict[str, bytes]) -> list[str]:
    """Return the names that no page shows as one line of text."""
    told = html.unescape("".join(text.decode() for text in pages.values()))
    return [f"the page never shows {name!r}" for name in NAMES if shown(name) not in told]


def _raw_words(where: str, data: bytes) -> list[str]:
    text = data.decode("utf-8", "surrogateescape")
    raw = (_CONTROLS | _TURNS) & set(text)
    forged = [
        line
        for line in text.splitlines()
        if '"2030-01-01' in line and line.startswith('{"time": "2030')
    ]
    return [f"{where}: raw {sorted(raw)!r}"] * bool(raw) + [f"{where}: a forged line"] * bool(
        forged
    )
