"""The report of the last run: kept whole, shown as what it is, never believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dedupd.model import FolderState, Role, RootState
from dedupd.reports import Counts, FolderReport, Report, RootReport
from dedupd.state import lastreport

COUNTS = Counts(*range(13))
ROOT = RootReport(Role.NEEDLES, b"/n/\xff", RootState.ONLINE, "inotify", 214, 1, "then")
CARD = FolderReport(b"/n/\xff/card", b"/n/\xff", FolderState.IMPORTED, "then", COUNTS, COUNTS)
AWAY = replace(CARD, state=FolderState.UNVERIFIED, last_state=FolderState.REVIEW)
REPORT = Report("1", "then", "ready", roots=(ROOT,), folders=(CARD, AWAY), totals=COUNTS)


def test_what_was_kept_is_recalled_and_claims_nothing(tmp_path):
    """Names to the byte, counts, dates; every verdict is a last one."""
    lastreport.keep(tmp_path, REPORT)
    found = lastreport.recall(tmp_path)
    assert found is not None
    assert (found.time, found.state, found.totals) == ("then", "starting", COUNTS)
    assert found.roots == (replace(ROOT, state=RootState.SCANNING, watch="none"),)
    assert found.folders == tuple(
        replace(CARD, state=FolderState.PENDING, last_state=last)
        for last in (FolderState.IMPORTED, FolderState.REVIEW)
    )


@pytest.mark.parametrize("written", [b"", b"{}", b"[]", b"\xff", b"nonsense", b'{"format": 2}'])
def test_what_cant_be_read_is_as_good_as_none(tmp_path, written):
    """Also half a file."""
    assert lastreport.recall(tmp_path) is None
    (tmp_path / lastreport.NAME).write_bytes(written)
    assert lastreport.recall(tmp_path) is None
    lastreport.keep(tmp_path, REPORT)
    data = (tmp_path / lastreport.NAME).read_bytes()
    (tmp_path / lastreport.NAME).write_bytes(data[: len(data) // 2])
    assert lastreport.recall(tmp_path) is None


def test_a_state_folder_that_takes_no_file_costs_the_copy_only(tmp_path, caplog):
    """The report is for people; the daemon goes on."""
    lastreport.keep(tmp_path / "gone", REPORT)
    assert "could not be kept" in caplog.text
