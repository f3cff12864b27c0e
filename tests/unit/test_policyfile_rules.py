"""The keys about people and time: what each becomes, and for what does not load its place and mend. Add a row per rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from builders import a_pull
from golive.checks.registry import installed
from golive.core.command import ALIASES, VERBS
from golive.core.model import ChangedFile
from golive.core.policy import MergeRule, Policy
from golive.core.rules import Escalation, OverrideRule, Predicate, RoleRule, Rules
from golive.policyfile import PolicyMistakes, json_schema, load
from golive.policyfile.across_signoffs import exception_name

KINDS = installed()

HEAD = """\
version: 1
project: Shop
releases:
  - {name: production, base: main, head: "release/**"}
  - {name: hotfix, base: main, head: "hotfix/**"}
checks: [{id: healthy, uses: http, with: {url: "https://x.example.com", status: 200}}]
"""
"""Six good lines; what a row adds begins on line 7."""


def loaded(text: str) -> Policy:
    return load(HEAD + text, KINDS)


def told(text: str) -> list[str]:
    """`line:column key: sentence. mend` of every mistake."""
    try:
        load(HEAD + text, KINDS)
    except PolicyMistakes as refused:
        return [f"{one.line}:{one.column} {one.at}: {one.what}. {one.mend}" for one in refused.mistakes]
    return []


def role(keys: str, more: str = "") -> str:
    """One role on line 9, whose keys begin in column 9."""
    return f"signoffs:\n  - group: technical\n    roles: [{{role: qa, from: [acme/qa], {keys}}}]\n{more}"


def asked_if(keys: str) -> str:
    return role(f"on_skip: pass, if: {keys}")


PHASES = "promotion: {phases: [{name: dark}, {name: full}]}\n"
BERLIN = "timezone: Europe/Berlin"


def freeze(keys: str) -> str:
    return f"freezes: [{{name: Year end, {keys}}}]\n"


# ------------------------------------------------------------------ what each key becomes


@pytest.mark.parametrize(
    ("keys", "rule"),
    [
        ("count: 2", {"count": 2}),
        ("veto: true", {"veto": True}),
        ("veto: true, count: 0", {"veto": True, "count": 0}),
        ("explicit: true", {"explicit": True}),
        ("checks: [healthy], settle: 5m", {"checks": ("healthy",), "settle": timedelta(minutes=5)}),
        ("due: full", {"due": "full"}),
        ("valid_for: 48h", {"valid_for": timedelta(hours=48)}),
        ("if: {labels: db}, on_skip: pass", {"asked_if": Predicate(labels=("db",)), "on_skip": "pass"}),
        ("if: {frozen: true}, on_skip: hold", {"asked_if": Predicate(frozen=True), "on_skip": "hold"}),
    ],
)
def test_a_key_of_a_role_becomes_its_rule(keys: str, rule: dict[str, Any]) -> None:
    assert loaded(role(keys) + PHASES).roles == (RoleRule("qa", ("acme/qa",), **{"group": "technical", **rule}),)


def test_a_groups_due_if_and_on_skip_are_the_defaults_of_its_roles() -> None:
    one, two, three = loaded(
        """\
signoffs:
  - group: technical
    roles: [{role: qa, from: [acme/qa]}]
  - group: data
    after: [technical]
    due: full
    if: {migration: true}
    on_skip: pass
    roles:
      - {role: dba, from: [acme/dba]}
      - {role: privacy, from: [acme/privacy], due: dark, if: {labels: personal-data}, on_skip: hold}
