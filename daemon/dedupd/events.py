"""Every event there is, with what it means: the one table that log, hooks and reference share."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, str] = {
    "daemon.started": "the daemon runs, and begins to look",
    "daemon.ready": "every root is watched; from here on no change is missed",
    "daemon.stopping": "somebody ended it",
    "config.reloaded": "a new configuration is in force",
    "config.rejected": "a new configuration was refused, and the old one stays: what, why",
    "root.online": "a root is there, and may be concluded from",
    "root.offline": "a root is away; nothing is concluded from that",
    "root.suspicious": "a root lost so much at once that it isn't believed until you accept it",
    "scan.started": "the first look after a start begins",
    "scan.finished": "it ended: its sums, instead of a line for each picture",
    "watch.overflow": "changes came too fast to be heard; the root is walked again",
    "watch.deaf": "changes of a root aren't heard; it is walked again, and watched anew",
    "watch.blind": "some folders can't be watched; they are walked from time to time instead",
    "picture.matched": "a picture is now in the library, and with which evidence",
    "picture.possible": "a picture now needs a person to decide, with its reason",
    "picture.unmatched": "a picture is now not in the library",
    "picture.unreadable": "a picture can't be read, with its reason",
    "folder.imported": "a folder became imported: counts, evidence, what else lies in it",
    "folder.reopened": "a folder was imported and no longer is: why, and the path that caused it",
    "folder.removed": "a needle folder was deleted, with its last state: no alarm",
    "decision.made": "the owner decided about pictures",
    "decision.undone": "the owner took decisions back",
    "store.repaired": "a damaged store was repaired, and what it holds is read again",
    "store.rebuilt": "the store couldn't be trusted, was set aside, and is built anew",
}
"""The events of the contract; a hook can be tied to each."""
