"""What going live is on GitHub: deployments and their statuses, answers to waiting environments, tags and branches.

Every request goes to our own API address: an address that a delivery named is read, and never asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from golive.core.acts import DeploymentSeen, RunSeen
from golive.core.errors import Conflict, Gone, Refused
from golive.githubapp import dispatches
from golive.githubapp.client import Api
from golive.ports import Published

KEY = "golive"
"""Where our key stands in a deployment's payload."""
SAID = 140
"""Characters of a deployment's description ("Create a deployment" of GitHub's REST API)."""
FAILED = frozenset({"failure", "error"})
_RUN = re.compile(r"/(?:repos/([^/]+/[^/]+)|repositories/(\d+))/actions/runs/(\d{1,20})/deployment_protection_rule\Z")


def run_of(callback_url: str, api_url: str, full_name: str, repository: int) -> int:
    """The workflow run that a callback address is about.

    Raises Refused unless it is the address of this very API and this very repository: whoever can make us follow an address
    would get our token.
    """
    ours = urlsplit(api_url)
    refused = Refused("the address to answer at is not this repository's own, so no answer was sent there")
    try:
        asked = urlsplit(callback_url)
        same = (asked.scheme, asked.hostname, asked.port) == (ours.scheme, ours.hostname, ours.port)
    except ValueError:
        raise refused from None
    prefix = ours.path.rstrip("/")
    if not same or asked.username is not None or asked.query or asked.fragment or not asked.path.startswith(prefix):
        raise refused
    found = _RUN.match(asked.path.removeprefix(prefix))
    if not found or (found[1] or "").casefold() not in ("", full_name.casefold()):
        raise refused
    if found[2] and int(found[2]) != repository:
        raise refused
    return int(found[3])


def seen_of(statuses: list[Mapping[str, Any]]) -> DeploymentSeen:
    """What a deployment's statuses come to. The newest counts, whatever the order they were heard in.

    `inactive` says that a later one took its place; whether it had succeeded, the one before says.
    """
    newest = sorted(statuses, key=lambda status: int(status["id"]), reverse=True)
    final = next((status for status in newest if status["state"] != "inactive"), None)
    if final is None:
        return DeploymentSeen("failed", "another deployment took its place") if newest else DeploymentSeen("waiting")
    state, url = final["state"], final.get("log_url") or final.get("target_url") or ""
    said = final.get("description") or ""
    if state == "success":
        return DeploymentSeen("success", said, url)
    if state in FAILED:
        return DeploymentSeen("failed", said or f"its status is {state}", url)
    if newest[0] is not final:
        return DeploymentSeen("failed", "another deployment took its place", url)
    return DeploymentSeen("waiting", said, url)


