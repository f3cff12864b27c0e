"""`golive sign-off` without a server: it knows what the gate knows, writes nothing, and signs for nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gate_world import KEY, POLICY, GateWorld, a_gate
from golive.cli.sign_off import sign_off
from golive.core.errors import Misconfigured, Refused
from golive.standins.wire import Exchange
from golive.wiring import serverless_reading

BOTH = pytest.mark.parametrize("token", [False, True], ids=["App", "token"])


@contextmanager
def writes(w: GateWorld) -> Iterator[list[str]]:
    """What was asked of GitHub meanwhile that is no reading; a token is no writing."""
    wrote: list[str] = []

    def note(exchange: Exchange) -> None:
        if exchange.request.method not in ("GET", "HEAD") and "access-token" not in exchange.operation:
            wrote.append(exchange.operation)

    w.github.observers.append(note)
    try:
        yield wrote
    finally:
        w.github.observers.remove(note)


def read(w: GateWorld, number: int) -> dict[str, Any]:
    """What the reading finds at the world's time; it writes nothing."""
    with writes(w) as wrote:
        told = serverless_reading.signed_without_a_server(w.settings(), "acme/shop", w.repo_id, number, w.clock)
    assert wrote == [], "a run that only reads must write nothing"
    return told


def roles(told: dict[str, Any]) -> dict[str, tuple[list[str], int]]:
    return {role["role"]: (role["signed"], role["missing"]) for role in told["roles"]}


def step(w: GateWorld, *arguments: str, **variables: str) -> Result:
    """The command as a step of a job with the workflow's token runs it."""
    clean = dict.fromkeys(("GITHUB_ACTIONS", "GITHUB_REPOSITORY_ID", "GOLIVE_SERVER", "GITHUB_OUTPUT"))
    given = {"GITHUB_API_URL": w.github_url, "GITHUB_TOKEN": w.workflow_token(), "GITHUB_REPOSITORY": "acme/shop"}
    return CliRunner(env={**clean, **given, "GOLIVE_STATE_KEY": KEY, **variables}).invoke(sign_off, list(arguments))


@BOTH
def test_it_reads_what_the_gate_knows_and_what_was_said_since(token: bool) -> None:
    with a_gate(token=token) as w:
        number = w.release()
        w.signed_by("mina", number, "qa")
        told = read(w, number)
        assert roles(told) == {"qa": (["mina"], 0), "security": ([], 1)}
        assert (told["waiting_on"], told["open"]) == (["security"], True)
        decided = w.looked[0].decision
        assert decided is not None
        assert (told["verdict"], told["headline"]) == (decided.verdict.name, decided.headline)
        w.automatic = False
        w.says("sam", number, "/golive approve security")
        w.clock.pass_(seconds=2)
        assert roles(read(w, number))["security"] == (["sam"], 0), "what the gate has not come to is read, too"
        w.run(number)
        assert w.merged(number)
        assert read(w, number)["open"] is False


@BOTH
def test_after_a_push_that_no_run_has_looked_at_it_asks_anew_and_publishes_nothing(token: bool) -> None:
    with a_gate(token=token) as w:
        number = w.release()
        w.signed_by("mina", number, "qa")
        w.automatic = False
        head = w.push(number)
        told = read(w, number)
        assert (told["head_sha"], roles(told)["qa"]) == (head, ([], 1))
        assert w.our_runs(head) == []
        w.automatic = True
        w.settle()
        assert roles(read(w, number)) == roles(told), "the gate's own run comes to the same"


@BOTH
def test_it_runs_no_check(token: bool) -> None:
    policy = POLICY.replace(
        "checks:\n", "checks:\n  - {id: up, uses: http, with: {url: 'http://127.0.0.1:9/', status: 200}}\n"
    )
    with a_gate(token=token, policy=policy) as w:
        w.automatic = False
        number = w.release()
        told = read(w, number)
        assert told["verdict"] == "WAIT", "what nobody looked at yet is pending, and is not looked at for this"


def test_the_step_prints_it_and_sets_the_outputs(tmp_path: Any) -> None:
    with a_gate(token=True) as w:
        number = w.release()
        w.signed_by("mina", number, "qa")
        came = step(w, "--pull", str(number), GITHUB_OUTPUT=str(tmp_path / "out"))
        assert came.exit_code == 0, came.output
        assert "qa: signed by @mina" in came.output
        assert "security: signed by nobody; 1 missing, could: sam, sue" in came.output
        written = (tmp_path / "out").read_text()
        assert json.dumps({"qa": ["mina"], "security": []}) in written
        assert json.loads(step(w, "--pull", str(number), "--json").output)["waiting_on"] == ["security"]


@pytest.mark.parametrize(
    ("arguments", "variables", "error", "said"),
    [
        (("approve", "qa", "--sha", "a" * 40), {}, Misconfigured, "`/golive approve qa` in a comment"),
        ((), {"GITHUB_REPOSITORY": ""}, Misconfigured, "--repository"),
        ((), {"GITHUB_TOKEN": "", "GOLIVE_GITHUB_TOKEN": ""}, Misconfigured, "needs a way to GitHub"),
        ((), {}, Refused, "is no release"),
    ],
    ids=["signing", "which repository", "no token", "no release"],
)
def test_what_it_cannot_do_is_said_in_words(
    arguments: tuple[str, ...], variables: dict[str, str], error: type[Exception], said: str
) -> None:
    with a_gate(token=True) as w:
        w.clock.pass_(seconds=2)
        number = w.release(head="feature/x")
        with writes(w) as wrote:
            came = step(w, *arguments, "--pull", str(number), **variables)
        assert isinstance(came.exception, error), came.output
        assert said in str(came.exception)
        assert wrote == []
