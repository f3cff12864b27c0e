"""The GitHub stand-in against GitHub's own description: asked by the real SDK, each exchange validated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from github import Auth, GithubException

from contract.github_world import DATA, POEM, SHOP, Asked, a_github, a_pull
from contract.openapi import OpenAPI
from golive.standins.github import GitHub
from golive.standins.github.coverage import COVERAGE, PAGES
from golive.standins.wire import Exchange, Request, Response

pytestmark = pytest.mark.sockets
MANIFEST = {"name": "Ship It", "url": "https://ship.example.com", "redirect_url": "https://ship.example.com/made",
            "setup_url": "https://ship.example.com/set-up", "default_permissions": {"checks": "write"},
            "default_events": ["push"], "hook_attributes": {"url": "https://ship.example.com/hook"}}  # fmt: skip


@pytest.fixture(scope="module")
def described() -> OpenAPI:
    return OpenAPI(DATA / "openapi-subset.json")


@pytest.fixture
def asked(request: pytest.FixtureRequest, described: OpenAPI) -> Iterator[Asked]:
    """The stand-in on a socket. Afterwards: all exchanges were valid, all endpoints claimed for the test answered."""
    asked = Asked(*a_github())
    seen: list[Exchange] = []
    asked.github.observers.append(seen.append)
    yield asked
    asked.stop()
    api = [e for e in seen if not (e.operation or "").startswith("page/")]
    errors = [error for e in api for error in (*described.request_errors(e), *described.response_errors(e))]
    assert not errors, "\n".join(["correct the stand-in's shapes or the request:", *dict.fromkeys(errors)])
    routes = {(r.method, r.template): r.pattern for r in asked.github.routes}
    silent = [f"{row.method} {row.template}" for row in COVERAGE
              if row.test == request.node.name and not any(
                  e.request.method == row.method and e.operation == row.operation and e.response.status < 300
                  and routes[row.method, row.template].match(e.request.path) for e in api)]  # fmt: skip
    assert not silent, f"coverage.py says that this test drives {silent}; ask for them here"


def refused(call: Any, *args: Any, **kwargs: Any) -> int:
    """The status with which a call is refused."""
    with pytest.raises(GithubException) as caught:
        call(*args, **kwargs)
    return int(caught.value.status)


def test_every_route_has_a_row_and_every_row_a_route(described: OpenAPI) -> None:
    github = GitHub()
    api = {(r.method, r.template, r.operation) for r in github.routes if not r.operation.startswith("page/")}
    assert api == {(row.method, row.template, row.operation) for row in COVERAGE}, "bring coverage.py in line"
    assert {r.operation for r in github.routes if r.operation.startswith("page/")} == PAGES
    unknown = {row.operation for row in COVERAGE} - set(described.operations)
    assert not unknown, f"not in GitHub's description: {unknown}"
    missing = {row.test for row in COVERAGE} - set(globals())
    assert not missing, f"coverage.py names tests that do not exist: {missing}"


def test_the_validator_sees_wrong_requests_and_wrong_answers(described: OpenAPI) -> None:
    def errors(method: str, url: str, operation: str, body: object, status: int, answer: object) -> tuple[int, int]:
        request = Request.of(method, f"http://x{url}", {"content-type": "application/json"}, json.dumps(body))
        exchange = Exchange(request, Response.of(status, answer), operation)
        return len(described.request_errors(exchange)), len(described.response_errors(exchange))

    runs = "/repos/acme/shop/check-runs"
    good = {"name": "golive", "head_sha": "a" * 40}
    assert errors("POST", runs, "checks/create", good, 422, {"message": "no"}) == (0, 0)
    assert errors("POST", runs, "checks/create", good | {"titel": "x"}, 201, {"id": 1})[0] == 1
    assert errors("POST", runs, "checks/create", {"name": "golive"}, 418, {})[0] == 1
    assert errors("POST", runs, "checks/create", good, 201, {"id": 1})[1] > 0
    assert errors("POST", runs, "checks/create", good, 418, {})[1] == 1
    assert errors("GET", f"{runs}?perpage=3", "checks/create", good, 422, {"message": "no"})[0] > 0
    assert errors("POST", runs, "checks/made-up", good, 201, {}) == (1, 1)
    assert errors("GET", "/repos/acme/shop/pulls/one", "pulls/get", {}, 404, {"message": "no"})[0] == 1


def test_an_app_finds_itself_its_installations_and_a_token(asked: Asked) -> None:
    app, it = asked.as_app.get_app(), asked.as_app.get_repo_installation("acme", "shop")
    assert (app.slug, app.permissions["checks"]) == ("golive", "write")
    assert [i.id for i in asked.as_app.get_installations()] == [it.id] == [asked.installation]
    assert asked.as_app.get_app_installation(it.id).raw_data["account"]["login"] == "acme"
    asked.github.install(asked.app, "bo")
    assert asked.as_app.get_org_installation("acme").id == it.id != asked.as_app.get_user_installation("bo").id
    token = asked.as_app.get_access_token(it.id, permissions={"checks": "write", "metadata": "read"})
    assert token.permissions == {"checks": "write", "metadata": "read"}
    narrow = asked.as_client(Auth.Token(token.token))
    assert narrow.get_repo(SHOP).full_name == SHOP
    requester = asked.client.requester
    _, reached = requester.requestJsonAndCheck("GET", "/installation/repositories")
    assert [r["full_name"] for r in reached["repositories"]] == [SHOP]
    assert asked.client.get_rate_limit().rate.limit == 5000
    narrow.requester.requestJsonAndCheck("DELETE", "/installation/token")
    assert refused(narrow.get_repo, SHOP) == 401


def test_webhook_deliveries_are_listed_and_sent_again(asked: Asked) -> None:
    asked.github.lose_waiting()
    number = a_pull(asked.github)
    asked.github.comment(SHOP, number, by="ana", body="Looks good")
    asked.github.courier.post = lambda outgoing: (202, b"kept")
    asked.github.courier.pump()
    requester = asked.as_app.requester
    _, config = requester.requestJsonAndCheck("GET", "/app/hook/config")
    assert config["url"] == "http://127.0.0.1:9/hook"
    headers, log = requester.requestJsonAndCheck("GET", "/app/hook/deliveries?per_page=2")
    assert [d["event"] for d in log] == ["issue_comment", "pull_request"]
    assert {d["status"] for d in log} == {"OK"}
    cursor = headers["link"].partition("cursor=")[2].partition(">")[0]
    _, older = requester.requestJsonAndCheck("GET", f"/app/hook/deliveries?per_page=100&cursor={cursor}")
    lost = next(d for d in older if d["status"] != "OK")
    _, whole = requester.requestJsonAndCheck("GET", f"/app/hook/deliveries/{lost['id']}")
    assert whole["request"]["payload"]["action"] == lost["action"] == "created"
    requester.requestJsonAndCheck("POST", f"/app/hook/deliveries/{lost['id']}/attempts")
    assert asked.github.courier.pump() == 1
    _, log = requester.requestJsonAndCheck("GET", "/app/hook/deliveries?per_page=1")
    assert (log[0]["guid"], log[0]["redelivery"], log[0]["status"]) == (lost["guid"], True, "OK")


def test_a_manifest_becomes_an_installed_app(asked: Asked) -> None:
    github = asked.github

    def post(path: str, body: str) -> Response:
        return github.respond(Request.of("POST", f"{asked.served.url}{path}", {}, body))

    form = f"manifest={json.dumps(MANIFEST).replace('&', '%26')}"
    made = post("/organizations/acme/settings/apps/new?state=abc", form)
    assert made.headers["location"].startswith("https://ship.example.com/made?code=")
    assert made.headers["location"].endswith("&state=abc")
    code = made.headers["location"].partition("code=")[2].partition("&")[0]
    nobody = asked.as_client(None).requester
    _, app = nobody.requestJsonAndCheck("POST", f"/app-manifests/{code}/conversions")
    assert (app["slug"], app["owner"]["login"], app["permissions"]["checks"]) == ("ship-it", "acme", "write")
    assert github.world.app("ship-it").webhook_secret == app["webhook_secret"]
    assert nobody.requestJson("POST", f"/app-manifests/{code}/conversions")[0] == 404, "a code works once"
    page = github.respond(Request.of("GET", f"{asked.served.url}/apps/ship-it/installations/new"))
    assert b"checks: write" in page.body
    installed = post("/apps/ship-it/installations/new", "account=acme&state=s")
    assert installed.headers["location"].startswith("https://ship.example.com/set-up?installation_id=")


def test_accounts_organisations_and_teams_are_read(asked: Asked) -> None:
    github, client = asked.github, asked.client
    crowd = [f"dev{n:03}" for n in range(130)]
    for login in crowd:
        github.add_user(login)
    github.set_team("acme/security", members=["ana", *crowd], pending=["bo"])
    org = client.get_organization("acme")
    team = org.get_team_by_slug("security")
    assert [t.slug for t in org.get_teams()] == ["security"]
    assert len(list(team.get_members())) == 131, "a list is read to its last page"
    assert "bo" not in {m.login for m in team.get_members()}
    states = {login: team.get_team_membership(login).state for login in ("ana", "bo")}
    assert states == {"ana": "active", "bo": "pending"}
    assert refused(team.get_team_membership, "cy") == 404
    requester = client.requester
    _, members = requester.requestJsonAndCheck("GET", "/orgs/acme/teams/security/members?per_page=100&page=2")
    assert len(members) == 31
    _, place = requester.requestJsonAndCheck("GET", "/orgs/acme/teams/security/memberships/bo")
    assert place["state"] == "pending"
    ana = client.get_user("ana")
    assert org.has_in_members(ana)
    assert not org.has_in_members(client.get_user("bo"))
    assert {"ana", "cy"} <= {m.login for m in org.get_members()}
    _, place = requester.requestJsonAndCheck("GET", "/orgs/acme/memberships/bo")
    assert place["state"] == "pending"
    assert client.get_user_by_id(ana.id).login == "ana"
    assert asked.shop.get_collaborator_permission("bo") == "write"
    github.grant(SHOP, "bo", "maintain")
    strong = {c.login: c.role_name for c in asked.shop.get_collaborators(permission="push")}
    assert strong == {"bo": "maintain", "cy": "admin"}, "cy by owning the organisation"
    assert [c.login for c in asked.shop.get_collaborators(permission="admin")] == ["cy"]
    assert len(list(asked.shop.get_collaborators())) == 133
    assert asked.as_client(Auth.Token(github.personal_token("ana"))).get_user().login == "ana"


def test_a_repository_and_its_git_are_read(asked: Asked) -> None:
    a_pull(asked.github)
    shop = asked.shop
    by_id = asked.client.get_repo(shop.id)
    assert (by_id.full_name, by_id.default_branch) == (SHOP, "main")
    lazy = asked.lazy.get_repo(shop.id)
    assert lazy.get_pull(1).head.ref == "release/1", "everything below /repositories/{id} answers too"
    file = shop.get_contents(".github/golive.yml", ref="main")
    assert not isinstance(file, list)
    assert file.decoded_content == b"version: 1\n"
    folder = shop.get_contents("docs")
    assert isinstance(folder, list)
    assert [f.path for f in folder] == ["docs/guide.md"]
    assert refused(shop.get_contents, "nothing.yml") == 404
    head = shop.get_branch("release/1").commit.sha
    assert shop.get_git_ref("heads/release/1").object.sha == head
    commit = shop.get_git_commit(head)
    assert shop.get_commit("release/1").files[0].filename == "poem.txt"
    tree = shop.get_git_tree(commit.tree.sha, recursive=True)
    assert {e.path for e in tree.tree if e.type == "blob"} == {"poem.txt", "docs/guide.md", ".github/golive.yml"}
    compared = shop.compare("main", "release/1")
    assert (compared.status, compared.ahead_by, [f.filename for f in compared.files]) == ("ahead", 1, ["poem.txt"])
    shop.create_git_ref("refs/heads/release/2", head)
    assert asked.github.world.repo(SHOP).git.refs["heads/release/2"] == head


def test_pull_requests_are_opened_read_changed_and_reviewed(asked: Asked) -> None:
    github, shop = asked.github, asked.shop
    a_pull(github)
    pull = shop.get_pull(1)
    assert (pull.mergeable, pull.mergeable_state, pull.commits, pull.changed_files) == (True, "clean", 1, 1)
    assert [p.number for p in shop.get_pulls(state="open", base="main")] == [1]
    assert [p.number for p in shop.get_commit(shop.get_pull(1).head.sha).get_pulls()] == [1]
    assert [f.filename for f in pull.get_files()] == ["poem.txt"]
    assert [c.commit.message for c in pull.get_commits()] == ["End it"]
    pull.create_review(body="Please look again", event="COMMENT")
    github.review(SHOP, 1, by="ana", state="APPROVE")
    reviews = list(pull.get_reviews())
    assert [(r.user.login, r.state) for r in reviews] == [("golive[bot]", "COMMENTED"), ("ana", "APPROVED")]
    assert pull.get_review(reviews[1].id).commit_id == pull.head.sha
    reviews[1].dismiss("Too early")
    assert [r.state for r in pull.get_reviews()] == ["COMMENTED", "DISMISSED"]
    assert refused(reviews[0].dismiss, "A comment stays") == refused(reviews[1].dismiss, "Again") == 422
    pull.create_review_request(reviewers=["cy"])
    assert [u.login for u in pull.get_review_requests()[0]] == ["cy"]
    pull.edit(title="Release of today", base="main")
    assert github.pull(SHOP, 1).title == "Release of today"
    github.commit(SHOP, "release/2", {"new.txt": "new\n"}, by="bo")
    second = shop.create_pull(base="main", head="release/2", title="Two", body="")
    second.edit(state="closed")
    assert [p.number for p in shop.get_pulls(state="closed")] == [second.number]


def test_comments_reactions_labels_and_the_timeline(asked: Asked) -> None:
    github, shop = asked.github, asked.shop
    a_pull(github)
    issue = shop.get_issue(1)
    comment = issue.create_comment("Sign off here")
    comment.edit("Sign off here, please")
    github.react(SHOP, comment.id, by="ana")
    github.react_to_pull(SHOP, 1, by="cy", content="rocket")
    assert [c.body for c in issue.get_comments()] == ["Sign off here, please"]
    assert issue.get_comment(comment.id).user.login == "golive[bot]"
    assert [(r.user.login, r.content) for r in comment.get_reactions()] == [("ana", "+1")]
    assert [r.content for r in issue.get_reactions()] == ["rocket"]
    eyes = comment.create_reaction("eyes")
    assert comment.create_reaction("eyes").id == eyes.id, "the same reaction again is the same reaction"
    comment.delete_reaction(eyes.id)
    issue.add_to_labels("release", "urgent")
    issue.remove_from_labels("urgent")
    assert [one.name for one in issue.get_labels()] == ["release"]
    github.review(SHOP, 1, by="ana", state="APPROVE")
    github.force_push(SHOP, "release/1", {"poem.txt": POEM + "more\n"}, by="bo")
    github.edit_pull(SHOP, 1, by="bo", title="Another title")
    github.set_draft(SHOP, 1, True, by="bo")
    events = [e.event for e in issue.get_timeline()]
    assert events == ["committed", "commented", "labeled", "labeled", "unlabeled", "reviewed", "head_ref_force_pushed",
                      "renamed", "convert_to_draft"]  # fmt: skip
    comment.delete()
    assert github.comments(SHOP, 1) == []


def test_issues_are_opened_listed_and_read(asked: Asked) -> None:
    github, shop = asked.github, asked.shop
    number = a_pull(github)
    mine = shop.create_issue("Look at the override", body="It was used today.")
    theirs = github.open_issue(SHOP, by="ana", title="Another")
    assert (mine.number, theirs) == (number + 1, number + 2), "issues and pull requests share their numbers"
    assert shop.get_issue(mine.number).pull_request is None
    assert [i.number for i in shop.get_issues(state="all")] == [theirs, mine.number, number]
    assert [i.number for i in shop.get_issues(creator="golive[bot]", state="all")] == [mine.number]
    github.close_pull(SHOP, number, by="bo")
    assert [i.number for i in shop.get_issues()] == [theirs, mine.number]
    assert refused(shop.create_issue, " ") == 422


def test_check_runs_and_statuses_are_given_and_read(asked: Asked) -> None:
    github, shop = asked.github, asked.shop
    number = a_pull(github)
    sha = github.pull(SHOP, number).head.sha
    action = {"label": "Hold", "description": "Stop here", "identifier": "hold"}
    note = {"path": "poem.txt", "start_line": 20, "end_line": 20, "annotation_level": "warning", "message": "The end?"}
    run = shop.create_check_run("golive", sha, status="in_progress", external_id="r1", actions=[action],
                                output={"title": "Waiting", "summary": "on ana", "annotations": [note]})  # fmt: skip
    run.edit(status="completed", conclusion="success", output={"title": "Go", "summary": "all met"})
    read = shop.get_check_run(run.id)
    assert (read.conclusion, read.app.slug, [p.number for p in read.pull_requests]) == ("success", "golive", [number])
    assert [a.message for a in read.get_annotations()] == ["The end?"]
    github.check_run(SHOP, sha, name="tests", app="ci", conclusion="failure")
    commit = shop.get_commit(sha)
    assert {r.name for r in commit.get_check_runs(filter="all")} == {"golive", "tests"}
    _, ours = asked.client.requester.requestJsonAndCheck(
        "GET", f"/repos/{SHOP}/commits/{sha}/check-runs?app_id={asked.app.id}&filter=latest"
    )
    assert [r["name"] for r in ours["check_runs"]] == ["golive"]
    assert commit.get_combined_status().state == "pending"
    commit.create_status("success", description="fine", context="lint")
    assert commit.get_combined_status().state == "success"
    assert [s.context for s in commit.get_statuses()] == ["lint"]
    _, listed = asked.client.requester.requestJsonAndCheck("GET", f"/repos/{SHOP}/commits/{sha}/statuses")
    assert [s["context"] for s in listed] == ["lint"]


def test_what_each_app_does_for_a_commit_and_what_waits_for_a_person_is_listed(asked: Asked) -> None:
    github, shop = asked.github, asked.shop
    number = a_pull(github)
    sha = github.pull(SHOP, number).head.sha

    def suites() -> dict[str, tuple[str, str | None, int]]:
        found = shop.get_commit(sha).get_check_suites()
        return {s.app.slug: (s.status, s.conclusion, s.latest_check_runs_count) for s in found}

    assert suites() == {"golive": ("queued", None, 0)}, "an App that may write checks has a suite before it begins"
    shop.create_check_run("golive", sha, status="completed", conclusion="failure")
    github.hold_run(SHOP, sha)
    assert suites() == {"golive": ("completed", "failure", 1), "github-actions": ("completed", "action_required", 0)}
    assert github.approve_runs(SHOP, sha, by="bo") == 1
    assert suites()["github-actions"] == ("queued", None, 0)


def test_a_commit_is_deployed_and_an_environment_is_answered(asked: Asked) -> None:
    github, shop = asked.github, asked.shop
    sha = github.commit(SHOP, "release/2.0", {"poem.txt": "two\n"}, by="ana")
    shop.get_commit(sha).create_status("pending", context="build")
    ask = {"task": "deploy", "auto_merge": False, "environment": "production", "payload": {"golive": "key"}}
    assert refused(shop.create_deployment, sha, **ask) == 409
    made = shop.create_deployment(sha, required_contexts=[], **ask)
    assert [d.payload for d in shop.get_deployments(sha=sha, environment="production")] == [{"golive": "key"}]
    made.create_status("in_progress", auto_inactive=False)
    github.deployment_status(SHOP, made.id, "success", by="ana", description="all there")
    assert [s.state for s in made.get_statuses()] == ["success", "in_progress"]
    run = github.environment_waits(SHOP, "production", sha, by="ana", app=asked.app.slug)
    requester, path = asked.client.requester, f"/repos/{SHOP}/actions/runs/{run}"
    _, waiting = requester.requestJsonAndCheck("GET", f"{path}/pending_deployments")
    assert [one["environment"]["name"] for one in waiting] == ["production"]
    answer = {"environment_name": "production", "state": "approved", "comment": "GO"}
    status, *_ = requester.requestJson("POST", f"{path}/deployment_protection_rule", input=answer)
    assert (status, github.gate_answers(SHOP, run)) == (204, [("approved", "GO")])
    assert requester.requestJsonAndCheck("GET", f"{path}/pending_deployments")[1] == []
    shop.create_git_ref("refs/heads/live", shop.get_branch("main").commit.sha)
    ref = shop.get_git_ref("heads/live")
    ref.edit(sha)
    assert shop.get_branch("live").commit.sha == sha
    assert refused(ref.edit, github.commit(SHOP, "other", {"poem.txt": "three\n"}, by="ana")) == 422


def test_workflows_are_started_by_name_and_by_event_and_their_runs_are_listed(asked: Asked) -> None:
    github = asked.github
    files = {
        ".github/workflows/deploy.yml": "run-name: Deploy ${{ inputs.sha }}\n"
        "on:\n  workflow_dispatch:\n    inputs:\n      sha: {}\n",
        ".github/workflows/go.yml": "on:\n  repository_dispatch:\n    types: [go]\n",
    }
    github.commit(SHOP, "main", files, by="ana")
    requester, path = asked.client.requester, f"/repos/{SHOP}"
    dispatches = f"{path}/actions/workflows/deploy.yml/dispatches"
    assert requester.requestJson("POST", dispatches, input={"ref": "main", "inputs": {"sha": "abc"}})[0] == 204
    assert requester.requestJson("POST", dispatches, input={"ref": "main", "inputs": {"other": "abc"}})[0] == 422
    assert requester.requestJson("POST", dispatches, input={"ref": "nowhere"})[0] == 422
    assert (
        requester.requestJson("POST", f"{path}/actions/workflows/none.yml/dispatches", input={"ref": "main"})[0] == 404
    )
    for event in ("go", "else"):
        assert requester.requestJson("POST", f"{path}/dispatches", input={"event_type": event})[0] == 204

    def listed(query: str = "") -> list[Any]:
        return list(requester.requestJsonAndCheck("GET", f"{path}/actions/runs{query}")[1]["workflow_runs"])

    assert [(run["event"], run["display_title"]) for run in listed()] == [
        ("repository_dispatch", "go"), ("workflow_dispatch", "Deploy abc"),
    ]  # fmt: skip
    assert [run["event"] for run in listed("?event=workflow_dispatch")] == ["workflow_dispatch"]


def test_who_moved_a_branch_is_listed(asked: Asked) -> None:
    asked.github.commit(SHOP, "topic", {"a": "1"}, by="ana", message="One")
    asked.github.commit(SHOP, "topic", {"a": "2"}, by="bo", message="Two")

    def rows(**query: str) -> list[tuple[str, str, str]]:
        _, told = asked.shop.requester.requestJsonAndCheck("GET", f"{asked.shop.url}/activity", parameters=query)
        return [(row["ref"], row["activity_type"], row["actor"]["login"]) for row in told]

    assert rows(ref="refs/heads/topic") == [
        ("refs/heads/topic", "push", "bo"), ("refs/heads/topic", "branch_creation", "ana"),
    ]  # fmt: skip
    assert rows(ref="topic", actor="ana") == [("refs/heads/topic", "branch_creation", "ana")]
    asked.github.delete_branch(SHOP, "topic", by="ana")
    assert rows(ref="topic", per_page="1") == [("refs/heads/topic", "branch_deletion", "ana")]


def test_branch_protection_is_read(asked: Asked) -> None:
    assert refused(asked.shop.get_branch("main").get_protection) == 404
    asked.github.protect(SHOP, "main", required=[("golive", asked.app.id), ("ci", None)])
    branch = asked.shop.get_branch("main")
    assert branch.protected
    assert branch.get_required_status_checks().contexts == ["golive", "ci"]
    rules = branch.get_protection().raw_data["required_status_checks"]
    assert rules["checks"] == [{"context": "golive", "app_id": asked.app.id}, {"context": "ci", "app_id": None}]
    asked.github.protect(SHOP, "main", enforce_admins=True, dismiss_stale=True)
    raw = branch.get_protection().raw_data
    assert raw["enforce_admins"]["enabled"]
    assert raw["required_pull_request_reviews"]["dismiss_stale_reviews"]


def test_rulesets_and_what_workflows_may_are_read(asked: Asked) -> None:
    def read(path: str) -> Any:
        return asked.client.requester.requestJsonAndCheck("GET", f"/repos/{SHOP}/{path}")[1]

    assert read("rules/branches/main") == []
    made = asked.github.ruleset(
        SHOP, ["main"], required=[("golive", asked.app.id), ("ci", None)], dismiss_stale=True,
        bypass=[("OrganizationAdmin", None, "always")],
    )  # fmt: skip
    asked.github.ruleset(SHOP, ["main"], required=[("lint", None)], enforcement="evaluate")
    checks, reviews = read("rules/branches/main")
    assert checks["parameters"]["required_status_checks"] == [
        {"context": "golive", "integration_id": asked.app.id}, {"context": "ci"}
    ]  # fmt: skip
    assert reviews["parameters"]["dismiss_stale_reviews_on_push"]
    assert {checks["ruleset_id"], reviews["ruleset_id"]} == {made}
    assert read("rules/branches/other") == []
    assert "bypass_actors" not in read(f"rulesets/{made}"), "only who may change a ruleset is told who gets past it"
    asked.app.permissions["administration"] = "write"
    whole = asked.as_client(asked.auth.get_installation_auth(asked.installation), lazy=True)
    _, told = whole.requester.requestJsonAndCheck("GET", f"/repos/{SHOP}/rulesets/{made}")
    assert told["bypass_actors"] == [{"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}]
    wanted = {"name": "More", "enforcement": "active", "conditions": {"ref_name": {"include": ["refs/heads/next"], "exclude": []}},
              "rules": [{"type": "required_status_checks", "parameters": {
                  "required_status_checks": [{"context": "golive", "integration_id": asked.app.id}],
                  "strict_required_status_checks_policy": False}}]}  # fmt: skip
    whole.requester.requestJsonAndCheck("POST", f"/repos/{SHOP}/rulesets", input=wanted)
    assert read("rules/branches/next")[0]["parameters"]["required_status_checks"][0]["context"] == "golive"
    assert not read("actions/permissions/workflow")["can_approve_pull_request_reviews"]
    asked.github.let_workflows_approve(SHOP)
    assert read("actions/permissions/workflow")["can_approve_pull_request_reviews"]


def test_a_required_check_of_a_ruleset_stops_a_merge(asked: Asked) -> None:
    a_pull(asked.github)
    asked.github.ruleset(SHOP, ["main"], required=[("golive", asked.app.id)])
    assert refused(asked.shop.get_pull(1).merge) == 405


def test_a_pull_request_is_brought_up_to_date_and_merged(asked: Asked) -> None:
    github, shop = asked.github, asked.shop
    a_pull(github)
    github.commit(SHOP, "main", {"poem.txt": POEM.replace("line 1\n", "the start\n")}, by="bo")
    pull = shop.get_pull(1)
    pull.update_branch()
    pull = shop.get_pull(1)
    assert not pull.is_merged()
    tested = shop.get_git_commit(str(pull.merge_commit_sha)).tree.sha
    assert pull.merge(sha=pull.head.sha, merge_method="squash").merged
    assert pull.is_merged()
    landed = shop.get_git_commit(shop.get_branch("main").commit.sha)
    assert landed.tree.sha == tested, "what was tested is what landed"
    assert refused(pull.merge) == 405
    assert [m.status for m in github.merges_of(SHOP, 1)] == [200, 405]
