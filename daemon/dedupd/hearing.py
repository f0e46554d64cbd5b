"""What the watcher of a root says of itself: whether it hears, and which folders it doesn't."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whether the watcher of this root hears: `deaf` says why it doesn't, "" that it does."""

    root: str
    deaf: str = ""


@dataclass(frozen=True, slots=True)
class Unheard:
    """Which folders nobody listened to, as a sweep of `folder` compared them.

    Attributes:
        mended: Folders that are listened to from now on; what changed before went unheard.
        blind: Folders that can't be listened to, and how many of them each stands for.
        why: Why they can't be, in the user's words.
    """

    root: str
    folder: bytes
    mended: tuple[bytes, ...] = ()
    blind: tuple[tuple[bytes, int], ...] = ()
    why: str = ""
