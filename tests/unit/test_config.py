"""The configuration file: what is read, what is refused, and that nothing gets lost."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dedupd.config import default_state, from_folders, load
from dedupd.config_forms import QuietHours
from dedupd.config_read import read, root_id
from dedupd.config_schema import ROOT_KEYS, WatchConfig, all_keys
from dedupd.disk.overlap import OverlapProblem
from dedupd.errors import ExitCode, UsageError
from dedupd.likeness import MatchLimits
from dedupd.model import Role
from dedupd.strict_yaml import parse

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
ROOTS = "haystack: [/pics]\nneedles: [/old]\n"


def no_overlap(*_):
    """Stand in for the check of the roots on the disk."""
    return ()


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "my.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


@pytest.fixture
def complaints(write):
    """Give the problems of a text, without the name of the file before them."""

    def complaints(text: str | bytes, check=no_overlap) -> list[str]:
        path = write(text)
        with pytest.raises(UsageError) as caught:
            load(path, check)
        assert caught.value.exit_code is ExitCode.USAGE
        assert caught.value.what == "the configuration can't be used"
        assert caught.value.fix == f"dedupd config check --config {path}"
        lines = caught.value.why.splitlines()
        assert all(line.startswith(f"{path}:") for line in lines)
        return [line.removeprefix(f"{path}:") for line in lines]

    return complaints


def test_two_lines_are_a_configuration(write, monkeypatch):
    """Only the roots must be named; everything else has a default."""
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/dedupd")
    config = load(write(ROOTS), no_overlap)
    assert [root.path for root in config.roots] == [b"/pics", b"/old"]
    assert [root.role for root in config.roots] == [Role.HAYSTACK, Role.NEEDLES]
    assert config.state == Path("/var/lib/dedupd")
    assert config.events == config.log.events == Path("/var/lib/dedupd/events.jsonl")
    assert config.match.limits == MatchLimits()
    assert config.match.worse.accepted == frozenset()
    assert (config.watch.settle_quiet_s, config.watch.sweep_every_s) == (2.0, None)


def test_every_key_arrives_in_its_unit(write):
    """Times are seconds, sizes bytes, and each word is where it belongs."""
    text = """