"""
        + PHASES
    ).roles
    assert (one.after, one.due, one.asked_if) == ((), "", None)
    assert (two.after, two.due, two.asked_if, two.on_skip) == (
        ("technical",), "full", Predicate(migration=True), "pass",
    )  # fmt: skip
    assert (three.due, three.asked_if, three.on_skip) == ("dark", Predicate(labels=("personal-data",)), "hold")


def test_a_groups_on_skip_serves_the_ifs_of_its_roles() -> None:
    text = "signoffs: [{group: a, on_skip: pass, roles: [{role: dba, from: [acme/dba], if: {migration: true}}]}]\n"
    assert loaded(text).roles[0].on_skip == "pass"


def test_sources_are_people_teams_organisations_and_permissions() -> None:
    text = 'signoffs: [{roles: [{role: qa, count: 9, from: ["@ana", acme/qa, "org:acme", permission:maintain]}]}]\n'
    assert loaded(text).roles[0].sources == ("@ana", "acme/qa", "org:acme", "permission:maintain")


CHANGED = (ChangedFile("db/migrations/1.py", "added", 400, 150), ChangedFile("README.md", "modified", 1, 0))


@pytest.mark.parametrize(
    ("keys", "holds"),
    [
        ("{paths: 'db/**'}", True),
        ("{paths: [app/**, README.md]}", True),
        ("{paths: app/**}", False),
        ("{labels: [a, risky]}", True),
        ("{labels: a}", False),
        ("{author: '@Mallory'}", True),
        ("{author: ['@ana', '@dependabot[bot]']}", False),
        ("{lines: '>500'}", True),
        ("{lines: '<=550'}", False),
        ("{files: '2..5'}", True),
        ("{files: '>2'}", False),
        ("{frozen: true}", False),
        ("{frozen: false}", True),
        ("{migration: true}", True),
        ("{migration: false}", False),
        ("{migration: true, files: '>2'}", False),
    ],
)
def test_a_condition_is_read_as_it_is_meant(keys: str, holds: bool) -> None:
    predicate = loaded(asked_if(keys)).roles[0].asked_if
    assert predicate is not None
    assert predicate.holds(a_pull(labels=frozenset({"risky"})), CHANGED, frozen=False) is holds


def test_without_the_new_keys_the_defaults_of_the_core_hold() -> None:
    policy = loaded("")
    assert (policy.rules, policy.freezes, policy.overrides, policy.phases) == (Rules(), (), None, ())
    assert loaded("rules: {}\npromotion: {}\n") == policy


@pytest.mark.parametrize(
    ("keys", "rule"),
    [
        ("exclude: [author]", {"exclude": frozenset({"author"})}),
        ("exclude: []", {"exclude": frozenset()}),
        ("on_push: reopen", {"on_push": "reopen"}),
        ("on_push: keep_if_same_tree", {"on_push": "keep_if_same_tree"}),
        ("valid_for: 48h", {"valid_for": timedelta(hours=48)}),
        ("distinct_people: false", {"distinct_people": False}),
        ("delegation: true", {"delegation": True}),
    ],
)
def test_a_key_of_the_rules_becomes_its_rule(keys: str, rule: dict[str, Any]) -> None:
    assert loaded(f"rules: {{{keys}}}\n").rules == Rules(**rule)


def test_reminders_come_in_working_hours_and_escalate() -> None:
    remind = loaded("""\
rules:
  remind:
    after: 2h
    every: 8h
    hours: "Mon-Fri 09:00-17:00 Europe/Berlin"
    escalate: {after: 24h, to: [acme/eng-managers, "@ana"]}
""").rules.remind
    assert remind is not None
    assert (remind.after, remind.every) == (timedelta(hours=2), timedelta(hours=8))
    assert remind.escalate == Escalation(timedelta(hours=24), ("acme/eng-managers", "@ana"))
    assert remind.hours is not None
    assert remind.hours.covers(datetime(2026, 3, 4, 8, 30, tzinfo=UTC)), "half past nine in Berlin, in winter"
    assert not remind.hours.covers(datetime(2026, 3, 4, 16, 30, tzinfo=UTC))


def test_a_reminder_needs_no_keys_to_be_wanted() -> None:
    remind = loaded("rules: {remind: {}}\n").rules.remind
    assert remind is not None
    assert (remind.after, remind.every, remind.hours, remind.escalate) == (
        timedelta(hours=4), timedelta(hours=24), None, None,
    )  # fmt: skip


def test_a_freeze_is_once_or_weekly_and_may_be_excepted() -> None:
    year_end, fridays = loaded("""\
