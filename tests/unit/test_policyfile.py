"""The policy file: what loads, and for what does not, the exact place and sentence. Add a rule by adding a row."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, model_validator

from builders import Parts
from golive.checks.attest import AttestCheck
from golive.checks.github_check import GithubCheck
from golive.checks.http import HttpCheck
from golive.core import durations
from golive.core.errors import Misconfigured, Said
from golive.core.model import Finding, Outcome, Severity
from golive.core.policy import MergeRule, Policy
from golive.core.rules import OverrideRule, RoleRule
from golive.policyfile import Mistake, PolicyMistakes, entries, json_schema, load, people, tree
from golive.policyfile.durations import Duration
from golive.policyfile.mistakes import Report
from golive.ports import Kind, Look

STARTER = Path(__file__).parents[2] / "templates" / "policy" / "starter.yml"
REAL_KINDS: dict[str, type[Kind]] = {"http": HttpCheck, "github_check": GithubCheck, "attest": AttestCheck}


class _Options(Parts, BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def canonical(self) -> str:
        return self.model_dump_json()


class Page(_Options):
    """Looks at a page; asserts its status, or what its JSON says."""

    kind: ClassVar[str] = "http"
    url: str = Field(pattern="^https?://")
    status: int | list[int] | None = None
    json_: dict[str, Any] | None = Field(None, alias="json")

    @model_validator(mode="after")
    def _asserts(self) -> Page:
        if self.status is None and self.json_ is None:
            raise ValueError("this check asserts nothing; give it a status or json.")
        return self

    def collect(self, look: Look) -> int:
        return look.http.request("GET", self.url).status

    def judge(self, facts: Any) -> Finding:
        return Finding("", Outcome.PASSED if facts == self.status else Outcome.FAILED, f"answered {facts}")


class Word(_Options):
    """Waits for a person's word."""

    kind: ClassVar[str] = "attest"
    role: str
    statement: str
    evidence: str = "none"
    max_age: Duration = timedelta(days=90)

    def collect(self, look: Look) -> int:
        return len(look.attestations)

    def judge(self, facts: Any) -> Finding:
        return Finding("", Outcome.PASSED if facts else Outcome.PENDING, self.statement)


KINDS: dict[str, type[Kind]] = {"http": Page, "attest": Word}

HEAD = """\
version: 1
project: Shop
releases: [{name: production, base: main, head: "release/**", target: "https://shop.example.com"}]
"""
"""Three good lines; what a row adds begins on line 4."""

ASKS = 'signoffs: [{group: people, roles: [{role: qa, from: ["@mina"]}]}]\n'
"""Something that a release needs, for rows about the merge."""

PAGE = 'uses: http, with: {url: "https://x.example.com", status: 200}'


def mistakes_of(text: str | bytes, kinds: dict[str, type[Kind]] | None = None) -> tuple[Mistake, ...]:
    try:
        policy = load(text, kinds or KINDS)
    except PolicyMistakes as refused:
        return refused.mistakes
    raise AssertionError(f"this file should have been refused, but it loaded as {policy}")


def loaded(text: str) -> Policy:
    return load(text, KINDS)


# ------------------------------------------------------------------ one mistake, one place, one sentence

