"""Render a report as metrics for Prometheus, in its text format."""

from __future__ import annotations

from collections import Counter as Sums
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from dedupd.faces.outputs.phrases import STATE_ORDER
from dedupd.faces.questions import Fields
from dedupd.text import path_of, shown

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""What `render` returns, for the header of an answer."""

CLASSES = ("pending", "dismissed", "matched", "unreadable", "possible", "unmatched")
ROOT_STATES = ("online", "offline", "suspicious", "scanning")
STATES = ("starting", "scanning", "ready", "degraded", "stopping")

_BESIDE = ("others", "others_missing", "videos", "videos_missing")


def render(report: Fields) -> bytes:
    """Return the metrics of a report, the contract's object."""
    registry = CollectorRegistry(auto_describe=False)  # our own: the global one is no report's
    registry.register(_Report(report))
    return generate_latest(registry)


def meanings() -> dict[str, str]:
    """Return what each metric means, by its name."""
    nothing = dict.fromkeys((*CLASSES, *_BESIDE), 0)
    queue = {"pending": 0, "per_second": 0.0, "eta_s": 0.0}
    report: Fields = {"version": "", "state": "", "time": "", "folders": [], "roots": []}
    report |= {"problems": [], "totals": nothing, "queue": queue}
    families = list(_Report(report).collect())
    names = [f"{one.name}_info" if one.type == "info" else one.name for one in families]
    return {name: one.documentation for name, one in zip(names, families, strict=True)}


class _Report(Collector):
    """One report, as the library asks for it."""

    def __init__(self, report: Fields) -> None:
        self._report = report

    def collect(self) -> Iterable[GaugeMetricFamily | InfoMetricFamily]:
        """Yield every metric."""
        report = self._report
        yield InfoMetricFamily("dedupd", "This daemon.", {"version": report["version"]})
        yield _one_of("dedupd_state", "1 for the daemon's state.", STATES, report["state"])
        yield from _folders(report)
        yield from _queue(report["queue"])
        yield from _roots(report)
        yield _problems(report["problems"])


def _folders(report: Fields) -> Iterator[GaugeMetricFamily]:
    states = Sums(folder["state"] for folder in report["folders"])
    yield _by("dedupd_folders", "Needle folders by state.", "state", _all(STATE_ORDER, states))
    totals = report["totals"]
    counts = {cls: totals[cls] for cls in CLASSES}
    yield _by("dedupd_pictures", "Pictures in needle roots by class.", "class", counts)
    beside = {kind: totals[kind] for kind in _BESIDE}
    text = "Files in needle roots that are no pictures; *_missing are not in the library."
    yield _by("dedupd_files", text, "kind", beside)


def _queue(queue: Fields) -> Iterator[GaugeMetricFamily]:
    pending, rate = queue["pending"], queue["per_second"]
    yield GaugeMetricFamily("dedupd_queue_pending", "Files to look at.", pending)
    text = "Pictures looked at in a second, lately."
    yield GaugeMetricFamily("dedupd_pictures_per_second", text, rate)
    if queue["eta_s"] is not None:
        yield GaugeMetricFamily("dedupd_queue_eta_seconds", "Time left for them.", queue["eta_s"])


def _roots(report: Fields) -> Iterator[GaugeMetricFamily]:
    labels = ("role", "path")
    online = GaugeMetricFamily("dedupd_root_online", "1 while a root is there.", None, labels)
    pictures = GaugeMetricFamily("dedupd_root_pictures", "Pictures of a root.", None, labels)
    text = "Seconds since a root was last proven in step with the disk; absent if it never was."
    age = GaugeMetricFamily("dedupd_root_in_step_age_seconds", text, None, labels)
    for root in report["roots"]:
        named = (root["role"], shown(path_of(root)))
        online.add_metric(named, root["state"] in ("online", "scanning"))
        pictures.add_metric(named, root["pictures"])
        if root["in_step_as_of"]:
            age.add_metric(named, _age_s(report["time"], root["in_step_as_of"]))
    yield from (online, pictures, age)


def _problems(problems: list[Fields]) -> GaugeMetricFamily:
    codes = Sums(problem["code"] for problem in problems)
    return _by("dedupd_problems", "What `dedupd status` warns of, by code.", "code", codes)


def _by(name: str, text: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, None, (label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _all(known: Iterable[str], found: dict[str, int]) -> dict[str, int]:
    """Return the counts with zeros for what wasn't found, so that no series comes and goes."""
    return {**dict.fromkeys(known, 0), **found}


def _one_of(name: str, text: str, known: Iterable[str], actual: str) -> GaugeMetricFamily:
    return _by(name, text, "state", _all(known, {actual: 1}))


def _age_s(now: str, then: str) -> float:
    seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds()
    return max(0.0, seconds)
