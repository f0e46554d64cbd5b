"""`dedupd config`: every mistake of the contract is refused, at its line, all of them at once."""

from __future__ import annotations

import json
import os

import pytest
from tests.system.commands import dedupd, dedupd_inside, picture

pytestmark = pytest.mark.timeout(120)

MANY_MISTAKES = """\
haystack: [lib]
needles:
  - needles
  - path: card
    wach: poll
    poll_every: soon
neddles: [more]
watch: {settle_quiet: 2, settle_max: 60s}
watch: {settle_quiet: 2s}
match:
  worse: {pixls: accept}
  others: blok
limits: {file: [1]}
workers: {count: many}
log: {level: inof, format: text}
hooks: {folder.importd: ["true"]}
quiet_hours: "25:00-26:00"
web: nothing
settle_quiet: 1s
"""

MISTAKES = [
    (5, "needles[1].wach: unknown key", "did you mean 'watch'"),
    (6, "needles[1].poll_every: must be a time with its unit", "got 'soon'"),
    (7, "neddles: unknown key", "did you mean 'needles'"),
    (8, "watch.settle_quiet: must be a time with its unit", "got '2'"),
    (9, "watch: repeated key", "on line 8"),
    (11, "match.worse.pixls: unknown key", "did you mean 'pixels'"),
    (12, "match.others: must be report or block", "did you mean 'block'"),
    (13, "limits.file: must be a size", "got a list"),
    (14, "workers.count: must be a whole number", "got 'many'"),
    (15, "log.level: must be debug", "did you mean 'info'"),
    (16, "hooks.folder.importd: unknown key", "did you mean 'folder.imported'"),
    (17, "quiet_hours: ", "25:00-26:00"),
    (18, "web: must be a mapping", "got 'nothing'"),
    (19, "settle_quiet: unknown key", "did you mean 'watch.settle_quiet'"),
]


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the roots that the configurations here name."""
    for name in ("lib/2020", "needles", "card"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def check(folder, text):
    """Return what `config check` says of a configuration file with this text."""
    file = folder / "my.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return dedupd_inside("config", "check", "--config", file)


def told(done):
    """Return the lines between the first and the last: the mistakes."""
    assert (done.code, done.out) == (2, b"")
    first, *mistakes, last = done.complaints
    assert first == "dedupd: the configuration can't be used"
    assert last.strip().startswith("try:")
    return [line.removeprefix("  because:").strip() for line in mistakes]


def test_every_mistake_is_told_at_once_with_its_line_and_the_nearest_key(folder):
    """In the order of the file: file:line, the key, what is wrong, what was meant."""
    mistakes = told(check(folder, MANY_MISTAKES))
    assert len(mistakes) == len(MISTAKES)
    for said, (line, begins, holds) in zip(mistakes, MISTAKES, strict=True):
        assert said.startswith(f"{folder}/my.yaml:{line}: {begins}")
        assert holds in said


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("haystack: [lib]\nneedles: [needles, ./needles]\n", 2, "is the same folder as"),
        ("haystack: [lib]\nneedles: [needles, link]\n", 2, "is the same folder as"),
        ("haystack: [lib, lib]\nneedles: [card]\n", 1, "is the same folder as"),
        ("haystack: [lib]\nneedles: [needles, lib]\n", 2, "is the same folder as"),
        ("needles: [lib]\nhaystack: [lib/2020]\n", 2, "lies inside"),
        ("needles: [lib, lib/2020]\nhaystack: [card]\n", 1, "lies inside"),
        ("haystack: [lib]\nneedles: [card]\nstate: card/state\n", 2, "state folder"),
        ("haystack: [lib]\nneedles: [card]\nstate: lib\n", 1, "state folder"),
        ("haystack: [lib]\nneedles: [card]\nlog: {events: lib/e.jsonl}\n", 1, "event log"),
        ("haystack: [lib]\nneedles: [card]\ncontrol: {socket: card/s}\n", 2, "control socket"),
    ],
)
def test_roots_that_overlap_are_refused(folder, text, line, words):
    """A picture would match itself; nothing of ours may be below a root."""
    (folder / "link").symlink_to("needles")
    (mistake,) = told(check(folder, text))
    assert mistake.startswith(f"{folder}/my.yaml:{line}: ")
    assert words in mistake


def test_needles_inside_the_library_are_allowed_where_it_excludes_them(folder):
    """Else the mistake prints the very line that makes it right."""
    plain = "haystack: [lib]\nneedles: [lib/2020]\nstate: state\n"
    (mistake,) = told(check(folder, plain))
    cure = mistake.partition("add to that root: ")[2]
    cured = f"haystack: [{{path: lib, {cure}}}]\nneedles: [lib/2020]\nstate: state\n"
    assert check(folder, cured).code == 0
    (folder / "lib" / "2020" / "a.jpg").write_bytes(picture(1))
    looked = dedupd("check", "--config", folder / "my.yaml", "--json")
    assert looked.code == 1
    assert looked.json["totals"]["unmatched"] == 1


def test_the_cure_is_right_for_names_full_of_signs(folder):
    """A folder whose name is a pattern, and YAML, too."""
    name = "a [b]*'\"# {c}"
    (folder / "lib" / name).mkdir()
    needles = json.dumps([f"lib/{name}"])
    (mistake,) = told(check(folder, f"haystack: [lib]\nneedles: {needles}\nstate: state\n"))
    cure = mistake.partition("add to that root: ")[2]
    cured = f"haystack:\n- path: lib\n  {cure}\nneedles: {needles}\nstate: state\n"
    assert check(folder, cured).code == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("haystack: [lib\nneedles: [needles]\n", 2),
        ("haystack: [lib]\n\tneedles: [needles]\n", 2),
        ("haystack: [lib]\nneedles: [\x01]\n", 2),
        (b"haystack: [lib]\nneedles: [\xff]\n", 2),
        ("haystack: [lib]\nneedles: &a [needles]\n", 2),
        ("haystack: [lib]\nneedles: [needles]\n---\nstate: x\n", 3),
        ("haystack: lib\nneedles: [needles]\n", 1),
        ("haystack: [lib]\nneedles: []\n", 2),
        ("haystack: [lib]\nneedles: [{watch: poll}]\n", 2),
        ("haystack: [lib]\nneedles: ['$NO_SUCH_VARIABLE/x']\n", 2),
        ("haystack: [lib]\n", 1),
        ("- lib\n", 1),
        ("", 1),
    ],
    ids=repr,
)
def test_what_is_no_configuration_is_refused_at_its_line(folder, text, line):
    """Broken YAML, text that isn't text, and what is missing altogether."""
    mistakes = told(check(folder, text))
    assert any(said.startswith(f"{folder}/my.yaml:{line}: ") for said in mistakes)


