"""Signing off, on every surface: what counts, for whom, for which code and for how long. Add a way as one more test."""

from __future__ import annotations

import pytest

from world import POLICY, World, a_world

REPO = "acme/shop"
PEOPLE = """\
  - group: people
    roles:
      - {role: qa, from: ["@mina", "@zoe"]}
      - {role: security, from: [acme/security]}
"""
AFTERWARDS = "promotion:\n  merge: {method: squash, when: go}\n  phases: [{name: dark}, {name: full}]\n"


def agreed(signoffs: str = PEOPLE, more: str = "", promotion: str = "") -> str:
    """The usual policy with other sign-offs and more keys, as `World` takes it."""
    checks = POLICY.partition("signoffs:\n")[0]
    merge = promotion or "promotion:\n  merge: {method: squash, when: go}\n"
    rest = f"signoffs:\n{signoffs}{more}{merge}"
    return checks + rest.replace("{", "{{").replace("}", "}}")


def roles(*lines: str) -> str:
    """One group of these roles."""
    return "  - group: people\n    roles:\n" + "".join(f"      - {{{line}}}\n" for line in lines)


def sticky(w: World, number: int) -> tuple[int, str]:
    """Id and text of golive's one comment."""
    marker = f"<!-- golive:sticky:{number} -->"
    ((comment, body),) = [(c.id, c.body) for c in w.github.comments(REPO, number) if marker in c.body]
    return comment, body


def reviewed(w: World, number: int, by: str, state: str = "APPROVE") -> int:
    """A review two seconds after whatever was before it."""
    w.later(seconds=2)
    review = w.github.review(REPO, number, by=by, state=state)
    w.settle()
    return review


def updated(w: World, number: int, files: dict[str, str]) -> str:
    """The base moves on, and the author brings it into the release; the new head."""
    w.later(seconds=2)
    w.github.commit(REPO, "main", files, by="bo", message="Meanwhile")
    w.settle()
    w.later(seconds=2)
    sha = w.github.merge_base_into(REPO, "release/1.4", by="ana")
    w.ci_says("success", number)
    w.settle()
    return sha


def counts(w: World, number: int, signed: int, of: int, *awaited: str) -> None:
    """The headline says so many of so many, and waits for exactly these roles."""
    title = w.title(number)
    assert title.startswith(f"{signed}/{of} "), title
    for role in awaited:
        assert role in title, f"{role} is still to sign, and the headline does not say so: {title}"


# ------------------------------------------------------------------ on every surface


def test_a_review_approves_asks_for_changes_and_is_dismissed() -> None:
    with a_world() as w:
        number = w.asked()
        reviewed(w, number, "mina", "COMMENT")
        counts(w, number, 0, 2, "qa", "security")
        reviewed(w, number, "mina")
        counts(w, number, 1, 2, "security")
        against = reviewed(w, number, "sam", "REQUEST_CHANGES")
        assert w.shows(number) == "failure"
        assert "@sam rejected it for security" in w.title(number)
        w.later(seconds=2)
        w.github.dismiss_review(REPO, number, against, by="bo")
        w.settle()
        counts(w, number, 1, 2, "security")
        reviewed(w, number, "sam")
        assert w.merged(number), w.title(number)


@pytest.mark.parametrize("surface", ["comment", "slack", "reaction", "slack reaction", "button"])
def test_looking_signs_nothing_and_is_said_to_everybody(surface: str) -> None:
    with a_world() as w:
        number = w.asked()
        w.later(seconds=2)
        if surface == "comment":
            w.says("mina", number, "/golive looking")
        elif surface == "slack":
            w.slack_says("mina", "looking qa")
        elif surface == "reaction":
            w.github.react(REPO, w.ask_comment(number), by="mina", content="eyes")
        elif surface == "slack reaction":
            w.slack.react("👀", by=w.users["mina"], channel=w.channel, ts=w.request_ts())
        else:
            w.slack.click("golive_looking", by=w.users["mina"], channel=w.channel, ts=w.request_ts())
        w.later(seconds=31)
        counts(w, number, 0, 2, "qa", "security", "@mina is looking")
        assert any("mina" in line and "looking" in line for line in w.thread()), w.thread()


