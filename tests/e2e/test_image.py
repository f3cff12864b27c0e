"""The Dockerfile's own steps and entry point, played in a scratch folder as an ordinary user; no engine needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import dockerfile

ROOT = Path(__file__).parents[2]
PACKAGED = "import golive.render.templates as t, golive; print(golive.__file__); print(t.folder())"
NEW_ENOUGH = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"

pytestmark = pytest.mark.slow


def ordinary() -> list[str]:
    """How to run a command without root's rights; nothing to do for somebody who has none."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("run the tests as an ordinary user, or install setpriv (util-linux)")
    who = str(dockerfile.NOBODY)
    return ["setpriv", f"--reuid={who}", f"--regid={who}", "--clear-groups", "--no-new-privs"]


def python_for(user: list[str]) -> str:
    """An interpreter that this user may run: the one the tests run on, or the system's."""
    for candidate in (os.path.realpath(sys.executable), "/usr/local/bin/python3", "/usr/bin/python3"):
        command = [*user, "sh", "-c", 'exec "$0" -c "$1"', candidate, NEW_ENOUGH]
        if subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0:
            return candidate
    pytest.skip("an ordinary user of this machine has no Python 3.11 with venv and ensurepip")


@contextmanager
def built() -> Iterator[dockerfile.Played]:
    """The image's files, built step by step."""
    user = ordinary()
    folder = Path(tempfile.mkdtemp(prefix="golive-image-"))
    folder.chmod(0o755)
    base = folder / "base"
    base.mkdir()
    (base / "python").symlink_to(python_for(user))
    if user:
        os.chown(folder, dockerfile.NOBODY, dockerfile.NOBODY)
    # what an operator sets for pip to find an index reaches the steps, as --build-arg would; nothing else does
    inherited = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "LANG"))}
    inherited |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    played = dockerfile.Played(folder / "image", ROOT, base, inherited, user)
    try:
        played.build(dockerfile.read(ROOT / "Dockerfile"))
        yield played
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def the_entry_point_says_its_version_and_explains_itself(image: dockerfile.Played) -> None:
    assert image.user not in {"root", "0"}
    for arguments in (["--version"], ["serve", "--help"]):
        done = image.run([*image.entry, *arguments])
        assert done.returncode == 0, done.stdout
    assert "golive" in done.stdout


def it_runs_from_its_own_files_with_the_templates_inside(image: dockerfile.Played) -> None:
    done = image.run(["python", "-c", PACKAGED])
    assert done.returncode == 0, done.stdout
    for line in done.stdout.splitlines():
        assert line.startswith(str(image.root / "opt/golive")), f"{line} is not part of the image"


LOOPBACK = "127.0.0.1:0"
"""Where a test lets the container listen: a container has its own addresses, this machine's are not for tests."""


def without_an_app_it_gives_a_code_for_setting_it_up(image: dockerfile.Played) -> None:
    serving = image.start([*image.entry, "serve"], GOLIVE_LISTEN=LOOPBACK)
    clock = threading.Timer(60, serving.kill)  # a container that says nothing fails here instead of hanging
    clock.start()
    try:
        assert serving.stdout is not None
        first = serving.stdout.readline()
        assert "/setup and give this code" in first, first + serving.stdout.read()
        serving.terminate()  # as `docker stop` does
        rest, _ = serving.communicate()
    finally:
        clock.cancel()
        serving.kill()
        serving.wait()
    assert "Traceback" not in rest, rest
    assert serving.returncode == 0, rest


def with_half_of_the_apps_settings_it_refuses_to_start_and_names_the_rest(
    image: dockerfile.Played,
) -> None:
    done = image.run([*image.entry, "serve"], GOLIVE_LISTEN=LOOPBACK, GOLIVE_GITHUB_APP_ID="1")
    assert done.returncode != 0
    assert "GOLIVE_GITHUB_PRIVATE_KEY" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_image_is_built_by_its_own_steps_and_its_entry_point_serves_or_says_what_is_missing() -> None:
    with built() as image:  # one test: to build it takes a minute
        the_entry_point_says_its_version_and_explains_itself(image)
        it_runs_from_its_own_files_with_the_templates_inside(image)
        without_an_app_it_gives_a_code_for_setting_it_up(image)
        with_half_of_the_apps_settings_it_refuses_to_start_and_names_the_rest(image)
