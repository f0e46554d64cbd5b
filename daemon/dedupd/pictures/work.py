"""Do one job of a pool here and now, in this process."""

from __future__ import annotations

import mmap
import os

from dedupd.messages import Compare, Compared, Decode, Decoded, Payload, Sign, Signed
from dedupd.pictures.capture import Capture
from dedupd.pictures.exchange import (
    Hashed,
    HashJob,
    PoolAnswer,
    PoolJob,
    Thumbnailed,
    ThumbnailJob,
)
from dedupd.pictures.limits import Limits
from dedupd.pictures.look import compare, fingerprint, hashes, sign, thumbnail


def do(job: PoolJob, limits: Limits, capture: Capture) -> PoolAnswer:
    """Return the answer to `job`; its payloads stay open."""
    match job:
        case Decode():
            return Decoded(job.digest, fingerprint(_bytes_of(job.payload), limits, capture))
        case Sign():
            return Signed(job.digest, sign(_bytes_of(job.payload), limits, capture))
        case Compare():
            pair = _bytes_of(job.needle_payload), _bytes_of(job.haystack_payload)
            result = compare(*pair, job.view, job.sign, limits, capture)
            return Compared(job.needle, job.haystack, result, job.view)
        case HashJob():
            return Hashed(job, hashes(_bytes_of(job.payload), job.names, limits, capture))
        case ThumbnailJob():
            jpeg = thumbnail(_bytes_of(job.payload), job.edge_px, limits, capture)
            return Thumbnailed(job, jpeg)


def _bytes_of(payload: Payload) -> memoryview:
    """Return the bytes without a copy; they live as long as somebody looks at them."""
    size_bytes = os.fstat(payload.fd).st_size
    if size_bytes == 0:
        return memoryview(b"")  # an empty file can't be mapped
    return memoryview(mmap.mmap(payload.fd, size_bytes, access=mmap.ACCESS_READ))