def test_a_file_that_is_not_there_is_three_lines_and_2(folder):
    """The same for every command that reads it, and for a folder in its place."""
    for words in (["config", "check"], ["run"], ["check"], ["status"], ["events"], ["missing"]):
        done = dedupd(*words, "--config", folder / "gone.yaml")
        assert (done.code, done.out, len(done.complaints)) == (2, b"", 3)
    assert dedupd_inside("config", "check", "--config", folder).code == 2


def test_run_and_check_refuse_what_config_check_refuses(folder):
    """No state folder is made, nothing is read."""
    refused = check(folder, "haystack: [lib]\nneedles: [lib]\nstate: state\n")
    for command in ("run", "check"):
        done = dedupd_inside(command, "--config", folder / "my.yaml")
        assert (done.code, done.err) == (2, refused.err)
    assert not (folder / "state").exists()


def test_what_would_not_work_here_is_a_warning(folder):
    """It may be meant for another machine, or for later; nothing is refused."""
    text = """\
haystack: [lib, gone]
needles: [needles]
control: {group: no-such-group}
hooks: {folder.imported: [no-such-command], root.offline: [~/mail, x], daemon.ready: [ls]}
"""
    done = check(folder, text)
    gone, group, *hooks = done.complaints
    assert (done.code, b"can be used" in done.out) == (0, True)
    assert f"{folder}/gone isn't there now; its haystack root will be offline" in gone
    assert "there is no group no-such-group here" in group
    assert len(hooks) == 2
    assert "folder.imported will fail: no-such-command isn't found" in hooks[0]
    assert "root.offline will fail: ~/mail is no absolute path" in hooks[1]
    assert check(folder, text.replace("no-such-group", "root")).complaints == [gone, *hooks]


def test_what_is_shown_is_whole_and_can_be_loaded_again(folder):
    """`config show` of what `config show` printed is the same, byte for byte."""
    text = """\
haystack: [lib, ~/Pictures]
needles:
  - {path: "card", watch: poll, poll_every: 10m, exclude: ["**/raw-cache/**", "a b/'*"]}
  - "$HOME/${WHERE}"
exclude: ["**/.cache/**"]
ignore: {haystack: [".Trash*"], needles: default}
watch: {settle_quiet: 0.5s, sweep_every: 2h}
match: {worse: {pixels: accept}, others: block, limits: {luma: 3}}
limits: {file: 1GiB, pixels: 100M}
quiet_hours: "01:00-06:00"
log: {format: json, events: log/e.jsonl}
hooks: {folder.imported: ["notify-send", "it's \\"in\\""]}
"""
    (folder / "my.yaml").write_text(text)
    shown = dedupd("config", "show", "--config", folder / "my.yaml", WHERE="dumps/2020")
    assert (shown.code, shown.err) == (0, b"")
    again = folder / "again.yaml"
    again.write_bytes(shown.out)
    assert dedupd("config", "show", "--config", again).out == shown.out
    fields = dedupd("config", "show", "--json", "--config", again).json
    assert [root["path"] for root in fields["needles"]] == [
        f"{folder}/card",
        f"{os.environ['HOME']}/dumps/2020",
    ]
    assert fields["log"]["events"] == f"{folder}/log/e.jsonl"


def test_the_first_of_the_usual_places_is_read(folder):
    """$DEDUPD_CONFIG, then $XDG_CONFIG_HOME/dedupd/config.yaml."""
    (folder / "dedupd").mkdir()
    for name, root in (("dedupd/config.yaml", "needles"), ("named.yaml", "card")):
        (folder / name).write_text(f"haystack: [{folder}/lib]\nneedles: [{folder}/{root}]\n")
    home = {"XDG_CONFIG_HOME": str(folder)}
    assert f"{folder}/needles" in dedupd("config", "show", **home).out.decode()
    named = dedupd("config", "show", **home, DEDUPD_CONFIG=str(folder / "named.yaml"))
    assert f"{folder}/card" in named.out.decode()


def test_a_root_that_is_not_there_is_warned_of(folder):
    """It may be a disk that comes later: exit code 0, and a line on standard error."""
    done = check(folder, "haystack: [lib]\nneedles: [card, usb]\nstate: state\n")
    assert (done.code, len(done.complaints)) == (0, 1)
    assert f"{folder}/usb isn't there" in done.complaints[0]
