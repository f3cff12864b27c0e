"""How well a repository is guarded: what the forge said about its branches → what is weak, why, and how to mend it. Pure.

A check that anybody can forge guards nothing, so each governed branch is asked whether it requires the check of this very
App. What could not be read is `unknown` and never taken for sound. Add a point as one function of `POINTS` that yields
`Weakness`es, with the facts it reads as a field of `Facts` or `Branch`.

Sources: GitHub's "About protected branches", "Available rules for rulesets", "Managing GitHub Actions settings for a
repository".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

LEVELS = ("none", "read", "write", "admin")
"""Permissions of an App, weakest first."""
CLASSIC = "branch protection"
"""Where a requirement stands that is of no ruleset."""


@dataclass(frozen=True)
class Required:
    """A check that must be green. app_id: the App that must post it; None: whoever posts that name.

    where: `branch protection`, or a ruleset's name.
    """

    context: str
    app_id: int | None
    where: str = CLASSIC


@dataclass(frozen=True)
class Ruleset:
    """A ruleset that binds a branch. bypass: who gets past it, each as (kind, id or None, mode); None: it is not told."""

    id: int
    name: str
    source: str = ""
    bypass: tuple[tuple[str, int | None, str], ...] | None = None


@dataclass(frozen=True)
class Branch:
    """What binds one branch. protected: whether classic protection does; None: that could not be read.

    rulesets: None: they could not be read.   admins_bound/dismisses_stale: None: it does not apply, for nothing of the kind
    is required.   unread: what could not be read → why, in the forge's words.
    """

    name: str
    protected: bool | None = False
    required: tuple[Required, ...] = ()
    rulesets: tuple[Ruleset, ...] | None = ()
    admins_bound: bool | None = None
    dismisses_stale: bool | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether everything that may require a check was read."""
        return self.protected is not None and self.rulesets is not None


@dataclass(frozen=True)
class Facts:
    """All that was read of one repository. check: the name of our check run.   web: the repository's page.

    workflows_approve: whether workflows may approve pull requests; None: not read.   asked/granted: permission → level;
    granted is None where it was not read.   unread: what could not be read → why.
    """

    repository: str
    check: str
    app_id: int
    app: str
    web: str
    branches: tuple[Branch, ...] = ()
    workflows_approve: bool | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
    granted: Mapping[str, str] | None = None
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Weakness:
    """One thing that is weak, or that could not be told (`unknown`). branch: empty where it is about the repository.

    serious: a release can land without golive because of it.   what: what is wrong, a sentence.   why: why it matters.
    mend: what to do, a sentence.   command: the same for a terminal, empty where there is no single one.
    """

    code: str
    branch: str
    what: str
    why: str
    mend: str
    command: str = ""
    unknown: bool = False
    serious: bool = False

    @property
    def line(self) -> str:
        """What is wrong and how to mend it, on one line."""
        return f"{self.what} {self.mend}"


def weaknesses(facts: Facts) -> tuple[Weakness, ...]:
    """Everything that is weak, or could not be told; the serious first, else in the order of `POINTS`."""
    found = [one for point in POINTS for one in point(facts)]
    return tuple(sorted(found, key=lambda one: not one.serious))


def short_of(asked: Mapping[str, str], granted: Mapping[str, str]) -> tuple[str, ...]:
    """The permissions that are asked for and not granted, each as `name: level (has level)`."""
    return tuple(
        f"{name}: {level} (has {granted.get(name, 'none')})"
        for name, level in sorted(asked.items())
        if _rank(granted.get(name, "none")) < _rank(level)
    )


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else 0


# ------------------------------------------------------------------ the points