WHOLE_FILE = [
    pytest.param("", "1:1", "the file is empty. Begin with `version: 1`", id="nothing at all"),
    pytest.param("# only a comment\n", "1:1", "the file is empty", id="only a comment"),
    pytest.param("hello", "1:1", "must hold keys and values", id="a bare word"),
    pytest.param("- a\n- b\n", "1:1", "must hold keys and values", id="a list"),
    pytest.param("a: [1, 2\nb: 3\n", "2:2", "this is not YAML", id="a bracket left open"),
    pytest.param('a: "x\n', "1:6", "this is not YAML", id="a quote left open"),
    pytest.param(HEAD + "notify:\n\tslack: x\n", "5:1", "a tab indents this line", id="a tab"),
    pytest.param(HEAD + "notify:\n  \tslack: x\n", "5:3", "Use spaces", id="a tab after spaces"),
    pytest.param(HEAD + "---\nversion: 1\n", "4:1", "a second document begins here", id="two documents"),
    pytest.param(
        HEAD + "project: Again\n", "4:1", "the key `project` is here twice; the first is on line 2", id="a key twice"
    ),
    pytest.param(HEAD + "others: &a pass\n", "4:9", "anchors and aliases are not understood", id="an anchor"),
    pytest.param(HEAD + "others: !!str pass\n", "4:9", "the tag `tag:yaml.org,2002:str`", id="a tag"),
    pytest.param(HEAD + "vars: {<<: {a: b}}\n", "4:8", "merge keys are not understood", id="a merge key"),
    pytest.param("a: " + "[" * 60 + "]" * 60, "1:54", "nested deeper than 50 levels", id="deep nesting"),
    pytest.param("a: {" + "b: [" * 60, "1:105", "nested deeper than 50 levels", id="deep nesting, never closed"),
    pytest.param("x: [" + "1," * 20_000 + "]", "1:40001", "more than 20000 values", id="very many values"),
    pytest.param("a" * (256 * 1024 + 1), "1:1", "larger than 256 KiB", id="a huge file"),
    pytest.param("ä" * (128 * 1024 + 1), "1:1", "larger than 256 KiB", id="a huge file, measured in bytes"),
    pytest.param(b"version: 1\nproject: Caf\xe9\n", "2:13", "not UTF-8 here", id="Latin-1"),
    pytest.param("version: 1".encode("utf-16"), "1:1", "not UTF-8 here", id="UTF-16"),
    pytest.param("project: \ud800\n", "1:10", "not UTF-8 here", id="half a surrogate pair"),
    pytest.param("version: 1\nproject: a\x00b\n", "2:11", "nobody can see (U+0000)", id="a NUL"),
    pytest.param("version: 1\nproject: a\u202eb\n", "2:11", "nobody can see (U+202E)", id="text turned right to left"),
    pytest.param("version: 1\rproject: a\n", "1:11", "nobody can see (U+000D)", id="a bare carriage return"),
    pytest.param("version: 1 # \u2028\n", "1:14", "nobody can see (U+2028)", id="a hidden line break"),
    pytest.param(HEAD + 'vars: {a: "x\\0y"}\n', "4:11", "holds a control character", id="an escaped NUL"),
    pytest.param(HEAD + "on: x\n", "4:1", "YAML reads the key `on` as true. Quote it", id="the key on"),
    pytest.param(HEAD + "vars: {1: x}\n", "4:8", "YAML reads the key `1` as a number", id="a number as key"),
    pytest.param(HEAD + "{a: b}: c\n", "4:1", "a key must be text", id="a mapping as key"),
]

SECTIONS = [
    pytest.param(
        HEAD.replace("version: 1\n", ""), "1:1", "version: this key is missing. Add `version`", id="no version"
    ),
    pytest.param(HEAD.replace("1\n", "2\n", 1), "1:10", "version: expected 1, got 2", id="version 2"),
    pytest.param(HEAD.replace("1\n", '"1"\n', 1), "1:10", 'got "1". Write 1 without quotes', id="version in quotes"),
    pytest.param(HEAD.replace("1\n", "1.0\n", 1), "1:10", "expected 1, got 1.0", id="version 1.0"),
    pytest.param(HEAD.replace("1\n", "true\n", 1), "1:10", "expected 1, got true", id="version true"),
    pytest.param("version: 1\nproject: Shop\n", "1:1", "releases: this key is missing", id="no releases"),
    pytest.param(
        "version: 1\nproject: Shop\nreleases: []\n", "3:11", "expected at least 1 entry", id="an empty list of releases"
    ),
    pytest.param(HEAD.replace("Shop", "42"), "2:10", 'reads as a number. Quote it: "42"', id="project is a number"),
    pytest.param(HEAD.replace("Shop", ""), "2:9", "expected text, got nothing. Give it a value", id="project is empty"),
    pytest.param(HEAD + "othres: pass\n", "4:1", "unknown key `othres`. Did you mean `others`?", id="a key mistyped"),
    pytest.param(
        HEAD + "wibble: 1\n", "4:1", "unknown key `wibble`. The keys here are: checks, decision", id="a key unknown"
    ),
    pytest.param(
        HEAD + "secrets: []\n", "4:1", "`secrets` is not understood by this version of golive", id="a later section"
    ),
    pytest.param(HEAD + "extends: a/b\n", "4:1", "not understood by this version", id="extends"),
    pytest.param(HEAD + "others: maybe\n", "4:9", 'expected one of block, pass, got "maybe"', id="others"),
    pytest.param(
        HEAD + "others: no\n", "4:9", "YAML reads `no` as false. Write false, or quote it", id="a word that is false"
    ),
    pytest.param(
        HEAD + "notify: {slack: 1:30}\n", "4:17", 'a number of an unusual kind. Quote it: "1:30"', id="base 60"
    ),
    pytest.param(
        HEAD + "notify:\n  slack: #releases\n",
        "5:9",
        'begins a comment; quote it: "#releases"',
        id="a channel as comment",
    ),
    pytest.param(
        HEAD + "notify: {slack: releases}\n", "4:17", 'Did you mean "#releases"?', id="a channel without its #"
    ),
    pytest.param(HEAD + "notify: [x]\n", "4:9", "expected keys and values, got a list of 1", id="a list for a mapping"),
    pytest.param(
        HEAD + "vars: {a: 5}\n",
        "4:11",
        'vars.a: expected text, got 5, which YAML reads as a number. Quote it: "5"',
        id="a number in vars",
    ),
    pytest.param(HEAD + "vars: {A: x}\n", "4:8", "the key must be lower-case letters", id="a name in capitals"),
    pytest.param(
        HEAD + "vars: {target: x}\n", "4:8", "${target} already stands for the release's own", id="a name that is taken"
    ),
    pytest.param(HEAD + "decision: {block_on: [hihg]}\n", "4:23", "Did you mean `high`?", id="a severity mistyped"),
    pytest.param(
        HEAD + "decision: {settle: 10m}\n", "4:12", "`settle` is not understood by this version", id="settling"
    ),
    pytest.param(
        HEAD + "promotion: {merge: {method: sqash}}\n" + ASKS, "4:29", "Did you mean `squash`?", id="a merge method"
    ),
    pytest.param(
        HEAD + "promotion: {merge: {when: asked}}\n" + ASKS,
        "4:27",
        'expected one of go, conditional, ask, got "asked". Did you mean `ask`?',
        id="merge when",
    ),
    pytest.param(
        HEAD + "promotion: {merge: {method: squash}}\n",
        "4:20",
        "would merge every release at once",
        id="merge and nothing asked",
    ),
    pytest.param(HEAD + "promotion: {merge: }\n", "4:20", "this key has no value", id="merge left empty"),
]


