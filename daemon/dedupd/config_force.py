"""What of a new configuration a running daemon can take."""

from __future__ import annotations

from pathlib import Path

from dedupd.config_schema import Config
from dedupd.errors import UserError


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
