"""Makes a configuration of what a file says, and finds everything that is wrong with it.

Reads no file; resolves the links of paths.  A value that doesn't fit is a problem and counts as
not given, so that one mistake doesn't hide the next.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dedupd.config_forms import PATH, PATTERN, Form, Unfit, nearest
from dedupd.config_schema import (
    IGNORE_DEFAULTS,
    ROOT_KEYS,
    ROOT_SETTINGS,
    TOP_KEYS,
    Config,
    Setting,
    TlsConfig,
    WorkersConfig,
    all_keys,
    settings,
)
from dedupd.events import EVENTS
from dedupd.model import Role, Root
from dedupd.strict_yaml import KeyPath, Parsed, Problem, Value

_LONGEST_SHOWN = 60
_LONGEST_SOCKET_BYTES = 107  # `sun_path` of unix(7), without its closing NUL


@dataclass(frozen=True, slots=True)
class Draft:
    """What can be understood, and what can't; usable only if there are no problems."""

    config: Config
    problems: tuple[Problem, ...]


def read(parsed: Parsed, folder: Path, state: Path) -> Draft:
    """Return the configuration that `parsed` means.

    Args:
        parsed: The text of the file, or the same data made of a command line.
        folder: Where relative paths count from.
        state: The state folder where none is given.
    """
    reader = _Reader(parsed, folder)
    config = reader.config(state)
    return Draft(config, tuple(reader.problems))


def root_id(role: Role, path: bytes) -> str:
    """Return the id of a root: short, and the same for as long as role and path are."""
    return hashlib.sha256(role.value.encode() + b"\0" + path).hexdigest()[:16]