def release(keys: str) -> str:
    return f"version: 1\nproject: Shop\nreleases:\n  - {{name: a, base: main, head: x}}\n  - {keys}\n"


RELEASES = [
    pytest.param(release("{name: b, base: main}"), "5:5", "neither head nor labels", id="matches nothing"),
    pytest.param(
        release("{name: b, base: main, release_please: false}"),
        "5:5",
        "neither head nor labels",
        id="no release-please",
    ),
    pytest.param(
        release("{name: b, base: main, head: []}"), "5:5", "neither head nor labels", id="matches an empty list"
    ),
    pytest.param(
        release("{name: a, base: dev, head: x}"),
        "5:12",
        "the name `a` is already that of releases[0], on line 4",
        id="a name twice",
    ),
    pytest.param(
        release("{name: b, base: main, head: [x]}"),
        "5:5",
        "same base and head as releases[0], on line 4",
        id="the same twice",
    ),
    pytest.param(
        release("{name: b, base: 1.0, head: x}"),
        "5:21",
        'got 1.0, which YAML reads as a number. Quote it: "1.0"',
        id="a branch like a number",
    ),
    pytest.param(
        release("{name: b, base: on, head: x}"), "5:21", 'quote it if you mean the word: "on"', id="a branch called on"
    ),
    pytest.param(
        release("{name: b, base: rel/*, head: x}"),
        "5:21",
        "expected one branch, got the pattern",
        id="a pattern as base",
    ),
    pytest.param(
        release("{name: b, base: refs/heads/dev, head: x}"), "5:21", "Write `dev`, without refs/heads/", id="a full ref"
    ),
    pytest.param(
        release("{name: Prod Uction, base: dev, head: x}"),
        "5:12",
        "Did you mean `prod-uction`?",
        id="a name in capitals",
    ),
    pytest.param(
        release("{base: dev, head: x}"),
        "5:5",
        "releases[1].name: this key is missing. Add `name`: what the release is called",
        id="no name",
    ),
    pytest.param(release("{name: b, base: dev, head: [x, 3]}"), "5:36", 'Quote it: "3"', id="a number among heads"),
    pytest.param(
        release('{name: b, base: dev, head: "a b"}'), "5:32", "cannot match a branch", id="a head with a space"
    ),
    pytest.param(
        release("{name: b, base: dev, head: {a: b}}"),
        "5:32",
        "expected text, got keys and values",
        id="a mapping as head",
    ),
    pytest.param(release('{name: b, base: dev, labels: ""}'), "5:34", "a label cannot be empty", id="an empty label"),
    pytest.param(
        release('{name: b, base: dev, head: x, forks: "true"}'),
        "5:42",
        "Write true without quotes",
        id="true in quotes",
    ),
    pytest.param(
        release("{name: b, base: dev, head: x, phases: []}"),
        "5:35",
        "not understood by this version",
        id="phases of a release",
    ),
]


def check(keys: str) -> str:
    return HEAD + f"checks:\n  - {{id: first, {PAGE}}}\n  - {{{keys}}}\n"