def required_and_pinned(facts: Facts) -> Iterator[Weakness]:
    """Whether each branch takes our check from our App alone."""
    why = "Whoever may write to the repository can post a green check of that name."
    for branch in facts.branches:
        ours = [one for one in branch.required if one.context == facts.check]
        if any(one.app_id == facts.app_id for one in ours):
            continue
        begin = f"golive's check is not required with its App pinned on `{branch.name}`"
        if not branch.whole:
            unread = "; ".join(f"{what} cannot be read: {said}" for what, said in branch.unread.items())
            yield Weakness(
                "check_unread", branch.name, f"Whether `{branch.name}` requires golive's check cannot be told ({unread}).",
                "What cannot be seen is not taken for safe.",
                f"Grant the App `administration: read`, or look at {_rules_page(facts)} yourself.",
                unknown=True, serious=True,
            )  # fmt: skip
        elif not ours:
            yield Weakness(
                "check_not_required", branch.name, f"{begin}: nothing there requires `{facts.check}`.",
                "The forge lets anybody with write access merge without it.", _pin_it(facts, branch),
                _command(facts, branch), serious=True,
            )  # fmt: skip
        elif other := next((one for one in ours if one.app_id is not None), None):
            yield Weakness(
                "check_of_another_app", branch.name,
                f"{begin}: {_place(other)} takes `{facts.check}` from the App with id {other.app_id}, and this one is "
                f"{facts.app_id}.",
                "Nothing that golive posts counts there, and what the other App posts does.", _pin_it(facts, branch),
                _command(facts, branch), serious=True,
            )  # fmt: skip
        else:
            yield Weakness(
                "check_not_pinned", branch.name,
                f"{begin}: {_place(ours[0])} takes `{facts.check}` from whoever posts it.", why, _pin_it(facts, branch),
                _command(facts, branch), serious=True,
            )  # fmt: skip


def who_gets_past(facts: Facts) -> Iterator[Weakness]:
    """Administrators whom protection does not bind, and whoever a ruleset lets past it."""
    why = "Whoever gets past the rules merges a release that golive stops."
    for branch in facts.branches:
        held = {one.where for one in branch.required if one.context == facts.check}
        if branch.admins_bound is False and (CLASSIC in held or not branch.rulesets):
            yield Weakness(
                "admins_get_past", branch.name, f"Administrators get past the protection of `{branch.name}`.", why,
                f"Tick “Do not allow bypassing the above settings” for `{branch.name}` in {facts.web}/settings/branches.",
                f"gh api -X POST repos/{facts.repository}/branches/{branch.name}/protection/enforce_admins",
            )  # fmt: skip
        for rules in branch.rulesets or ():
            if held and rules.name not in held:
                continue
            page = f"{facts.web}/rules/{rules.id}"
            if rules.bypass is None:
                yield Weakness(
                    "bypass_untold", branch.name,
                    f"Who gets past the ruleset “{rules.name}” of `{branch.name}` cannot be told: GitHub says it only to "
                    "whoever may change it.",
                    why, f"Look at its bypass list at {page}.", unknown=True,
                )  # fmt: skip
            elif rules.bypass:
                names = ", ".join(_actor(*actor) for actor in rules.bypass)
                yield Weakness(
                    "ruleset_bypassed", branch.name,
                    f"The ruleset “{rules.name}” of `{branch.name}` lets some get past it: {names}.", why,
                    f"Take them off its bypass list at {page}, or let them past on pull requests only.",
                )  # fmt: skip


def stale_reviews(facts: Facts) -> Iterator[Weakness]:
    """Whether an approving review outlives a push, where reviews are required."""
    for branch in facts.branches:
        if branch.dismisses_stale is False:
            yield Weakness(
                "stale_reviews_kept", branch.name,
                f"Approving reviews on `{branch.name}` outlive a push.",
                "The forge counts an approval for code that its reviewer never saw; golive's own sign-offs do not.",
                f"Tick “Dismiss stale pull request approvals when new commits are pushed” in {_rules_page(facts)}.",
            )  # fmt: skip


