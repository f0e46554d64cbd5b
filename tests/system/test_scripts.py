"""`./run` and what sets up its environment, in a project whose path has a space in it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
TOOLS = ("sh", "dirname", "cat", "sha256sum", "flock")
SHOW_ARGUMENTS = '#!/bin/sh\nfor argument; do echo "got $argument"; done\n'

pytestmark = pytest.mark.timeout(120)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def call(path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [path, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env=os.environ | variables,
    )


def passed_on(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the arguments that dedupd was started with."""
    lines = result.stdout.splitlines()
    return [line.removeprefix("got ") for line in lines if line.startswith("got ")]


@pytest.fixture
def project(tmp_path):
    """Return a checkout with the examples, whose dedupd shows its arguments."""
    folder = tmp_path / "my project"
    shutil.copytree(PROJECT / "examples", folder / "examples")
    shutil.copy(PROJECT / "run", folder / "run")
    script(folder / ".ci" / "environment", "#!/bin/sh\n")
    script(folder / ".venv" / "bin" / "dedupd", SHOW_ARGUMENTS)
    return folder


def test_arguments_reach_dedupd_unchanged(project):
    """Spaces, quotes and empty arguments stay as they were typed."""
    arguments = ["--haystack", "a b", "it's", "", "--needles", "*"]
    assert passed_on(call(project / "run", *arguments)) == ["run", "--live", *arguments]


def test_without_arguments_it_shows_the_examples(project, home):
    """dedupd gets a copy, and a state folder that is in neither root."""
    arguments = passed_on(call(project / "run"))
    example = home / "cache" / "dedupd" / "example"
    roots = [f"--haystack={example}/library", f"--needles={example}/old-backups"]
    assert arguments[:2] == ["run", "--live"]
    assert [f"{a}={b}" for a, b in zip(arguments[2:6:2], arguments[3:6:2], strict=True)] == roots
    assert arguments[6:] == ["--state", f"{example}-state"]
    assert (example / "library" / "2014" / "eileen.jpg").is_file()


def test_the_copy_is_kept(project, home):
    """What the user changed in it is still so the next time."""
    call(project / "run")
    example = home / "cache" / "dedupd" / "example"
    photo = example / "library" / "2014" / "eileen.jpg"
    photo.unlink()
    call(project / "run")
    assert not photo.exists()
    assert {path.name for path in example.iterdir()} == {"library", "old-backups"}


def test_a_cache_that_cannot_be_written_is_done_without(project, tmp_path):
    """The example then lies in a temporary folder."""
    result = call(project / "run", XDG_CACHE_HOME="/proc/none", TMPDIR=str(tmp_path))
    assert passed_on(result)[3].startswith(f"{tmp_path}/")


def path_with(folder: Path, **pythons: str) -> str:
    """Make a PATH of the few tools a set-up needs, and `pythons`: name to script."""
    for tool in TOOLS:
        (folder / tool).symlink_to(str(shutil.which(tool)))
    for name, text in pythons.items():
        script(folder / name, text)
    script(folder / "apt-get", "#!/bin/sh\n")
    script(folder / "apt-cache", "#!/bin/sh\nexit 1\n")
    return str(folder)


TOO_OLD = f'#!/bin/sh\nexec {sys.executable} -c "raise SystemExit(1)"\n'
WITHOUT_VENV = f"""#!/bin/sh
case $2 in *ensurepip*) exit 1 ;; esac
exec {shlex.quote(sys.executable)} "$@"
"""


@pytest.mark.parametrize(
    ("pythons", "advice"),
    [
        ({}, "sudo apt install python3-venv"),
        ({"python3": TOO_OLD}, "sudo apt install python3-venv"),
        ({"python3": WITHOUT_VENV}, "sudo apt install python3-venv"),
        ({"python3.12": WITHOUT_VENV}, "sudo apt install python3.12-venv"),
    ],
)
def test_a_machine_without_a_fit_python_is_told_what_to_install(pythons, advice, tmp_path):
    """Three lines: what, why, and what to type."""
    environment = tmp_path / "project" / ".ci" / "environment"
    script(environment, (PROJECT / ".ci" / "environment").read_text())
    path = path_with(tmp_path, **pythons)
    result = call(environment, ".venv", "lock", PATH=path, PYTHON="")
    assert result.returncode == 4
    what, why, fix = result.stderr.splitlines()[-3:]
    assert what == f"dedupd: cannot set up {tmp_path}/project/.venv"
    assert why.startswith("  because: ")
    assert fix == f"  try:     {advice}"


@pytest.mark.parametrize("name", ["run", "test", ".ci/environment", ".ci/check-wheel"])
def test_scripts_keep_to_plain_sh(name):
    """They must start where /bin/sh is not bash."""
    shell = shutil.which("dash") or "sh"
    assert subprocess.run([shell, "-n", PROJECT / name], check=False).returncode == 0
