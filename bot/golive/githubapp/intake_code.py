"""Deliveries about code: pushes, tags, GitHub releases, groups of the merge queue."""

from __future__ import annotations

import re
from collections.abc import Iterator

from golive.core.event import BaseMoved, Event, GroupFormed, HeadStirred
from golive.githubapp.hearing import Hearing, Payload, reads

_SHA = re.compile(r"[0-9a-f]{40}\Z")
NO_COMMIT = "0" * 40


@reads("push")
def push(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A branch moved: its policy may be another, and what lands on it may conflict. A tag: its commit looks again."""
    ref, after = payload.get("ref") or "", payload.get("after") or ""
    if ref.startswith("refs/heads/"):
        yield BaseMoved(hearing.host, payload["repository"]["id"], ref.removeprefix("refs/heads/"))
    elif ref.startswith("refs/tags/") and after != NO_COMMIT and not hearing.echo(payload):
        yield HeadStirred(hearing.host, payload["repository"]["id"], after)


@reads("release")
def release(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """GitHub's own kind of release was published or withdrawn: the pull requests of its commit look again, where it names one."""
    target = (payload.get("release") or {}).get("target_commitish") or ""
    if _SHA.match(target) and not hearing.echo(payload):
        yield HeadStirred(hearing.host, payload["repository"]["id"], target)


@reads("merge_group")
def merge_group(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """The merge queue put pull requests together and wants the checks of that very commit."""
    group = payload.get("merge_group") or {}
    if payload.get("action") == "checks_requested" and group.get("head_sha"):
        yield GroupFormed(
            hearing.host, payload["repository"]["id"], group["head_sha"], _branch(group.get("head_ref")),
            _branch(group.get("base_ref")), group.get("base_sha") or "",
        )  # fmt: skip


def _branch(ref: str | None) -> str:
    return (ref or "").removeprefix("refs/heads/")
