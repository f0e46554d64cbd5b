"""`run --live`: show the daemon's own reports while it runs."""

from __future__ import annotations

from types import TracebackType
from typing import TextIO

from dedupd.cli.screen import Screen
from dedupd.faces.protocol import report_fields
from dedupd.reports import Report


class Live:
    """Shows reports on a screen; `show` is what the service calls.  Use it as a context manager."""

    def __init__(self, stream: TextIO, *, colour: bool = True, footer: str = "") -> None:
        self._screen = Screen(stream, colour=colour, footer=footer)

    def show(self, report: Report) -> None:
        """Show the report, unless the last one was shown a moment ago.

        REQUIRES to be called at least once a second, or the last change shows late.
        """
        if self._screen.due():
            self._screen.draw(report_fields(report))

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._screen.close()