CHECKS = [
    pytest.param(
        check(f"id: first, {PAGE}"), "6:10", "the id `first` is already that of checks[0], on line 5", id="an id twice"
    ),
    pytest.param(check(f"id: Unit Tests, {PAGE}"), "6:10", "Did you mean `unit-tests`?", id="an id in capitals"),
    pytest.param(
        check(f"id: -a, {PAGE}"),
        "6:10",
        "expected lower-case letters, digits and dashes",
        id="an id that begins with a dash",
    ),
    pytest.param(check(f"{PAGE}"), "6:5", "checks[1].id: this key is missing", id="no id"),
    pytest.param(check("id: b"), "6:5", "checks[1].uses: this key is missing", id="no kind"),
    pytest.param(
        check("id: b, uses: htpp, with: {}"),
        "6:19",
        "no kind of check called `htpp`. Did you mean `http`?",
        id="a kind mistyped",
    ),
    pytest.param(
        check("id: b, uses: junit, with: {}"), "6:19", "The kinds here are: attest, http", id="a kind unknown"
    ),
    pytest.param(
        check(f"id: b, severity: urgent, {PAGE}"),
        "6:23",
        'checks[1].severity: expected one of critical, high, medium, low, info, got "urgent"',
        id="a severity",
    ),
    pytest.param(
        check(f"id: b, weight: 2, {PAGE}"), "6:13", "`weight` is not understood by this version", id="a later key"
    ),
    pytest.param(
        check(f"id: b, sevrity: low, {PAGE}"), "6:13", "Did you mean `severity`?", id="a key of a check mistyped"
    ),
    pytest.param(
        check(f"id: b, timeout: 30, {PAGE}"),
        "6:22",
        "a duration needs a unit, got `30`. Write 30s for seconds",
        id="no unit",
    ),
    pytest.param(
        check(f"id: b, timeout: 500ms, {PAGE}"),
        "6:22",
        "expected a duration in days, hours, minutes",
        id="milliseconds",
    ),
    pytest.param(check(f"id: b, every: 0s, {PAGE}"), "6:20", "the duration is zero", id="zero"),
    pytest.param(check(f"id: b, every: 99999d, {PAGE}"), "6:20", "longer than 3650 days", id="three centuries"),
    pytest.param(check(f"id: b, fresh: P1M, {PAGE}"), "6:20", "expected a duration", id="a month"),
    pytest.param(
        check(f"id: b, fresh: [1h], {PAGE}"),
        "6:20",
        "expected a duration. Write for example 30s",
        id="a list as duration",
    ),
    pytest.param(check(f"id: b, fresh: , {PAGE}"), "6:20", "this key has no value", id="a duration left empty"),
    pytest.param(
        check(f"id: b, needs: [frist], {PAGE}"),
        "6:21",
        "there is no check `frist`. Did you mean `first`?",
        id="a need that leads nowhere",
    ),
    pytest.param(
        check(f"id: b, needs: first, {PAGE}"), "6:20", "Write it as a list: [first]", id="a need that is no list"
    ),
    pytest.param(
        check(f"id: b, needs: [first, b], {PAGE}"),
        "6:28",
        "these checks wait for each other: b → b",
        id="a check that needs itself",
    ),
    pytest.param(
        check(f"id: b, needs: [c], {PAGE}}}\n  - {{id: c, needs: [first, b], {PAGE}"),
        "6:21",
        "wait for each other: b → c → b",
        id="a circle of two",
    ),
]


def options(keys: str, uses: str = "http") -> str:
    return HEAD + f"vars: {{prom: p.example.com}}\nchecks:\n  - id: a\n    uses: {uses}\n    with: {keys}\n"


OPTIONS = [
    pytest.param(
        options('{url: "https://x"}'), "8:5", "checks[0].with: this check asserts nothing", id="asserts nothing"
    ),
    pytest.param(
        options("{}").replace("    with: {}\n", ""), "7:11", "checks[0].with.url: this key is missing", id="no options"
    ),
    pytest.param(options("{status: 200}"), "8:5", "checks[0].with.url: this key is missing", id="an option missing"),
    pytest.param(options("[a]"), "8:11", "expected keys and values, got a list of 1", id="options that are a list"),
    pytest.param(
        options('{url: "ftp://x", status: 200}'),
        "8:17",
        "checks[0].with.url: expected text like ^https?://",
        id="a pattern",
    ),
    pytest.param(
        options('{url: "https://x", status: [200, a]}'),
        "8:44",
        'status[1]: expected a whole number, got "a"',
        id="inside a list",
    ),
    pytest.param(
        options('{url: "https://x", status: ok}'),
        "8:38",
        'expected a whole number or a list, got "ok"',
        id="no branch of a union",
    ),
    pytest.param(
        options('{url: "https://x", status: "200"}'), "8:38", "Write 200 without quotes", id="a number in quotes"
    ),
    pytest.param(
        options('{url: "https://x", statsu: 200, status: 200}'),
        "8:30",
        "unknown key `statsu`. Did you mean `status`?",
        id="an option mistyped",
    ),
    pytest.param(options('{url: "https://x", json: {a: on}}'), "8:40", "YAML reads `on` as true", id="on as a value"),
    pytest.param(
        options('{url: "https://x", json: {a.b: 010}}'),
        "8:42",
        'with.json["a.b"]: YAML reads `010` as a number of an unusual kind',
        id="an octal number",
    ),
    pytest.param(options('{url: "https://x", json: {a: .inf}}'), "8:40", "a number of an unusual kind", id="infinity"),
    pytest.param(
        options('{url: "https://x", json: {a: 1, a: 2}}'), "8:43", "the key `a` is here twice", id="an option twice"
    ),
    pytest.param(
        options('{url: "${tarqet}/x", status: 200}'),
        "8:17",
        "there is no `${tarqet}`; the names are: ${environment}, ${prom}, ${release}, ${target}. Did you mean `target`?",
        id="a name mistyped",
    ),
    pytest.param(options('{url: "https://x/${}", status: 200}'), "8:17", "there is no `${}`", id="an empty name"),
    pytest.param(
        options('{url: "https://${HOME}", status: 200}'),
        "8:17",
        "there is no `${HOME}`",
        id="a variable of the machine",
    ),
    pytest.param(
        options('{url: "https://x", json: {a: ["${b}"]}}'),
        "8:41",
        "with.json.a[0]: there is no `${b}`",
        id="a name deep inside",
    ),
    pytest.param(
        options('{url: "${target}/x", status: 200}').replace(', target: "https://shop.example.com"', ""),
        "8:17",
        "releases[0] has no target. Add `target`",
        id="no target",
    ),
    pytest.param(
        options("{role: qa, statement: x, max_age: 3}", "attest"),
        "8:45",
        "with.max_age: a duration needs a unit",
        id="a kind's own duration",
    ),
]


