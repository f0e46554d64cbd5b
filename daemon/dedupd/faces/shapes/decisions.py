"""JSON of the owner's decisions."""

from __future__ import annotations

from dedupd.asks import DecidedReply, DecisionsReply
from dedupd.decision import Decision
from dedupd.faces.questions import Fields
from dedupd.model import Digest
from dedupd.text import path_fields


def decision_fields(decision: Decision) -> Fields:
    """Return the object of one decision; `second` is null for a dismissal."""
    second = decision.second
    return {
        "id": decision.id,
        "batch": decision.batch,
        "time": decision.time,
        "kind": decision.kind.value,
        "first": _content(decision.first, decision.first_path),
        "second": None if second is None else _content(second, decision.second_path),
    }


def decided_fields(reply: DecidedReply) -> Fields:
    """Return the answer that says what was decided or undone, or, unless `done`, would be."""
    return {
        "answer": "decided",
        "done": reply.done,
        "batch": reply.batch,
        "decisions": [decision_fields(decision) for decision in reply.decisions],
    }


def decisions_fields(reply: DecisionsReply) -> Fields:
    """Return the answer that lists every decision, each with `in_force`."""
    return {
        "answer": "decisions",
        "decisions": [
            {**decision_fields(decision), "in_force": in_force}
            for decision, in_force in reply.decisions
        ],
    }


def _content(digest: Digest, path: bytes) -> Fields:
    """Return one content and where it was when it was decided about."""
    return {**path_fields(path), "sha256": digest.hex()}
