"""The example photos show what `examples/SOURCES.md` and the README say they show."""

from __future__ import annotations

from pathlib import Path

from tests.system.commands import dedupd

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_two_of_the_example_folders_still_need_work(tmp_path):
    """And nothing in the others has to be decided by a person."""
    roots = ("--haystack", EXAMPLES / "library", "--needles", EXAMPLES / "old-backups")
    done = dedupd("check", "--json", *roots, "--state", tmp_path / "state")
    folders = {Path(one["path"]).name: one["state"] for one in done.json["folders"]}
    left = {name for name, state in folders.items() if state != "imported"}
    assert left == {"old-backups", "Canon SD card 2", "USB stick (blue)"}
    assert (len(folders), done.json["totals"]["unmatched"]) == (15, 2)
    assert done.json["totals"]["possible"] == 0
