"""What got lost on the way is found by the sweep, what GitHub tells late is not believed, and buttons are words."""

from __future__ import annotations

import json
from collections.abc import Callable

from golive.core.reach import STALE
from golive.engine.stale import BELIEVED_AFTER
from golive.ports import Delivery
from golive.standins.wire import Request, Response
from world import World, a_world


def lost(w: World, act: Callable[[], object]) -> None:
    """Something happens on GitHub, and the network eats what GitHub says of it."""
    w.github.courier.pump()
    act()
    assert w.github.lose_waiting(), "nothing was said, so that nothing could be lost"


def calls(w: World, operation: str) -> int:
    return int(w.github.calls[operation])


def test_a_lost_delivery_is_asked_for_again_within_ten_minutes_once() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        lost(w, lambda: w.github.comment("acme/shop", number, by="mina", body="/golive approve qa"))
        w.later(minutes=10, seconds=1)
        w.later(minutes=1, seconds=1)
        assert calls(w, "apps/redeliver-webhook-delivery") == 1
        assert "security" in w.title(number)
        assert "qa" not in w.title(number)
        w.later(minutes=10, seconds=1)
        assert calls(w, "apps/redeliver-webhook-delivery") == 1, "what came is not asked for again"


def test_what_does_not_come_a_second_time_is_read_from_githubs_log_so_that_who_pushed_is_known() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        lost(w, lambda: w.github.commit("acme/shop", "release/1.4", {"app.py": "5"}, by="mina", message="By mina"))
        w.clock.pass_(minutes=10, seconds=1)
        assert w.golive is not None
        w.golive.work.run_due()
        assert w.github.lose_waiting(), "GitHub was asked to send it again"
        w.later(minutes=1, seconds=1)
        w.later(seconds=2)
        head = w.github.pull("acme/shop", number).head.sha
        subject = next(r.subject for r in w.golive.store.open_in("github.test", w.repo_id))
        pushers = w.golive.store.standing(subject).pushers
        assert [person.login for person in pushers[head]] == ["mina"], "it stands in the lost delivery alone"


def test_after_downtime_the_first_sweep_reads_the_log_as_far_back_as_github_keeps_it() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.stop()
        w.github.review("acme/shop", number, by="mina", state="APPROVE", body="")
        w.github.courier.pump()  # nobody listens
        w.clock.pass_(days=2)
        w.start()
        w.settle()
        w.later(minutes=1, seconds=1)
        assert calls(w, "apps/redeliver-webhook-delivery") >= 1
        missing = {s.delivery.guid for s in w.github.sent(w.app)}
        assert w.golive is not None
        assert w.golive.store.kept("github", missing) == missing


def test_an_open_release_is_looked_at_every_ten_minutes_even_when_nothing_is_heard() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.later(minutes=10, seconds=1)
        w.github.courier.pump()
        with w.github.lock:  # nobody tells of it
            w.github.world.pull(w.github.world.repo("acme/shop"), number).title = "Another title"
        w.later(minutes=10, seconds=1)
        w.later(minutes=10, seconds=1)
        assert w.golive is not None
        assert w.golive.store.open_in("github.test", w.repo_id)[0].title == "Another title"


def test_an_answer_older_than_what_a_delivery_said_is_not_decided_on() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.signed_by("mina", number, "qa")
        old: list[Response] = []
        lags = True

        def stale(request: Request, call: Callable[[Request], Response]) -> Response:
            answer = call(request)
            if request.method == "GET" and request.path == f"/repos/acme/shop/pulls/{number}":
                old.append(answer)
                return old[0] if lags else answer
            return answer

        w.github.interceptors.append(stale)
        w.later(seconds=6)  # what was read so long ago is not taken over any more
        assert w.golive is not None
        w.golive.work.touch(f"github.test/{w.repo_id}/{number}")
        w.settle()
        w.later(seconds=2)
        head = w.github.commit("acme/shop", "release/1.4", {"app.py": "print(5)\n"}, by="ana", message="More")
        w.ci_says("success", number)
        w.settle()
        w.github.comment("acme/shop", number, by="sam", body="/golive approve security")
        w.settle()
        attempts, why = w.golive.store.fault_of(f"github.test/{w.repo_id}/{number}")
        assert attempts, "a turn was taken on the old head"
        assert STALE in why
        assert not w.merged(number)
        lags = False
        w.later(seconds=5)
        assert w.golive.store.open_in("github.test", w.repo_id)[0].head_sha == head
        assert w.shows(number), "the new head has its check run as soon as GitHub shows it"


def test_a_delivery_that_github_never_bears_out_is_not_waited_for_longer_than_two_minutes() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        before = w.github.pull("acme/shop", number).head.sha
        payload = {
            "action": "synchronize", "before": before, "after": "f" * 40, "number": number,
            "repository": {"id": w.repo_id}, "sender": {"id": 1, "login": "ana", "type": "User"},
            "pull_request": {"number": number, "head": {"sha": "f" * 40}, "base": {"ref": "main"},
                             "updated_at": w.clock().isoformat().replace("+00:00", "Z")},
        }  # fmt: skip
        assert w.golive is not None
        w.golive.store.keep_all([Delivery("github", "d-1", "pull_request", json.dumps(payload).encode(), w.clock())])
        w.settle()
        key = f"github.test/{w.repo_id}/{number}"
        waits = 0
        while w.golive.store.fault_of(key)[0]:
            waits += 1
            assert waits < 8, "it waits for ever"
            w.later(seconds=BELIEVED_AFTER.total_seconds() / 2 + 5)
        assert not w.golive.store.fault_of(key)[0]
        assert w.golive.store.open_in("github.test", w.repo_id)[0].head_sha == before


# ------------------------------------------------------------------ buttons of the check run


def test_the_sign_button_is_a_word_of_whoever_pressed_it_for_that_head() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.github.press("acme/shop", w.current_run(number).id, "sign", by="mina")
        w.settle()
        assert "qa" not in w.title(number), w.title(number)
        assert "security" in w.title(number)


def test_a_button_pressed_by_somebody_without_a_role_signs_nothing_and_they_are_told() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.github.press("acme/shop", w.current_run(number).id, "sign", by="eve")
        w.settle()
        assert "qa" in w.title(number)
        assert w.answers(number), "eve is told who could"


def test_the_hold_button_holds_with_its_reason() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.github.press("acme/shop", w.current_run(number).id, "hold", by="sam")
        w.settle()
        assert w.shows(number) == "action_required"
        assert "from the check run's button" in w.our_comments(number, "golive:sticky")[0].replace("&#39;", "'")
