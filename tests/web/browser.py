"""A real headless Chromium on the page of a real daemon, and what the tests ask of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from tests.system.commands import Site, wait_for

ARTEFACTS = Path(__file__).parent / "artefacts"
DESKTOP, PHONE = (1280, 900), (390, 844)
LOOPBACK = (
    "http://127.0.0.1",
    "http://localhost",
    "http://[::1]",
    "data:",
    "blob:",
    "chrome",
)  # its own parts

NAMELESS = """
const named = (one) => (one.getAttribute("aria-label") || one.labels?.[0]?.textContent
    || one.textContent || one.alt || "").trim();
return [...document.querySelectorAll("a, button, input, select, summary, img, svg[role=img]")]
    .filter((one) => !one.closest("[hidden], [type=hidden]") && !named(one))
    .map((one) => one.outerHTML.slice(0, 120));
"""

CONTROLS = """
window.controls = [...document.querySelectorAll("a[href], button, input, select, summary")]
    .filter((one) => !one.disabled && one.checkVisibility());
window.reached = new Set();
document.addEventListener("focusin", (event) => window.reached.add(event.target));
document.activeElement.blur();
return window.controls.length;
"""
UNREACHED = """
return window.controls.filter((one) => one.isConnected && !window.reached.has(one))
    .map((one) => one.outerHTML.slice(0, 120));
"""
MOST_TABS = 200


class Browser:
    """One window."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.url = ""

    def open(self, url: str) -> None:
        """Go to an address; one that begins with "/" is a page of ours."""
        self.driver.get(self.url + url if url.startswith("/") else url)

    def all(self, selector: str) -> list[WebElement]:
        """Return what a CSS selector finds."""
        return self.driver.find_elements("css selector", selector)

    def text(self, selector: str = "body") -> str:
        """Return the visible text of the first thing that it finds, "" where there is none."""
        text = self.driver.execute_script(
            "return document.querySelector(arguments[0])?.innerText ?? ''", selector
        )
        return str(text)

    def press(self, *keys: str) -> None:
        """Type keys, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def wait(self, selector: str, words: str) -> None:
        """Wait until there are these words."""
        wait_for(f"{words!r} in {selector}", lambda: words in self.text(selector), 20)

    def size(self, size: tuple[int, int]) -> None:
        """Show the page in a window of that size, as a screen of that width would."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def dark(self, wanted: bool) -> None:
        """Prefer dark colours, or light ones."""
        value = "dark" if wanted else "light"
        media = {"features": [{"name": "prefers-color-scheme", "value": value}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    def shoot(self, name: str) -> None:
        """Keep pictures of the page: light, dark, and as wide as a phone."""
        ARTEFACTS.mkdir(exist_ok=True)
        for kind, size, dark in (
            ("light", DESKTOP, False),
            ("dark", DESKTOP, True),
            ("phone", PHONE, False),
        ):
            self.size(size)
            self.dark(dark)
            self.wait_pictures()
            self.driver.save_screenshot(str(ARTEFACTS / f"{name}-{kind}.png"))
        self.size(DESKTOP)
        self.dark(False)

    def wait_pictures(self) -> None:
        """Wait until every picture on the screen is there."""
        script = (
            "return [...document.images].every((one) => one.hidden || one.complete"
            " || one.getBoundingClientRect().top > innerHeight)"
        )
        wait_for("the pictures", lambda: self.driver.execute_script(script), 30)

    def nameless(self) -> list[str]:
        """Return the controls and pictures that a screen reader couldn't name."""
        return list(self.driver.execute_script(NAMELESS))

    def unreached(self) -> list[str]:
        """Return the controls that are seen and that the Tab key doesn't lead to."""
        count = int(self.driver.execute_script(CONTROLS))
        assert count < MOST_TABS, "a page with fewer controls says as much"
        self.press(Keys.TAB * (count + 3))
        return list(self.driver.execute_script(UNREACHED))

    def wider_than_screen(self) -> bool:
        """Say whether one must scroll sideways."""
        return bool(
            self.driver.execute_script(
                "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
        )

    def complaints(self) -> list[str]:
        """Return what stands in the console."""
        return [one["message"] for one in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses that were asked since the last call."""
        logged = (
            json.loads(one["message"])["message"] for one in self.driver.get_log("performance")
        )
        return [
            one["params"]["request"]["url"]
            for one in logged
            if one["method"] == "Network.requestWillBeSent"
        ]


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start a Chromium whose profile lies in `folder`."""
    options = Options()
    options.binary_location = shutil.which("chromium") or ""
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
        f"--user-data-dir={folder}",
        "--disable-background-networking",
        "--no-first-run",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        driver.get("about:blank")
        yield Browser(driver)
    finally:
        driver.quit()


def page_url(site: Site) -> str:
    """Return the address that `dedupd review` prints."""
    done = site.ask("review", "--json")
    assert done.code == 0, done.err
    fields: dict[str, Any] = done.json
    return str(fields["url"])


def enter(window: Browser, site: Site) -> None:
    """Open the page as `dedupd review` does."""
    url = page_url(site)
    window.url = url.partition("/?")[0]
    window.open(url)
