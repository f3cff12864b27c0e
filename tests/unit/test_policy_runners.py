"""`runners:` in a policy: which workflows may be listed, and what is said of those that a pull request could change."""

from __future__ import annotations

import pytest

from golive.checks.registry import installed
from golive.core.forges import issuer_of
from golive.core.policy import Policy
from golive.policyfile import Given, PolicyMistakes, load

WORKFLOW = "acme/shop/.github/workflows/golive.yml"


def loaded(*runners: str, head: str = "release/**") -> Policy:
    lines = [
        "version: 1", "project: Shop", f'releases: [{{name: production, base: main, head: ["{head}"]}}]',
        'signoffs: [{group: people, roles: [{role: qa, from: ["@mina"]}]}]', "runners:",
        *(f'  - "{one}"' for one in runners),
    ]  # fmt: skip
    return load("\n".join(lines).encode(), installed(), "golive.yml", Given())


def test_branches_tags_and_commits_are_whole_names() -> None:
    listed = (f"{WORKFLOW}@refs/heads/main", "acme/ci/.github/workflows/checks.yaml@refs/tags/v1",
              f"{WORKFLOW}@{'0a' * 20}")  # fmt: skip
    assert loaded(*listed).runners == listed


@pytest.mark.parametrize(
    ("runner", "what", "mend"),
    [
        (f"{WORKFLOW}@main", "not a whole ref", f"{WORKFLOW}@refs/heads/main"),
        (f"{WORKFLOW}@refs/pull/7/merge", "its own copy of a workflow", f"{WORKFLOW}@refs/heads/main"),
        (WORKFLOW, "expected a workflow at a ref", "@refs/heads/main"),
        ("golive.yml@refs/heads/main", "expected a workflow at a ref", "Write it whole"),
        (f"{WORKFLOW}@refs/heads/*", "expected a workflow at a ref", "Write it whole"),
        ("acme/shop/scripts/golive.yml@refs/heads/main", "expected a workflow at a ref", "Write it whole"),
        (f"{WORKFLOW}@refs/heads/release/1.4", "releases of `production` come from `release/1.4`", "merged into"),
    ],
)  # fmt: skip
def test_what_could_not_be_believed_is_a_mistake_at_its_line(runner: str, what: str, mend: str) -> None:
    with pytest.raises(PolicyMistakes) as found:
        loaded(f"{WORKFLOW}@refs/heads/main", runner)
    mistake = found.value.mistakes[0]
    assert mistake.line == 7, mistake
    assert what in str(mistake)
    assert mend in str(mistake)


def test_the_same_workflow_twice_is_a_mistake() -> None:
    with pytest.raises(PolicyMistakes, match="is here twice"):
        loaded(f"{WORKFLOW}@refs/heads/main", f"{WORKFLOW}@refs/heads/main")


def test_a_release_from_any_branch_still_lets_the_base_report() -> None:
    assert loaded(f"{WORKFLOW}@refs/heads/main", head="**").runners


@pytest.mark.parametrize(
    ("promotion", "what"),
    [
        ("merge: none, resume: {}", "not what golive is to start"),
        ("merge: none, resume: {workflow: deploy.yml, event: go}", "or two things"),
        ("resume: {workflow: deploy.yml}", "not said whether golive merges before or after `resume`"),
        ("merge: none, resume: {workflow: ../deploy.yml}", "promotion.resume.workflow"),
        ("merge: none, resume: {event: 'a b'}", "promotion.resume.event"),
        ("merge: none, after_merge: [release.yml]", "nothing is merged before this"),
        ("after_merge: [release.yml], merge: {method: squash}", "nothing is merged before this"),
        ("merge: {method: squash}, after_merge: []", "promotion.after_merge"),
    ],
)
def test_a_workflow_to_resume_is_one_file_or_one_event_in_its_place(promotion: str, what: str) -> None:
    lines = [
        "version: 1", "project: Shop", 'releases: [{name: production, base: main, head: ["release/**"]}]',
        'signoffs: [{group: people, roles: [{role: qa, from: ["@mina"]}]}]', f"promotion: {{{promotion}}}",
    ]  # fmt: skip
    with pytest.raises(PolicyMistakes) as found:
        load("\n".join(lines).encode(), installed(), "golive.yml", Given())
    mistake = found.value.mistakes[0]
    assert (mistake.line, what in str(mistake)) == (5, True), mistake


@pytest.mark.parametrize(
    ("api", "issuer"),
    [
        ("https://api.github.com", "https://token.actions.githubusercontent.com"),
        ("https://api.acme.ghe.com/", "https://token.actions.acme.ghe.com"),
        ("https://github.acme.com/api/v3", "https://github.acme.com/_services/token"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001/_services/token"),
    ],
)  # fmt: skip
def test_who_signs_the_tokens_follows_from_where_github_is(api: str, issuer: str) -> None:
    assert issuer_of(api) == issuer
