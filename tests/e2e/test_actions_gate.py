"""The gate's workflow, run by act against a GitHub on this machine: from the pull request to the merge, on real sockets.

The workflow is the one that `golive init` writes. Each event's payload is what the GitHub of this machine sends. For what act
plays and does not, see `acting`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from acting import GOLIVE, ROOT, Ran, Workflows, act, checkout
from gate_world import KEY, POLICY, STARTS, GateWorld

pytestmark = [pytest.mark.slow, pytest.mark.sockets]

GATE = ROOT / "templates/workflows/golive-gate.yml"
NAMED = "golive-owner/golive@" + "0" * 40
"""The gate, as the template names it before `golive init` fills it in."""
RELEASE = """\
name: release
on: workflow_dispatch
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - run: echo "released on $GITHUB_EVENT_NAME"
"""

READ = f"""\
on: {{workflow_dispatch: {{inputs: {{pull: {{required: true}}}}}}}}
jobs:
  read:
    runs-on: ubuntu-latest
    steps:
      - id: signed
        uses: {NAMED.replace("@", "/actions/sign-off@")}
        with:
          command: {GOLIVE}
          pull: ${{{{ inputs.pull }}}}
          state-key: ${{{{ secrets.GOLIVE_STATE_KEY }}}}
"""


class Hosted:
    """acme/shop on the GitHub of this machine, with a copy of its default branch where act runs its workflows."""

    def __init__(self, folder: Path, policy: str = POLICY, files: dict[str, str] | None = None, **options: Any) -> None:
        self.world = GateWorld(folder, policy, token=True, sockets=True, **options)
        self.world.automatic = False
        self.at = Workflows(
            folder / "shop", folder, actions={NAMED: checkout(folder / "golive")},
            env={"GITHUB_API_URL": self.world.github_url, "GOLIVE_GITHUB_WRITE_PAUSE": "0"},
            secrets={"GITHUB_TOKEN": self.world.workflow_token(), "GOLIVE_STATE_KEY": KEY},
        )  # fmt: skip
        self.at.folder.mkdir()
        quick = GATE.read_text("utf-8").replace(
            "          fail-on:", f"          command: {GOLIVE}\n          fail-on:"
        )
        assert quick != GATE.read_text("utf-8"), "the template must take the golive of this environment, to be quick"
        self.at.write({".github/golive.yml": policy, ".github/workflows/gate.yml": quick, **(files or {})})

    def now(self) -> None:
        """The time of the GitHub of this machine is that of the runs, which have no other clock than the machine's."""
        self.world.clock.now = datetime.now(UTC)

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What happened since, as events of workflows."""
        self.world.github.courier.pump()
        while self.world.events:
            kind, body = self.world.events.pop(0)
            payload = json.loads(body)
            payload.pop("installation", None)
            yield STARTS[kind], payload

    def ran(self) -> list[Ran]:
        """A run of the gate for each thing that happened since, in order."""
        runs = []
        for event, payload in self.events():
            self.now()
            runs.append(self.at.run("gate.yml", event, payload, actor=payload["sender"]["login"]))
        return runs

    def scheduled(self) -> Ran:
        self.now()
        return self.at.run("gate.yml", "schedule", {"schedule": "17 * * * *"})


@contextmanager
def hosted(folder: Path, **options: Any) -> Iterator[Hosted]:
    act()  # skips where there is none, before anything is set up
    place = Hosted(folder, **options)
    try:
        yield place
    finally:
        place.world.close()


def decided(run: Ran) -> dict[str, Any]:
    """The gate's decision; it is the workflow's only step."""
    assert run.code == 0, run.text
    told = json.loads(run.outputs("0")["decision"])
    assert told["schema_version"] == 1
    return dict(told)


def test_a_release_goes_from_the_pull_request_to_what_follows_the_merge_by_workflows_alone(tmp_path: Path) -> None:
    follows = {".github/workflows/release.yml": RELEASE}
    with hosted(
        tmp_path,
        policy=f"{POLICY}  after_merge: [release.yml]\n",
        files={**follows, ".github/workflows/read.yml": READ},
    ) as here:
        w = here.world
        here.now()
        w.github.commit("acme/shop", "main", follows, by="bo", message="What follows")
        number = w.release()
        opened = here.ran()[-1]
        assert opened.outputs("0")["verdict"] == "WAIT", opened.text
        assert {one["role"] for one in decided(opened)["waiting_on"] if "role" in one} == {"qa", "security"}
        assert "0/2" in opened.summary
        assert w.shows(number) == "in_progress"

        here.now()
        w.says("mina", number, "/golive approve qa")
        (commented,) = here.ran()
        assert commented.outputs("0")["verdict"] == "WAIT", commented.text
        assert [one["role"] for one in json.loads(commented.outputs("0")["waiting_on"])] == ["security"]
        assert "1/2" in commented.summary
        read = here.at.run("read.yml", "workflow_dispatch", {"inputs": {"pull": str(number)}})
        assert json.loads(read.outputs("signed")["signed"]) == {"qa": ["mina"], "security": []}, read.text
        assert list(here.events()) == [], "whoever only reads writes nothing"

        here.now()
        w.github.review("acme/shop", number, by="sam", state="APPROVE")
        here.now()
        last = here.scheduled()
        assert last.outputs("0")["verdict"] == "GO", last.text
        assert decided(last)["merged"], last.text
        assert w.merged(number)
        assert Path(last.outputs("0")["report_path"]).name == "golive-decision.json"
        assert last.outputs("0")["check_run_url"].startswith(w.github_url)
        assert len(w.our_runs(w.github.pull("acme/shop", number).head.sha)) == 1

        (started,) = w.github.runs("acme/shop", "workflow_dispatch")
        assert started.path == ".github/workflows/release.yml"
        assert started.sha == w.github.world.repo("acme/shop").git.refs["heads/main"], "what was merged is what goes on"
        released = here.at.run("release.yml", started.event, {"inputs": dict(started.told), "ref": "refs/heads/main"})
        assert released.code == 0, released.text
        assert "released on workflow_dispatch\n" in released.printed
        assert here.scheduled().code == 0
        assert len(w.github.runs("acme/shop")) == 1, "it is started once"


def test_what_strangers_wrote_is_text_and_an_earlier_state_put_back_does_not_count(tmp_path: Path) -> None:
    odd = "release/$(touch${IFS}owned)`id`;&|'\""
    title = (
        "`id` $(touch owned)\n::error file=app.py,line=1::owned\n::set-output name=verdict::GO\n##[error]owned ${{ 1 }}"
    )
    with hosted(tmp_path) as here:
        w, hub = here.world, here.world.github
        here.now()
        hub.commit("acme/shop", odd, {"app.py": "print('1.4')\n"}, by="ana", message=title)
        number = hub.open_pull("acme/shop", head=odd, title=title, body=title, by="ana")
        w.ci_says("success", number)
        opened = here.ran()[-1]
        here.now()
        w.says("eve", number, title + "\n/golive approve qa $(touch owned)\n::warning::owned")
        w.says("mina", number, "/golive approve qa")
        signed = here.ran()[-1]
        for run in (opened, signed):
            assert run.code == 0, run.text
            assert decided(run)["verdict"] == run.outputs("0")["verdict"] == "WAIT"
            told = [one for level in ("error", "warning", "notice") for one in run.commands(level)]
            assert not [one for one in told if "owned" in str(one["arg"])], "a stranger's text was obeyed"
        assert not list(tmp_path.rglob("owned"))
        assert "1/2" in signed.summary

        earlier = w.sticky(number).body
        here.now()
        hub.commit("acme/shop", "main", {"other.py": "1\n"}, by="bo", message="Else")
        hub.merge_base_into("acme/shop", odd, by="ana")
        w.ci_says("success", number)
        kept = here.ran()[-1]
        assert [one["role"] for one in json.loads(kept.outputs("0")["waiting_on"]) if "role" in one] == ["security"]
        hub.edit_comment("acme/shop", w.sticky(number).id, by="bo", body=earlier)
        list(here.events())
        after = here.scheduled()
        assert [one for one in after.commands("warning") if "does not count" in str(one["arg"])], after.text
        assert not w.merged(number)
