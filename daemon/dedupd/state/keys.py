r"""The keys of the store: which bytes stand for which thing, and in which order they lie.

    f/<root id>/<folder>\0\0<name>     a file; <folder> is its folder's parts joined by \0
    p/<digest:32>/<version>            fingerprint of these contents
    s/<digest:32>/<version>            signature of these contents
    e/<digest:32><digest:32>/<view>/<version>
                                       measures of a needle in that view and a library content
    m/<name>                           a small fact; <name> is UTF-8
    store                              the store's own header: format and generation

Walk order, the order of `f/` keys: the files of a folder by the bytes of their names, then its
subfolders by the bytes of theirs, each with its whole tree.  A plain `/` would not do: it sorts
after a space and a hyphen, so `a-b/x` would come into the middle of `a`.  NUL is in no name.
A link, or a folder that can't be listed, stands among the files of the folder that holds it; a
root that can't be listed has the path b"".
"""

from __future__ import annotations

from dedupd.model import VIEWS, Digest, Place, View

HEADER = b"store"
DIGEST_BYTES = 32

_SEPARATOR = b"\0"
_END_OF_FOLDER = b"\0\0"


def walk_key(path: bytes) -> bytes:
    """Return bytes that sort as a walk meets the file at `path` inside its root.

    Raises:
        ValueError: `path` holds a NUL, an empty part, or begins or ends with a slash.
    """
    folder, _, name = path.rpartition(b"/")
    parts = folder.split(b"/") if b"/" in path else []
    if b"\0" in path or b"" in parts or (path and not name):
        raise ValueError(f"no path inside a root: {path!r}")
    return _SEPARATOR.join(parts) + _END_OF_FOLDER + name


def walk_path(key: bytes) -> bytes:
    """Return the path that `walk_key` was given."""
    folder, _, name = key.rpartition(_END_OF_FOLDER)
    return folder.replace(_SEPARATOR, b"/") + b"/" + name if folder else name


def files(root: str) -> bytes:
    """Return the beginning of the keys of all files of a root.

    Raises:
        ValueError: The root's id is empty, or holds a slash or NUL.
    """
    if not root or "/" in root or "\0" in root:
        raise ValueError(f"no id of a root: {root!r}")
    return b"f/" + root.encode() + b"/"


def file(place: Place) -> bytes:
    """Return the key of one file."""
    return files(place.root) + walk_key(place.path)


FINGERPRINTS = b"p/"


def fingerprint(digest: Digest, version: int) -> bytes:
    """Return the key of a fingerprint."""
    return FINGERPRINTS + whole(digest) + _version(version)


def fingerprint_digest(key: bytes, version: int) -> Digest | None:
    """Return whose fingerprint is under `key`, or None if another version made it."""
    start, end = len(FINGERPRINTS), len(FINGERPRINTS) + DIGEST_BYTES
    return key[start:end] if key[end:] == _version(version) else None


def signature(digest: Digest, version: int) -> bytes:
    """Return the key of a signature."""
    return b"s/" + whole(digest) + _version(version)


def measures(needle: Digest, haystack: Digest, view: View, version: int) -> bytes:
    """Return the key of what comparing a needle, in that view, with a library content gave."""
    pair = whole(needle) + whole(haystack)
    return b"e/" + pair + _version(VIEWS.index(view)) + _version(version)


METAS = b"m/"


def meta(name: str) -> bytes:
    """Return the key of a small fact, or the beginning of the keys of several."""
    return METAS + name.encode()


def meta_name(key: bytes) -> str:
    """Return the name of the small fact under `key`."""
    return key[len(METAS) :].decode()


def whole(digest: Digest) -> Digest:
    """Return `digest`, or raise ValueError if it hasn't 32 bytes."""
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"a digest has {DIGEST_BYTES} bytes, not {len(digest)}")
    return digest


def _version(version: int) -> bytes:
    return b"/%d" % version
