"""What the engine knows and wants of one root."""

from __future__ import annotations

from dataclasses import dataclass, field

from dedupd.model import FileRecord, Identity, Place, Role, Root, RootState

FIRST_WAIT_S = 1.0


@dataclass(slots=True)
class Ear:
    """How well a root is listened to.

    Attributes:
        deaf: Why its watcher heard nothing when that was last tried; "" if it hears.
        wait_s: How long to wait before the next new watcher, if this one fails too.
        again_at_s: When to begin to listen anew, None if there is no need.
        blind: Topmost folders that nobody listens to, and how many each stands for.
        blind_why: Why nobody does.
        swept_at_s: When these were last to be swept.
    """

    deaf: str = ""
    wait_s: float = FIRST_WAIT_S
    again_at_s: float | None = None
    blind: dict[bytes, int] = field(default_factory=dict)
    blind_why: str = ""
    swept_at_s: float = float("-inf")


@dataclass(slots=True)
class Desk:
    """One root's papers.

    Attributes:
        identity: The last identity that was the root's, in this run.
        lasting: What was the same in earlier runs.
        accepted: The owner said that the root is right as it is; good for one sweep.
        listed: Listed to the end since it came.
        read_through: Everything in it was looked into at least once, ever.
        files_before: The most files that it held since `counted_at_s`; losses are held against it.
        sweeping: Number of the running sweep, 0 if none runs.
        lost: Haystack files that the running sweep did not find.
        ear: How well it is listened to.
        announced: The state that the event log was last told.
        silent: The check that runs was given up: the root is away until that one ends.
    """

    root: Root
    state: RootState = RootState.OFFLINE
    identity: Identity | None = None
    lasting: tuple[str, int] | None = None
    accepted: bool = False
    listed: bool = False
    read_through: bool = False
    in_step_as_of: str | None = None
    backend: str = "none"
    watch_note: str = ""
    watching: bool = False
    detail: str = ""
    files_before: int = 0
    counted_at_s: float = float("-inf")
    sample: tuple[tuple[bytes, int, int], ...] | None = None
    checking: bool = False
    checked_at_s: float = float("-inf")
    asked_at_s: float = float("-inf")  # when the check that runs was asked for
    swept_at_s: float = float("-inf")
    sweeping: int = 0
    sweeps_wanted: set[bytes] = field(default_factory=set)
    lost: dict[Place, FileRecord] = field(default_factory=dict)
    blind: set[bytes] = field(default_factory=set)  # haystack folders that can't be listed
    hints: set[bytes] = field(default_factory=set)
    glancing: bool = False
    ear: Ear = field(default_factory=Ear)
    announced: RootState | None = None
    silent: bool = False

    @property
    def online(self) -> bool:
        """Is it there, so that it may be read?"""
        return self.state is not RootState.OFFLINE

    @property
    def haystack(self) -> bool:
        """Is it a root of the library?"""
        return self.root.role is Role.HAYSTACK

    @property
    def degraded(self) -> bool:
        """Is something in it not seen, or not heard of?"""
        return bool(self.blind or self.ear.deaf or self.ear.blind)

    @property
    def quiet(self) -> bool:
        """Does nothing run or wait for this root's walker or checker, but what was given up?"""
        checking = self.checking and not self.silent
        return not (self.sweeping or self.sweeps_wanted or self.hints or self.glancing or checking)

    def forget_walks(self) -> None:
        """The root went or came: what ran for it means nothing any more."""
        self.sweeping, self.lost = 0, {}
        self.sweeps_wanted.clear()
        self.hints.clear()
        self.glancing = False
