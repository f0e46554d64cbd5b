"""One event as one line: JSON for programs, text for people.

    {"time": "2026-11-22T10:00:00.000Z", "seq": 7, "id": "...", "event": "...", "path": "...", ...}

The line is ASCII without a control character, whatever names are in it.  A fact that is bytes is
a path: it is shown with U+FFFD for what isn't UTF-8, and then stands whole, in base 64, in
`<key>_b64` beside it (for a list: a list as long, null where nothing was lost).
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from dedupd.reports import COUNT_NAMES, Event
from dedupd.text import path_fields, path_of, printable, shown

START = b'{"time": "'

HEAD = re.compile(rb'^\{"time": "[^"\n]*", "seq": (\d{1,18}), ', re.MULTILINE)
"""The beginning of a line, with its number."""

_GIVEN_ID = re.compile(
    rb'^\{"time": "[^"\n]*", "seq": \d{1,18}, "id": ("(?!#)(?:[^"\\\n]|\\.)*"), ', re.MULTILINE
)

_OWN_KEYS = frozenset({"time", "seq", "id", "event", "path", "path_b64"})
_LABELS = {
    "unmatched": "not in the library",
    "possible": "to review",
    "others": "other files",
    "others_missing": "other files not in the library",
    "videos_missing": "videos not in the library",
}
_ONE = re.compile(r"(?<=file|ideo)s|(?<=picture)s")
_NAMES_SHOWN = 3
_NOT_SHOWN = frozenset({"contents", "times"})  # they make an event recognisable, to programs


def timestamp(moment: datetime) -> str:
    """Return `moment` as the log writes it: RFC 3339, UTC, milliseconds; sorts as time does."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def clean_id(event_id: str) -> str:
    """Return an event's id as it will stand in the log.

    Raises:
        ValueError: It begins with `#`, as only the ids do that the log makes.
    """
    if event_id.startswith("#"):
        raise ValueError(f"an id doesn't begin with #: {event_id!r}")
    return _valid(event_id)


def line(event: Event, seq: int, time: str) -> str:
    """Return the line of an event, without its line end.

    Raises:
        ValueError, TypeError: A fact is no JSON value, or has a key that the log itself writes.
    """
    taken = _OWN_KEYS & {key for key, _ in event.facts}
    if taken:
        raise ValueError(f"the log itself writes {sorted(taken)} ({event.name})")
    fields: dict[str, object] = {
        "time": time,
        "seq": seq,
        "id": clean_id(event.id) or f"#{seq}",
        "event": _valid(event.name),
    }
    if event.path is not None:
        fields.update(path_fields(event.path))
    fields.update(_fields(event.facts))
    return json.dumps(fields, allow_nan=False)


def numbers(data: bytes) -> list[int]:
    """Return the numbers of all lines in `data`, in their order."""
    return [int(number) for number in HEAD.findall(data)]


def given_ids(data: bytes) -> list[str]:
    """Return the ids that events in `data` came with, in their order."""
    ids: list[str] = []
    for quoted in _GIVEN_ID.findall(data):
        # A damaged line may hold anything; its id is then one that nobody will give.
        with contextlib.suppress(ValueError):
            ids.append(json.loads(quoted))
    return ids


def human(logged: Mapping[str, object]) -> str:
    """Return one line of text for a line of the log: when, what, where, and the facts that say so.

    Names that a shell would not take as they are stand in quotes; every control character is
    escaped, so no name can look like another line.
    """
    text = f"{logged.get('time', '?')} {logged.get('event', '?')}"
    if "path" in logged:
        text += f" {_name(path_of(dict(logged)))}"
    facts = ", ".join(_facts(logged))
    return printable(f"{text}: {facts}" if facts else text)


def _fields(facts: Iterable[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for key, value in facts:
        text, whole = _split(value)
        fields[_valid(key)] = text
        if whole is not None:
            fields[f"{_valid(key)}_b64"] = whole
    return fields


def _split(value: object) -> tuple[object, object]:
    """Return `value` as JSON can show it, and what that lost of paths in base 64, or None."""
    match value:
        case bytes():
            fields = path_fields(value)
            return fields["path"], fields.get("path_b64")
        case str():
            return _valid(value), None
        case None | bool() | int() | float():
            return value, None
        case list() | tuple():
            pairs = [_split(item) for item in value]
            wholes = [whole for _, whole in pairs]
            return [text for text, _ in pairs], wholes if any(wholes) else None
        case dict():
            return _fields(value.items()), None
    raise TypeError(f"no JSON value: {value!r}")


def _valid(text: str) -> str:
    """Return `text` without lone surrogates, which JSON readers don't agree on."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _facts(fields: Mapping[str, object]) -> Iterator[str]:
    for key, value in fields.items():
        told = key not in _OWN_KEYS | _NOT_SHOWN and not key.endswith("_b64")
        if told and value not in (None, 0, "", [], {}):
            yield _fact(key, value, fields.get(f"{key}_b64"))


def _fact(key: str, value: object, whole: object) -> str:
    label = _LABELS.get(key, key.replace("_", " "))
    if key in COUNT_NAMES:
        return f"{value} {_ONE.sub('', label) if value == 1 else label}"
    match value:
        case True:
            return label
        case dict():
            inner = ", ".join(_facts(value))
            return inner if set(value) <= set(COUNT_NAMES) else f"{label} ({inner})"
        case list():
            return f"{label} {_names(value)}"
        case str():
            return f"{label} {_name(path_of({'path': value, 'path_b64': whole}))}"
    return f"{label} {value}"


def _names(values: list[object]) -> str:
    first = " ".join(_name(str(value)) for value in values[:_NAMES_SHOWN])
    more = len(values) - _NAMES_SHOWN
    return f"{first} and {more} more" if more > 0 else first


def _name(text: bytes | str) -> str:
    return shlex.quote(shown(text))
