"""What `doctor --live` says of a policy that asks for more than the plan or the App's permissions give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from golive.checks.registry import installed
from golive.cli.doctor_terms import Terms, asked_of, terms_of
from golive.core.policy import Policy
from golive.policyfile import Given, load
from golive.standins.wire import Request, Response
from world import a_world

WAITS = "merge: {method: squash}, environment: production"
STARTS = "merge: {method: squash}, resume: {workflow: deploy.yml}"
SENDS = "merge: {method: squash}, resume: {event: golive-go}"


def policy(promotion: str) -> Policy:
    text = (
        'version: 1\nproject: Shop\nreleases: [{name: production, base: main, head: ["release/**"]}]\n'
        f'signoffs: [{{group: people, roles: [{{role: qa, from: ["@mina"]}}]}}]\npromotion: {{{promotion}}}\n'
    )
    return load(text.encode(), installed(), "golive.yml", Given())


@pytest.mark.parametrize(
    ("promotion", "private", "plan", "public_github", "granted", "codes"),
    [
        pytest.param(WAITS, True, "team", True, {}, ["no-protection-rules"], id="private, on a plan without them"),
        pytest.param(WAITS, True, "free", True, {}, ["no-protection-rules"], id="private, on the free plan"),
        pytest.param(WAITS, True, "", True, {}, ["protection-rules-unknown"], id="private, and the plan is not told"),
        pytest.param(WAITS, True, "enterprise", True, {}, [], id="private, with GitHub Enterprise Cloud"),
        pytest.param(WAITS, True, "free", False, {}, [], id="on GitHub Enterprise Server"),
        pytest.param(WAITS, False, "free", True, {}, [], id="public"),
        pytest.param(SENDS, True, "free", True, {}, [], id="no environment that waits"),
        pytest.param(
            STARTS, False, "", True, {"actions": "read"}, ["may-not-start"], id="a workflow, and no permission"
        ),
        pytest.param(STARTS, False, "", True, {"actions": "write"}, [], id="a workflow that it may start"),
    ],
)
def test_what_is_not_offered_is_said_with_what_to_do_instead(
    promotion: str, private: bool, plan: str, public_github: bool, granted: Mapping[str, str], codes: list[str]
) -> None:
    terms = Terms("acme/shop", private, granted, public_github, lambda: plan)
    found = list(asked_of(policy(promotion), terms))
    assert [item.code for item in found] == codes
    for item in found:
        instead = "equire the check `golive` on `main`" if "protection" in item.code else "Set Actions to write"
        assert instead in item.mend, item


def test_the_plan_is_asked_of_github_and_what_it_does_not_tell_is_not_guessed() -> None:
    with a_world(slack=False) as w:
        assert w.golive is not None
        (installation,) = w.golive.forge.installations()
        api = w.golive.forge.clients.installation(installation)
        shop = {"full_name": "acme/shop", "private": True, "owner": {"login": "acme"}}
        terms = terms_of(shop, {"actions": "read"}, "https://api.github.com/", api)
        assert (terms.on_public_github, terms.plan()) == (True, "")

        def with_plan(request: Request, call: Callable[[Request], Response]) -> Response:
            plain = {name: text for name, text in request.headers.items() if not name.startswith("if-")}
            told = call(replace(request, headers=plain)).json()
            return Response.of(200, {**told, "plan": {"name": "team"}} if request.path == "/orgs/acme" else told)

        w.github.interceptors.append(with_plan)
        assert terms.plan() == "team"
        assert not terms_of(shop, {}, "https://github.acme.com/api/v3", api).on_public_github
