"""Starting workflows on GitHub, by their file or by an event, and finding the run of one that was started.

GitHub answers that it heard, and lists the run a little later. A run is ours for certain where its title holds our id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from golive.core.acts import RunSeen
from golive.core.errors import Gone, Refused
from golive.githubapp.client import Api, Rejected

MOST = 500
"""Runs looked through; what is older was not started a moment ago."""
INPUTS = "pull, sha and decision"
_BY = {True: "workflow_dispatch", False: "repository_dispatch"}


def start(
    api: Api, path: str, workflow: str, event: str, ref: str, told: Mapping[str, str], may_omit: bool = False
) -> None:
    """Start it. Raises Refused with what to mend. may_omit: where the workflow takes no such inputs, without them."""
    if not workflow:
        try:
            api.send("POST", f"{path}/dispatches", {"event_type": event, "client_payload": dict(told)})
        except (Rejected, Gone) as said:
            raise Refused(f"GitHub took no event: {said}. The App needs Contents: write") from said
        return
    body = {"ref": ref, "inputs": dict(told)}
    try:
        api.send("POST", f"{path}/actions/workflows/{quote(workflow, safe='')}/dispatches", body)
    except Gone as gone:
        raise Refused(f"there is no .github/workflows/{workflow} on {ref}, or the App may not start it") from gone
    except Rejected as said:
        if may_omit and "unexpected inputs" in str(said).lower():  # then nothing was started
            start(api, path, workflow, event, ref, {})
            return
        raise Refused(f"{str(said).rstrip('.')}. {_mend(str(said), workflow, ref)}") from said


def _mend(said: str, workflow: str, ref: str) -> str:
    if "not accessible" in said:
        return "The App needs Actions: write; an owner of the account accepts it"
    if "inputs" in said.lower():
        return f"Name the inputs {INPUTS} under `workflow_dispatch` of {workflow} on {ref}"
    return f"{workflow} on {ref} must have the trigger `workflow_dispatch`"


def started(api: Api, path: str, workflow: str, decision: str, bot: str, since: datetime | None) -> RunSeen | None:
    """The run that came of it: certain by our id in its title; else one that our bot began since then, if there is any."""
    maybe: RunSeen | None = None
    read = 0
    by = _BY[bool(workflow)]
    for one in api.pages(
        f"{path}/actions/runs", under="workflow_runs", event=by, actor=bot, exclude_pull_requests="true"
    ):
        read += 1
        if read > MOST:
            break
        at = datetime.fromisoformat(str(one["created_at"]))
        if since is not None and at < since.replace(microsecond=0):
            break  # the newest come first
        if workflow and str(one.get("path", "")).partition("@")[0] != f".github/workflows/{workflow}":
            continue
        if decision in str(one.get("display_title") or ""):
            return RunSeen(str(one["html_url"]), certain=True)
        if since is not None and maybe is None:
            maybe = RunSeen(str(one["html_url"]), certain=False)
    return maybe
