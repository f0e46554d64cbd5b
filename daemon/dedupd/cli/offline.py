"""Answer a question without a daemon, from the store that one (or `check`) left."""

from __future__ import annotations

import argparse
import json
import sys

from dedupd.asks import Refused
from dedupd.cli.configuration import stored_configuration
from dedupd.errors import UsageError, UserError
from dedupd.faces import protocol
from dedupd.faces.outputs.phrases import moment
from dedupd.faces.protocol import Order
from dedupd.faces.questions import Fields
from dedupd.looking import stored

UNFINISHED = "from a look that did not come to its end"


def answer(args: argparse.Namespace, question: Fields) -> Fields:
    """Return the stored session's answer to one of `faces.questions`, and say how old it is.

    Raises:
        UserError: There is no store, or the question is refused.
    """
    session = stored(stored_configuration(args))
    try:
        asked = protocol.question_of(json.dumps(question).encode("ascii"))
        if isinstance(asked, Order):
            raise TypeError(f"{asked} is for a running daemon")
        age = f"as of {moment(session.age)}" if session.age else UNFINISHED
        print(f"dedupd: no daemon is running; this is {age}", file=sys.stderr)
        reply = session.ask(asked)
    finally:
        session.close()
    if isinstance(reply, Refused):
        kind = UsageError if reply.usage else UserError
        raise kind(reply.what, reply.why, reply.fix)
    return protocol.reply_fields(reply)
