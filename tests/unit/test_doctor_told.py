"""How `dedupd doctor` takes a configuration, and how it says what it found."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.config import from_folders
from dedupd.config_schema import Config
from dedupd.doctor import examination, told
from dedupd.doctor.configured import check_config, check_error, check_nothing, understood
from dedupd.doctor.finding import Level, note, ok, problem
from dedupd.doctor.words import size, word
from dedupd.errors import UsageError
from dedupd.faces.outputs.look import Look

HOSTILE = b"a\n\x1b[31mb\xff'\\ \xe2\x80\xae$(x)"


def test_every_mistake_of_a_configuration_is_a_finding(tmp_path):
    """With the line to go to; and what can be understood is looked at."""
    file = tmp_path / "my c.yaml"
    file.write_text("haystack: [lib]\nneedles: [x]\nnonsense: 1\nstate: s\n")
    error = UsageError("bad", f"{file}:3: nonsense: unknown key\n{file}:1: y", "fix")
    first, second = check_error(error, str(file))
    assert (first.level, first.fix) == (Level.PROBLEM, f"${{EDITOR:-vi}} +3 '{file}'")
    assert second.fix.startswith("${EDITOR:-vi} +1 ")
    config = understood(str(file))
    assert (config.state, config.source) == (tmp_path / "s", file)
    assert [root.path for root in config.roots] == [
        os.fsencode(tmp_path / "lib"),
        os.fsencode(tmp_path / "x"),
    ]


@pytest.mark.parametrize("text", [None, "", "[1, 2", "a: &x 1"])
def test_of_some_configurations_nothing_can_be_understood(tmp_path, text):
    """Missing, empty, no mapping: then this machine alone is looked at."""
    file = tmp_path / "c.yaml"
    if text is not None:
        file.write_text(text)
    config = understood(str(file))
    assert config is None or config.roots == ()
    (found,) = check_error(UsageError("bad", "why", "copy the example"), None)
    assert found.fix == "copy the example"


def test_a_configuration_that_can_be_used_is_told(tmp_path):
    """Its roots are counted; without roots or without a file it is a note."""
    config = from_folders([str(tmp_path / "a")], [str(tmp_path / "b")], None, lambda *_: ())
    (found,) = check_config(config)
    assert found.what == "the command line can be used: 1 haystack root, 1 needle root"
    (alone,) = check_config(Config((), (), tmp_path))
    assert (alone.level, check_nothing().level) == (Level.NOTE, Level.NOTE)


@given(st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name))
def test_a_path_to_type_is_printable_and_stands_for_its_bytes(name):
    """As bash reads it; `$'...'` where quotes alone won't do."""
    typed = word(name)
    assert typed.isprintable()
    if not typed.startswith("$'"):
        assert [os.fsdecode(name)] == shlex.split(typed)
    else:
        assert typed[2:-1].encode().decode("unicode_escape").encode("latin-1") == name


def test_a_hostile_path_goes_through_the_shell():
    """Byte for byte."""
    done = subprocess.run(
        ["bash", "-c", f"printf %s {word(HOSTILE)}"], capture_output=True, check=True
    )
    assert done.stdout == HOSTILE


@pytest.mark.parametrize(
    ("bytes_", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2 * 10**9, "2.0 GB")],
)
def test_sizes_are_said_in_words(bytes_, said):
    """In units of a thousand, as disks are sold."""
    assert size(bytes_) == said


def test_findings_are_a_table_of_80_columns():
    """What is to be typed is never broken; odd characters never get out."""
    long = "a long sentence " * 12
    command = "sudo " + "x" * 90
    hostile = os.fsdecode(HOSTILE.partition(b"\n")[2])
    findings = [
        ok("roots.presence", "fine"),
        note("roots.hearing", f"{os.fsdecode(HOSTILE)} {long}", ""),
        problem("state.space", "full", long, f"{command}\nsecond {hostile}"),
    ]
    lines = list(told.lines(findings, Look()))
    assert lines[0] == "roots"
    assert lines[1] == "  ok       fine"
    assert all(line.isprintable() for line in lines)
    assert all(len(line) <= 80 for line in lines if "sudo" not in line)
    assert f"           type: {command}" in lines
    assert any(line.startswith("                 second \\x1b") for line in lines)
    assert lines[-1] == "1 problem, 1 note"
    assert told.summary(findings[:1]) == "nothing to be done"


def test_findings_are_json_with_exact_paths():
    """`path_b64` where a path isn't UTF-8."""
    findings = [problem("a.b", "w\x1b", "y", "f", HOSTILE), ok("c.d", "x")]
    first, second = told.fields(findings)
    assert list(first)[:5] == ["level", "code", "what", "why", "fix"]
    assert (first["level"], first["what"]) == ("problem", "w\\x1b")
    assert "path_b64" in first
    assert second["path"] is None
    assert all(name in told.PARTS for name in ("roots", "state"))


def test_a_state_folder_on_a_broken_disk_is_told(tmp_path, monkeypatch):
    """The system's error is a finding, and the other checks are made."""

    def broken(path, for_group):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(examination, "state_facts", broken)
    found = {one.code: one for one in examination.examine(Config((), (), tmp_path))}
    assert found["state.folder"].level is Level.PROBLEM
    assert found["system.python"].level is Level.OK


def test_every_part_has_its_heading(tmp_path):
    """In one block each, so that none is said twice."""
    findings = [check_nothing(), *examination.examine(Config((), (), tmp_path))]
    heads = [line for line in told.lines(findings, Look()) if line in told.PARTS.values()]
    assert len(heads) == len(set(heads))
    assert {one.part for one in findings} <= set(told.PARTS)
