"""Rows as the tables that are printed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from accuracy import rivals
from accuracy.bounds import shown
from accuracy.rows import Row, of_part

QUANTILES = (0, 1, 5, 50, 95, 99, 100)
UNSEEN = 1.0  # RMS grey levels of difference that nobody sees
ROUNDING = 0.4  # RMS grey levels by which two decoders may differ
_SIZES = ("large", "small", "tiny")


def recall(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the table of the copies: who finds how many of them, per size class and group."""
    others = rivals.names()
    for size in _SIZES:
        ours = [one for one in of_part(rows, "copies") if one.size == size]
        if not ours:
            continue
        scenes = len({one.scene for one in ours})
        yield f"\n## Copies of {size} photos ({scenes} scenes), per cent found, 95 % bounds\n"
        yield _line("copy", "n", "matched", "matched + possible", *others)
        yield _line(*["---"] * (4 + len(others)))
        for group in _groups(ours):
            some = [one for one in ours if one.group == group]
            counts = [_share(some, lambda one: one.matched), _share(some, lambda one: one.seen)]
            found = [
                f"{100 * sum(one.rivals[name] for one in some) / len(some):.1f}" for name in others
            ]
            yield _line(group, str(len(some)), *counts, *found)


def by_name(rows: Sequence[Row], part: str) -> Iterator[str]:
    """Yield, for each copy, how many are matched, and which limits decide against the rest."""
    yield f"\n## {part.capitalize()} one by one, large photos\n"
    yield _line("copy", "n", "matched", "matched + possible", "decided by")
    yield _line(*["---"] * 5)
    ours = [one for one in of_part(rows, part) if one.size == "large"]
    for name in sorted({(one.group, one.name) for one in ours}):
        some = [one for one in ours if (one.group, one.name) == name]
        matched, seen = (
            _percent(some, test) for test in (lambda one: one.matched, lambda one: one.seen)
        )
        yield _line(f"{name[0]}: {name[1]}", str(len(some)), matched, seen, _deciders(some))


def false_matches(rows: Sequence[Row], part: str, title: str) -> Iterator[str]:
    """Yield the table of pairs that must not match: how many do, for us and for others."""
    ours, others = of_part(rows, part), rivals.names()
    if not ours:
        return
    yield f"\n## {title}\n"
    yield _line("kind", "pairs", "scenes", "false", "per cent", "possible", *others)
    yield _line(*["---"] * (6 + len(others)))
    for group in _groups(ours):
        some = [one for one in ours if one.group == group]
        false = sum(one.matched for one in some)
        possible = sum(one.seen and not one.matched for one in some)
        wrong = [str(sum(one.rivals.get(name, False) for one in some)) for name in others]
        scenes = str(len({one.scene for one in some}))
        counted = str(len(some)), scenes, str(false), shown(false, len(some)), str(possible)
        yield _line(group, *counted, *(wrong if some[0].rivals else ["-"] * len(others)))


def reverse(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the table of the reverse runs; what nobody sees is counted apart."""
    told = [
        dataclasses.replace(one, group=f"{one.group}; under {UNSEEN:g} grey level")
        if one.apart and 0 <= one.apart[3] < UNSEEN
        else one
        for one in rows
    ]
    told.sort(key=lambda one: "; under" in one.group)
    yield from false_matches(told, "reverse", "Reverse runs: the library holds less")


def spreads(rows: Sequence[Row]) -> Iterator[str]:
    """Yield how the measures that limits are set on are spread, for copies and reverse runs."""
    yield "\n## Measures: quantiles 0, 1, 5, 50, 95, 99, 100 %\n"
    yield _line("pairs", "n", *[f"{one} %" for one in QUANTILES])
    yield _line(*["---"] * (2 + len(QUANTILES)))
    for part in ("copies", "reverse"):
        for size in _SIZES:
            ours = [one for one in of_part(rows, part) if one.size == size and one.apart]
            for group in _groups(ours):
                some = [one for one in ours if one.group == group]
                for what, values in _measured(some):
                    if values:
                        points = np.percentile(values, QUANTILES)
                        shown_ = [f"{value:.2f}" for value in points]
                        yield _line(f"{part}, {size}: {group}: {what}", str(len(values)), *shown_)


def _measured(rows: Sequence[Row]) -> Iterator[tuple[str, list[float]]]:
    yield "luma", [one.apart[0] for one in rows]
    yield "blocks, one size", [one.apart[2] for one in rows if one.apart[3] >= 0]
    yield "blocks, two sizes", [one.apart[2] for one in rows if one.apart[3] < 0]
    recoded = [one for one in rows if one.apart[3] >= 0 and one.apart[5] >= 0]
    yield "left / made", [one.apart[6] / max(one.apart[5], ROUNDING) for one in recoded]
    yield "left", [one.apart[6] for one in recoded]
    yield "peak left", [one.apart[7] for one in recoded]
    unknown = [one for one in rows if one.apart[3] >= 0 and one.apart[5] < 0]
    yield "error, nothing recoded", [one.apart[3] for one in unknown]
    yield "detail", [one.apart[4] for one in rows]


def _groups(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(one.group for one in rows))


def _share(rows: Sequence[Row], test: Callable[[Row], bool]) -> str:
    return shown(sum(map(test, rows)), len(rows))


def _percent(rows: Sequence[Row], test: Callable[[Row], bool]) -> str:
    return f"{100 * sum(map(test, rows)) / len(rows):.1f}" if rows else "-"


def _deciders(rows: Sequence[Row]) -> str:
    missed = [one.limit or one.reason for one in rows if not one.matched]
    counted = sorted(((missed.count(one), one) for one in set(missed)), reverse=True)
    return ", ".join(f"{one} {count}" for count, one in counted)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
