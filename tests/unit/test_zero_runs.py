"""A run of zeros is found wherever it lies, and nothing shorter is taken for one."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from dedupd.pictures.damage import _has_zero_run


@given(
    before=st.binary(max_size=40),
    zeros=st.integers(0, 24),
    behind=st.binary(max_size=40),
    run_bytes=st.integers(1, 16),
)
@example(before=b"", zeros=0, behind=b"", run_bytes=1)
@example(before=b"\1" * 15, zeros=16, behind=b"\1", run_bytes=16)
@example(before=b"\1" * 15, zeros=15, behind=b"\1", run_bytes=16)
def test_it_is_what_a_plain_search_finds(before, zeros, behind, run_bytes):
    span = before + bytes(zeros) + behind
    assert _has_zero_run(memoryview(span), run_bytes) is (bytes(run_bytes) in span)
