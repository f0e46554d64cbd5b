"""R8: how many damaged JPEG, PNG and GIF files are taken for whole ones.

Files with a single flipped bit are counted apart: where it falls on coded pixels, the file is
another whole picture, and no reader can tell.
"""

from __future__ import annotations

from collections import Counter

from accuracy.damage import damaged, formats
from tests.unit.picture_samples import seen, small_photo

from campaign.result import Result, Size
from dedupd.model import Fingerprint

FORMATS = ("JPEG", "JPEG progressive", "JPEG optimised", "PNG", "GIF")
ONE_BIT = "one bit"
FLIPS, FEW_FLIPS = 20, 1


def run(_seed: int, size: Size) -> Result:
    """Damage each in every way."""
    flips = size.of(FLIPS, FEW_FLIPS)
    percents = (5, 20, 40, 50, 60, 75, 90, 95, 99)[:: 1 if size.share else 4]
    ours, others = formats(small_photo(480, 360)), formats(small_photo(360, 480))
    tried, accepted = Counter[str](), Counter[str]()
    for name in FORMATS:
        whole = ours[name]
        for one in damaged(whole, others[name], flips=flips, percents=percents):
            if one.data != whole:
                kind = ONE_BIT if one.how == ONE_BIT else f"{name}: {one.how}"
                tried[kind] += 1
                accepted[kind] += _taken_as_whole(one.data)
    few = accepted.pop(ONE_BIT), tried.pop(ONE_BIT)
    taken = [kind for kind, count in accepted.items() if count]
    measured = f"{len(taken)} of {tried.total()} taken as whole; one bit: {few[0]} of {few[1]}"
    return Result(measured, tried.total(), not taken, notes=tuple(taken))


def _taken_as_whole(data: bytes) -> bool:
    found = seen(data)
    return isinstance(found, Fingerprint) and not found.bytes_only
