"""Measures the page at 100,000 pictures in 2,000 folders: first paint in Chromium, memory for it.

    python -m benchmarks.page [--folders 2000] [--each 50] [--rounds 5]

A real daemon, a real headless Chromium (as for `make test-web`); half of the pictures are missing
from the library.  The first paint is the browser's own figure: navigation to first content.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks import _camera
from selenium.common.exceptions import JavascriptException
from tests.system.commands import Daemon, Site, started, wait_for
from tests.web.browser import Browser, browser, enter

CONTENTS = 400
PATIENCE_S = 600.0
PAINT = "return performance.getEntriesByName('first-contentful-paint')[0].startTime"
FOLDER = "/folder/"


def plant(site: Site, folders: int, each: int) -> None:
    """Fill the needles; of every two contents the library has one."""
    contents = [_camera.small(7, number) for number in range(CONTENTS)]
    for number in range(0, CONTENTS, 2):
        (site.lib / f"{number}.jpg").write_bytes(contents[number])
    for folder in range(folders):
        path = site.needles / f"{folder // 40:02}" / f"{folder:04}"
        path.mkdir(parents=True)
        for at in range(each):
            (path / f"{at}.jpg").write_bytes(contents[(folder * each + at) % CONTENTS])


def memory_mb(daemon: Daemon) -> float:
    """Return what the daemon's own process has in memory."""
    for line in Path(f"/proc/{daemon.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    return 0.0


def painted_ms(window: Browser, path: str, rounds: int) -> float:
    """Return the median time from asking for a page to its first content."""
    taken = []
    for _ in range(rounds + 1):
        window.open(path)
        taken.append(float(wait_for("the first paint", lambda: _paint(window))))
    return statistics.median(taken[1:])


def _paint(window: Browser) -> float:
    try:
        return float(window.driver.execute_script(PAINT))
    except JavascriptException:
        return 0.0  # not yet


def measure(folder: Path, folders: int, each: int, rounds: int) -> None:
    """Print a line for each page."""
    os.environ.update(HOME=str(folder), XDG_RUNTIME_DIR=str(folder))
    site = Site(folder)
    plant(site, folders, each)
    with started(site) as daemon, browser(folder / "profile") as window:
        wait_for("the first scan", lambda: site.events("scan.finished"), PATIENCE_S)
        before_mb = memory_mb(daemon)
        enter(window, site)
        [first, *_] = [
            link for one in window.all("a") if FOLDER in (link := one.get_attribute("href") or "")
        ]
        pages = {"all folders": "/", "a folder": first, "review": "/review", "events": "/events"}
        print(f"{folders * each:,} pictures in {folders:,} folders")
        for name, path in pages.items():
            print(f"{name:16}{painted_ms(window, path, rounds):>8.0f} ms to first paint")
        print(f"{'memory':16}{memory_mb(daemon) - before_mb:>8.0f} MB more for the page")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folders", type=int, default=2000)
    parser.add_argument("--each", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if not all(map(shutil.which, ("chromium", "chromedriver"))):
        print("absent: chromium, chromedriver")
        return
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), given.folders, given.each, given.rounds)


if __name__ == "__main__":
    main()
