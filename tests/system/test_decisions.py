"""The owner's decisions: in force at once, by content, through whatever happens to the files."""

from __future__ import annotations

import json
import shutil
import signal

import pytest
from tests.system.commands import Site, fill, picture, running, wait_for
from tests.system.pictures import ours, resaved

pytestmark = pytest.mark.timeout(180)

IMPORTED, REVIEW = {"needles/card": "imported"}, {"needles/card": "review"}
INCOMPLETE = {"needles/card": "incomplete"}


@pytest.fixture
def site(tmp_path):
    """Return a site whose library has one picture smaller than the needles do."""
    site = Site(tmp_path)
    (site.lib / "small.jpg").write_bytes(picture(2, width_px=120))
    return site


@pytest.fixture
def card(site):
    """Return a needle folder with a byte copy."""
    fill(site.lib, [1])
    return fill(site.needles / "card", [1])[0].parent


def decided(site):
    """Return the ids of all decisions, with whether they are in force."""
    lines = site.ask("decisions", "--json").lines
    return [(json.loads(line)["id"], json.loads(line)["in_force"]) for line in lines]


def did(done):
    """Return what a command printed, which must have done what it was told."""
    assert done.code == 0, done.err
    return done.lines


def test_same_and_its_undo(site, card):
    """The folder is imported by the owner's word, and no longer when it is taken back."""
    (card / "big.jpg").write_bytes(picture(2, width_px=400))
    with running(site):
        site.wait_states(REVIEW)
        did(site.ask("same", card / "big.jpg", site.lib / "small.jpg"))
        site.wait_states(IMPORTED)
        assert site.ask("status", card).code == 0
        made = site.wait_event("decision.made", card / "big.jpg")
        assert made["kind"] == "same"
        assert site.events("folder.imported", card)[-1]["seq"] > made["seq"]
        assert "big.jpg" in "\n".join(did(site.ask("undo")))
        site.wait_states(REVIEW)
        site.wait_event("decision.undone")
        site.wait_event("folder.reopened", card)
        assert [in_force for _, in_force in decided(site)] == [False]
        assert site.ask("undo").code == 2


def test_a_decision_outlives_everything_but_its_undo(site, card):
    """Rename, move to another root, kill -9, a store that is gone: it is about the content."""
    site.configure("haystack: [lib]\nneedles: [needles, more]\n")
    (site.folder / "more").mkdir()
    (card / "big.jpg").write_bytes(picture(2, width_px=400))
    with running(site) as daemon:
        site.wait_states(REVIEW)
        did(site.ask("same", site.lib / "small.jpg", card / "big.jpg"))
        site.wait_states(IMPORTED)
        daemon.stop(signal.SIGKILL)
    (card / "big.jpg").rename(card / "renamed.jpg")
    (site.lib / "small.jpg").rename(site.lib / "moved.jpg")
    with running(site):
        site.wait_states(IMPORTED)
        card.rename(site.folder / "more" / "card")
        site.wait_states({"more/card": "imported"})
    shutil.rmtree(site.state / "store")
    with running(site):
        site.wait_event("store.rebuilt")
        site.wait_states({"more/card": "imported"})
        assert did(site.ask("rescan"))
        did(site.ask("status", "--wait"))
        assert site.states()["more/card"] == "imported"
        batch = json.loads(site.ask("decisions", "--json").lines[0])["batch"]
        did(site.ask("undo", batch))
        site.wait_states({"more/card": "review"})


def test_different_beats_what_looks_the_same(site, card):
    """But not equal bytes: there it is refused, and nothing changes."""
    (site.lib / "original.jpg").write_bytes(ours(1)[0])
    (card / "resaved.jpg").write_bytes(resaved(ours(1)[0], 90))
    with running(site):
        site.wait_states(IMPORTED)
        did(site.ask("different", card / "resaved.jpg", site.lib / "original.jpg"))
        wait_for("not imported", lambda: site.states()["needles/card"] in ("review", "incomplete"))
        assert site.ask("status", card).code == 1
        refused = site.ask("different", card / "1.jpg", site.lib / "1.jpg")
        assert (refused.code, refused.out, len(refused.complaints)) == (2, b"", 3)
        assert "bytes" in refused.complaints[1]
        did(site.ask("undo"))
        site.wait_states(IMPORTED)


