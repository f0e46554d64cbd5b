"""The engine's books: the state that its desks share, each book kept by one of them."""

from __future__ import annotations

from dataclasses import dataclass

from dedupd.rules.catalog import Catalog
from dedupd.rules.hiding import Hiding
from dedupd.rules.matching import Matcher
from dedupd.rules.settle import Settler
from dedupd.rules.tally import Tally
from dedupd.state import Store


@dataclass(frozen=True, slots=True)
class Books:
    """What is known, counted, matched, settling and kept.  All belong to one engine."""

    catalog: Catalog
    tally: Tally
    matcher: Matcher
    settler: Settler
    hiding: Hiding
    store: Store