haystack: [/pics]
needles:
  - {path: /old, watch: poll, poll_every: 10m, exclude: [raw/**]}
state: /state
exclude: ["**/.cache/**"]
ignore: {haystack: [x], needles: default}
watch: {settle_quiet: 0.5s, settle_max: 1m, sweep_every: 1h}
match:
  worse: {pixels: accept}
  others: block
  turned: matched
  limits: {luma: 3.5, radius_bits: 8, blocks_resized: 9, error: 0.4, detail: 0.75}
limits: {file: 1GiB, pixels: 50M}
workers: {count: 3, memory: 1GiB, timeout: 2m, pool: dask, scheduler: 'tcp://[::1]:8786'}
rehash: {every: 30d, rate: 1MB/s}
quiet_hours: "23:00-06:30"
log: {level: debug, format: json, events: /log/e.jsonl}
control: {socket: /run/d/c.sock, group: staff}
web: {listen: "[::1]:8377"}
hooks: {folder.imported: [notify-send, "no"]}
"""
    config = load(write(text), no_overlap)
    (root,) = config.needles
    assert (root.watch, root.poll_every_s) == ("poll", 600.0)
    assert root.exclude == ("**/.cache/**", "raw/**")
    assert config.haystack[0].exclude == ("**/.cache/**",)
    assert config.haystack[0].ignore == ("x",)
    assert "._*" in root.ignore
    assert config.watch == WatchConfig(0.5, 60.0, 3600.0)
    assert config.match.worse.accepted == {"pixels"}
    assert (config.match.others, config.match.turned) == ("block", "matched")
    assert config.match.limits == MatchLimits(
        luma=3.5, radius_bits=8, blocks_resized=9.0, error=0.4, detail=0.75
    )
    assert (config.limits.file_bytes, config.limits.pixels) == (2**30, 50_000_000)
    assert (config.workers.count, config.workers.memory_bytes) == (3, 2**30)
    assert config.workers.timeout_s == 120.0
    assert (config.rehash.every_s, config.rehash.rate_bytes_per_s) == (30 * 86400.0, 10**6)
    assert config.quiet_hours == QuietHours(23 * 60, 6 * 60 + 30)
    assert (config.log.level, config.log.format) == ("debug", "json")
    assert config.events == Path("/log/e.jsonl")
    assert (config.control.socket, config.control.group) == (Path("/run/d/c.sock"), "staff")
    assert config.web.listen == "[::1]:8377"
    assert config.hooks == {"folder.imported": ("notify-send", "no")}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ROOTS + "needels: [x]\n", "3: needels: unknown key; did you mean 'needles'?"),
        (ROOTS + "settle_quiet: 2s\n", "3: settle_quiet: unknown key; did you mean 'watch.sett"),
        (ROOTS + "quux: 1\n", "3: quux: unknown key"),
        (
            "haystack: [/pics]\nneedles:\n- path: /x\n  pol_every: 1s\n",
            "4: needles[0].pol_every: unknown key; did you mean 'poll_every'?",
        ),
        (ROOTS + "needles: [/b]\n", "3: needles: repeated key; it is given on line 2 already"),
        ("haystack: [/pics]\n", "1: needles: missing: must be a list of folders, such as needles:"),
        ("haystack: [/pics]\nneedles: []\n", "2: needles: must name at least one folder"),
        ("haystack: /pics\nneedles: [/old]\n", "1: haystack: must be a list of folders, such as h"),
        ("haystack: [~]\nneedles: [/old]\n", '1: haystack[0]: needs a path ("~" alone must be i'),
        ('haystack: [""]\nneedles: [/old]\n', "1: haystack[0].path: must be a path (got '')"),
        ("haystack: [$NOPE/x]\nneedles: [/o]\n", "1: haystack[0].path: the variable $NOPE is not"),
        ("haystack: [~nobody-x/y]\nneedles: [/o]\n", "1: haystack[0].path: there is no home fold"),
        ('haystack: ["\\0"]\nneedles: [/o]\n', "1: haystack[0].path: must be a path (got '\\x00')"),
        ('haystack: ["\\uD800"]\nneedles: [/o]\n', "1: haystack[0].path: has a character that no"),
        (ROOTS + "watch: {settle_quiet: 2}\n", "3: watch.settle_quiet: must be a time with its u"),
        (ROOTS + "watch: {settle_quiet: 0s}\n", "3: watch.settle_quiet: must be from 0.1s to 365"),
        (ROOTS + "watch: {settle_max: 1s}\n", "3: watch.settle_max: must not be shorter than wat"),
        (ROOTS + "watch: {settle_quiet: 2m}\n", "3: watch.settle_max: must not be shorter than"),
        (ROOTS + "watch: 2s\n", "3: watch: must be a mapping (key: value) (got '2s')"),
        (ROOTS + "watch: {sweep_every: [1h]}\n", "3: watch.sweep_every: must be a time with its "),
        (ROOTS + "workers: {count: 012x}\n", "3: workers.count: must be a whole number from 1 to"),
        (ROOTS + "workers: {count: 0}\n", "3: workers.count: must be a whole number from 1 to 25"),
        (ROOTS + "workers: {pool: dusk}\n", "3: workers.pool: must be processes or dask (got 'd"),
        (ROOTS + "workers: {pool: dask}\n", "3: workers.scheduler: missing: pool: dask needs its"),
        (ROOTS + "workers: {scheduler: tcp://a}\n", "3: workers.scheduler: must be a Dask schedu"),
        (ROOTS + "workers: {scheduler: tls://a:1}\n", "3: workers.tls.ca: missing: tls:// needs"),
        (
            ROOTS + "workers: {scheduler: tcp://a:1, tls: {ca: a, cert: b, key: c}}\n",
            "3: workers.scheduler: must begin with tls:// where tls is given",
        ),
        (ROOTS + "workers: {memory: 1KiB}\n", "3: workers.memory: must be from 600MiB to 1024TiB"),
        (ROOTS + "limits: {file: 5 mb}\n", "3: limits.file: must be a size with its unit, such a"),
        (ROOTS + "limits: {pixels: 0}\n", "3: limits.pixels: must be a number of pixels up to 40"),
        (ROOTS + "rehash: {rate: 10MiB}\n", "3: rehash.rate: must be a size a second, such as 10"),
        (ROOTS + "quiet_hours: 1:30\n", "3: quiet_hours: must be two times of the day, such as"),
        (ROOTS + "quiet_hours: 01:00-01:00\n", "3: quiet_hours: must be two times of the day"),
        (
            ROOTS + "match: {others: blok}\n",
            "3: match.others: must be report or block (got 'blok'); did you mean 'block'?",
        ),
        (ROOTS + "match: {worse: {raw: no}}\n", "3: match.worse.raw: must be review or accept ("),
        (ROOTS + "match: {limits: {luma: 40}}\n", "3: match.limits.luma: must be a number from 0"),
        (ROOTS + "match: {limits: {luma: nan}}\n", "3: match.limits.luma: must be a number from "),
        (ROOTS + "match: {limits: {deviation: 1}}\n", "3: match.limits.deviation: must be a numb"),
        (ROOTS + "match: {limits: {blocks_resized: 25}}\n", "3: match.limits.blocks_resized: must"),
        (ROOTS + "match: {limits: {error: 1.6}}\n", "3: match.limits.error: must be a number from"),
        (ROOTS + "match: {limits: {detail: 0.5}}\n", "3: match.limits.detail: must be a number fr"),
        (ROOTS + "match: {limits: {blocks_resize: 9}}\n", "3: match.limits.blocks_resize: unknown"),
        (ROOTS + "log: {level: inof}\n", "3: log.level: must be debug, info, warning or error (g"),
        (ROOTS + "web: {listen: 0.0.0.0:80}\n", "3: web.listen: must be this machine and a port,"),
        (ROOTS + "web: {listen: 8377}\n", "3: web.listen: must be this machine and a port, such"),
        (ROOTS + "web: {listen: '::1:80'}\n", "3: web.listen: must be this machine and a port, s"),
        (ROOTS + f"control: {{socket: /{'x' * 107}}}\n", "3: control.socket: must not be longer "),
        (ROOTS + "hooks: {folder.importd: [x]}\n", "3: hooks.folder.importd: unknown key; did yo"),
        (ROOTS + "hooks: {folder.imported: x}\n", "3: hooks.folder.imported: must be a command a"),
        (ROOTS + "hooks: {folder.imported: [x, ~]}\n", "3: hooks.folder.imported: must be a comm"),
        (ROOTS + "exclude: '*.tmp'\n", "3: exclude: must be a list of patterns, such as"),
        (ROOTS + "exclude:\n- a\n- ../b\n", "5: exclude[1]: must be a pattern of paths inside th"),
        (ROOTS + "exclude: ['!a']\n", "3: exclude[0]: must be a pattern of paths inside the root"),
        (ROOTS + "exclude: [/pics/x]\n", "1: haystack[0]: exclude patterns are paths inside the r"),
        (ROOTS + "ignore: {haystack: trash}\n", "3: ignore.haystack: must be a list of patterns,"),
        (ROOTS + "a: &b c\n", "3: a: anchors (&b) are not allowed"),
        (ROOTS + "state: !!python/name:os.x y\n", "3: state: tags (tag:yaml.org,2002:python/name"),
        (ROOTS + "---\na: b\n", "3: a second document starts here"),
        (ROOTS + "x: [\n", "4: not valid YAML"),
        ("- a\n", "1: must be a mapping (key: value) (got a list)"),
        (b"haystack: [/pics]\nneedles: [\xff]\n", "2: not UTF-8 text"),
        (b"#" * (2**20 + 1), "1: larger than 1 MiB: not a configuration"),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_key(text, complaint, complaints, monkeypatch):
    """Nothing is guessed, and nothing that nobody understands is skipped."""
    monkeypatch.delenv("NOPE", raising=False)
    assert any(line.startswith(complaint) for line in complaints(text))


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(complaints):
    """Also those of YAML itself, and those of the roots that could be understood."""

    def overlap(haystack, needles, private):
        assert [root.path for root in (*haystack, *needles)] == [b"/pics", b"/c"]
        assert private["state folder"] == Path("/s")
        return [OverlapProblem(Role.NEEDLES, 0, b"/c", "/c lies inside /pics")]

    text = "haystack: [/pics]\nneedles:\n- ~\n- /c\nstate: /s\nsweep: 1\nstate: &x /s\nwatch: 2\n"
    assert complaints(text, overlap) == [
        '3: needles[0]: needs a path ("~" alone must be in quotes)',
        "4: needles: /c lies inside /pics",
        "6: sweep: unknown key",
        "7: state: repeated key; it is given on line 5 already",
        "7: anchors (&x) are not allowed",
        "8: watch: must be a mapping (key: value) (got '2')",
    ]


def test_an_overlap_alone_refuses_the_configuration(complaints):
    """It would make a picture match itself."""
    found = [OverlapProblem(Role.HAYSTACK, 0, b"/pics", "/pics is bad")]
    assert complaints(ROOTS, lambda *_: found) == ["1: haystack: /pics is bad"]


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    """With its name and the system's reason."""
    with pytest.raises(UsageError, match="gone") as caught:
        load(tmp_path / "gone.yaml", no_overlap)
    assert caught.value.why == "No such file or directory"


def test_paths_are_expanded_and_count_from_the_file(write, tmp_path, monkeypatch):
    """`~`, `$VAR`, `${VAR}` and `$$`; links are followed where they exist."""
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.setenv("DISK", "/mnt/disk")
    (tmp_path / "link").symlink_to("real")
    text = "haystack: [~/p, $DISK/x, '${DISK}2', a$$b]\nneedles: [sub/../n, link/x]\n"
    config = load(write(text), no_overlap)
    here = os.fsencode(tmp_path.resolve())
    assert [root.path for root in config.haystack] == [
        b"/home/anna/p", b"/mnt/disk/x", b"/mnt/disk2", here + b"/a$b",
    ]  # fmt: skip
    assert [root.path for root in config.needles] == [here + b"/n", here + b"/real/x"]


def test_a_root_knows_its_line(write):
    """For problems that are found later, such as a folder that isn't there."""
    path = write("needles:\n  - /a\n  - path: /b\nhaystack: [/c]\n")
    config = load(path, no_overlap)
    assert config.where(Role.NEEDLES, 1) == f"{path}:3: needles"
    assert config.where(Role.HAYSTACK, 0) == f"{path}:4: haystack"


def test_the_id_of_a_root_is_made_of_role_and_path():
    """It is part of the store's keys, so it must never change."""
    assert root_id(Role.HAYSTACK, b"/pics") == "8a5eee21b9e111a0"
    assert root_id(Role.NEEDLES, b"/pics") != root_id(Role.HAYSTACK, b"/pics")


def test_the_example_has_every_key_and_no_other():
    """Each with its default, but for the roots."""
    data = parse(EXAMPLE.read_text()).data
    assert isinstance(data, dict)
    found = {above for above, _ in _leaves(data)} - {()}
    expected = {tuple(key.split(".")) for key in all_keys()}
    assert found - {("needles", key) for key in ROOT_KEYS} == expected
    assert {key for above, *below in found if above == "needles" for key in below} == set(ROOT_KEYS)


def test_the_example_holds_the_defaults(monkeypatch):
    """What it says is what happens without it."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    config = load(EXAMPLE, no_overlap)
    plain = read(parse(ROOTS), Path("/"), default_state()).config
    assert replace(config, haystack=plain.haystack, needles=plain.needles) == plain
    assert {root.ignore for root in config.haystack} == {plain.haystack[0].ignore}
    assert config.needles[0].poll_every_s == config.needles[1].poll_every_s


def _leaves(value, above=()):
    yield above, value
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from _leaves(inside, (*above, key))
    if isinstance(value, list):
        for inside in value:
            yield from _leaves(inside, above)


def test_a_command_line_is_a_configuration_too(tmp_path, monkeypatch):
    """Relative folders count from here; the shell has expanded everything else already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/anna")
    config = from_folders(["lib$x"], ["~/old", "b"], "state", no_overlap)
    here = os.fsencode(tmp_path.resolve())
    assert [root.path for root in config.roots] == [
        here + b"/lib$x",
        b"/home/anna/old",
        here + b"/b",
    ]
    assert (config.state, config.source) == (tmp_path.resolve() / "state", None)
    assert config.where(Role.NEEDLES, 1) == "--needles"


def test_a_command_line_can_be_wrong():
    """An empty folder is a variable that wasn't set, never the folder we are in."""
    with pytest.raises(UsageError) as caught:
        from_folders([""], [], None, no_overlap)
    assert caught.value.why.splitlines() == [
        "--haystack: must be a path (got '')",
        "--needles: must name at least one folder",
    ]


def test_the_state_folder_is_systemds_or_the_users(monkeypatch):
    """Of several state directories systemd means the first for us."""
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/dedupd:/var/lib/x")
    assert default_state() == Path("/var/lib/dedupd")
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    assert default_state() == Path("/s/dedupd")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/anna")
    assert default_state() == Path("/home/anna/.local/state/dedupd")
