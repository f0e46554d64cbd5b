"""The page in a real browser: by keyboard, live, on a phone; nothing leaves the machine."""

from __future__ import annotations

import shutil

import pytest
from tests.system.commands import Site, running, wait_for
from tests.system.pictures import foreign, ours, resized
from tests.web.browser import LOOPBACK, PHONE, Browser, browser, enter

PAIRS = 20
HOSTILE = '<script>alert("1")<\'script>\n&.jpg'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a site with 20 pairs to review, and four files that the library lacks."""
    site = Site(tmp_path_factory.mktemp("site"))
    card = site.needles / "card"
    card.mkdir()
    for number, data in enumerate(ours(PAIRS + 1)):
        (site.lib / f"{number:02}.jpg").write_bytes(resized(data, 0.6) if number < PAIRS else data)
        (card / f"IMG_{number:02}.jpg").write_bytes(data)
    other = site.needles / "phone 2019"
    other.mkdir()
    for number, data in enumerate(foreign(3)):
        (other / (HOSTILE if not number else f"{number}.jpg")).write_bytes(data)
    (other / "broken.jpg").write_bytes(foreign(1)[0][:900])
    return site


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as window:
        yield window


def demand_clean(window: Browser) -> None:
    """No error in the console, no request that leaves the machine, no unnamed or hidden control."""
    assert window.complaints() == []
    assert [url for url in window.requests() if not url.startswith(LOOPBACK)] == []
    assert window.nameless() == []
    assert window.unreached() == []


def test_the_page_from_the_first_look_to_the_last_decision(site, window, tmp_path):
    """One story, because a browser and a daemon are dear: what the owner does, in his order."""
    with running(site) as daemon:
        site.wait_states({"needles/card": "review", "needles/phone 2019": "incomplete"})
        enter(window, site)
        window.wait("h1", "folders imported")
        window.shoot("overview")
        demand_clean(window)
        looks_at_a_folder(window)
        demand_clean(window)
        searches(site, window, tmp_path)
        demand_clean(window)
        decides_by_keyboard(site, window)
        demand_clean(window)
        decides_in_bulk(site, window)
        demand_clean(window)
        sees_news(site, window)
        window.open("/events")
        window.wait("#events", "folder.imported")
        window.shoot("events")
        demand_clean(window)
        for address in ("/", "/events", "/search", "/review"):
            window.open(address)
            window.size(PHONE)
            assert not window.wider_than_screen(), address
        assert daemon.stop()[1] < 5, "an open page holds up nobody"
    window.open("about:blank")
    window.complaints()
    window.requests()
    with running(site):
        site.wait_states({"needles/card": "imported"})


def looks_at_a_folder(window: Browser) -> None:
    window.driver.find_element("link text", "phone 2019").click()
    window.wait(".tiles", "nothing in the library looks like it")
    assert '<script>alert("1")' in window.text(".tiles")
    window.shoot("folder")


def searches(site: Site, window: Browser, tmp_path) -> None:
    copy = tmp_path / "sought.jpg"
    copy.write_bytes(ours(PAIRS + 1)[PAIRS])
    window.open("/search")
    window.driver.find_element("css selector", "#file").send_keys(str(copy))
    window.wait("#found", "In the library")
    window.wait("#found", f"{PAIRS:02}.jpg")
    window.shoot("search")
    assert str(site.lib) in window.text("#found")


def decides_by_keyboard(site: Site, window: Browser) -> None:
    window.open("/review")
    window.wait("#left", str(PAIRS))
    window.shoot("review")
    window.press("x")
    window.shoot("review-difference")
    window.press("xf")
    assert window.all('[data-do="flicker"][aria-pressed="true"]')
    window.press("f")
    window.press("k")
    window.wait("#said", "Skipped")
    window.press("s")
    window.wait("#said", f"{PAIRS - 1} left")
    window.press("u")
    window.wait("#left", str(PAIRS))
    window.wait("#said", "Taken back")
    window.open("/review")
    for left in reversed(range(PAIRS - 5, PAIRS)):
        window.press("s")
        window.wait("#said", f"{left} left")
    assert site.folders()["needles/card"]["possible"] == PAIRS - 5


def decides_about_a_group(window: Browser) -> None:
    """All that come nearest to one library picture: previewed, decided, taken back by a key."""
    window.driver.find_element("css selector", ".bulk summary").click()
    window.driver.find_element("css selector", "#bulk button").click()
    window.wait("#bulk-result", "1 would be decided: different")
    window.all("[data-sure]")[0].click()
    window.wait("#said", f"1 decided. {PAIRS - 6} left")
    window.press("u")
    window.wait("#said", "Taken back")
    window.wait("#left", str(PAIRS - 5))


def decides_in_bulk(site: Site, window: Browser) -> None:
    window.open("/")
    window.driver.find_element("link text", "card").click()
    window.driver.find_element("css selector", ".bulk summary").click()
    window.driver.find_element("css selector", "#bulk button").click()
    window.wait("#bulk-result", f"{PAIRS - 5} would be decided")
    window.shoot("bulk")
    window.all("[data-sure]")[0].click()
    window.wait("#bulk-result", f"{PAIRS - 5} decided")
    site.wait_states({"needles/card": "imported"})
    window.all("[data-undo]")[0].click()
    window.wait("#bulk-result", "Taken back")
    site.wait_states({"needles/card": "review"})
    window.open("/review")
    decides_about_a_group(window)
    for left in reversed(range(PAIRS - 5)):
        window.press("s")
        window.wait("#said", f"{left} left")
    window.wait("main", "Nothing is left to review")
    window.shoot("review-done")
    site.wait_states({"needles/card": "imported"})


def sees_news(site: Site, window: Browser) -> None:
    """The overview changes by itself while pictures are copied into the library."""
    window.open("/")
    window.driver.execute_script("window.sameDocument = true")
    before = window.text("#summary .legend")
    for number, path in enumerate((site.needles / "phone 2019").iterdir()):
        shutil.copy(path, site.lib / f"copied {number}.jpg")
    wait_for("news", lambda: window.text("#summary .legend") != before, 30)
    assert window.driver.execute_script("return window.sameDocument") is True
