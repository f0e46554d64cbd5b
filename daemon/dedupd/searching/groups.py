"""Groups in which every member equals every other one.

Pure.  Equality of pictures is no equivalence: a may equal b and b equal c, while a and c differ
too much.  Such a chain is not one group.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

Node = TypeVar("Node")


def cliques(
    nodes: Sequence[Node], equal: Mapping[Node, Collection[Node]]
) -> tuple[list[list[Node]], int]:
    """Return groups of two and more, each node in one at most, and how many pairs were parted.

    Greedy in the order of `nodes`, so the same input gives the same groups: each node that is
    still free begins a group, and takes in every later free node that equals all members so far.

    Args:
        equal: The neighbours of each node, both ways; a node may be missing.
    """
    groups: list[list[Node]] = []
    taken: dict[Node, int] = {}
    order = {node: place for place, node in enumerate(nodes)}
    for seed in nodes:
        if seed in taken:
            continue
        group = [seed]
        for other in sorted(equal.get(seed, ()), key=order.__getitem__):
            if other not in taken and all(other in equal[member] for member in group):
                group.append(other)
        for member in group:
            taken[member] = len(groups)
        groups.append(group)
    apart = sum(taken[node] != taken[other] for node, others in equal.items() for other in others)
    return [group for group in groups if len(group) > 1], apart // 2


def components(nodes: Sequence[Node], pairs: Sequence[tuple[Node, Node]]) -> Iterator[list[Node]]:
    """Yield the nodes that are linked by pairs, over however many steps; lone ones are left out."""
    linked: dict[Node, list[Node]] = {}
    for a, b in pairs:
        linked.setdefault(a, []).append(b)
        linked.setdefault(b, []).append(a)
    seen: set[Node] = set()
    for start in nodes:
        if start in seen or start not in linked:
            continue
        found, waiting = [], [start]
        seen.add(start)
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting += [other for other in linked[node] if other not in seen]
            seen.update(linked[node])
        yield found
