"""What the kind `docs` finds in documents. Real files; add a flaw as a row."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.docs import DocsCheck
from golive.checks.placeholders import is_made_up, placeholders
from golive.core.model import Outcome, Strength
from machine import a_look, options, refusal, said, seen, values

RUNBOOK = """# Roll back

## 1. Symptoms

The shop answers slowly. Its queue grows.

## 2.1 Fix:

Run the script, then watch the queue.

```sh
grep TODO src   # TODO is fine in code
```
"""
SLO = """
slos:
  - name: availability
    objective: 99.9
    window: 30d
  - {name: latency, target: "95%", period: 7d}
"""
OPENSLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: checkout}
spec:
  timeWindow: [{duration: 28d, isRolling: true}]
  objectives: [{target: 0.999}]
---
kind: Service
metadata: {name: shop}
"""


def look_at(folder: Path, files: dict[str, str], **given: Any) -> Any:
    """The finding on these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return seen(options(DocsCheck, **given), a_look(folder))


@pytest.mark.parametrize(
    ("text", "given", "flaw"),
    [
        pytest.param(RUNBOOK, {}, "", id="there"),
        pytest.param("", {}, "it is empty", id="empty"),
        pytest.param("<!-- many words in here -->", {}, "it is empty", id="only a comment"),
        pytest.param(RUNBOOK, {"min_words": 20}, "", id="enough words"),
        pytest.param("one two three", {"min_words": 4}, "3 words, not at least 4", id="too few words"),
        pytest.param("one <!-- two --> three", {"min_words": 3}, "2 words, not", id="a comment is no word"),
        pytest.param(RUNBOOK, {"headings": ["symptoms", "Fix"]}, "", id="headings in any case, without numbers"),
        pytest.param(RUNBOOK, {"headings": "=~ (?i)^sym"}, "", id="a heading by expression"),
        pytest.param(RUNBOOK, {"headings": ["Owner"]}, "there is no heading “Owner”", id="no heading"),
        pytest.param("```\n# Owner\n```\nx", {"headings": ["Owner"]}, "no heading", id="a heading in code is none"),
        pytest.param(RUNBOOK, {"contains": "queue grows"}, "", id="text"),
        pytest.param(RUNBOOK, {"contains": "page us"}, "does not contain “page us”", id="no text"),
        pytest.param("Call TODO now", {}, "“TODO” was left to fill in", id="TODO"),
        pytest.param("Call TODO now", {"placeholders": "allow"}, "", id="TODO allowed"),
        pytest.param("my `TODO` list; the todo app", {}, "", id="todo as a word or as code"),
        pytest.param("Phone: [FILL IN]", {}, "“[FILL IN]”", id="fill in"),
        pytest.param("DBA: [Emergency Contact]", {}, "“[Emergency Contact]”", id="emergency contact"),
        pytest.param("Key: [your key here]", {}, "“[your key here]”", id="your key"),
        pytest.param("Owner: [Name], [name] optional", {}, "“[Name]”", id="a name"),
        pytest.param("Lorem ipsum dolor", {}, "“Lorem ipsum”", id="lorem"),
        pytest.param("p95 is TBD", {}, "“TBD”", id="TBD"),
        pytest.param("see [link](https://x.example) or [Name][1]", {}, "", id="Markdown links"),
        pytest.param("- [ ] ask Ana\n- [x] done", {}, "", id="a task list"),
    ],
)
def test_a_document_is_held_against_every_option(tmp_path: Path, text: str, given: dict[str, Any], flaw: str) -> None:
    finding = look_at(tmp_path, {"doc.md": text}, paths="doc.md", **given)
    assert finding.outcome is (Outcome.FAILED if flaw else Outcome.PASSED), said(finding)
    assert flaw in finding.summary
    assert finding.strength is Strength.DOCUMENT
    assert len(finding.details) == (1 if flaw else 0)


def test_a_flaw_says_where_it_is_and_a_warning_is_only_one(tmp_path: Path) -> None:
    finding = look_at(tmp_path, {"a.md": "fine\n\nOwner: TBD\n"}, paths="*.md", placeholders="warn")
    assert finding.outcome is Outcome.WARNING
    assert [(one.path, one.line, one.outcome) for one in finding.details] == [("a.md", 3, Outcome.WARNING)]
    assert "a.md:3: “TBD”" in finding.summary


def test_every_path_must_be_there_and_enough_in_all(tmp_path: Path) -> None:
    files = {"docs/a.md": "one two", "docs/b.md": "three", "docs/old.md": ""}
    finding = look_at(tmp_path, files, paths=["docs/*.md", "README.md"], exclude="old.md")
    assert finding.outcome is Outcome.FAILED
    assert "no file matches README.md" in finding.summary
    assert values(finding) == {"flaws": 1, "files": 2, "words": 1}
    finding = look_at(tmp_path, {}, paths="docs/*.md", exclude="old.md", min_files=3)
    assert "2 documents, not at least 3" in finding.summary


@pytest.mark.parametrize(("days", "outcome"), [(29, "passed"), (31, "failed")])
def test_an_old_document_fails(tmp_path: Path, days: int, outcome: str) -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    (tmp_path / "a.md").write_text("words")
    at = (now - timedelta(days=days)).timestamp()
    os.utime(tmp_path / "a.md", (at, at))
    finding = seen(options(DocsCheck, paths="a.md", max_age="30d"), a_look(tmp_path, now=now))
    assert finding.outcome == outcome
    assert ("changed 31 d ago, not within 30d" in finding.summary) is (outcome == "failed")
    assert values(finding)["age"] == days * 86400


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (SLO, ""),
        (OPENSLO, ""),
        ("window: 30d\nslis: {errors: {objective: 0.1%}, latency: 200ms}", ""),
        ("indicators:\n- {name: a, slo: {target: 99, window: month}}", ""),
        ("slos: [{name: a, objective: 99}]", "the indicator a has not a window like 30d"),
        ("slos: [{name: a, objective: TBD, window: 30d}]", "a has not an objective that is a number"),
        ("slos: [{name: a}]", "a has not an objective that is a number nor a window"),
        ("kind: SLO\nmetadata: {name: c}", "the indicator c has not an objective"),
        ("hello: 1", "names no indicator"),
        ("a: [", "is not YAML"),
    ],
)
def test_every_indicator_has_an_objective_and_a_window(tmp_path: Path, text: str, flaw: str) -> None:
    finding = look_at(tmp_path, {"slo.yml": text}, paths="slo.yml", sli=True, placeholders="allow")
    assert finding.outcome is (Outcome.FAILED if flaw else Outcome.PASSED), finding.summary
    assert flaw in finding.summary


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "paths: Field required"),
        ({"paths": []}, "at least 1"),
        ({"paths": ["a"], "headings": []}, "at least 1"),
        ({"paths": ["a"], "headings": ["=~ ("]}, "not a regular expression"),
        ({"paths": ["a"], "contains": []}, "asserts nothing"),
        ({"paths": ["a"], "min_words": 0}, "greater than or equal to 1"),
        ({"paths": ["a"], "max_age": 90}, "needs a unit"),
        ({"paths": ["a"], "placeholders": "no"}, "'refuse', 'warn' or 'allow'"),
        ({"paths": ["a"], "words": 1}, "not permitted"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(DocsCheck, given)


@pytest.mark.parametrize(
    ("value", "made_up"),
    [
        ("changeme", True), ("change-me", True), ("test", True), ("dev", True), ("password123", True), ("secret", True),
        ("your-secret-key-here", True), ("aaaaaaaaaaaaaaaa", True), ("abababababab", True), ("0123456789", True),
        ("abcdefgh", True), ("", True), ("sk_test_example", True), ("super-secret-jwt-key", True),
        ("q7Jw2mVx9LpZr4Tn", False), ("correct horse battery staple", False), ("3f9a1c0be77d4421", False),
        ("9" * 30 + "8", False), ("x" * 5000, True), ("1" * 49 + "a!", False),
    ],
)  # fmt: skip
def test_a_made_up_value_is_told_from_a_secret(value: str, made_up: bool) -> None:
    assert is_made_up(value) is made_up


def test_placeholders_are_found_in_time_that_grows_with_the_text() -> None:
    lines = [(1, "[" * 20_000), (2, "TODO" * 5_000), (3, "[your " * 2_000), (4, "<insert " * 2_000)]
    assert not list(placeholders(lines))
