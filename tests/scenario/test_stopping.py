"""Stopping a release, letting it go, and who is told: holds, freezes, overrides, waivers, reminders, questions.

Add what somebody may say as one more test; each goes in by the doors and is read from the stand-ins.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from world import POLICY, World, a_world

REPO = "acme/shop"


def agreed(more: str = "", when: str = "go", phases: str = "") -> str:
    """The usual policy with more keys, as `World` takes it."""
    before = POLICY.partition("promotion:\n")[0]
    rest = f"{more}promotion:\n  merge: {{method: squash, when: {when}}}\n{phases}"
    return before + rest.replace("{", "{{").replace("}", "}}")


GLASS = 'overrides: {from: ["@bo", "@sue", "@zoe"], people: 2, longest: 45m}\n'


def today(w: World, more: timedelta = timedelta()) -> str:
    """The day that it is then."""
    return f"{w.clock.now + more:%Y-%m-%d}"


def to_monday(w: World, hour: int) -> None:
    """Go on to the next Monday, so many hours after midnight UTC."""
    now = w.clock.now
    days = (7 - now.weekday()) % 7 or 7
    monday = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=days, hours=hour)
    w.later(seconds=(monday - now).total_seconds())


def says(w: World, surface: str, who: str, number: int, text: str) -> str:
    """Say it on a surface; the answer to that person, empty where there is none."""
    before = len(w.answers(number) if surface == "comment" else w.whispers(who))
    if surface == "comment":
        w.says(who, number, f"/golive {text}")
    else:
        verb, _, rest = text.partition(" ")
        w.slack_says(who, f"{verb} {REPO}#{number} {rest}")
    told = w.answers(number) if surface == "comment" else w.whispers(who)
    return "\n".join(told[before:]).replace("&#8203;", "").replace("\\#", "#")


def issues(w: World) -> list[Any]:
    """The issues that golive opened."""
    repo = w.github.world.repo(REPO)
    return [one for one in repo.issues.values() if one.user.login == "golive[bot]"]


BOTH = pytest.mark.parametrize("surface", ["comment", "slack"])

# ------------------------------------------------------------------ holds


@BOTH
def test_a_hold_is_everywhere_and_says_who_lifts_it(surface: str) -> None:
    with a_world() as w:
        number = w.asked()
        says(w, surface, "zoe", number, "hold waiting for the DBA")
        w.signed(number)
        assert not w.merges(number)
        assert w.shows(number) == "action_required"
        for told in (w.title(number), w.roots()[-1].text, "\n".join(w.thread())):
            assert "waiting for the DBA" in told
        assert "zoe" in w.summary(number)
        says(w, surface, "zoe", number, "resume the DBA is here")
        assert w.merged(number), w.title(number)


# ------------------------------------------------------------------ freezes


@BOTH
def test_a_freeze_by_word_stops_every_release_of_the_repository_until_it_is_lifted(surface: str) -> None:
    with a_world() as w:
        first, second = w.asked(), w.asked(head="release/2.0")
        told = says(w, surface, "mina", first, f"freeze until {today(w, timedelta(days=2))} the shop is full")
        assert "maintainer" in told, "the refusal does not say who could"
        says(w, surface, "bo", first, f"freeze until {today(w, timedelta(days=2))} the shop is full")
        for number in (first, second):
            assert w.shows(number) == "action_required", f"#{number}: {w.title(number)}"
            assert "the shop is full" in w.title(number)
            w.signed(number)
            assert not w.merges(number)
        says(w, surface, "bo", second, "unfreeze the rush is over")
        assert w.merged(second), w.title(second)
        w.later(seconds=31)
        assert w.merged(first), w.title(first)


def test_a_freeze_by_word_ends_by_itself_and_a_later_release_is_frozen_too() -> None:
    with a_world() as w:
        first = w.asked()
        w.says("bo", first, "/golive freeze for 4h the shop is full")
        later = w.asked(head="release/2.0")
        assert w.shows(later) == "action_required", w.title(later)
        w.signed(later)
        w.later(hours=3)
        assert not w.merges(later)
        w.later(hours=2)
        assert w.merged(later), w.title(later)


WINDOW = """\
freezes:
  - name: Mondays
    weekly: "Mon 10:00-12:00"
    timezone: UTC
    exception: {from: ["@bo", "@sue", "@zoe"], count: 2}