freezes:
  - {name: Year end, from: 2026-12-20T00:00, to: 2027-01-02T00:00, timezone: Europe/Berlin, except: [hotfix]}
  - name: No Friday evenings
    weekly: "Fri 15:00-Mon 08:00"
    timezone: Europe/Berlin
    exception: {from: [acme/managers], count: 2}
""").freezes
    assert (year_end.name, year_end.excepted, year_end.exception) == ("Year end", ("hotfix",), None)
    assert year_end.window.covers(datetime(2026, 12, 19, 23, 0, tzinfo=UTC)), "midnight in Berlin"
    assert not year_end.window.covers(datetime(2026, 12, 19, 22, 59, tzinfo=UTC))
    assert fridays.window.covers(datetime(2026, 3, 7, tzinfo=UTC)), "a Saturday"
    assert not fridays.window.covers(datetime(2026, 3, 4, tzinfo=UTC)), "a Wednesday"
    assert fridays.exception == RoleRule("freeze-no-friday-evenings", ("acme/managers",), 2, explicit=True)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Year end", "freeze-year-end"),
        ("Übergang – Q4!", "freeze-ubergang-q4"),
        ("年末", ""),
        ("x" * 200, "freeze-" + "x" * 80),
    ],
)
def test_an_exceptions_role_is_called_after_its_freeze(name: str, slug: str) -> None:
    assert exception_name(name) == slug


def test_an_exceptions_role_may_have_a_name_of_its_own() -> None:
    keys = f'weekly: "Sat 00:00-Sun 00:00", {BERLIN}, exception: {{role: duty-officer, from: ["@ana"]}}'
    exception = loaded(freeze(keys)).freezes[0].exception
    assert exception == RoleRule("duty-officer", ("@ana",), 1, explicit=True)


def test_overrides_phases_and_asking_are_read() -> None:
    policy = loaded(
        "overrides: {from: [acme/oncall], people: 3, longest: 2h}\n" + PHASES[:-2] + ", merge: {when: ask}}\n"
    )
    assert policy.overrides == OverrideRule(("acme/oncall",), 3, timedelta(hours=2))
    assert (policy.phases, policy.merge) == (("dark", "full"), MergeRule("merge", "ask"))
    assert loaded("overrides: {from: [acme/oncall]}\n").overrides == OverrideRule(("acme/oncall",))


def test_a_merge_that_is_asked_for_may_be_all_that_a_release_needs() -> None:
    text = HEAD[: HEAD.index("checks:")] + "promotion: {merge: {when: ask}}\n"
    assert load(text, KINDS).merge == MergeRule("merge", "ask")


# ------------------------------------------------------------------ one mistake, one place, one sentence

ROLES = [
    pytest.param(role("count: 0"), "9:48", "a role of 0 people does nothing, unless it has a veto", id="count 0"),
    pytest.param(role("count: 0, veto: false"), "9:48", "or add `veto: true`", id="count 0 and no veto"),
    pytest.param(role("count: -1, veto: true"), "9:48", "expected 0 or more, got -1", id="count below 0"),
    pytest.param(role("veto: yes please"), "9:47", 'expected true or false, got "yes please"', id="veto"),
    pytest.param(
        role("checks: [helthy]"), "9:50", "there is no check `helthy`. Did you mean `healthy`?", id="a check mistyped"
    ),
    pytest.param(role("settle: 10"), "9:49", "a duration needs a unit", id="settle"),
    pytest.param(role("due: ful", PHASES), "9:46", "there is no phase `ful`. Did you mean `full`?", id="due"),
    pytest.param(role("due: full"), "9:46", "because the policy has no phases", id="due without phases"),
    pytest.param(role("due: , veto: true"), "9:46", "this key has no value", id="due left empty"),
    pytest.param(role("valid_for: "), "9:52", "this key has no value", id="valid_for left empty"),
    pytest.param(role("unless: {}"), "9:41", "unknown key `unless`", id="a key unknown"),
    pytest.param(
        "signoffs: [{roles: [{role: qa, from: [permission:owner]}]}]\n",
        "7:39", 'GitHub knows no permission "owner". Write one of admin, maintain', id="a permission",
    ),
    pytest.param(
        "signoffs: [{roles: [{role: qa, from: [permission:push]}]}]\n",
        "7:39", "Did you mean `permission:write`?", id="a permission by its older name",
    ),
    pytest.param(
        "signoffs: [{roles: [{role: qa, from: ['org:your-org']}]}]\n", "7:39", "is a placeholder", id="a placeholder"
    ),
    pytest.param(
        "signoffs: [{roles: [{role: qa, from: ['org:acme/qa']}]}]\n",
        "7:39", "Did you mean the team `acme/qa`?", id="a team as organisation",
    ),
    pytest.param(
        "signoffs: [{roles: [{role: hold, from: [acme/qa]}]}]\n",
        "7:28", "`hold` is a word of golive's commands", id="a role like a command",
    ),
    pytest.param(
        "signoffs: [{group: a, roles: [{role: q, from: [a/b]}]}, {group: a, roles: [{role: r, from: [a/b]}]}]\n",
        "7:65", "the group `a` is already that of signoffs[0]", id="a group twice",
    ),
]  # fmt: skip


def turns(after: str) -> str:
    one = f"{{group: a, after: {after}, roles: [{{role: q, from: [a/b]}}]}}"
    return f"signoffs:\n  - {one}\n  - {{group: b, roles: [{{role: r, from: [a/b]}}]}}\n"


GROUPS = [
    pytest.param(turns("[c]"), "8:24", "there is no group `c`. The groups here are: a, b", id="no such group"),
    pytest.param(turns("[a]"), "8:24", "these groups wait for each other: a → a", id="a group after itself"),
    pytest.param(turns("[b, b]"), "8:27", "`b` is here twice", id="a group named twice"),
    pytest.param(turns("b"), "8:23", "Write it as a list: [b]", id="after is no list"),
    pytest.param(
        turns("[b]").replace("group: b,", "group: b, after: [a],"),
        "8:24", "these groups wait for each other: a → b → a", id="a circle",
    ),
    pytest.param(turns("[b]").replace("group: a, ", ""), "8:5", "needs a name. Add `group:`", id="a turn without a name"),
    pytest.param(turns("[b], due: ful") + PHASES, "8:33", "Did you mean `full`?", id="due of a group"),
    pytest.param(turns("[b], on_skip: pass"), "8:28", "always asked, so `on_skip` says nothing", id="on_skip alone"),
    pytest.param(
        turns("[b]").replace("group: b,", "group: b, if: {migration: true}, on_skip: hold,"),
        "8:24", "so this group's turn never comes. Write `on_skip: pass`", id="after what may hold",
    ),
]  # fmt: skip

CONDITIONS = [
    pytest.param(role("if: {migration: true}"), "9:41", "nothing says what it comes to", id="trap 31: no on_skip"),
    pytest.param(role("on_skip: pass"), "9:41", "always asked, so `on_skip` says nothing", id="on_skip without if"),
    pytest.param(
        role("if: {migration: true}, on_skip: skip"), "9:73", 'expected one of pass, hold, got "skip"', id="on_skip"
    ),
    pytest.param(asked_if("{}"), "9:60", "this condition asks nothing. Give it one of paths, labels", id="nothing"),
    pytest.param(asked_if(""), "9:60", "this key has no value", id="left empty"),
    pytest.param(asked_if("{path: a}"), "9:61", "unknown key `path`. Did you mean `paths`?", id="a key mistyped"),
    pytest.param(asked_if("{any: []}"), "9:61", "`any` is not understood by this version", id="a later key"),
    pytest.param(asked_if("{paths: []}"), "9:68", "expected at least 1 entry", id="no paths"),
    pytest.param(
        asked_if("{paths: /db/**}"), "9:68", "from the root of the repository", id="a path from the disk's root"
    ),
    pytest.param(asked_if("{paths: [a, ./db]}"), "9:72", "cannot match the path of a file", id="a path from here"),
    pytest.param(asked_if("{paths: db/}"), "9:68", "none of its files. Write `db/**`", id="a folder"),
    pytest.param(asked_if("{labels: ''}"), "9:69", "a label cannot be empty", id="an empty label"),
    pytest.param(asked_if("{author: ana}"), "9:69", 'expected a person, got "ana"', id="an author"),
    pytest.param(asked_if("{author: acme/qa}"), "9:69", "expected a person", id="a team as author"),
    pytest.param(asked_if("{lines: 500}"), "9:68", 'Write for example ">500"', id="a bare number"),
    pytest.param(asked_if("{lines: '>500ms'}"), "9:68", "asks about something else", id="a unit"),
    pytest.param(asked_if("{lines: '>+10%'}"), "9:68", "asks about something else", id="a baseline"),
    pytest.param(asked_if("{files: 'p95>5'}"), "9:68", "asks about something else", id="a name"),
    pytest.param(asked_if("{files: '<0'}"), "9:68", "no number can meet", id="never"),
    pytest.param(asked_if("{files: many}"), "9:68", "does not say what a number must be", id="no number"),
    pytest.param(asked_if("{frozen: }"), "9:69", "this key has no value", id="a flag left empty"),
    pytest.param(asked_if("{migration: 1}"), "9:72", "expected true or false, got 1", id="a flag that is a number"),
]

RULES = [
    pytest.param("rules: {exclude: [committers]}\n", "7:19", "`committers` is not understood by this", id="committers"),
    pytest.param(
        "rules: {exclude: [autor]}\n", "7:19", 'expected one of author, last_pusher, got "autor"', id="an unknown one"
    ),
    pytest.param("rules: {exclude: author}\n", "7:18", "Write it as a list: [author]", id="exclude is no list"),
    pytest.param("rules: {exclude: [author, author]}\n", "7:18", "`author` is here twice", id="excluded twice"),
    pytest.param("rules: {on_push: keep}\n", "7:18", "expected one of keep_if_clean_update,", id="on_push"),
    pytest.param("rules: {valid_for: 48}\n", "7:20", "a duration needs a unit", id="valid_for"),
    pytest.param("rules: {delegation: maybe}\n", "7:21", "expected true or false", id="delegation"),
    pytest.param("rules: {remind: }\n", "7:17", "this key has no value", id="remind left empty"),
    pytest.param("rules: {remind: 4h}\n", "7:17", 'expected keys and values, got "4h"', id="remind is a text"),
    pytest.param(
        "rules: {remind: {hours: 'Mon-Fri 09:00-17:00 Europe/Berln'}}\n", "7:25", "Europe/Berlin", id="a zone mistyped"
    ),
    pytest.param("rules: {remind: {hours: 9}}\n", "7:25", "expected hours of the week", id="hours are a number"),
    pytest.param(
        "rules: {remind: {after: 4h, escalate: {after: 4h, to: [acme/leads]}}}\n",
        "7:47", "not later than the first reminder after 4h", id="escalated at once",
    ),
    pytest.param("rules: {remind: {escalate: {after: 1h, to: []}}}\n", "7:44", "expected at least 1", id="to nobody"),
    pytest.param(
        "rules: {valid_for: 2h, remind: {}}\n",
        "7:20", "a sign-off ends after 2h, before the first reminder after 4h", id="ends before the reminder",
    ),
    pytest.param(
        role("valid_for: 1h", "rules: {remind: {after: 2h}}\n"),
        "9:52", "a sign-off ends after 1h, before the first reminder after 2h", id="a role's ends before it",
    ),
]  # fmt: skip

ONCE = "from: 2026-12-20T00:00, to: 2027-01-02T00:00"
FREEZES = [
    pytest.param(freeze(ONCE), "7:11", "timezone: this key is missing", id="no zone"),
    pytest.param(freeze(f"{ONCE}, timezone: Europe/Berln"), "7:84", "Europe/Berlin", id="a zone mistyped"),
    pytest.param(freeze(BERLIN), "7:11", "this freeze says no time", id="no time"),
    pytest.param(freeze(f"from: 2026-12-20, {BERLIN}"), "7:11", "this freeze has no `to`", id="no end"),
    pytest.param(freeze(f"to: 2026-12-20, {BERLIN}"), "7:11", "this freeze has no `from`", id="no begin"),
    pytest.param(
        freeze(f'{ONCE}, weekly: "Sat 00:00-Sun 00:00", {BERLIN}'), "7:11", "are two windows", id="two windows"
    ),
    pytest.param(freeze(f"from: soon, to: 2026-12-20, {BERLIN}"), "7:34", "soon", id="a begin that is none"),
    pytest.param(freeze(f"from: 2026-12-20, to: 2026-12-19, {BERLIN}"), "7:50", "2026-12-19", id="an end too early"),
    pytest.param(freeze(f'weekly: "Fir 15:00-Mon 08:00", {BERLIN}'), "7:36", "Fir", id="a day mistyped"),
    pytest.param(freeze(f"from: 0001-01-01, to: 0001-02-01, {BERLIN}"), "7:34", "no such moment", id="before UTC"),
    pytest.param(
        freeze(f"{ONCE}, {BERLIN}, except: [hotfx]"), "7:108", "there is no release `hotfx`. Did you mean `hotfix`?",
        id="an exception for no release",
    ),
    pytest.param(
        freeze(f"{ONCE}, {BERLIN}, exception: {{from: []}}"), "7:117", "expected at least 1 entry", id="excepted by nobody"
    ),
    pytest.param(
        freeze(f"{ONCE}, {BERLIN}, exception: {{from: ['@ana'], count: 2}}"),
        "7:134", "2 people must sign, but only 1 can", id="excepted by too few",
    ),
    pytest.param(
        freeze(f"{ONCE}, {BERLIN}, exception: {{from: [acme/qa], role: approve}}"),
        "7:134", "`approve` is a word of golive's commands", id="an exception like a command",
    ),
    pytest.param(
        role("veto: true", freeze(f"{ONCE}, {BERLIN}, exception: {{from: [acme/qa], role: qa}}")),
        "10:134", "the role `qa` is already that of signoffs[0].roles[0]", id="an exception like a role",
    ),
    pytest.param(
        freeze(f"{ONCE}, {BERLIN}, exception: {{from: [acme/qa]}}").replace("Year end", "年末年末年末年末"),
        "7:110", "no name of a role can be made", id="a freeze that gives no name",
    ),
    pytest.param(
        f"freezes: [{{name: A, {ONCE}, {BERLIN}}}, {{name: A, {ONCE}, {BERLIN}}}]\n",
        "7:100", "the name `A` is already that of freezes[0]", id="a name twice",
    ),
    pytest.param(
        freeze(f'weekly: "Mon-Sun 00:00-24:00", {BERLIN}'),
        "7:36", "leave no hour of the week in which `production` could go live", id="all the time",
    ),
]  # fmt: skip

PROMOTION = [
    pytest.param("overrides: {from: [acme/oncall], people: 1}\n", "7:42", "expected 2 or more, got 1", id="alone"),
    pytest.param("overrides: {from: ['@ana']}\n", "7:20", "2 people must sign, but only 1 can", id="only one there"),
    pytest.param(
        "overrides: {from: [acme/oncall], longest: 25h}\n", "7:43", "an override lasts at most 24h", id="too long"
    ),
    pytest.param("overrides: {people: 2}\n", "7:1", "overrides.from: this key is missing", id="by nobody"),
    pytest.param("overrides:\n", "7:11", "this key has no value", id="overrides left empty"),
    pytest.param("promotion: {phases: []}\n", "7:21", "expected at least 1 entry", id="no phases"),
    pytest.param("promotion: {phases: [dark]}\n", "7:22", "expected keys and values", id="a phase that is a text"),
    pytest.param(
        "promotion: {phases: [{name: a}, {name: a}]}\n",
        "7:40", "the name `a` is already that of promotion.phases[0]", id="a phase twice",
    ),
    pytest.param(
        "promotion: {phases: [{name: a, soak: 1d}]}\n", "7:32", "`soak` is not understood by this", id="soaking"
    ),
]  # fmt: skip

EVERY = ROLES + GROUPS + CONDITIONS + RULES + FREEZES + PROMOTION


@pytest.mark.parametrize(("text", "place", "fragment"), EVERY)
def test_a_mistake_is_told_once_at_its_place_with_its_mend(text: str, place: str, fragment: str) -> None:
    found = told(text)
    assert [one.split(" ", 1)[0] for one in found] == [place], f"look at what load() says: {found}"
    assert fragment in found[0]


def test_trap_31_a_role_that_is_not_asked_never_counts_without_a_word_about_it() -> None:
    (found,) = told(role("if: {migration: true}"))
    assert "signoffs[0].roles[0].on_skip" in found
    assert "`on_skip: pass` if it then counts as met, or `on_skip: hold` if the release must then wait" in found
    group = "signoffs: [{group: a, if: {migration: true}, roles: [{role: dba, from: [acme/dba]}]}]\n"
    assert told(group)[0].startswith("7:23 signoffs[0].on_skip")


@pytest.mark.parametrize("word", sorted({*VERBS, *ALIASES} - {"+1", "-1"}))
def test_no_role_is_called_like_a_command(word: str) -> None:
    assert any("is a word of golive's commands" in one for one in told(role("veto: true").replace("qa,", f"{word},")))


# ------------------------------------------------------------------ seats that cannot be filled


def people(*roles: str, rules: str = "") -> str:
    """Roles named a, b, c … on lines 9, 10, 11 …, each with its logins and perhaps `count=2`, in one string."""
    lines = []
    for name, text in zip("abcdef", roles, strict=False):
        logins = ", ".join(f'"@{word}"' for word in text.split() if "=" not in word)
        count = next((word.removeprefix("count=") for word in text.split() if "=" in word), "1")
        lines.append(f"      - {{role: {name}, from: [{logins}], count: {count}}}")
    return "signoffs:\n  - roles:\n" + "\n".join(lines) + f"\n{rules}"


@pytest.mark.parametrize(
    ("roles", "place", "says"),
    [
        (("ana", "ana"), "10:25", "`a` and `b` need 2 people together, and only 1 can sign for them: @ana"),
        (("ana bo", "bo ana", "Ana"), "11:25", "`a` and `b` and `c` need 3 people together, and only 2 can"),
        (("ana bo count=2", "bo"), "10:25", "`a` and `b` need 3 people together, and only 2 can"),
        (("cy di", "ana", "ana"), "11:25", "`b` and `c` need 2 people together, and only 1 can"),
    ],
)  # fmt: skip
def test_d1_more_seats_than_people_can_never_be_filled(roles: tuple[str, ...], place: str, says: str) -> None:
    (found,) = told(people(*roles))
    assert found.startswith(f"{place} signoffs[0].roles[")
    assert says in found
    assert told(people(*roles, rules="rules: {distinct_people: false}\n")) == []


@pytest.mark.parametrize(
    "roles",
    [
        ("ana", "bo"),
        ("ana bo", "ana"),
        ("ana bo cy", "ana", "bo"),
        ("ana bo", "bo cy", "cy ana"),
        ("ana bo count=2", "cy"),
    ],
)
def test_seats_that_somebody_can_fill_are_taken(roles: tuple[str, ...]) -> None:
    assert told(people(*roles)) == []


def test_a_team_or_a_role_that_is_not_always_asked_is_never_said_to_be_too_few() -> None:
    assert told(people("ana", "ana").replace('["@ana"]', "[acme/qa]", 1)) == []
    assert told(people("ana", "ana").replace("count: 1}", "if: {migration: true}, on_skip: pass}", 1)) == []


def test_a_very_large_count_is_told_as_fast_as_any_other() -> None:
    (found,) = told(people("ana count=999999999999999999"))
    assert "999999999999999999 people must sign, but only 1 can" in found


# ------------------------------------------------------------------ weeks without an hour


def test_several_freezes_together_may_leave_no_hour() -> None:
    def week(keys: str = "", until: str = "Mon 06:00") -> str:
        return (
            "freezes:\n"
            f'  - {{name: Early, weekly: "Mon 06:00-Thu 12:00", {BERLIN}}}\n'
            f'  - {{name: Late, weekly: "Thu 12:00-{until}", {BERLIN}{keys}}}\n'
        )

    both = told(week())
    assert [one.split(" ", 1)[0] for one in both] == ["9:26"], both
    assert "`Early` and `Late` leave no hour of the week in which `production` could go live" in both[0]
    assert told(week(until="Mon 05:59")) == []
    assert told(week(", except: [production, hotfix]")) == []
    assert "`hotfix` could go live" in told(week(", except: [production]"))[0]


# ------------------------------------------------------------------ the schema for editors

SHAPES = {
    "count below 0", "veto", "settle", "a key unknown", "a permission", "after is no list", "on_skip", "a key mistyped",
    "an unknown one", "exclude is no list", "on_push", "delegation", "remind is a text", "no zone", "alone", "by nobody",
    "a phase that is a text", "soaking", "left empty", "remind left empty", "excepted by nobody", "no phases",
}  # fmt: skip


@pytest.mark.parametrize(("text", "place", "fragment"), [row for row in EVERY if row.id in SHAPES])
def test_editors_refuse_wrong_shapes_too(text: str, place: str, fragment: str) -> None:
    errors = list(Draft202012Validator(json_schema(KINDS)).iter_errors(yaml.safe_load(HEAD + text)))
    assert errors, f"load() says “{fragment}” at {place}, but the schema lets it pass"


# ------------------------------------------------------------------ code owners, and what release-please brings


def test_a_role_is_asked_of_code_owners_so_many_of_them_or_one_of_every_set() -> None:
    (plain,) = loaded("signoffs: [{roles: [{role: owners, from: [codeowners, '@ana'], count: 2}]}]\n").roles
    (each,) = loaded("signoffs: [{roles: [{role: owners, from: [codeowners], each: true}]}]\n").roles
    assert (plain.sources, plain.count, plain.each) == (("codeowners", "@ana"), 2, False)
    assert (each.sources, each.each) == (("codeowners",), True)
    assert RoleRule("qa", ("@ana",)).digest() != RoleRule("qa", ("@ana",), each=True).digest()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (role("each: true"), "`each` is about code owners"),
        ("signoffs: [{roles: [{role: qa, from: [CodeOwners]}]}]\n", "Did you mean `codeowners`?"),
        ("overrides: {from: [codeowners]}\n", "`codeowners` is asked in the `from:` of a role only"),
        (
            "rules: {remind: {after: 1h, escalate: {after: 24h, to: [codeowners]}}}\n",
            "`codeowners` is asked in the `from:` of a role only",
        ),
    ],
)
def test_code_owners_are_asked_as_a_role_and_nowhere_else(text: str, says: str) -> None:
    assert says in " ".join(told(text))


def test_a_release_may_be_what_release_please_brings_and_nothing_else() -> None:
    text = HEAD.replace('head: "hotfix/**"', "release_please: true")
    policy = load(text, KINDS)
    assert [(rule.release_please, rule.head) for rule in policy.releases] == [(False, ("release/**",)), (True, ())]
    assert not list(Draft202012Validator(json_schema(KINDS)).iter_errors(yaml.safe_load(text)))
