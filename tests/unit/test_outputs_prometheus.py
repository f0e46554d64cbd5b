"""Metrics: what a report says, under names that dashboards keep."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from dedupd.faces.outputs.prometheus import render
from dedupd.reports import COUNT_NAMES

TIME = "2026-11-23T10:00:00.000Z"


def root(path="/library", **more):
    fields = {"role": "haystack", "path": path, "state": "online", "pictures": 9}
    return {**fields, "in_step_as_of": "2026-11-23T09:58:30.500Z", **more}


def report(**more):
    totals = dict.fromkeys(COUNT_NAMES, 0) | {"matched": 5, "unmatched": 2, "videos_missing": 1}
    queue = {"pending": 3, "hashed": 1, "per_second": 1.5, "eta_s": None}
    fields = {"version": "1", "time": TIME, "state": "ready", "problems": [], "queue": queue}
    folders = [{"state": state} for state in ("imported", "imported", "review")]
    return {**fields, "roots": [root()], "folders": folders, "totals": totals, **more}


def samples(of):
    """Return what Prometheus reads: name and labels -> value."""
    families = text_string_to_metric_families(render(of).decode("utf-8"))
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("dedupd_info", {"version": "1"}, 1),
        ("dedupd_state", {"state": "ready"}, 1),
        ("dedupd_state", {"state": "degraded"}, 0),
        ("dedupd_folders", {"state": "imported"}, 2),
        ("dedupd_folders", {"state": "review"}, 1),
        ("dedupd_folders", {"state": "incomplete"}, 0),
        ("dedupd_pictures", {"class": "unmatched"}, 2),
        ("dedupd_pictures", {"class": "possible"}, 0),
        ("dedupd_files", {"kind": "videos_missing"}, 1),
        ("dedupd_queue_pending", {}, 3),
        ("dedupd_pictures_per_second", {}, 1.5),
        ("dedupd_root_online", {"role": "haystack", "path": "/library"}, 1),
        ("dedupd_root_pictures", {"role": "haystack", "path": "/library"}, 9),
        ("dedupd_root_in_step_age_seconds", {"role": "haystack", "path": "/library"}, 89.5),
    ],
)
def test_every_number_has_its_name(name, labels, value):
    """States and classes that nothing is in are 0, so that no series comes and goes."""
    assert samples(report())[(name, *sorted(labels.items()))] == value


def test_what_is_not_known_is_absent():
    """0 would be a lie: never in step is not just now."""
    found = samples(report(roots=[root(in_step_as_of=None, state="offline")]))
    names = {name for name, *_ in found}
    assert not names & {"dedupd_root_in_step_age_seconds", "dedupd_queue_eta_seconds"}
    assert found[("dedupd_root_online", ("path", "/library"), ("role", "haystack"))] == 0


def test_problems_are_counted_by_code():
    """An alarm hangs on one of them."""
    problems = [{"code": "hook.failed"}, {"code": "hook.failed"}, {"code": "watch.deaf"}]
    found = samples(report(problems=problems))
    assert found[("dedupd_problems", ("code", "hook.failed"))] == 2
    assert found[("dedupd_problems", ("code", "watch.deaf"))] == 1


def test_a_hostile_path_is_one_label():
    """Quotes, line ends and bytes that are no UTF-8 break no line."""
    fields = root(path='/a"\\\n} 1\nlie 1', path_b64="L2EiCn3/")
    found = samples(report(roots=[fields]))
    key = ("dedupd_root_online", ("path", '/a"\\n}\\udcff'), ("role", "haystack"))
    assert found[key] == 1


def test_nothing_is_kept_between_two_reports():
    """Nor shared with whatever else the process may count."""
    before = list(REGISTRY.collect())
    render(report(problems=[{"code": "watch.deaf"}]))
    assert not any("dedupd_problems" in key[0] for key in samples(report()))
    assert [one.name for one in REGISTRY.collect()] == [one.name for one in before]
