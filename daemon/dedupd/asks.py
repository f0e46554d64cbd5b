"""Questions to the engine, and its replies; the protocol turns both to and from JSON."""

from __future__ import annotations

from dataclasses import dataclass

from dedupd.model import Evidence, PictureClass
from dedupd.reports import Counts, FolderReport


@dataclass(frozen=True, slots=True)
class AskPath:
    """Look again, on the disk and now, at one needle folder or picture: `PathReply`."""

    path: bytes


@dataclass(frozen=True, slots=True)
class AskPictures:
    """The pictures of these classes below these folders (none: everywhere): `PicturesReply`."""

    folders: tuple[bytes, ...]
    classes: tuple[PictureClass, ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class AskWait:
    """Walk every root again and answer when everything found is judged: `Done`."""


@dataclass(frozen=True, slots=True)
class AskRescan:
    """Walk this path again, or every root where it is None: `Done` at once."""

    path: bytes | None


@dataclass(frozen=True, slots=True)
class AskAccept:
    """The owner says that this suspicious or replaced root is right as it is: `Done`."""

    path: bytes


Ask = AskPath | AskPictures | AskWait | AskRescan | AskAccept


@dataclass(frozen=True, slots=True)
class PictureLine:
    """One needle picture with its class; `nearest` and `path` are absolute."""

    path: bytes
    folder: bytes
    cls: PictureClass
    reason: str
    detail: str = ""
    evidence: Evidence | None = None
    nearest: bytes | None = None


@dataclass(frozen=True, slots=True)
class PathReply:
    """A folder or a picture, just looked at.

    `imported` is True only if every witness was seen on an online root for this answer,
    `empty` only if no picture was seen in the folder for this answer.
    """

    imported: bool
    folder: FolderReport | None
    picture: PictureLine | None
    why: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class PicturesReply:
    """The pictures asked for, by path, and how many of every class there are beside them."""

    lines: tuple[PictureLine, ...]
    totals: Counts
    imported: bool  # every folder asked about is imported or empty


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, or under way; `note` is for people."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """It can't be done: three lines for the user, and whether the command line was wrong."""

    what: str
    why: str
    fix: str = ""
    usage: bool = False


Reply = PathReply | PicturesReply | Done | Refused
