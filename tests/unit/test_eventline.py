"""One line an event: exact for programs, harmless for people."""

import json
import os
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.reports import Event
from dedupd.state import eventline
from dedupd.text import path_of

TIME = "2026-11-22T10:00:00.000Z"
ODD_NAMES = (
    b"/p/a\n{\"time\": \"2026-11-22T10:00:00.000Z\", \"seq\": 9, \"event\": \"folder.imported\"}",
    b"/p/a.jpg\nWARNING folder fully imported: /p",
    b"/p/a\r/p/b",
    b"/p/\x1b[2K\x1b[1Afolder.imported",
    b"/p/\x1b]0;title\x07",
    b"/p/\xff\xfe.jpg",
    b"/p/\xe2\x80\xaegpj.exe",
    b"/p/\xe2\x80\xa8line\xe2\x80\xa9",
    b"/p/\xc2\x85next",
    b"/p/\x7f\x08\x08",
    b"/p/\"}, \"event\": \"folder.imported",
    b"/p/' ; rm -rf \\ '",
    b"/p/ ",
    "/p/\U0001f600 \u00e9\u0301".encode(),
)  # fmt: skip
odd_names = pytest.mark.parametrize("name", ODD_NAMES, ids=range(len(ODD_NAMES)))
names = st.binary(min_size=1, max_size=30).map(lambda name: b"/" + name.replace(b"\0", b""))


def test_a_line_is_what_the_contract_shows():
    """Time, seq, id, event, path, then the facts, in this order."""
    event = Event("folder.imported", b"/old/a b", (("pictures", 3), ("evidence", {"bytes": 3})))
    assert eventline.line(event, 7, TIME) == (
        '{"time": "2026-11-22T10:00:00.000Z", "seq": 7, "id": "#7", "event": "folder.imported", '
        '"path": "/old/a b", "pictures": 3, "evidence": {"bytes": 3}}'
    )
    assert json.loads(eventline.line(Event("daemon.ready", id="x"), 8, TIME)) == {
        "time": TIME,
        "seq": 8,
        "id": "x",
        "event": "daemon.ready",
    }


@odd_names
def test_no_name_forges_a_line(name):
    """Log and terminal get one line of harmless characters, and the exact bytes can be had."""
    event = Event("folder.reopened", name, (("cause", name), ("names", (name, b"b"))), name.hex())
    line = eventline.line(event, 1, TIME)
    assert re.fullmatch("[ -~]+", line)
    logged = json.loads(line)
    assert logged["event"] == "folder.reopened"
    assert path_of(logged) == path_of(logged, "cause") == name
    shown = eventline.human(logged)
    assert shown.isprintable()
    assert shown.startswith(f"{TIME} folder.reopened ")


@given(name=names, nested=names)
def test_every_path_comes_back_byte_for_byte(name, nested):
    """Paths are kept exactly, also inside lists and dictionaries."""
    facts = (("cause", name), ("deep", {"inner": nested, "list": [nested, name, {"x": name}]}))
    logged = json.loads(eventline.line(Event("x", name, facts), 1, TIME))
    assert path_of(logged) == path_of(logged, "cause") == name
    deep = logged["deep"]
    assert path_of(deep, "inner") == nested
    wholes = deep.get("list_b64", [None] * 3)
    found = [path_of({"path": deep["list"][n], "path_b64": wholes[n]}) for n in range(2)]
    assert found == [nested, name]
    assert path_of(deep["list"][2], "x") == name


@given(text=st.text(st.characters(), max_size=20))
def test_any_text_is_one_ascii_line(text):
    """Details of codecs and names of events may hold anything."""
    line = eventline.line(Event(text, None, (("detail", text), (f"x{text}", [text]))), 1, TIME)
    assert re.fullmatch("[ -~]+", line)
    assert eventline.human(json.loads(line)).isprintable()


@pytest.mark.parametrize("key", ["time", "seq", "id", "event", "path", "path_b64"])
def test_a_fact_cannot_replace_what_the_log_says(key):
    """The log's own fields are never overwritten."""
    with pytest.raises(ValueError, match=key):
        eventline.line(Event("x", facts=((key, 1),)), 1, TIME)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), object(), {1, 2}])
def test_what_is_no_json_is_refused(value):
    """A fact that other programs can't read is a bug of ours, told at once."""
    with pytest.raises((ValueError, TypeError)):
        eventline.line(Event("x", facts=(("fact", value),)), 1, TIME)


def test_an_id_cannot_look_like_one_the_log_made():
    """Only the log's own ids begin with `#`."""
    with pytest.raises(ValueError, match="#"):
        eventline.line(Event("x", id="#1"), 1, TIME)


def test_times_are_utc_with_milliseconds_and_sort():
    """Whatever the clock's zone, the text is RFC 3339 in UTC and sorts as time does."""
    east = timezone(timedelta(hours=5, minutes=30))
    assert eventline.timestamp(datetime(2026, 11, 22, 15, 30, tzinfo=east)) == TIME
    later = datetime(2026, 11, 22, 10, 0, 0, 999_999, tzinfo=UTC)
    assert eventline.timestamp(later) == "2026-11-22T10:00:00.999Z"


def test_people_read_counts_in_the_words_of_the_contract():
    """Imported is never said without what else is not in the library; zeros aren't said."""
    facts = (
        ("counts", {"pictures": 214, "matched": 213, "dismissed": 1, "possible": 0, "others": 14,
                    "others_missing": 2, "videos_missing": 12}),
        ("evidence", {"bytes": 200, "same": 13}),
        ("as_of", "2026"),
        ("first", True),
        ("again", False),
    )  # fmt: skip
    logged = json.loads(eventline.line(Event("folder.imported", b"/old/a b", facts), 1, TIME))
    assert eventline.human(logged) == (
        f"{TIME} folder.imported '/old/a b': 214 pictures, 213 matched, 1 dismissed, "
        "14 other files, 2 other files not in the library, 12 videos not in the library, "
        "evidence (bytes 200, same 13), as of 2026, first"
    )


def test_people_see_three_names_of_many():
    """A long list is cut short in the text, never in the log."""
    paths = tuple(os.fsencode(f"/p/{n}") for n in range(9))
    logged = json.loads(eventline.line(Event("x", facts=(("paths", paths),)), 1, TIME))
    assert len(logged["paths"]) == 9
    assert eventline.human(logged).endswith("x: paths /p/0 /p/1 /p/2 and 6 more")


def test_people_get_a_line_for_anything_in_the_log():
    """A line of another version, or one that somebody wrote by hand, is shown as far as it goes."""
    assert eventline.human({}) == "? ?"
    assert eventline.human({"event": "a\nb", "x": {"y": None}, "path": 5}) == "? a\\nb 5: x ()"
