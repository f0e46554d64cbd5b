"""R10: writers that pause in the middle; no digest of mixed content may be kept."""

from __future__ import annotations

import hashlib
import mmap
import os
import random
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.system.commands import Site

from campaign.claims import Claims
from campaign.result import Result, Size
from campaign.stage import PICTURE_BYTES, STRANGERS_FROM, content, daemon, plant, quiet_report, site
from dedupd.config_read import root_id
from dedupd.model import Role
from dedupd.state.store import open_store

ROUNDS, WRITERS = 60, 12
LONGEST_PAUSE_S, SHORT_PAUSE_S = 30.0, 2.0


def run(seed: int, size: Size) -> Result:
    """Write slowly, kill the daemon meanwhile, and read what its store kept."""
    rounds, mixed, notes = size.of(ROUNDS, 2), 0, list[str]()
    longest_s = max(SHORT_PAUSE_S, LONGEST_PAUSE_S * size.share)
    dice = random.Random(seed)
    with site() as stage:
        plant(stage, library=WRITERS, folders=WRITERS, each=1)
        claims = Claims(stage)
        for number in range(rounds):
            kept = _round(stage, dice, longest_s)
            mixed += len(kept)
            notes += [f"round {number}: {path!r}" for path in kept]
        with daemon(stage) as running:
            running.wait_ready()
            claims.changed()
            notes += claims.compare(quiet_report(stage))
    measured = f"{mixed} mixed digests kept, pauses up to {longest_s:.0f} s"
    tried = rounds * WRITERS
    return Result(measured, tried, not notes and not claims.wrong, len(claims.wrong), tuple(notes))


def _round(stage: Site, dice: random.Random, longest_s: float) -> list[bytes]:
    """Let every file be written slowly while a daemon runs; return what is kept and mixed."""
    files = [*sorted(stage.lib.rglob("*.jpg")), *sorted(stage.needles.rglob("*.jpg"))]
    chosen = dice.sample(files, WRITERS)
    writers = [_writer(path, random.Random(dice.random()), longest_s) for path in chosen]
    with daemon(stage) as running:
        running.wait_ready()
        for writer in writers:
            writer.start()
        time.sleep(dice.uniform(0.5, longest_s))
        running.end()
    kept = _kept_and_mixed(stage)
    for writer in writers:
        writer.join()
    return kept


def _writer(path: Path, dice: random.Random, longest_s: float) -> threading.Thread:
    data = content(dice.choice([0, STRANGERS_FROM]) + dice.randrange(WRITERS))
    work = dice.choice([_write_slowly, _map_slowly])
    return threading.Thread(target=work, args=(path, data, dice, longest_s))


def _write_slowly(path: Path, data: bytes, dice: random.Random, longest_s: float) -> None:
    with path.open("r+b", buffering=0) as file:
        for first, last in _pieces(dice):
            file.write(data[first:last])
            time.sleep(dice.uniform(0, longest_s / 2))
        file.write(data[file.tell() :])


def _map_slowly(path: Path, data: bytes, dice: random.Random, longest_s: float) -> None:
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        for first, last in _pieces(dice):
            mapped[first:last] = data[first:last]
            time.sleep(dice.uniform(0, longest_s / 2))
        mapped[:] = data


def _pieces(dice: random.Random) -> Iterator[tuple[int, int]]:
    middle = dice.randrange(1000, PICTURE_BYTES - 1000)
    yield 0, middle
    yield middle, dice.randrange(middle, PICTURE_BYTES - 1)


def _kept_and_mixed(stage: Site) -> list[bytes]:
    """Return the files of which the store of a killed daemon has a digest of no whole picture."""
    numbers = [start + number for start in (0, STRANGERS_FROM) for number in range(WRITERS)]
    whole = {hashlib.sha256(content(number)).digest() for number in numbers}
    copy = stage.folder / "copied state"
    shutil.copytree(stage.state, copy, ignore=lambda *_: ["control.sock"])
    store, _ = open_store(copy)
    try:
        roots = [
            root_id(role, os.fsencode(path))
            for role, path in ((Role.HAYSTACK, stage.lib), (Role.NEEDLES, stage.needles))
        ]
        known = [one for root in roots for one in store.files(root)]
    finally:
        store.close()
        shutil.rmtree(copy)
    return [path for path, record in known if record.digest and record.digest not in whole]
