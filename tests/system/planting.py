"""Plants files in a needle root and keeps the truth about them: what every folder must count.

The truth comes from whoever plants a file, and adds up by the contract's words; dedupd is not
asked.  Paths are bytes inside the root, because names on Linux are bytes.
"""

from __future__ import annotations

import base64
import os
from collections import Counter
from pathlib import Path
from typing import Any

from tests.system.pictures import (
    as_png,
    as_webp,
    foreign,
    ours,
    resaved,
    resized,
    surely_the_same,
)

Fields = dict[str, Any]

COUNTS = (
    "pictures", "matched", "possible", "unmatched", "unreadable", "dismissed", "pending",
    "others", "others_missing", "videos", "videos_missing", "excluded", "ignored",
)  # fmt: skip

MATCHED, UNMATCHED = ("pictures", "matched"), ("pictures", "unmatched")
POSSIBLE, UNREADABLE = ("pictures", "possible"), ("pictures", "unreadable")
OTHER, OTHER_MISSING = ("others",), ("others", "others_missing")
VIDEO, VIDEO_MISSING = ("videos",), ("videos", "videos_missing")
IGNORED, EXCLUDED = ("ignored",), ("excluded",)
EXCLUDED_PICTURE = ("excluded", "pictures among it")

LIBRARY_PICTURES, SPARE_PICTURES, FOREIGN_PICTURES = 320, 12, 4
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"a film of ours " * 300
FOREIGN_FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"another film" * 300
LETTER, FOREIGN_LETTER = b"a letter of ours\n" * 40, b"a letter\n" * 41


class Planting:
    """A needle root and the truth about it."""

    def __init__(self, root: Path) -> None:
        self.root = os.fsencode(root)
        self.truth: dict[bytes, tuple[str, ...]] = {}
        self.folders: set[bytes] = {b""}
        os.makedirs(self.root, exist_ok=True)

    def path(self, inside: bytes) -> bytes:
        """Return an absolute path."""
        return os.path.join(self.root, inside) if inside else self.root

    def folder(self, inside: bytes) -> None:
        """Make a folder, and those above it."""
        os.makedirs(self.path(inside), exist_ok=True)
        while inside:
            self.folders.add(inside)
            inside = inside.rpartition(b"/")[0]

    def note(self, inside: bytes, counts: tuple[str, ...]) -> bytes:
        """Say what will be at a path, and return the absolute path to put it there."""
        self.folder(inside.rpartition(b"/")[0])
        self.truth[inside] = counts
        return self.path(inside)

    def put(self, inside: bytes, data: bytes, counts: tuple[str, ...]) -> None:
        """Write a file, and say what it counts as."""
        Path(os.fsdecode(self.note(inside, counts))).write_bytes(data)

    def own(self, folder: bytes) -> Counter[str]:
        """Return what the files directly in a folder add up to."""
        inside = [path for path in self.truth if path.rpartition(b"/")[0] == folder]
        return Counter(name for path in inside for name in self.truth[path])

    def tree(self, folder: bytes) -> Counter[str]:
        """Return what all files below a folder add up to."""
        prefix = folder + b"/" if folder else b""
        inside = [path for path in self.truth if path.startswith(prefix)]
        return Counter(name for path in inside for name in self.truth[path])

    def state(self, folder: bytes) -> str:
        """Return the folder's state when all is known: the contract's table, from the top."""
        counts = self.tree(folder)
        if not counts["pictures"] and not counts["pictures among it"]:
            return "empty"
        if counts["unmatched"] or counts["unreadable"] or counts["pictures among it"]:
            return "incomplete"
        return "review" if counts["possible"] else "imported"

    def expected(self) -> dict[bytes, Fields]:
        """Return state and counts of every folder, by absolute path."""
        return {
            self.path(folder): {
                "state": self.state(folder),
                **_plain(self.tree(folder)),
                "own": _plain(self.own(folder)),
            }
            for folder in self.folders
        }


def reported(report: Fields) -> dict[bytes, Fields]:
    """Return of a `--json` report what `Planting.expected` speaks of."""
    return {
        path_of(folder): {key: folder[key] for key in ("state", *COUNTS, "own")}
        for folder in report["folders"]
    }