def test_a_tick_is_the_word_of_whoever_ticks_and_the_comment_is_written_anew() -> None:
    with a_world() as w:
        number = w.asked()
        comment, before = sticky(w, number)
        assert "- [ ] **qa**" in before
        w.later(seconds=2)
        w.github.tick(REPO, comment, "qa", by="mina")
        w.settle()
        counts(w, number, 1, 2, "security")
        comment, after = sticky(w, number)
        assert "- [x] **qa** signed by mina" in after, after
        assert "- [ ] **security**" in after
        w.later(seconds=2)
        w.github.tick(REPO, comment, "security", by="sue")
        w.settle()
        assert w.merged(number), w.title(number)


def test_a_tick_of_somebody_without_a_seat_signs_nothing_and_the_box_is_empty_again() -> None:
    with a_world() as w:
        number = w.asked()
        comment, _ = sticky(w, number)
        w.later(seconds=2)
        w.github.tick(REPO, comment, "security", by="mina")
        w.settle()
        counts(w, number, 0, 2, "qa", "security")
        assert "- [ ] **security**" in sticky(w, number)[1], "the box still looks signed"


@pytest.mark.parametrize("how", ["other words", "a tick and other words", "emptied", "deleted"])
def test_any_other_change_of_our_comment_is_undone_and_said(how: str) -> None:
    with a_world() as w:
        number = w.asked()
        comment, body = sticky(w, number)
        w.later(seconds=2)
        if how == "deleted":
            w.github.delete_comment(REPO, comment, by="bo")
        else:
            new = {"emptied": "gone", "other words": body.replace("0/2", "2/2")}.get(
                how, body.replace("- [ ] **qa**", "- [x] **qa**").replace("0/2", "2/2")
            )
            w.github.edit_comment(REPO, comment, by="bo", body=new)
        w.settle()
        now = sticky(w, number)[1]
        assert "0/2" in now, now
        assert "2/2" not in now
        assert "- [ ] **qa**" in now
        counts(w, number, 0, 2, "qa", "security")
        done = "deleted" if how == "deleted" else "changed"
        assert f"@bo {done} what golive had written" in w.thread()[-1], w.thread()


def test_a_tick_in_a_comment_that_somebody_changed_before_counts_for_nothing() -> None:
    with a_world() as w:
        number = w.asked()
        comment, body = sticky(w, number)
        w.later(seconds=2)
        w.github.edit_comment(REPO, comment, by="bo", body=body.replace("Release 1.4", "Typo"))
        w.github.tick(REPO, comment, "qa", by="mina")
        w.settle()
        counts(w, number, 0, 2, "qa", "security")
        assert "- [ ] **qa**" in sticky(w, number)[1]
        w.later(seconds=2)
        w.github.tick(REPO, sticky(w, number)[0], "qa", by="mina")
        w.settle()
        counts(w, number, 1, 2, "security")


def test_two_boxes_ticked_before_the_comment_is_written_anew_both_count() -> None:
    with a_world() as w:
        number = w.asked()
        comment, _ = sticky(w, number)
        w.later(seconds=2)
        w.github.tick(REPO, comment, "qa", by="mina")
        w.github.tick(REPO, comment, "security", by="sam")
        w.settle()
        assert w.merged(number), w.title(number)


def test_a_tick_is_about_the_commit_that_its_box_was_drawn_for() -> None:
    with a_world() as w:
        number = w.asked()
        comment, _ = sticky(w, number)
        w.later(seconds=2)
        w.github.tick(REPO, comment, "qa", by="mina")
        ticked = w.late(w.github.courier)
        w.push(number)
        w.hand_over(w.github.courier, ticked)
        w.later(seconds=61)
        counts(w, number, 0, 2, "qa", "security")


