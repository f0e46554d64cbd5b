"""The contract's JSON: exactly its keys, its words and its kinds of values."""

from __future__ import annotations

import base64
import json
import os
import re

import pytest
from tests.system.commands import Site, fill, picture, running

import dedupd as program

pytestmark = pytest.mark.timeout(120)

REPORT = {
    "schema", "version", "time", "state", "problems", "queue", "roots", "folders", "totals",
}  # fmt: skip
COUNTS = {
    "pictures", "matched", "possible", "unmatched", "unreadable", "dismissed", "pending",
    "others", "others_missing", "videos", "videos_missing", "excluded", "ignored",
}  # fmt: skip
FOLDER = {"path", "root", "state", "as_of", "last_state", "imported_at", "own", *COUNTS}
ROOT = {"role", "path", "state", "watch", "pictures", "unreadable", "in_step_as_of"}
QUEUE = {"pending", "hashed", "per_second", "eta_s"}
PROBLEM = {"code", "path", "message", "fix"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

ODD = b"caf\xe9 \xff"
ODD_SHOWN = "caf\ufffd \ufffd"


def b64(path):
    """Return a path as `path_b64` has it."""
    return base64.b64encode(path).decode()


@pytest.fixture
def site(tmp_path):
    """Return a site of four classes, with one folder whose name isn't UTF-8, and a root away."""
    site = Site(tmp_path)
    fill(site.lib, [1, 2])
    card = site.needles / "card"
    fill(card, [1, 3])
    (card / "broken.jpg").write_bytes(picture(4)[:900])
    (card / "note.txt").write_text("a note")
    (card / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(400))
    (card / ".DS_Store").write_bytes(b"x")
    odd = os.path.join(os.fsencode(site.needles), ODD)
    os.mkdir(odd)
    with open(os.path.join(odd, ODD + b".jpg"), "wb") as file:
        file.write(picture(5))
    site.configure("haystack: [lib]\nneedles: [needles, away]\n")
    return site


def is_a_report(report):
    """Check keys, words and kinds of a whole report."""
    assert set(report) == REPORT
    assert (report["schema"], report["version"]) == (1, program.__version__)
    assert report["state"] in ("starting", "scanning", "ready", "degraded", "stopping")
    assert MOMENT.fullmatch(report["time"])
    assert set(report["queue"]) == QUEUE
    assert set(report["totals"]) == COUNTS | {"folders", "imported"}
    for problem in report["problems"]:
        assert set(problem) == PROBLEM
    for root in report["roots"]:
        assert set(root) == ROOT
        assert root["role"] in ("haystack", "needles")
        assert root["state"] in ("online", "offline", "suspicious", "scanning")
        assert root["watch"] in ("inotify", "poll", "none")
    for folder in report["folders"]:
        is_a_folder(folder)


def is_a_folder(folder):
    """Check the keys of one folder, and that its classes add up."""
    assert set(folder) - {"path_b64"} == FOLDER
    assert set(folder["own"]) == COUNTS
    assert MOMENT.fullmatch(folder["as_of"])
    classes = ("matched", "possible", "unmatched", "unreadable", "dismissed", "pending")
    for counts in (folder, folder["own"]):
        assert counts["pictures"] == sum(counts[name] for name in classes)
        assert counts["videos_missing"] <= counts["videos"]
        assert counts["others_missing"] <= counts["others"]


def without_times(report):
    """Return what `status` and `check` must agree on."""
    folders = [{**one, "as_of": "", "imported_at": ""} for one in report["folders"]]
    roots = [{**one, "watch": "", "in_step_as_of": ""} for one in report["roots"]]
    return {**report, "folders": folders, "roots": roots, "time": "", "queue": {}}


def test_status_and_check_print_the_same_object(site):
    """Of the daemon, of a look of its own, and of `check` that asks the daemon."""
    once = site.ask("check", "--json")
    assert once.code == 1
    is_a_report(once.json)
    with running(site):
        status, beside = site.report(), site.ask("check", "--json")
        is_a_report(status)
        is_a_report(beside.json)
    assert beside.code == 1
    assert without_times(status) == without_times(beside.json) == without_times(once.json)
    assert [root["watch"] for root in status["roots"]] == ["inotify", "inotify", "none"]


def test_the_counts_are_what_was_put_there(site):
    """Of the tree, of the folder's own files, and of everything."""
    report = site.ask("check", "--json").json
    folders = {folder["path"]: folder for folder in report["folders"]}
    card, root = folders[str(site.needles / "card")], folders[str(site.needles)]
    there = {
        "pictures": 3, "matched": 1, "unmatched": 1, "unreadable": 1, "others": 1,
        "others_missing": 1, "videos": 1, "videos_missing": 1, "ignored": 1,
    }  # fmt: skip
    assert {name: card[name] for name in COUNTS if card[name]} == there
    assert {name: card["own"][name] for name in COUNTS if card["own"][name]} == there
    whole = {**there, "pictures": 4, "unmatched": 2}
    assert {name: root[name] for name in COUNTS if root[name]} == whole
    assert not any(root["own"].values())
    assert {name: report["totals"][name] for name in COUNTS if report["totals"][name]} == whole
    assert (report["totals"]["folders"], report["totals"]["imported"]) == (len(folders), 0)
    assert folders[str(site.folder / "away")]["state"] == "offline"
    assert folders[str(site.folder / "away")]["last_state"] is None


def test_a_name_that_is_not_utf_8_is_whole_in_base_64(site):
    """With U+FFFD beside it; in reports and in lists; and nowhere else."""
    report = site.ask("check", "--json").json
    (odd,) = (one for one in report["folders"] if "path_b64" in one)
    whole = os.path.join(os.fsencode(site.needles), ODD)
    assert (odd["path"], odd["path_b64"]) == (f"{site.needles}/{ODD_SHOWN}", b64(whole))
    listed = site.ask("check", "--json", "--list", "unmatched")
    lines = [json.loads(line) for line in listed.lines]
    (line,) = (one for one in lines if "path_b64" in one)
    assert line["path_b64"] == b64(os.path.join(whole, ODD + b".jpg"))
    assert line["folder_b64"] == b64(whole)
    assert site.ask("missing", whole).code == 1


def test_each_line_of_missing_is_one_picture(site):
    """path, folder, class, reason and nearest; the same from the daemon and from its store."""
    words = ["missing", "--json", "--class", "unmatched,unreadable,matched"]
    with running(site):
        live = site.ask(*words)
    stored = site.ask(*words)
    assert (live.code, stored.code) == (1, 1)
    assert live.out == stored.out
    lines = {os.path.relpath(one["path"], site.needles): one for one in map(json.loads, live.lines)}
    for line in lines.values():
        assert set(line) - {"path_b64", "folder_b64"} == {
            "path", "folder", "class", "reason", "nearest",
        }  # fmt: skip
    assert lines["card/1.jpg"]["class"] == "matched"
    assert set(lines["card/1.jpg"]["nearest"]) == {"path", "distance_bits", "score"}
    assert lines["card/1.jpg"]["nearest"]["path"] == str(site.lib / "1.jpg")
    assert lines["card/1.jpg"]["folder"] == str(site.needles / "card")
    assert (lines["card/3.jpg"]["class"], lines["card/3.jpg"]["nearest"]) == ("unmatched", None)
    assert lines["card/broken.jpg"]["class"] == "unreadable"
    assert lines["card/broken.jpg"]["reason"]


def test_status_of_a_path_is_one_object(site):
    """Whether it is imported, why not, and the folder or the picture."""
    with running(site):
        folder = site.ask("status", "--json", site.needles / "card")
        one = site.ask("status", "--json", site.needles / "card" / "1.jpg")
        bad = site.ask("status", "--json", site.needles / "card" / "broken.jpg")
    assert [done.code for done in (folder, one, bad)] == [1, 0, 1]
    for done in (folder, one, bad):
        assert set(done.json) == {"schema", "version", "imported", "why", "folder", "picture"}
    is_a_folder(folder.json["folder"])
    assert folder.json["picture"] is None
    assert (one.json["imported"], one.json["picture"]["evidence"]) == (True, "bytes")
    assert (bad.json["imported"], bad.json["picture"]["class"]) == (False, "unreadable")
