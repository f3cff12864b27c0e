"""What a policy asks of GitHub that not every plan, and not every installation of the App, gives: part of `doctor --live`.

Add a term as one function that yields `Item`s, and its call in `terms`. What GitHub does not tell is said, never guessed.
Source: GitHub's "Managing environments for deployment" and "Creating custom deployment protection rules".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from golive.cli.items import Item
from golive.core.errors import GoliveError
from golive.core.forges import PUBLIC_API
from golive.core.policy import Policy
from golive.githubapp.client import Api

ENTERPRISE = frozenset({"enterprise", "business", "business_plus"})
"""Names of plans, as GitHub's API has them, with which private repositories have deployment protection rules."""


@dataclass(frozen=True)
class Terms:
    """On what terms a repository is there. granted: permission → level that the App has on it.

    plan: asks GitHub for the account's plan; empty where it does not tell.   on_public_github: github.com itself, where the
    plan matters; GitHub Enterprise has all of it.
    """

    repository: str
    private: bool
    granted: Mapping[str, str]
    on_public_github: bool
    plan: Callable[[], str]


def terms_of(repository: Mapping[str, object], granted: Mapping[str, str], api_url: str, api: Api) -> Terms:
    """Those of one repository, as `/installation/repositories` lists it."""
    owner = repository.get("owner")
    login = str(owner.get("login", "")) if isinstance(owner, Mapping) else ""

    def plan() -> str:
        try:
            told = api.get(f"/orgs/{login}").get("plan")
        except GoliveError:
            return ""
        return str(told.get("name", "")) if isinstance(told, Mapping) else ""

    public = api_url.rstrip("/") == PUBLIC_API
    return Terms(str(repository["full_name"]), bool(repository.get("private", True)), granted, public, plan)


def asked_of(policy: Policy, terms: Terms) -> Iterator[Item]:
    """What this policy asks for and does not get there."""
    yield from _waiting_environments(policy, terms)
    yield from _started_workflows(policy, terms)


def _waiting_environments(policy: Policy, terms: Terms) -> Iterator[Item]:
    named = next((act.target for act in policy.acts if act.kind == "environment"), "")
    if not named or not terms.private or not terms.on_public_github:
        return
    plan = terms.plan()
    if plan.casefold() in ENTERPRISE:
        return
    base = policy.releases[0].base
    mend = (
        f"Require the check `golive` on `{base}` instead, merge by golive, and start what deploys with "
        "`promotion.resume`; docs/promotion.md shows it."
    )
    what = (
        f"the policy answers the environment `{named}`, and private repositories have deployment protection rules with "
    )
    if plan:
        yield Item(
            "weak", terms.repository, f"{what}GitHub Enterprise only; the plan is {plan}", "no-protection-rules", mend
        )
        return
    yield Item(
        "note", terms.repository, f"{what}GitHub Enterprise only; GitHub does not tell which plan this is",
        "protection-rules-unknown", f"Without GitHub Enterprise: {mend[0].lower()}{mend[1:]}",
    )  # fmt: skip


def _started_workflows(policy: Policy, terms: Terms) -> Iterator[Item]:
    named = next((act.target for act in policy.acts if act.kind in ("workflow", "follows")), "")
    if named and terms.granted.get("actions") != "write":
        yield Item(
            "weak", terms.repository, f"the policy starts {named}, and the App may not start workflows", "may-not-start",
            "Set Actions to write under “Permissions & events” on the App's page, and let an owner accept it; or send an "
            "event (`resume: {event: …}`), which needs no more than it has.",
        )  # fmt: skip
