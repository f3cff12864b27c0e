"""What GitHub says of how a repository is guarded: protection, rulesets, what workflows may, what our App was granted.

Every question that GitHub refuses to answer becomes a reason in `unread`; only what it cannot answer *now* is raised.
Add a fact by reading it here and giving it a field in `core.hardening`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from golive.core.errors import Gone, Misconfigured
from golive.core.hardening import CLASSIC, Branch, Facts, Required, Ruleset
from golive.githubapp.client import Api, Rejected

T = TypeVar("T")
UNPROTECTED = "Branch not protected"
"""GitHub's words where a branch has no classic protection."""


class Guards:
    """Reads with one installation's rights, and as the App itself what the installation was granted.

    installation: its number.   path: `/repos/owner/name`.
    """

    def __init__(self, api: Api, app: Api, installation: int, path: str) -> None:
        self._api = api
        self._app = app
        self._installation = installation
        self._path = path

    def facts(self, blank: Facts, branches: Sequence[str]) -> Facts:
        """Everything about these branches. blank: what is known without asking."""
        unread: dict[str, str] = {}
        rulesets: dict[int, Ruleset] = {}
        bound = tuple(self._branch(name, rulesets) for name in branches)
        approve = self._asked(unread, "workflows", self._workflows_approve)
        granted = self._asked(unread, "permissions", self._granted)
        return replace(blank, branches=bound, workflows_approve=approve, granted=granted, unread=unread)

    def _branch(self, name: str, rulesets: dict[int, Ruleset]) -> Branch:
        unread: dict[str, str] = {}
        branch = Branch(name)
        protection = self._asked(unread, CLASSIC, lambda: self._protection(name))
        if protection is None:
            branch = replace(branch, protected=None)
        elif protection:
            branch = _protected(branch, protection)
        rules = self._asked(
            unread, "rules", lambda: list(self._api.pages(f"{self._path}/rules/branches/{_part(name)}"))
        )
        if rules is None:
            return replace(branch, rulesets=None, unread=unread)
        for rule in rules:
            if (number := rule.get("ruleset_id")) and number not in rulesets:
                rulesets[number] = self._ruleset(int(number), str(rule.get("ruleset_source", "")))
        return _ruled(replace(branch, unread=unread), rules, rulesets)

    def _protection(self, name: str) -> Mapping[str, Any]:
        """Empty where there is none: GitHub says 404 and this for that; any other 404 hides something."""
        try:
            told: Mapping[str, Any] = self._api.get(f"{self._path}/branches/{_part(name)}/protection")
        except Gone as gone:
            if UNPROTECTED in str(gone):
                return {}
            raise
        return told

    def _ruleset(self, number: int, source: str) -> Ruleset:
        """One of an organisation may be hidden from us; then who gets past it is not told either."""
        told = self._asked({}, "", lambda: self._seen(number)) or {}
        bypass = None
        if isinstance(told.get("bypass_actors"), list):
            bypass = tuple(
                (str(one.get("actor_type", "")), one.get("actor_id"), str(one.get("bypass_mode") or "always"))
                for one in told["bypass_actors"]
            )
        return Ruleset(number, str(told.get("name") or number), source, bypass)

    def _seen(self, number: int) -> Mapping[str, Any]:
        try:
            told: Mapping[str, Any] = self._api.get(f"{self._path}/rulesets/{number}")
        except Gone:
            return {}
        return told

    def _workflows_approve(self) -> bool:
        return bool(self._api.get(f"{self._path}/actions/permissions/workflow")["can_approve_pull_request_reviews"])

    def _granted(self) -> Mapping[str, str]:
        told: Mapping[str, str] = self._app.get(f"/app/installations/{self._installation}").get("permissions", {})
        return told

    @staticmethod
    def _asked(unread: dict[str, str], what: str, ask: Callable[[], T]) -> T | None:
        """The answer, or None with GitHub's reason kept."""
        try:
            return ask()
        except (Rejected, Gone, Misconfigured) as no:
            unread[what] = str(no).rstrip(".")
            return None


def pin(api: Api, facts: Facts, branch: str) -> str:
    """A ruleset more, which requires our check of our App on this branch; it takes nothing away. Returns its page.

    Raises Rejected where the App may not: it needs `administration: write`. Source: "Create a repository ruleset".
    """
    checks = [{"context": facts.check, "integration_id": facts.app_id}]
    rule = {
        "type": "required_status_checks",
        "parameters": {"required_status_checks": checks, "strict_required_status_checks_policy": False},
    }
    body = {
        "name": f"golive on {branch}", "target": "branch", "enforcement": "active", "rules": [rule],
        "conditions": {"ref_name": {"include": [f"refs/heads/{branch}"], "exclude": []}},
    }  # fmt: skip
    made = api.send("POST", f"/repos/{facts.repository}/rulesets", body)
    return f"{facts.web}/rules/{made['id']}"


def _part(name: str) -> str:
    """A branch's name inside a path; its slashes stay, as GitHub takes them."""
    return quote(name, safe="/")


def _protected(branch: Branch, told: Mapping[str, Any]) -> Branch:
    checks = (told.get("required_status_checks") or {}).get("checks") or ()
    reviews = told.get("required_pull_request_reviews")
    return replace(
        branch,
        protected=True,
        required=tuple(Required(str(one["context"]), _app_of(one.get("app_id"))) for one in checks),
        admins_bound=bool((told.get("enforce_admins") or {}).get("enabled")),
        dismisses_stale=bool(reviews.get("dismiss_stale_reviews")) if reviews else None,
    )


def _ruled(branch: Branch, rules: Sequence[Mapping[str, Any]], rulesets: Mapping[int, Ruleset]) -> Branch:
    required, stale, bound = list(branch.required), branch.dismisses_stale, set()
    for rule in rules:
        where = rulesets.get(int(rule.get("ruleset_id") or 0), Ruleset(0, "?"))
        bound.add(where.id)
        parameters = rule.get("parameters") or {}
        if rule.get("type") == "required_status_checks":
            required += [
                Required(str(one["context"]), _app_of(one.get("integration_id")), where.name)
                for one in parameters.get("required_status_checks") or ()
            ]
        if rule.get("type") == "pull_request" and parameters.get("required_approving_review_count"):
            # the strictest of all rules holds
            stale = bool(stale) or bool(parameters.get("dismiss_stale_reviews_on_push"))
    return replace(
        branch, required=tuple(required), dismisses_stale=stale,
        rulesets=tuple(one for number, one in rulesets.items() if number in bound),
    )  # fmt: skip


def _app_of(number: int | None) -> int | None:
    """Absent and -1 both mean any App. Source: "Update status check protection" of GitHub's REST reference."""
    return None if number in (None, -1) else int(number)
