"""Shares of counts with their 95 % bounds, as tables and reports quote them."""

from __future__ import annotations

import math

_Z = 1.959964  # two-sided 95 %


def bounds(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % bounds of a share: 3/n on the open side of 0 or all, else Wilson's.

    Source: E. B. Wilson, "Probable inference", JASA 22, 1927.
    """
    if of == 0:
        return 0.0, 1.0
    if hits == 0:
        return 0.0, min(1.0, 3 / of)
    if hits == of:
        return max(0.0, 1 - 3 / of), 1.0
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = math.sqrt(share * (1 - share) / of + square / (4 * of * of)) * _Z / (1 + square / of)
    return middle - half, middle + half


def shown(hits: int, of: int) -> str:
    """Return a share in per cent with its bounds: "99.2 (98.1..99.7)"; "-" of nothing."""
    if of == 0:
        return "-"
    low, high = bounds(hits, of)
    return f"{100 * hits / of:.1f} ({100 * low:.1f}..{100 * high:.1f})"
