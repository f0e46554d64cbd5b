"""JSON of a report: its roots, its folders, its problems, as the contract writes them."""

from __future__ import annotations

from dedupd.faces.questions import Fields
from dedupd.model import FolderState
from dedupd.reports import COUNT_NAMES, Counts, FolderReport, Problem, Report, RootReport
from dedupd.text import path_fields


def report_fields(report: Report) -> Fields:
    """Return the contract's object for `status --json` and `check --json`."""
    return {
        "schema": 1,
        "version": report.version,
        "time": report.time,
        "state": report.state,
        "problems": [_problem_fields(problem) for problem in report.problems],
        "queue": {
            "pending": report.queue.pending,
            "hashed": report.queue.hashed,
            "per_second": report.queue.per_second,
            "eta_s": report.queue.eta_s,
        },
        "roots": [_root_fields(root) for root in report.roots],
        "folders": [folder_fields(folder) for folder in report.folders],
        "totals": {
            **counts_fields(report.totals),
            "folders": len(report.folders),
            "imported": sum(folder.state is FolderState.IMPORTED for folder in report.folders),
        },
    }


def _problem_fields(problem: Problem) -> Fields:
    return {
        "code": problem.code,
        **path_fields(problem.path),
        "message": problem.message,
        "fix": problem.fix,
    }


def _root_fields(root: RootReport) -> Fields:
    return {
        "role": root.role.value,
        **path_fields(root.path),
        "state": root.state.value,
        "watch": root.watch,
        "pictures": root.pictures,
        "unreadable": root.unreadable,
        "in_step_as_of": root.in_step_as_of,
    }


def folder_fields(folder: FolderReport) -> Fields:
    """Return the contract's object of one folder."""
    return {
        **path_fields(folder.path),
        **path_fields(folder.root, "root"),
        "state": folder.state.value,
        "as_of": folder.as_of,
        "last_state": folder.last_state.value if folder.last_state else None,
        **counts_fields(folder.tree),
        "imported_at": folder.imported_at,
        "own": counts_fields(folder.own),
    }


def counts_fields(counts: Counts) -> Fields:
    """Return the counts under their names in the contract."""
    return {name: getattr(counts, name) for name in COUNT_NAMES}
