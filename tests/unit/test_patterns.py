"""Patterns: what `exclude` and `ignore` hide."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupd.rules.patterns import excluded, ignored

NEEDLES = (".DS_Store", "Thumbs.db", "desktop.ini", "@eaDir/", "._*")
NAMES = st.text(alphabet="ab*", min_size=1, max_size=4)
PATHS = st.lists(NAMES, min_size=1, max_size=5)
PARTS = st.lists(st.text(alphabet="ab.*?", min_size=1, max_size=3), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("phone-dump/**", "phone-dump"),
        ("phone-dump/**", "phone-dump/a/b.jpg"),
        ("phone-dump", "phone-dump/a/b.jpg"),
        ("phone-dump/", "phone-dump/a.jpg"),
        ("/phone-dump", "phone-dump/a.jpg"),
        ("*.tmp", "x/y/a.tmp"),
        ("**/.cache/**", ".cache/a"),
        ("**/.cache/**", "x/y/.cache/a/b"),
        ("a/**/b", "a/b"),
        ("a/**/b", "a/x/y/b/c.jpg"),
        ("a/*/b", "a/x/b"),
        ("**", ""),
        ("**", "a/b"),
        ("IMG_?.jpg", "IMG_ä.jpg"),
        ("[a-c].jpg", "x/b.jpg"),
        ("[!a-c].jpg", "d.jpg"),
        ("[]].jpg", "].jpg"),
        ("[z-a", "[z-a"),
        (r"\*.jpg", "*.jpg"),
        ("a\\", "a\\"),
        ("new\nline", "new\nline/a"),
    ],
)
def test_an_exclude_pattern_hides_what_it_matches_and_everything_below(pattern, path):
    """Patterns read like lines of a .gitignore."""
    assert excluded(path.encode(), (pattern,))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("phone-dump/**", "phone-dump-2/a.jpg"),
        ("phone-dump/**", "x/phone-dump/a.jpg"),
        ("/phone-dump", "x/phone-dump"),
        ("Phone", "phone"),
        ("a/*", "a"),
        ("a/*/b", "a/x/y/b"),
        ("a?b", "a/b"),
        ("a[!x]b", "a/b"),
        ("a**b", "a/b"),
        ("[z-a].jpg", "m.jpg"),
        ("*.jpg", "a.jpg\n"),
        ("", "a"),
        ("", ""),
        ("/", "a"),
        ("a/b", "a"),
    ],
)
def test_an_exclude_pattern_hides_nothing_else(pattern, path):
    """Neither case, nor a part's edge, nor the root is crossed by mistake."""
    assert not excluded(path.encode(), (pattern,))


def test_names_that_are_not_utf8_can_be_matched():
    """A byte that isn't UTF-8 counts as one character."""
    assert excluded(b"a\xff.jpg", ("a?.jpg",))


def _reference(path: list[str], pattern: list[str]) -> bool:
    """Match part by part, in the plainest way; the pattern may end before the path does."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return _reference(path, pattern[1:]) or (bool(path) and _reference(path[1:], pattern))
    if not path:
        return False
    glob = re.escape(pattern[0]).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(glob, path[0]) is not None and _reference(path[1:], pattern[1:])


@given(path=PATHS, pattern=PARTS)
def test_matching_agrees_with_a_part_by_part_reference(path, pattern):
    """The compiled expression means what the grammar says (`a/**` is `a`, and what is below)."""
    expected = _reference(path, pattern)
    assert excluded("/".join(path).encode(), ("/" + "/".join(pattern),)) == expected


@given(path=PATHS, below=PATHS, pattern=st.text(max_size=8))
def test_what_lies_below_something_hidden_is_hidden(path, below, pattern):
    """No pattern, however odd, shows a part of a folder that it hides; none is an error."""
    folder = "/".join(path).encode()
    if excluded(folder, (pattern,)):
        assert excluded(folder + b"/" + "/".join(below).encode(), (pattern,))


@given(st.text(max_size=12))
def test_no_pattern_is_an_error(pattern):
    """A pattern that makes no sense matches less; it never stops the daemon."""
    assert ignored(b"a", (pattern,), ()) in (True, False)
    assert ignored(b"a", (pattern,)) in (True, False)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (".Trash*", ".Trash-1000/files/a.jpg"),
        (".Trash*", "x/.Trashes"),
        ("*.photoslibrary/resources", "My.photoslibrary/resources/a/b.jpg"),
        ("@eaDir/", "x/@eaDir"),
        ("Thumbs.db", "Thumbs.db/a.jpg"),
    ],
)
def test_the_haystack_ignores_a_name_on_any_part(pattern, path):
    """What is thrown away or a thumbnail never vouches, and neither does anything below it."""
    assert ignored(path.encode(), (pattern,))


@pytest.mark.parametrize("path", ["resources/a.jpg", "My.photoslibrary/originals/resources/a.jpg"])
def test_names_joined_by_a_slash_must_follow_each_other(path):
    """Only a photo library's own `resources` are thumbnails."""
    assert not ignored(path.encode(), ("*.photoslibrary/resources",))


@pytest.mark.parametrize(
    "path", ["Thumbs.db", "x/.DS_Store", "@eaDir/a/SYNOPHOTO.jpg", "x/@eaDir/a"]
)
def test_needles_ignore_what_systems_leave(path):
    """Files by their name, and what lies in the folders that systems make."""
    assert ignored(path.encode(), NEEDLES, ())


@pytest.mark.parametrize(
    "path", [".DS_Store/a.jpg", "Thumbs.db/a.jpg", "._x/a.jpg", "@eaDir", "a.jpg"]
)
def test_needles_never_ignore_a_picture_for_its_folder_having_a_files_name(path):
    """A picture in a folder called Thumbs.db is still a picture that may be missing."""
    assert not ignored(path.encode(), NEEDLES, ())


def test_a_companion_file_counts_only_beside_its_file():
    """`._a.jpg` alone may be all that is left of a picture."""
    assert ignored(b"x/._a.jpg", NEEDLES, {b"a.jpg"})
    assert not ignored(b"x/._a.jpg", NEEDLES, {b"b.jpg"})
    assert not ignored(b"x/._a.jpg", ("Thumbs.db",), {b"a.jpg"})
    assert not ignored(b"x/._", NEEDLES, {b"a.jpg"})


def test_patterns_are_compiled_once():
    """It is asked for every file of a library of a million; compiling takes 100 times as long."""
    patterns = tuple(f"**/cache-{n}/**" for n in range(20))
    start_s = time.process_time()
    for n in range(20_000):
        excluded(b"2019/summer at the sea/IMG_%d.jpg" % n, patterns)
    assert time.process_time() - start_s < 2.0
