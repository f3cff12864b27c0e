"""What the GitHub stand-in refuses, and how its merges, tokens, lists and pages behave; asked in process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from contract.github_world import POEM, SHOP, a_github, a_pull
from golive.standins.github import App, GitHub, RefusedError
from golive.standins.github.git import Flat, Git, Signature, merge_lines
from golive.standins.wire import Request, Response

BASE = "http://github.test"
LONG = "x" * 65_536


@dataclass
class Clock:
    """A wall that the test moves."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at


class Api:
    """The stand-in asked in process with one token."""

    def __init__(self, github: GitHub, token: str) -> None:
        self.github, self.token = github, token

    def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Response:
        """One request; `body` goes as JSON."""
        given = {"authorization": f"Bearer {self.token}", "content-type": "application/json", **(headers or {})}
        return self.github.respond(Request.of(method, BASE + path, given, json.dumps(body) if body else None))

    def status(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Status and message of the answer."""
        response = self.ask(method, path, body)
        value = response.json()
        return response.status, value.get("message", "") if isinstance(value, dict) else ""


def a_jwt(app: App, *, life: float = 300, key: str | None = None, at: float | None = None) -> str:
    now = at if at is not None else time.time()
    return jwt.encode(
        {"iss": str(app.id), "iat": int(now) - 30, "exp": int(now + life)}, key or app.private_key, "RS256"
    )


def a_token(github: GitHub, app: App, installation: int, **less: object) -> str:
    answer = Api(github, a_jwt(app)).ask("POST", f"/app/installations/{installation}/access_tokens", less or None)
    assert answer.status == 201, answer.body
    return str(answer.json()["token"])


@pytest.fixture
def made() -> tuple[GitHub, App, int]:
    return a_github()


@pytest.fixture
def github(made: tuple[GitHub, App, int]) -> GitHub:
    return made[0]


@pytest.fixture
def api(made: tuple[GitHub, App, int]) -> Api:
    return Api(made[0], a_token(*made))


RUNS = f"/repos/{SHOP}/check-runs"


def a_run(api: Api, **fields: object) -> tuple[str, dict[str, Any]]:
    head = api.github.pull(SHOP, a_pull(api.github)).head.sha
    answer = api.ask("POST", RUNS, {"name": "golive", "head_sha": head, **fields})
    assert answer.status == 201, answer.body
    return f"{RUNS}/{answer.json()['id']}", answer.json()


def test_a_completed_check_run_never_goes_back(api: Api) -> None:
    path, _ = a_run(api, status="in_progress")
    assert api.status("PATCH", path, {"conclusion": "success"})[0] == 200
    for status in ("in_progress", "queued"):
        assert api.status("PATCH", path, {"status": status})[0] == 422
    assert api.ask("GET", path).json()["status"] == "completed"
    assert api.status("PATCH", path, {"conclusion": "failure"})[0] == 200


def test_a_check_run_is_made_by_apps_and_changed_only_by_its_own(made: tuple[GitHub, App, int], api: Api) -> None:
    path, run = a_run(api)
    other = made[0].create_app("other", permissions={"checks": "write"})
    rival = Api(made[0], a_token(made[0], other, made[0].install(other, "acme")))
    assert rival.status("PATCH", path, {"conclusion": "success"})[0] == 403
    person = Api(made[0], made[0].personal_token("bo"))
    assert person.status("POST", RUNS, {"name": "x", "head_sha": run["head_sha"]}) == (
        403, "You must authenticate via a GitHub App.")  # fmt: skip


BUTTON = {"label": "Hold", "description": "Stop here", "identifier": "hold"}
OUTPUT = {"title": "T", "summary": "S"}
NOTE = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"output": {"summary": "S"}}, id="a summary without a title"),
        pytest.param({"output": OUTPUT | {"summary": LONG}}, id="a summary of 65,536"),
        pytest.param({"output": OUTPUT | {"text": LONG}}, id="a text of 65,536"),
        pytest.param({"output": OUTPUT | {"annotations": [NOTE] * 51}}, id="51 annotations"),
        pytest.param({"actions": [BUTTON] * 4}, id="four buttons"),
        pytest.param({"actions": [BUTTON | {"label": "x" * 21}]}, id="a label of 21"),
        pytest.param({"actions": [BUTTON | {"identifier": "x" * 21}]}, id="an identifier of 21"),
        pytest.param({"actions": [BUTTON | {"description": "x" * 41}]}, id="a description of 41"),
        pytest.param({"status": "completed"}, id="completed without a conclusion"),
        pytest.param({"conclusion": "stale"}, id="a conclusion that only GitHub gives"),
        pytest.param({"head_sha": "0" * 40}, id="a commit that is not there"),
    ],
)
def test_github_takes_no_check_run_with(api: Api, fields: dict[str, object]) -> None:
    _, run = a_run(api)
    assert api.status("POST", RUNS, {"name": "golive", "head_sha": run["head_sha"], **fields})[0] == 422


def test_the_largest_allowed_check_run_is_taken(api: Api) -> None:
    output = OUTPUT | {"summary": LONG[1:], "text": LONG[1:], "annotations": [NOTE] * 50}
    button = {"label": "x" * 20, "description": "x" * 40, "identifier": "x" * 20}
    path, run = a_run(api, output=output, actions=[button] * 3)
    api.ask("PATCH", path, {"output": OUTPUT | {"annotations": [NOTE] * 50}})
    assert api.ask("GET", path).json()["output"]["annotations_count"] == 100, "annotations are added, not replaced"
    assert run["output"]["annotations_count"] == 50


def test_pull_requests_that_share_a_head_are_all_listed_on_its_check_runs(api: Api) -> None:
    path, run = a_run(api)
    api.github.create_branch(SHOP, "next", start="main", by="bo")
    second = api.github.open_pull(SHOP, head="release/1", base="next", title="Same head", by="bo")
    assert [p["number"] for p in api.ask("GET", path).json()["pull_requests"]] == [1, second]
    assert [p["number"] for p in run["pull_requests"]] == [1]


def test_the_latest_filter_shows_one_run_of_a_name_and_all_shows_both(api: Api) -> None:
    _, run = a_run(api, conclusion="failure")
    api.ask("POST", RUNS, {"name": "golive", "head_sha": run["head_sha"], "conclusion": "success"})
    listed = f"/repos/{SHOP}/commits/{run['head_sha']}/check-runs"
    assert [r["conclusion"] for r in api.ask("GET", listed).json()["check_runs"]] == ["success"]
    assert api.ask("GET", f"{listed}?filter=all&check_name=golive").json()["total_count"] == 2


MERGE = f"/repos/{SHOP}/pulls/1/merge"
SUCCESS = ("success", "golive")


@pytest.mark.parametrize(
    ("runs", "refusal"),
    [
        pytest.param([], 'Required status check "golive" is expected.', id="nothing"),
        pytest.param([("failure", "golive")], 'Required status check "golive" is failing.', id="a failure"),
        pytest.param([(None, "golive")], 'Required status check "golive" is pending.', id="one in progress"),
        pytest.param([("success", "ci")], 'Required status check "golive" is expected.', id="another App's success"),
        pytest.param([("failure", "golive"), SUCCESS], None, id="a failure and then success"),
        pytest.param(
            [SUCCESS, ("failure", "golive")], 'Required status check "golive" is failing.', id="success, then failure"
        ),
        pytest.param([("neutral", "golive")], None, id="neutral, which satisfies"),
        pytest.param([SUCCESS, ("failure", "ci")], None, id="success and another App's failure"),
    ],
)
def test_a_pinned_required_check_is_met_only_by_its_app(
    made: tuple[GitHub, App, int], api: Api, runs: list[tuple[str | None, str]], refusal: str | None
) -> None:
    github, app, _ = made
    head = github.pull(SHOP, a_pull(github)).head.sha
    github.protect(SHOP, "main", required=[("golive", app.id)])
    for conclusion, slug in runs:
        status = "completed" if conclusion else "in_progress"
        github.check_run(SHOP, head, name="golive", app=slug, status=status, conclusion=conclusion)
    expected = (405, refusal) if refusal else (200, "Pull Request successfully merged")
    assert api.status("PUT", MERGE, {"sha": head}) == expected
    assert github.pull(SHOP, 1).merged == (refusal is None)


def test_an_unpinned_context_is_met_by_a_status_too(github: GitHub, api: Api) -> None:
    head = github.pull(SHOP, a_pull(github)).head.sha
    github.protect(SHOP, "main", required=[("ci", -1), ("lint", None)])
    assert api.status("PUT", MERGE)[1] == "2 of 2 required status checks have not succeeded: 2 expected."
    github.status(SHOP, head, "ci", "success", by="bo")
    github.check_run(SHOP, head, name="lint", app="linter", conclusion="success")
    assert api.status("PUT", MERGE)[0] == 200


def test_a_merge_of_another_head_is_refused_and_every_request_is_kept(github: GitHub, api: Api) -> None:
    stale = github.pull(SHOP, a_pull(github)).head.sha
    head = github.commit(SHOP, "release/1", {"new.txt": "new\n"}, by="bo")
    assert api.status("PUT", MERGE, {"sha": stale}) == (
        409, "Head branch was modified. Review and try the merge again.")  # fmt: skip
    assert api.status("PUT", MERGE, {"sha": head, "merge_method": "squash"})[0] == 200
    assert api.status("PUT", MERGE, {"sha": head})[0] == 405
    asked = [(m.asked_sha, m.head_sha, m.status, m.method) for m in github.merges_of(SHOP, 1)]
    assert asked == [(stale, head, 409, "merge"), (head, head, 200, "squash"), (head, head, 405, "merge")]
    assert github.merges[1].sha == github.world.repo(SHOP).git.refs["heads/main"]


def test_a_draft_a_closed_one_and_a_conflict_are_not_merged(github: GitHub, api: Api) -> None:
    a_pull(github)
    github.set_draft(SHOP, 1, True, by="bo")
    assert api.status("PUT", MERGE) == (405, "Pull Request is still a draft")
    github.set_draft(SHOP, 1, False, by="bo")
    github.close_pull(SHOP, 1, by="bo")
    assert api.status("PUT", MERGE)[0] == 405
    github.reopen_pull(SHOP, 1, by="bo")
    github.commit(SHOP, "main", {"poem.txt": POEM.replace("line 20", "an other end")}, by="bo")
    assert github.pull(SHOP, 1).mergeable is False
    for method in ("merge", "squash", "rebase"):
        assert api.status("PUT", MERGE, {"merge_method": method})[0] == 405
    assert api.ask("GET", f"/repos/{SHOP}/pulls/1").json()["mergeable_state"] == "dirty"


def test_a_strict_branch_wants_the_head_up_to_date(github: GitHub, api: Api) -> None:
    head = github.pull(SHOP, a_pull(github)).head.sha
    github.protect(SHOP, "main", strict=True)
    github.commit(SHOP, "main", {"other.txt": "other\n"}, by="bo")
    assert api.ask("GET", f"/repos/{SHOP}/pulls/1").json()["mergeable_state"] == "behind"
    assert api.status("PUT", MERGE)[0] == 405
    updated = github.merge_base_into(SHOP, "release/1", by="bo")
    assert github.world.repo(SHOP).git.commits[updated].parents[0] == head
    assert api.status("PUT", MERGE)[0] == 200


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_each_method_lands_the_tested_tree_with_its_own_parents(github: GitHub, api: Api, method: str) -> None:
    a_pull(github)
    github.commit(SHOP, "release/1", {"docs/new.md": "new\n"}, by="bo", message="Second")
    base = github.commit(SHOP, "main", {"poem.txt": POEM.replace("line 1\n", "the start\n")}, by="bo")
    pull = github.pull(SHOP, 1)
    git, head = github.world.repo(SHOP).git, pull.head.sha
    tested = git.commits[str(pull.merge_commit_sha)]
    assert tested.parents == (base, head)
    landed = git.commits[api.ask("PUT", MERGE, {"sha": head, "merge_method": method}).json()["sha"]]
    assert landed.tree == tested.tree, "both sides changed the poem, in different lines"
    parents = {"merge": (base, head), "squash": (base,)}
    if method == "rebase":
        assert git.commits[landed.parents[0]].parents == (base,)
    else:
        assert landed.parents == parents[method]
    assert git.refs["heads/main"] == landed.sha == pull.merge_commit_sha
    assert (pull.state, pull.merged, pull.merged_by and pull.merged_by.login) == ("closed", True, "golive[bot]")


def test_a_head_that_is_pushed_to_the_base_by_hand_is_merged(github: GitHub) -> None:
    pull = github.pull(SHOP, a_pull(github))
    github.force_push(SHOP, "main", pull.head.sha, by="cy")
    assert (pull.merged, pull.merged_by and pull.merged_by.login) == (True, "cy")
    assert github.merges == [], "nobody asked the API"


def test_mergeable_can_take_a_second_look(github: GitHub, api: Api) -> None:
    github.lazy_mergeable = True
    a_pull(github)
    path = f"/repos/{SHOP}/pulls/1"
    assert [api.ask("GET", path).json()["mergeable"] for _ in range(3)] == [None, True, True]
    github.commit(SHOP, "main", {"other.txt": "other\n"}, by="bo")
    assert [api.ask("GET", path).json()["mergeable"] for _ in range(2)] == [None, True]


def test_an_etag_holds_for_one_token_and_an_unchanged_answer_is_free(made: tuple[GitHub, App, int], api: Api) -> None:
    a_pull(made[0])
    path = f"/repos/{SHOP}/pulls/1"
    first = api.ask("GET", path)
    again = api.ask("GET", path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"] == "4999"
    other = Api(made[0], a_token(*made))
    assert other.ask("GET", path, headers={"if-none-match": first.headers["etag"]}).status == 200
    made[0].label(SHOP, 1, "release", by="bo")
    assert api.ask("GET", path, headers={"if-none-match": first.headers["etag"]}).status == 200


def test_a_spent_quota_is_refused_until_its_hour_is_over() -> None:
    wall = Clock()
    github, app, installation = a_github(wall=wall)
    api = Api(github, a_token(github, app, installation))
    github.set_quota(installation, 1)
    assert api.ask("GET", f"/repos/{SHOP}").status == 200
    refused = api.ask("GET", f"/repos/{SHOP}")
    assert (refused.status, refused.headers["x-ratelimit-remaining"]) == (403, "0")
    assert api.ask("GET", "/rate_limit").json()["rate"]["remaining"] == 0, "asking how much is left costs nothing"
    reset = datetime.fromtimestamp(int(refused.headers["x-ratelimit-reset"]), UTC)
    wall.at = reset - timedelta(seconds=2)
    renewed = Api(github, github.gate.give(app.bot, wall(), github.world.installations[installation]).text)
    assert renewed.ask("GET", f"/repos/{SHOP}").status == 403, "a new token of the installation has the same quota"
    wall.at = reset + timedelta(seconds=2)
    assert renewed.ask("GET", f"/repos/{SHOP}").status == 200


def test_a_token_lives_an_hour_and_an_unknown_one_never() -> None:
    wall = Clock()
    github, app, installation = a_github(wall=wall)
    api = Api(github, a_token(github, app, installation))
    wall.at += timedelta(minutes=59)
    assert api.ask("GET", f"/repos/{SHOP}").status == 200
    wall.at += timedelta(minutes=2)
    assert api.status("GET", f"/repos/{SHOP}") == (401, "Bad credentials")
    assert Api(github, "ghs_made_up").status("GET", f"/repos/{SHOP}") == (401, "Bad credentials")


def test_a_jwt_is_verified(made: tuple[GitHub, App, int]) -> None:
    github, app, _ = made
    forged = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    unknown = jwt.encode({"iss": "1", "iat": 0, "exp": int(time.time()) + 60}, app.private_key, "RS256")
    plain = jwt.encode({"iss": str(app.id), "iat": 0, "exp": int(time.time()) + 60}, "x" * 32, "HS256")
    assert Api(github, a_jwt(app)).ask("GET", "/app").status == 200
    for wrong in (a_jwt(app, key=forged.decode()), a_jwt(app, life=-5), a_jwt(app, life=900), unknown, plain):
        assert Api(github, wrong).ask("GET", "/app").status == 401
    assert Api(github, a_jwt(app)).ask("GET", f"/repos/{SHOP}").status == 401, "a JWT reads no repository"


def test_an_installation_token_reaches_only_its_repositories(made: tuple[GitHub, App, int]) -> None:
    github, app, installation = made
    github.add_repo("acme/vault", private=True)
    github.add_user("elsewhere")
    github.add_repo("elsewhere/shop")
    whole = Api(github, a_token(*made))
    narrow = Api(github, a_token(*made, repositories=["shop"]))
    assert [whole.ask("GET", f"/repos/{r}").status for r in (SHOP, "acme/vault", "elsewhere/shop")] == [200, 200, 404]
    assert [narrow.ask("GET", f"/repos/{r}").status for r in (SHOP, "acme/vault")] == [200, 404]
    github.set_installed_repos(installation, ["acme/vault"])
    assert whole.ask("GET", f"/repos/{SHOP}").status == 404
    github.suspend(installation)
    assert whole.ask("GET", "/repos/acme/vault").status == 403
    github.unsuspend(installation)
    github.uninstall(installation)
    assert whole.ask("GET", "/repos/acme/vault").status == 401, app.slug


def test_a_write_without_its_permission_is_refused(made: tuple[GitHub, App, int]) -> None:
    github, *_ = made
    head = github.pull(SHOP, a_pull(github)).head.sha
    api = Api(github, a_token(*made, permissions={"checks": "read", "metadata": "read"}))
    said = (403, "Resource not accessible by integration")
    assert api.status("POST", RUNS, {"name": "golive", "head_sha": head}) == said
    assert api.status("POST", f"/repos/{SHOP}/issues/1/comments", {"body": "hello"}) == said
    assert api.status("PUT", MERGE) == said
    assert api.status("GET", "/orgs/acme/teams/security/members") == said
    assert api.ask("GET", f"/repos/{SHOP}/pulls/1").status == 200, "anyone reads a public repository"


def test_a_person_comments_with_their_role_only(github: GitHub) -> None:
    a_pull(github)
    github.add_repo("acme/vault", private=True)
    ana = Api(github, github.personal_token("ana"))
    assert ana.status("POST", f"/repos/{SHOP}/issues/1/comments", {"body": "hello"})[0] == 201
    assert ana.status("PUT", MERGE)[0] == 403
    github.add_user("stranger")
    assert Api(github, github.personal_token("stranger")).status("GET", "/repos/acme/vault")[0] == 404


def test_a_comment_is_changed_by_its_author_or_a_maintainer(github: GitHub, api: Api) -> None:
    a_pull(github)
    comment = github.comment(SHOP, 1, by="ana", body="Mine")
    path = f"/repos/{SHOP}/issues/comments/{comment}"
    assert api.status("PATCH", path, {"body": "theirs"})[0] == 403
    github.add_user("dan")
    with pytest.raises(RefusedError, match="403"):
        github.edit_comment(SHOP, comment, by="dan", body="theirs")
    github.edit_comment(SHOP, comment, by="bo", body="moderated")
    assert [c.body for c in github.comments(SHOP, 1)] == ["moderated"]
    assert api.status("POST", f"/repos/{SHOP}/issues/1/comments", {"body": LONG})[0] == 201
    assert api.status("POST", f"/repos/{SHOP}/issues/1/comments", {"body": LONG + "x"})[0] == 422
    assert api.status("POST", f"/repos/{SHOP}/issues/1/comments", {"body": " "})[0] == 422


def test_a_box_is_ticked_once_and_by_who_may_change_the_comment(github: GitHub) -> None:
    number = a_pull(github)
    comment = github.comment(SHOP, number, by="cy", body="- [ ] **qa** <!-- golive:tick:qa -->")
    with pytest.raises(RefusedError, match="Must have admin rights"):
        github.tick(SHOP, comment, "qa", by="ana")
    github.tick(SHOP, comment, "qa", by="bo")
    assert github.comments(SHOP, number)[0].body == "- [x] **qa** <!-- golive:tick:qa -->"
    with pytest.raises(RefusedError, match="an empty box"):
        github.tick(SHOP, comment, "qa", by="bo")


def test_a_plain_push_leaves_reviews_where_they_were(github: GitHub) -> None:
    number = a_pull(github)
    github.review(SHOP, number, by="ana", state="APPROVE")
    before = github.pull(SHOP, number).head.sha
    github.commit(SHOP, "release/1", {"new.txt": "new\n"}, by="bo")
    assert [r.commit_id for r in github.pull(SHOP, number).reviews.values()] == [before]


def test_a_mode_is_a_change_and_survives_other_changes_and_merges(github: GitHub, api: Api) -> None:
    def modes(branch: str) -> dict[str, str]:
        rows = api.ask("GET", f"/repos/{SHOP}/git/trees/{branch.replace('/', '%2F')}?recursive=1").json()["tree"]
        return {row["path"]: row["mode"] for row in rows if row["type"] == "blob"}

    number = a_pull(github)
    github.commit(SHOP, "release/1", {}, modes={"docs/guide.md": "100755"}, by="bo")
    github.commit(SHOP, "main", {"poem.txt": POEM.replace("line 1\n", "start\n")}, by="bo")
    github.merge_base_into(SHOP, "release/1", by="bo")
    github.commit(SHOP, "release/1", {"docs/guide.md": "# Another\n"}, by="bo")
    assert modes("release/1")["docs/guide.md"] == "100755"
    assert modes("main")["docs/guide.md"] == "100644"
    listed = api.ask("GET", f"/repos/{SHOP}/pulls/{number}/files").json()
    assert [f["filename"] for f in listed] == ["docs/guide.md", "poem.txt"]


def test_a_moved_file_is_listed_once_with_both_names(github: GitHub, api: Api) -> None:
    number = a_pull(github)
    github.commit(SHOP, "release/1", {"docs/guide.md": None, "guide.md": "# Guide\n", "copy.md": "# Guide\n"}, by="bo")
    rows = api.ask("GET", f"/repos/{SHOP}/pulls/{number}/files").json()
    named = [(f["filename"], f["status"], f.get("previous_filename")) for f in rows]
    assert named == [
        ("copy.md", "renamed", "docs/guide.md"), ("guide.md", "added", None), ("poem.txt", "modified", None),
    ]  # fmt: skip


def test_a_large_tree_is_cut_off_and_says_so(github: GitHub, api: Api) -> None:
    path = f"/repos/{SHOP}/git/trees/main?recursive=1"
    whole = api.ask("GET", path).json()
    assert (len(whole["tree"]), whole["truncated"]) == (5, False)
    github.most_entries = 3
    cut = api.ask("GET", path).json()
    assert (len(cut["tree"]), cut["truncated"]) == (3, True)


def test_a_comparison_has_its_files_on_the_first_page_alone(github: GitHub, api: Api) -> None:
    a_pull(github)
    github.commit(SHOP, "release/1", {"new.txt": "new\n"}, by="bo")
    first, second = (
        api.ask("GET", f"/repos/{SHOP}/compare/main...release%2F1?per_page=1&page={n}").json() for n in (1, 2)
    )
    assert [(len(c["commits"]), len(c["files"]), c["ahead_by"]) for c in (first, second)] == [(1, 2, 2), (1, 0, 2)]


def test_nobody_approves_their_own_pull_request(github: GitHub) -> None:
    a_pull(github)
    with pytest.raises(RefusedError, match="Can not approve your own"):
        github.review(SHOP, 1, by="bo", state="APPROVE")


def test_lists_have_pages_with_links_both_ways(github: GitHub, api: Api) -> None:
    a_pull(github)
    for n in range(65):
        github.comment(SHOP, 1, by="ana", body=f"comment {n}")
    path = f"/repos/{SHOP}/issues/1/comments"
    first, second = api.ask("GET", path), api.ask("GET", f"{path}?page=2")
    assert (len(first.json()), len(api.ask("GET", f"{path}?per_page=500").json())) == (30, 65)
    rels = [part.partition('rel="')[2].rstrip('"') for part in second.headers["link"].split(", ")]
    assert rels == ["prev", "next", "last", "first"]
    assert f'<{BASE}{path}?page=3>; rel="last"' in first.headers["link"]
    assert "link" not in api.ask("GET", f"{path}?per_page=100").headers


def test_what_is_not_there_is_said_by_name(github: GitHub, api: Api) -> None:
    status, message = api.status("GET", f"/repos/{SHOP}/actions/caches")
    assert (status, message) == (501, f"this stand-in does not answer GET /repos/{SHOP}/actions/caches")
    assert api.status("GET", f"/repos/{SHOP}/pulls/99")[0] == 404


def test_ids_are_gits_own() -> None:
    git = Git()
    assert git.blob("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert git.tree({}) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    # what `git write-tree` and `git commit` say of the same files
    hello = git.blob("hello\n")
    tree = git.tree({"hello.txt": hello, "a/x.txt": hello, "a.b": git.blob("z")})
    assert tree == "ef2407c34da23d78a7a506ea75a35c8007a94ef3"
    files = {"hello.txt": hello, "bin/run": git.blob("echo\n"), "link": git.blob("hello.txt")}
    assert git.tree(Flat(files, {"bin/run": "100755", "link": "120000"})) == "5b37c4f7aa58783045b7e98d3f7b80820c671f47"
    ana = Signature("ana", "ana@example.com", datetime.fromtimestamp(1_700_000_000, UTC))
    assert git.commit(tree, (), "First\n", ana) == "c19fe1912474f25401fa5eebdd3eef7469426fd5"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        pytest.param("A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n", id="apart"),
        pytest.param("A\nb\nc\nd\n", "A\nb\nc\nd\n", "A\nb\nc\nd\n", id="the same"),
        pytest.param("A\nb\nc\nd\n", "a\nB\nc\nd\n", None, id="touching"),
        pytest.param("A\nb\nc\nd\n", "X\nb\nc\nd\n", None, id="overlapping"),
        pytest.param("a\nb\nc\nd\ne\n", "0\na\nb\nc\nd\n", "0\na\nb\nc\nd\ne\n", id="added at both ends"),
        pytest.param("b\nc\nd\n", "a\nb\nc\n", "b\nc\n", id="removed at both ends"),
    ],
)
def test_lines_merge_as_git_merges_them(ours: str, theirs: str, merged: str | None) -> None:
    assert merge_lines("a\nb\nc\nd\n", ours, theirs) == merged
    assert merge_lines("a\nb\nc\nd\n", theirs, ours) == merged


def test_a_page_escapes_what_people_wrote_and_its_forms_act(github: GitHub) -> None:
    a_pull(github)
    nasty = "<script>alert(1)</script>"
    github.edit_pull(SHOP, 1, by="bo", title=nasty, body=nasty)
    head = github.pull(SHOP, 1).head.sha
    run = github.check_run(SHOP, head, name=nasty, app="golive", conclusion="failure", title=nasty, summary=nasty)
    github.world.repo(SHOP).check_runs[run].details_url = "javascript:alert(1)"
    path = f"{BASE}/{SHOP}/pull/1"

    def act(**fields: object) -> int:
        body = "&".join(f"{name}={value}" for name, value in {"by": "ana", **fields}.items())
        return github.respond(Request.of("POST", path, {}, body)).status

    assert act(act="comment", body="Looks+%3Cb%3Egood") == 303
    comment = github.comments(SHOP, 1)[0]
    assert (comment.user.login, comment.body) == ("ana", "Looks <b>good")
    assert act(act="react", comment=comment.id) == act(act="review", state="APPROVE", body="") == 303
    assert act(act="label", label="release") == act(act="push", path="x.txt", content="y") == 303
    github.courier.waiting.clear()
    assert act(act="rerequest", run=run) == 303
    assert [o.headers["X-GitHub-Event"] for o in github.courier.waiting] == ["check_run"]
    assert (act(act="fly"), act(act="comment")) == (422, 422)
    pull = github.pull(SHOP, 1)
    assert ([r.state for r in pull.reviews.values()], [one.name for one in pull.labels]) == (["APPROVED"], ["release"])
    assert (len(comment.reactions), pull.head.sha != head) == (1, True)
    page = github.respond(Request.of("GET", f"{path}?as=ana")).body.decode()
    start = github.respond(Request.of("GET", f"{BASE}/")).body.decode()
    for html in (page, start):
        assert "&lt;script&gt;" in html
        assert "<script" not in html
        assert "javascript:" not in html
    assert "Looks &lt;b&gt;good" in page
    assert f'href="/{SHOP}/pull/1' in start


def test_many_threads_act_on_one_github(github: GitHub, api: Api) -> None:
    a_pull(github)

    def talk(who: str) -> None:
        for n in range(25):
            github.comment(SHOP, 1, by=who, body=f"{who} {n}")
            api.ask("POST", f"/repos/{SHOP}/issues/1/comments", {"body": f"{who} asked {n}"})

    threads = [threading.Thread(target=talk, args=(who,)) for who in ("ana", "bo", "cy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = github.comments(SHOP, 1)
    assert len({c.id for c in said}) == len(said) == 150