def role(keys: str) -> str:
    return HEAD + f"signoffs:\n  - group: technical\n    roles:\n      - {keys}\n"


PEOPLE = [
    pytest.param(role("{role: qa}"), "7:9", "from: this key is missing. Add `from`: who may fill it", id="nobody"),
    pytest.param(
        role("{role: qa, from: []}"), "7:26", "expected at least 1 entry, got a list of 0", id="an empty list"
    ),
    pytest.param(role("{role: qa, from: acme/qa}"), "7:26", "Write it as a list: [acme/qa]", id="no list"),
    pytest.param(role("{role: qa, from: [mona]}"), "7:27", 'Did you mean "@mona"?', id="a login without @"),
    pytest.param(role('{role: qa, from: ["@acme/qa"]}'), "7:27", "Did you mean `acme/qa`?", id="a team with @"),
    pytest.param(
        role('{role: qa, from: ["mona@example.com"]}'),
        "7:27",
        "expected @login, org/team, org:name or permission:write",
        id="an address",
    ),
    pytest.param(role('{role: qa, from: ["@mona", "@TODO"]}'), "7:36", '"@TODO" is a placeholder', id="a placeholder"),
    pytest.param(role('{role: qa, from: ["@mona", "@Mona"]}'), "7:36", "`@mona` is here twice", id="a person twice"),
    pytest.param(
        role('{role: qa, from: ["@mona"], count: 2}'),
        "7:44",
        "2 people must sign, but only 1 can",
        id="more than there are",
    ),
    pytest.param(
        role('{role: qa, from: ["@mona"], count: 0}'), "7:44", "a role of 0 people does nothing", id="count 0"
    ),
    pytest.param(
        role('{role: qa, from: ["@mona"], count: true}'), "7:44", "expected a whole number, got true", id="count true"
    ),
    pytest.param(
        role('{role: qa, from: ["@mona"], count: 1.5}'),
        "7:44",
        "expected a whole number, got 1.5",
        id="count and a half",
    ),
    pytest.param(role("{role: QA, from: [acme/qa]}"), "7:16", "Did you mean `qa`?", id="a role in capitals"),
    pytest.param(
        role("{role: qa, from: [acme/qa]}\n      - {role: qa, from: [acme/b]}"),
        "8:16",
        "the role `qa` is already that of signoffs[0].roles[0], on line 7",
        id="a role twice",
    ),
    pytest.param(
        role("{role: qa, from: [acme/qa]}\n  - roles: [{role: qa, from: [a/b]}]"),
        "8:20",
        "already that of signoffs[0].roles[0]",
        id="a role in two groups",
    ),
    pytest.param(
        HEAD + "signoffs: [{group: a, roles: []}]\n", "4:30", "expected at least 1 entry", id="a group without roles"
    ),
]


@pytest.mark.parametrize(("text", "place", "fragment"), WHOLE_FILE + SECTIONS + RELEASES + CHECKS + OPTIONS + PEOPLE)
def test_a_mistake_is_told_once_at_its_place_with_its_mend(text: str | bytes, place: str, fragment: str) -> None:
    found = mistakes_of(text)
    told = "\n".join(map(str, found))
    assert [f"{one.line}:{one.column}" for one in found] == [place], f"look at what load() says:\n{told}"
    assert fragment in told


