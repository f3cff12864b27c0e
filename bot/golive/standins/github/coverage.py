"""What this GitHub answers: endpoint, its name in GitHub's own OpenAPI description, and the test that drives it.

A contract test holds this table equal to the routes. Answers have the shape of the description's answer for that name;
each named test asks through the real SDK, and every exchange is validated against the description, both ways.
`PAGES` have no description.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One endpoint. `test` is a function in `tests/contract/test_github_standin.py`."""

    method: str
    template: str
    operation: str
    test: str
    source: str = "GitHub's OpenAPI description"


_DEPLOYS = "test_a_commit_is_deployed_and_an_environment_is_answered"
_APP = "test_an_app_finds_itself_its_installations_and_a_token"
_DELIVERIES = "test_webhook_deliveries_are_listed_and_sent_again"
_MANIFEST = "test_a_manifest_becomes_an_installed_app"
_PEOPLE = "test_accounts_organisations_and_teams_are_read"
_GIT = "test_a_repository_and_its_git_are_read"
_ACTIVITY = "test_who_moved_a_branch_is_listed"
_PULLS = "test_pull_requests_are_opened_read_changed_and_reviewed"
_TALK = "test_comments_reactions_labels_and_the_timeline"
_CHECKS = "test_check_runs_and_statuses_are_given_and_read"
_SUITES = "test_what_each_app_does_for_a_commit_and_what_waits_for_a_person_is_listed"
_PROTECTION = "test_branch_protection_is_read"
_DISPATCH = "test_workflows_are_started_by_name_and_by_event_and_their_runs_are_listed"
_RULES = "test_rulesets_and_what_workflows_may_are_read"
_ISSUES = "test_issues_are_opened_listed_and_read"
_MERGE = "test_a_pull_request_is_brought_up_to_date_and_merged"

_AS_ISSUE = "GitHub's REST reference of issues; answers in the description's shape of issues/get"

