"""Who may see the page, and who may decide: a table of requests."""

from __future__ import annotations

import pytest

from dedupd.faces.web.guard import ENTER, Asked, Keys, Rules, hosts

KEYS = Keys("the-token", 8377)
OURS = {"host": "127.0.0.1:8377"}
COOKIE = {"cookie": f"other=1; dedupd_8377={KEYS.cookie}"}
SECRET = {"x-dedupd-token": KEYS.decide}
SAME = {"origin": "http://127.0.0.1:8377", "sec-fetch-site": "same-origin"}
OPEN = Rules(KEYS, hosts("127.0.0.1", 8377), private=False)
PRIVATE = Rules(KEYS, hosts("127.0.0.1", 8377), private=True)


def refusal(rules, method="GET", path="/", query="", **parts):
    headers = OURS | {name: value for part in parts.values() for name, value in part.items()}
    return rules.refusal(Asked(method, path, query, headers))


@pytest.mark.parametrize(
    "name", ["127.0.0.1:8377", "localhost:8377", "[::1]:8377", "LocalHost:8377"]
)
def test_our_own_names_are_answered(name):
    """However the owner writes this machine."""
    assert refusal(OPEN, host={"host": name}) == ""


@pytest.mark.parametrize(
    "name",
    ["evil.example", "evil.example:8377", "127.0.0.1", "127.0.0.1:80", "", "127.0.0.1:8377.evil"],
)
def test_a_foreign_host_is_refused_also_for_reading(name):
    """A foreign name may lead to 127.0.0.1: then its site could read the page."""
    assert refusal(OPEN, host={"host": name}, cookie=COOKIE)
    assert refusal(OPEN, "POST", host={"host": name}, c=COOKIE, s=SECRET)


@pytest.mark.parametrize(
    "foreign",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_what_another_site_causes_is_refused(foreign):
    """Even with all secrets."""
    assert refusal(OPEN, "POST", c=COOKIE, s=SECRET, f=foreign)
    assert refusal(OPEN, "GET", c=COOKIE, f=foreign)


@pytest.mark.parametrize(
    "given",
    [
        {},
        COOKIE,
        SECRET,
        COOKIE | {"x-dedupd-token": "the-token"},
        COOKIE | {"x-dedupd-token": "ä"},
        SECRET | {"cookie": "dedupd_8377=the-token"},
        SECRET | {"cookie": f"dedupd_8378={KEYS.cookie}"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_deciding_needs_cookie_and_secret(method, given):
    """Each without the other is worth nothing."""
    assert refusal(OPEN, method, given=given, same=SAME) == ENTER


def test_with_both_one_may_decide():
    """From the page itself, or from a program that says nothing of where it comes from."""
    assert refusal(OPEN, "POST", c=COOKIE, s=SECRET, same=SAME) == ""
    assert refusal(OPEN, "POST", c=COOKIE, s=SECRET) == ""


def test_reading_is_free_only_where_the_owner_said_so():
    """A page that `review` started is for who started it; its style and script hold nothing."""
    assert refusal(OPEN) == ""
    assert refusal(PRIVATE) == refusal(PRIVATE, path="/thumbnail/needles/aa/320") == ENTER
    assert refusal(PRIVATE, c=COOKIE) == refusal(PRIVATE, path="/static/page.css") == ""


def test_the_token_opens_the_page_and_nothing_else_does():
    """Only as `review` sends it."""
    enters = PRIVATE.enters
    assert enters(Asked("GET", "/", "token=the-token", OURS))
    assert not enters(Asked("GET", "/", "token=another", OURS))
    assert not enters(Asked("GET", "/", "", OURS))
    assert not enters(Asked("POST", "/", "token=the-token", OURS))
    assert not enters(Asked("GET", "/", "token=the-token", {"host": "evil.example"}))


def test_each_start_has_its_own_secrets():
    """And neither the cookie nor the page's secret tells the token."""
    assert Keys.make(1).token != Keys.make(1).token
    assert len({KEYS.token, KEYS.cookie, KEYS.decide}) == 3
