"""R5: 100,000 files come while the daemon is stopped; all must be in the report soon after."""

from __future__ import annotations

import random
import signal
import time

from tests.system.commands import Site

from campaign.claims import Claims
from campaign.latency import many_links
from campaign.result import Result, Size
from campaign.stage import content, daemon, peak_rss_bytes, quiet_report, site

FILES = 100_000
WITHIN_S, MOST_BYTES = 120.0, 600 << 20


def run(seed: int, size: Size) -> Result:
    """Stop it, make the files, let it go on, and see when the report is whole."""
    files = size.of(FILES, 2000)
    with site() as stage:
        (stage.lib / "0.jpg").write_bytes(content(0))
        (stage.needles / "00000").mkdir()
        (stage.needles / "00000" / "0.jpg").write_bytes(content(0))
        with daemon(stage) as running:
            running.wait_ready()
            quiet_report(stage)
            running.process.send_signal(signal.SIGSTOP)
            (stage.needles / "00000" / "0.jpg").unlink()
            (stage.needles / "00000").rmdir()
            many_links(stage, files, random.Random(seed))
            time.sleep(10 * size.share)
            claims = Claims(stage)
            claims.start_log_anew()
            running.process.send_signal(signal.SIGCONT)
            took_s = _until_told(stage, files)
            rss_bytes = peak_rss_bytes(running.process.pid)
            unlike = claims.compare(quiet_report(stage))
    measured = (
        f"{files} files told after {took_s:.0f} s, {len(unlike)} folders wrong,"
        f" RSS {rss_bytes >> 20} MiB"
    )
    passed = took_s <= WITHIN_S and rss_bytes <= MOST_BYTES and not (unlike or claims.wrong)
    notes = (*unlike[:5], *claims.wrong[:5])
    return Result(measured, files, passed, len(claims.wrong), notes)


def _until_told(stage: Site, files: int) -> float:
    """Return after how many seconds every file has a class, unasked; infinity for too late."""
    began_s = time.monotonic()
    while time.monotonic() - began_s <= 2 * WITHIN_S:
        report = stage.ask_inside("status", "--json")
        if report.code == 0:
            totals = report.json["totals"]
            if totals["pictures"] == files and not totals["pending"]:
                return time.monotonic() - began_s
        time.sleep(0.25)
    return float("inf")
