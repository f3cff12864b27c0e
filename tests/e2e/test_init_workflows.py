"""What `golive init` writes, run by act: files that a pull request's own job hands over are looked at, and the gate counts it.

The actions of others that keep and fetch artifacts are played by a few lines. For what else act plays, see `acting`; the gate on
its other events is run in `test_actions_gate`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from acting import GOLIVE, ROOT, Ran, Workflows, act, checkout
from gate_world import KEY, GateWorld
from golive.cli.main import main
from played_actions import UPLOAD

pytestmark = [pytest.mark.slow, pytest.mark.sockets]

COMMIT = "c" * 40
POLICY = """\
version: 1
project: Shop
releases: [{name: production, base: main, head: "release/**"}]
checks:
  - id: notes
    name: There are notes
    uses: file
    with: {path: NOTES.md, contents: [ready]}
    accept: document
signoffs: [{roles: [{role: qa, from: ["@mina"]}]}]
"""
FETCH = """\
name: Plays actions/download-artifact
description: Copies what was kept.
inputs: {name: {description: name}, path: {description: folder}, run-id: {description: run}, github-token: {description: token}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", TO: "${{ inputs.path }}"}
      run: mkdir -p "$TO" && cp -r "$PLAYED/$NAME/." "$TO"
"""


CHECKOUT = """\
name: Plays actions/checkout
description: Copies the repository; act does so by itself only for a checkout that names no commit.
inputs: {ref: {description: commit}, persist-credentials: {description: kept}}
runs:
  using: composite
  steps: [{run: 'cp -r "$SHOP/." "$GITHUB_WORKSPACE"', shell: bash}]
"""


def written(shop: Path) -> dict[str, str]:
    """The workflows that `golive init` writes there, with the golive of this environment in place of an installation."""
    with pytest.raises(SystemExit):
        main(["init", str(shop), "--with", "gate,checks", "--action", f"golive/golive@{COMMIT}"])
    quick = {}
    for path in sorted((shop / ".github/workflows").glob("golive-*.yml")):
        text = path.read_text("utf-8")
        for known in ("          exit-zero:", "          fail-on:"):
            text = text.replace(known, f"          command: {GOLIVE}\n{known}")
        quick[f".github/workflows/{path.name}"] = text
    return quick


def actions(folder: Path, workflows: dict[str, str]) -> dict[str, Path]:
    """What stands for every action that is not golive's, at the commits that are named, and golive's own."""
    for name, text in (("upload-artifact", UPLOAD), ("download-artifact", FETCH), ("checkout", CHECKOUT)):
        (folder / name).mkdir()
        (folder / name / "action.yml").write_text(text)
    texts = "".join(workflows.values()) + (ROOT / "actions/check/action.yml").read_text("utf-8")
    played = {
        f"actions/{name}@{commit}"
        for name, commit in re.findall(r"actions/(\w+-artifact|checkout)@([0-9a-f]{40})", texts)
    }
    found = {used: folder / used.partition("/")[2].partition("@")[0] for used in played}
    scanner = re.search(r"github/codeql-action/upload-sarif@([0-9a-f]{40})", texts)
    if scanner:
        (folder / "codeql/upload-sarif").mkdir(parents=True)
        (folder / "codeql/upload-sarif/action.yml").write_text(UPLOAD)
        found[f"github/codeql-action@{scanner[1]}"] = folder / "codeql"
    return {f"golive/golive@{COMMIT}": checkout(folder / "golive"), **found}


def awaited(ran: Ran) -> list[str]:
    """What the gate still waits for: roles and checks."""
    assert ran.code == 0, ran.text
    told = [line for line in ran.lines if line.get("command") == "set-output" and line["name"] == "waiting_on"]
    return [one.get("role") or one["subject"] for one in json.loads(str(told[-1]["arg"]))]


def test_what_a_pull_request_hands_over_is_looked_at_and_counted_by_the_gate(tmp_path: Path) -> None:
    act()  # skips where there is none, before anything is set up
    world = GateWorld(tmp_path, POLICY, token=True, sockets=True)
    try:
        shop, shop_of = tmp_path / "shop", {"full_name": "acme/shop"}
        shop.mkdir()
        files = written(shop)
        at = Workflows(
            shop, tmp_path, actions=actions(tmp_path, files),
            env={
                "GITHUB_API_URL": world.github_url, "GOLIVE_GITHUB_WRITE_PAUSE": "0", "PLAYED": str(tmp_path / "played"),
                "SHOP": str(shop),
            },
            secrets={"GITHUB_TOKEN": world.workflow_token(), "GOLIVE_STATE_KEY": KEY},
        )  # fmt: skip
        at.write({**files, ".github/golive.yml": POLICY, "NOTES.md": "ready\n"})
        world.clock.now = datetime.now(UTC)
        number = world.release()
        head = world.github.pull("acme/shop", number).head.sha

        at.write({".github/golive.yml": POLICY.replace("ready", "anything")})  # as the pull request would have it
        pull = {"number": number, "head": {"sha": head, "ref": "release/1.4"}, "base": {"ref": "main"}}
        handed = at.run("golive-files.yml", "pull_request", {"pull_request": pull})
        assert handed.code == 0, handed.text
        assert (tmp_path / "played/golive-files/NOTES.md").read_text() == "ready\n"

        at.write({".github/golive.yml": POLICY})
        before = at.run(
            "golive-gate.yml", "workflow_dispatch", {"inputs": {"pull": str(number)}, "repository": shop_of}
        )
        assert set(awaited(before)) == {"qa", "notes"}, "nothing was handed over to the gate yet"
        (tmp_path / "played/golive-files/.github").mkdir(exist_ok=True)
        (tmp_path / "played/golive-files/.github/golive.yml").write_text("version: 1\n")  # never the policy that counts
        world.clock.now = datetime.now(UTC)
        run = {
            "id": 7, "name": "golive files", "event": "pull_request", "conclusion": "success", "head_sha": head,
            "pull_requests": [{"number": number}], "head_branch": "release/1.4",
        }  # fmt: skip
        payload = {"workflow_run": run, "repository": shop_of, "sender": {"login": "ana"}}
        ran = at.run("golive-gate.yml", "workflow_run", payload)

        assert awaited(ran) == ["qa"], ran.text
        kept = json.loads((tmp_path / "played/golive-looked/for-gate.json").read_text())
        assert (kept["pull"], kept["head"]) == (number, head)
        assert "There are notes" in world.sticky(number).body
    finally:
        world.close()
