"""What can be configured: every key with its form, its unit and its default.

The tree of frozen dataclasses is the configuration as the daemon has it.  A field's metadata
say how its key is written; reading, writing and the example are all held against it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dedupd.config_forms import (
    HOURS,
    LISTEN,
    PATH,
    PIXELS,
    SCHEDULER,
    WORD,
    Form,
    QuietHours,
    choice,
    count,
    duration,
    number,
    or_auto,
    rate,
    size,
)
from dedupd.likeness import MatchLimits
from dedupd.model import Role, Root

Worse = Literal["review", "accept"]

HAYSTACK_IGNORE = (
    ".Trash*", ".trashed-*", ".local/share/Trash", "$RECYCLE.BIN", "RECYCLER", ".recycle",
    "#recycle", "@Recycle", "#snapshot", ".snapshot", ".snapshots", "@Recently-Snapshot", ".zfs",
    "System Volume Information", ".stversions", ".dtrash", ".sync/Archive", "files_trashbin",
    "files_versions", "lost+found",
    "@eaDir", ".@__thumb", ".thumbnails", ".cache", "*.lrdata", "*.cocatalog/Cache",
    "CaptureOne/Cache", "*.photoslibrary/resources", "*.photoslibrary/scopes",
    "*.photoslibrary/Thumbnails", "*.photoslibrary/Previews", "*.photolibrary/Thumbnails",
    "*.photolibrary/Previews", "*.photolibrary/resources", "*.migratedphotolibrary/Thumbnails",
    "*.migratedphotolibrary/Previews", "*.migratedphotolibrary/resources",
    "*.aplibrary/Thumbnails", "*.aplibrary/Previews", "iPhoto Library/Thumbnails",
    "iPhoto Library/Previews",
)  # fmt: skip
"""Trash and snapshots may go at any time, thumbnails and caches aren't the picture."""

NEEDLES_IGNORE = (".DS_Store", "Thumbs.db", "desktop.ini", "@eaDir/", "._*")
"""What systems leave beside pictures; a name that ends in `/` is a folder's."""

IGNORE_DEFAULTS = {Role.HAYSTACK: HAYSTACK_IGNORE, Role.NEEDLES: NEEDLES_IGNORE}

_LIMIT_FORMS: Mapping[str, Form] = {
    # How far candidates are looked for: the index is exact to a radius of 10.
    "radius_bits": count(0, 10),
    "sketch_correlation": number(0.0, 1.0),
    "possible_correlation": number(0.0, 1.0),
    # What decides that two are the same may be made stricter than was measured, never looser.
    "luma": number(0.0, 4.0),
    "chroma": number(0.0, 6.0),
    "aspect": number(0.0, 0.015),
    "deviation": number(8.0, 128.0),
    "blocks": number(0.0, 9.5),
    "blocks_resized": number(0.0, 9.5),
    "tint": number(0.0, 5.0),
    "error": number(0.0, 0.5),
    "peak": number(0.0, 9.5),
    "sibling": number(0.0, 1.03),
    "coding": number(0.0, 8.0),
    "detail": number(0.6, 1.0),
    "detail_resized": number(0.45, 1.0),
}


def _key(name: str, form: Form) -> Mapping[str, Any]:
    return {"key": name, "form": form}


def _section(name: str, kind: type) -> Mapping[str, Any]:
    return {"key": name, "section": kind}


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """When a changed file is looked at; `sweep_every_s` is None for "as often as it needs"."""

    settle_quiet_s: float = field(default=2.0, metadata=_key("settle_quiet", duration(0.1)))
    settle_max_s: float = field(default=60.0, metadata=_key("settle_max", duration(0.1)))
    sweep_every_s: float | None = field(
        default=None, metadata=_key("sweep_every", or_auto(duration(1.0)))
    )


_WORSE = choice("review", "accept")


@dataclass(frozen=True, slots=True)
class WorseConfig:
    """Whether a person reviews a match whose library copy is worse in one of these."""

    pixels: Worse = field(default="review", metadata=_key("pixels", _WORSE))
    raw: Worse = field(default="review", metadata=_key("raw", _WORSE))
    quality: Worse = field(default="review", metadata=_key("quality", _WORSE))
    metadata: Worse = field(default="review", metadata=_key("metadata", _WORSE))
    motion: Worse = field(default="review", metadata=_key("motion", _WORSE))

    @property
    def accepted(self) -> frozenset[str]:
        """The ways to be worse that the owner accepts."""
        return frozenset(name for name in settings(WorseConfig) if getattr(self, name) == "accept")


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """What counts as a match, and whether files that aren't pictures hold a folder back."""

    worse: WorseConfig = field(default_factory=WorseConfig, metadata=_section("worse", WorseConfig))
    others: Literal["report", "block"] = field(
        default="report", metadata=_key("others", choice("report", "block"))
    )
    turned: Literal["possible", "matched"] = field(
        default="possible", metadata=_key("turned", choice("possible", "matched"))
    )
    limits: MatchLimits = field(
        default_factory=MatchLimits, metadata=_section("limits", MatchLimits)
    )


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    """Larger files and pictures are unreadable: "too-large"."""

    file_bytes: int = field(default=512 * 2**20, metadata=_key("file", size(1)))
    pixels: int = field(default=200_000_000, metadata=_key("pixels", PIXELS))


@dataclass(frozen=True, slots=True)
class TlsConfig:
    """Files that prove who we are to a scheduler, and it to us: all three, or none."""

    ca: Path | None = field(default=None, metadata=_key("ca", PATH))
    cert: Path | None = field(default=None, metadata=_key("cert", PATH))
    key: Path | None = field(default=None, metadata=_key("key", PATH))


