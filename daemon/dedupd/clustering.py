"""The pool of workers on a cluster, as the configuration has it.

Apart from those who ask for it because it loads `distributed`, which takes a second.
"""

from __future__ import annotations

from dedupd.config_schema import WorkersConfig
from dedupd.pictures.pools.cluster import DEFAULT_JOBS, ClusterPool, survey
from dedupd.pictures.pools.line import Place
from dedupd.pictures.pools.terms import Bounds
from dedupd.remote import ERRANDS

__all__ = ["cluster_pool", "survey"]


def cluster_pool(workers: WorkersConfig, pixels: int) -> ClusterPool:
    """Return a pool on the cluster whose scheduler is named there, not yet started.

    Args:
        pixels: Largest width times height of a picture.
    """
    tls = workers.tls
    place = Place(workers.scheduler or "", tls.ca, tls.cert, tls.key)
    bounds = Bounds(workers.timeout_s, workers.memory_bytes, pixels)
    return ClusterPool(place, ERRANDS, bounds, workers.count or DEFAULT_JOBS)
