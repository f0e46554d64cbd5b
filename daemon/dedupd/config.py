"""The configuration: from a file or a command line to one checked value, and back to YAML.

Everything that is wrong is told at once, in one `UsageError`, each with its file, line and key.
Roots that overlap would make a picture match itself, so nothing is returned before the caller's
`check` of the roots had its say.  Which keys there are: `config_schema`; how values are written:
`config_forms`.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from dedupd.config_forms import PATH, escape
from dedupd.config_read import Draft, read
from dedupd.config_schema import IGNORE_DEFAULTS, ROOT_SETTINGS, Config, Setting, settings
from dedupd.errors import UsageError
from dedupd.model import Role, Root
from dedupd.strict_yaml import KeyPath, Parsed, Problem, parse
from dedupd.strict_yaml import dump as dump_yaml
from dedupd.text import shown

_LARGEST_FILE_BYTES = 2**20


_BEGIN = "copy config.example.yaml there and name your folders in it"


class RootProblem(Protocol):
    """What is wrong with a root: the one at `index` among those of its role."""

    @property
    def role(self) -> Role:
        """The role of the root to blame."""

    @property
    def index(self) -> int:
        """Its position among the roots of its role."""

    @property
    def message(self) -> str:
        """What is wrong, naming the paths."""


RootCheck = Callable[
    [tuple[Root, ...], tuple[Root, ...], Mapping[str, Path]], Iterable[RootProblem]
]
"""(haystack, needles, our own paths by what they are) -> problems."""


def load(path: str | Path, check: RootCheck) -> Config:
    """Read a configuration file.

    Raises:
        UsageError: It can't be read, or something in it is wrong: every problem in one error.
    """
    source = Path(path)
    parsed = _parse_file(source)
    if parsed.data is None and parsed.problems:
        raise _refusal(parsed.problems, source)
    return _finish(read(parsed, source.absolute().parent, default_state()), source, check)


def from_folders(
    haystack: Sequence[str], needles: Sequence[str], state: str | None, check: RootCheck
) -> Config:
    """Make a configuration of a command line; the rest is as if no file said anything.

    Args:
        haystack, needles: Folders as the shell gave them; relative ones count from here.
        state: The state folder; None for the default one.

    Raises:
        UsageError: As `load`.
    """
    data: dict[str, Any] = {
        "haystack": [_argument(folder) for folder in haystack],
        "needles": [_argument(folder) for folder in needles],
        "state": None if state is None else _argument(state),
    }
    return _finish(read(Parsed(data), Path.cwd(), default_state()), None, check)


def default_state() -> Path:
    """Return the state folder where none is given: systemd's, else the user's."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    state = Path(given) if given else _base("XDG_STATE_HOME", ".local/state") / "dedupd"
    return Path(os.path.realpath(state))


def dump(config: Config) -> str:
    """Return `config` as YAML, complete: loaded again it is equal."""
    data = {
        **{role.value: [_root(root) for root in _of(config, role)] for role in Role},
        "state": PATH.write(config.state),
        "ignore": {role.value: _ignore(_of(config, role)[0]) for role in Role},
        **_written(settings(Config), config),
        "hooks": {event: list(command) for event, command in config.hooks.items()},
    }
    return dump_yaml(data)


def _parse_file(path: Path) -> Parsed:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE_BYTES + 1)
    except OSError as error:
        what = f"the configuration {shown(os.fsencode(path))} can't be read"
        raise UsageError(what, error.strerror or str(error), _BEGIN) from None
    if len(content) > _LARGEST_FILE_BYTES:
        return Parsed(problems=[Problem(1, (), "larger than 1 MiB: not a configuration")])
    try:
        return parse(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Parsed(problems=[Problem(line, (), "not UTF-8 text")])


def _finish(draft: Draft, source: Path | None, check: RootCheck) -> Config:
    config = replace(draft.config, source=source)
    private = {"state folder": config.state, "event log": config.events}
    if config.control.socket is not None:
        private["control socket"] = config.control.socket
    problems = [*draft.problems]
    for found in check(config.haystack, config.needles, private):
        line = config.lines[found.role, found.index]
        problems.append(Problem(line, (found.role.value,), found.message))
    if problems:
        raise _refusal(problems, source)
    return config


def _refusal(problems: Iterable[Problem], source: Path | None) -> UsageError:
    what = "the configuration can't be used"
    told = dict.fromkeys(_told(p, source) for p in sorted(problems, key=lambda p: p.line))
    if source is None:
        return UsageError(what, "\n".join(told), "name folders that exist and don't overlap")
    name = shlex.quote(shown(os.fsencode(source)))
    return UsageError(what, "\n".join(told), f"dedupd config check --config {name}")


def _told(problem: Problem, source: Path | None) -> str:
    """Return one line: where, which key, what."""
    if source is None:
        return f"--{_dotted(problem.key[:1])}: {problem.message}"
    where = [f"{shown(os.fsencode(source))}:{problem.line}"]
    where += [_dotted(problem.key)] if problem.key else []
    return ": ".join((*where, problem.message))


def _dotted(key: KeyPath) -> str:
    words = (f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in key)
    return "".join(words).removeprefix(".")


def _base(variable: str, below_home: str) -> Path:
    """Return a base folder; the XDG specification says that a relative one is to be ignored."""
    given = os.environ.get(variable, "")
    return Path(given) if os.path.isabs(given) else Path.home() / below_home


def _argument(folder: str) -> str:
    """Return a folder of the command line as the configuration would have it."""
    # "" stays "": it is a variable that wasn't set, and must not become the folder we are in.
    return escape(os.path.abspath(os.path.expanduser(folder))) if folder else ""


def _of(config: Config, role: Role) -> tuple[Root, ...]:
    return config.haystack if role is Role.HAYSTACK else config.needles


def _ignore(root: Root) -> str | list[str]:
    return "default" if root.ignore == IGNORE_DEFAULTS[root.role] else list(root.ignore)


def _root(root: Root) -> dict[str, Any]:
    return _written(ROOT_SETTINGS, root) | {"exclude": list(root.exclude)}


def _written(table: Mapping[str, Setting], value: object) -> dict[str, Any]:
    """Return the keys of `table` with what `value` has for them, as a file would say it."""
    data: dict[str, Any] = {}
    for key, setting in table.items():
        inside = getattr(value, setting.attribute)
        if setting.section is not None:
            data[key] = _written(settings(setting.section), inside)
        elif setting.form is not None:
            data[key] = setting.form.nothing if inside is None else setting.form.write(inside)
    return data