def rated(data):
    """Return a JPEG with other metadata: a comment segment, as a rating is written."""
    comment = b"rated 5 of 5"
    size_bytes = len(comment) + 2
    return data[:2] + b"\xff\xfe" + size_bytes.to_bytes(2, "big") + comment + data[2:]


def test_different_survives_a_rating_on_both_sides_and_a_lost_store(site, card):
    """What was decided about is gone then; the line itself remembers what it showed."""
    original, copy = ours(1)[0], resaved(ours(1)[0], 90)
    (site.lib / "original.jpg").write_bytes(original)
    (card / "resaved.jpg").write_bytes(copy)
    with running(site) as daemon:
        site.wait_states(IMPORTED)
        did(site.ask("different", card / "resaved.jpg", site.lib / "original.jpg"))
        site.wait_states(INCOMPLETE)
        daemon.stop()
    claimed = site.events("folder.imported", card)
    (site.lib / "original.jpg").write_bytes(rated(original))
    (card / "resaved.jpg").write_bytes(rated(copy))
    shutil.rmtree(site.state / "store")
    with running(site):
        site.wait_event("daemon.ready", times=2)
        assert site.states()["needles/card"] == "incomplete"
        assert site.events("folder.imported", card) == claimed
        did(site.ask("undo"))
        site.wait_states(IMPORTED)


def test_the_latest_decision_on_a_pair_rules(site, card):
    """Same, then different; undoing that brings same back."""
    (card / "big.jpg").write_bytes(picture(2, width_px=400))
    pair = card / "big.jpg", site.lib / "small.jpg"
    with running(site):
        site.wait_states(REVIEW)
        did(site.ask("same", *pair))
        site.wait_states(IMPORTED)
        did(site.ask("different", *reversed(pair)))
        wait_for("not imported", lambda: site.states()["needles/card"] in ("review", "incomplete"))
        assert [in_force for _, in_force in decided(site)] == [False, True]
        did(site.ask("undo"))
        site.wait_states(IMPORTED)


def test_dismissed_by_content(site, card):
    """Every copy of it, also one that comes later; a look-alike is for a person to see."""
    (card / "3.jpg").write_bytes(ours(1)[0])
    with running(site):
        site.wait_states(INCOMPLETE)
        did(site.ask("dismiss", card / "3.jpg"))
        site.wait_states(IMPORTED)
        assert site.folders()["needles/card"]["dismissed"] == 1
        (card / "again.jpg").write_bytes(ours(1)[0])
        wait_for("both", lambda: site.folders()["needles/card"]["dismissed"] == 2)
        site.wait_states(IMPORTED)
        (card / "like it.jpg").write_bytes(resaved(ours(1)[0], 85))
        site.wait_states(REVIEW)
        assert site.ask("dismiss", site.lib / "1.jpg").code == 0  # a byte copy is a needle, too
        did(site.ask("undo"))
        did(site.ask("undo"))
        site.wait_states(INCOMPLETE)
        assert site.folders()["needles/card"]["dismissed"] == 0


