"""Pages that are written by hand name what the program says, and nothing that isn't there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "daemon" / "dedupd"
PAGES = sorted([PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")])


def test_every_problem_has_its_line_in_troubleshooting():
    """A code that `status` shows, and what to do about it."""
    text = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    codes = set(re.findall(r'Problem\(\s*"([a-z-]+\.[a-z-]+)"', text)) | {"decisions.lost"}
    page = (PROJECT / "docs" / "troubleshooting.md").read_text()
    told = set(re.findall(r"^\| `([a-z-]+\.[a-z-]+)` \|", page, re.MULTILINE))
    assert told == codes


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Between our own pages and files."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [one for one in links if not (page.parent / one).exists()] == []


def test_the_container_is_made_of_what_is_there():
    """It can't be built here; what it copies is in the project, and its command is one of ours."""
    text = (PROJECT / "Containerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE)
    assert [one for line in copied for one in line.split() if not (PROJECT / one).exists()] == []
    assert '["run", "--config", "/config.yaml"]' in text
    assert ":ro" in text