@dataclass(frozen=True, slots=True)
class WorkersConfig:
    """The decoders; `memory_bytes` and `timeout_s` are for each.

    `count` is how many pictures are decoded together: None for one a core, or for a cluster's
    usual number.
    """

    count: int | None = field(default=None, metadata=_key("count", or_auto(count(1, 256))))
    memory_bytes: int = field(default=2 * 2**30, metadata=_key("memory", size(600 * 2**20)))
    timeout_s: float = field(default=60.0, metadata=_key("timeout", duration(1.0)))
    pool: Literal["processes", "dask"] = field(
        default="processes", metadata=_key("pool", choice("processes", "dask"))
    )
    scheduler: str | None = field(default=None, metadata=_key("scheduler", SCHEDULER))
    tls: TlsConfig = field(default_factory=TlsConfig, metadata=_section("tls", TlsConfig))


@dataclass(frozen=True, slots=True)
class RehashConfig:
    """How often every file is read again, to find what changed without a trace."""

    every_s: float = field(default=90 * 86400.0, metadata=_key("every", duration(3600.0)))
    rate_bytes_per_s: int = field(default=10 * 2**20, metadata=_key("rate", rate(2**10)))


@dataclass(frozen=True, slots=True)
class LogConfig:
    """What goes to standard error, and the event log; `events` is None only before reading."""

    level: Literal["debug", "info", "warning", "error"] = field(
        default="info", metadata=_key("level", choice("debug", "info", "warning", "error"))
    )
    format: Literal["text", "json", "journal"] = field(
        default="text", metadata=_key("format", choice("text", "json", "journal"))
    )
    events: Path | None = field(default=None, metadata=_key("events", PATH))


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """The control socket: None for the usual place, and for nobody but the daemon's user."""

    socket: Path | None = field(default=None, metadata=_key("socket", PATH))
    group: str | None = field(default=None, metadata=_key("group", WORD))


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The web page: off unless it is told where to listen, "host:port" of this machine."""

    listen: str | None = field(default=None, metadata=_key("listen", LISTEN))


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the owner decided, complete and checked.

    Attributes:
        haystack, needles: At least one of each; their `exclude` and `ignore` are complete.
        state: Where dedupd keeps what must last.
        quiet_hours: Local time; then no sweep begins merely because it is time for one, and only
            what changes is read, or what somebody waits for; None for never.
        hooks: Event name -> the command to run, as a list of words.
        source: The file it was read from; None for the command line.
        lines: Where each root stands in `source`, by role and position.
    """

    haystack: tuple[Root, ...]
    needles: tuple[Root, ...]
    state: Path
    watch: WatchConfig = field(default_factory=WatchConfig, metadata=_section("watch", WatchConfig))
    match: MatchConfig = field(default_factory=MatchConfig, metadata=_section("match", MatchConfig))
    limits: LimitsConfig = field(
        default_factory=LimitsConfig, metadata=_section("limits", LimitsConfig)
    )
    workers: WorkersConfig = field(
        default_factory=WorkersConfig, metadata=_section("workers", WorkersConfig)
    )
    rehash: RehashConfig = field(
        default_factory=RehashConfig, metadata=_section("rehash", RehashConfig)
    )
    quiet_hours: QuietHours | None = field(default=None, metadata=_key("quiet_hours", HOURS))
    log: LogConfig = field(default_factory=LogConfig, metadata=_section("log", LogConfig))
    control: ControlConfig = field(
        default_factory=ControlConfig, metadata=_section("control", ControlConfig)
    )
    web: WebConfig = field(default_factory=WebConfig, metadata=_section("web", WebConfig))
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: Path | None = field(default=None, compare=False)
    lines: Mapping[tuple[Role, int], int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def roots(self) -> tuple[Root, ...]:
        """All roots, those of the haystack first."""
        return self.haystack + self.needles

    @property
    def events(self) -> Path:
        """The event log."""
        return self.log.events or self.state / "events.jsonl"

    def where(self, role: Role, index: int) -> str:
        """Return where a root was named: `file:line: needles`, or `--needles`."""
        if self.source is None:
            return f"--{role.value}"
        return f"{self.source}:{self.lines.get((role, index), 1)}: {role.value}"


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a section: the field it fills, and its form or the section it leads to."""

    attribute: str
    form: Form | None = None
    section: type | None = None


ROOT_SETTINGS: Mapping[str, Setting] = {
    "path": Setting("path", PATH),
    "watch": Setting("watch", choice("auto", "inotify", "poll", "none")),
    "poll_every": Setting("poll_every_s", duration(least_s=0.1)),
}
"""The options of one root that are a single value; `exclude` is a list beside them."""

ROOT_KEYS = (*ROOT_SETTINGS, "exclude")


def settings(section: type) -> dict[str, Setting]:
    """Return the keys of a section (a dataclass of this module, or `MatchLimits`), in order."""
    if section is MatchLimits:
        return {name: Setting(name, form) for name, form in _LIMIT_FORMS.items()}
    return {
        f.metadata["key"]: Setting(f.name, f.metadata.get("form"), f.metadata.get("section"))
        for f in dataclasses.fields(section)
        if "key" in f.metadata
    }


TOP_KEYS = ("haystack", "needles", "state", "exclude", "ignore", *settings(Config), "hooks")
"""The keys of the whole file."""


def all_keys() -> list[str]:
    """Return every key of the file but a root's own, with what it lies in: `watch.settle_max`."""
    roles = [f"ignore.{role.value}" for role in Role]
    return [*TOP_KEYS, *roles, *_below("", Config)]


def _below(above: str, section: type) -> list[str]:
    keys = []
    for name, setting in settings(section).items():
        if setting.section is not None:
            inside = settings(setting.section)
            keys += [f"{above}{name}.{key}" for key in inside]
            keys += _below(f"{above}{name}.", setting.section)
    return keys
