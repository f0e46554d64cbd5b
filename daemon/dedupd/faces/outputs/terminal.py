"""Render a report for somebody at a terminal: the sum first, then what needs work, at a glance.

One line a folder, with a bar of its shares; folders that are done with are summed up.  Other
than `text` this is for eyes only, so lines are as wide as the terminal and paths shortened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dedupd.faces.outputs import bars
from dedupd.faces.outputs.ages import ago, clock
from dedupd.faces.outputs.look import Look
from dedupd.faces.outputs.phrases import TO_DO, beside, number, progress, several, to_do
from dedupd.faces.outputs.text import STATE_COLOURS, in_order, needs_work, problem_lines, summary
from dedupd.faces.questions import Fields
from dedupd.text import path_of, shown

STATE_WIDTH = 12
BEFORE_TO_DO = STATE_WIDTH + bars.CELLS + 2
ROOT_WIDTHS = (10, 26, 8)
"""Of a root's line: its role, how it is, its pictures."""

SHORTEST_PATH = 12
PATH_WISH, PATH_LEAST = 34, 24
"""How wide paths are: all begin in one column that leaves the first, but for those with more to
say; and what leaves less than the second is said shorter."""

MARGIN = " " * 4


class Choice(NamedTuple):
    """Which folders are listed: those of some states, or all; else those that need work."""

    states: tuple[str, ...] = ()
    every: bool = False

    def takes(self, folder: Fields) -> bool:
        """Say whether this folder is listed."""
        if self.states:
            return folder["state"] in self.states
        return self.every or needs_work(folder)


NEEDING_WORK = Choice()


def render(report: Fields, look: Look, choice: Choice = NEEDING_WORK) -> str:
    """Return the report: sum, state, problems, roots, what needs work, and the rest in a line."""
    lines = [*_top(report, look), *_table(report, look, choice)]
    if choice == NEEDING_WORK:
        lines += _settled(report["folders"], look)
    return "\n".join(lines)


def render_work(report: Fields, look: Look) -> str:
    """Return the report of `check`: it ends with the folders that still need work."""
    return "\n".join([*_top(report, look), *_table(report, look, NEEDING_WORK)])


def _top(report: Fields, look: Look) -> Iterator[str]:
    headline, *more = summary(report).splitlines()
    colour = "bold" if any(map(needs_work, report["folders"])) else "green"
    yield from (look.paint(line, colour) for line in _wrapped(headline, look))
    for line in more:
        yield from _wrapped(line, look)
    yield from _under_way(report, look)
    for problem in report["problems"]:
        yield from problem_lines(problem, look)
    yield ""
    for root in report["roots"]:
        yield from _root(root, report["time"], look)


def _under_way(report: Fields, look: Look) -> Iterator[str]:
    state = look.paint(report["state"], STATE_COLOURS.get(report["state"], ""))
    yield f"dedupd {report['version']}: {state}, {clock(report['time'])}"
    queue = report["queue"]
    if queue["pending"]:
        bar = bars.done(queue["hashed"], queue["hashed"] + queue["pending"], look)
        yield from _wrapped(f"{bar}  {progress(queue)}", look)


def _root(root: Fields, now: str, look: Look) -> Iterator[str]:
    read, (role, how, many) = root["in_step_as_of"], ROOT_WIDTHS
    told = f"in step {ago(read, now)}" if read else "not read through yet"
    notes = {"poll": ["polled"], "none": ["not watched"]}.get(root["watch"], [])
    notes += [f"{number(root['unreadable'])} unreadable"] if root["unreadable"] else []
    if root["state"] != "online":
        told, notes = root["state"], [told, *notes]
    painted = look.paint(told, STATE_COLOURS.get(root["state"], "")) + " " * (how - len(told))
    path = look.fit(shown(path_of(root)), role + how + many + 2, SHORTEST_PATH)
    yield f"{root['role']:<{role}}{painted}{number(root['pictures']):>{many}}  {path}"
    if notes:
        yield " " * role + ", ".join(notes)


