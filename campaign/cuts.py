"""R9: each library file is damaged in turn; the folder that rests on it must leave imported.

A second time nothing tells of the damage, as when a disk fails: then reading it again must.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.system.commands import Site
from tests.system.forging import forge
from tests.system.pictures import as_webp, ours, pixels, resaved
from tests.system.planting import path_of
from tests.unit.picture_samples import encoded

from campaign.result import Result, Size
from campaign.stage import daemon, quiet_report, site

FILES = 60
WITHIN_S = 30.0
SOON = "rehash: {every: 1h, rate: 1TiB/s}\n"
SAME_SIZE = ("zero hole", "zero tail")
_PROGRESSIVE = (1, 92, 2, 1)  # IMWRITE_JPEG_QUALITY, IMWRITE_JPEG_PROGRESSIVE


def damages(data: bytes) -> Mapping[str, bytes]:
    """Return the file damaged in each way of the figure."""
    size = len(data)
    cuts = {f"cut to {percent} %": data[: size * percent // 100] for percent in (50, 90, 97)}
    hole, tail = size // 3, size * 3 // 4
    return {
        **cuts,
        "zero hole": data[:hole] + bytes(4096) + data[hole + 4096 :],
        "zero tail": data[:tail] + bytes(size - tail),
    }


def library_file(number: int, data: bytes) -> bytes:
    """Return a picture as the library has it: baseline, progressive or WebP in turn."""
    match number % 3:
        case 0:
            return data
        case 1:
            return encoded(pixels(data), ".jpg", *_PROGRESSIVE)
        case _:
            return as_webp(data)


@dataclass(slots=True)
class Outcome:
    """What came of it: files tried, those whose folder stayed imported, and false claims."""

    tried: int = 0
    stayed: int = 0
    wrong: int = 0
    slowest_s: float = 0.0
    notes: list[str] = field(default_factory=list)


def run(_seed: int, size: Size) -> Result:
    """Damage every file in every way, before the daemon's eyes and behind its back."""
    files = size.of(FILES, 4)
    with site(SOON) as stage:
        with _planted(stage, files) as folders:
            seen = _damaged_seen(stage, folders)
        forged, unfound = _damaged_unseen(stage, folders)
    left, slowest = seen.tried - seen.stayed, f"the slowest after {seen.slowest_s:.1f} s"
    measured = f"{left} of {seen.tried} left imported, {slowest}"
    measured += f"; forged back, {forged - len(unfound)} of {forged}"
    if len(folders) < files:
        measured += f"; {files - len(folders)} of {files} copies were no match to begin with"
    notes = (*seen.notes, *unfound)
    good = not (seen.stayed or seen.wrong or notes)
    return Result(measured, seen.tried + forged, good, seen.wrong, notes)


def _damaged_seen(stage: Site, folders: Mapping[Path, Path]) -> Outcome:
    """Damage each file in each way while the daemon watches, and mend it again."""
    outcome = Outcome()
    for path, folder in folders.items():
        whole = path.read_bytes()
        for how, data in damages(whole).items():
            outcome.tried += 1
            path.write_bytes(data)
            left_s = _leaves(stage, folder)
            outcome.slowest_s = max(outcome.slowest_s, left_s)
            if left_s > WITHIN_S:
                outcome.stayed += 1
                outcome.notes.append(f"{path.name} {how}: {folder.name} is still called imported")
            outcome.wrong += _state(stage, folder, wait=True) == "imported"
            path.write_bytes(whole)
            if _state(stage, folder, wait=True) != "imported":
                outcome.notes.append(f"{path.name} {how}: not imported again after it was mended")
    return outcome


def _damaged_unseen(stage: Site, folders: Mapping[Path, Path]) -> tuple[int, list[str]]:
    """Damage every file without a trace; return how many that were, and what wasn't found."""
    unfound: list[str] = []
    for how in SAME_SIZE:
        wholes = {path: path.read_bytes() for path in folders}
        for path, data in wholes.items():
            path.write_bytes(damages(data)[how])
        forge(stage, folders)
        with daemon(stage) as running:
            running.wait_ready()
            unfound += [
                f"{path.name} {how}, forged back: {folder.name} is still called imported"
                for path, folder in folders.items()
                if _leaves(stage, folder) > WITHIN_S
            ]
            for path, data in wholes.items():
                path.write_bytes(data)
            quiet_report(stage)
            running.end(signal.SIGTERM)
    return len(SAME_SIZE) * len(folders), unfound


@contextmanager
def _planted(stage: Site, count: int) -> Iterator[dict[Path, Path]]:
    """Run a daemon over a library whose every picture is asked for by one needle folder."""
    found = dict(_plant(stage, count))
    with daemon(stage) as running:
        running.wait_ready()
        report = quiet_report(stage)
        complete = {path_of(one) for one in report["folders"] if one["state"] == "imported"}
        usable = {path: folder for path, folder in found.items() if os.fsencode(folder) in complete}
        assert usable, "no folder is imported to begin with"
        yield usable


def _plant(stage: Site, count: int) -> Iterator[tuple[Path, Path]]:
    """Yield each library file, and the folder with its needle: the same bytes, or saved anew."""
    for number, data in enumerate(ours(count)):
        whole = library_file(number, data)
        path, folder = stage.lib / f"{number}.jpg", stage.needles / f"{number}"
        path.write_bytes(whole)
        folder.mkdir()
        (folder / "needle.jpg").write_bytes(whole if number % 2 else resaved(data))
        yield path, folder


def _leaves(stage: Site, folder: Path) -> float:
    """Return after how many seconds a folder is no longer called imported, unasked."""
    began_s = time.monotonic()
    while _state(stage, folder) == "imported" and time.monotonic() - began_s <= WITHIN_S:
        time.sleep(0.05)
    return time.monotonic() - began_s


def _state(stage: Site, folder: Path, wait: bool = False) -> str:
    report = quiet_report(stage) if wait else stage.report()
    return next(str(one["state"]) for one in report["folders"] if one["path"] == str(folder))
