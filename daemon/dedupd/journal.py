"""Where events go: into the event log, to people as a line, and on to whoever else wants them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator

from dedupd.config_schema import Config
from dedupd.journald import Journald
from dedupd.reports import Event
from dedupd.state import eventread
from dedupd.state.eventline import human
from dedupd.state.eventlog import EventLog, Logged

LAST_WORDS = ("folder.imported", "folder.reopened", "folder.removed")


class Journal:
    """The event log of one daemon, open from the beginning to `close`.

    Args:
        tell: Called with the line of each new event, once it is in the log; must not wait.
        quiet: Leave standard error alone: it is the terminal that the live report is drawn on.

    Raises:
        EventLogUnwritable: The log can't be used.
    """

    def __init__(
        self,
        config: Config,
        tell: Callable[[str], None] = lambda _: None,
        *,
        quiet: bool = False,
    ) -> None:
        self._tell, self._quiet = tell, quiet
        self._path, self._format = config.events, config.log.format
        self._log = EventLog.open(config.events)
        self._journald = Journald() if config.log.format == "journal" else None
        level = logging.getLevelName(config.log.level.upper())
        logging.basicConfig(level=level, stream=sys.stderr, format="dedupd: %(message)s")

    def write(self, events: list[Event], sync: bool) -> int:
        """Log these events, show those that are new, return a number that none's is above."""
        for logged in self._log.write(events, sync):
            self._show(logged)
            self._tell(logged.line)
        return self._log.reserved_seq

    def go_above(self, seq: int) -> None:
        """Number no event at or below `seq`: the log was removed, and the store knows better."""
        if seq > self._log.last_seq:
            self._log.close()
            self._log = EventLog.open(self._path, seq_floor=seq)

    def last_words(self) -> Iterator[dict[str, object]]:
        """Yield every logged event that says or takes back something about a folder."""
        for event in eventread.read(self._path):
            if event.get("event") in LAST_WORDS:
                yield event

    def close(self) -> None:
        """End."""
        self._log.close()
        if self._journald is not None:
            self._journald.close()

    def _show(self, logged: Logged) -> None:
        event = json.loads(logged.line)
        text = logged.line if self._format == "json" else human(event)
        sent = self._journald is not None and self._journald.send(text, event)
        if not (sent or self._quiet):
            print(text, file=sys.stderr, flush=True)