class _Reader:
    """Walks the data by the schema; a method returns what it could make of its part."""

    def __init__(self, parsed: Parsed, folder: Path) -> None:
        self.parsed, self.folder = parsed, folder
        self.problems = list(parsed.problems)
        self.root_lines: dict[tuple[Role, int], int] = {}

    def config(self, default_state: Path) -> Config:
        top = self.mapping(self.parsed.data, (), TOP_KEYS)
        shared = self.patterns(top.get("exclude"), ("exclude",))
        ignore = self.ignore(self.mapping(top.get("ignore"), ("ignore",), [r.value for r in Role]))
        roots = {role: self.roots(role, top, shared, ignore[role]) for role in Role}
        given = self.fields({"state": Setting("state", PATH)}, top, ())
        state = given.get("state", default_state)
        config = Config(
            haystack=roots[Role.HAYSTACK],
            needles=roots[Role.NEEDLES],
            state=state,
            hooks=self.hooks(self.mapping(top.get("hooks"), ("hooks",), EVENTS)),
            lines=self.root_lines,
            **self.section(Config, top, ()),
        )
        self.check(config)
        return replace(config, log=replace(config.log, events=config.events))

    def check(self, config: Config) -> None:
        """Find what is wrong between values that are right by themselves."""
        if config.watch.settle_max_s < config.watch.settle_quiet_s:
            self.blame(("watch", "settle_max"), "must not be shorter than watch.settle_quiet")
        socket = config.control.socket
        if socket is not None and len(os.fsencode(socket)) > _LONGEST_SOCKET_BYTES:
            limit = _LONGEST_SOCKET_BYTES
            self.blame(("control", "socket"), f"must not be longer than {limit} bytes")
        self.check_cluster(config.workers)

    def check_cluster(self, workers: WorkersConfig) -> None:
        """Refuse a cluster without an address, and one whose encryption is half configured."""
        tls, address = workers.tls, workers.scheduler
        if workers.pool == "dask" and address is None:
            example = "tcp://10.0.0.5:8786"
            message = f"missing: pool: dask needs its scheduler, such as scheduler: {example}"
            self.blame(("workers", "scheduler"), message)
        if address is None or (tls == TlsConfig() and address.startswith("tcp://")):
            return
        if address.startswith("tcp://"):
            self.blame(("workers", "scheduler"), "must begin with tls:// where tls is given")
        for name in settings(TlsConfig):
            if getattr(tls, name) is None:
                self.blame(("workers", "tls", name), "missing: tls:// needs ca, cert and key")

    def section(self, kind: type, values: Mapping[str, Value], key: KeyPath) -> dict[str, Any]:
        """Return the fields of section `kind` that have a value, its sections made."""
        fields = self.fields(settings(kind), values, key)
        for name, setting in settings(kind).items():
            if setting.section is not None:
                inside = (*key, name)
                below = self.mapping(values.get(name), inside, settings(setting.section))
                made = setting.section(**self.section(setting.section, below, inside))
                fields[setting.attribute] = made
        return fields

    def fields(
        self, table: Mapping[str, Setting], values: Mapping[str, Value], key: KeyPath
    ) -> dict[str, Any]:
        """Return the fields of `table` that have a value which fits."""
        fields: dict[str, Any] = {}
        for name, setting in table.items():
            if setting.form is None or values.get(name) is None:
                continue
            try:
                fields[setting.attribute] = self.scalar(setting.form, values[name])
            except Unfit as unfit:
                self.blame((*key, name), unfit.message, values[name], unfit.nearest)
        return fields

    def scalar(self, form: Form, value: Value) -> object:
        # What a list should have been is said best by the form: give it a text it can't take.
        return form.read(value if isinstance(value, str) else "", self.folder)

    def roots(
        self,
        role: Role,
        top: Mapping[str, Value],
        shared: tuple[str, ...],
        ignore: tuple[str, ...],
    ) -> tuple[Root, ...]:
        """Return the roots of a role that can be understood."""
        items = top.get(role.value)
        if not isinstance(items, list):
            missing = "missing: " if items is None else ""
            example = f"{role.value}: [~/Pictures]"
            message = f"{missing}must be a list of folders, such as {example}"
            self.blame((role.value,), message, items)
            return ()
        if not items:
            self.blame((role.value,), "must name at least one folder")
        roots: list[Root] = []
        for index, item in enumerate(items):
            root = self.root(role, item, (role.value, index), shared)
            if root is not None:
                self.root_lines[role, len(roots)] = self.line((role.value, index))
                roots.append(replace(root, ignore=ignore))
        return tuple(roots)

    def root(self, role: Role, item: Value, key: KeyPath, shared: tuple[str, ...]) -> Root | None:
        options = {"path": item} if isinstance(item, str) else self.mapping(item, key, ROOT_KEYS)
        if options.get("path") is None:
            self.blame(key, 'needs a path ("~" alone must be in quotes)')
        fields = self.fields(ROOT_SETTINGS, options, key)
        own = self.patterns(options.get("exclude"), (*key, "exclude"))
        if "path" not in fields:
            return None
        path = os.fsencode(fields.pop("path"))
        exclude = tuple(dict.fromkeys((*shared, *own)))
        self.check_inside(path, exclude, key)
        return Root(root_id(role, path), path, role, exclude=exclude, **fields)

    def check_inside(self, root: bytes, patterns: Iterable[str], key: KeyPath) -> None:
        """Refuse patterns that name the root itself: they would hide nothing."""
        for pattern in patterns:
            if (pattern + "/").startswith(os.fsdecode(root) + "/"):
                self.blame(key, "exclude patterns are paths inside the root", pattern)

    def patterns(self, value: Value, key: KeyPath) -> tuple[str, ...]:
        """Return a list of patterns; none where nothing is given."""
        if value is not None and not isinstance(value, list):
            self.blame(key, 'must be a list of patterns, such as ["**/.cache/**"]', value)
        patterns: list[str] = []
        for index, item in enumerate(value if isinstance(value, list) else ()):
            try:
                patterns.append(str(self.scalar(PATTERN, item)))
            except Unfit as unfit:
                self.blame((*key, index), unfit.message, item)
        return tuple(patterns)

    def ignore(self, lists: Mapping[str, Value]) -> dict[Role, tuple[str, ...]]:
        """Return what is ignored by role: `default`, or the list given."""
        return {
            role: default
            if lists.get(role.value) in (None, "default")
            else self.patterns(lists[role.value], ("ignore", role.value))
            for role, default in IGNORE_DEFAULTS.items()
        }

    def hooks(self, commands: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
        """Return the command of each event that has one."""
        hooks: dict[str, tuple[str, ...]] = {}
        for event, command in commands.items():
            words = command if isinstance(command, list) else []
            texts = tuple(word for word in words if isinstance(word, str))
            if len(texts) != len(words) or not texts or not texts[0] or "\0" in "".join(texts):
                example = 'such as ["notify-send", "imported"]'
                self.blame(("hooks", event), f"must be a command as a list, {example}", command)
            elif event in EVENTS:
                hooks[event] = texts
        return hooks

    def mapping(self, value: Value, key: KeyPath, known: Collection[str]) -> dict[str, Value]:
        """Return `value` without the keys that aren't `known`; {} where nothing is given."""
        if value is not None and not isinstance(value, dict):
            self.blame(key, "must be a mapping (key: value)", value)
        found = value if isinstance(value, dict) else {}
        for name in found:
            if name not in known:
                self.blame_unknown(name, key, known)
        return {name: inside for name, inside in found.items() if name in known}

    def blame_unknown(self, name: str, key: KeyPath, known: Collection[str]) -> None:
        elsewhere = {dotted.rpartition(".")[2]: dotted for dotted in all_keys()}
        self.blame((*key, name), "unknown key", None, nearest(name, known) or elsewhere.get(name))

    def blame(
        self, key: KeyPath, message: str, got: Value = None, meant: str | None = None
    ) -> None:
        """Remember a problem at the line of `key`, or of what it lies in."""
        message += f" (got {_shown(got)})" if got is not None else ""
        message += f"; did you mean '{meant}'?" if meant else ""
        self.problems.append(Problem(self.line(key), key, message))

    def line(self, key: KeyPath) -> int:
        while key and key not in self.parsed.lines:
            key = key[:-1]
        return self.parsed.lines.get(key, 1)


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "...")
    return "a list" if isinstance(value, list) else "a mapping"
