"""Thresholds that cannot be met or missed, gaps, figures nobody reads, one fact counted twice: refused with their place.

Several of these were found in go-live documents that people had signed; those tests are named after the defect.
"""

from __future__ import annotations

import pytest

from golive.checks.registry import installed
from golive.core.policy import Policy
from golive.policyfile import Given, PolicyMistakes, load

HEAD = """\
version: 1
project: Shop
releases: [{name: production, base: main, head: "release/**", target: "https://shop.example.com"}]
checks:
"""
KINDS = installed()


def check(text: str, more: str = "") -> str:
    """A policy whose first check begins on line 5 and is given by its lines."""
    lines = text.strip("\n").splitlines()
    return HEAD + "".join(f"{'  - ' if n == 0 else '    '}{line}\n" for n, line in enumerate(lines)) + more


def mistakes(text: str) -> list[str]:
    """`line:column key: sentence` of every mistake."""
    try:
        load(text, KINDS)
    except PolicyMistakes as found:
        return [f"{m.line}:{m.column} {m.at}: {m.what}. {m.mend}" for m in found.mistakes]
    return []


def loaded(text: str) -> Policy:
    return load(text, KINDS)


LATENCY = 'id: fast\nuses: latency\nwith: {url: "${target}"}\n'
LOAD = "id: load\nuses: load\nwith: {results: load.json, completed: true}\n"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        pytest.param(LATENCY, "5:9 checks[0]", "asserts nothing", id="nothing is asked"),
        pytest.param(LATENCY + "pass: <=200", "8:11 checks[0].pass", "has no unit", id="no unit"),
        pytest.param(LATENCY + "pass: '<=99%'", "8:11 checks[0].pass", "asks about a percentage", id="another unit"),
        pytest.param(LATENCY + "pass: p96<200ms", "8:11 checks[0].pass", "does not measure `p96`", id="no such measure"),
        pytest.param(LATENCY + "pass: []", "8:11 checks[0].pass", "asserts nothing", id="an empty list"),
        pytest.param(LATENCY + "pass: p95>1s and p95<500ms", "8:11 checks[0].pass", "no value can meet", id="a contradiction"),
        pytest.param(LATENCY + "pass: '<=200ms'\nwarn: '<=100ms'", "9:11 checks[0].warn", "never applies", id="a hidden warning"),
        pytest.param(
            LATENCY + "pass: '<=200ms'\nfail: '>=150ms'", "9:11 checks[0].fail", "both pass and fail", id="an overlap"
        ),
        pytest.param(LATENCY + "pass: '<=1s'\nwhere: srver", "9:12 checks[0].where", "expected one of", id="where"),
        pytest.param(
            "id: runbook\nuses: docs\nwith: {paths: a.md}\nwhere: server", "8:12 checks[0].where", "the service refuses",
            id="the service reads no files",
        ),
        pytest.param(LATENCY + "pass: '<=1s'\naccept: mail", "9:13 checks[0].accept", "document", id="what is accepted"),
        pytest.param(
            LATENCY + "pass: '<=1s'\nexplained_by: [none]", "9:20 checks[0].explained_by[0]", "no check `none`",
            id="explained by nothing",
        ),
    ],
)  # fmt: skip
def test_what_reads_well_and_is_no_good_is_refused_at_its_place(text: str, place: str, says: str) -> None:
    found = mistakes(check(text))
    assert any(one.startswith(place) and says in one for one in found), found


@pytest.mark.parametrize(
    "text",
    [
        LATENCY + "pass: '<=200ms'\nwarn: '<=260ms'",
        LATENCY + "pass: '<=200ms'\nfail: '>1s'\nbetween: hold",
        LATENCY + "pass: '<=200ms'\nwarn: '<=1s'\nfail: '>1s'",
        LATENCY + "pass: error_rate<1% and p95<1s",
        LATENCY + "pass: '<=+10%'",
        LATENCY + "pass: [{criteria: [p95<1s, rps>10/s]}, {criteria: [p95<100ms]}]",
        "id: fast\nname: Answers within 200 ms\nuses: latency\nwith: {url: '${target}', p95: 200ms}",
    ],
)
def test_what_is_good_is_taken(text: str) -> None:
    assert mistakes(check(text)) == []


# ------------------------------------------------------------------ defects of signed documents


def test_d1_a_rate_that_the_test_can_never_show_is_refused() -> None:
    """Fifty tasks over at least a minute are at most fifty a minute, and more than a hundred were asked for."""
    text = "id: rate\nuses: load\nwith: {results: r.json, requests: 50, at_least: 60s}\npass: rps > 100/min"
    (found,) = mistakes(check(text))
    assert found.startswith("8:11 checks[0].pass")
    assert "can never be met" in found
    assert not mistakes(check(text.replace("100/min", "40/min")))