def test_many_at_once_with_one_undo(site, card):
    """A preview decides nothing; `--yes` decides all; one undo takes all back."""
    for number in (5, 6):
        (site.lib / f"{number}.jpg").write_bytes(picture(number, width_px=120))
        (card / f"{number}.jpg").write_bytes(picture(number, width_px=400))
    with running(site):
        site.wait_states(REVIEW)
        preview = site.ask("same", "--possible", card)
        assert (preview.code, preview.lines[-1]) == (1, "nothing was decided; add --yes")
        assert preview.lines[0].startswith("2 decisions")
        assert (decided(site), site.states()["needles/card"]) == ([], "review")
        other = site.ask("same", "--possible", card, "--reason", "toned", "--yes")
        assert (other.code, decided(site)) == (0, [])
        *_, way_back = did(site.ask("same", "--possible", card, "--yes"))
        site.wait_states(IMPORTED)
        assert len(decided(site)) == 2
        did(site.ask(*way_back.split("dedupd ")[1].split()))
        site.wait_states(REVIEW)
        assert [in_force for _, in_force in decided(site)] == [False, False]


def test_unreadable_pictures_are_dismissed_together(site, card):
    """Which lets the folder be imported; the ones of another folder stay."""
    for folder in (card, site.needles / "other"):
        folder.mkdir(exist_ok=True)
        for number in range(3):
            (folder / f"{number}.jpg").write_bytes(b"no picture %d %s" % (number, bytes(folder)))
    (card / "1.jpg").write_bytes(picture(1))
    with running(site):
        site.wait_states(INCOMPLETE)
        assert site.ask("dismiss", "--class", "unreadable", card).code == 1
        did(site.ask("dismiss", "--class", "unreadable", card, "--yes"))
        site.wait_states(IMPORTED)
        assert site.states()["needles/other"] == "incomplete"
        did(site.ask("undo"))
        site.wait_states(INCOMPLETE)


def test_decisions_are_listed_without_a_daemon(site, card):
    """And `check` on the same state goes by them."""
    (card / "3.jpg").write_bytes(picture(3))
    with running(site) as daemon:
        site.wait_states(INCOMPLETE)
        did(site.ask("dismiss", card / "3.jpg"))
        site.wait_states(IMPORTED)
        daemon.stop()
    listed = site.ask("decisions")
    assert (listed.code, len(listed.complaints)) == (0, 1)
    assert "no daemon is running" in listed.complaints[0]
    assert listed.lines[-1] == f"    {card}/3.jpg"
    assert site.ask("dismiss", card / "3.jpg").code == 3
    assert site.ask("check").code == 0


def test_a_damaged_decision_never_makes_a_folder_imported(site, card):
    """What was lost may have been an undo: the owner is told, and nothing passes by his word."""
    (card / "3.jpg").write_bytes(picture(3))
    with running(site) as daemon:
        site.wait_states(INCOMPLETE)
        did(site.ask("dismiss", card / "3.jpg"))
        did(site.ask("undo"))
        site.wait_states(INCOMPLETE)
        daemon.stop()
    claimed = site.events("folder.imported", card)
    path = site.state / "decisions.jsonl"
    first, undo = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + undo.replace(b"undo", b"undu"))
    with running(site):
        site.wait_event("daemon.ready", times=2)
        assert site.states()["needles/card"] in ("incomplete", "review")
        assert any("decisions.jsonl" in one["message"] for one in site.report()["problems"])
        assert site.events("folder.imported", card) == claimed
        assert list(site.state.glob("decisions.bad-*"))


def test_a_lost_different_never_makes_a_folder_imported(site, card):
    """Nobody knows which pair it was about, so only equal bytes are believed meanwhile."""
    (site.lib / "original.jpg").write_bytes(ours(1)[0])
    (card / "resaved.jpg").write_bytes(resaved(ours(1)[0], 90))
    with running(site) as daemon:
        site.wait_states(IMPORTED)
        did(site.ask("different", card / "resaved.jpg", site.lib / "original.jpg"))
        wait_for("not imported", lambda: site.states()["needles/card"] in ("review", "incomplete"))
        daemon.stop()
    claimed = site.events("folder.imported", card)
    path = site.state / "decisions.jsonl"
    path.write_bytes(path.read_bytes().replace(b"different", b"differemt"))
    with running(site):
        site.wait_event("daemon.ready", times=2)
        assert site.ask("status", card).code == 1
        assert site.events("folder.imported", card) == claimed
