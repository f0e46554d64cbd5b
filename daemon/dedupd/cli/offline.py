"""Answer a question without a daemon, from the store that one (or `check`) left."""

from __future__ import annotations

import argparse
import json
import sys

from dedupd import __version__
from dedupd.asks import Refused
from dedupd.cli.configuration import stored_configuration
from dedupd.errors import UsageError, UserError
from dedupd.faces import protocol
from dedupd.faces.outputs.phrases import moment
from dedupd.faces.protocol import Order
from dedupd.faces.questions import Fields
from dedupd.looking import stored

UNFINISHED = "from a look that did not come to its end"


class Stored:
    """The stored session of a command line, which says once how old it is; close it.

    Raises `UserError` where there is no store, or somebody holds it.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self._session = stored(stored_configuration(args))
        self.age = f"as of {moment(self._session.age)}" if self._session.age else UNFINISHED
        print(f"dedupd: no daemon is running; this is {self.age}", file=sys.stderr)

    def answer(self, question: Fields) -> Fields:
        """Return the answer to one of `faces.questions`.

        Raises:
            UserError: The question is refused.
        """
        asked = protocol.question_of(json.dumps(question).encode("ascii"))
        if asked is Order.STATUS:
            report = protocol.report_fields(self._session.report)
            return {"answer": "report", "version": __version__, "report": report}
        if isinstance(asked, Order):
            raise TypeError(f"{asked} is for a running daemon")
        reply = self._session.ask(asked)
        if isinstance(reply, Refused):
            kind = UsageError if reply.usage else UserError
            raise kind(reply.what, reply.why, reply.fix)
        return {"version": __version__, **protocol.reply_fields(reply)}

    def close(self) -> None:
        """Give the store free."""
        self._session.close()
