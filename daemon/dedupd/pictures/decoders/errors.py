"""The one error of a decoder."""

from __future__ import annotations


class DecodeError(Exception):
    """A picture can't be decoded; `reason` and `detail` are those of `Unreadable`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail
