"""Counts every word "imported" that the disk denied at the moment when it was said."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from tests.system.commands import Fields, Site
from tests.system.planting import path_of

from campaign.truth import IMPORTED, Truth, claimed, differences, imported, truths

OLDEST_LOOK_S = 2.0
"""An event is written that long, at most, after the look that it speaks of."""
SOONEST_S = 0.01
"""Two clocks are read, one after the other."""


class Moment(NamedTuple):
    """What is imported in truth, from one change of the disk to the next.

    Attributes:
        began_s: When the change began that led to it: it may be so since then.
        looked_s: When it was looked at, after that change; it was no later that it became so.
        imported: The folders that are imported.
    """

    began_s: float
    looked_s: float
    imported: frozenset[bytes]


class Claims:
    """Follows what one site's daemon says, beside what is so.

    Attributes:
        wrong: What was wrongly called imported, in words.
        looks: How many folders were compared at quiet moments.
        complete: How many of these were imported in truth.
    """

    def __init__(self, site: Site, decided: Collection[bytes] = ()) -> None:
        self._site, self._decided = site, decided
        self._moments: list[Moment] = []
        self._read_bytes = self._last_seq = 0
        self.wrong: list[str] = []
        self.looks = self.complete = 0
        self.changed()

    def true(self) -> dict[bytes, Truth]:
        """Return what is so now."""
        return truths(self._site.lib, self._site.needles, self._decided)

    def changed(self, began_s: float | None = None) -> frozenset[bytes]:
        """Remember what is so now, after a change; return what is there and imported no more.

        It is so since before we looked: the daemon may see it sooner than we have gone through
        all, and sooner than whoever changed it comes back.

        Args:
            began_s: When the change began, where that is known.
        """
        looked_s = time.time()
        found = self.true()
        now = imported(found)
        before = self._moments[-1].imported if self._moments else now
        began_s = looked_s if began_s is None else began_s
        self._moments.append(Moment(began_s, looked_s, now))
        still_there = found.keys() - {path for path, one in found.items() if not one.pictures}
        return frozenset((before - now) & still_there)

    def start_log_anew(self) -> None:
        """Take the log as it is now for read, and the disk as it is now for all that was."""
        self._read_bytes = self._last_seq = 0
        self._new_events()
        self._moments.clear()
        self.changed()

    def forget_decisions(self) -> None:
        """The owner's decisions are gone, and count no more."""
        self._decided = ()
        self._moments.clear()
        self.changed()

    def hear(self) -> None:
        """Judge the events that were logged since the last call."""
        for event in self._new_events():
            if event["event"] == "folder.imported":
                self._judge(path_of(event), _seconds(event["time"]))

    def hear_report(self, report: Fields) -> None:
        """Judge a report at any moment: each claim by the time of its own look."""
        for folder in report["folders"]:
            if folder["state"] == IMPORTED:
                self._judge(path_of(folder), _seconds(folder["as_of"]))

    def compare(self, report: Fields) -> list[str]:
        """Return what a report of a quiet moment says otherwise than the disk; count it too."""
        found = self.true()
        self.looks += len(found)
        self.complete += len(imported(found))
        self.hear()
        for path in claimed(report) - imported(found):
            self.wrong.append(f"the report of a quiet moment calls {path!r} imported")
        return differences(report, found)

    def _judge(self, path: bytes, said_s: float) -> None:
        after = [one.looked_s for one in self._moments[1:]] + [float("inf")]
        off_s = min(
            (
                max(one.began_s - SOONEST_S - said_s, said_s - OLDEST_LOOK_S - ended_s)
                for one, ended_s in zip(self._moments, after, strict=True)
                if path in one.imported
            ),
            default=float("inf"),
        )
        if off_s > 0:
            what = f"{path!r} was called imported by a look at {said_s:.3f}"
            self.wrong.append(f"{what}, {off_s:.3f} s from when that was so")

    def _new_events(self) -> list[Fields]:
        """Return what was logged since the last call; what damage made of it says nothing."""
        log = self._site.state / "events.jsonl"
        if not log.exists():
            return []
        with log.open("rb") as file:
            if os.fstat(file.fileno()).st_size < self._read_bytes:
                self._read_bytes = 0  # it was cut, or another one begun
            file.seek(self._read_bytes)
            lines = [line for line in file.read().splitlines(keepends=True) if line[-1:] == b"\n"]
        self._read_bytes += sum(map(len, lines))
        events = [event for event in map(_event, lines) if event.get("seq", 0) > self._last_seq]
        self._last_seq = max([self._last_seq, *(event["seq"] for event in events)])
        return events


def _event(line: bytes) -> Fields:
    try:
        event: Fields = json.loads(line)
    except ValueError:
        return {}
    return event


def _seconds(rfc3339: str) -> float:
    return datetime.fromisoformat(rfc3339).timestamp()
