"""Whole folders: is what is called imported truly imported, and how much must a person look at?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accuracy.bounds import shown
from accuracy.household import Item, Scene, folders, held, lacking, tiles, worse
from accuracy.judge import Judge, Spread
from accuracy.photos import Photo
from dedupd.model import PictureClass

PRESENT = (PictureClass.MATCHED, PictureClass.DISMISSED)
COUNTS = {10: 200, 50: 100, 200: 40}
QUICK_COUNTS = {10: 20, 50: 6, 200: 2}
_QUICK_SCENES = 12


@dataclass(slots=True)
class Outcome:
    """What came of the folders of one size.

    Attributes:
        called, truly: Folders called imported, and how many of these are.
        held, found: Folders that are truly imported, and how many of these are called so.
        looks, of: Needles that are held but need a person, and all needles that are held.
    """

    called: int = 0
    truly: int = 0
    held: int = 0
    found: int = 0
    looks: int = 0
    of: int = 0

    def add(self, items: Sequence[Item], classes: Sequence[PictureClass]) -> None:
        """Count one folder."""
        all_held = all(item.held for item in items)
        called = all(one in PRESENT for one in classes)
        self.called += called
        self.truly += called and all_held
        self.held += all_held
        self.found += called and all_held
        for item, one in zip(items, classes, strict=True):
            self.of += item.held
            self.looks += item.held and one not in PRESENT


def judged(photos: Sequence[Photo], quick: bool, spread: Spread) -> Iterator[str]:
    """Make a household of these photographs, judge folders of it, and yield the tables."""
    scenes, spoilt = _household(photos, quick, spread)
    judge, classes_of = Judge(spread=spread), Counter[str]()
    library = judge.learn([data for one in (*scenes, *spoilt) for data in one.library])
    yield f"\n## Folders of a household of {len(scenes)} photos; every second lacks one picture\n"
    yield "| pictures | folders | called imported, truly so | imported, called so | looks per 100 |"
    yield "| --- | --- | --- | --- | --- |"
    for size, count in (QUICK_COUNTS if quick else COUNTS).items():
        outcome = Outcome()
        for items in folders(scenes, spoilt, size, count, seed=1):
            digests = judge.learn([item.data for item in items])
            verdicts = judge.classes(library, digests)
            classes = [verdicts[one].cls for one in digests]
            outcome.add(items, classes)
            for item, digest in zip(items, digests, strict=True):
                found = verdicts[digest]
                classes_of[f"{item.kind}: {found.cls.value} {found.reason}".strip()] += 1
        true, found_ = shown(outcome.truly, outcome.called), shown(outcome.found, outcome.held)
        each = f"{100 * outcome.looks / max(1, outcome.of):.2f}"
        yield f"| {size} | {count} | {true} | {found_} | {each} |"
    yield "\n" + "\n".join(f"- {what}: {count}" for what, count in sorted(classes_of.items()))


def _household(
    photos: Sequence[Photo], quick: bool, spread: Spread
) -> tuple[list[Scene], list[Scene]]:
    """Return what the library holds, and what it lacks or has of worse: one photograph in five."""
    whole = [photo for photo in photos if photo.name == photo.scene]
    names = sorted(photo.scene for photo in whole)
    strange, bettered = set(names[::10]), set(names[5::10])
    pieces = list(tiles(whole))
    known = [one for one in pieces if one.scene not in strange | bettered]
    scenes = list(spread(held, known[:: max(1, len(known) // _QUICK_SCENES)] if quick else known))
    spoilt = [lacking(one) for one in pieces if one.scene in strange]
    return scenes, spoilt + list(spread(worse, [one for one in pieces if one.scene in bettered]))
