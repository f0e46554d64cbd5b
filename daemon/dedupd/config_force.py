"""What of a new configuration a running daemon can take, and what this version leaves aside."""

from __future__ import annotations

from pathlib import Path

from dedupd.config_schema import Config
from dedupd.errors import UserError
from dedupd.reports import Problem


def demand_same_place(old: Config, new: Config) -> None:
    """Refuse what only a restart can change.

    Raises:
        UserError: The state folder, the event log or the control socket is another one.
    """
    pairs: tuple[tuple[str, Path | str | None, Path | str | None], ...] = (
        ("state", old.state, new.state),
        ("log.events", old.events, new.events),
        ("control.socket", old.control.socket, new.control.socket),
    )
    moved = [key for key, before, after in pairs if before != after]
    if moved:
        raise UserError(
            "the configuration can't be taken while the daemon runs",
            f"{', '.join(moved)} changed, which needs a restart",
            "systemctl restart dedupd   (or stop it and run it again)",
        )


def not_in_force(config: Config) -> tuple[Problem, ...]:
    """Say which keys are accepted and do nothing in this version: silence would be a lie."""
    idle = ["web.listen"] if config.web.listen is not None else []
    message = "this key is accepted and has no effect in this version"
    return tuple(Problem("config.not-in-force", b"", f"{key}: {message}") for key in idle)