def test_a_mistake_reads_like_a_compilers() -> None:
    (one,) = mistakes_of(check(f"id: b, severity: hgih, {PAGE}"))
    assert str(one) == (
        ".github/golive.yml:6:23: checks[1].severity: expected one of critical, high, medium, low, info, "
        'got "hgih". Did you mean `high`?'
    )
    with pytest.raises(FrozenInstanceError):
        one.line = 3  # type: ignore[misc]


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    text = """\
version: 1
projet: Shop
releases:
  - {name: a, base: main}
checks:
  - {id: a, uses: http, with: {url: "${x}", status: "1", extra: 1}, needs: [b]}
  - {id: a, uses: nope, timeout: 5}
signoffs:
  - roles: [{role: qa, from: ["@user1"], count: 0}]
"""
    with pytest.raises(PolicyMistakes) as refused:
        load(text, KINDS, "golive.yml")
    assert isinstance(refused.value, Said)
    assert [f"{one.line}:{one.column} {one.at}" for one in refused.value.mistakes] == [
        "1:1 project", "2:1 projet", "4:5 releases[0]", "6:37 checks[0].with.url", "6:53 checks[0].with.status",
        "6:58 checks[0].with.extra", "6:77 checks[0].needs[0]", "7:10 checks[1].id", "7:19 checks[1].uses",
        "7:34 checks[1].timeout", "9:31 signoffs[0].roles[0].from[0]", "9:49 signoffs[0].roles[0].count",
    ]  # fmt: skip
    assert str(refused.value).splitlines() == [str(one) for one in refused.value.mistakes]
    assert all(one.path == "golive.yml" for one in refused.value.mistakes)


def test_a_mistake_in_a_text_over_lines_says_where_it_ends() -> None:
    (one,) = mistakes_of(HEAD + "others: |\n  pass\n  or not\nnotify: {}\n")
    assert (one.line, one.end_line) == (4, 6)


def test_columns_count_characters_as_editors_do() -> None:
    (one,) = mistakes_of(HEAD + 'vars: {a: "äöü 🚀", b: 5}\n')
    assert (one.line, one.column) == (4, 23)
    (one,) = mistakes_of(("\ufeff" + HEAD + "othres: pass\r\n").encode())
    assert (one.line, one.column) == (4, 1)


def test_a_mistake_that_every_release_shares_is_told_once() -> None:
    text = options('{url: "${target}:${port}", status: 200}').replace(
        "}]", '}, {name: b, base: dev, head: x, target: "https://b"}]', 1
    )
    assert [one.at for one in mistakes_of(text)] == ["checks[0].with.url"]


def test_a_target_that_only_one_release_lacks_is_told() -> None:
    text = options('{url: "${target}/x", status: 200}').replace("}]", "}, {name: b, base: dev, head: x}]", 1)
    assert ["releases[1] has no target" in one.what for one in mistakes_of(text)] == [True]


@pytest.mark.parametrize(
    "placeholder",
    [
        "@TODO",
        "@someone",
        "@your-login",
        "your-org/team",
        "@example",
        "TBD",
        "@user1",
        "@user",
        "<your-login>",
        "@example-user",
        "org/team",
        "acme/your-team",
        "@username",
        "example-org/security",
        "@fixme",
        "???",
        "my-org/qa",
        "@changeme",
        "@yourname",
    ],
)
def test_a_placeholder_is_no_person(placeholder: str) -> None:
    (one,) = mistakes_of(role(f'{{role: qa, from: ["{placeholder}"]}}'))
    assert "is a placeholder. Name a real person" in str(one)


@pytest.mark.parametrize(
    "name",
    [
        "@mona",
        "@yourik",
        "@Exa",
        "@mona_acme",
        "acme/security",
        "acme/platform-team",
        "acme-inc/qa.core",
        "@todor",
        "@o-o",
        "@me2",
    ],
)
def test_a_real_name_is_taken(name: str) -> None:
    assert people.source(name) == name
    assert loaded(role(f'{{role: qa, from: ["{name}"]}}')).roles == (RoleRule("qa", (name,), 1, "technical"),)


# ------------------------------------------------------------------ what loads

SAMPLE = """\
version: 1
project: Halcytone Content Generator
releases:
  - name: production
    base: main
    head: ["release/**", "hotfix/**"]
    labels: [release]                       # head OR label
    target: https://content.example.com
notify: {slack: "#content-releases"}
vars: {prometheus: https://prom.example.com}
checks:
  - id: services-healthy
    name: All services pass health checks
    category: infrastructure
    severity: critical
    uses: http
    with: {url: "${target}/health", status: 200, json: {status: ok}}
    impact: Cannot validate system operational status
    action: Start application services
    owner: platform
  - id: dr-drill
    uses: attest
    needs: [services-healthy]
    with: {role: operations, statement: Disaster recovery was drilled, evidence: url, max_age: 90d}
signoffs:
  - group: technical
    roles:
      - {role: infrastructure, from: [acme/infra], count: 1}
      - {role: security, from: [acme/security], veto: true, checks: [services-healthy], due: full}
  - group: business
    after: [technical]
    roles: [{role: product-owner, from: ["@mona"]}]
rules: {exclude: [author, last_pusher], on_push: keep_if_clean_update, valid_for: 48h, distinct_people: true,
        remind: {after: 4h, every: 24h, hours: "Mon-Fri 09:00-17:00 Europe/Berlin",
                 escalate: {after: 24h, to: [acme/eng-managers]}}}
decision: {block_on: [critical, high]}
freezes:
  - {name: Year end, from: 2026-12-20T00:00, to: 2027-01-02T00:00, timezone: Europe/Berlin, except: [production]}
  - {name: No Friday evenings, weekly: "Fri 15:00-Mon 08:00", timezone: Europe/Berlin}
promotion:
  merge: {method: squash, when: go}
  phases: [{name: dark}, {name: canary}, {name: full}]
"""


