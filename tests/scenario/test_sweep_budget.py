"""The sweep spends only what can be spared: it puts itself off while little is left, and makes up for it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from golive.core.looks import EVERY
from world import World, a_world


@contextmanager
def a_world_of_now() -> Iterator[World]:
    """Its clock runs beside the wall's, by which quotas begin anew."""
    with a_world(slack=False) as w:
        w.clock.now = datetime.now(UTC) + timedelta(minutes=1)
        yield w


def spent(w: World, whose: str, used: int) -> None:
    """So much of an hour's 5,000 requests is used up; `reset` lies in the future of this world."""
    found = [quota for key, quota in w.github.gate.quotas.items() if key.startswith(whose)]
    assert found, f"nobody asked as {whose} yet"
    for quota in found:
        quota.used, quota.reset = used, w.clock().timestamp() + 3 * 3600


def calls(w: World, operation: str) -> int:
    return int(w.github.calls[operation])


def every(w: World, times: int = 1) -> None:
    for _ in range(times):
        w.later(seconds=EVERY.total_seconds() + 1)


def test_while_little_is_left_of_the_apps_quota_the_log_is_not_read_and_nothing_is_missed_in_the_end() -> None:
    with a_world_of_now() as w:
        number = w.asked()
        spent(w, "app ", 4800)
        every(w)  # this answer says how little is left
        before = calls(w, "apps/list-webhook-deliveries")
        w.github.courier.pump()
        w.github.comment("acme/shop", number, by="mina", body="/golive approve qa")
        assert w.github.lose_waiting()
        every(w, 3)
        assert calls(w, "apps/list-webhook-deliveries") == before, "the log was read all the same"
        w.later(hours=3)
        every(w)
        w.later(minutes=1, seconds=1)
        assert calls(w, "apps/redeliver-webhook-delivery") == 1
        assert "qa" not in w.title(number), w.title(number)


@pytest.mark.parametrize(("used", "looks"), [(4000, True), (4900, False)])
def test_no_release_is_looked_at_for_time_alone_while_next_to_nothing_is_left(used: int, looks: bool) -> None:
    with a_world_of_now() as w:
        number = w.asked()
        spent(w, "installation", used)
        w.signed_by("mina", number, "qa")
        every(w)  # what was planned while nothing was known of it
        with w.github.lock:  # nobody tells of it
            w.github.world.pull(w.github.world.repo("acme/shop"), number).title = "Another title"
        every(w, 3)
        assert w.golive is not None
        title = w.golive.store.open_in("github.test", w.repo_id)[0].title
        assert title == ("Another title" if looks else "Release 1.4")


def test_what_people_do_is_worked_even_while_next_to_nothing_is_left() -> None:
    with a_world_of_now() as w:
        number = w.asked()
        spent(w, "installation", 4800)
        w.says("eve", number, "How is it going?")
        w.signed(number)
        assert w.merged(number), w.title(number)