def _table(report: Fields, look: Look, choice: Choice) -> Iterator[str]:
    listed = [folder for folder in in_order(report["folders"]) if choice.takes(folder)]
    if not listed:
        return
    room = (look.columns or 0) - BEFORE_TO_DO - 2
    said = [_said(folder, report["time"], room - PATH_LEAST) for folder in listed]
    width = max(len(words) for words in ["to do", *said] if len(words) <= max(room - PATH_WISH, 5))
    yield ""
    title = f"{'folder':<{STATE_WIDTH}}{'in library':<{bars.CELLS + 2}}{'to do':<{width + 2}}path"
    yield look.paint(title, "bold")
    for folder, words in zip(listed, said, strict=True):
        yield from _folder(folder, f"{words:<{width}}", look)


def _folder(folder: Fields, words: str, look: Look) -> Iterator[str]:
    state, rest = folder["state"], beside(folder)
    painted = look.paint(state, STATE_COLOURS.get(state, "")) + " " * (STATE_WIDTH - len(state))
    before, path = BEFORE_TO_DO + len(words) + 2, shown(path_of(folder))
    line = f"{painted}{bars.shares(folder, look)}  {words}  "
    # Where the word "imported" stands, in whatever sense, so does what would be lost all the same.
    claims = bool(rest) and "imported" in (state, folder["last_state"])
    tail = f", and {rest}" if claims else ""
    if before + len(path + tail) <= (look.columns or 0):
        yield line + path + tail
        return
    yield line + look.fit(path, before, SHORTEST_PATH)
    if claims:
        yield from _wrapped(f"{MARGIN}and {rest}", look)


def _said(folder: Fields, now: str, room: int) -> str:
    """Return the counts that matter, in `room` columns where that is possible."""
    state = folder["state"]
    if state == "empty":
        return "no pictures"
    if state in ("offline", "unverified"):
        last = folder["last_state"]
        return f"was {last}, {ago(folder['as_of'], now)}" if last else "never looked at"
    if state == "pending":
        found = folder["matched"] + folder["dismissed"]
        return f"{number(found)} of {number(folder['pictures'])} so far"
    whole = to_do(folder)
    if not whole:
        return several(folder["pictures"], "picture")
    return whole if len(whole) <= room else _shorter(folder)


def _shorter(folder: Fields) -> str:
    """Return the first of the counts in words, and how many pictures more there are to see to."""
    (key, words), *others = [(key, words) for key, words in TO_DO if folder[key]]
    more = sum(folder[other] for other, _ in others)
    return f"{number(folder[key])} {words}" + (f" + {number(more)} more" if more else "")


def _settled(folders: Sequence[Fields], look: Look) -> Iterator[str]:
    """Yield what the table leaves out: never "imported" without what else would be lost."""
    imported = [folder for folder in folders if folder["state"] == "imported"]
    empty = sum(folder["state"] == "empty" for folder in folders)
    if not imported and not empty:
        return
    lost = {"videos_missing": 0, "others_missing": 0}
    for folder in outermost(imported):
        for key in lost:
            lost[key] += folder[key]
    parts = [f"{several(len(imported), 'folder')} imported"] if imported else []
    parts += [f"and {beside(lost)}"] if imported and beside(lost) else []
    parts += [f"{several(empty, 'folder')} empty"] if empty else []
    yield ""
    lead = "and " if len(imported) + empty < len(folders) else ""
    yield from _wrapped(f"{lead}{', '.join(parts)} (--all lists them)", look)


def outermost(folders: Sequence[Fields]) -> list[Fields]:
    """Return those that lie in no other of them: their counts, of whole trees, add up."""
    found: list[Fields] = []
    above: bytes | None = None
    for folder in sorted(folders, key=lambda one: path_of(one).rstrip(b"/") + b"/"):
        path = path_of(folder).rstrip(b"/") + b"/"
        if above is None or not path.startswith(above):
            found.append(folder)
            above = path
    return found


def _wrapped(text: str, look: Look) -> list[str]:
    """Return `text` in lines that fit, broken between words; those that go on one are indented.

    Whoever cuts a report must not cut before an indented line.
    """
    lines = []
    while look.columns is not None and len(text) > look.columns:
        end = text.rfind(" ", len(MARGIN) + 1, look.columns + 1)
        if end < 0:
            break
        lines.append(text[:end])
        text = MARGIN + text[end + 1 :]
    return [*lines, text]
