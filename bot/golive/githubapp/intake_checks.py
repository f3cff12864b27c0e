"""Deliveries about what others say of a commit: checks, statuses, workflow runs, deployments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from golive.core.event import EnvironmentWaits, Event, HeadStirred, Pressed
from golive.githubapp.forge import moment
from golive.githubapp.hearing import Hearing, Payload, human, reads

WAITS_FOR_A_PERSON = ("action_required", "startup_failure")
"""Conclusions after which no check run will come by itself ("Get a check suite" of GitHub's REST reference)."""
_RUN = re.compile(r"/actions/runs/(\d+)/")


def _stirs(payload: Payload, hearing: Hearing, sha: str | None, *kinds: str, name: str = "") -> Iterator[Event]:
    if sha:
        yield HeadStirred(hearing.host, payload["repository"]["id"], sha, frozenset(kinds), name)


@reads("check_run")
def check_run(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Another app's check turned; or somebody pressed Re-run or one of our buttons on ours."""
    run, action = payload["check_run"], payload.get("action")
    if not hearing.ours(run.get("app")):
        name = run.get("name") or ""
        yield from _stirs(payload, hearing, run["head_sha"], f"check_run:{name}" if name else "check_run", name=name)
    elif action == "rerequested":
        yield from _stirs(payload, hearing, run["head_sha"], "*")
    elif action == "requested_action":
        button, person = (payload.get("requested_action") or {}).get("identifier") or "", human(payload.get("sender"))
        if person is None:
            return
        yield Pressed(
            hearing.host, payload["repository"]["id"], run["head_sha"], button, person, hearing.received_at,
            f"button:{hearing.delivery}", run.get("html_url") or "",
        )  # fmt: skip


@reads("check_suite")
def check_suite(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Somebody pressed Re-run all on our suite; or another's came to an end without a check run that would say so."""
    suite, action = payload["check_suite"], payload.get("action")
    if hearing.ours(suite.get("app")):
        if action == "rerequested":
            yield from _stirs(payload, hearing, suite["head_sha"], "*")
    elif suite.get("conclusion") in WAITS_FOR_A_PERSON:
        yield from _stirs(payload, hearing, suite["head_sha"])


@reads("status")
def status(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A commit status turned: GitHub may let the pull request merge now."""
    yield from _stirs(payload, hearing, payload["sha"], name=payload.get("context") or "")


@reads("workflow_run")
def workflow_run(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A workflow's run waits for a person, or could not start; what one does otherwise, its check runs say."""
    run = payload.get("workflow_run") or {}
    if run.get("conclusion") in WAITS_FOR_A_PERSON or run.get("status") == "waiting":
        yield from _stirs(payload, hearing, run.get("head_sha"))


@reads("deployment")
def deployment(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Somebody deploys a commit: its releases look again. Our own deployments tell us nothing new."""
    if not hearing.echo(payload):
        yield from _stirs(payload, hearing, (payload.get("deployment") or {}).get("sha"))


@reads("deployment_status")
def deployment_status(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A deployment got further, or failed: the releases of its commit look again."""
    if not hearing.echo(payload):
        yield from _stirs(payload, hearing, (payload.get("deployment") or {}).get("sha"), "deployment")


@reads("deployment_protection_rule")
def deployment_protection_rule(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """An environment asks whether a run may go on into it; where to answer is said only here."""
    told, callback = payload.get("deployment") or {}, payload.get("deployment_callback_url") or ""
    sha, found = told.get("sha") or payload.get("sha") or "", _RUN.search(callback)
    if payload.get("action") != "requested" or not (sha and found):
        return
    at = told.get("created_at")
    yield EnvironmentWaits(
        hearing.host, payload["repository"]["id"], payload.get("environment") or told.get("environment") or "", sha,
        callback, int(found[1]), hearing.delivery, moment(at) if at else None,
    )  # fmt: skip
