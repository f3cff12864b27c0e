"""What the kind `authflow` asks, what it makes of the answers, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.authflow import Asked as Heard
from golive.checks.authflow import AuthflowCheck
from golive.core.model import Outcome
from golive.ports import Unreachable
from website import Asked, Said, lent, look_at, serving

URL = "https://shop.example"
ROLES = {"customer": "shop-customer", "admin": "shop-admin"}
ROUTES = {"/orders": ["customer", "admin"], "/admin": ["admin"]}
TOKENS = {"customer": "tok-customer-1", "admin": "tok-admin-1"}


def a_check(**options: Any) -> AuthflowCheck:
    """A check of the shop's doors; two roles and two routes unless a test says otherwise."""
    given = {"url": URL, **({"roles": ROLES, "routes": ROUTES} if not options.keys() & {"secret", "steps"} else {})}
    return AuthflowCheck.model_validate(given | options)


def answered(check: AuthflowCheck, *statuses: int | str) -> tuple[Heard, ...]:
    """The check's questions with these answers; a text is why there was none."""
    pairs = zip(check.questions(), statuses, strict=True)
    return tuple(Heard(q, 0, s) if isinstance(s, str) else Heard(q, s) for q, s in pairs)


def test_every_route_is_asked_for_by_everybody() -> None:
    asked = [(question.route, question.who, question.wanted[0][0]) for question in a_check().questions()]
    assert asked == [
        ("/orders", "none", 401), ("/orders", "bad", 401), ("/orders", "customer", 200), ("/orders", "admin", 200),
        ("/admin", "none", 401), ("/admin", "bad", 401), ("/admin", "customer", 403), ("/admin", "admin", 200),
    ]  # fmt: skip


def test_one_secret_is_enough_for_a_service_without_roles() -> None:
    assert [question.who for question in a_check(secret="shop").questions()] == ["none", "bad", "good"]
    several = a_check(secret="shop", routes=["/a", "DELETE /b"], writes=True)
    assert [question.route for question in several.questions()] == ["/a"] * 3 + ["DELETE /b"] * 3
    assert several.bounds() == {"wrong": (0, 6), "right": (0, 6)}
    assert several.lent_secrets() == (("shop", "shop.example"),)


RIGHT = (401, 401, 200, 200, 401, 401, 403, 200)


@pytest.mark.parametrize(
    ("options", "answers", "outcome", "says"),
    [
        pytest.param({}, RIGHT, "passed", "All 8 of 8 questions answered as expected", id="as it should be"),
        pytest.param({}, (200, *RIGHT[1:]), "failed", "GET /orders without credentials: 200, not 401", id="open"),
        pytest.param(
            {}, (401, 204, *RIGHT[2:]), "failed", "with credentials that nobody gave out: 204", id="any token"
        ),
        pytest.param({}, (*RIGHT[:6], 200, 200), "failed", "GET /admin as customer: 200, not 403", id="wrong role"),
        pytest.param({}, (*RIGHT[:7], 403), "failed", "GET /admin as admin: 403, not 2xx", id="kept out"),
        pytest.param({}, (302, *RIGHT[1:]), "failed", "302, not 401", id="a login page is no refusal"),
        pytest.param({"none": [401, 302]}, (302, *RIGHT[1:]), "passed", "", id="unless it is said to be"),
        pytest.param({"denied": 404}, (*RIGHT[:6], 404, 200), "passed", "", id="hidden instead of denied"),
        pytest.param({}, ("timed out", *RIGHT[1:]), "unknown", "7 of 8 questions", id="one is silent"),
        pytest.param({}, ("timed out", 200, *RIGHT[2:]), "failed", "nobody gave out: 200", id="silent and wrong"),
        pytest.param(
            {"steps": [{"route": "/health", "as": "none", "status": 200}]}, (401,), "failed", "not 200", id="a step"
        ),
    ],
)
def test_answers_are_held_against_the_matrix(
    options: dict[str, Any], answers: tuple[int | str, ...], outcome: str, says: str
) -> None:
    check = a_check(**options)
    finding = check.judge(answered(check, *answers))
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert {measure.name for measure in finding.measures} == set(AuthflowCheck.measures)


def test_every_flaw_is_listed() -> None:
    check = a_check()
    finding = check.judge(answered(check, *(500,) * 8))
    assert (len(finding.details), finding.measures[0].value) == (8, 8)


