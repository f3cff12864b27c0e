"""Rulesets, and what workflows may do: set by an administrator's act, read by endpoints.

Who may get past a ruleset is told only to somebody who may change it, as on GitHub ("Get a repository ruleset").
Add a rule as a field of `world.Ruleset` and its shape in `_rules_of`.
"""

from __future__ import annotations

from collections.abc import Iterable

from golive.standins.github.base import Call, needed, number
from golive.standins.github.hooks import act
from golive.standins.github.merging import Merging
from golive.standins.github.routes_queue import PARAMETERS
from golive.standins.github.shapes import Json, stamp
from golive.standins.github.world import RefusedError, Repo, Ruleset
from golive.standins.wire import Response, route


class RuleRoutes(Merging):
    """What binds branches besides their classic protection."""

    @act
    def ruleset(
        self, repo: str, branches: Iterable[str], *, name: str = "Releases",
        required: Iterable[tuple[str, int | None]] = (), dismiss_stale: bool | None = None,
        bypass: Iterable[tuple[str, int | None, str]] = (), enforcement: str = "active",
    ) -> int:  # fmt: skip
        """A ruleset of the repository: (context, App id) pairs that it requires, (type, id, mode) of who gets past it."""
        where = self.world.repo(repo)
        made = Ruleset(self.world.new_id(), name, tuple(branches), where.full_name, self.world.now(), dict(required),
                       False, dismiss_stale, tuple(bypass), enforcement)  # fmt: skip
        where.rulesets[made.id] = made
        return made.id

    @act
    def let_workflows_approve(self, repo: str, may: bool = True) -> None:
        """Whether GitHub Actions may approve pull requests."""
        self.world.repo(repo).actions_approve = may

    @route("GET", "/repos/{owner}/{repo}/rules/branches/{branch:path}", "repos/get-branch-rules")
    def get_rules(self, call: Call, repo: Repo, branch: str) -> Response:
        """Every rule of active rulesets that binds a branch; rules of classic protection are not among them."""
        found = [rule | {"ruleset_source_type": "Repository", "ruleset_source": rules.source, "ruleset_id": rules.id}
                 for rules in repo.rulesets.values() if rules.enforcement == "active" and branch in rules.branches
                 for rule in _rules_of(rules)]  # fmt: skip
        if branch in repo.queue_rules:
            found.append({"type": "merge_queue", "parameters": PARAMETERS, "ruleset_source_type": "Repository",
                          "ruleset_source": repo.full_name, "ruleset_id": repo.id})  # fmt: skip
        return self.listed(call, found, dict)

    @route("GET", "/repos/{owner}/{repo}/rulesets/{ruleset_id}", "repos/get-repo-ruleset")
    def get_ruleset(self, call: Call, repo: Repo, ruleset_id: str) -> Response:
        """One ruleset whole."""
        rules = repo.rulesets.get(number(ruleset_id))
        if rules is None:
            raise RefusedError(404, "Not Found")
        return Response.of(200, self._in_full(call, repo, rules))

    @route("POST", "/repos/{owner}/{repo}/rulesets", "repos/create-repo-ruleset")
    def create_ruleset(self, call: Call, repo: Repo) -> Response:
        """A ruleset of the repository; this stand-in knows required checks on named branches."""
        body = call.body()
        name, enforcement = needed(body, "name", str), needed(body, "enforcement", str)
        if any(known.name == name for known in repo.rulesets.values()):
            raise RefusedError(422, "Validation Failed: Name must be unique")
        refs = body.get("conditions", {}).get("ref_name", {}).get("include", [])
        checks = [one for rule in body.get("rules", []) if rule["type"] == "required_status_checks"
                  for one in rule["parameters"]["required_status_checks"]]  # fmt: skip
        made = Ruleset(self.world.new_id(), name, tuple(ref.removeprefix("refs/heads/") for ref in refs), repo.full_name,
                       self.world.now(), {one["context"]: one.get("integration_id") for one in checks},
                       enforcement=enforcement)  # fmt: skip
        repo.rulesets[made.id] = made
        return Response.of(201, self._in_full(call, repo, made))

    def _in_full(self, call: Call, repo: Repo, rules: Ruleset) -> Json:
        refs = {"include": [f"refs/heads/{branch}" for branch in rules.branches], "exclude": []}
        url, page = call.shapes.api(repo, f"rulesets/{rules.id}"), call.shapes.page(repo, f"rules/{rules.id}")
        whole: Json = {
            "id": rules.id, "name": rules.name, "target": "branch", "source_type": "Repository", "source": rules.source,
            "enforcement": rules.enforcement, "current_user_can_bypass": "never", "node_id": f"RRS_{rules.id}",
            "_links": {"self": {"href": url}, "html": {"href": page}}, "conditions": {"ref_name": refs},
            "rules": _rules_of(rules), "created_at": stamp(rules.created_at), "updated_at": stamp(rules.created_at),
        }  # fmt: skip
        if self._may_change(call, repo):
            whole["bypass_actors"] = [{"actor_id": i, "actor_type": kind, "bypass_mode": mode}
                                      for kind, i, mode in rules.bypass]  # fmt: skip
        return whole

    def _may_change(self, call: Call, repo: Repo) -> bool:
        token = call.caller.token
        if token is None:
            return False
        if token.installation is not None:
            return token.permissions.get("administration") == "write"
        return self.world.may(repo, token.user.login, "admin")

    @route("GET", "/repos/{owner}/{repo}/actions/permissions/workflow",
           "actions/get-github-actions-default-workflow-permissions-repository")  # fmt: skip
    def get_workflow_permissions(self, call: Call, repo: Repo) -> Response:
        """What the token of a workflow may do where the workflow does not say."""
        return Response.of(200, {"default_workflow_permissions": "read",
                                 "can_approve_pull_request_reviews": repo.actions_approve})  # fmt: skip


def _rules_of(rules: Ruleset) -> list[Json]:
    out: list[Json] = []
    if rules.required:
        checks = [{"context": c} | ({"integration_id": app} if app else {}) for c, app in rules.required.items()]
        parameters = {"required_status_checks": checks, "strict_required_status_checks_policy": rules.strict,
                      "do_not_enforce_on_create": False}  # fmt: skip
        out.append({"type": "required_status_checks", "parameters": parameters})
    if rules.dismiss_stale is not None:
        parameters = {"dismiss_stale_reviews_on_push": rules.dismiss_stale, "require_code_owner_review": False,
                      "require_last_push_approval": False, "required_approving_review_count": 1,
                      "required_review_thread_resolution": False}  # fmt: skip
        out.append({"type": "pull_request", "parameters": parameters})
    return out
