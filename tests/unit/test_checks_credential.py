"""What the kind `credential` says of secrets, and that it never tells one. Add a case as a row."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.credential import CredentialCheck, entropy
from golive.core.model import Outcome
from machine import a_look, options, refusal, said, seen, values

GOOD = "q7Jw2mVx9LpZr4Tn"
URL = f"postgresql://shop:{GOOD}@db.example.com/shop?sslmode="
NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "given", "outcome", "says"),
    [
        (GOOD, {}, "passed", "KEY is as expected"),
        (None, {}, "failed", "KEY is not set"),
        ("", {}, "failed", "KEY is not set"),
        ("changeme", {}, "failed", "only stands in for a secret"),
        ("your-secret-key", {}, "failed", "only stands in"),
        ("password", {}, "failed", "only stands in"),
        ("z" * 40, {}, "failed", "only stands in"),
        ("Example", {}, "failed", "only stands in"),
        ("Halcytone", {"not_in": ["halcytone"]}, "failed", "only stands in"),
        (GOOD, {"min_length": 16}, "passed", ""),
        (GOOD, {"min_length": 32}, "failed", "KEY has 16 characters, not at least 32"),
        (GOOD, {"min_entropy": 60}, "passed", ""),
        ("qzqzzqqzqzqqzzqqz", {"min_entropy": 60}, "failed", "bits of entropy, not at least 60"),
        (f"sk_live_{GOOD}", {"prefix": "sk_live_"}, "passed", ""),
        (GOOD, {"prefix": ["sk_live_", "rk_live_"]}, "failed", "does not begin with sk_live_ or rk_live_"),
        (f"sk_test_{GOOD}", {"forbidden_prefixes": "sk_test_"}, "failed", "begins with sk_test_"),
        (URL + "require", {"url": {}}, "passed", ""),
        (URL + "prefer", {"url": {}}, "failed", "sslmode prefer, not at least require"),
        (URL + "require", {"url": {"sslmode": "verify-full"}}, "failed", "sslmode require, not at least verify-full"),
        (URL + "whatever", {"url": {}}, "failed", "sslmode disable"),
        (URL.partition("?")[0], {"url": {}}, "failed", "sslmode prefer"),
        (f"rediss://shop:{GOOD}@cache.example.com/0", {"url": {}}, "passed", ""),
        (URL.replace("shop:", "postgres:") + "require", {"url": {}}, "failed", "KEY logs in as postgres"),
        (URL.replace("shop:", "Root:") + "require", {"url": {}}, "failed", "KEY logs in as root"),
        (URL.replace(GOOD, "password") + "require", {"url": {}}, "failed", "only stands in"),
        (URL.replace(GOOD, "") + "require", {"url": {}}, "failed", "has no password in it"),
        (GOOD, {"url": {}}, "failed", "is no URL like"),
        ("https://[x", {"url": {}}, "failed", "is no URL"),
        (URL + "require", {"url": {}, "min_length": 17}, "failed", "has 16 characters"),
    ],
)
def test_a_secret_is_weighed_and_never_told(
    tmp_path: Path, value: str | None, given: dict[str, Any], outcome: str, says: str
) -> None:
    variables = {} if value is None else {"KEY": value}
    check = options(CredentialCheck, variable="KEY", **given)
    facts = check.collect(a_look(tmp_path, environment=variables))
    finding = check.judge(facts)
    assert (finding.outcome, says in finding.summary) == (outcome, True), said(finding)
    for part in (value, GOOD):
        assert not part or part not in said(finding) + repr(facts)


def test_a_secret_in_a_file_is_weighed_without_the_space_around_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"\n{GOOD}\n")
    finding = seen(options(CredentialCheck, file="key", min_length=16), a_look(tmp_path))
    assert (finding.outcome, values(finding)["length"]) == (Outcome.PASSED, 16)
    assert GOOD not in said(finding)
    missing = seen(options(CredentialCheck, file="none"), a_look(tmp_path))
    assert (missing.outcome, missing.summary) == (Outcome.FAILED, "none is not there, or empty")


@pytest.mark.parametrize(
    ("rotated", "outcome", "says"),
    [
        ("2026-01-01", "passed", ""),
        ("2025-11-01T00:00:00Z", "failed", "KEY was changed 123 d ago, not within 90d"),
        ("yesterday", "unknown", "KEY_AT is no ISO 8601 date"),
        (None, "unknown", "KEY_AT is not set"),
        ("2027-01-01", "unknown", "in the future"),
    ],
)
def test_a_secret_is_changed_now_and_then(tmp_path: Path, rotated: str | None, outcome: str, says: str) -> None:
    variables = {"KEY": GOOD, **({"KEY_AT": rotated} if rotated else {})}
    check = options(CredentialCheck, variable="KEY", rotated_within="90d", rotated_at="KEY_AT")
    finding = seen(check, a_look(tmp_path, environment=variables, now=NOW))
    assert (finding.outcome, says in finding.summary) == (outcome, True), said(finding)


def test_a_file_says_itself_when_it_was_changed(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(GOOD)
    at = (NOW - timedelta(days=91)).timestamp()
    os.utime(tmp_path / "key", (at, at))
    finding = seen(options(CredentialCheck, file="key", rotated_within="90d"), a_look(tmp_path, now=NOW))
    assert (finding.outcome, values(finding)["age"]) == (Outcome.FAILED, 91 * 86400)


@pytest.mark.parametrize(("value", "bits"), [("aaaa", 0), ("ab", 2), ("abcd", 8), ("aabb", 4)])
def test_entropy_is_that_of_the_characters_times_the_length(value: str, bits: float) -> None:
    assert entropy(value) == bits


def test_it_says_which_variables_it_judges() -> None:
    check = options(CredentialCheck, variable="KEY", rotated_within="90d", rotated_at="KEY_AT")
    assert check.reads_variables() == {"KEY", "KEY_AT"}
    assert options(CredentialCheck, file="key").reads_variables() == set()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "either the `variable` or the `file`"),
        ({"variable": "A", "file": "b"}, "either the `variable` or the `file`"),
        ({"variable": "A", "rotated_within": "90d"}, "needs `rotated_at`"),
        ({"variable": "A", "rotated_at": "B"}, "`rotated_within` must say"),
        ({"variable": "A", "min_length": 0}, "greater than or equal to 1"),
        ({"variable": "A", "prefix": []}, "asserts nothing"),
        ({"variable": "A", "url": {"sslmode": "on"}}, "'disable', 'allow'"),
        ({"variable": "A B"}, "pattern"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(CredentialCheck, given)