TOKEN = {"url": "https://id.example/token", "clients": {"customer": "c1", "admin": "c2"}}


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"roles": None, "routes": None}, (), "nobody is let in"),
        ({"routes": None}, (), "assert nothing"),
        ({"routes": {}}, ("routes",), "at least 1"),
        ({"routes": {"/a": ["guest"]}}, (), "the roles are admin, customer"),
        ({"routes": {"orders": ["admin"]}}, ("routes", "orders", "[key]"), "pattern"),
        ({"routes": {"POST /orders": ["admin"]}}, (), "say `writes: true`"),
        ({"routes": {"TRACE /orders": ["admin"]}}, ("routes", "TRACE /orders", "[key]"), "pattern"),
        ({"roles": {}}, ("roles",), "at least 1"),
        ({"roles": {"none": "x"}}, ("roles", "none", "[key]"), "call the role something else"),
        ({"secret": "shop", "roles": ROLES, "routes": ROUTES}, (), "for a service without roles"),
        ({"steps": []}, ("steps",), "at least 1"),
        ({"steps": [{"route": "/a", "as": "boss", "status": 200}]}, (), "no role is named"),
        ({"steps": [{"route": "/a", "as": "none", "status": []}]}, ("steps", 0, "status"), "asserts nothing"),
        ({"good": []}, ("good",), "asserts nothing"),
        ({"token": TOKEN}, (), "say `writes: true`"),
        ({"token": {**TOKEN, "clients": {"admin": "c2"}}, "writes": True}, (), "names clients for"),
        ({"token": TOKEN, "writes": True, "secret_as": "token"}, (), "sent as bearer"),
        ({"routes": {f"/{n}": ["admin"] for n in range(100)}}, (), "make two checks"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


# ------------------------------------------------------------------ over real sockets


def a_shop(asked: Asked) -> Said:
    """Guarded as it should be; `/leaky` lets every customer into what is the admin's."""
    given = asked.headers.get("authorization", "").removeprefix("Bearer ")
    role = next((role for role, token in TOKENS.items() if token == given), None)
    if asked.path == "/silent":
        return Said(0)
    if role is None:
        return Said(401)
    return Said(403 if asked.path == "/admin" and role != "admin" else 200, f"hello {given}")


@pytest.mark.parametrize(
    ("routes", "outcome", "says"),
    [
        (ROUTES, Outcome.PASSED, "All 8"),
        ({"/leaky": ["admin"]}, Outcome.FAILED, "GET /leaky as customer: 200, not 403"),
        ({"/silent": ["admin"]}, Outcome.UNKNOWN, "0 of 4"),
    ],
)
def test_a_real_service_is_asked_by_every_role(
    tmp_path: Path, routes: dict[str, list[str]], outcome: Outcome, says: str
) -> None:
    secrets = lent(tmp_path, shop_customer=TOKENS["customer"], shop_admin=TOKENS["admin"])
    with serving(a_shop) as site:
        check = a_check(url=site.base, routes=routes)
        finding = check.judge(check.collect(look_at(secrets=secrets)))
    assert finding.outcome is outcome, finding.summary
    assert says in finding.summary
    assert "tok-" not in repr(finding)


def test_credentials_of_every_form_are_asked_for() -> None:
    with serving(lambda asked: Said(401)) as site:
        for form in ("basic ana", "header X-Key", "token"):
            steps = [{"route": "/me", "as": "bad", "status": 401}]
            check = a_check(url=site.base, steps=steps, secret_as=form)
            assert check.judge(check.collect(look_at())).outcome is Outcome.PASSED
    basic, key, token = (asked.headers for asked in site.asked)
    assert b64decode(basic["authorization"].removeprefix("Basic ")).startswith(b"ana:golive-nobody-")
    assert key["x-key"].startswith("golive-nobody-")
    assert token["authorization"].startswith("token golive-nobody-")


def an_identity_provider(asked: Asked) -> Said:
    """Gives a token to the clients it knows."""
    client = b64decode(asked.headers.get("authorization", "").removeprefix("Basic ")).decode()
    tokens = {"c1:secret-customer": TOKENS["customer"], "c2:secret%2Fadmin": TOKENS["admin"]}
    if asked.method != "POST" or "grant_type=client_credentials" not in asked.body or client not in tokens:
        return Said(401, '{"error": "invalid_client"}')
    return Said(200, f'{{"access_token": "{tokens[client]}", "token_type": "Bearer"}}')


def test_tokens_are_got_from_a_token_endpoint(tmp_path: Path) -> None:
    secrets = lent(tmp_path, shop_customer="secret-customer", shop_admin="secret/admin")
    with serving(an_identity_provider) as provider, serving(a_shop) as site:
        token = {"url": provider.url("/token"), "clients": {"customer": "c1", "admin": "c2"}, "scope": "read"}
        check = a_check(url=site.base, token=token, writes=True)
        finding = check.judge(check.collect(look_at(secrets=secrets)))
        assert finding.outcome is Outcome.PASSED, finding.summary
        assert len(provider.asked) == 2
        assert "scope=read" in provider.asked[0].body

        other = {**token, "clients": {"customer": "c1", "admin": "c9"}}
        check = a_check(url=site.base, token=other, writes=True)
        finding = check.judge(check.collect(look_at(secrets=secrets)))
    assert finding.outcome is Outcome.UNKNOWN
    assert "no token for admin: POST" in finding.summary
    assert "secret" not in repr(finding)
    assert "tok-" not in repr(finding)


def test_a_client_secret_must_be_lent_for_the_place_where_its_token_goes(tmp_path: Path) -> None:
    secrets = lent(tmp_path, host="id.example", shop_customer="secret-customer", shop_admin="secret/admin")
    check = a_check(url="http://127.0.0.1:9", token=TOKEN, writes=True)
    assert set(check.lent_secrets()) == {
        (name, host) for name in ROLES.values() for host in ("127.0.0.1", "id.example")
    }
    with pytest.raises(Unreachable, match=r"not for 127\.0\.0\.1"):
        check.collect(look_at(secrets=secrets))
