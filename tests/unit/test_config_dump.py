"""The effective configuration as YAML: loaded again it is the same."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dedupd.config import dump, from_folders
from dedupd.config_forms import PATTERN, QuietHours, Unfit
from dedupd.config_read import read, root_id
from dedupd.config_schema import (
    IGNORE_DEFAULTS,
    Config,
    ControlConfig,
    LimitsConfig,
    LogConfig,
    MatchConfig,
    RehashConfig,
    WatchConfig,
    WebConfig,
    WorkersConfig,
    WorseConfig,
)
from dedupd.events import EVENTS
from dedupd.likeness import MatchLimits
from dedupd.model import Role, Root
from dedupd.strict_yaml import parse


def _fits(pattern: str) -> bool:
    try:
        PATTERN.read(pattern, Path("/"))
    except Unfit:
        return False
    return True


NAMES = st.binary(min_size=1, max_size=12).map(os.fsdecode) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
)
NAMES = NAMES.filter(lambda name: name not in {".", ".."} and not {"/", "\0"} & set(name))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: Path("/nowhere", *names))
PATTERNS = st.lists(st.text(min_size=1, max_size=6).filter(_fits), max_size=3, unique=True).map(
    tuple
)
TIMES_S = st.floats(0.1, 10**8) | st.integers(1, 10**8).map(float)
BYTES = st.integers(600 * 2**20, 2**50) | st.integers(1, 2**20).map(lambda n: n * 2**30)
WORSE = st.sampled_from(["review", "accept"])


def roots(role: Role, ignore):
    root = st.builds(
        lambda path, **options: Root(root_id(role, path), path, role, **options),
        path=PATHS.map(os.fsencode),
        watch=st.sampled_from(["auto", "inotify", "poll", "none"]),
        poll_every_s=TIMES_S,
        exclude=PATTERNS,
        ignore=st.just(ignore),
    )
    return st.lists(root, min_size=1, max_size=2).map(tuple)


@st.composite
def configs(draw):
    quiet_s, max_s = sorted((draw(TIMES_S), draw(TIMES_S)))
    sweep_s = draw(st.none() | st.integers(1, 10**6).map(float))
    ignore = {role: draw(st.just(words) | PATTERNS) for role, words in IGNORE_DEFAULTS.items()}
    match = MatchConfig(
        WorseConfig(*(draw(WORSE) for _ in range(5))),
        draw(st.sampled_from(["report", "block"])),
        draw(st.sampled_from(["possible", "matched"])),
        MatchLimits(
            draw(st.integers(0, 10)),
            luma=draw(st.floats(0.0, 4.0)),
            blocks=2.0,
            blocks_resized=draw(st.floats(0.0, 9.5)),
            error=draw(st.floats(0.0, 0.5)),
            peak=draw(st.floats(0.0, 9.5)),
            sibling=draw(st.floats(0.0, 1.03)),
            coding=draw(st.floats(0.0, 8.0)),
            detail=draw(st.floats(0.6, 1.0)),
        ),
    )
    commands = st.lists(NAMES, min_size=1, max_size=3).map(tuple)
    return Config(
        haystack=draw(roots(Role.HAYSTACK, ignore[Role.HAYSTACK])),
        needles=draw(roots(Role.NEEDLES, ignore[Role.NEEDLES])),
        state=draw(PATHS),
        watch=WatchConfig(quiet_s, max_s, sweep_s),
        match=match,
        limits=LimitsConfig(draw(BYTES), draw(st.integers(1, 4 * 10**9))),
        workers=WorkersConfig(draw(st.none() | st.integers(1, 256)), draw(BYTES)),
        rehash=RehashConfig(draw(st.floats(3600.0, 10**7)), draw(BYTES)),
        quiet_hours=draw(st.sampled_from([None, QuietHours(0, 1), QuietHours(1439, 65)])),
        log=LogConfig("debug", "journal", draw(PATHS)),
        control=ControlConfig(draw(st.none() | st.just(Path("/s"))), draw(st.just("staff"))),
        web=WebConfig(draw(st.sampled_from([None, "localhost:1", "[::1]:65535"]))),
        hooks=draw(st.dictionaries(st.sampled_from([*EVENTS]), commands, max_size=2)),
    )


@settings(max_examples=40)
@given(configs())
def test_a_dumped_configuration_loads_equal(config):
    """Whatever the names: spaces, `$`, `~`, line ends, bytes that aren't UTF-8."""
    draft = read(parse(dump(config)), Path("/elsewhere"), Path("/other"))
    assert [problem.message for problem in draft.problems] == []
    assert draft.config == config


def test_the_dump_of_a_command_line_says_everything(tmp_path):
    """`config show` is where people see what is in force."""
    config = from_folders([str(tmp_path / "a")], [str(tmp_path / "b")], None, lambda *_: ())
    text = dump(config)
    for line in ("  settle_quiet: 2s", "  file: 512MiB", "  haystack: default", "  count: auto"):
        assert line in text.splitlines()
