"""`docs/reference.md` and `--help`: made of the code's own tables, complete, and not stale."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from dedupd.cli.main import COMMANDS, command_parser, main
from dedupd.cli.reference import default_of, default_of_root, reference
from dedupd.config_read import read
from dedupd.config_schema import ROOT_KEYS, all_keys
from dedupd.config_words import KEYS, ROOT
from dedupd.errors import MEANINGS, ExitCode
from dedupd.events import EVENTS
from dedupd.faces.outputs.reasons import CLASSES, EVIDENCE, STATES
from dedupd.model import EvidenceKind, FolderState, PictureClass
from dedupd.strict_yaml import parse

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "daemon" / "dedupd"
HELP_LINES, HELP_COLUMNS = 24, 80


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_fits_a_screen(name, capsys):
    """24 lines of 80 columns, and an example as the last one."""
    assert main([name, "--help"]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= HELP_LINES
    assert max(map(len, lines)) <= HELP_COLUMNS
    assert f"dedupd {name}" in lines[-1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name):
    """Those of the parsers are what help, reference and completion show."""
    for action in command_parser(name)._actions:
        described = action.help or (action.choices and "|" in str(action.metavar))
        assert described, action.dest


def test_every_command_is_a_module_and_every_module_that_is_a_command_is_listed():
    """A command that `--help` doesn't name is undocumented."""
    with_example = {
        path.stem for path in (PACKAGE / "cli").glob("*.py") if "\nEXAMPLE = " in path.read_text()
    }
    assert with_example == set(COMMANDS)


def test_the_overview_fits_the_width_of_a_screen(capsys):
    """It has a line for each command, so its height is theirs."""
    main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= HELP_COLUMNS


def test_the_reference_is_up_to_date():
    """`make reference` writes it again."""
    assert (PROJECT / "docs" / "reference.md").read_text() == reference()


def test_the_reference_names_every_command_key_event_and_exit_code():
    """Whatever there is in the code is there for people."""
    text = reference()
    for name in COMMANDS:
        assert f"### dedupd {name}\n" in text
    for word in (*leaves(), *EVENTS, *(state.value for state in FolderState)):
        assert f"| `{word}` |" in text
    for code in ExitCode:
        assert f"| {int(code)} |" in text


def leaves():
    keys = all_keys()
    return [key for key in keys if not any(other.startswith(f"{key}.") for other in keys)]


def test_every_key_of_the_configuration_has_words_and_no_other():
    """A new key needs its line in `config_words`."""
    assert sorted(KEYS) == sorted(leaves())
    assert sorted(ROOT) == sorted(ROOT_KEYS)


def test_every_default_is_what_holds_without_the_key():
    """Some of them, as the file would say them."""
    assert default_of("watch.settle_max") == "1m"
    assert default_of("workers.count") == "auto"
    assert default_of("quiet_hours") == "null"
    assert default_of_root("poll_every") == "10m"
    assert all(map(default_of, KEYS))


@pytest.mark.parametrize("key", [*KEYS, *(f"needles.{key}" for key in ROOT)])
def test_every_example_can_be_typed_into_a_file(key, tmp_path):
    """It is read as it stands, with nothing to complain of."""
    top, _, inside = key.partition(".")
    about = KEYS[key] if key in KEYS else ROOT[inside]
    text = about.example
    if top == "needles" and inside:
        path = "" if inside == "path" else "path: /n, "
        text = f"[{{{path}{inside}: {text}}}]"
    else:
        for word in reversed(inside.split(".") if inside else []):
            text = f"{{{word}: {text}}}"
    whole = {"haystack": "[/h]", "needles": "[/n]", top: text}
    parsed = parse("".join(f"{name}: {value}\n" for name, value in whole.items()))
    assert list(read(parsed, tmp_path, tmp_path / "state").problems) == []


def test_every_word_of_the_tables_is_explained():
    """Exit codes, states, classes, evidence."""
    assert set(MEANINGS) == set(ExitCode)
    assert list(STATES) == [state.value for state in FolderState]
    assert set(CLASSES) == {cls.value for cls in PictureClass}
    assert set(EVIDENCE) == {kind.value for kind in EvidenceKind}


EVENT_LIKE = re.compile(r"({})\.[a-z]+".format("|".join({name.split(".")[0] for name in EVENTS})))


def called(node):
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def said(tree):
    """Return the words of a module that look like events and aren't codes of problems."""
    codes = {
        id(inside)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) == "Problem"
        for inside in ast.walk(node)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in codes
        if isinstance(node.value, str) and EVENT_LIKE.fullmatch(node.value)
    }


def test_every_event_that_is_said_anywhere_is_in_the_table():
    """And the table has none that nobody says; `picture.*` are made of the class's name."""
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if inside.parts[0] not in ("events.py", "doctor", "config_words.py"):
            found |= said(ast.parse(path.read_text()))
    found -= {"config.yaml"}
    made = {f"picture.{cls.value}" for cls in PictureClass}
    unsaid = set(EVENTS) - found - made
    assert found - set(EVENTS) == set()
    assert unsaid <= {"store.repaired"}, "documented, and never said"


def test_an_event_that_is_missing_in_the_table_would_be_seen():
    """Guards the test above."""
    tree = ast.parse('Event("root.vanished")\nname = "folder.lost"\nProblem("root.replaced")')
    assert said(tree) == {"root.vanished", "folder.lost"}


def test_events_of_a_daemon_are_words_a_hook_can_be_tied_to():
    """They are what the contract calls them: two words with a dot."""
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+", name) for name in EVENTS)
    assert json.dumps(list(EVENTS)).isascii()
