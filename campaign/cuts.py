"""R9: each library file is damaged in turn; the folder that rests on it must leave imported."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.system.commands import Site
from tests.system.pictures import as_webp, ours, pixels, resaved
from tests.system.planting import path_of
from tests.unit.picture_samples import encoded

from campaign.result import Result, Size
from campaign.stage import daemon, quiet_report, site

FILES = 60
WITHIN_S = 30.0
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


def run(_seed: int, size: Size) -> Result:
    """Damage every file in every way."""
    stayed, wrong, tried, notes = 0, 0, 0, list[str]()
    slowest_s = 0.0
    files = size.of(FILES, 4)
    with site() as stage, _planted(stage, files) as folders:
        for path, folder in folders.items():
            whole = path.read_bytes()
            for how, data in damages(whole).items():
                tried += 1
                path.write_bytes(data)
                left_s = _leaves(stage, folder)
                slowest_s = max(slowest_s, left_s)
                if left_s > WITHIN_S:
                    stayed += 1
                    notes.append(f"{path.name} {how}: {folder.name} is still called imported")
                if _state(stage, folder, wait=True) == "imported":
                    wrong += 1
                path.write_bytes(whole)
                if _state(stage, folder, wait=True) != "imported":
                    notes.append(f"{path.name} {how}: not imported again after it was mended")
    measured = f"{tried - stayed} of {tried} left imported, the slowest after {slowest_s:.1f} s"
    if len(folders) < files:
        measured += f"; {files - len(folders)} of {files} copies were no match to begin with"
    return Result(measured, tried, not (stayed or wrong or notes), wrong, tuple(notes))


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
