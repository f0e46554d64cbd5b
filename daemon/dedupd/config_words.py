"""What each key of the configuration is for, with an example: the words of the reference.

The schema has forms and defaults, this has words; a test holds the two together, and reads every
example as a file would be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class About(NamedTuple):
    """What a key is for, and a value that it can have, as YAML in one line."""

    text: str
    example: str


TOP: Mapping[str, About] = {
    "haystack": About("the library: folders, or mappings with `path` and options", "[~/Pictures]"),
    "needles": About("folders in which pictures may be missing from it", "[~/old-backups]"),
    "state": About("where dedupd keeps what it knows; never inside a root", "~/dedupd-state"),
    "exclude": About("patterns for all roots, like lines of a .gitignore", '["**/.cache/**"]'),
    "ignore.haystack": About("names never looked at: trash, snapshots, thumbnails", "default"),
    "ignore.needles": About("names never looked at: what systems leave", '[Thumbs.db, "@eaDir/"]'),
    "quiet_hours": About("local time without sweeps, re-hash and backlog", '"23:00-06:00"'),
    "hooks": About("commands to run at events", "{folder.imported: [notify-send, imported]}"),
}
"""The keys of no section."""

ROOT: Mapping[str, About] = {
    "path": About("the folder", "/mnt/nas/cards"),
    "watch": About("how changes are heard: auto, inotify, poll, none", "poll"),
    "poll_every": About("time between two walks where changes can't be heard", "10m"),
    "exclude": About("patterns of paths inside this root", '["**/raw-cache/**"]'),
}
"""The options of one root."""

SECTIONS: Mapping[str, About] = {
    "watch.settle_quiet": About("a file is read when it has been unchanged for so long", "5s"),
    "watch.settle_max": About("and looked at after so long at the latest", "2m"),
    "watch.sweep_every": About("time between two walks through everything", "12h"),
    "match.worse.pixels": About("the library's copy has fewer pixels: review or accept", "accept"),
    "match.worse.raw": About("it is a JPEG where the needle is a RAW file", "accept"),
    "match.worse.quality": About("it is of clearly lower quality", "accept"),
    "match.worse.metadata": About("it lost its capture time", "accept"),
    "match.worse.motion": About("it lost the video of a motion photo", "accept"),
    "match.others": About("other files that the library lacks: report, or block", "block"),
    "match.turned": About("turned and mirrored copies: possible, or matched", "matched"),
    "match.limits.radius_bits": About("largest distance of two hashes, bits", "8"),
    "match.limits.sketch_correlation": About("smallest correlation of 16x16 sketches", "0.9"),
    "match.limits.possible_correlation": About("the same of signatures, for a look", "0.95"),
    "match.limits.luma": About("largest difference of a brightness cell, grey levels", "3"),
    "match.limits.chroma": About("largest difference of a colour cell, levels", "5"),
    "match.limits.aspect": About("largest relative difference of width / height", "0.01"),
    "match.limits.deviation": About("smallest deviation of what shows anything", "10"),
    "match.limits.blocks": About("largest difference of 8x8 means, sizes equal", "8"),
    "match.limits.blocks_resized": About("the same where the sizes differ", "8"),
    "match.limits.tint": About("largest difference of 16x16 colour means", "4"),
    "match.limits.error": About("largest share of a difference left after recoding", "0.4"),
    "match.limits.peak": About("largest difference of 4x4 means left then", "8"),
    "match.limits.sibling": About("the same where the library's is coded finer, times", "1.02"),
    "match.limits.coding": About("how coarse the library's may be, if untold", "6"),
    "match.limits.detail": About("smallest share of the needle's fine detail", "0.8"),
    "match.limits.detail_resized": About("the same where the sizes differ", "0.6"),
    "limits.file": About("larger files are unreadable", "1GiB"),
    "limits.pixels": About("larger pictures are unreadable", "400M"),
    "workers.count": About("how many processes decode; auto: one a processor", "2"),
    "workers.memory": About("memory of each", "1GiB"),
    "workers.timeout": About("a picture that takes longer is unreadable", "30s"),
    "workers.pool": About("where they run: processes, or dask (a cluster)", "processes"),
    "workers.scheduler": About("the cluster's scheduler, for `pool: dask`", "tcp://10.0.0.5:8786"),
    "workers.tls.ca": About("certificate of who signed the cluster's, for tls://", "~/ca.pem"),
    "workers.tls.cert": About("our certificate", "~/me.pem"),
    "workers.tls.key": About("its key", "~/me-key.pem"),
    "rehash.every": About("how often the whole library is read again", "180d"),
    "rehash.rate": About("how fast at most", "5MiB/s"),
    "log.level": About("what standard error gets: debug, info, warning, error", "warning"),
    "log.format": About("how: text, json, journal", "journal"),
    "log.events": About("the event log, JSON lines", "~/events.jsonl"),
    "control.socket": About("the control socket", "~/dedupd.sock"),
    "control.group": About("a group that may ask, beside your own user", "users"),
    "web.listen": About("where the web page listens, this machine only", "127.0.0.1:8377"),
}
"""The keys inside sections."""

KEYS: Mapping[str, About] = {**TOP, **SECTIONS}
"""Every key of the file but a root's own, in dotted words."""
