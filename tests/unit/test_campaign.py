"""What the campaign judges by: its oracle, its count of wrong words, its table."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from campaign import hostile, operations, soak, table
from campaign.claims import Claims
from campaign.failing import Failing, Stand
from campaign.figures import FIGURES, TOTAL
from campaign.operations import Operations
from campaign.result import Result, Size
from campaign.stage import PICTURE_BYTES, content
from campaign.traced import harm
from campaign.truth import EMPTY, IMPORTED, OTHER, differences, truths
from tests.system.commands import Site

from dedupd.text import rfc3339

NOW_S = 1_000_000.0


@pytest.fixture
def site(tmp_path) -> Site:
    """Return a site whose one folder is complete, and another one empty."""
    site = Site(tmp_path)
    site.state.mkdir()
    (site.lib / "a.jpg").write_bytes(b"a picture")
    (site.needles / "card").mkdir()
    (site.needles / "card" / "b.jpg").write_bytes(b"a picture")
    (site.needles / "new").mkdir()
    return site


@pytest.fixture
def clock(monkeypatch) -> Iterator[list[float]]:
    """Return the seconds that the campaign's clock shows."""
    shown = [NOW_S]
    monkeypatch.setattr("campaign.claims.time.time", lambda: shown[0])
    return shown


def states(site: Site) -> dict[str, str]:
    return {os.path.basename(path).decode(): one.state for path, one in _truths(site).items()}


def _truths(site: Site):
    return truths(site.lib, site.needles)


def report(site: Site, **told: tuple[str, int, int]) -> dict[str, object]:
    """Return a report that says of each folder: state, pictures, matched."""
    return {
        "folders": [
            {
                "path": str(site.needles / name if name != "needles" else site.needles),
                "state": state,
                "pictures": pictures,
                "matched": matched,
                "dismissed": 0,
                "as_of": rfc3339(NOW_S),
            }
            for name, (state, pictures, matched) in told.items()
        ]
    }


def say(site: Site, event: str, at_s: float) -> None:
    """Write an event about the card, as the daemon does."""
    log = site.state / "events.jsonl"
    seq = 1 + (log.read_bytes().count(b"\n") if log.exists() else 0)
    path = str(site.needles / "card")
    line = {"seq": seq, "time": rfc3339(at_s), "event": event, "path": path}
    with log.open("a") as file:
        file.write(json.dumps(line) + "\n")


def test_the_oracle_knows_three_states(site):
    """Complete, empty, and all the rest; a stranger or a link counts as unsettled."""
    assert states(site) == {"needles": IMPORTED, "card": IMPORTED, "new": EMPTY}
    (site.needles / "new" / "link.jpg").symlink_to(site.lib / "a.jpg")
    assert states(site) == {"needles": OTHER, "card": IMPORTED, "new": OTHER}


def test_differences_name_each_folder_that_is_told_otherwise(site):
    """State, number of pictures and matched ones, and folders on one side alone."""
    true = {"needles": (IMPORTED, 1, 1), "card": (IMPORTED, 1, 1), "new": (EMPTY, 0, 0)}
    assert differences(report(site, **true), _truths(site)) == []
    for wrong in ({"card": ("review", 1, 1)}, {"card": (IMPORTED, 2, 2)}, {"gone": (EMPTY, 0, 0)}):
        (found,) = differences(report(site, **{**true, **wrong}), _truths(site))
        assert next(iter(wrong)) in found


def test_a_change_tells_which_folders_are_imported_no_more(site, clock):
    """These are asked for at once; folders that went, or are empty, are no matter."""
    claims = Claims(site)
    (site.lib / "b.jpg").write_bytes(b"another picture")
    assert claims.changed() == frozenset()
    (site.needles / "card" / "c.jpg").write_bytes(b"a stranger")
    card, root = (os.fsencode(site.needles / name) for name in ("card", ""))
    assert claims.changed() == {card, root}
    (site.needles / "card" / "c.jpg").unlink()
    assert claims.changed() == frozenset()
    (site.needles / "card" / "b.jpg").unlink()
    assert claims.changed() == frozenset()


def test_a_word_that_was_true_when_it_was_looked_at_is_right(site, clock):
    """An event is written a moment after its look; a second later it would be wrong."""
    claims = Claims(site)
    (site.lib / "a.jpg").unlink()
    clock[0] += 10
    claims.changed()
    heard_of(site, claims, right_s=11, wrong_s=13)


def heard_of(site, claims: Claims, right_s: int, wrong_s: int) -> None:
    """Let the daemon say "imported" at two times, of which one is right."""
    for at_s, wrong in ((right_s, 0), (wrong_s, 1)):
        say(site, "folder.imported", NOW_S + at_s)
        claims.hear()
        assert len(claims.wrong) == wrong


