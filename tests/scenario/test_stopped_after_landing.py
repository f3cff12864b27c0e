"""After the merge nothing more begins while a hold, a freeze or a no stands; what has begun goes on. Said wherever people look.

Add a way to be stopped as a row of `STOPS`: what is said, what is found in the first line, and what lets it go on.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta

import pytest

from golive.core.model import Subject
from scenario.test_promotion import CI, DEPLOYS, MERGES, approved, landed, promoting, refs, sticky
from world import World, a_world

ROLES = '      - {role: qa, from: ["@mina"]}\n'
ACTS = f"{MERGES}{DEPLOYS}  tag: v${{version}}\n"


def deployed(w: World) -> None:
    """The deployment that was under way has succeeded, so that the tag's turn comes."""
    (made,) = w.github.deployments("acme/shop", "production")
    w.github.deployment_status("acme/shop", made.id, "success", by=CI)
    w.settle()


def policy(extra: str = "") -> str:
    return promoting(ACTS, ROLES).replace("promotion:\n", f"{extra}promotion:\n")


@pytest.mark.parametrize(
    ("who", "stop", "why", "goes_on"),
    [
        ("bo", "/golive hold the shop is on fire", "@bo holds it: the shop is on fire", "/golive resume"),
        ("mina", "/golive reject qa it leaks", "@mina rejected it for qa", "/golive withdraw qa"),
        ("bo", "/golive freeze for 4h an audit", "Frozen until", "/golive unfreeze"),
    ],
    ids=["a hold", "a no", "a freeze that somebody said"],
)
def test_what_has_not_begun_is_stopped_after_the_merge_and_goes_on_when_it_is_lifted(
    who: str, stop: str, why: str, goes_on: str
) -> None:
    with a_world(policy=policy()) as w:
        number = w.asked()
        approved(w, number)
        assert w.merged(number)
        w.says(who, number, stop)
        deployed(w)
        assert "tags/v1.4" not in refs(w), "nothing more may begin"
        for place, text in said_everywhere(w, number).items():
            assert "STOPPED" in text, f"{place} does not say that it is stopped:\n{text}"
            assert why in text, f"{place} does not say why:\n{text}"
        w.says(who, number, goes_on)
        w.later(seconds=2)
        assert refs(w)["tags/v1.4"] == landed(w, number), "it was lifted, and nothing went on"
        w.later(minutes=2)
        assert "Tag v1.4 ✓" in sticky(w, number)


def said_everywhere(w: World, number: int) -> dict[str, str]:
    """Place → what stands there: golive's comment, the chat's root, the page, and the answer to who asks."""
    w.later(minutes=2)
    w.says("bo", number, "/golive status")
    places = {
        "the comment": sticky(w, number), "Slack": str(w.roots()[0]), "the page": page(w, number),
        "the answer": w.answers(number)[-1],
    }  # fmt: skip
    return {place: html.unescape(text).replace("\u200b", "") for place, text in places.items()}


def page(w: World, number: int) -> str:
    assert w.golive is not None
    assert w.client is not None
    state = w.golive.store.release_of(Subject(w.golive.forge.host, w.repo_id, number))
    assert state is not None
    return str(w.client.get(f"/r/{state.token}").text)


def test_a_freeze_of_the_policy_that_begins_after_the_merge_stops_the_rest_until_it_ends() -> None:
    begins = datetime.now(UTC).replace(microsecond=0, tzinfo=None) + timedelta(minutes=30)
    ends = begins + timedelta(hours=2)
    books = f"freezes: [{{{{name: Books, from: {begins.isoformat()}, to: {ends.isoformat()}, timezone: UTC}}}}]\n"
    with a_world(policy=policy(books)) as w:
        number = w.asked()
        approved(w, number)
        assert w.merged(number)
        w.later(minutes=31)
        deployed(w)
        assert "tags/v1.4" not in refs(w), "it was frozen by then"
        assert "Frozen until" in sticky(w, number)
        w.later(hours=2)
        assert refs(w)["tags/v1.4"] == landed(w, number), "the freeze is over, and nobody had to say anything"


def test_a_freeze_lifted_elsewhere_lets_a_release_that_has_landed_go_on() -> None:
    with a_world(policy=policy()) as w:
        number = w.asked()
        approved(w, number)
        w.says("bo", number, "/golive freeze for 4h an audit")
        deployed(w)
        other = w.release(head="release/1.5")
        w.says("bo", other, "/golive unfreeze")
        w.later(minutes=11)
        assert refs(w)["tags/v1.4"] == landed(w, number)


def test_what_was_stopped_is_not_begun_by_promote_and_what_is_under_way_is_not_called_stopped() -> None:
    with a_world(policy=promoting(f"{MERGES}{DEPLOYS}", ROLES)) as w:
        number = w.asked()
        approved(w, number)
        w.says("bo", number, "/golive hold wait")
        w.later(minutes=2)
        assert "STOPPED" not in sticky(w, number), "the deployment is under way, and nothing comes after it"
        deployed(w)
        assert "**Deploy to production**: done" in sticky(w, number)
    with a_world(policy=policy()) as w:
        number = w.asked()
        approved(w, number)
        w.says("bo", number, "/golive hold wait")
        deployed(w)
        w.says("mina", number, "/golive promote")
        assert "tags/v1.4" not in refs(w), "a hold is lifted by `resume` alone"


def test_an_environment_that_asks_after_the_merge_is_told_no_while_somebody_rejects_it() -> None:
    with a_world(policy=promoting(f"{MERGES}  environment: production\n", ROLES)) as w:
        number = w.asked()
        approved(w, number)
        w.says("mina", number, "/golive reject qa it leaks")
        run = w.github.environment_waits("acme/shop", "production", landed(w, number), by=CI)
        w.settle()
        ((state, comment),) = w.github.gate_answers("acme/shop", run)
        assert state == "rejected"
        assert "@mina rejected it for qa" in comment
