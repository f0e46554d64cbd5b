"""A real scheduler and real workers decode instead of this machine's: the report is the same."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.system.clusters import Cluster, cluster
from tests.system.commands import (
    Fields,
    Site,
    beside,
    dedupd,
    environment,
    fill,
    picture,
    running,
    wait_for,
)

from dedupd import looking

ROOTS = "haystack: [lib]\nneedles: [needles]\n"
LIBRARY, CARD, OLD = range(12), range(8), range(6, 40)


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Iterator[Cluster]:
    """Return a cluster of two workers."""
    with cluster(tmp_path_factory.mktemp("cluster"), 2) as made:
        yield made


@pytest.fixture
def site(tmp_path) -> Site:
    """Return a library, a card that is in it but for two files, and an older folder."""
    site = Site(tmp_path)
    fill(site.lib, LIBRARY)
    fill(site.needles / "card", CARD)
    fill(site.needles / "old", OLD)
    (site.needles / "card" / "small.jpg").write_bytes(picture(3, width_px=120))
    (site.needles / "card" / "cut.jpg").write_bytes(picture(5)[:900])
    return site


def on(site: Site, address: str) -> None:
    """Have the site's pictures decoded by a cluster."""
    site.configure(f"{ROOTS}workers: {{pool: dask, scheduler: '{address}'}}\n")


def said(report: Fields) -> list[Fields]:
    """Return what a report says of the folders, whenever it was made."""
    return [{k: v for k, v in one.items() if k != "as_of"} for one in report["folders"]]


def on_this_machine(site: Site) -> list[Fields]:
    """Return what this machine's own workers make of the site, from the beginning."""
    shutil.rmtree(site.state, ignore_errors=True)
    site.configure(ROOTS)
    return said(site.ask("check", "--json").json)


def test_it_says_what_this_machine_would_though_a_worker_is_killed(site, two):
    """What the killed one had goes to the other; a new worker is taken in while it runs."""
    on(site, two.address)
    out = site.folder / "report.json"
    with beside("check", "--config", site.config, "--json", out=out) as check:
        wait_for("a picture that was looked at", lambda: list(site.state.glob("store/*.log")))
        two.workers[0].send_signal(signal.SIGKILL)
        two.add_worker()
        assert check.wait(60) == 1, out.read_text()
    again = site.ask("check", "--json").json
    assert again["folders"]
    assert said(again) == on_this_machine(site)


def test_a_scheduler_that_goes_and_comes_back(site, two):
    """Without it nothing is decoded and nobody is told anything else; with it all goes on."""
    on(site, two.address)
    with running(site) as daemon:
        site.wait_states({"needles/card": "incomplete"})
        two.scheduler.kill()
        two.scheduler.wait()
        (site.needles / "new").mkdir()
        (site.needles / "new" / "1.jpg").write_bytes(picture(99))

        def away() -> list[Fields]:
            return [one for one in site.report()["problems"] if one["code"] == "workers.away"]

        [problem] = wait_for("the problem", away)
        assert two.address in problem["message"]
        assert site.report()["state"] == "degraded"
        site.wait_states({"needles/new": "pending"})
        two.start_scheduler()
        two.add_worker()
        site.wait_states({"needles/new": "incomplete"})
        wait_for("no problem", lambda: not site.report()["problems"])
        assert daemon.stop()[1] < 5


def test_a_worker_of_another_version_gets_no_pictures(site, two, tmp_path):
    """Its fingerprints would be compared with ours as if they were ours."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import dedupd\ndedupd.__version__ = '0.0.1'\n")
    source = os.fspath(Path(looking.__file__).parents[1])
    with cluster(other, 0) as alone:
        alone.add_worker(PYTHONPATH=f"{other}:{source}")
        on(site, alone.address)
        with beside("run", "--config", site.config, out=tmp_path / "run.log"):
            wait_for("the daemon", (site.state / "control.sock").exists)
            told = "dedupd 0.0.1 there and"
            wait_for("the problem", lambda: told in str(site.report()["problems"]))
            assert not site.events("picture.unmatched")


IMPATIENT = """
import sys
from dedupd import looking
from dedupd.cli.main import main
looking.AWAY_S = 0.5
sys.exit(main(sys.argv[1:]))
"""


def test_a_single_look_does_not_wait_for_ever(site):
    """A daemon does: its owner is told by `status`.

    In a process of its own: threads of distributed live on, and would draw random numbers beside
    other tests.
    """
    on(site, "tcp://127.0.0.1:9")
    command = [sys.executable, "-c", IMPATIENT, "check", "--config", str(site.config)]
    done = subprocess.run(command, env=environment(), capture_output=True, check=False)
    assert done.returncode == 4
    what, why, fix = done.stderr.decode().splitlines()[-3:]
    assert "can't look at any picture" in what
    assert "127.0.0.1:9" in why
    assert "dask worker tcp://127.0.0.1:9" in fix


def test_a_cluster_without_the_library_for_it_is_refused(site, monkeypatch):
    """Before anything else is done."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    on(site, "tcp://127.0.0.1:9")
    for command in ("check", "run"):
        done = site.ask_inside(command)
        assert (done.code, "pip install 'dedupd[cluster]'" in done.err.decode()) == (2, True)
    assert dedupd("config", "check", "--config", site.config).code == 0