def test_a_daemon_that_is_quicker_than_our_own_look_is_right(site, clock, monkeypatch):
    """Going through the whole disk takes a second or more; what is found was so all that time."""
    (site.needles / "card" / "c.jpg").write_bytes(b"a stranger")
    claims = Claims(site)
    clock[0] += 10
    (site.needles / "card" / "c.jpg").unlink()
    look = claims.true
    monkeypatch.setattr(claims, "true", lambda: (clock.__setitem__(0, clock[0] + 3), look())[1])
    claims.changed()
    heard_of(site, claims, right_s=11, wrong_s=9)


def test_a_daemon_that_is_quicker_than_whoever_changes_the_disk_is_right(site, clock):
    """They may be kept waiting between their deed and our look at what came of it."""
    (site.needles / "card" / "c.jpg").write_bytes(b"a stranger")
    claims, began_s = Claims(site), NOW_S + 10
    (site.needles / "card" / "c.jpg").unlink()
    clock[0] += 13
    claims.changed(began_s)
    heard_of(site, claims, right_s=11, wrong_s=9)
    assert claims.wrong[0].endswith("0.990 s from when that was so")


def test_a_change_that_takes_long_ends_what_was_so_before_when_it_is_done(site, clock):
    """Until then the daemon may have seen either."""
    claims, began_s = Claims(site), NOW_S + 10
    (site.lib / "a.jpg").unlink()
    clock[0] += 13
    claims.changed(began_s)
    heard_of(site, claims, right_s=14, wrong_s=16)


def test_a_damaged_log_says_what_is_left_of_it(site, clock):
    """Lines that can't be read are none; one that was heard isn't heard again."""
    log, claims = site.state / "events.jsonl", Claims(site)
    say(site, "folder.imported", NOW_S + 1)
    log.write_bytes(b"\0\0\n" + log.read_bytes())
    claims.hear()
    (site.lib / "a.jpg").unlink()
    clock[0] += 10
    claims.changed()
    log.write_bytes(log.read_bytes()[3:])
    claims.hear()
    assert claims.wrong == []
    say(site, "folder.imported", NOW_S + 20)
    claims.hear()
    assert len(claims.wrong) == 1


def test_a_report_is_judged_by_the_time_of_its_look(site, clock):
    """What was looked at before the change was so; at a quiet moment nothing old is an excuse."""
    claims = Claims(site)
    (site.lib / "a.jpg").unlink()
    clock[0] += 10
    claims.changed()
    told = report(site, card=(IMPORTED, 1, 1))
    claims.hear_report(told)
    assert claims.wrong == []
    claims.compare(told)
    assert len(claims.wrong) == 1


@pytest.mark.parametrize(
    ("call", "harmful"),
    [
        (b'12 openat(5</r/lib>, "a.jpg", O_RDONLY|O_NOFOLLOW) = 6</r/lib/a.jpg>', False),
        (b'12 openat(5</r/lib>, "a.jpg", O_RDWR) = 6</r/lib/a.jpg>', True),
        (b'12 openat(AT_FDCWD</>, "/r/lib/x", O_WRONLY|O_CREAT, 0600) = 6</r/lib/x>', True),
        (b'12 openat(AT_FDCWD</>, "/r/state/x", O_WRONLY|O_CREAT, 0600) = 6</r/state/x>', False),
        (b'unlink("/r/needles/a.jpg") = 0', True),
        (b'12 unlinkat(5</r/lib>, "a.jpg", 0) = 0', True),
        (b'12 renameat(5</r/state>, "a", 6</r/needles>, "b") = 0', True),
        (b"12 ftruncate(7</r/lib/a.jpg>, 0) = 0", True),
        (b'12 write(7</r/lib/a.jpg>, "x", 1) = 1', True),
        (b'12 write(7</r/state/events.jsonl>, "\\"/r/lib/a.jpg\\"", 9) = 9', False),
    ],
)
def test_a_trace_shows_what_writes_below_a_root(call, harmful):
    """Reading and what goes to the state folder is no harm, whatever names it speaks of."""
    assert bool(list(harm([call], [b"/r/lib", b"/r/needles"]))) is harmful


def test_one_call_fails_and_the_others_do_not():
    """It is the one of that number, and all are counted."""
    failing = Failing(2, lambda: OSError("no"))
    stand = Stand(os, frozenset({"getpid"}), failing)
    assert stand.getpid() == os.getpid()
    with pytest.raises(OSError, match="no"):
        stand.getpid()
    assert (stand.getpid(), stand.sep, failing.count) == (os.getpid(), "/", 3)


def test_pictures_of_the_stage_have_one_size_and_differ():
    """A rewrite with the old time shows in nothing but the change time."""
    some = {content(number) for number in range(20)}
    assert {len(one) for one in some} == {PICTURE_BYTES}
    assert len(some) == 20


