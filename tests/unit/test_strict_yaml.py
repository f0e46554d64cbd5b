"""The strict reader: text stays text, and every trap of YAML is a problem with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.strict_yaml import dump, parse

ANY_TEXT = st.text(st.characters(), max_size=20)
ANY_VALUE = st.recursive(
    st.none() | ANY_TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT.filter(bool), inner, max_size=3)
    ),
    max_leaves=8,
)


def problems_of(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in parse(text).problems]


@pytest.mark.parametrize(
    "word",
    ["no", "yes", "off", "true", "012", "0x10", "1:30", "2024-01-02", "1e3", ".inf", "1_000"],
)
def test_a_scalar_stays_as_it_was_written(word):
    """Plain YAML makes a boolean, a number or a date of each of these."""
    assert parse(f"key: {word}").data == {"key": word}


@pytest.mark.parametrize("word", ["", "~", "null", "Null", "NULL"])
def test_only_nothing_is_none(word):
    """`~` is none, also where somebody meant the home folder: the schema refuses it there."""
    assert parse(f"key: {word}").data == {"key": None}


@pytest.mark.parametrize("word", ['""', "'~'", '"null"', "'null'"])
def test_quotes_make_text_of_anything(word):
    """What stands in quotes is text."""
    assert parse(f"key: {word}").data == {"key": word[1:-1]}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "repeated key; it is given on line 1 already"),
        ("x:\n  a: 1\n  'a': 3\n", 3, "repeated key; it is given on line 2 already"),
        ("a: &x [1]\nb: 2\n", 1, "anchors (&x) are not allowed"),
        ("a: 1\nb: [*x]\n", 2, "aliases (*x) are not allowed; write it out"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "tags (tag:yaml.org,2002:python/object:os."),
        ("a: ! 1\n", 1, "tags (!) are not allowed"),
        ("a: 1\n---\nb: 2\n", 2, "a second document starts here"),
        ("a: 1\n...\n---\n...\n", 3, "a second document starts here"),
        ("? [a, b]\n: c\n", 1, "a key must be a word"),
        ("a: 1\n~: c\n", 2, "a key must be a word"),
        ("a: 1\n'': c\n", 2, "a key must be a word"),
        ("a: 1\n\tb: 2\n", 2, "not valid YAML: "),
        ("a: [1, 2\nb: 3\n", 2, "not valid YAML: "),
        ("a: 1\nb: \x07\n", 2, "the character '\\x07' is not allowed"),
        ("a: 1\nb: " + "[" * 50, 2, "not valid YAML: nested too deeply"),
        ('a: 1\nb: "\\UFFFFFFFF"\n', 2, "not valid YAML: "),
        ("%YAML 2.0\n---\na: 1\n", 1, "not valid YAML: "),
    ],
)
def test_a_trap_is_a_problem_with_its_line(text, line, message):
    """What plain YAML lets pass, or fails on without saying where."""
    ((found_line, found),) = problems_of(text)
    assert found_line == line
    assert found.startswith(message)


def test_an_alias_bomb_unfolds_nothing():
    """Nine lists of nine aliases would be 387 million items."""
    rows = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)]
    parsed = parse("\n".join(rows))
    assert len(parsed.problems) == 9 + 8 * 9
    assert isinstance(parsed.data, dict)
    assert parsed.data["l8"] == [None] * 9


def test_every_problem_is_found_and_sorted_by_line():
    """One mistake doesn't hide the next."""
    text = "a: &x 1\nb: *x\na: 2\nc: !t 3\n"
    assert [line for line, _ in problems_of(text)] == [1, 2, 3, 4]


def test_of_equal_keys_the_first_is_kept():
    """So that later checks speak of something."""
    assert parse("a: 1\na: 2").data == {"a": "1"}


def test_lines_are_known_for_keys_and_items():
    """A key path leads to the line where it starts."""
    parsed = parse("# note\nneedles:\n  - ~/a\n  - path: /b\n    watch: poll\nstate: x\n")
    assert parsed.lines[("needles",)] == 2
    assert parsed.lines[("needles", 1)] == 4
    assert parsed.lines[("needles", 1, "watch")] == 5
    assert parsed.lines[("state",)] == 6


def test_an_empty_text_has_no_value_and_no_problem():
    """The schema says what is missing."""
    assert (parse("").data, parse("# only a note\n").problems) == (None, [])


@given(st.text(max_size=60) | st.text(alphabet="ab:&*!-[]{}'\"\\?|>%~#, \n", max_size=40))
def test_no_text_is_an_error(text):
    """Anything at all is read or has problems; nothing is raised."""
    parsed = parse(text)
    assert parsed.problems or parsed.data is None or isinstance(parsed.data, str | list | dict)


@given(ANY_VALUE)
def test_what_was_dumped_reads_alike(value):
    """Odd names come back, also those that aren't UTF-8, and nothing turns into a boolean."""
    parsed = parse(dump(value))
    assert parsed.problems == []
    assert parsed.data == value
