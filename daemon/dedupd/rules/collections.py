"""Which program keeps this folder of pictures, and where in it the pictures are.

Pure: judges names only.  The proposals are for a person to take or leave.  Sources: the layouts
of iPhoto 9, Photos for macOS, Lightroom Classic, DSM 7, QTS 5, Google Takeout, iCloud for Windows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

Names = Callable[[bytes], Collection[bytes]]
"""The names in a folder, by its path inside the one in question; none where it isn't there."""

_TAKEOUT = (b"Google Photos", b"Google Fotos", b"Google Foto", b"Google Foto's")
_PLACEHOLDER = b".icloud"
_PREVIEWS_EACH, _FEW = 2, 10  # how many previews Photos keeps of an original it has


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder was recognised as.

    Attributes:
        program: Whose it is, in words.
        inside: Where its pictures are, paths inside it; () where it is right as it is.
        warning: What its owner should know; "" if nothing.
    """

    program: str
    inside: tuple[bytes, ...] = ()
    warning: str = ""


class _Folder(NamedTuple):
    name: bytes
    here: Collection[bytes]
    names: Names


def recognised(name: bytes, names: Names) -> tuple[Found, ...]:
    """Return what the folder called `name` is known as; () if nothing."""
    folder = _Folder(name, names(b""), names)
    return tuple(found for judge in _JUDGES if (found := judge(folder)) is not None)


def _iphoto(folder: _Folder) -> Found | None:
    if b"Masters" not in folder.here or b"originals" in folder.here:
        return None
    if b"Modified" not in folder.here and not (
        b"iPhoto" in folder.name or folder.name.endswith(b".photolibrary")
    ):
        return None
    inside = tuple(one for one in (b"Masters", b"Modified") if one in folder.here)
    why = "Modified holds what was edited; Previews and Thumbnails are made of these"
    return Found("an iPhoto library", inside, why if b"Modified" in inside else "")


def _photos(folder: _Folder) -> Found | None:
    if not (
        folder.name.endswith(b".photoslibrary") or {b"originals", b"database"} <= set(folder.here)
    ):
        return None
    inside = next((one for one in (b"originals", b"Masters") if one in folder.here), b"")
    if not inside:
        why = "it holds no originals that can be read"
        return Found("a Photos library", (), why)
    return Found("a Photos library", (inside,), _optimised(folder.names))


def _optimised(names: Names) -> str:
    """Return a warning where previews outnumber originals, folder by folder.

    Both are filed by the first digit of their name, in folders of the same name.
    """
    shown, whole = (
        sum(len(names(b"%s/%X" % (folder, digit))) for digit in range(16))
        for folder in (b"resources/derivatives", b"originals")
    )
    if shown <= _PREVIEWS_EACH * whole + _FEW:
        return ""
    return '"Optimise Storage" seems to be on: most originals are in iCloud, not in here'


def _lightroom(folder: _Folder) -> Found | None:
    if not any(one.endswith((b".lrcat", b".lrdata")) for one in folder.here):
        return None
    why = "a catalogue only lists pictures: name the folders that it lists, too"
    return Found("a Lightroom folder", (), why)


def _takeout(folder: _Folder) -> Found | None:
    base = b"" if folder.name == b"Takeout" else b"Takeout"
    inside = folder.here if not base else folder.names(base) if base in folder.here else ()
    found = next((one for one in _TAKEOUT if one in inside), None)
    if found is None:
        return None
    place = b"/".join(part for part in (base, found) if part)
    why = "unpack every archive first; an album's pictures lie in it a second time"
    return Found("a Google Takeout", (place,), why)


def _icloud(folder: _Folder) -> Found | None:
    base = b"iCloud Photos"
    inside: tuple[bytes, ...] = ()
    if base in folder.here:
        deeper = base + b"/Photos"
        inside = (deeper if b"Photos" in folder.names(base) else base,)
    looked_at = folder.names(inside[0]) if inside else folder.here
    missing = sum(one.startswith(b".") and one.endswith(_PLACEHOLDER) for one in looked_at)
    if not (inside or missing or folder.name == base):
        return None
    why = f"{missing} of its files are in iCloud only: download them first" if missing else ""
    return Found("an iCloud folder", inside, why)


def _synology(folder: _Folder) -> Found | None:
    if b"@eaDir" not in folder.here and b"#recycle" not in folder.here:
        return None
    return Found("a Synology share", (), "its thumbnails (@eaDir) and #recycle never vouch")


def _qnap(folder: _Folder) -> Found | None:
    if b".@__thumb" not in folder.here and b"@Recycle" not in folder.here:
        return None
    return Found("a QNAP share", (), "its thumbnails (.@__thumb) and @Recycle never vouch")


_JUDGES = (_iphoto, _photos, _lightroom, _takeout, _icloud, _synology, _qnap)
