"""Workflow runs against a golive with its doors: a world with an issuer of tokens, and uploads as a runner makes them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from golive.checks.registry import installed
from golive.policyfile import Given, load
from golive.settings import Settings
from golive.standins.issuer import Issuer
from golive.standins.wire import serve
from world import IN_PROCESS, World, scratch

WORKFLOW = "acme/shop/.github/workflows/golive.yml@refs/heads/main"
POLICY = """\
version: 1
project: Shop
releases: [{{name: production, base: main, head: ["release/**"], forks: true}}]
runners: ["acme/shop/.github/workflows/golive.yml@refs/heads/main", "acme/ci/.github/workflows/checks.yml@refs/tags/v1"]
checks:
  - id: unit-tests
    name: Unit tests
    uses: junit
    where: runner
    with: {{files: "reports/**/*.xml", min_pass: 95%}}
  - id: healthy
    uses: http
    with: {{url: "{target}/health", status: 200}}
signoffs: [{{group: people, roles: [{{role: qa, from: ["@mina", "@zoe"]}}]}}]
"""
ISSUER = "http://issuer.test"
_DIGESTS: dict[str, dict[str, str]] = {}
"""Policy text → check → digest of its definition."""
_KEYS: dict[str, rsa.RSAPrivateKey] = {}
"""The issuer's first key: made once, because making one is dear."""


class RunWorld(World):
    """The usual world, whose GitHub also signs tokens for workflow runs."""

    def __init__(self, folder: Path, policy: str = POLICY, **options: Any) -> None:
        self.issuer = Issuer(ISSUER, keys=_KEYS)
        _KEYS.setdefault(self.issuer.newest, self.issuer.keys[self.issuer.newest])
        super().__init__(folder, policy, slack=False, **options)
        self.issuer.now = lambda: self.clock().timestamp()

    def _mount(self) -> None:
        super()._mount()
        IN_PROCESS["issuer.test"] = self.issuer

    def settings(self) -> Settings:
        return super().settings().model_copy(update={"github_oidc_issuer": ISSUER})

    # -- runs

    def claims(self, **other: Any) -> dict[str, Any]:
        """A run of the listed workflow on main; `other` are claims that differ."""
        usual = {
            "repository_id": str(self.repo_id), "repository": "acme/shop", "workflow_ref": WORKFLOW, "run_id": "17",
            "sha": self.ref("heads/main"), "actor": "mina", "actor_id": str(self.github.world.user("mina").id),
        }  # fmt: skip
        told = {**usual, **other}
        return {"job_workflow_ref": told["workflow_ref"], **told}

    def ref(self, name: str) -> str:
        """The commit of a ref, such as heads/main or pull/1/merge."""
        return str(self.github.world.repo("acme/shop").git.refs[name])

    def on_pull(self, number: int, **other: Any) -> dict[str, Any]:
        """The claims of a run on `pull_request`: of its test merge, by the workflow as the pull request has it."""
        usual = {
            "event_name": "pull_request", "ref": f"refs/pull/{number}/merge", "sha": self.ref(f"pull/{number}/merge"),
            "workflow_ref": f"acme/shop/.github/workflows/ci.yml@refs/pull/{number}/merge",
        }  # fmt: skip
        return {**usual, **other}

    def head(self, number: int) -> str:
        return str(self.github.pull("acme/shop", number).head.sha)

    def digest(self, check: str = "unit-tests", policy: str = "") -> str:
        """Of a check's definition, as `golive check` reads the policy."""
        text = (policy or POLICY).format(target=self.target)
        if text not in _DIGESTS:
            loaded = load(text.encode(), installed(), "golive.yml", Given())
            _DIGESTS[text] = {rule.id: rule.digest() for rule in loaded.releases[0].checks}
        return _DIGESTS[text].get(check, "")

    def result(self, outcome: str = "passed", check: str = "unit-tests", **other: Any) -> dict[str, Any]:
        """One result as it goes over the wire."""
        usual = {
            "check": check, "digest": self.digest(check), "outcome": outcome, "summary": f"12 tests, {outcome}",
            "measured": "12", "expected": "", "source": "reports/junit.xml", "strength": "probe",
            "taken_at": self.clock().isoformat(), "valid_until": "", "measures": [["tests", 12, ""]], "samples": 12,
            "details": [], "seconds": 0.5, "attempts": 1, "golive": "0.1", "commit": "", "undecided": False,
        }  # fmt: skip
        return {**usual, **other}

    def sends(
        self, *results: dict[str, Any], pull: int = 0, head: str = "", token: str = "", path: str = "/api/v1/results",
        body: Any = None, settles: bool = True, **claims: Any,
    ) -> Any:  # fmt: skip
        """Upload results, two seconds after whatever was before; `claims` are those of the run that differ.

        settles: golive works before and after it; False where the door alone is asked.
        """
        self.clock.pass_(seconds=2)
        if settles:
            self.settle()
        sent = {"format": "golive-results", "version": 1, "pull": pull, "head": head, "results": list(results)}
        token = token or self.issuer.token(**self.claims(**claims))
        headers = {"Authorization": f"Bearer {token}"}
        text = json.dumps(sent if body is None else body)  # what a client would refuse to send must come to the door
        answer = self.client.post(path, content=text, headers=headers)
        if settles:
            self.settle()
        return answer

    def became(self, answer: Any, **claims: Any) -> dict[str, Any]:
        """What became of an upload or a word."""
        assert answer.status_code == 202, f"it must be kept, and was not: {answer.status_code} {answer.text}"
        token = self.issuer.token(**self.claims(**claims))
        told = self.client.get(answer.json()["see"], headers={"Authorization": f"Bearer {token}"})
        assert told.status_code == 200, told.text
        return dict(told.json())

    def outcome(self, number: int, check: str = "unit-tests") -> str:
        """How a check stands for the head now: what the ledger has of it, or `none`."""
        found = [
            r for r in self.standing(number).results if (r.finding.check, r.head_sha) == (check, self.head(number))
        ]
        return found[-1].finding.outcome.value if found else "none"


@contextmanager
def a_run_world(**options: Any) -> Iterator[RunWorld]:
    """One in a scratch folder, taken down at the end."""
    with scratch() as folder:
        world = RunWorld(Path(folder), **options)
        try:
            yield world
        finally:
            world.close()


@contextmanager
def working(w: RunWorld) -> Iterator[str]:
    """The app on a socket, and its work done as it comes; the address."""
    served, over = serve(w.client.app), threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            w.settle()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield served.url
    finally:
        over.set()
        thread.join(timeout=30)
        served.stop()


@contextmanager
def token_door(w: RunWorld, **claims: str) -> Iterator[dict[str, str]]:
    """Where a run asks for its tokens, on a socket, as the environment of a job with `id-token: write`."""
    asked = serve(w.issuer.asgi)
    w.issuer.claims = w.claims(**claims)
    told = w.issuer.env()
    address = told["ACTIONS_ID_TOKEN_REQUEST_URL"].replace(w.issuer.url, asked.url)
    try:
        yield {**told, "ACTIONS_ID_TOKEN_REQUEST_URL": address}
    finally:
        asked.stop()