def workflows(facts: Facts) -> Iterator[Weakness]:
    """Whether a workflow may approve what a workflow made."""
    page = f"{facts.web}/settings/actions"
    if facts.workflows_approve:
        yield Weakness(
            "workflows_approve", "", "Workflows may approve pull requests.",
            "Whoever changes a workflow approves their own work with its token; golive never counts such a review.",
            f"Untick “Allow GitHub Actions to create and approve pull requests” in {page}.",
            f"gh api -X PUT repos/{facts.repository}/actions/permissions/workflow -F can_approve_pull_request_reviews=false",
        )  # fmt: skip
    elif facts.workflows_approve is None:
        yield Weakness(
            "workflows_unread", "",
            f"Whether workflows may approve pull requests cannot be told ({facts.unread.get('workflows', 'not read')}).",
            "What cannot be seen is not taken for safe.", f"Look at {page} yourself.", unknown=True,
        )  # fmt: skip


def permissions(facts: Facts) -> Iterator[Weakness]:
    """Whether the App was granted what it asks for."""
    if facts.granted is None:
        yield Weakness(
            "permissions_unread", "",
            f"What the App may do here cannot be told ({facts.unread.get('permissions', 'not read')}).",
            "What cannot be seen is not taken for safe.", "`golive doctor --live` tells more.", unknown=True,
        )  # fmt: skip
    elif short := short_of(facts.asked, facts.granted):
        yield Weakness(
            "permissions_short", "", f"The App lacks permissions here: {'; '.join(short)}.",
            "What it may not read it cannot judge, and what it may not write it cannot show.",
            "Set them on the App's page, then let an owner of the account accept them.",
        )  # fmt: skip


POINTS = (required_and_pinned, who_gets_past, stale_reviews, workflows, permissions)
"""What is looked at, in the order in which it is told."""


def _place(one: Required) -> str:
    return one.where if one.where == CLASSIC else f"the ruleset “{one.where}”"


def _rules_page(facts: Facts) -> str:
    return f"{facts.web}/settings/rules and {facts.web}/settings/branches"


def _pin_it(facts: Facts, branch: Branch) -> str:
    return (
        f"Require the status check `{facts.check}` on `{branch.name}` with {facts.app} chosen as its source, in "
        f"{facts.web}/settings/{'branches' if branch.protected else 'rules'}."
    )


def _command(facts: Facts, branch: Branch) -> str:
    """Add a ruleset, where the App may; for a person, only where classic protection has checks to change."""
    if (facts.granted or {}).get("administration") == "write":
        return f"golive harden {facts.repository} --branch {branch.name}"
    classic = [one for one in branch.required if one.where == CLASSIC and one.context != facts.check]
    if not branch.protected or not any(one.where == CLASSIC for one in branch.required):
        return ""
    checks = [
        *((one.context, -1 if one.app_id is None else one.app_id) for one in classic),
        (facts.check, facts.app_id),
    ]
    told = " ".join(f"-f 'checks[][context]={_quoted(name)}' -F 'checks[][app_id]={app}'" for name, app in checks)
    path = f"repos/{facts.repository}/branches/{branch.name}/protection/required_status_checks"
    return f"gh api -X PATCH {path} {told}"


def _quoted(text: str) -> str:
    """For inside single quotes of a shell."""
    return text.replace("'", "'\\''")


def _actor(kind: str, number: int | None, mode: str) -> str:
    kinds = {
        "OrganizationAdmin": "owners of the organisation", "RepositoryRole": "a role", "Integration": "an App",
        "Team": "a team", "DeployKey": "deploy keys", "User": "a person",
    }  # fmt: skip
    which = f" {number}" if number is not None and kind != "OrganizationAdmin" else ""
    return f"{kinds.get(kind, kind)}{which} ({mode.replace('_', ' ')})"


# ------------------------------------------------------------------ for the record


def digest(found: Iterable[Weakness]) -> str:
    """The same for the same findings."""
    return hashlib.sha256(json.dumps([asdict(one) for one in found], sort_keys=True).encode()).hexdigest()[:16]


def told(found: Iterable[Weakness]) -> list[dict[str, Any]]:
    """As JSON values."""
    return [asdict(one) for one in found]


def untold(values: Iterable[Mapping[str, Any]]) -> tuple[Weakness, ...]:
    """The way back; fields it does not know are of a newer golive."""
    known = {one.name for one in fields(Weakness)}
    return tuple(Weakness(**{name: value for name, value in one.items() if name in known}) for one in values)
