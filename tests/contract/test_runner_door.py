"""The runners' door: whose token is believed, what an upload may hold, and what a person's run may say for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from golive.standins.wire import Response
from golive.web.runners import LARGEST
from runs import RunWorld, a_run_world

NEVER = "0" * 40


@pytest.fixture(scope="module")
def lasting() -> Iterator[tuple[RunWorld, int]]:
    with a_run_world() as w:
        yield w, w.asked()


@pytest.fixture
def shared(lasting: tuple[RunWorld, int]) -> tuple[RunWorld, int]:
    """One world that only refused requests reach; its GitHub and its issuer answer again, whoever came between."""
    lasting[0]._mount()
    return lasting


@pytest.fixture
def w() -> Iterator[RunWorld]:
    with a_run_world() as world:
        yield world


# ------------------------------------------------------------------ whose token


def unsigned(w: RunWorld) -> str:
    claims = jwt.decode(w.issuer.token(**w.claims()), options={"verify_signature": False})
    return jwt.encode(claims, key="", algorithm="none", headers={"kid": w.issuer.newest})


def signed_with_the_public_key(w: RunWorld) -> str:
    """HS256, with what everybody can read as its secret; PyJWT itself would not make one."""
    import base64
    import hashlib
    import hmac

    public = w.issuer.keys[w.issuer.newest].public_key()
    secret = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(w.issuer.token(**w.claims()), options={"verify_signature": False})

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    said = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': w.issuer.newest})}.{part(claims)}"
    made = hmac.new(secret, said.encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def broken(w: RunWorld) -> str:
    head, body, _ = w.issuer.token(**w.claims()).split(".")
    return f"{head}.{body}.{w.issuer.token(**w.claims(run_id='1')).split('.')[2]}"


def now(w: RunWorld) -> int:
    return int(w.clock().timestamp())


TOKENS: dict[str, tuple[Callable[[RunWorld], str], int, str]] = {
    "none at all": (lambda w: " ", 401, "Send the token that GitHub makes"),
    "nonsense": (lambda w: "a.b.c", 401, "no token of a workflow's run"),
    "a signature of something else": (broken, 401, "cannot be believed"),
    "alg none": (unsigned, 401, "RS256"),
    "HS256 with the public key": (signed_with_the_public_key, 401, "RS256"),
    "made for somebody else": (lambda w: w.issuer.token(**w.claims(aud="sts.amazonaws.com")), 401, "audience golive"),
    "by another issuer": (
        lambda w: w.issuer.token(**w.claims(iss="https://evil.test")),
        401,
        "is not by http://issuer",
    ),
    "expired": (lambda w: w.issuer.token(**w.claims(exp=now(w) - 61)), 401, "has expired"),
    "not yet": (lambda w: w.issuer.token(**w.claims(nbf=now(w) + 600)), 401, "does not hold yet"),
    "without an end": (lambda w: w.issuer.token(**w.claims(exp=None)), 401, "cannot be believed"),
    "without an id": (lambda w: w.issuer.token(**w.claims(jti=None)), 401, "cannot be believed"),
    "without its workflow": (lambda w: w.issuer.token(**w.claims(workflow_ref=None)), 401, "which workflow's run"),
    "of another repository": (
        lambda w: w.issuer.token(**w.claims(repository_id="4711")),
        403,
        "does not know acme/shop",
    ),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_is_not_this_runs_own_is_refused(shared: tuple[RunWorld, int], name: str) -> None:
    w, number = shared
    make, status, why = TOKENS[name]
    before = w.standing(number).seq
    answer = w.sends(w.result(), head=w.head(number), token=make(w), settles=False)
    assert answer.status_code == status, answer.text
    assert why in answer.json()["error"]
    assert w.standing(number).seq == before, "a refused request leaves nothing behind"


def test_a_key_that_is_new_is_asked_for_once_and_a_made_up_one_not_again_and_again(w: RunWorld) -> None:
    number = w.release()
    w.sends(w.result(), head=w.head(number))
    assert w.issuer.asked == 1
    w.clock.pass_(minutes=2)
    w.issuer.rotate()
    assert w.sends(w.result(), head=w.head(number), run_id="18").status_code == 202
    assert w.issuer.asked == 2, "a key that is not on the list is looked for"
    w.clock.pass_(minutes=2)
    w.issuer.keys["never-listed"] = w.issuer.keys[w.issuer.newest]
    token = w.issuer.token("never-listed", **w.claims())
    del w.issuer.keys["never-listed"]
    for _ in range(3):
        assert w.sends(w.result(), head=w.head(number), token=token).status_code == 401
    assert w.issuer.asked == 3, "whoever makes up key ids makes golive ask once a minute at most"


def test_where_the_keys_cannot_be_read_it_says_try_again_and_then_takes_it(w: RunWorld) -> None:
    number = w.release()
    w.issuer.interceptors.append(lambda *_: Response.of(500, {}))
    answer = w.sends(w.result(), head=w.head(number))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert w.outcome(number) == "none"
    w.issuer.interceptors.clear()
    w.clock.pass_(minutes=2)
    assert w.sends(w.result(), head=w.head(number)).status_code == 202
    w.issuer.interceptors.append(lambda *_: Response.of(500, {}))
    w.clock.pass_(hours=11)
    assert w.sends(w.result(), head=w.head(number), run_id="18").status_code == 202, "its keys are known for a while"
    w.clock.pass_(hours=2)
    assert w.sends(w.result(), head=w.head(number), run_id="19").status_code == 503, "and not for ever"


# ------------------------------------------------------------------ what an upload holds

BODIES: dict[str, tuple[Callable[[dict[str, Any]], Any], int, str]] = {
    "no object": (lambda r: [r], 400, "JSON object"),
    "another format": (lambda r: {"format": "else", "version": 1, "results": [r]}, 422, "golive-results"),
    "no results": (lambda r: {"format": "golive-results", "version": 1, "results": []}, 422, "1 to 500"),
    "a check twice": (lambda r: {"format": "golive-results", "version": 1, "results": [r, r]}, 422, "twice"),
    "a short head": (lambda r: {"format": "golive-results", "version": 1, "head": "abc", "results": [r]}, 422, "40 digits"),
    "a pull request by name": (lambda r: {"format": "golive-results", "version": 1, "pull": "7", "results": [r]}, 422, "`pull`"),
    "another pull request": (lambda r: {"format": "golive-results", "version": 1, "pull": 999, "results": [r]}, 404, "#999"),
    "an unknown head": (lambda r: {"format": "golive-results", "version": 1, "head": NEVER, "results": [r]}, 404, "--pull"),
    **{
        f"{name} = {str(value)[:20]!r}": (
            lambda r, name=name, value=value: {"format": "golive-results", "version": 1, "results": [{**r, name: value}]},
            422, "results[0]",
        )
        for name, value in [
            ("outcome", "waived"), ("outcome", "pending"), ("outcome", "brilliant"), ("summary", "x" * 5000),
            ("summary", "a\0b"), ("summary", "\ud800"), ("check", 7), ("taken_at", "yesterday"),
            ("taken_at", "2026-01-01T00:00:00"), ("details", [["t", "p", "line", "failed"]]),
            ("details", [["a\0", "", 0, "failed"]]),
            ("measures", [["n", {"deep": 1}, ""]]), ("seconds", "soon"), ("attempts", 1.5), ("samples", "many"),
            ("strength", "oath"), ("details", [["t", "", 0, "failed"]] * 201),
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_an_upload_that_is_not_as_golive_writes_it_is_refused_by_its_place(
    shared: tuple[RunWorld, int], name: str
) -> None:
    w, _ = shared
    make, status, why = BODIES[name]
    answer = w.sends(body=make(w.result()), settles=False)
    assert answer.status_code == status, answer.text
    assert why in answer.json()["error"], answer.text


def test_an_upload_that_is_too_large_is_refused(shared: tuple[RunWorld, int]) -> None:
    w, _ = shared
    headers = {"Authorization": f"Bearer {w.issuer.token(**w.claims())}"}
    answer = w.client.post("/api/v1/results", content=b"x" * (LARGEST + 1), headers=headers)
    assert answer.status_code == 413


def test_what_a_probe_claims_of_the_future_is_taken_as_of_now(w: RunWorld) -> None:
    number = w.release()
    w.sends(w.result(taken_at="2199-01-01T00:00:00+00:00", strength="probe"), head=w.head(number))
    found = next(r.finding for r in w.standing(number).results if r.finding.check == "unit-tests")
    assert found.taken_at is not None
    assert found.taken_at <= w.clock()
    assert found.strength.value == "imported"


def test_only_runs_of_the_same_repository_read_what_became_of_it(w: RunWorld) -> None:
    other = w.github.add_repo("acme/other", files={"a": "b"}, writers=["eve"], admins=["bo"])
    w.settle()
    number = w.release()
    answer = w.sends(w.result(), head=w.head(number))
    told = w.client.get(
        answer.json()["see"],
        headers={
            "Authorization": f"Bearer {w.issuer.token(**w.claims(repository_id=str(other), repository='acme/other'))}"
        },
    )
    assert told.status_code in (403, 404)
    assert w.outcome(number) == "passed"


# ------------------------------------------------------------------ a person's run


def signs(w: RunWorld, number: int, command: str = "approve qa", sha: str = "", **claims: Any) -> Any:
    run = {"event_name": "workflow_dispatch", **claims}
    body = {"command": command, "pull": number, "sha": sha or w.head(number)}
    return w.sends(body=body, path="/api/v1/sign-offs", **run)


def test_who_starts_the_listed_workflow_signs_as_themselves(w: RunWorld) -> None:
    number = w.asked()
    came = w.became(signs(w, number, "approve qa smoke tests pass"))
    assert came["state"] == "taken", came
    word = next(word for word in w.standing(number).words if word.surface.value == "workflow")
    assert (word.person.login, word.verb) == ("mina", "approve")
    assert word.link.endswith("/acme/shop/actions/runs/17")
    told = w.client.get(
        f"/api/v1/sign-offs?pull={number}", headers={"Authorization": f"Bearer {w.issuer.token(**w.claims())}"}
    )
    assert told.json()["roles"][0]["signed"] == ["mina"], told.text
    assert told.json()["waiting_on"] == []


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"event_name": "push"}, "from a run that a person started"),
        ({"event_name": "workflow_run"}, "from a run that a person started"),
        ({"run_attempt": "2"}, "may be somebody else"),
        ({"ref": "refs/heads/release/1.4"}, "as it is on main"),
        ({"ref": "refs/pull/1/merge"}, "as it is on main"),
        ({"actor": "dependabot[bot]"}, "Only people sign"),
        ({"actor_id": "0"}, "Only people sign"),
    ],
)  # fmt: skip
def test_a_run_that_does_not_speak_for_a_person_is_refused(
    shared: tuple[RunWorld, int], claims: dict[str, str], why: str
) -> None:
    w, number = shared
    answer = signs(w, number, settles=False, **claims)
    assert answer.status_code == 403, answer.text
    assert why in answer.json()["error"]


@pytest.mark.parametrize(
    ("command", "sha", "why"),
    [
        ("hold because", "", "a sign-off and nothing else"),
        ("override now", "", "a sign-off and nothing else"),
        ("aprove", "", "approve"),
        ("approve qa", NEVER, "has not seen"),
        ("approve qa", "main", "40 digits"),
        ("approve\x07 qa", "", "control characters"),
    ],
)  # fmt: skip
def test_a_word_that_a_workflow_may_not_bring_is_refused(
    shared: tuple[RunWorld, int], command: str, sha: str, why: str
) -> None:
    w, number = shared
    answer = signs(w, number, command, sha, settles=False)
    assert answer.status_code == 422, answer.text
    assert why in answer.json()["error"], answer.text


def test_a_workflow_that_is_not_listed_brings_no_word_and_the_line_to_add_is_said(w: RunWorld) -> None:
    number = w.asked()
    other = "acme/shop/.github/workflows/other.yml@refs/heads/main"
    came = w.became(signs(w, number, workflow_ref=other))
    assert came["state"] == "refused"
    assert f'runners: ["{other}"]' in came["said"], came


def test_the_rules_for_people_hold_for_runs_too(w: RunWorld) -> None:
    number = w.asked()
    ana, eve = (str(w.github.world.user(name).id) for name in ("ana", "eve"))
    author = w.became(signs(w, number, actor="ana", actor_id=ana))
    stranger = w.became(signs(w, number, actor="eve", actor_id=eve))
    renamed = w.became(signs(w, number, actor="mina", actor_id=eve))
    assert [one["state"] for one in (author, stranger, renamed)] == ["refused"] * 3, (author, stranger, renamed)
    assert "@mina" in stranger["said"], "every refusal says who could"


def test_a_word_of_a_run_comes_once(w: RunWorld) -> None:
    number = w.asked()
    token = w.issuer.token(**w.claims(event_name="workflow_dispatch"))
    body = {"command": "approve qa", "pull": number, "sha": w.head(number)}
    assert w.sends(body=body, path="/api/v1/sign-offs", token=token).json()["new"] is True
    w.says("mina", number, "/golive withdraw qa")
    assert w.sends(body=body, path="/api/v1/sign-offs", token=token).json()["new"] is False
    assert "0/1" in w.standing(number).last_headline, "what was taken back is not brought back by a caught token"
