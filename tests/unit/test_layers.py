"""Imports go down, and only down: the table below is the one place that says what stands where."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[2] / "daemon" / "dedupd"

# Modules and folders of the package, lowest first. One imports from rows above it only;
# folders of one row don't know each other.
LEVELS = (
    {"__init__", "model", "text"},
    {"likeness"},
    {"decision", "errors", "events", "hearing", "journald", "reports", "wire"},
    {"asks"},
    {"messages"},
    {"strict_yaml", "config_forms", "config_words"},
    {"config_schema"},
    {"config_read", "config_force"},
    {"config", "rules", "pictures", "disk", "state"},
    {"claim", "remote"},
    {"clustering"},
    {"engine"},
    {"faces"},
    {"hands", "hooks", "notify", "unit", "journal", "hashing", "deciding", "searching", "doctor"},
    {"loop"},
    {"looking", "front"},
    {"article", "page"},
    {"service"},
    {"cli"},
    {"__main__"},
)
ABOVE_ALL = len(LEVELS)
LEVEL_OF = {name: level for level, names in enumerate(LEVELS) for name in names}

# A library that can be replaced has one user: the paths that may import it begin like this.
ONLY_USERS = {
    "yaml": ("strict_yaml.py", "config.py"),
    "plyvel": ("state/store.py",),
    "plyvel_next": ("state/store.py",),
    "watchdog": ("disk/watch/",),
    "cv2": ("pictures/",),
    "PIL": ("pictures/",),
    "pillow_heif": ("pictures/decoders/heif.py",),
    "jinja2": ("faces/outputs/html.py", "faces/web/"),
    "prometheus_client": ("faces/outputs/prometheus.py",),
    "starlette": ("faces/web/",),
    "uvicorn": ("faces/web/server.py",),
    "distributed": ("pictures/pools/line.py",),
    "rawpy": ("pictures/decoders/raw.py", "pictures/libraw.py"),
}

LONGEST_LINES = 400
LONGEST_CONDUCTOR_LINES = 300  # these call the others; what they'd hold themselves belongs below
CONDUCTORS = {"engine/__init__.py", "service.py"}


class Module(NamedTuple):
    """One file of the package."""

    path: Path  # inside the package
    tree: ast.Module
    lines: int

    @property
    def name(self) -> str:
        """Dotted name as an import spells it."""
        parts = ("dedupd", *self.path.with_suffix("").parts)
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def unit(self) -> str:
        """Name in the table: the folder right below the package, or the module itself."""
        return self.path.with_suffix("").parts[0]


def read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path.relative_to(PACKAGE), ast.parse(text), len(text.splitlines()))


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of the package."""
    return tuple(read(path) for path in sorted(PACKAGE.rglob("*.py")))


@cache
def names() -> frozenset[str]:
    """Return the names of all of them."""
    return frozenset(module.name for module in modules())


def faults(look: Callable[[Module], object]) -> dict[str, object]:
    """Return what is wrong with each module, by its path; nothing for a sound one."""
    found = {str(module.path): look(module) for module in modules()}
    return {path: fault for path, fault in found.items() if fault}


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted name of every module that is imported anywhere, also in a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from aliases & names()
            if not aliases <= names():
                yield node.module


def ours(tree: ast.Module) -> set[str]:
    return {name for name in imported(tree) if name.split(".")[0] == "dedupd"}


def unit_of(name: str) -> str:
    return [*name.split("."), "__init__"][1]


def upward(module: Module) -> set[str]:
    """Return what `module` imports from its own row or a lower one, its own folder apart."""
    mine = LEVEL_OF.get(module.unit, ABOVE_ALL)
    others = {name for name in ours(module.tree) if unit_of(name) != module.unit}
    return {name for name in others if LEVEL_OF.get(unit_of(name), ABOVE_ALL) >= mine}


