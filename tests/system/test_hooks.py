"""Hooks of a real daemon: they run when something happens, and never again for what was logged."""

from __future__ import annotations

import json

from tests.system.commands import Site, fill, running, wait_for


def test_a_folder_that_becomes_imported_runs_its_hook_once(tmp_path):
    """With the event as JSON; not again after a restart; a failure is in `status`."""
    out = tmp_path / "out"
    site = Site(tmp_path, f"hooks: {{folder.imported: [/bin/sh, -c, 'cat >> {out}']}}\n")
    fill(site.lib, [1, 2])
    card = site.needles / "card"
    fill(card, [1, 2])
    with running(site) as daemon:
        site.wait_event("folder.imported", card)
        told = wait_for("both hooks", lambda: out.exists() and lines(out)[1:] and lines(out))
        assert {one["path"] for one in told} == {str(card), str(site.needles)}
        assert told == site.events("folder.imported")
        assert daemon.stop()[0] == 0
    with running(site) as daemon:
        site.configure(
            "haystack: [lib]\nneedles: [needles]\nhooks: {config.reloaded: [/bin/false]}\n"
        )
        assert site.ask_inside("reload").code == 0
        (problem,) = wait_for("the problem", lambda: site.report()["problems"])
        assert problem["code"] == "hook.failed"
        assert site.report()["state"] != "degraded"
        code, took_s = daemon.stop()
        assert (code, took_s < 5) == (0, True)
    assert lines(out) == told


def test_a_check_runs_none(tmp_path):
    """It logs nothing either: what it sees is its report."""
    out = tmp_path / "out"
    site = Site(tmp_path, f"hooks: {{folder.imported: [/usr/bin/touch, {out}]}}\n")
    fill(site.lib, [1])
    fill(site.needles, [1])
    assert site.ask_inside("check").code == 0
    assert not out.exists()


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]
