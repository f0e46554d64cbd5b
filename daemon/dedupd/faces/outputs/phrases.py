"""Say counts in words: "2 not in the library, 1 to review".

Promises that the word "imported" never comes without what else would be lost with the folder:
`beside` gives that, and every rendering for people must say it in the same breath.
"""

from __future__ import annotations

from collections.abc import Container

from dedupd.faces.questions import Fields

TO_DO = (
    ("unmatched", "not in the library"),
    ("possible", "to review"),
    ("unreadable", "unreadable"),
    ("pending", "pending"),
    ("excluded", "excluded"),
)
"""The counts that keep a folder from being imported, with the words people see."""

MINUTE_S, HOUR_S = 60, 3600

STATE_ORDER = (
    "incomplete", "review", "unverified", "pending", "offline", "imported", "empty",
)  # fmt: skip
"""The states of a folder, those that need somebody or something first."""


def to_do(counts: Fields, but: Container[str] = ()) -> str:
    """Return what keeps these pictures from being imported, "" where nothing does."""
    left = [(counts[key], words) for key, words in TO_DO if key not in but]
    return ", ".join(f"{number(count)} {words}" for count, words in left if count)


def beside(counts: Fields) -> str:
    """Return "12 videos and 3 other files not in the library", "" where nothing is missing."""
    found = []
    if counts["videos_missing"]:
        found.append(several(counts["videos_missing"], "video"))
    if counts["others_missing"]:
        found.append(several(counts["others_missing"], "other file"))
    return f"{' and '.join(found)} not in the library" if found else ""


def several(count: int, noun: str) -> str:
    """Return "1 video" or "12 videos"."""
    return f"{number(count)} {noun}" + ("" if count == 1 else "s")


def number(count: int) -> str:
    """Return a count with its thousands apart."""
    return f"{count:,}"


def duration(seconds: float) -> str:
    """Return about how long that is, in one unit: "40 s", "3 min", "2 h"."""
    if seconds < 1.5 * MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 1.5 * HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    return f"{seconds / HOUR_S:.0f} h"


def moment(time: str) -> str:
    """Return an RFC 3339 time as people read it."""
    day, _, rest = time.partition("T")
    zone = " UTC" if rest.endswith("Z") else rest[-6:]
    return f"{day} {rest[:8]}{zone}"


def progress(queue: Fields) -> str:
    """Return how much is left, how fast it goes and how long it takes; "" when all is done."""
    if not queue["pending"]:
        return ""
    said = f"{several(queue['pending'], 'file')} to look at"
    if queue["per_second"]:
        said += f", {queue['per_second']:.1f} a second"
    if queue["eta_s"] is not None:
        said += f", about {duration(queue['eta_s'])} left"
    return said
