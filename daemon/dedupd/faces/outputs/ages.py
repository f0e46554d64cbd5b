"""Say times in words: "3 hours ago", "yesterday 18:04".

For people at a terminal only, in their own time zone: what a program may read has RFC 3339.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from dedupd.faces.outputs.phrases import HOUR_S, MINUTE_S, several

SOON_S = 60
"""Two clocks may differ by so much; what is further ahead is shown as it stands."""


def ago(time: str, now: str, zone: tzinfo | None = None) -> str:
    """Return how long before `now` that was, or the day and the hour where it is long ago.

    Args:
        time, now: RFC 3339.
        zone: Where the reader is; None for this machine's zone.
    """
    then, here = (datetime.fromisoformat(moment).astimezone(zone) for moment in (time, now))
    seconds = (here - then).total_seconds()
    if -SOON_S < seconds < MINUTE_S:
        return "just now"
    if 0 < seconds < HOUR_S:
        return f"{several(int(seconds // MINUTE_S), 'minute')} ago"
    if seconds > 0 and then.date() == here.date():
        return f"{several(int(seconds // HOUR_S), 'hour')} ago"
    if then.date() == here.date() - timedelta(days=1):
        return f"yesterday {then:%H:%M}"
    return f"{then:%Y-%m-%d %H:%M}"


def clock(time: str, zone: tzinfo | None = None) -> str:
    """Return what a clock beside the reader showed: "2026-11-22 11:20:30"."""
    return f"{datetime.fromisoformat(time).astimezone(zone):%Y-%m-%d %H:%M:%S}"
