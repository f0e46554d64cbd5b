"""Shell completion: bash really completes by the script, and no command or option is left out."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from dedupd.cli import main
from dedupd.cli.completing import KINDS, SCRIPTS
from dedupd.cli.completion import commands
from dedupd.cli.main import COMMANDS

TRY = """
try() {
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
    _dedupd
    echo "${COMPREPLY[*]}" | tr '\\n' ' '
    echo
}
compopt() { :; }
"""

CASES = {
    "dedupd sta": "status",
    "dedupd --config x sta": "status",
    "dedupd --config sub/fi": "sub/file.yaml",
    "dedupd status --wa": "--watch --wait",
    "dedupd status --only rev": "review",
    "dedupd status --watch sub/": "sub/file.yaml sub/inner",
    "dedupd --json missing --class un": "unreadable unmatched",
    "dedupd missing --class unmatched sub/": "sub/inner",
    "dedupd missing status": "",
    "dedupd check --haystack sub su": "sub",
    "dedupd check --list match": "matched",
    "dedupd completion z": "zsh",
    "dedupd nonsense x": "",
}


def printed(shell, capsys):
    assert main.main(["completion", shell]) == 0
    return capsys.readouterr().out


def test_bash_completes_by_the_script(tmp_path, capsys):
    """Commands, options and their values; files where a file is meant, folders for a folder."""
    bash = shutil.which("bash")
    assert bash, "bash is missing"
    (tmp_path / "sub" / "inner").mkdir(parents=True)
    (tmp_path / "sub" / "file.yaml").touch()
    tries = "\n".join(f"try {words}" for words in CASES)
    script = printed("bash", capsys) + TRY + tries
    done = subprocess.run(
        [bash, "--norc", "-u", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    found = [sorted(line.split()) for line in done.stdout.splitlines()]
    assert found == [sorted(words.split()) for words in CASES.values()]


@pytest.mark.parametrize("shell", SCRIPTS)
def test_every_command_and_option_is_in_every_script(shell, capsys):
    """A new one needs no line here or there."""
    script = printed(shell, capsys)
    assert {one.name for one in commands()} == set(COMMANDS)
    for one in commands():
        assert re.search(rf"\b{one.name}\b", script)
        for option in one.options:
            for name in option.names:
                wanted = f"-l {name[2:]} " if shell == "fish" and name[:2] == "--" else name[1:]
                assert wanted.strip() in script


def test_every_value_that_help_calls_a_file_is_completed_as_one():
    """A new word for a path in `--help` needs a row in the table."""
    named = {"FILE", "PATH", "DIR", "FOLDER", "PICTURE", "IMAGE", "ROOT", "A", "B"}
    assert set(KINDS) == named
    status = next(one for one in commands() if one.name == "status")
    assert status.arguments.kind == "files"


def test_an_unknown_shell_is_refused(capsys):
    """Three lines, exit code 2."""
    assert main.main(["completion", "csh"]) == 2
    assert "csh" in capsys.readouterr().err
