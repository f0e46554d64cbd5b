"""What the owner decides about pictures, as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from dedupd.model import Digest


class DecisionKind(enum.Enum):
    """What an owner can say about pictures."""

    SAME = "same"  # these two show the same picture
    DIFFERENT = "different"  # they don't, whatever dedupd finds (but equal bytes)
    DISMISS = "dismiss"  # it isn't wanted in the library


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that the owner decided, by content.

    Attributes:
        id: Short, unique, given once.
        batch: What was decided in one go has one batch; undone together.
        time: RFC 3339.
        first, second: The contents; `second` is None for a dismissal.
        first_path, second_path: Where they were then, absolute; for people.
        dhash, sketch: Of a dismissed picture, so that its look-alikes are known even when the
            store is lost; None and b"" where there is no fingerprint.
    """

    id: str
    batch: str
    time: str
    kind: DecisionKind
    first: Digest
    second: Digest | None = None
    first_path: bytes = b""
    second_path: bytes = b""
    dhash: int | None = None
    sketch: bytes = b""
