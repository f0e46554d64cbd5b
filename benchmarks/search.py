"""Measures the Hamming search against faiss, pybktree, and one pass over all hashes.

Each line is a median of interleaved pairs: a search of ours, in ms, the other's, and how many
times faster ours is (lowest and highest of the pairs).  Both must give the same answers.
A peer that isn't installed is absent, not beaten: pip install -r benchmarks/peers.txt

    python -m benchmarks.search [--most 10000000]
"""

from __future__ import annotations

import argparse
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from benchmarks._hashes import Hashes, clustered, needles, real
from benchmarks._ratios import compare, duration_ms

from dedupd.rules.banded import Tuning
from dedupd.rules.index import HammingIndex

RADIUS_BITS = 10
SEARCHES = 50
NEVER = Tuning(banded_from=1 << 60)
Search = Callable[[int], object]


def filled(hashes: Hashes, tuning: Tuning | None = None) -> HammingIndex:
    """Return an index of these hashes, the n-th under the digest n, ready to be asked."""
    index = HammingIndex(tuning)
    for number, dhash in enumerate(hashes.tolist()):
        index.add(number.to_bytes(32, "big"), dhash)
    index.prepare()
    return index


def each(search: Search, wanted: Hashes) -> Callable[[], None]:
    """Return the work of searching for all of these."""
    dhashes = wanted.tolist()

    def work() -> None:
        for dhash in dhashes:
            search(dhash)

    return work


def line(what: str, ours: Search, other: Search | None, wanted: Hashes) -> None:
    """Measure and print one line of the table."""
    if other is None:
        print(f"{what:<58}absent", flush=True)
        return
    found = compare(each(ours, wanted), each(other, wanted))
    ours_ms, other_ms = found.first_ms / len(wanted), found.second_ms / len(wanted)
    spread = f"({found.lowest:.2f} to {found.highest:.2f})"
    print(f"{what:<58}{ours_ms:>9.3f}{other_ms:>9.3f}{found.times:>9.2f}  {spread}", flush=True)


def peer(name: str) -> Any | None:
    """Return a module, None if it isn't installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        return None


def against_faiss(hashes: Hashes, wanted: Hashes) -> None:
    """Measure one pass against faiss's, both at 8 bytes a hash, one thread."""
    index, faiss = filled(hashes, NEVER), peer("faiss")
    flat = None if faiss is None else faiss_flat(faiss, hashes)
    print(f"{'':<58}{'ours ms':>9}{'other ms':>9}{'times':>9}")
    size = f"{len(hashes):,}"
    all_near = None if flat is None else lambda dhash: near(flat, dhash)
    nearest = None if flat is None else lambda dhash: flat.search(row_of(dhash), 1)
    line(f"{size}: one pass, all near; faiss range_search", by(index), all_near, wanted)
    line(f"{size}: one pass, all near; faiss search, the nearest", by(index), nearest, wanted)
    banded = filled(hashes, Tuning(banded_from=1))
    line(f"{size}: bands, all near; faiss range_search", by(banded), all_near, wanted)
    if flat is not None:
        agree(by(index), lambda dhash: near(flat, dhash), wanted)


def faiss_flat(faiss: Any, hashes: Hashes) -> Any:
    """Return faiss's brute force over these hashes, for one thread."""
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexBinaryFlat(64)
    flat.add(hashes.view(np.uint8).reshape(-1, 8))
    return flat


def row_of(dhash: int) -> np.ndarray:
    """Return a hash as faiss wants it."""
    return np.array([dhash], dtype=np.uint64).view(np.uint8).reshape(1, 8)


def near(flat: Any, dhash: int) -> list[int]:
    """Return the numbers of all hashes within the radius; faiss leaves out the radius itself."""
    _, _, numbers = flat.range_search(row_of(dhash), RADIUS_BITS + 1)
    return sorted(numbers.tolist())


def against_a_tree(hashes: Hashes, wanted: Hashes) -> None:
    """Measure against a BK-tree of integers."""
    index, pybktree = filled(hashes), peer("pybktree")
    size = f"{len(hashes):,}"
    if pybktree is None:
        line(f"{size}: pybktree", by(index), None, wanted)
        return
    tree = pybktree.BKTree(lambda a, b: (a ^ b).bit_count(), hashes.tolist())
    line(f"{size}: pybktree", by(index), lambda dhash: tree.find(dhash, RADIUS_BITS), wanted)


def against_one_pass(hashes: Hashes, wanted: Hashes) -> None:
    """Measure the bands against our own pass over everything, and say what they cost."""
    index = filled(hashes, NEVER)
    banded = HammingIndex(Tuning(banded_from=1))
    tracemalloc.start()
    for number, dhash in enumerate(hashes.tolist()):
        banded.add(number.to_bytes(32, "big"), dhash)
    added_bytes = tracemalloc.get_traced_memory()[0]
    built_ms = duration_ms(banded.prepare)
    bands_bytes = tracemalloc.get_traced_memory()[0] - added_bytes
    tracemalloc.stop()
    line(f"{len(hashes):,}: bands; one pass of ours", by(banded), by(index), wanted)
    agree(by(index), by(banded), wanted)
    each_bytes = [one / len(hashes) for one in (added_bytes, bands_bytes)]
    print(
        f"{'':<12}{each_bytes[0]:.0f} bytes an entry with its digest, {each_bytes[1]:.0f} more for"
        f" the bands, built in {built_ms / 1000:.1f} s"
    )


def by(index: HammingIndex) -> Search:
    """Return the search in an index of ours."""
    return lambda dhash: index.within(dhash, RADIUS_BITS)


def agree(ours: Search, other: Search, wanted: Hashes) -> None:
    """Stop where two ways to search find something else."""
    for dhash in wanted.tolist():
        pair = [numbers(search(dhash)) for search in (ours, other)]
        if pair[0] != pair[1]:
            raise SystemExit(f"{dhash:016x}: {pair}")


def numbers(found: Any) -> list[int]:
    """Return what was found as numbers of hashes."""
    return sorted(one if isinstance(one, int) else int.from_bytes(one[1], "big") for one in found)


def main() -> None:
    """Measure every size up to the largest that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=10_000_000)
    most = parser.parse_args().most
    dice = np.random.default_rng(5)
    source = real(dice)
    library = clustered(source, most, dice)
    wanted = needles(library[:100_000], source, SEARCHES, dice)
    against_faiss(library[:1_000_000], wanted)
    against_a_tree(library[:100_000], wanted[:5])
    for count in (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000):
        if count <= most:
            against_one_pass(library[:count], wanted)


if __name__ == "__main__":
    main()
