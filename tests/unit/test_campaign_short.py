"""The figures of the campaign that no other test looks at, as short as they can be."""

from __future__ import annotations

import os
import random
import subprocess

import pytest
from campaign import hostile
from campaign.fuzzing import Watched
from campaign.stage import plant
from campaign.traced import harm, tracing
from tests.system.commands import PROGRAM, Site, environment, need

pytestmark = pytest.mark.timeout(120)


def test_mutated_files_cost_no_answer_and_little_memory(monkeypatch):
    """Each of them comes to an end in a worker that lives on."""
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    dice, seeds = random.Random(1), list(hostile.whole_files().values())
    files = [one.data for one in hostile.liars()]
    files += [hostile.mutated(seeds, dice) for _ in range(150)]
    with Watched() as workers:
        ends, hangs = workers.look(files)
    assert (ends.total(), hangs) == (len(files), 0)
    assert not {"killed", "timeout"} & ends.keys()
    assert workers.peak_bytes < 1 << 30


def test_nothing_below_a_root_is_written(tmp_path):
    """Traced by the kernel: no file of the roots is opened for writing, removed or renamed."""
    strace = need("strace")
    if not strace:
        pytest.skip("strace is not installed")
    site, trace = Site(tmp_path), tmp_path / "trace"
    plant(site, library=8, folders=2, each=4)
    command = [*tracing(strace, trace), *PROGRAM, "check", "--config", str(site.config)]
    done = subprocess.run(command, env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    calls = trace.read_bytes().splitlines()
    roots = [os.fsencode(root) for root in (site.lib, site.needles)]
    assert any(b"<" + roots[0] in call for call in calls)
    assert list(harm(calls, roots)) == []