def path_of(fields: Fields, key: str = "path") -> bytes:
    """Return a path of the contract's JSON, whole where it isn't valid UTF-8."""
    whole = fields.get(f"{key}_b64")
    return base64.b64decode(whole) if whole else str(fields[key]).encode()


def stock(library: Path, count: int = LIBRARY_PICTURES) -> tuple[bytes, ...]:
    """Fill a library with pictures, a film and a letter; return the pictures."""
    pictures = ours(count)
    for number, data in enumerate(pictures):
        path = library / f"{2000 + number % 20}" / f"IMG_{number:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (library / "film.mp4").write_bytes(FILM)
    (library / "letter.txt").write_bytes(LETTER)
    return pictures


def plant_everything(library: Path, needles: Path) -> Planting:
    """Stock the library, and plant one folder for each thing that needles hold.

    No library picture is asked for by more than one of its copies that aren't equal bytes:
    which of several is meant would be a question for a person.
    """
    pictures = stock(library)
    spare = ours(LIBRARY_PICTURES + SPARE_PICTURES)[LIBRARY_PICTURES:]
    planting = Planting(needles)
    copies, changed = list(pictures[:80]), list(pictures[80:])
    _plant_copies(planting, copies)
    _plant_changed(planting, changed)
    _plant_missing(planting, copies, list(spare))
    _plant_damaged(planting, copies, changed)
    _plant_odd_names(planting, copies)
    _plant_no_files(planting, copies, library)
    _plant_nested(planting, copies, list(spare[6:]))
    _plant_others(planting, copies)
    _plant_hidden(planting, copies)
    return planting


def _plant_copies(planting: Planting, copies: list[bytes]) -> None:
    for number in range(12):
        planting.put(b"byte copies/DSC%05d.JPG" % number, copies.pop(), MATCHED)
    planting.put(b"byte copies/no suffix", copies.pop(), MATCHED)


def _plant_changed(planting: Planting, changed: list[bytes]) -> None:
    """Plant pictures that were saved anew, in another size or format: the same, not equal."""

    def smaller(data: bytes) -> bytes:
        return resized(data, 0.75)

    def half(data: bytes) -> bytes:
        return resized(data, 0.5)

    def larger(data: bytes) -> bytes:
        return resized(data, 1.5)

    for folder, suffix, change, count, counts in (
        (b"saved anew", b".jpg", resaved, 12, MATCHED),
        (b"resized", b".jpg", smaller, 8, MATCHED),
        (b"resized", b" half.jpg", half, 4, MATCHED),
        (b"converted", b".png", as_png, 6, MATCHED),
        (b"converted", b".webp", as_webp, 6, MATCHED),
        (b"larger than the library's", b".jpg", larger, 3, POSSIBLE),
    ):
        for number in range(count):
            while not surely_the_same(data := changed.pop(), change):
                pass
            planting.put(b"%s/%d%s" % (folder, number, suffix), change(data), counts)


def _plant_missing(planting: Planting, copies: list[bytes], spare: list[bytes]) -> None:
    for number in range(5):
        planting.put(b"missing/here %d.jpg" % number, copies.pop(), MATCHED)
    for number in range(4):
        planting.put(b"missing/not here %d.jpg" % number, spare[number], UNMATCHED)
    for number, data in enumerate(foreign(FOREIGN_PICTURES)):
        planting.put(b"missing/from elsewhere %d.jpg" % number, data, UNMATCHED)
    # The same missing picture twice: it counts twice, since two files may be deleted.
    planting.put(b"missing/not here 0 again.jpg", spare[0], UNMATCHED)


