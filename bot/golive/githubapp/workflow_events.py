"""Which pull requests a workflow's event is about. It never says what to do; who pushed is read from it as from a webhook.

Only events whose workflow is the default branch's own file are taken: the pull request's own copy of a workflow could say
anything. A further event is one row of `READERS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from golive.core.errors import Refused

Payload = Mapping[str, Any]
OWN_COPY = {
    "pull_request": "pull_request_target",
    "pull_request_review": "workflow_run, or the next pull_request_target, issue_comment or schedule",
    "pull_request_review_comment": "issue_comment",
    "merge_group": "a golive server: a merge queue's own commit is checked there",
    "push": "schedule",
}
"""Events that run another file than the default branch's for a pull request → what to use instead."""


@dataclass(frozen=True)
class Named:
    """What an event names. every: all open pull requests.   commit: those with this head.   heard: the webhook it repeats."""

    pulls: tuple[int, ...] = ()
    commit: str = ""
    every: bool = False
    heard: str = ""


def _of_pull(payload: Payload) -> Named:
    return Named((int(payload["pull_request"]["number"]),), heard="pull_request")


def _of_comment(payload: Payload) -> Named:
    issue = payload["issue"]
    return Named((int(issue["number"]),), heard="issue_comment") if "pull_request" in issue else Named()


def _of_inputs(payload: Payload) -> Named:
    told = str((payload.get("inputs") or {}).get("pull") or "").strip().removeprefix("#")
    if told and not (told.isascii() and told.isdecimal() and int(told) > 0):
        raise Refused(f"The input `pull` is {json.dumps(told[:40])}, and must be the number of a pull request.")
    return Named((int(told),)) if told else Named(every=True)


def _of_run(payload: Payload) -> Named:
    """A run handed over a review: its pull request, by number or, from a fork, by the head that it ran for."""
    run = payload["workflow_run"]
    pulls = tuple(int(one["number"]) for one in run.get("pull_requests") or ())
    return Named(pulls) if pulls else Named(commit=str(run["head_sha"]))


READERS: Mapping[str, Callable[[Payload], Named]] = {
    "pull_request_target": _of_pull,
    "issue_comment": _of_comment,
    "workflow_run": _of_run,
    "workflow_dispatch": _of_inputs,
    "repository_dispatch": lambda payload: Named(every=True),
    "schedule": lambda payload: Named(every=True),
}
"""Event → how it names pull requests."""


def named(event: str, payload: Payload) -> Named:
    """What an event is about. Raises Refused for one that cannot be trusted, with what to use instead."""
    if event in OWN_COPY:
        raise Refused(
            f"`on: {event}` does not run the default branch's file, so golive does not decide there. Use "
            f"{OWN_COPY[event]}."
        )
    reader = READERS.get(event)
    if reader is None:
        raise Refused(f"`on: {event}` names no pull request. Use {', '.join(READERS)}, or name one with --pull.")
    try:
        return reader(payload)
    except (KeyError, TypeError, ValueError):
        raise Refused(f"The payload of `{event}` is not as GitHub sends it; is GITHUB_EVENT_PATH its file?") from None


def delivery_body(payload: Payload) -> bytes:
    """The payload as the webhook that it repeats, without what only a webhook's receiver goes by."""
    return json.dumps({key: value for key, value in payload.items() if key != "installation"}).encode()