def test_a_tick_that_arrives_after_the_comment_was_written_anew_is_not_lost() -> None:
    with a_world() as w:
        number = w.asked()
        comment, _ = sticky(w, number)
        w.later(seconds=2)
        w.github.tick(REPO, comment, "qa", by="mina")
        ticked = w.late(w.github.courier)
        w.slack_says("sam", "approve security")  # golive writes its comment anew, over the tick
        counts(w, number, 1, 2, "qa")
        w.hand_over(w.github.courier, ticked)
        assert w.merged(number), f"an honest tick was dropped because another word came in first: {w.title(number)}"


@pytest.mark.parametrize("surface", ["comment", "slack", "review", "reaction", "slack reaction", "button"])
def test_a_sign_off_is_withdrawn_where_it_was_given(surface: str) -> None:
    with a_world() as w:
        number = w.asked()
        seat = {"by": w.users["mina"], "channel": w.channel, "ts": w.request_ts()}
        ask, review = w.ask_comment(number), 0
        w.later(seconds=2)
        match surface:
            case "comment":
                w.says("mina", number, "/golive approve qa")
            case "slack":
                w.slack_says("mina", "approve qa")
            case "review":
                review = reviewed(w, number, "mina")
            case "reaction":
                w.github.react(REPO, ask, by="mina")
            case "slack reaction":
                w.slack.react("✅", **seat)
            case "button":
                w.slack.click("golive_approve", **seat)
        w.later(seconds=31)
        counts(w, number, 1, 2, "security")
        match surface:
            case "comment":
                w.says("mina", number, "/golive withdraw")
            case "slack":
                w.slack_says("mina", "withdraw qa")
            case "review":
                w.github.dismiss_review(REPO, number, review, by="bo")
            case "reaction":
                w.github.unreact(REPO, ask, by="mina")
            case "slack reaction":
                w.slack.unreact("✅", **seat)
            case "button":
                w.slack.click("golive_withdraw", **seat)
        w.later(seconds=31)
        counts(w, number, 0, 2, "qa", "security")
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_what_is_said_in_slack_stands_on_the_pull_request_at_once_and_the_reverse() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack_says("mina", "approve qa ran the smoke tests")
        assert "- [x] **qa** signed by mina" in sticky(w, number)[1]
        counts(w, number, 1, 2, "security")
        w.says("sam", number, "/golive reject security the token is in the log")
        assert any("sam" in line and "the token is in the log" in line for line in w.thread()), w.thread()
        assert "sam" in w.roots()[-1].text, "the root message does not show who rejected it"


# ------------------------------------------------------------------ for which roles


def test_a_word_without_a_role_counts_for_every_role_but_explicit_ones_and_the_answer_names_them() -> None:
    signoffs = roles(
        'role: qa, from: ["@mina"]',
        'role: docs, from: ["@mina", "@zoe"]',
        'role: legal, from: ["@mina"], explicit: true',
    )
    with a_world(policy=agreed(signoffs, "rules: {distinct_people: false}\n")) as w:
        number = w.asked()
        w.slack_says("mina", "approve")
        counts(w, number, 2, 3, "legal")
        told = w.whispers("mina")[-1]
        assert "qa" in told
        assert "docs" in told
        assert "for qa, docs by" in told, f"the answer does not name the roles: {told}"
        w.slack_says("mina", "approve legal")
        assert w.merged(number), w.title(number)


def test_who_fills_explicit_roles_alone_is_told_to_name_one() -> None:
    with a_world(policy=agreed(roles('role: legal, from: ["@mina"], explicit: true'))) as w:
        number = w.asked()
        w.says("mina", number, "/golive approve")
        counts(w, number, 0, 1, "legal")
        assert "approve legal" in w.answers(number)[-1]


