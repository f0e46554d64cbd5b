"""Gathers every fact and asks every check, in the order in which people read the answers."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from dedupd.config_schema import Config, WorkersConfig
from dedupd.doctor import clusters, decoding, keeping, rooted, running, system, watching
from dedupd.doctor.finding import Finding, problem
from dedupd.doctor.kernel import inotify_limit, inotify_use
from dedupd.doctor.libraries import Works, installed, probed, version_of
from dedupd.doctor.process import daemon_facts, unit_facts
from dedupd.doctor.rooted import Presence, RootFacts
from dedupd.doctor.sight import facts_of, fstab_points
from dedupd.doctor.storage import latest_s, state_facts
from dedupd.doctor.system import LIBRARIES
from dedupd.doctor.words import word
from dedupd.model import Role, Root
from dedupd.text import shown

_FSTAB = Path("/etc/fstab")


def examine(config: Config | None) -> Iterator[Finding]:
    """Yield what every check finds; None where no configuration could be understood."""
    if config is not None:
        yield from _daemon(config)
    yield running.check_unit(unit_facts())
    if config is not None:
        yield from _state(config)
        yield from _roots(config)
        yield from _cluster(config.workers, config.limits.pixels)
    yield from _machine(config)


def _daemon(config: Config) -> Iterator[Finding]:
    facts = daemon_facts(config)
    yield running.check_daemon(facts)
    yield from _said(
        running.check_socket(facts),
        running.check_socket_folder(facts),
        running.check_group(facts),
    )


def _state(config: Config) -> Iterator[Finding]:
    try:
        facts = state_facts(config.state, config.control.group is not None)
    except OSError as error:
        what, why = f"the state folder {shown(str(config.state))} can't be seen", str(error)
        yield problem("state.folder", what, shown(why), f"namei -l {word(str(config.state))}")
        return
    yield keeping.check_folder(facts)
    yield from _said(keeping.check_owner(facts), keeping.check_kind(facts))
    yield keeping.check_space(facts)
    yield from _said(keeping.check_stores(facts), keeping.check_decisions(facts))


def _roots(config: Config) -> Iterator[Finding]:
    seen = facts_of(list(_named(config)), fstab_points(_fstab()))
    for facts in seen:
        yield from _root(facts)
    yield from _watching(config, seen)


def _named(config: Config) -> Iterator[tuple[Root, str]]:
    for role, roots in ((Role.HAYSTACK, config.haystack), (Role.NEEDLES, config.needles)):
        for index, root in enumerate(roots):
            yield root, config.where(role, index)


def _fstab() -> bytes:
    try:
        return _FSTAB.read_bytes()
    except OSError:
        return b""


def _root(facts: RootFacts) -> Iterator[Finding]:
    yield rooted.check_presence(facts)
    survey = facts.survey
    if facts.presence is not Presence.THERE or survey is None:
        return
    yield rooted.check_hearing(facts)
    yield rooted.check_folders(facts, survey)
    yield rooted.check_files(facts, survey)
    yield from _said(
        rooted.check_owners(facts, survey),
        rooted.check_numbers(facts),
        rooted.check_walk(facts, survey),
    )


def _watching(config: Config, seen: Iterable[RootFacts]) -> Iterator[Finding]:
    heard = [facts for facts in seen if facts.backend == "inotify"]
    surveys = [facts.survey for facts in heard if facts.survey is not None]
    holder = daemon_facts(config).holder
    instances, watches = inotify_use(os.geteuid(), {os.getpid(), holder})
    folders = sum(survey.folders for survey in surveys)
    most = len(surveys) < len(heard) or not all(survey.complete for survey in surveys)
    limit = inotify_limit("max_user_watches")
    yield watching.check_watches(watching.Use(folders, watches, most), limit)
    limit = inotify_limit("max_user_instances")
    yield watching.check_instances(watching.Use(len(heard), instances), limit)


def _cluster(workers: WorkersConfig, pixels: int) -> Iterator[Finding]:
    if workers.pool != "dask":
        return
    if importlib.util.find_spec("distributed") is None:
        yield clusters.NOT_INSTALLED
        return
    # Not at the top: it loads `distributed`, which takes a second and needn't be there.
    from dedupd.clustering import cluster_pool, survey

    found = clusters.Surveyed(*survey(cluster_pool(workers, pixels)))
    yield clusters.check_cluster(workers.scheduler or "", found)


def _machine(config: Config | None) -> Iterator[Finding]:
    works = probed(one.module for one in LIBRARIES)
    yield from _decoders(works)
    yield system.check_python((sys.version_info.major, sys.version_info.minor))
    yield from _said(system.check_probe(works.failure, sys.executable))
    found = installed(LIBRARIES, works)
    for library in LIBRARIES:
        yield system.check_library(library, found[library.name], sys.executable)
    written_s = latest_s(config.state) if config is not None else None
    yield system.check_clock(time.time(), written_s)


def _decoders(works: Works) -> Iterator[Finding]:
    wanted = {library.name: library.wanted for library in LIBRARIES}
    for kind in decoding.FORMATS:
        reader = kind.reader.value
        failure = works.formats.get(kind.key)
        version = version_of(reader)
        yield decoding.check_format(kind, failure, version, wanted[reader], sys.executable)
    yield decoding.check_undecoded()


def _said(*findings: Finding | None) -> Iterator[Finding]:
    """Yield the findings of checks that had something to say."""
    return (finding for finding in findings if finding is not None)