def test_d4_the_removed_alerts_interface_and_a_state_that_never_occurs_are_refused() -> None:
    found = mistakes(check('id: alerts\nuses: alertmanager\nwith: {url: "http://127.0.0.1:9093/api/v1/alerts"}'))
    assert any("v2" in one for one in found), found


@pytest.mark.parametrize("name", ["Tests pass > 95 %", "Coverage at least 80 percent", "P95 below 200 ms"])
def test_d8_a_figure_in_a_name_that_nothing_evaluates_is_refused(name: str) -> None:
    found = mistakes(check(f'id: c\nname: "{name}"\nuses: http\nwith: {{url: "${{target}}"}}'))
    assert any("nothing in this check evaluates" in one for one in found), found


def test_d13_one_variable_that_two_unrelated_checks_judge_is_refused() -> None:
    first = "id: keys\nuses: credential\nwith: {env: API_KEY}"
    second = "  - id: variables\n    uses: env\n    with: {required: [API_KEY, LOG_LEVEL]}\n"
    (found,) = mistakes(check(first, second))
    assert found.startswith("10:11 checks[1].with")
    assert "count twice" in found
    assert not mistakes(check(first, second + "    explained_by: [keys]\n"))


def test_d22_a_gap_between_success_and_failure_must_be_declared() -> None:
    text = LOAD + "pass: error_rate<0.1%\nfail: error_rate>0.5%"
    (found,) = mistakes(check(text))
    assert found.startswith("9:11 checks[0].fail")
    assert "is not said" in found
    assert not mistakes(check(text + "\nbetween: hold"))
    assert not mistakes(check(text + "\nwarn: error_rate<=0.5%"))


def test_d23_a_trigger_without_a_number_is_refused() -> None:
    (found,) = mistakes(check(LOAD + "pass: performance degradation"))
    assert found.startswith("8:11 checks[0].pass")
    assert "has no number" in found


# ------------------------------------------------------------------ waivers, weights, secrets


@pytest.mark.parametrize(
    ("waiver", "says"),
    [
        ("{check: nope, reason: x, approver: '@ana', expires: 2026-12-31}", "there is no check `nope`"),
        ("{check: c, reason: x, approver: '@ana', expires: 2026-12-31}", "never waived by the one who asks"),
        (
            "{check: c, reason: x, approver: '@ana', requested_by: '@ana', expires: 2026-12-31}",
            "never waived by the one",
        ),
        ("{check: c, reason: x, approver: ana, expires: 2026-12-31}", "expected a person"),
        ("{check: c, reason: x, approver: '@ana', expires: soon}", "expected a day"),
        ("{check: c, approver: '@ana', expires: 2026-12-31}", "this key is missing"),
    ],
)
def test_a_waiver_has_a_check_a_reason_two_people_and_an_end(waiver: str, says: str) -> None:
    found = mistakes(
        check('id: c\nseverity: critical\nuses: http\nwith: {url: "${target}"}', f"waivers:\n  - {waiver}\n")
    )
    assert any(says in one for one in found), found


def test_inspecs_names_of_a_waiver_are_taken() -> None:
    more = "waivers:\n  - {control_id: c, justification: old, approver: '@ana', expiration_date: 2026-12-31}\n"
    (waiver,) = loaded(check('id: c\nuses: http\nwith: {url: "${target}"}', more)).waivers
    assert (waiver.check, waiver.reason, f"{waiver.expires:%Y-%m-%d %H}") == ("c", "old", "2027-01-01 00")


@pytest.mark.parametrize(
    ("weights", "says"),
    [("{security: 60}", "sum to 60"), ("{security: 50, speed: 50}", "no check has the category `speed`")],
)
def test_weights_sum_to_a_hundred_and_weigh_something(weights: str, says: str) -> None:
    text = check('id: c\ncategory: security\nuses: http\nwith: {url: "${target}"}')
    found = mistakes(f"{text}decision: {{matrix: {{weights: {weights}}}}}\n")
    assert any(says in one for one in found), found


def test_a_secret_that_is_not_lent_is_a_mistake_that_says_whom_to_ask() -> None:
    text = check('id: g\nuses: http\nwith: {url: "${target}", secret: shop-read}')
    asked: list[tuple[str, str]] = []

    def problem(name: str, host: str) -> str:
        asked.append((name, host))
        return "Ask the operator to lend it"

    with pytest.raises(PolicyMistakes, match="Ask the operator to lend it"):
        load(text, KINDS, given=Given(secret_problem=problem))
    assert asked == [("shop-read", "shop.example.com")]


def test_target_environment_and_variables_of_the_caller_win() -> None:
    text = check('id: c\nuses: http\nwith: {url: "${target}/${environment}/${path}"}', "vars: {path: a}\n")
    given = Given("http://localhost:8000", "staging", {"path": "b"})
    release = load(text, KINDS, given=given).releases[0]
    assert release.target == "http://localhost:8000"
    assert "http://localhost:8000/staging/b" in release.checks[0].options.canonical()