def test_so_many_of_a_team_must_sign_and_nobody_twice() -> None:
    with a_world(policy=agreed(roles('role: qa, from: ["@mina", "@zoe", "@sam"], count: 2'))) as w:
        number = w.asked()
        counts(w, number, 0, 2, "any 2 of 3")
        w.says("mina", number, "/golive approve")
        w.slack_says("mina", "approve qa")
        counts(w, number, 1, 2, "any 1 of 3")
        w.says("zoe", number, "/golive approve")
        assert w.merged(number), w.title(number)


@pytest.mark.parametrize(("distinct", "merges"), [("true", False), ("false", True)])
def test_one_person_fills_two_roles_only_where_the_policy_says_so(distinct: str, merges: bool) -> None:
    signoffs = roles('role: qa, from: ["@mina", "@zoe"]', 'role: docs, from: ["@mina", "@zoe"]')
    with a_world(policy=agreed(signoffs, f"rules: {{distinct_people: {distinct}}}\n")) as w:
        number = w.asked()
        w.says("mina", number, "/golive approve")
        assert w.merged(number) is merges, w.title(number)


@pytest.mark.parametrize(
    ("source", "may", "may_not"),
    [("acme/security", "zoe", "mina"), ("org:acme", "mina", "eve"), ("permission:maintain", "bo", "mina")],
)
def test_a_role_is_filled_from_a_nested_team_an_organisation_or_a_permission(
    source: str, may: str, may_not: str
) -> None:
    with a_world(policy=agreed(roles(f'role: gate, from: ["{source}"]'))) as w:
        w.github.add_team("acme/appsec", members=["zoe"], parent="security")
        w.github.set_org_member("acme", "mina")
        number = w.asked()
        w.says(may_not, number, "/golive approve gate")
        assert not w.merged(number), f"@{may_not} is none of {source}"
        w.says(may, number, "/golive approve gate")
        assert w.merged(number), w.title(number)


@pytest.mark.parametrize(
    ("asked_if", "asked"),
    [
        ("labels: risky", False), ("labels: release-train", True), ('author: ["@ana"]', True), ('author: ["@zoe"]', False),
        ('lines: ">50"', False), ('lines: ">=2"', True), ('paths: "db/**"', False), ('paths: "*.py"', True),
    ],
)  # fmt: skip
def test_a_role_is_asked_only_where_its_condition_holds(asked_if: str, asked: bool) -> None:
    signoffs = roles(
        'role: qa, from: ["@mina", "@zoe"]', f"role: security, from: [acme/security], if: {{{asked_if}}}, on_skip: pass"
    )
    with a_world(policy=agreed(signoffs)) as w:
        w.github.commit(REPO, "release/1.4", {"app.py": "print('1.4')\n"}, by="ana", message="Release 1.4")
        number = w.github.open_pull(REPO, head="release/1.4", title="Release 1.4", by="ana", labels=["release-train"])
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        w.signed_by("mina", number, "qa")
        assert w.merged(number) is not asked, w.title(number)
        if asked:
            counts(w, number, 1, 2, "security")
            w.signed_by("sue", number, "security")
            assert w.merged(number), w.title(number)


def test_a_label_that_is_put_on_later_asks_its_role() -> None:
    signoffs = roles(
        'role: qa, from: ["@mina", "@zoe"]', "role: security, from: [acme/security], if: {labels: risky}, on_skip: pass"
    )
    with a_world(policy=agreed(signoffs)) as w:
        number = w.asked()
        counts(w, number, 0, 1, "qa")
        w.github.label(REPO, number, "risky", by="bo")
        w.settle()
        counts(w, number, 0, 2, "qa", "security")


# ------------------------------------------------------------------ in order


def test_a_group_signs_after_those_before_it_and_a_word_said_too_early_does_not_count() -> None:
    signoffs = """\
  - group: technical
    roles: [{role: qa, from: ["@mina", "@zoe"]}]
  - group: business
    after: [technical]
    roles: [{role: owner, from: ["@sam"]}]
"""
    with a_world(policy=agreed(signoffs)) as w:
        number = w.asked()
        w.says("sam", number, "/golive approve owner")
        counts(w, number, 0, 2, "qa")
        assert "owner signs after technical" in w.summary(number)
        w.says("mina", number, "/golive approve qa")
        counts(w, number, 1, 2, "owner")
        assert "came before technical had signed" in w.summary(number)
        w.says("sam", number, "/golive approve owner")
        assert w.merged(number), w.title(number)