@pytest.mark.parametrize("kinds", [KINDS, REAL_KINDS], ids=["own kinds", "built-in kinds"])
def test_the_designs_sample_loads(kinds: dict[str, type[Kind]]) -> None:
    policy = load(SAMPLE, kinds)
    (production,) = policy.releases
    healthy, drill = production.checks
    assert policy.project == "Halcytone Content Generator"
    assert (production.base, production.head, production.labels) == ("main", ("release/**", "hotfix/**"), ("release",))
    assert '"https://content.example.com/health"' in healthy.options.canonical()
    assert (healthy.severity, healthy.timeout) == (Severity.CRITICAL, timedelta(seconds=30))
    assert (drill.severity, drill.needs, drill.title) == (Severity.HIGH, ("services-healthy",), "dr-drill")
    assert [(one.name, one.group) for one in policy.roles] == [
        ("infrastructure", "technical"), ("security", "technical"), ("product-owner", "business"),
    ]  # fmt: skip
    assert (policy.phases, policy.roles[2].after) == (("dark", "canary", "full"), ("technical",))
    assert [one.name for one in policy.freezes] == ["Year end", "No Friday evenings"]
    assert (policy.merge, policy.notify.slack, policy.others_block) == (MergeRule("squash"), "#content-releases", False)


def test_the_starter_loads_with_the_built_in_kinds() -> None:
    policy = load(STARTER.read_bytes(), REAL_KINDS)
    assert [rule.uses for rule in policy.releases[0].checks] == ["github_check", "http", "attest"]
    assert policy.merge is None


def test_the_starters_comments_are_good_yaml_too() -> None:
    text = re.sub(r"(?m)^# (?=(?:rules|freezes|overrides|notify|promotion):| )", "", STARTER.read_text())
    policy = load(text, REAL_KINDS)
    assert (policy.notify.slack, policy.merge) == ("#releases", MergeRule("squash"))
    assert [one.exception and one.exception.sources for one in policy.freezes] == [("acme/managers",)]
    assert (policy.rules.valid_for, policy.overrides) == (timedelta(hours=48), OverrideRule(("acme/managers",)))


def test_the_least_policy_has_the_defaults_of_the_core() -> None:
    policy = loaded(HEAD)
    assert policy == Policy("Shop", policy.releases)
    assert policy.releases[0].checks == ()


def test_names_are_filled_in_for_each_release_and_never_twice() -> None:
    text = """\
version: 1
project: Shop
vars: {a: "${b}", b: B}
releases:
  - {name: one, base: main, head: x, target: "https://one"}
  - {name: two, base: dev, labels: y, target: "https://two"}
checks:
  - {id: c, name: "${target}", uses: http, with: {url: "${target}/${release}/${a}", json: {"${b}": ["${b}", 1]}}}
"""
    one, two = (release.checks[0] for release in loaded(text).releases)
    assert isinstance(one.options, Page)
    assert isinstance(two.options, Page)
    assert (one.options.url, two.options.url) == ("https://one/one/${b}", "https://two/two/${b}")
    assert one.options.json_ == {"${b}": ["B", 1]}
    assert one.name == "${target}"
    assert one.digest() != two.digest()


def test_one_text_or_a_list_of_them_is_the_same() -> None:
    one = loaded(HEAD.replace('head: "release/**"', "head: x, labels: y"))
    assert one == loaded(HEAD.replace('head: "release/**"', "head: [x], labels: [y]"))


def test_two_releases_into_one_base_may_differ_in_labels_alone() -> None:
    text = "version: 1\nproject: Shop\nreleases: [{name: a, base: main, labels: x}, {name: b, base: main, labels: y}]\n"
    assert [rule.labels for rule in loaded(text).releases] == [("x",), ("y",)]


def test_enough_people_are_enough_and_a_team_is_never_counted() -> None:
    assert loaded(role('{role: qa, from: ["@mona", "@bo"], count: 2}')).roles[0].count == 2
    assert loaded(role('{role: qa, from: ["@mona", acme/qa], count: 9}')).roles[0].count == 9


def test_a_date_without_quotes_is_text() -> None:
    assert loaded(HEAD.replace("Shop", "2026-11-20")).project == "2026-11-20"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("10m", 600),
        ("2h", 7200),
        ("7d", 604800),
        ("1h30m", 5400),
        ("1d2h3m4s", 93784),
        ("90m", 5400),
        ("PT36H", 129600),
        ("P2D", 172800),
        ("P1DT12H", 129600),
        ("PT1M30S", 90),
    ],
)
def test_durations_as_people_write_them(text: str, seconds: int) -> None:
    assert durations.parse(text) == timedelta(seconds=seconds)
    assert loaded(check(f"id: b, every: {text}, {PAGE}")).releases[0].checks[1].every == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "s", "5", "1.5h", "-5m", "30m1h", "5 m", "5M", "P", "PT", "P1Y", "P1W", "PT5", "0m", "PT0S", "4000d", "1h\n"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        durations.parse(text)


