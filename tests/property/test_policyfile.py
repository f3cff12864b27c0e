"""Whatever the file holds, `load` gives a Policy or PolicyMistakes inside the file; never a traceback.

Files are made three ways: arbitrary bytes and text, arbitrary YAML values, and a valid policy with something changed.
The last finds most, because most of it is still right.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, ClassVar

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, model_validator

from builders import Parts
from golive.core import durations
from golive.core.model import Finding, Outcome
from golive.core.policy import Policy
from golive.policyfile import PolicyMistakes, json_schema, load, tree
from golive.policyfile.durations import Duration
from golive.ports import Kind, Look


class _Options(Parts, BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def canonical(self) -> str:
        return self.model_dump_json()


class Page(_Options):
    """Looks at a page."""

    kind: ClassVar[str] = "http"
    url: str = Field(pattern="^https?://")
    status: int | list[int] | None = None
    json_: dict[str, Any] | None = Field(None, alias="json")

    @model_validator(mode="after")
    def _asserts(self) -> Page:
        if self.status is None and self.json_ is None:
            raise ValueError("this check asserts nothing")
        return self

    def collect(self, look: Look) -> int:
        return look.http.request("GET", self.url).status

    def judge(self, facts: Any) -> Finding:
        return Finding("", Outcome.PASSED if facts == self.status else Outcome.FAILED, f"answered {facts}")


class Word(_Options):
    """Waits for a person's word."""

    kind: ClassVar[str] = "attest"
    role: str
    max_age: Duration = timedelta(days=90)

    def collect(self, look: Look) -> int:
        return len(look.attestations)

    def judge(self, facts: Any) -> Finding:
        return Finding("", Outcome.PASSED if facts else Outcome.PENDING, self.role)


KINDS: dict[str, type[Kind]] = {"http": Page, "attest": Word}
SCHEMA = Draft202012Validator(json_schema(KINDS))

VALID = """\
version: 1
project: Shop
releases:
  - {name: production, base: main, head: ["release/**", "hotfix/**"], labels: release, target: "https://shop"}
  - name: preview
    base: dev
    head: "*"
    forks: true
    target: https://preview
others: block
notify: {slack: "#releases"}
vars: {prom: https://prom}
checks:
  - id: healthy
    name: All well
    severity: critical
    uses: http
    with: {url: "${target}/health", status: [200, 204], json: {ok: true, n: 1.5}}
    timeout: 10s
    every: 10m
    fresh: PT1H
    owner: platform
  - {id: drill, uses: attest, needs: [healthy], with: {role: operations, max_age: 90d}}
signoffs:
  - group: technical
    roles:
      - {role: qa, from: [acme/qa, "@mona"], count: 2, checks: [healthy], settle: 5m}
  - group: data
    after: [technical]
    if: {paths: "db/**", lines: ">500", migration: true}
    on_skip: pass
    roles: [{role: dba, from: [permission:admin, "org:acme"], veto: true, due: full}]
rules: {exclude: [author], valid_for: 48h, remind: {after: 4h, escalate: {after: 1d, to: [acme/leads]}}}
overrides: {from: [acme/oncall], people: 2, longest: 60m}
decision: {block_on: [critical, high]}
promotion:
  merge: {method: squash, when: go}
  phases: [{name: dark}, {name: full}]
"""
TOKENS = re.findall(r'"[^"\n]*"|[\w./-]+|\n *|[ ]+|.', VALID)
_WORDS = """
: - [ ] { } , # &a *a !!str !x ' " > ? --- ... << null ~ true on no 1 0 -1 1.0 010 1:30 0b_ .inf .nan = 1_000
2026-13-45 999999999999999999999999999999 ${target} ${x} ${ @TODO 🚀 "\\x00" "\\ud800" name id with uses http production
healthy drill 1h P1D veto freezes release/** @mona acme/qa critical squash
pass hold author migration permission:write org:acme due full 0001-01-01 Mon-Fri
"""
_SPACED = [
    "",
    " ",
    "\n",
    "\t",
    "\r",
    "\r\n",
    ": ",
    "- ",
    " #",
    "&a ",
    "!x ",
    "|\n",
    "---\n",
    "%YAML 1.1\n",
    "<<: ",
    "when: ask",
]
_UNSEEN = ["\u2028", "\x85", "\x00", "\ud800", "\ufeff", "\u202e"]
SNAGS = st.sampled_from([*_WORDS.split(), *_SPACED, *_UNSEEN])


def outcome(raw: str | bytes) -> Policy | PolicyMistakes:
    """What load gives. Anything but these two fails the test with its traceback."""
    try:
        return load(raw, KINDS)
    except PolicyMistakes as refused:
        return refused


def check_promises(raw: str | bytes) -> None:
    found = outcome(raw)
    if isinstance(found, Policy):
        return
    assert found.mistakes, "a refused file must say at least one mistake"
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw.encode("utf-8", "replace").decode()
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").removesuffix("\n").split("\n")]
    places = [(one.line, one.column) for one in found.mistakes]
    assert places == sorted(places), "mistakes come in the order of the file"
    for one in found.mistakes:
        assert 1 <= one.line <= one.end_line <= len(lines), f"outside the file: {one}"
        assert 1 <= one.column <= len(lines[one.line - 1]) + 1, f"outside its line: {one}"
        assert one.what, f"says nothing: {one!r}"
        assert "\n" not in str(one), f"one mistake is one line: {str(one)!r}"


