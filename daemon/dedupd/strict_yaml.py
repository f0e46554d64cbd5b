"""Reads YAML as its author meant it: mappings, lists, and text as it was written.

The only user of PyYAML.  Plain YAML turns `no` into False, `012` into 10 and `1:30` into 90, lets
the second of two equal keys win, and unfolds aliases to any size.  Here every scalar stays text;
only `null`, `~` and nothing at all are None; repeated keys, anchors, aliases, tags and second
documents are problems.  Every problem is found, as far as the text can be read, with its line.
Lines count from 1; a key path is the keys and list positions that lead to a value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

Value = str | list["Value"] | dict[str, "Value"] | None
KeyPath = tuple[str | int, ...]

_DEEPEST = 20
_ONE_LINE = 1_000_000
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong at one place of a text; `key` is () where no key is to blame."""

    line: int
    key: KeyPath
    message: str


@dataclass(slots=True)
class Parsed:
    """A text, read.

    Attributes:
        data: Its value; None as well where nothing could be made of it.
        lines: Where each key (of a mapping) or item (of a list) starts.
        problems: In the order of the text.
    """

    data: Value = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def parse(text: str) -> Parsed:
    """Return what `text` says and everything that is wrong with it; never raises."""
    parsed = Parsed()
    try:
        _Reader(text, parsed).read()
    except yaml.YAMLError as error:
        parsed.data = None
        parsed.problems.append(_syntax_problem(error, text))
    parsed.problems.sort(key=lambda problem: problem.line)
    return parsed


def dump(data: object) -> str:
    """Return `data` (mappings, lists, text, numbers, None) as YAML that `parse` reads alike."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_ONE_LINE)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        """Write equal lists twice: `parse` refuses aliases."""
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # PyYAML turns some line ends into spaces, except between double quotes.
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _syntax_problem(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Problem(line, (), f"the character {chr(error.character)!a} is not allowed")
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(1, (), f"not valid YAML: {error}")
    mark = error.problem_mark or error.context_mark
    words = ", ".join(word for word in (error.context, error.problem) if word)
    return Problem(mark.line + 1 if mark else 1, (), f"not valid YAML: {words}")


class _Reader:
    """Builds values from the parser's events, which still show anchors, tags and lines."""

    def __init__(self, text: str, parsed: Parsed) -> None:
        self.loader: Any = yaml.SafeLoader(text)
        self.parsed = parsed

    def read(self) -> None:
        """Read the first document, and complain of a second."""
        while self.loader.check_event():
            event = self.event()
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if () in self.parsed.lines:
                self.blame(event, (), "a second document starts here; only one is allowed")
                return
            self.parsed.data = self.node(self.event(), ())

    def event(self) -> Any:
        """Return the next event of the parser."""
        try:
            return self.loader.get_event()
        except (ValueError, OverflowError) as error:  # an escape or number beyond all bounds
            mark = self.loader.get_mark()
            raise yaml.MarkedYAMLError(problem=str(error), problem_mark=mark) from error

    def node(self, event: Any, key: KeyPath) -> Value:
        """Return the value that starts with `event`."""
        self.parsed.lines.setdefault(key, event.start_mark.line + 1)
        if len(key) > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            self.blame(event, key, f"aliases (*{event.anchor}) are not allowed; write it out")
            return None
        if event.anchor is not None:
            self.blame(event, key, f"anchors (&{event.anchor}) are not allowed")
        if event.tag is not None:
            self.blame(event, key, f"tags ({event.tag}) are not allowed; put text in quotes")
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(key)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(key)
        return _scalar(event)

    def sequence(self, key: KeyPath) -> Value:
        """Return the list whose start was just read."""
        items: list[Value] = []
        while not isinstance(event := self.event(), yaml.SequenceEndEvent):
            items.append(self.node(event, (*key, len(items))))
        return items

    def mapping(self, key: KeyPath) -> Value:
        """Return the mapping whose start was just read; of equal keys the first counts."""
        values: dict[str, Value] = {}
        while not isinstance(event := self.event(), yaml.MappingEndEvent):
            name = self.name(event, key)
            inside = (*key, "" if name is None else name)
            value = self.node(self.event(), inside)
            if name is not None:
                values[name] = value
        return values

    def name(self, event: Any, mapping: KeyPath) -> str | None:
        """Return the key that starts with `event`, or None where it is no good."""
        name = self.node(event, (*mapping, ""))
        if not isinstance(name, str) or not name:
            self.blame(event, mapping, "a key must be a word")
            return None
        inside = (*mapping, name)
        if inside in self.parsed.lines:
            first = self.parsed.lines[inside]
            self.blame(event, inside, f"repeated key; it is given on line {first} already")
            return None
        self.parsed.lines[inside] = event.start_mark.line + 1
        return name

    def blame(self, event: Any, key: KeyPath, message: str) -> None:
        """Remember a problem where `event` starts."""
        named = tuple(part for part in key if part != "")  # a key that was no good has no name
        self.parsed.problems.append(Problem(event.start_mark.line + 1, named, message))


def _scalar(event: yaml.ScalarEvent) -> str | None:
    # `implicit[0]` is True for text that stands there without quotes.
    plain = event.implicit[0]
    return None if plain and event.value in _NULLS else event.value
