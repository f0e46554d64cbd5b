"""The page of `report`: everything in it, nothing loaded, and no name that does anything."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest

from dedupd.faces.outputs.html import Fact, Pair, facts, reason_lines, render
from dedupd.reports import COUNT_NAMES

JPEG = b"\xff\xd8\xffpicture"
EVIL = "/needles/<script>alert(1)</script>\"'\n\x1b[31m\u202egpj.exe"
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "strong", "table",
    "thead", "tbody", "tr", "th", "td", "article", "div", "figure", "figcaption", "img",
}  # fmt: skip


def known(path="/library/a.jpg", size_bytes=1000, width_px=40, **more):
    found = {"format": "jpeg", "width_px": width_px, "height_px": 30, "taken_at": "", "camera": ""}
    found |= more
    return {"path": path, "size_bytes": size_bytes, "fingerprint": found}


def match(**more):
    return {**known(), "worse": [], "limit": "", "view": None, **more}


def line(cls="possible", path="/needles/a.jpg", folder="/needles", **more):
    fields = {"path": path, "folder": folder, "class": cls, "reason": "", "detail": ""}
    return {**fields, "picture": known(path), "match": match(), **more}


def folder(path="/needles", state="incomplete", **counts):
    zero = dict.fromkeys(COUNT_NAMES, 0)
    return {"path": path, "state": state, "as_of": "", "last_state": None, **zero, **counts}


def report(*folders):
    totals = dict.fromkeys(COUNT_NAMES, 0) | {"folders": len(folders), "imported": 0}
    return {
        "version": "1",
        "time": "2026-11-23T10:00:00.000Z",
        "state": "ready",
        "problems": [],
        "roots": [{"role": "haystack", "state": "online", "path": "/library"}],
        "folders": list(folders),
        "totals": totals,
    }


def page(*pairs, of=None, left_out=0, age=""):
    return "".join(render(of or report(folder()), pairs, left_out, age))


class Tags(HTMLParser):
    """All start tags of a page with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_no_name_becomes_part_of_the_page():
    """Neither a tag, an attribute, a line end, an escape code nor a turn of the direction."""
    text = page(
        Pair(line(path=EVIL, folder=EVIL, match=match(path=EVIL), detail=EVIL), JPEG, JPEG),
        of=report(folder(EVIL)),
    )
    tags = Tags(text)
    assert {tag for tag, _ in tags.tags} <= ALLOWED
    used = {name for _, attributes in tags.tags for name in attributes}
    assert not {name for name in used if name.startswith("on") or name in ("href", "style")}
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert EVIL.splitlines()[0] not in text
    assert r"<script>alert(1)</script>&quot;".replace("&quot;", '"') in html.unescape(text)


def test_it_loads_nothing():
    """Its pictures are inside, and the policy forbids everything else."""
    tags = Tags(page(Pair(line(), JPEG, JPEG))).tags
    sources = [attributes["src"] for tag, attributes in tags if tag == "img"]
    assert len(sources) == 2
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    (policy,) = [one["content"] for tag, one in tags if one.get("http-equiv")]
    assert "default-src 'none'; img-src data:;" in policy


def test_each_class_and_each_folder_has_one_heading():
    """However many pictures lie in it; the same folder again below the next class."""
    pairs = [
        Pair(line("possible", folder="/a"), None, None),
        Pair(line("possible", folder="/a"), None, None),
        Pair(line("possible", folder="/b"), None, None),
        Pair(line("unmatched", folder="/b", match=None), None, None),
    ]
    text = page(*pairs)
    assert [text.count(f"<h3>{name}</h3>") for name in ("/a", "/b")] == [1, 2]
    assert [text.count(word) for word in ("<h2>To review", "<h2>Not in the lib")] == [1, 1]
    assert text.count("<article>") == 4


def test_imported_is_never_said_without_what_is_missing_beside_it():
    """As every other face does it."""
    text = page(of=report(folder(state="imported", pictures=3, matched=3, videos_missing=12)))
    assert "imported and 12 videos not in the library" in Tags(text).text


@pytest.mark.parametrize(
    ("age", "left_out", "words"),
    [
        ("", 0, ["2026-11-23 10:00:00 UTC"]),
        ("as of yesterday", 0, ["No daemon was running: this is as of yesterday."]),
        ("", 7, ["7 more pictures not shown here."]),
    ],
)
def test_it_says_how_old_it_is_and_what_it_lacks(age, left_out, words):
    """Somebody reads it next year."""
    text = Tags(page(age=age, left_out=left_out)).text
    assert all(word in text for word in words)


def test_a_picture_without_a_thumbnail_is_there_all_the_same():
    """What can't be shown is said; an unreadable one has no empty frame."""
    text = Tags(page(Pair(line(match=None), None, None))).text
    assert "can't be shown" in text
    assert "nothing in the library" in text
    unreadable = line("unreadable", reason="truncated", detail="no end", match=None, picture=None)
    text = Tags(page(Pair(unreadable, None, None))).text
    assert "it ends too early" in text
    assert "can't be shown" not in text


def test_the_facts_that_differ_are_told_apart():
    """Equal ones stand there too; what neither file says doesn't."""
    ours, theirs = known(size_bytes=2000), match(**known(width_px=20))
    assert facts(line(picture=ours, match=theirs)) == [
        Fact("format", "jpeg", "jpeg"),
        Fact("pixels", "40 × 30", "20 × 30"),  # noqa: RUF001
        Fact("bytes", "2,000", "1,000"),
    ]
    assert [one.differs for one in facts(line(picture=ours, match=theirs))] == [False, True, True]
    assert not any(one.differs for one in facts(line(match=None)))


def test_the_reason_is_said_in_words_and_once():
    """With what decided, what is worse, and how the needle must be turned."""
    near = match(worse=["pixels", "quality"], limit="luma", view={"quarters": 2, "mirrored": False})
    assert reason_lines(line(reason="quality", detail="by far", match=near)) == [
        "the library's copy has lost detail",
        "by far",
        "worse in the library: fewer pixels",
        "decided by luma: the brightness differs somewhere",
        "the library's is what you see when this one is turned upside down",
    ]
