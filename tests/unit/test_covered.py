"""How `make cover` judges: what must never be wrong is run whole, and nothing is left out."""

from __future__ import annotations

import re
import tomllib

import pytest
from campaign import covered
from campaign.covered import MOST, PACKAGE, PROJECT, SAFETY, WHOLE, Module, modules_of
from campaign.result import Size

ALL_OF_IT, THE_LEAST = Size(1.0), Size(0.0)


def told(lines: float, branches: float, count: int = 4, missing: tuple[int, ...] = ()):
    """Return what coverage.py tells of one module; the way from line 7 to 9 wasn't taken."""
    summary = {
        "percent_statements_covered": lines,
        "percent_branches_covered": branches,
        "num_branches": count,
    }
    return {"summary": summary, "missing_lines": [*missing], "missing_branches": [[7, 9]]}


def whole_safety() -> list[Module]:
    return [Module(name, 100.0, 100.0) for name in SAFETY]


def test_what_must_never_be_wrong_is_there():
    """A module that moved away would be judged like any other one."""
    assert [name for name in SAFETY if not (PACKAGE / name).is_file()] == []


def test_nothing_asks_to_be_left_out():
    """No `no cover` in the program, and two exclusions in the settings: types, and Protocols."""
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 200
    assert [file.name for file in files if "no cover" in file.read_text("utf-8")] == []
    report = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["coverage"]["report"]
    assert report.keys() == {"exclude_lines"}
    types, bodies = (re.compile(one) for one in report["exclude_lines"])
    assert types.search("if TYPE_CHECKING:")
    assert bodies.search("        ...")
    for line in ("if not TYPE_CHECKING:", "    pass", "    return x[...]", "x = 1  # no cover"):
        assert not types.search(line)
        assert not bodies.search(line)


@pytest.mark.parametrize(
    ("name", "statements", "branches", "passes"),
    [
        ("claim.py", 100.0, 100.0, True),
        ("claim.py", 100.0, 99.9, False),
        ("claim.py", 99.9, 100.0, False),
        ("cli/main.py", 90.0, 90.0, True),
        ("cli/main.py", 100.0, 89.9, False),
        ("cli/main.py", 89.9, 100.0, False),
    ],
)
def test_statements_and_branches_are_both_at_the_bar(name, statements, branches, passes):
    """The one can't make up for the other."""
    one = Module(name, statements, branches)
    assert one.bar == (WHOLE if name in SAFETY else MOST)
    assert one.passes is passes


def test_a_report_is_told_by_module_the_lowest_first():
    """Without a branch all are run; a way out of a line that wasn't run itself isn't told twice."""
    files = {
        "daemon/dedupd/claim.py": told(100.0, 75.0),
        "daemon/dedupd/cli/main.py": told(50.0, 0.0, 0, (7, 8)),
    }
    first, second = modules_of({"files": files})
    assert first == Module("cli/main.py", 50.0, 100.0, "7 8")
    assert second == Module("claim.py", 100.0, 75.0, "7->9")
    assert "7->9" in covered.line(second)


@pytest.mark.parametrize(
    ("size", "more", "failed", "passed"),
    [
        (ALL_OF_IT, (), "", True),
        (ALL_OF_IT, (Module("cli/main.py", 89.0, 100.0),), "", False),
        (THE_LEAST, (Module("cli/main.py", 89.0, 100.0),), "", True),
        (ALL_OF_IT, (), "1 failed", False),
    ],
)
def test_the_figure_wants_every_module_and_every_test(monkeypatch, size, more, failed, passed):
    """The fast tests alone are asked for the safety code alone."""
    ran = []
    monkeypatch.setattr(
        covered, "measured", lambda tests: ran.append(tests) or ([*whole_safety(), *more], failed)
    )
    assert covered.run(1, size).passed is passed
    assert ran == [covered.ALL if size is ALL_OF_IT else covered.FAST]


def test_a_module_that_was_not_measured_is_not_at_its_bar(monkeypatch):
    """Nothing measured is no pass."""
    for modules in ([], whole_safety()[1:]):
        monkeypatch.setattr(covered, "measured", lambda tests, told=modules: (told, ""))
        assert not covered.run(1, ALL_OF_IT).passed
