"""The actions that speak to a golive server, in workflows that act runs: a sign-off is recorded and read back, results count.

The server is golive's app on a socket. act gives no tokens, so the stand-in for their issuer gives them, at the address and
under the name that a runner has for it; what golive and the actions do with them is as it is anywhere.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acting import GOLIVE, Workflows, act, checkout
from played_actions import played
from runs import POLICY, a_run_world, token_door, working

pytestmark = [pytest.mark.slow, pytest.mark.sockets]

NAMED = "golive/golive@main"
SIGN = f"""\
on:
  workflow_dispatch:
    inputs: {{pull: {{required: true}}, sha: {{required: true}}, words: {{default: ""}}}}
jobs:
  sign:
    runs-on: ubuntu-latest
    permissions: {{id-token: write}}
    steps:
      - id: said
        uses: golive/golive/actions/sign-off@main
        with:
          command: {GOLIVE}
          server: ${{{{ vars.SERVER }}}}
          pull: ${{{{ inputs.pull }}}}
          sha: ${{{{ inputs.sha }}}}
          words: ${{{{ inputs.words }}}}
      - id: read
        uses: golive/golive/actions/sign-off@main
        with: {{command: {GOLIVE}, server: "${{{{ vars.SERVER }}}}", pull: "${{{{ inputs.pull }}}}"}}
"""
CHECK = f"""\
on: workflow_run
jobs:
  checks:
    runs-on: ubuntu-latest
    permissions: {{contents: read, id-token: write}}
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
      - id: checks
        uses: golive/golive/actions/check@main
        with:
          command: {GOLIVE}
          where: runner
          only: unit-tests
          report-to: ${{{{ vars.SERVER }}}}
          head: ${{{{ github.event.workflow_run.head_sha }}}}
          artifact: "-"
"""
JUNIT = '<testsuite name="s" tests="2"><testcase name="a"/><testcase name="b"/></testsuite>'
FAILED = JUNIT.replace('<testcase name="b"/>', '<testcase name="b"><failure message="no"/></testcase>')


def test_a_sign_off_is_recorded_by_a_workflow_and_read_back_and_a_runners_results_count(tmp_path: Path) -> None:
    act()
    with a_run_world() as w:
        number = w.asked()
        head = w.head(number)
        w.clock.pass_(seconds=2)
        at = Workflows(tmp_path / "shop", tmp_path, actions={NAMED: checkout(tmp_path / "golive"), **played(tmp_path)})
        at.folder.mkdir()
        files = {".github/workflows/sign.yml": SIGN, ".github/workflows/checks.yml": CHECK}
        at.write({**files, ".github/golive.yml": POLICY.format(target=w.target), "reports/junit.xml": FAILED})
        with working(w) as server:
            at.variables["SERVER"] = server
            inputs = {"pull": str(number), "sha": head, "words": "approve qa"}
            with token_door(w, event_name="workflow_dispatch") as at.env:
                signed = at.run("sign.yml", "workflow_dispatch", {"inputs": inputs}, actor="mina")
            assert signed.code == 0, signed.text
            assert "golive: taken: @mina approved for qa by workflow" in signed.printed
            for step in ("said", "read"):
                assert json.loads(signed.outputs(step)["signed"]) == {"qa": ["mina"]}, signed.text
                assert json.loads(signed.outputs(step)["waiting_on"]) == []
            assert [one.person.login for one in w.standing(number).words if one.person] == ["mina"]

            with token_door(w, event_name="workflow_dispatch", actor="ana", run_id="18") as at.env:
                at.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "of another job"
                unproved = at.run("sign.yml", "workflow_dispatch", {"inputs": inputs}, actor="ana")
            assert unproved.code != 0
            assert "GitHub gave this job no token" in unproved.text

            payload = {"workflow_run": {"head_sha": head, "event": "pull_request"}}
            with token_door(w, event_name="workflow_run", run_id="19") as at.env:
                told = at.run("checks.yml", "workflow_run", payload)
            assert told.outputs("checks")["verdict"] == "NO_GO", told.text
            assert "golive: taken: #1: taken for" in told.text
            assert w.outcome(number) == "failed"
            at.write({"reports/junit.xml": JUNIT})
            with token_door(w, event_name="workflow_run", run_id="20") as at.env:
                told = at.run("checks.yml", "workflow_run", payload)
            assert (told.code, w.outcome(number)) == (0, "passed"), told.text
