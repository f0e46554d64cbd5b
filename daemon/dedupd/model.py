"""The nouns of dedupd: frozen values that every other module speaks in.

Owns no state, imports nothing of ours.  Paths are bytes, because a file name on Linux is
bytes; a path inside a root is relative to it, its parts joined by `/`, and `b""` is the root.
A digest is the 32 bytes of a file's SHA-256.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple

Digest = bytes
"""The SHA-256 of a whole file, 32 bytes."""


class Role(enum.Enum):
    """What a root is for: the library, or where pictures may be missing from it."""

    HAYSTACK = "haystack"
    NEEDLES = "needles"


class RootState(enum.Enum):
    """Whether what we know of a root may be trusted at this moment."""

    ONLINE = "online"
    SCANNING = "scanning"  # there, but not listed to the end since it came
    SUSPICIOUS = "suspicious"  # there, but it lost so much that nothing is inferred
    OFFLINE = "offline"  # missing, unmounted or replaced by something else


class EntryType(enum.Enum):
    """What a directory entry is, links not followed."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special"  # FIFO, socket, device: never opened


class Kind(enum.Enum):
    """What a file is for us: by content, and by suffix where the content says nothing."""

    PICTURE = "picture"
    VIDEO = "video"
    OTHER = "other"


class PictureClass(enum.Enum):
    """The six classes of the contract; every needle picture is in exactly one."""

    PENDING = "pending"
    DISMISSED = "dismissed"
    MATCHED = "matched"
    UNREADABLE = "unreadable"
    POSSIBLE = "possible"
    UNMATCHED = "unmatched"


class FolderState(enum.Enum):
    """The states of the contract, in the order in which the first that applies wins."""

    OFFLINE = "offline"
    UNVERIFIED = "unverified"
    EMPTY = "empty"
    PENDING = "pending"
    INCOMPLETE = "incomplete"
    REVIEW = "review"
    IMPORTED = "imported"


class EvidenceKind(enum.Enum):
    """Why a picture counts as present, strongest first."""

    BYTES = "bytes"
    PIXELS = "pixels"
    HARDLINK = "hardlink"
    SAME = "same"
    TURNED = "turned"
    OWNER = "owner"


class Now(NamedTuple):
    """One moment on both clocks: ours, which only runs forward, and the wall's, for people."""

    s: float
    wall_s: float


class Stamp(NamedTuple):
    """What tells that a file is the one we read; compared for equality only.

    `ino` and `ctime_ns` are 0 on file systems that don't keep them (vfat, exfat, FUSE, SMB).
    """

    ino: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int


class Place(NamedTuple):
    """A file or folder: the id of its root, and its path inside it."""

    root: str
    path: bytes

    @property
    def folder(self) -> bytes:
        """Path of the folder that holds it, inside the same root."""
        return self.path.rpartition(b"/")[0]

    @property
    def name(self) -> bytes:
        """Last part of the path."""
        return self.path.rpartition(b"/")[2]


class Entry(NamedTuple):
    """One name in a folder, as `lstat` showed it."""

    name: bytes
    type: EntryType
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that the owner named, with its options.

    Attributes:
        id: Short and stable: made of the role and the path, and part of the store's keys.
        path: Absolute, symbolic links resolved where it existed.
        watch: "auto", "inotify", "poll" or "none".
        poll_every_s: Seconds between two walks where events can't be had.
        exclude: Glob patterns on paths inside the root (`**` crosses folders).
        ignore: Name patterns that are never looked at in this role.
    """

    id: str
    path: bytes
    role: Role
    watch: str = "auto"
    poll_every_s: float = 600.0
    exclude: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Which folder on which file system a root's path leads to at this moment.

    `device`, `ino` and `mount_id` tell a swap within one run.  All three may change when a disk
    is plugged in again; `volume` doesn't: the file system's UUID, else its kind and source.
    """

    device: int
    ino: int
    mount_id: int
    kind: str
    volume: str
    keeps_ino: bool = True

    @property
    def now(self) -> tuple[int, int, int]:
        """What must not change while the daemon runs."""
        return self.device, self.ino, self.mount_id

    @property
    def lasting(self) -> tuple[str, int]:
        """What must not change between two runs."""
        return self.volume, self.ino if self.keeps_ino else 0


class View(NamedTuple):
    """A way to look at an upright picture: first mirrored left to right, then turned.

    `quarters` counts quarter turns to the left (counter-clockwise).
    """

    quarters: int
    mirrored: bool