"""


def test_a_freeze_of_the_policy_is_said_at_both_its_edges_and_ends_by_itself() -> None:
    with a_world(policy=agreed(WINDOW)) as w:
        to_monday(w, 8)
        number = w.asked()
        assert w.shows(number) == "in_progress"
        w.later(hours=2)
        assert w.shows(number) == "action_required"
        assert "Mondays" in w.title(number)
        assert [line for line in w.thread() if "Frozen: Mondays" in line], w.thread()
        w.signed(number)
        assert not w.merges(number)
        w.later(hours=2)
        assert any("The freeze is over." in line for line in w.thread()), w.thread()
        assert w.merged(number), w.title(number)


def test_enough_people_let_one_release_through_a_freeze_and_no_other() -> None:
    with a_world(policy=agreed(WINDOW)) as w:
        to_monday(w, 8)
        first, second = w.asked(), w.asked(head="release/2.0")
        w.later(hours=2)
        w.signed(first)
        w.signed(second)
        w.says("mina", second, "/golive approve freeze-mondays")
        assert "bo" in w.answers(second)[-1], "the refusal does not say who could"
        w.says("bo", second, "/golive approve freeze-mondays it mends the till")
        assert not w.merges(second), "one of two let it through"
        w.says("sue", second, "/golive approve freeze-mondays")
        assert w.merged(second), w.title(second)
        w.later(minutes=5)
        assert not w.merges(first), "letting one release through a freeze let another through"


# ------------------------------------------------------------------ breaking the glass


def broken(w: World) -> int:
    """A release that two people let go although its check fails and nobody signed."""
    w.sample.status = 503
    number = w.asked()
    assert w.shows(number) == "failure", w.title(number)
    w.says("bo", number, "/golive override 30m the site is down and this mends it")
    assert not w.merges(number), "one person alone broke the glass"
    w.slack_says("sue", "override 20m yes, let it go")
    return number


def test_two_people_break_the_glass_loudly_and_it_is_followed_up_once() -> None:
    with a_world(policy=agreed(GLASS)) as w:
        number = broken(w)
        assert w.merged(number), w.title(number)
        loud = [line for line in w.thread() if "BREAK-GLASS" in line]
        assert len(loud) == 1, w.thread()
        for told in ("@bo", "@sue", "the site is down"):
            assert told in loud[0]
        (issue,) = issues(w)
        assert f"{REPO}#{number}" in issue.title
        assert "the site is down" in issue.body
        w.restart()
        w.later(hours=1)
        w.later(days=1)
        assert len(issues(w)) == 1, "the follow-up was opened twice"


def test_an_override_is_in_the_check_run_before_the_merge() -> None:
    with a_world(policy=agreed(GLASS, when="ask")) as w:
        number = broken(w)
        assert "OVERRIDDEN" in w.summary(number)
        assert "the site is down" in w.summary(number)
        assert w.shows(number) == "success", w.title(number)
        w.later(minutes=21)
        assert w.shows(number) == "failure", "an override that ran out still counts"
        assert not w.merges(number)


def test_an_issue_that_was_opened_just_before_a_crash_is_found_and_not_opened_again() -> None:
    with a_world(policy=agreed(GLASS)) as w:

        def crashes(request: Any, call: Any) -> Any:
            response = call(request)
            if request.method == "POST" and request.path == f"/repos/{REPO}/issues" and not crashed:
                crashed.append(request)
                raise ConnectionError("the line is cut after the issue was opened")
            return response

        crashed: list[Any] = []
        w.github.interceptors.append(crashes)
        number = broken(w)
        w.restart()
        w.later(minutes=5)
        w.later(minutes=10)
        assert crashed, "the crash never happened, so this shows nothing"
        assert len(issues(w)) == 1
        assert w.merged(number), w.title(number)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([("bo", "override 30m it burns"), ("bo", "override 30m it really burns")], ""),
        ([("bo", "override 30m it burns"), ("mina", "override 30m me too")], "@bo"),
        ([("bo", "override 30m it burns"), ("sue", "override 2h for longer")], "45 minutes"),
        ([("bo", "override 30m it burns"), ("sue", "override")], "Words are missing"),
    ],
    ids=["one person twice", "one who may not", "longer than it may last", "without a reason"],
)
def test_an_override_needs_different_people_who_may_and_an_end(said: list[tuple[str, str]], told: str) -> None:
    with a_world(policy=agreed(GLASS)) as w:
        number = w.asked()
        for who, text in said:
            answer = says(w, "comment", who, number, text)
        assert not w.merges(number)
        assert told in answer, answer
        assert not [line for line in w.thread() if "BREAK-GLASS" in line]
        assert not issues(w)


def test_an_override_of_the_author_or_after_a_push_counts_for_nothing() -> None:
    with a_world(policy=agreed(GLASS)) as w:
        number = w.asked(by="zoe")
        w.says("zoe", number, "/golive override 30m my own")
        w.says("bo", number, "/golive override 30m it burns")
        assert not w.merges(number), "the author broke the glass for their own release"
        w.push(number, by="zoe")
        w.says("sue", number, "/golive override 30m it burns")
        assert not w.merges(number), "an override of other code counted"


def test_no_override_lifts_a_veto() -> None:
    policy = agreed(GLASS).replace("from: [acme/security]", "from: [acme/security], veto: true")
    with a_world(policy=policy) as w:
        number = w.asked()
        w.says("sam", number, "/golive reject security it leaks passwords")
        w.says("bo", number, "/golive override 30m it must go")
        w.says("sue", number, "/golive override 30m it must go")
        assert not w.merges(number)
        assert w.shows(number) == "failure"
        w.says("sam", number, "/golive withdraw security")
        assert w.merged(number), w.title(number)


# ------------------------------------------------------------------ waivers, delegation, promotion


def test_a_critical_check_is_waived_by_two_people_and_only_until_the_day_is_over() -> None:
    with a_world() as w:
        w.github.grant(REPO, "zoe", "maintain")
        w.sample.status = 503
        number = w.asked()
        last = today(w, timedelta(days=1))
        assert "maintainer" in says(w, "comment", "mina", number, f"waive healthy until {last} the host moves")
        says(w, "comment", "bo", number, f"waive healthy until {last} the host moves")
        assert w.shows(number) == "failure", "one person waived a critical check"
        says(w, "slack", "zoe", number, f"waive healthy until {last} I looked, it is fine")
        assert w.shows(number) == "in_progress", w.title(number)
        w.later(days=2)
        assert w.shows(number) == "failure", "a waiver that ended still counts"


@pytest.mark.parametrize("allowed", [True, False])
def test_somebody_signs_in_anothers_place_only_where_the_policy_lets_them(allowed: bool) -> None:
    with a_world(policy=agreed("rules: {delegation: true}\n" if allowed else "")) as w:
        number = w.asked()
        told = says(w, "slack", "mina", number, "delegate qa to @bo for 2d I am away")
        assert ("rules: {delegation: true}" in told) is not allowed, told
        w.says("bo", number, "/golive approve qa")
        assert w.title(number).startswith("1/2" if allowed else "0/2"), w.title(number)
        if allowed:
            assert "may sign for qa in @mina's place" in "\n".join(w.thread())
            w.later(days=3)
            assert w.title(number).startswith("0/2"), "a seat that was lent is still taken after the loan"


def test_nobody_hands_on_a_seat_that_was_lent_to_them() -> None:
    with a_world(policy=agreed("rules: {delegation: true}\n")) as w:
        number = w.asked()
        w.says("mina", number, "/golive delegate qa to @bo for 2d I am away")
        assert "nobody hands on" in says(w, "comment", "bo", number, "delegate qa to @eve for 1d me too")
        w.says("eve", number, "/golive approve qa")
        assert w.title(number).startswith("0/2"), w.title(number)


@BOTH
def test_where_the_policy_waits_to_be_asked_it_goes_live_only_on_a_word(surface: str) -> None:
    with a_world(policy=agreed(when="ask")) as w:
        number = w.asked()
        w.signed(number)
        assert not w.merges(number)
        assert "waits for `/golive promote`" in w.title(number)
        assert "Only" in says(w, "comment", "eve", number, "promote")
        assert not w.merges(number)
        says(w, surface, "mina", number, "promote")
        assert w.merged(number), w.title(number)


def test_a_word_to_promote_is_for_the_code_it_was_said_about() -> None:
    with a_world(policy=agreed(when="ask")) as w:
        number = w.asked()
        w.says("mina", number, "/golive promote")
        w.push(number)
        w.later(seconds=61)
        w.signed(number)
        assert not w.merges(number), "a promotion of other code merged it"
        w.slack.click("golive_promote", by=w.users["mina"], channel=w.channel, ts=w.roots()[-1].ts)
        w.settle()
        assert w.merged(number), w.title(number)


def test_a_release_opened_by_mistake_is_said_to_be_none_by_who_may() -> None:
    with a_world(policy=agreed(GLASS)) as w:
        number = w.asked()
        assert "@bo" in says(w, "comment", "mina", number, "not-a-release wrong branch")
        assert w.shows(number) == "in_progress"
        says(w, "slack", "bo", number, "not-a-release wrong branch")
        assert w.shows(number) == "success"
        assert "Not a release" in w.title(number)
        assert not w.merges(number)


# ------------------------------------------------------------------ reminders

REMIND = """\
rules:
  remind: {after: 4h, every: 24h, hours: "Mon-Fri 09:00-17:00 UTC", escalate: {after: 36h, to: ["@bo"]}}