class Deployments:
    """`ports.GoingLive` for one repository. bot: the login of our App's own account."""

    def __init__(self, api: Api, api_url: str, full_name: str, repository: int, bot: str) -> None:
        self._api = api
        self._api_url = api_url
        self._name = full_name
        self._id = repository
        self._bot = bot
        self._path = f"/repos/{full_name}"

    def find_deployment(self, sha: str, environment: str, key: str) -> Published | None:
        """Our own deployment with this key."""
        for told in self._api.pages(f"{self._path}/deployments", sha=sha, environment=environment, task="deploy"):
            payload = told.get("payload")
            ours = (told.get("creator") or {}).get("login") == self._bot
            if ours and isinstance(payload, dict) and payload.get(KEY) == key:
                return self._published(told)
        return None

    def deploy(self, sha: str, environment: str, key: str, title: str, checked: bool) -> Published:
        """A new deployment of this commit, never of what GitHub would merge into it."""
        body: dict[str, Any] = {
            "ref": sha, "task": "deploy", "auto_merge": False, "environment": environment, "payload": {KEY: key},
            "description": title[:SAID],
        }  # fmt: skip
        if checked:
            # what landed has the tree that was checked as the head; its own checks have only just begun, and GitHub
            # would refuse until they are through
            body["required_contexts"] = []
        try:
            told = self._api.send("POST", f"{self._path}/deployments", body)
        except Conflict as said:
            raise Refused(_words(said)) from said
        except Gone as gone:
            raise Refused(_words(gone)) from gone
        return self._published(told)

    def _published(self, told: Mapping[str, Any]) -> Published:
        return Published(str(told["id"]), None, f"{self._web(told)}/deployments")

    @staticmethod
    def _web(told: Mapping[str, Any]) -> str:
        """The repository's page, from the deployment's API address: GitHub gives a deployment none of its own."""
        parts = urlsplit(str(told.get("repository_url") or told["url"]))
        host = parts.netloc.removeprefix("api.")
        name = "/".join(parts.path.partition("/repos/")[2].split("/")[:2])
        return f"{parts.scheme}://{host}/{name}"

    def deployment(self, ref: str) -> DeploymentSeen:
        """What a deployment says of itself now; one that was deleted is a failed one."""
        try:
            return seen_of(list(self._api.pages(f"{self._path}/deployments/{ref}/statuses")))
        except Gone:
            return DeploymentSeen("failed", "the deployment was deleted")

    def waits(self, callback_url: str, environment: str) -> bool:
        """Whether the run is still before this environment; a run that is gone waits for nothing."""
        run = run_of(callback_url, self._api_url, self._name, self._id)
        try:
            pending = self._api.get(f"{self._path}/actions/runs/{run}/pending_deployments")
        except Gone:
            return False
        return any((one["environment"].get("name") or "").casefold() == environment.casefold() for one in pending)

    def answer(self, callback_url: str, environment: str, approves: bool, comment: str) -> None:
        """Answer a question of an environment, at our own API."""
        run = run_of(callback_url, self._api_url, self._name, self._id)
        body = {
            "environment_name": environment, "state": "approved" if approves else "rejected", "comment": comment[:1000],
        }  # fmt: skip
        try:
            self._api.send("POST", f"{self._path}/actions/runs/{run}/deployment_protection_rule", body)
        except Gone as gone:
            raise Refused(f"the run does not wait for an answer any more ({_words(gone)})") from gone
        except Conflict as said:
            raise Refused(_words(said)) from said

    def start(self, workflow: str, event: str, ref: str, told: Mapping[str, str], may_omit: bool = False) -> None:
        """See `dispatches.start`."""
        dispatches.start(self._api, self._path, workflow, event, ref, told, may_omit)

    def started(self, workflow: str, decision: str, since: datetime | None) -> RunSeen | None:
        """See `dispatches.started`."""
        return dispatches.started(self._api, self._path, workflow, decision, self._bot, since)

    def ref(self, ref: str) -> str:
        """The commit that a tag or branch is at, through a tag's own object; empty where there is none."""
        try:
            told = self._api.get(f"{self._path}/git/ref/{quote(ref)}")["object"]
            if told["type"] == "commit":
                return str(told["sha"])
            return str(self._api.get(f"{self._path}/commits/{quote(ref)}")["sha"])
        except Gone:
            return ""

    def create_ref(self, ref: str, sha: str) -> None:
        """A new tag or branch; one that came into being meanwhile is Refused."""
        self._api.send("POST", f"{self._path}/git/refs", {"ref": f"refs/{ref}", "sha": sha})

    def forward_ref(self, ref: str, sha: str) -> None:
        """Fast-forward a branch."""
        try:
            self._api.send("PATCH", f"{self._path}/git/refs/{quote(ref)}", {"sha": sha, "force": False})
        except (Gone, Conflict) as said:
            raise Refused(_words(said)) from said


def _words(error: Exception) -> str:
    """GitHub's own words, without the request in front."""
    return re.sub(r"\A[A-Z]+ \S+: (\d{3} )?", "", str(error))