COVERAGE = (
    Row("POST", "/app-manifests/{code}/conversions", "apps/create-from-manifest", _MANIFEST),
    Row("POST", "/app/installations/{installation_id}/access_tokens", "apps/create-installation-access-token", _APP),
    Row("GET", "/app", "apps/get-authenticated", _APP),
    Row("GET", "/app/installations/{installation_id}", "apps/get-installation", _APP),
    Row("GET", "/orgs/{org}/installation", "apps/get-org-installation", _APP),
    Row("GET", "/repos/{owner}/{repo}/installation", "apps/get-repo-installation", _APP),
    Row("GET", "/users/{org}/installation", "apps/get-user-installation", _APP),
    Row("GET", "/app/hook/config", "apps/get-webhook-config-for-app", _DELIVERIES),
    Row("GET", "/app/hook/deliveries/{delivery_id}", "apps/get-webhook-delivery", _DELIVERIES),
    Row("GET", "/app/installations", "apps/list-installations", _APP),
    Row("GET", "/installation/repositories", "apps/list-repos-accessible-to-installation", _APP),
    Row("GET", "/app/hook/deliveries", "apps/list-webhook-deliveries", _DELIVERIES),
    Row("POST", "/app/hook/deliveries/{delivery_id}/attempts", "apps/redeliver-webhook-delivery", _DELIVERIES),
    Row("DELETE", "/installation/token", "apps/revoke-installation-access-token", _APP),
    Row("POST", "/repos/{owner}/{repo}/check-runs", "checks/create", _CHECKS),
    Row("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks/get", _CHECKS),
    Row("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", "checks/list-annotations", _CHECKS),
    Row("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", "checks/list-for-ref", _CHECKS),
    Row("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks/update", _CHECKS),
    Row("GET", "/repos/{owner}/{repo}/commits/{ref}/check-suites", "checks/list-suites-for-ref", _SUITES),
    Row("POST", "/repos/{owner}/{repo}/git/refs", "git/create-ref", _GIT),
    Row("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", "git/get-commit", _GIT),
    Row("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}", "git/update-ref", _DEPLOYS),
    Row("GET", "/repos/{owner}/{repo}/deployments", "repos/list-deployments", _DEPLOYS),
    Row("POST", "/repos/{owner}/{repo}/deployments", "repos/create-deployment", _DEPLOYS),
    Row(
        "GET",
        "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
        "repos/list-deployment-statuses",
        _DEPLOYS,
    ),
    Row(
        "POST",
        "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
        "repos/create-deployment-status",
        _DEPLOYS,
    ),
    Row(
        "GET",
        "/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments",
        "actions/get-pending-deployments-for-run",
        _DEPLOYS,
    ),
    Row(
        "POST",
        "/repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule",
        "actions/review-custom-gates-for-run",
        _DEPLOYS,
    ),
    Row("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}", "git/get-ref", _GIT),
    Row("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha}", "git/get-tree", _GIT),
    Row("GET", "/repos/{owner}/{repo}/issues", "issues/list-for-repo", _ISSUES, _AS_ISSUE),
    Row("POST", "/repos/{owner}/{repo}/issues", "issues/create", _ISSUES, _AS_ISSUE),
    Row("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", "issues/add-labels", _TALK),
    Row("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", "issues/create-comment", _TALK),
    Row("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", "issues/delete-comment", _TALK),
    Row("GET", "/repos/{owner}/{repo}/issues/{issue_number}", "issues/get", _TALK),
    Row("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", "issues/get-comment", _TALK),
    Row("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", "issues/list-comments", _TALK),
    Row("GET", "/repos/{owner}/{repo}/issues/{issue_number}/timeline", "issues/list-events-for-timeline", _TALK),
    Row("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", "issues/list-labels-on-issue", _TALK),
    Row("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", "issues/remove-label", _TALK),
    Row("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", "issues/update-comment", _TALK),
    Row("GET", "/orgs/{org}/members/{username}", "orgs/check-membership-for-user", _PEOPLE),
    Row("GET", "/orgs/{org}", "orgs/get", _PEOPLE),
    Row("GET", "/orgs/{org}/memberships/{username}", "orgs/get-membership-for-user", _PEOPLE),
    Row("GET", "/orgs/{org}/members", "orgs/list-members", _PEOPLE),
    Row("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "pulls/check-if-merged", _MERGE),
    Row("POST", "/repos/{owner}/{repo}/pulls", "pulls/create", _PULLS),
    Row("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pulls/create-review", _PULLS),
    Row(
        "PUT",
        "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals",
        "pulls/dismiss-review",
        _PULLS,
    ),
    Row("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", "pulls/get", _PULLS),
    Row("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", "pulls/get-review", _PULLS),
    Row("GET", "/repos/{owner}/{repo}/pulls", "pulls/list", _PULLS),
    Row(
        "GET",
        "/repos/{owner}/{repo}/commits/{commit_sha}/pulls",
        "repos/list-pull-requests-associated-with-commit",
        _PULLS,
    ),
    Row("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", "pulls/list-commits", _PULLS),
    Row("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", "pulls/list-files", _PULLS),
    Row(
        "GET",
        "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
        "pulls/list-requested-reviewers",
        _PULLS,
    ),
    Row("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pulls/list-reviews", _PULLS),
    Row("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "pulls/merge", _MERGE),
    Row("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "pulls/request-reviewers", _PULLS),
    Row("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}", "pulls/update", _PULLS),
    Row("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch", "pulls/update-branch", _MERGE),
    Row("GET", "/rate_limit", "rate-limit/get", _APP),
    Row(
        "POST",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
        "reactions/create-for-issue-comment",
        _TALK,
    ),
    Row(
        "DELETE",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}",
        "reactions/delete-for-issue-comment",
        _TALK,
    ),
    Row("GET", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", "reactions/list-for-issue", _TALK),
    Row(
        "GET",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
        "reactions/list-for-issue-comment",
        _TALK,
    ),
    Row("GET", "/repos/{owner}/{repo}/compare/{basehead:path}", "repos/compare-commits-with-basehead", _GIT),
    Row("POST", "/repos/{owner}/{repo}/statuses/{sha}", "repos/create-commit-status", _CHECKS),
    Row("GET", "/repos/{owner}/{repo}", "repos/get", _GIT),
    Row("GET", "/repos/{owner}/{repo}/branches/{branch:path}", "repos/get-branch", _GIT),
    Row("GET", "/repos/{owner}/{repo}/branches/{branch:path}/protection", "repos/get-branch-protection", _PROTECTION),
    Row(
        "POST",
        "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
        "actions/create-workflow-dispatch",
        _DISPATCH,
    ),
    Row("POST", "/repos/{owner}/{repo}/dispatches", "repos/create-dispatch-event", _DISPATCH),
    Row("GET", "/repos/{owner}/{repo}/actions/runs", "actions/list-workflow-runs-for-repo", _DISPATCH),
    Row("GET", "/repos/{owner}/{repo}/rules/branches/{branch:path}", "repos/get-branch-rules", _RULES),
    Row("GET", "/repos/{owner}/{repo}/rulesets/{ruleset_id}", "repos/get-repo-ruleset", _RULES),
    Row("POST", "/repos/{owner}/{repo}/rulesets", "repos/create-repo-ruleset", _RULES),
    Row(
        "GET",
        "/repos/{owner}/{repo}/actions/permissions/workflow",
        "actions/get-github-actions-default-workflow-permissions-repository",
        _RULES,
        "GitHub's REST reference of GitHub Actions permissions; the kept part of the description leaves it out",
    ),
    Row(
        "GET",
        "/repos/{owner}/{repo}/collaborators/{username}/permission",
        "repos/get-collaborator-permission-level",
        _PEOPLE,
    ),
    Row("GET", "/repos/{owner}/{repo}/collaborators", "repos/list-collaborators", _PEOPLE),
    Row("GET", "/repos/{owner}/{repo}/commits/{ref}/status", "repos/get-combined-status-for-ref", _CHECKS),
    Row("GET", "/repos/{owner}/{repo}/commits/{ref:path}", "repos/get-commit", _GIT),
    Row("GET", "/repos/{owner}/{repo}/activity", "repos/list-activities", _ACTIVITY),
    Row("GET", "/repos/{owner}/{repo}/contents/{path:path}", "repos/get-content", _GIT),
    Row(
        "GET",
        "/repos/{owner}/{repo}/branches/{branch:path}/protection/required_status_checks",
        "repos/get-status-checks-protection",
        _PROTECTION,
    ),
    Row("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", "repos/list-commit-statuses-for-ref", _CHECKS),
    Row("GET", "/repos/{owner}/{repo}/statuses/{ref}", "repos/list-commit-statuses-for-ref", _CHECKS),
    Row("GET", "/orgs/{org}/teams/{team_slug}", "teams/get-by-name", _PEOPLE),
    Row(
        "GET",
        "/organizations/{org}/team/{team_slug}/memberships/{username}",
        "teams/get-membership-for-user-in-org",
        _PEOPLE,
    ),
    Row("GET", "/orgs/{org}/teams/{team_slug}/memberships/{username}", "teams/get-membership-for-user-in-org", _PEOPLE),
    Row("GET", "/orgs/{org}/teams", "teams/list", _PEOPLE),
    Row("GET", "/organizations/{org}/team/{team_slug}/members", "teams/list-members-in-org", _PEOPLE),
    Row("GET", "/orgs/{org}/teams/{team_slug}/members", "teams/list-members-in-org", _PEOPLE),
    Row("GET", "/user", "users/get-authenticated", _PEOPLE),
    Row("GET", "/user/{account_id}", "users/get-by-id", _PEOPLE),
    Row("GET", "/users/{username}", "users/get-by-username", _PEOPLE),
)

PAGES = frozenset({
    "page/access-token", "page/act", "page/authorize", "page/authorized", "page/check-run", "page/choose-account",
    "page/file", "page/graphql", "page/index", "page/install-app", "page/new-app", "page/new-organization-app", "page/pull",
})  # fmt: skip
"""Human pages by name: looked at, not called by programs; the exchange of a sign-in's code, which the description leaves
out; and GraphQL, which has a description of its own and is driven by `test_github_standin_queue.py`. The exchange stands in
GitHub's "Generating a user access token for a GitHub App", and `test_linking.py` drives it."""
