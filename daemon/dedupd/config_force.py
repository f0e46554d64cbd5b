"""What of a new configuration a running daemon can take."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

from dedupd.config_schema import Config
from dedupd.errors import UsageError, UserError


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


def demand_pool(config: Config) -> None:
    """Refuse a cluster where the library for it isn't installed.

    Raises:
        UsageError: It isn't.
    """
    if config.workers.pool == "dask" and importlib.util.find_spec("distributed") is None:
        raise UsageError(
            "workers.pool: dask can't be used",
            "the library distributed is not installed",
            "pip install 'dedupd[cluster]'",
        )


def anew(old: Config, load: Callable[[], Config]) -> Config:
    """Return the configuration as it is now, if a running daemon can take it.

    Raises:
        UserError: It can't.
    """
    new = load()
    demand_same_place(old, new)
    demand_pool(new)
    return new