def _plant_damaged(planting: Planting, copies: list[bytes], changed: list[bytes]) -> None:
    planting.put(b"damaged/whole.jpg", copies.pop(), MATCHED)
    cut = resaved(changed.pop())
    planting.put(b"damaged/cut.jpg", cut[: len(cut) * 2 // 3], UNREADABLE)
    # Of a picture that the library has whole: half of it is not in the library.
    copy = copies.pop()
    planting.put(b"damaged/half a copy.jpg", copy[: len(copy) // 2], UNREADABLE)
    # What a dying disk leaves: a run of zeros in the middle of a whole file.
    holed = resaved(changed.pop())
    middle = len(holed) // 2
    holed = holed[:middle] + bytes(4096) + holed[middle + 4096 :]
    planting.put(b"damaged/holed.jpg", holed, UNREADABLE)
    planting.put(b"damaged/text.jpg", b"this is no picture\n" * 9, UNREADABLE)
    planting.put(b"damaged/empty.jpg", b"", UNREADABLE)


def _plant_odd_names(planting: Planting, copies: list[bytes]) -> None:
    names = (
        b" two  spaces .jpg", b"line\nend.jpg", b"back\\slash.jpg", b"not utf-8 \xff\xfe.jpg",
        b"-rf.jpg", b"escape \x1b[31m.jpg", "right to left \u202egpj.jpg".encode(), b"~.jpg",
    )  # fmt: skip
    for name in names:
        planting.put(b"odd names/" + name, copies.pop(), MATCHED)
    planting.put(b"odd names/folder \xe4\n\\ /inside.jpg", copies.pop(), MATCHED)


def _plant_no_files(planting: Planting, copies: list[bytes], library: Path) -> None:
    folder = b"links and pipes"
    planting.put(folder + b"/file.jpg", copies.pop(), MATCHED)
    witness = os.fsencode(next(library.rglob("*.jpg")))
    os.symlink(witness, planting.note(folder + b"/link.jpg", UNREADABLE))
    os.symlink(b"/nowhere/at/all", planting.note(folder + b"/dangling link", UNREADABLE))
    os.symlink(os.fsencode(library), planting.note(folder + b"/link to a folder", UNREADABLE))
    os.mkfifo(planting.note(folder + b"/pipe.jpg", UNREADABLE))


def _plant_nested(planting: Planting, copies: list[bytes], spare: list[bytes]) -> None:
    planting.put(b"nested/top.jpg", copies.pop(), MATCHED)
    planting.put(b"nested/a/one.jpg", copies.pop(), MATCHED)
    planting.put(b"nested/a/b/two.jpg", copies.pop(), MATCHED)
    planting.put(b"nested/a/b/c/missing.jpg", spare.pop(), UNMATCHED)
    planting.put(b"nested/a/b/d/three.jpg", copies.pop(), MATCHED)
    planting.put(b"nested/e/f/four.jpg", copies.pop(), MATCHED)
    planting.folder(b"nested/e/nothing in here")


def _plant_others(planting: Planting, copies: list[bytes]) -> None:
    folder = b"films and papers"
    planting.put(folder + b"/picture.jpg", copies.pop(), MATCHED)
    planting.put(folder + b"/kept.mp4", FILM, VIDEO)
    planting.put(folder + b"/gone.mp4", FOREIGN_FILM, VIDEO_MISSING)
    planting.put(folder + b"/kept.txt", LETTER, OTHER)
    planting.put(folder + b"/picture.xmp", b"<xmp/>\n", OTHER_MISSING)
    planting.put(folder + b"/gone.txt", FOREIGN_LETTER, OTHER_MISSING)
    planting.put(folder + b"/same size, gone.txt", LETTER[::-1], OTHER_MISSING)
    planting.put(folder + b"/papers only/gone.txt", FOREIGN_LETTER, OTHER_MISSING)


def _plant_hidden(planting: Planting, copies: list[bytes]) -> None:
    folder = b"ignored and excluded"
    planting.put(folder + b"/kept/picture.jpg", copies.pop(), MATCHED)
    planting.put(folder + b"/kept/._picture.jpg", b"\0\5\x16\7", IGNORED)
    planting.put(folder + b"/kept/.DS_Store", b"\0\0\0\1Bud1", IGNORED)
    planting.put(folder + b"/kept/Thumbs.db", b"thumbs", IGNORED)
    planting.put(folder + b"/kept/.hidden/picture.jpg", copies.pop(), MATCHED)
    planting.put(folder + b"/paper/raw-cache/note.txt", b"a note\n", EXCLUDED)
    planting.put(folder + b"/paper/picture.jpg", copies.pop(), MATCHED)
    planting.put(folder + b"/picture/raw-cache/1.jpg", copies[-1], EXCLUDED_PICTURE)
    planting.put(folder + b"/picture/picture.jpg", copies.pop(), MATCHED)


def _plain(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in COUNTS}
