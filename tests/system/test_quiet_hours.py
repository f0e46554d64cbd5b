"""Quiet hours of a running daemon: what was there waits, what changes and who asks doesn't."""

from __future__ import annotations

import time

from tests.system.commands import Site, fill, started, wait_for

MINUTES_A_DAY = 1440


def hours_around_now() -> str:
    """Return quiet hours that began an hour ago and end in ten."""
    now = time.localtime()
    minute = now.tm_hour * 60 + now.tm_min
    ends = ((minute + more) % MINUTES_A_DAY for more in (-60, 600))
    return "-".join(f"{one // 60:02}:{one % 60:02}" for one in ends)


def resting(site: Site) -> list[str]:
    """Return what `status` says of waiting for morning."""
    problems = site.report()["problems"]
    return [one["message"] for one in problems if one["code"] == "work.resting"]


def test_a_daemon_started_in_quiet_hours_reads_nothing_until_somebody_waits(tmp_path):
    """`status` says so and how to go on, and `status --wait` gets its answer."""
    site = Site(tmp_path, f'quiet_hours: "{hours_around_now()}"\n')
    fill(site.lib, range(3))
    fill(site.needles / "card", range(3))
    with started(site):
        wait_for("a daemon", lambda: site.ask_inside("status").code != 3)
        waiting = ["6 files wait to be read until the quiet hours are over"]
        wait_for("the listings", lambda: resting(site) == waiting)
        assert site.states()["needles/card"] == "pending"
        assert b"dedupd status --wait" in site.ask("status").out
        assert site.ask("status", "--wait").code == 0
        assert (site.states()["needles/card"], resting(site)) == ("imported", [])
        fill(site.lib, [9])
        fill(site.needles / "late", [9])
        site.wait_event("folder.imported", site.needles / "late")
        assert site.events("folder.imported", site.needles / "card")
