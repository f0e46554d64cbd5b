"""Which configuration a command line means, where it names one in two ways or in none."""

from __future__ import annotations

import argparse
import os

import pytest

from dedupd.cli import main
from dedupd.cli.configuration import stored_configuration
from dedupd.errors import ExitCode


@pytest.fixture
def file(tmp_path):
    """Return a configuration that names roots, a state folder and an event log."""
    for name in ("lib", "card"):
        (tmp_path / name).mkdir()
    path = tmp_path / "my.yaml"
    path.write_text(
        "haystack: [lib]\nneedles: [card]\nstate: usual\nlog: {events: usual.jsonl, level: error}\n"
    )
    return path


def test_state_beside_a_configuration_file_means_its_roots_and_another_store(file, tmp_path):
    """With that store's event log, however the state folder is named; the rest is the file's."""
    (tmp_path / "alias").symlink_to("other")
    args = argparse.Namespace(config=str(file), state=str(tmp_path / "alias"))
    config = stored_configuration(args)
    assert [root.path for root in config.roots] == [
        os.fsencode(tmp_path / name) for name in ("lib", "card")
    ]
    assert config.state == tmp_path / "other"
    assert config.events == tmp_path / "other" / "events.jsonl"
    assert config.log.level == "error"


def test_state_alone_means_the_roots_that_its_store_remembers(tmp_path):
    """None are given, and no file is needed."""
    config = stored_configuration(argparse.Namespace(config=None, state=str(tmp_path)))
    assert (config.roots, config.state) == ((), tmp_path)


def test_a_file_and_folders_on_the_command_line_exclude_each_other(file, tmp_path, capsys):
    """Neither silently beats the other: nothing is looked at."""
    roots = ["--haystack", str(tmp_path / "lib"), "--needles", str(tmp_path / "card")]
    assert main.main(["check", "--config", str(file), *roots]) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 3)
    assert "--config goes without --haystack and --needles" in err


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["check"], "dedupd check --haystack DIR --needles DIR   (or --config FILE)"),
        (["config", "check"], "dedupd config check --config FILE"),
        (["missing"], "dedupd missing --state DIR   (or --config FILE)"),
    ],
)
def test_where_nothing_is_named_the_words_to_type_are_those_of_the_command(capsys, words, fix):
    """Only some commands take folders."""
    assert main.main(words) == ExitCode.USAGE
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "dedupd: there is nothing to look at"
    assert told[-1] == f"  try:     {fix}"