@given(st.one_of(st.text(), st.binary()))
@example("a: !!int x\n")
@example("\n\n\n")
@example("? [a]\n: b\n")
@settings(max_examples=300)
def test_any_text_and_any_bytes_give_a_policy_or_mistakes(raw: str | bytes) -> None:
    check_promises(raw)


@given(st.lists(SNAGS, max_size=30).map("".join))
@settings(max_examples=300)
def test_any_heap_of_yaml_pieces_gives_a_policy_or_mistakes(text: str) -> None:
    check_promises(text)


KEYS = st.one_of(st.sampled_from(sorted(set(re.findall(r"(\w+):", VALID)))), st.text(max_size=3))
WORDS = st.sampled_from(["http", "attest", "1h", "main"])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), WORDS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=15,
)


@given(VALUES)
@settings(max_examples=200)
def test_any_value_gives_a_policy_or_mistakes(value: Any) -> None:
    check_promises(yaml.safe_dump(value, allow_unicode=True))


@given(st.sampled_from(sorted(yaml.safe_load(VALID))), VALUES)
@settings(max_examples=300)
def test_any_value_in_any_section_gives_a_policy_or_mistakes(section: str, value: Any) -> None:
    check_promises(yaml.safe_dump({**yaml.safe_load(VALID), section: value}, allow_unicode=True))


def test_the_policy_that_is_changed_below_is_valid() -> None:
    assert isinstance(outcome(VALID), Policy)
    assert "".join(TOKENS) == VALID, (
        "the tokens must make up the whole file, or the tests below change less than they say"
    )


def check_editors_agree(text: str) -> None:
    if isinstance(outcome(text), Policy):
        root = tree.read(*tree.decode(text, "golive.yml"))
        assert root is not None
        errors = [error.message for error in SCHEMA.iter_errors(tree.plain(root))]
        assert errors == [], f"the schema refuses what load() takes; one of the two is wrong:\n{text}"


def test_leaving_out_any_one_token_gives_a_policy_or_mistakes() -> None:
    refused = 0
    for index in range(len(TOKENS)):
        text = "".join(TOKENS[:index] + TOKENS[index + 1 :])
        check_promises(text)
        check_editors_agree(text)
        refused += isinstance(outcome(text), PolicyMistakes)
    assert len(TOKENS) // 4 < refused < len(TOKENS), "most tokens matter and some do not; look at the tokenizer"


@given(st.integers(0, len(TOKENS) - 1), st.one_of(SNAGS, st.text(max_size=4)))
@settings(max_examples=600)
def test_changing_any_one_token_gives_a_policy_or_mistakes(index: int, snag: str) -> None:
    text = "".join([*TOKENS[:index], snag, *TOKENS[index + 1 :]])
    check_promises(text)
    check_editors_agree(text)


TIMED = """\
version: 1
project: Shop
releases: [{name: production, base: main, head: x}]
freezes:
  - {name: Year end, from: 2026-12-20T00:00, to: 2027-01-02, timezone: Europe/Berlin, except: [production]}
  - {name: Fridays, weekly: "Fri 15:00-Mon 08:00", timezone: UTC, exception: {from: [acme/lead], count: 1}}
rules: {remind: {hours: "Mon-Fri 09:00-17:00 Europe/Berlin"}}
"""


@given(st.integers(TIMED.index("freezes"), len(TIMED) - 1), st.integers(0, 3), st.one_of(SNAGS, st.text(max_size=4)))
@example(TIMED.index("2026"), 4, "0001")
@example(TIMED.index("2027"), 4, "9999")
@settings(max_examples=100, deadline=None)
def test_changing_the_times_anywhere_gives_a_policy_or_mistakes(at: int, length: int, snag: str) -> None:
    assert isinstance(outcome(TIMED), Policy)
    check_promises(TIMED[:at] + snag + TIMED[at + length :])


@given(st.integers(0, len(VALID)))
@settings(max_examples=150)
def test_a_file_cut_off_anywhere_gives_a_policy_or_mistakes(length: int) -> None:
    check_promises(VALID[:length])


@given(
    st.timedeltas(timedelta(seconds=1), timedelta(days=3650)).map(
        lambda long: timedelta(seconds=int(long.total_seconds()))
    )
)
def test_a_duration_reads_as_it_was_written(length: timedelta) -> None:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    short = "".join(f"{number}{unit}" for number, unit in units if number)
    assert durations.parse(short) == length
    assert durations.parse(f"P{days}DT{hours}H{minutes}M{seconds}S") == length


@given(st.text(max_size=12))
def test_a_text_is_a_duration_above_zero_or_none(text: str) -> None:
    try:
        found = durations.parse(text)
    except ValueError:
        return
    assert timedelta() < found <= durations.LONGEST


@given(st.one_of(st.text(), st.lists(SNAGS, max_size=30).map("".join)))
@settings(max_examples=200)
def test_the_slower_yaml_parser_gives_a_tree_or_mistakes_too(raw: str) -> None:
    try:
        text, report = tree.decode(raw, "golive.yml")
    except PolicyMistakes:
        return
    assert (tree.read(text, report, yaml.SafeLoader) is None) <= bool(report.mistakes), "no tree, and nobody says why"