"""


def nagging(w: World) -> list[str]:
    """The reminders in the thread, each, also where one reply tells several."""
    lines = [line.removeprefix("• ") for reply in w.thread() for line in reply.splitlines()]
    return [line for line in lines if "is awaited" in line or "nobody has signed yet" in line]


def test_who_is_awaited_is_reminded_in_working_hours_and_not_twice_in_one_interval() -> None:
    with a_world(policy=agreed(REMIND)) as w:
        to_monday(w, 14)
        number = w.asked()
        w.signed_by("sam", number, "security")
        w.later(hours=2)
        assert not nagging(w)
        w.later(hours=6)  # Monday 22:00: four hours have passed, not of working time
        assert not nagging(w), "somebody was reminded at night"
        w.later(hours=12, minutes=10)  # Tuesday, an hour into the day
        (told,) = nagging(w)
        assert "mina" in told
        assert "zoe" in told
        assert "sam" not in told, "somebody who has signed was reminded"
        for _ in range(8):
            w.later(minutes=30)
        assert len(nagging(w)) == 1, "somebody was reminded twice within one interval"


def test_after_a_while_others_are_asked_once() -> None:
    with a_world(policy=agreed(REMIND)) as w:
        to_monday(w, 10)
        w.asked()
        w.later(hours=5)
        assert len(nagging(w)) == 2, nagging(w)
        for _ in range(16):
            w.later(hours=3)
        beyond = [line for line in nagging(w) if "nobody has signed yet" in line]
        assert sorted(line.partition(" for ")[2].partition(".")[0] for line in beyond) == ["qa", "security"], beyond
        alone = [c.id for c in w.slack.world.channels.values() if c.kind == "im" and w.users["bo"] in c.members]
        told = [m.text for channel in alone for m in w.slack.messages(channel)]
        assert any("Nobody has signed yet for qa and security" in text for text in told), (
            f"bo is not told alone: {told}"
        )


def test_who_is_looking_is_left_in_peace() -> None:
    with a_world(policy=agreed(REMIND)) as w:
        to_monday(w, 9)
        number = w.asked()
        w.says("mina", number, "/golive looking")
        w.says("zoe", number, "/golive abstain qa I wrote half of it")
        w.later(hours=5)
        (told,) = nagging(w)
        assert "security" in told


def test_one_person_is_reminded_once_although_two_releases_wait_for_them() -> None:
    with a_world(policy=agreed(REMIND)) as w:
        to_monday(w, 9)
        numbers = (w.asked(), w.asked(head="release/2.0"))
        for number in numbers:
            w.signed_by("sam", number, "security")
        w.later(hours=5)
        w.later(minutes=10)
        told = [
            m.text for root in w.roots() for m in w.slack.thread(w.channel, root.ts) if "is awaited for qa" in m.text
        ]
        assert len(told) == 1, told


def test_without_a_chat_people_are_reminded_in_a_comment_once() -> None:
    policy = agreed(REMIND).replace('notify: {{slack: "#releases"}}\n', "")
    with a_world(policy=policy, slack=False) as w:
        to_monday(w, 9)
        number = w.asked()
        w.signed_by("sam", number, "security")
        w.later(hours=5)
        w.later(minutes=30)
        told = [body for body in w.our_comments(number) if "is awaited for qa" in body]
        assert len(told) == 1, told
        assert "@mina" in told[0], "whoever is reminded must be notified, so it must be a live mention"
        assert "@zoe" in told[0]


# ------------------------------------------------------------------ questions and other words


@BOTH
def test_whoever_asks_is_told_every_open_release_and_why_it_waits(surface: str) -> None:
    phases = "  phases: [{name: dark}, {name: full}]\n"
    policy = agreed(phases=phases).replace("from: [acme/security]", "from: [acme/security], due: full")
    with a_world(policy=policy) as w:
        first, second = w.asked(), w.asked(head="release/2.0")
        w.says("mina", second, "/golive hold not yet")
        listed = says(w, surface, "zoe", first, "list")
        for told in (f"#{first}", f"#{second}", "not yet"):
            assert told in listed, listed
        why = says(w, surface, "zoe", first, "why")
        assert "qa: 0 of 1 signed" in why
        assert "security: 0 of 1" not in why, "why names what is only due for a later phase"
        full = says(w, surface, "zoe", first, "why full")
        assert "security: 0 of 1 signed" in full, full
        assert "role" in full


@pytest.mark.parametrize(
    ("word", "shows"), [("lgtm", "in_progress"), ("go qa", "in_progress"), ("no-go qa", "failure"), ("stop x", "action_required")]
)  # fmt: skip
def test_other_words_that_people_use_mean_the_same(word: str, shows: str) -> None:
    with a_world() as w:
        number = w.asked()
        says(w, "comment", "mina", number, word)
        assert w.shows(number) == shows, w.title(number)
        assert w.title(number).startswith("0/2" if shows != "in_progress" else "1/2"), w.title(number)


@BOTH
@pytest.mark.parametrize(
    ("word", "meant"), [("aprove qa", "approve"), ("overide 5m x", "override"), ("hlod x", "hold")]
)
def test_an_unknown_word_does_nothing_and_is_answered_with_the_nearest(surface: str, word: str, meant: str) -> None:
    with a_world(policy=agreed(GLASS)) as w:
        number = w.asked()
        told = says(w, surface, "bo", number, word)
        assert f"/golive {meant}" in told, told
        assert w.shows(number) == "in_progress"