# ------------------------------------------------------------------ with conditions


def test_an_approval_with_conditions_waits_for_those_that_are_due() -> None:
    with a_world(policy=agreed(promotion=AFTERWARDS)) as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa with: rotate the keys owner @zoe; write the notes due full")
        w.signed_by("sam", number, "security")
        assert not w.merged(number)
        assert w.shows(number) == "in_progress"
        body = sticky(w, number)[1]
        for told in ("rotate the keys", "zoe", "write the notes", "full"):
            assert told in body, f"{told!r} is not in the comment"
        w.says("sam", number, "/golive condition close C1")
        assert "zoe, its owner" in w.answers(number)[-1], "the refusal does not say who could close it"
        assert not w.merged(number)
        w.says("zoe", number, "/golive condition close C1 done by hand")
        assert w.shows(number) == "action_required", "what is due later waits to be asked, not for the condition"
        assert not w.merged(number)
        w.says("mina", number, "/golive condition close C2")
        assert w.merged(number), w.title(number)


def test_a_condition_goes_away_with_the_approval_it_came_with() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa with: rotate the keys")
        w.signed_by("sam", number, "security")
        assert not w.merges(number)
        w.says("mina", number, "/golive approve qa they are rotated")
        assert w.merged(number), w.title(number)


def test_a_condition_is_closed_by_its_check() -> None:
    more = "decision: {block_on: []}\n"
    with a_world(policy=agreed(more=more)) as w:
        w.sample.status = 503
        number = w.asked()
        w.says("mina", number, "/golive approve qa with: the shop is up again check healthy")
        w.signed_by("sam", number, "security")
        assert not w.merged(number)
        assert "the shop is up again" in sticky(w, number)[1]
        w.sample.status = 200
        w.says("mina", number, "/golive check healthy")
        assert w.merged(number), w.title(number)


@pytest.mark.parametrize(
    ("said", "told"),
    [("owner @nobody-at-all", "Nobody on GitHub"), ("due never", "no phase"), ("check unheard-of", "no check")],
)
def test_a_condition_on_what_is_not_there_is_refused_and_signs_nothing(said: str, told: str) -> None:
    with a_world(policy=agreed(promotion=AFTERWARDS)) as w:
        number = w.asked()
        w.says("mina", number, f"/golive approve qa with: mend it {said}")
        counts(w, number, 0, 2, "qa", "security")
        assert told in w.answers(number)[-1]


# ------------------------------------------------------------------ for how long


def test_a_sign_off_ends_by_time_alone() -> None:
    with a_world(policy=agreed(more="rules: {valid_for: 48h}\n")) as w:
        number = w.asked()
        w.signed_by("mina", number, "qa")
        w.later(hours=47)
        counts(w, number, 1, 2, "security")
        w.later(hours=2)
        counts(w, number, 0, 2, "qa", "security")
        assert "mina's does not count: it ended at" in w.summary(number)
        w.signed(number)
        assert w.merged(number), w.title(number)