VIEWS = tuple(View(quarters, mirrored) for mirrored in (False, True) for quarters in range(4))
"""All eight views; the first is the picture itself."""


@dataclass(frozen=True, slots=True)
class PerceptualHash:
    """A hash that is close for pictures that look alike; compared within one algorithm only.

    Attributes:
        algorithm: Name in the table of hashes, for example "dhash".
        bits: Length; at most 256.
        value: The bits as an unsigned number, first bit most significant.
    """

    algorithm: str
    bits: int
    value: int

    def __str__(self) -> str:
        return f"{self.value:0{(self.bits + 3) // 4}x}"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the first pass learns of a picture; kept by digest.

    Attributes:
        width_px, height_px: Upright, that is after EXIF orientation.
        dhash: 64-bit dHash as an unsigned number.
        sketch: 16 x 16 luma area means, rows first, 256 bytes.
        format: Content type as a short word: "jpeg", "png", ...
        bytes_only: Why less than equal bytes may not do for this picture ("" if it may):
            "damaged" and "frames" match by bytes alone, "featureless" by the same coded picture
            too.  "transparent" and "trailing" (a film behind it, say) are milder: what looks the
            same is shown to a person.
        note: What the codec or we said about it, for people; "" if nothing.
        taken_at: Capture time as EXIF gives it ("2026:11:22 09:30:00"), sub-seconds appended after
            a dot; "" if none.
        camera: Make and model as EXIF gives them, for people; "" if none.
        coded: SHA-256 of the coded picture without its metadata, but with all that decides how it
            looks and with what trails it; b"" where the container doesn't give it cheaply.
        turned: 64-bit dHashes of the seven other views, in the order of `VIEWS[1:]`.
        coding_error: Largest RMS luma error that the file's own coding may have made, grey
            levels: 0.0 where it is lossless and deeper than 8 bits, -1.0 where nobody can tell.
    """

    width_px: int
    height_px: int
    dhash: int
    sketch: bytes
    format: str
    bytes_only: str = ""
    note: str = ""
    taken_at: str = ""
    coded: bytes = b""
    turned: tuple[int, ...] = ()
    coding_error: float = -1.0
    camera: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that says it is a picture and can't be read as one.

    `reason` is a short code ("truncated", "damaged", "unsupported", "too-large", "killed",
    "timeout", "forbidden", ...), `detail` says it in words.
    """

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """The picture of a picture that decides whether two are the same.

    Attributes:
        luma: 64 x 64 luma area means of the full decode, rows first, 4,096 bytes.
        chroma: 16 x 16 area means, rows first, Cr and Cb of a cell side by side, 512 bytes.
    """

    luma: bytes
    chroma: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a needle picture counts as present, or why a person must decide.

    Attributes:
        distance_bits: Hamming distance of the dHashes; 0 for equal bytes.
        score: Correlation of the two luma signatures, -1 to 1; 1.0 for equal bytes.
        worse: In what the library's copy is worse, for example ("pixels",).
        limit: The limit or veto that decided against `kind`; "" if none did.
        view: How the needle must be looked at to be the library's picture.
    """

    kind: EvidenceKind
    distance_bits: int = 0
    score: float = 1.0
    worse: tuple[str, ...] = ()
    limit: str = ""
    view: View = VIEWS[0]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What we know of one file; lives in the catalogue and the store.

    Attributes:
        type: Links, special files and folders that can't be listed have records too.
        kind: None until the content has been looked at.
        digest: None until the whole file has been read.
        problem: Why it can't be read, at the file level (permission, too large, ...), or None.
        seen_at_s: When this stamp was first seen, in the daemon's monotonic seconds; minus
            infinity for a record of an earlier run.
        settled: Not being written any more, as far as we can tell.
    """

    stamp: Stamp
    type: EntryType = EntryType.FILE
    kind: Kind | None = None
    digest: bytes | None = None
    problem: Unreadable | None = None
    seen_at_s: float = float("-inf")
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Assessment:
    """The class of one needle picture, with the grounds for it.

    Attributes:
        reason: Short code for every class but MATCHED; "" there.
        witness: Where in the haystack the picture that vouches (or comes nearest) is.
        asks: It would like to see more of the haystack: it isn't matched, or not for sure.
        contestable: Matched by looks alone: another needle may yet claim the same picture.
    """

    cls: PictureClass
    reason: str = ""
    detail: str = ""
    evidence: Evidence | None = None
    witness: Place | None = None
    asks: bool = False
    contestable: bool = False