def ring(modules: Sequence[Module]) -> list[str]:
    """Return modules that need each other, in order; a late import hides no ring."""
    try:
        graphlib.TopologicalSorter({m.name: ours(m.tree) - {m.name} for m in modules}).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def hidden(module: Module) -> list[str]:
    """Return relative imports, and the name of imports that only the type checker sees."""
    nodes = list(ast.walk(module.tree))
    relative = [n for n in nodes if isinstance(n, ast.ImportFrom) and n.level]
    names = [n for n in nodes if isinstance(n, ast.Name) and n.id == "TYPE_CHECKING"]
    attributes = [n for n in nodes if isinstance(n, ast.Attribute) and n.attr == "TYPE_CHECKING"]
    return [ast.unparse(n) for n in (*relative, *names, *attributes)]


def borrowed(module: Module) -> list[str]:
    """Return the libraries that `module` uses though they have another only user."""
    libraries = {name.split(".")[0] for name in imported(module.tree)} & ONLY_USERS.keys()
    return [one for one in libraries if not str(module.path).startswith(ONLY_USERS[one])]


def too_long(module: Module) -> str:
    """Return how long a module is that does more than one thing, "" for others."""
    conducts = str(module.path) in CONDUCTORS or module.unit == "cli"
    longest = LONGEST_CONDUCTOR_LINES - 1 if conducts else LONGEST_LINES
    return f"{module.lines} lines" if module.lines > longest else ""


def purposeless(module: Module) -> str:
    """Return what is wrong with a module's first line, "" for one whole sentence."""
    first, *_ = (ast.get_docstring(module.tree) or "").splitlines() or [""]
    return "" if first.endswith((".", "?")) else f"no whole sentence: {first!r}"


def test_every_module_has_a_place_in_the_table():
    """A new top-level module or folder is put where it belongs, on purpose: into LEVELS."""
    assert faults(lambda module: module.unit not in LEVEL_OF) == {}


def test_imports_go_down():
    """A module knows what is below it, and nothing beside or above it."""
    assert faults(upward) == {}


def test_no_ring_of_imports():
    """No two modules need each other, over however many steps."""
    assert ring(modules()) == []


def test_imports_hide_nothing():
    """No relative import, and no import that only the type checker sees."""
    assert faults(hidden) == {}


def test_a_library_stays_with_its_only_user():
    """What hooks into one library stands in one place."""
    assert faults(borrowed) == {}


def test_modules_are_short():
    """A module that grows past this does more than one thing."""
    assert faults(too_long) == {}


def test_a_module_opens_with_its_purpose():
    """The first line says in one sentence what the module is for."""
    assert faults(purposeless) == {}


def fake(path: str, text: str) -> Module:
    return Module(Path(path), ast.parse(text), 1)


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("rules/x.py", "from dedupd.engine import step", {"dedupd.engine"}),
        ("rules/x.py", "import dedupd.pictures", {"dedupd.pictures"}),
        ("model.py", "def f():\n    from dedupd.text import shown", {"dedupd.text"}),
        ("rules/x.py", "from dedupd.rules.y import f", set()),
        ("faces/x.py", "from dedupd.model import Root", set()),
    ],
)
def test_the_table_is_held(path, text, found):
    """Guards the tests above: they see an import that goes up or sideways."""
    assert upward(fake(path, text)) == found


def test_a_ring_is_seen():
    """Guards the tests above: a late import does not hide a ring."""
    late = "def f():\n    import dedupd.rules.a"
    both = [fake("rules/a.py", "import dedupd.rules.b"), fake("rules/b.py", late)]
    assert set(ring(both)) == {"dedupd.rules.a", "dedupd.rules.b"}


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (hidden, "from . import x"),
        (hidden, "if TYPE_CHECKING:\n    pass"),
        (hidden, "if typing.TYPE_CHECKING:\n    pass"),
        (borrowed, "import cv2"),
        (purposeless, '"""What for"""'),
        (purposeless, "x = 1"),
    ],
)
def test_each_fault_is_seen(look, text):
    """Guards the tests above."""
    assert look(fake("rules/x.py", text))


def test_a_long_module_is_seen():
    """Guards the tests above; what calls the others must be shorter."""
    assert too_long(Module(Path("rules/x.py"), ast.parse(""), LONGEST_LINES + 1))
    assert not too_long(Module(Path("rules/x.py"), ast.parse(""), LONGEST_LINES))
    assert too_long(Module(Path("cli/x.py"), ast.parse(""), LONGEST_CONDUCTOR_LINES))