@pytest.mark.parametrize("length_bytes", [0, 9000, PICTURE_BYTES])
def test_nothing_is_mixed_from_two_pictures(site, length_bytes):
    """Who writes slowly gives up when another changes the file: the oracle knows no mixtures."""
    slow = Operations(site, 1)
    while not slow._open:
        slow.begin_slowly()
    for _ in range(3):
        slow.go_on()
    name = Path(slow._open[0][0].name)
    name.write_bytes(content(7)[:length_bytes])
    slow.finish_writing()
    assert name.read_bytes() == content(7)[:length_bytes]
    assert not slow._open


def test_a_library_does_not_grow_for_ever(site, monkeypatch):
    """What a daemon keeps of it would be taken for a leak."""
    monkeypatch.setattr(operations, "MOST_LIBRARY", 5)
    some = Operations(site, 1)
    for _ in range(50):
        some.give_to_library()
        some.begin_slowly()
    some.finish_writing()
    assert len(list(site.lib.iterdir())) == 5


def _day(daemon_mib: float, workers_mib: float = 50, **more) -> soak.Soaked:
    """Return a day in which memory came to this at the end, from 100 and 50 MiB after an hour."""
    seconds = range(soak.SECONDS)
    rss = [(float(at), int((100 if at < 1000 else daemon_mib) * 2**20)) for at in seconds]
    workers = [(float(at), int((50 if at < 1000 else workers_mib) * 2**20)) for at in seconds]
    told = {"fds": [21, 21], "seconds": float(soak.SECONDS), **more}
    return soak.Soaked(rss, workers, **told)


@pytest.mark.parametrize(
    ("day", "wrong", "good"),
    [
        (_day(104), (), True),
        (_day(106), (), False),
        (_day(100, 53), (), False),
        (_day(80, 20), (), True),
        (_day(100, fds=[21, 22, 21]), (), False),
        (_day(100, faults=["hour 3: a folder"]), (), False),
        (_day(100), ("a claim",), False),
    ],
)
def test_a_soak_is_good_if_nothing_grew_leaked_or_was_wrong(day, wrong, good):
    """Memory of the daemon and of its workers each, descriptors exactly, every quiet point."""
    judged = soak._judged(day, wrong, 24)
    assert judged.passed is good
    assert judged.measured.endswith(" x60")
    assert judged.wrong_claims == len(wrong)


def test_growth_begins_after_the_first_hour():
    """What a daemon takes while it starts is no leak; of a short run the halves are compared."""
    hour = [(float(at), 10) for at in range(60)]
    assert soak.growth(hour + [(float(at), 100) for at in range(60, 1440)]) == 0
    assert soak.growth(hour + [(at, 100 + int(at > 1300)) for at in range(60, 1440)]) > 0
    assert soak.growth([(0.0, 10), (1.0, 10), (2.0, 11), (3.0, 11)]) == pytest.approx(0.1)


def test_a_soak_spreads_what_it_does_over_its_day():
    """All of a whole day, the share of it that a short one has."""
    assert len(soak._moments(soak.AWAY, 24)) == soak.AWAY
    assert len(soak._moments(soak.KILLS, 24)) == soak.KILLS
    assert {hour for hour, _ in soak._moments(soak.KILLS, 2)} == {0, 1}


def test_mutants_come_again_from_the_same_seed():
    """A file that broke something can be made once more."""
    seeds = list(hostile.whole_files().values())
    first, again = ([hostile.mutated(seeds, random.Random(3)) for _ in range(9)] for _ in "ab")
    assert first == again
    assert not set(first) & set(seeds)


def test_results_are_kept_and_shown(tmp_path):
    """Each figure has its line; wrong claims are added up; what failed is told below."""
    kept = tmp_path / "results.jsonl"
    bad = Result("1 of 2", 2, False, 3, ("it fell over",))
    good = Result("all", 5, True)
    for name, result in (("R9", good), ("R9", bad), ("R18", good), ("R13", Result("no", 0, None))):
        table.keep(kept, table.Kept(name, "s", 1, 0.5, 2.0, result))
    assert [one.result for one in table.kept(kept)][:2] == [good, bad]
    shown = list(table.lines(table.kept(kept)))
    rows = {line.split()[0]: line for line in shown[1 : len(FIGURES) + 1]}
    assert rows.keys() == {figure.name for figure in FIGURES}
    ends = {name: rows[name].split()[-1] for name in ("R1", "R9", "R18", "R13", "R15")}
    assert ends == {"R1": "FAIL", "R9": "FAIL", "R18": "pass", "R13": "skipped", "R15": "run"}
    assert "3 wrong claims" in rows[TOTAL.name]
    assert shown[-1] == "R9: it fell over"


def test_a_size_is_never_less_than_the_least_nor_more_than_all():
    """Also where the share is nothing, or more than one."""
    assert [Size(share).of(100, 4) for share in (0, 0.1, 1, 3)] == [4, 10, 100, 100]
