"""Who belongs together: members by key, made for millions of keys that nearly all have one member.

A set takes 216 bytes however little is in it, so a lone member stands for itself.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Member = TypeVar("Member", bound=Hashable)


class Groups(Generic[Key, Member]):
    """Members by key; no member may be a set.  Not thread-safe: it belongs to its owner."""

    def __init__(self) -> None:
        self._groups: dict[Key, Member | set[Member]] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._groups

    def keys(self) -> Collection[Key]:
        """Return every key that has a member."""
        return self._groups.keys()

    def of(self, key: Key) -> set[Member]:
        """Return the members of `key`; don't change the set."""
        group = self._groups.get(key)
        if group is None:
            return set()
        return group if isinstance(group, set) else {group}

    def add(self, key: Key, member: Member) -> None:
        """Put `member` to those of `key`."""
        group = self._groups.setdefault(key, member)
        if isinstance(group, set):
            group.add(member)
        elif group != member:
            self._groups[key] = {group, member}

    def discard(self, key: Key, member: Member) -> None:
        """Take `member` out, if it is there, and the key with its last one."""
        group = self._groups.get(key)
        if isinstance(group, set):
            group.discard(member)
            if len(group) == 1:
                self._groups[key] = group.pop()
        elif group is not None and group == member:
            del self._groups[key]
