"""Required checks that nobody ever began: why that is so, as far as the forge shows it, and what to do. Pure.

GitHub starts no workflow for what a workflow's own token does, or holds the run until a person lets it go on ("Triggering a
workflow" of its documentation); runs for people it does not know yet it holds as well ("Approving workflow runs from forks").
The check then only shows as expected, for ever. Add a cause as one more line of `_cause`, with what the reader must tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from golive.core.landing import Landing, RequiredCheck
from golive.core.model import Person, Pull, Reason, Standing, Verdict
from golive.core.policy import Policy

CODE = "checks_never_started"
AFTER = timedelta(minutes=5)
"""How long after it was shown a head's checks may take to begin; GitHub begins them within seconds, and queues show at once."""
ACTIONS = "github-actions"
"""The App of GitHub's own workflows, as it names itself; what their token does is done by its bot."""
BY_TOKEN = "github-actions[bot]"  # noqa: S105  # a login
HELD, WAITING = "action_required", "waiting"
"""Conclusion of a suite whose runs wait for a person; and status of one that waits before an environment."""


@dataclass(frozen=True)
class Suite:
    """What one App does for one commit. runs: how many check runs it has begun."""

    app: str
    app_id: int
    status: str
    conclusion: str = ""
    runs: int = 0

    @property
    def held(self) -> bool:
        """Whether it waits until a person lets it go on."""
        return self.app == ACTIONS and (self.conclusion == HELD or (self.status == WAITING and not self.conclusion))


@dataclass(frozen=True)
class Unstarted:
    """Required checks that nobody gave this head, and who does anything for it. checks: never empty, ours not among them."""

    checks: tuple[RequiredCheck, ...]
    suites: tuple[Suite, ...] = ()


def look_at(landing: Landing | None, shown_at: datetime | None, by_people: bool = False) -> datetime | None:
    """From when on it is worth reading; None where the branch asks for one check at most, which is ours.

    by_people: golive does not merge it, so that what the branch asks for is not known before it is looked at.
    """
    if shown_at is None or (landing is None and not by_people):
        return None
    return shown_at + AFTER if landing is None or len(landing.required) > 1 else None


def people_merge(policy: Policy | None) -> bool:
    """Whether this release lands by people's hands; one that is never merged waits for no required check."""
    return policy is not None and policy.merge is None and not policy.acts


def shown_at(standing: Standing, pull: Pull) -> datetime | None:
    """When this revision was first shown; None where it was not yet."""
    return next((shown.at for shown in standing.shown if shown.revision == pull.revision), None)


def reasons(found: Unstarted | None, pull: Pull, pushers: Mapping[str, tuple[Person, ...]]) -> Iterator[Reason]:
    """What people are told of it. It passes no judgement: the branch itself refuses what lacks these checks.

    pushers: as in `Standing`.
    """
    if found is None:
        return
    names = [check.name for check in found.checks]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    have = "has" if len(names) == 1 else "have"
    why, clears = _cause(found, pull, pushers)
    yield Reason(
        CODE, Verdict.GO, f"The branch asks for {listed}, which {have} never started: {why}.", clears, ",".join(names)
    )


def _cause(found: Unstarted, pull: Pull, pushers: Mapping[str, tuple[Person, ...]]) -> tuple[str, str]:
    """Why, a clause; and what to do."""
    by_token = pull.opened_by == BY_TOKEN and not pushers.get(pull.revision.head_sha)
    held = sum(suite.held for suite in found.suites)
    if held:
        whose = " of a pull request that a workflow's own token opened" if by_token else ""
        whose = whose or (" of a pull request from a fork" if pull.from_fork else "")
        lasting = f" {_LASTING}" if by_token else ""
        run = "a workflow run" if held == 1 else f"{held} workflow runs"
        return (
            f"{run}{whose} wait{'s' if held == 1 else ''} for a person",
            "Anybody who may write to the repository looks at the changes and presses `Approve workflows to run` on "
            f"the pull request.{lasting}",
        )
    if ours := _begun_by_others(found):
        names = " and ".join(sorted({suite.app for suite in ours}))
        return (
            f"{names} knows of the commit and has begun nothing",
            "Whoever runs that App looks why; or the check's name is not what the branch asks for.",
        )
    if by_token:
        return (
            f"{BY_TOKEN} opened it, and GitHub starts no workflow for what a workflow's own token does",
            f"Anybody who may write closes and reopens it: that starts them. {_LASTING}",
        )
    if pull.mergeable is False:
        return (
            f"it conflicts with {pull.revision.base_ref}, and GitHub starts no `pull_request` workflow while it does",
            "Its author mends the conflict.",
        )
    if any(suite.app == ACTIONS and suite.runs for suite in found.suites):
        return (
            "other workflows ran for this commit, and none of them gave it",
            "The `on:` of its workflow (`paths:`, `branches:`) may leave this one out, or its name is another.",
        )
    return (
        "no workflow was started for this commit",
        "The `on:` of its workflow may leave it out, its message may say `[skip ci]`, or somebody pushed it with a "
        "workflow's own token: then anybody who may write closes and reopens the pull request.",
    )


_LASTING = "For good: the workflow that opens it does so with an App's token (`actions/create-github-app-token`)."


def _begun_by_others(found: Unstarted) -> list[Suite]:
    """The suites of the Apps that the branch wants all of these checks from, where none of those is GitHub's own."""
    asked = {check.app_id for check in found.checks}
    suites = [suite for suite in found.suites if suite.app_id in asked and suite.app != ACTIONS and not suite.runs]
    return suites if asked <= {suite.app_id for suite in suites} else []
