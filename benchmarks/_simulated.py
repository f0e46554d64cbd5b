"""A library of any size whose pictures nobody took: a real tree and store, looks made up.

The files are sparse, so a million of them take no room but their names; what they would show is
made up by number, so that the store can be filled, and reads and decodes answered, without them.
Hashes and sketches come in bursts: up to eight pictures within a few bits and grey levels.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage
from benchmarks import _hashes
from benchmarks._hashes import Hashes
from numpy.typing import NDArray

from dedupd.looking import VERSIONS
from dedupd.model import FileRecord, Fingerprint, Kind, Place, Role, Root, Stamp
from dedupd.pictures.sketch import sketch
from dedupd.state.level import LevelStore
from dedupd.state.store import open_store

Sketches = NDArray[np.uint8]

FOLDER_FILES = 100
NEEDLES_PART = 100
"""One needle for so many library pictures, but one folder of copies and one of others at least."""
MOST_IN_BURST = 8
BURST_BITS, BURST_LEVELS = 3, 4
LEAST_BYTES, MOST_BYTES = 1_500_000, 6_500_000
SHORE = 1_000  # real hashes and sketches that all others are made of
VIEWS_TOLD = 8
COMMIT_EVERY = 1000
FIRST_NEEDLE, FIRST_NEW = 10**10, 2 * 10**10
"""Numbers of pictures that only the needles have, and of those that come while we look."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How so many pictures look: eight hashes (all views) and a sketch of each."""

    hashes: Hashes
    sketches: Sketches


class Nature:
    """Where looks come from: photographs, spliced and blended; the same for the same seed."""

    def __init__(self, seed: int = 5) -> None:
        self.dice = np.random.default_rng(seed)
        self.real = _hashes.real(self.dice, SHORE)
        self._sketches = _real_sketches(self.dice)

    def looks(self, count: int) -> Looks:
        """Return how so many new pictures look, bursts side by side."""
        burst, bursts = self._bursts(count)
        views = [self._view(burst, bursts) for _ in range(VIEWS_TOLD)]
        return Looks(np.stack(views, axis=1), self._blended(burst, bursts))

    def hashes(self, count: int) -> Hashes:
        """Return the hashes of so many pictures as they are, in no other view."""
        return self._view(*self._bursts(count))

    def _bursts(self, count: int) -> tuple[NDArray[np.int64], int]:
        """Return in which burst each of so many pictures is, and how many bursts there are."""
        sizes = self.dice.integers(1, MOST_IN_BURST + 1, count)
        burst = np.repeat(np.arange(count), sizes)[:count]
        return burst, int(burst[-1]) + 1

    def _view(self, burst: NDArray[np.int64], bursts: int) -> Hashes:
        first = _hashes.clustered(self.real, bursts, self.dice)
        return _hashes.flipped(first[burst], BURST_BITS, self.dice)

    def _blended(self, burst: NDArray[np.int64], bursts: int) -> Sketches:
        one, two = (self._sketches[self.dice.integers(0, SHORE, bursts)] for _ in range(2))
        share = self.dice.uniform(0.3, 0.7, (bursts, 1))
        scenes = (one * share + two * (1 - share))[burst]
        noise = self.dice.integers(-BURST_LEVELS, BURST_LEVELS + 1, scenes.shape)
        return np.clip(scenes + noise, 0, 255).astype(np.uint8)


def _real_sketches(dice: np.random.Generator) -> Sketches:
    folder = Path(skimage.__file__).parent / "data"
    photos = [cv2.imread(str(folder / name), cv2.IMREAD_GRAYSCALE) for name in _hashes.PHOTOS]
    rows = (
        sketch(_hashes.altered(np.asarray(photos[at % len(photos)], np.uint8), dice))
        for at in range(SHORE)
    )
    return np.frombuffer(b"".join(rows), np.uint8).reshape(SHORE, -1)


def digest(number: int) -> bytes:
    """Return the digest of that picture."""
    return hashlib.sha256(b"%d" % number).digest()


def size_bytes(number: int) -> int:
    """Return how long its file is."""
    return LEAST_BYTES + int.from_bytes(digest(number)[:4], "big") % (MOST_BYTES - LEAST_BYTES)


def fingerprint(looks: Looks, row: int, number: int) -> Fingerprint:
    """Return what a worker would find in it."""
    dhash, *turned = looks.hashes[row].tolist()
    coded = hashlib.sha256(b"coded %d" % number).digest()
    shown = looks.sketches[row].tobytes()
    return Fingerprint(4000, 3000, dhash, shown, "jpeg", coded=coded, turned=tuple(turned))


def roots(base: Path) -> tuple[Root, Root]:
    """Return the library and the needles below `base`."""
    return (
        Root("h", os.fsencode(base / "library"), Role.HAYSTACK),
        Root("n", os.fsencode(base / "needles"), Role.NEEDLES),
    )


def name(number: int) -> bytes:
    """Return the path of a picture inside its root: a hundred of them to a folder."""
    folder = number // FOLDER_FILES
    return b"%03d/%05d/DSC%08d.JPG" % (folder // 1000, folder, number)


def plant(base: Path, count: int) -> None:
    """Make a library of so many pictures, the needles beside it, and the store of both.

    Half of the needle folders are byte copies of the library, half are in it nowhere.
    """
    library, needles = roots(base)
    wanted = max(2 * FOLDER_FILES, count // NEEDLES_PART) // 2
    nature = Nature()
    (base / "state").mkdir(parents=True)
    store, _ = open_store(base / "state", VERSIONS)
    for start in range(0, count, 10 * COMMIT_EVERY):
        numbers = range(start, min(start + 10 * COMMIT_EVERY, count))
        _put(store, library, numbers, nature)
    _put(store, needles, range(wanted), None)
    _put(store, needles, range(FIRST_NEEDLE, FIRST_NEEDLE + wanted), nature)
    store.commit(sync=True)
    store.close()


def _put(store: LevelStore, root: Root, numbers: range, nature: Nature | None) -> None:
    """Write files and what the store keeps of them; without a nature their looks are known."""
    looks = nature.looks(len(numbers)) if nature is not None else None
    places = written(root, list(numbers))
    for row, (number, (place, stamp)) in enumerate(zip(numbers, places, strict=True)):
        store.put_file(place, FileRecord(stamp, kind=Kind.PICTURE, digest=digest(number)))
        if looks is not None:
            store.put_fingerprint(digest(number), fingerprint(looks, row, number))
        if row % COMMIT_EVERY == 0:
            store.commit()


def written(root: Root, numbers: list[int]) -> Iterator[tuple[Place, Stamp]]:
    """Write a sparse file for each; yield where it is and what `lstat` shows."""
    for number in numbers:
        place = Place(root.id, name(number))
        path = os.path.join(root.path, place.path)
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path))
            fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.ftruncate(fd, size_bytes(number))
        seen = os.fstat(fd)
        os.close(fd)
        yield place, Stamp(seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def number_of(place: Place) -> int:
    """Return which picture is at that place."""
    return int(place.name[3:].partition(b".")[0])
