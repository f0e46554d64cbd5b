"""The command line: `python -m accuracy [--photos DIR] [--groups DIR] [--quick] ...`."""

from __future__ import annotations

import argparse
import functools
import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2

from accuracy import alike, copying, foreign, rivals, tables, trials
from accuracy.pages import pages
from accuracy.photos import OLD_PHONE_SIDES_PX, Photo, below, by_old_phone, originals, own
from accuracy.rows import Row, write
from dedupd import __version__
from dedupd.likeness import MatchLimits

PARTS = ("copies", "alike", "folders")


def main() -> None:
    """Judge, and print the tables."""
    options = _options()
    start_s = time.perf_counter()
    print("\n".join(_head(options)))
    paths = below(options.photos) if options.photos else own()
    photos = list(originals(paths, round(1e6 * options.megapixels), options.quarters))
    if options.quick:
        photos = photos[:4]
    with ProcessPoolExecutor(options.workers) as pool:
        rows = list(_rows(options, photos, pool))
        if options.rows:
            write(options.rows, rows)
        for line in _tables(rows):
            print(line)
        if "folders" in options.parts:
            spread = functools.partial(pool.map, chunksize=1)
            for line in trials.judged(photos, options.quick, spread):
                print(line)
    print(f"\n{len(rows)} pairs in {time.perf_counter() - start_s:.0f} s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("accuracy", description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder of originals, all different")
    parser.add_argument("--groups", type=Path, help="sub-folders of pictures that only look alike")
    parser.add_argument("--quick", action="store_true", help="four photos, fewer copies")
    parser.add_argument("--quarters", action="store_true", help="each large photo's quarters too")
    parser.add_argument("--megapixels", type=float, default=5.0, help="larger ones are shrunken")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--rows", type=Path, help="keep every pair here, as JSON lines")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _head(options: argparse.Namespace) -> Iterator[str]:
    where = options.photos.name if options.photos else "the photographs of scikit-image, examples"
    yield f"dedupd {__version__}, {MatchLimits()}"
    yield f"Python {platform.python_version()}, OpenCV {cv2.__version__}, {platform.machine()}"
    yield f"{time.strftime('%Y-%m-%d')}, photographs: {where}"
    yield from (f"not installed, so left out: {name}" for name in foreign.missing())
    if not rivals.has_pdq():
        yield "not installed, so left out: PDQ (the package pdqhash)"


def _rows(
    options: argparse.Namespace, photos: Sequence[Photo], pool: ProcessPoolExecutor
) -> Iterator[Row]:
    whole = [one for one in photos if one.name == one.scene]
    if "copies" in options.parts:
        sides = OLD_PHONE_SIDES_PX[:1] if options.quick else OLD_PHONE_SIDES_PX
        small = [by_old_phone(one, side_px) for one in whole for side_px in sides]
        work = functools.partial(copying.rows_of, quick=options.quick)
        everything = [*photos, *small]
        yield from _told("copies", pool.map(work, everything), len(everything))
    if "alike" in options.parts:
        work = functools.partial(alike.rows_of_photo, quick=options.quick)
        yield from _told("look-alikes", pool.map(work, whole), len(whole))
        drawn = list(pages(options.quick))
        yield from _told("pages", pool.map(alike.rows_of_pages, drawn), len(drawn))
        yield from alike.rows_of_strangers(photos)
    if options.groups:
        folders = sorted(path for path in options.groups.iterdir() if path.is_dir())
        yield from _told("groups", pool.map(alike.rows_of_group, folders), len(folders))


def _told(what: str, parts: Iterable[list[Row]], count: int) -> Iterator[Row]:
    """Yield all rows; say on standard error how far it is."""
    for number, some in enumerate(parts, 1):
        print(f"{what}: {number} of {count}", file=sys.stderr)
        yield from some


def _tables(rows: Sequence[Row]) -> Iterator[str]:
    yield from tables.recall(rows)
    yield from tables.reverse(rows)
    yield from tables.false_matches(rows, alike.PART, "Look-alikes, one beside one")
    yield from tables.false_matches(rows, alike.WHOLE, "Bursts, all frames in one folder")
    yield from tables.by_name(rows, "copies")
    yield from tables.by_name(rows, "reverse")
    yield from tables.spreads(rows)


if __name__ == "__main__":
    main()