@pytest.mark.parametrize(("minutes", "reopens"), [(8, False), (12, True)])
def test_a_check_of_the_role_asks_it_again_only_after_failing_for_ten_minutes(minutes: int, reopens: bool) -> None:
    policy = agreed(
        roles('role: qa, from: ["@mina", "@zoe"], checks: [healthy]', "role: security, from: [acme/security]")
    )
    with a_world(policy=policy.replace("    uses: http\n", "    uses: http\n    every: 2m\n")) as w:
        number = w.asked()
        w.signed_by("mina", number, "qa")
        w.sample.status = 503
        for _ in range(minutes // 2):  # it is seen to fail in the first round
            w.later(minutes=2, seconds=1)
        assert w.shows(number) == "failure", w.title(number)
        w.sample.status = 200
        w.later(minutes=2, seconds=1)
        counts(w, number, 0 if reopens else 1, 2, "security")
        if reopens:
            assert "healthy failed since" in w.summary(number)


# ------------------------------------------------------------------ for which code


def test_bringing_the_base_in_keeps_the_sign_offs_and_the_thread_says_why() -> None:
    with a_world() as w:
        number = w.asked()
        w.signed_by("mina", number, "qa")
        sha = updated(w, number, {"other.py": "print('new')\n"})
        w.later(seconds=61)
        counts(w, number, 1, 2, "security")
        (told,) = [line for line in w.thread() if f"New commit {sha[:7]}" in line]
        assert "only brings in main, so sign-offs stay" in told
        w.signed_by("sam", number, "security")
        assert w.merged(number), w.title(number)


def test_a_path_that_both_sides_changed_asks_anew_and_says_why() -> None:
    with a_world() as w:
        number = w.asked()
        w.signed_by("mina", number, "qa")
        w.later(seconds=2)
        w.github.commit(REPO, "main", {"app.py": "print('mended')\n"}, by="bo", message="Meanwhile")
        w.settle()
        w.later(seconds=2)
        sha = w.github.merge_by_hand(REPO, "release/1.4", ["main"], by="ana", files={"app.py": "print('both')\n"})
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        counts(w, number, 0, 2, "qa", "security")
        (told,) = [line for line in w.thread() if f"New commit {sha[:7]}" in line]
        assert "no longer count" in told
        assert "app.py" in told, f"the thread does not say what was changed on both sides: {told}"


@pytest.mark.parametrize(
    ("on_push", "how", "stays"),
    [
        ("keep_if_clean_update", "update", True), ("keep_if_same_tree", "update", False), ("reopen", "update", False),
        ("keep_if_same_tree", "empty", True), ("reopen", "empty", False), ("keep_if_clean_update", "change", False),
    ],
)  # fmt: skip
def test_what_a_push_does_to_sign_offs_is_the_policys_to_say(on_push: str, how: str, stays: bool) -> None:
    with a_world(policy=agreed(more=f"rules: {{on_push: {on_push}}}\n")) as w:
        number = w.asked()
        w.signed_by("mina", number, "qa")
        if how == "update":
            updated(w, number, {"other.py": "print('new')\n"})
        else:
            w.push(number, text=None if how == "empty" else "print('1.4.1')\n")
        w.later(seconds=61)
        counts(w, number, 1 if stays else 0, 2, "security")


def test_whoever_signed_older_code_is_shown_what_changed_since() -> None:
    with a_world() as w:
        number = w.asked()
        old = w.github.pull(REPO, number).head.sha
        w.signed_by("mina", number, "qa")
        w.later(seconds=2)
        new = w.github.commit(REPO, "release/1.4", {"pay.py": "print('pay')\n"}, by="ana", message="Pay")
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        (request,) = w.our_comments(number, f"golive:request:{new}:")
        chat = next(m for m in w.slack.thread(w.channel, w.roots()[-1].ts) if m.ts == w.request_ts())
        for told in (request, str(chat.blocks)):
            assert "mina" in told
            assert f"/compare/{old}...{new}" in told, told
            assert "pay.py" in told
            assert "app.py" not in told, "a file that did not change since is named"


def test_an_older_request_points_to_the_newer_one() -> None:
    with a_world() as w:
        number = w.asked()
        old = w.ask_comment(number)
        new = w.push(number)
        w.later(seconds=61)
        body = next(c.body for c in w.github.comments(REPO, number) if c.id == old)
        assert f"/commits/{new}" in body, body


def test_a_sign_off_stands_for_the_hours_in_which_nothing_happens() -> None:
    with a_world() as w:
        number = w.asked()
        w.signed_by("mina", number, "qa")
        w.later(days=20)
        counts(w, number, 1, 2, "security")
        w.signed_by("sam", number, "security")
        assert w.merged(number), w.title(number)
