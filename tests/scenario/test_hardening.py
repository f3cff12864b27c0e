"""How a repository is guarded is looked at by itself, recorded once, and shown on its releases until it is mended.

Add a case by making the stand-in's repository weak in one more way.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re

import pytest

from golive.core import ledger
from golive.core.hardening import Weakness
from golive.core.model import Subject
from golive.engine.gather import THE_REPOSITORY
from golive.engine.harden import subject_of
from golive.standins.wire import Request, Response
from world import World, a_world

LINE = "golive's check is not required with its App pinned on"


def looked(w: World) -> None:
    """Past the moment at which a repository that became known is looked at."""
    w.later(minutes=12)


def found(w: World) -> tuple[Weakness, ...]:
    assert w.golive is not None
    return ledger.fold(records(w)).hardening


def records(w: World) -> list[ledger.Entry]:
    assert w.golive is not None
    return w.golive.store.entries(Subject(w.golive.forge.host, w.repo_id, THE_REPOSITORY))


def times_recorded(w: World) -> int:
    return sum(entry.kind == "hardening" for entry in records(w))


def page(w: World, number: int) -> str:
    assert w.golive is not None
    assert w.client is not None
    state = w.golive.store.release_of(Subject(w.golive.forge.host, w.repo_id, number))
    assert state is not None
    return str(w.client.get(f"/r/{state.token}").text)


def test_trap_12_a_check_that_is_required_by_name_alone_is_found_and_said_on_the_release_until_it_is_pinned() -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", None)])
        number = w.release()
        looked(w)
        assert found(w)[0].code == "check_not_pinned"
        w.later(minutes=12)  # nobody waits for it, so it is written with the next change or when a burst has ended
        (sticky,) = w.our_comments(number, "golive:sticky:")
        assert LINE in sticky
        assert f"{LINE} `main`" in html.unescape(re.sub(r"</?code>", "`", page(w, number)))
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id)])
        w.later(days=1, minutes=1)
        w.later(minutes=12)
        assert "check_not_pinned" not in [one.code for one in found(w)]
        (sticky,) = w.our_comments(number, "golive:sticky:")
        assert LINE not in sticky, "what was mended is no longer said"


def test_trap_12_a_check_of_our_name_that_another_app_posts_satisfies_nothing_that_is_pinned() -> None:
    with a_world() as w:
        number = w.release()
        sha = w.github.pull("acme/shop", number).head.sha
        w.github.check_run("acme/shop", sha, name="golive", app="ci", conclusion="success")
        w.settle()
        assert not w.merged(number)
        assert w.shows(number) != "success", "what another App posts under our name is not ours"
        assert w.github.merge_state(w.github.world.repo("acme/shop"), w.github.pull("acme/shop", number)) == "blocked"


def test_a_branch_that_requires_nothing_is_found_and_a_ruleset_that_pins_us_mends_it() -> None:
    with a_world() as w:
        w.github.unprotect("acme/shop", "main")
        w.release()
        looked(w)
        assert [one.code for one in found(w)] == ["check_not_required"]
        w.github.ruleset("acme/shop", ["main"], required=[("golive", w.app.id)])
        w.later(days=1, minutes=1)
        assert [one.code for one in found(w)] == ["bypass_untold"], "GitHub does not tell a reader who gets past"


def test_what_the_app_may_not_read_is_said_to_be_unknown_and_never_sound() -> None:
    with a_world() as w:
        w.app.permissions.pop("administration")
        w.github.gate.tokens.clear()  # those that were given out could still read it
        number = w.release()
        looked(w)
        told = {one.code: one for one in found(w)}
        assert told["check_unread"].unknown
        assert told["workflows_unread"].unknown
        assert not told["permissions_short"].unknown
        w.later(minutes=12)
        (sticky,) = w.our_comments(number, "golive:sticky:")
        assert "cannot be told" in sticky


def test_the_same_finding_is_recorded_once_however_often_it_is_looked_at() -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", None)])
        w.release()
        looked(w)
        for _ in range(3):
            w.later(days=1, minutes=1)
        assert times_recorded(w) == 1


def test_a_forge_that_does_not_answer_is_asked_again_and_no_release_waits_for_it() -> None:
    with a_world() as w:
        asked: list[str] = []

        def down(request: Request, call: object) -> Response:
            if request.path.endswith("/actions/permissions/workflow"):
                asked.append(request.path)
                return Response.of(502, {"message": "Bad gateway"})
            return call(request)  # type: ignore[operator]

        w.github.interceptors.append(down)
        number = w.asked()
        looked(w)
        assert asked
        assert times_recorded(w) == 0
        w.signed(number)
        assert w.merged(number)
        w.github.interceptors.remove(down)
        w.later(minutes=20)
        assert times_recorded(w) == 1, "it was asked again"


def test_a_repository_without_a_policy_is_left_alone() -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "main", {".github/golive.yml": None}, by="bo", message="No policy")
        w.settle()
        looked(w)
        assert times_recorded(w) == 0
        assert w.golive is not None
        assert subject_of(w.golive.forge.host, w.repo_id).startswith("harden:")


def rules_changed(w: World, event: str) -> None:
    """GitHub tells that a rule of acme/shop changed, in the fields that golive reads."""
    assert w.client is not None
    told = {"action": "edited", "repository": {"id": w.repo_id, "full_name": "acme/shop"}, "sender": {"login": "bo"}}
    body = json.dumps(told).encode()
    digest = hmac.new(b"hook-secret", body, hashlib.sha256).hexdigest()
    headers = {"x-github-event": event, "x-github-delivery": event, "x-hub-signature-256": f"sha256={digest}"}
    assert w.client.post("/github/webhook", content=body, headers=headers).status_code == 202


@pytest.mark.parametrize("event", ["branch_protection_rule", "repository_ruleset"])
def test_a_rule_that_changed_is_looked_at_at_once_and_not_only_at_night(event: str) -> None:
    with a_world() as w:
        w.asked()
        looked(w)
        assert "check_not_required" not in [one.code for one in found(w)]
        w.github.unprotect("acme/shop", "main")
        rules_changed(w, event)
        w.settle()
        w.later(seconds=11)
        assert "check_not_required" in [one.code for one in found(w)], "the change was not looked at"


def test_a_rule_that_changed_counts_for_releases_that_are_open() -> None:
    with a_world() as w:
        number = w.asked()
        w.github.require_linear_history("acme/shop", "main")
        w.github.allow_methods("acme/shop", ["merge"])
        rules_changed(w, "repository_ruleset")
        w.settle()
        w.later(seconds=61)
        assert w.shows(number) == "action_required", "nobody says that it cannot be merged as the policy wants"


def test_a_repository_that_was_known_before_golive_looked_at_such_things_is_looked_at_soon_after_the_start() -> None:
    with a_world() as w:
        number = w.release()
        w.later(minutes=12)
        assert w.golive is not None
        with w.golive.store.transaction() as tx:  # as a golive without this look would have left it
            tx.drop_timer(subject_of(w.golive.forge.host, w.repo_id))
        w.github.protect("acme/shop", "main", required=[("golive", None)])
        w.later(days=2)
        assert "check_not_pinned" not in [one.code for one in found(w)], "somebody looked without being owed a look"
        w.restart()
        w.settle()
        looked(w)
        assert "check_not_pinned" in [one.code for one in found(w)]
        assert w.shows(number)