# ------------------------------------------------------------------ the pieces


def test_both_yaml_parsers_see_the_same_tree() -> None:
    for text in (STARTER.read_text(), SAMPLE, 'a: "é🚀"\nb:\n- |\n  x\n- {c: 1.5, d: ~}\n'):
        trees = [tree.read(text, Report("x", text), loader) for loader in (yaml.SafeLoader, tree.LOADER)]
        assert trees[0] == trees[1]
        assert trees[0] is not None


@pytest.mark.parametrize(
    "text", ['a: "\\UFFFFFFFF"', "%YAML " + "9" * 5000 + ".1\n---\na: b", 'a: "\\uD800"', "a: b\n\tc"]
)
def test_the_slower_yaml_parser_is_no_way_around(text: str) -> None:
    report = Report("x", text)
    tree.read(text, report, yaml.SafeLoader)
    assert len(report.mistakes) == 1


def test_every_circle_is_found_without_recursion() -> None:
    chain = {str(number): [str(number + 1)] for number in range(50_000)}
    assert entries.cycles(chain) == []
    assert entries.cycles({"a": ["b", "c"], "b": ["a"], "c": ["d"], "d": ["e"], "e": ["c"], "f": ["f"]}) == [
        ["a", "b", "a"],
        ["c", "d", "e", "c"],
        ["f", "f"],
    ]


def test_a_kind_that_breaks_on_its_options_is_a_mistake_of_the_file() -> None:
    class Broken(Page):
        @model_validator(mode="before")
        @classmethod
        def _breaks(cls, data: Any) -> Any:
            raise KeyError("url")

    (one,) = mistakes_of(options("{}"), {"http": Broken})
    assert (one.line, one.column) == (8, 5)
    assert "these options were not understood" in one.what


def test_a_kind_that_is_no_model_is_the_operators_to_mend() -> None:
    class Bare:
        kind: ClassVar[str] = "http"

    with pytest.raises(Misconfigured, match="no pydantic model"):
        load(options("{}"), {"http": Bare})  # type: ignore[dict-item]


def test_the_tests_own_kinds_judge() -> None:
    page = Page.model_validate({"url": "https://x", "status": 200})
    assert (page.judge(200).outcome, page.judge(503).outcome) == (Outcome.PASSED, Outcome.FAILED)
    word = Word(role="qa", statement="x")
    assert word.judge(word.collect(Look(None, None, datetime.now(UTC)))).outcome is Outcome.PENDING  # type: ignore[arg-type]


# ------------------------------------------------------------------ the schema for editors


def _validator(kinds: dict[str, type[Kind]]) -> Draft202012Validator:
    schema = json_schema(kinds)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("text", [SAMPLE, HEAD, STARTER.read_text()], ids=["sample", "least", "starter"])
def test_editors_accept_what_loads(text: str) -> None:
    assert list(_validator(REAL_KINDS).iter_errors(yaml.safe_load(text))) == []


SHAPES = [
    row
    for row in SECTIONS + RELEASES + CHECKS + OPTIONS + PEOPLE
    if row.id
    in {
        "no version",
        "version 2",
        "version in quotes",
        "no releases",
        "an empty list of releases",
        "project is a number",
        "a key mistyped",
        "a later section",
        "others",
        "a channel without its #",
        "a number in vars",
        "a name in capitals",
        "a severity mistyped",
        "merge when",
        "a branch like a number",
        "a pattern as base",
        "no name",
        "an id in capitals",
        "no kind",
        "a kind mistyped",
        "a kind unknown",
        "no unit",
        "milliseconds",
        "a need that is no list",
        "no options",
        "an option missing",
        "a pattern",
        "inside a list",
        "an option mistyped",
        "a number in quotes",
        "nobody",
        "no list",
        "a login without @",
        "a team with @",
        "a group without roles",
        "merge left empty",
    }
]


@pytest.mark.parametrize(("text", "place", "fragment"), SHAPES)
def test_editors_refuse_wrong_shapes_too(text: str, place: str, fragment: str) -> None:
    errors = list(_validator(KINDS).iter_errors(yaml.safe_load(text)))
    assert errors, f"load() says “{fragment}” at {place}, but the schema lets it pass"


def test_the_schema_is_the_same_in_every_process() -> None:
    program = (
        "import json; from golive.checks.http import HttpCheck; from golive.policyfile import json_schema;"
        "print(json.dumps(json_schema({'http': HttpCheck})))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(tree.__file__).parents[2])},
            capture_output=True, check=True, text=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(runs) == 1
