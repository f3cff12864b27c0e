"""What the kind `contacts` makes of lists of people. Add a case as a row."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.contactlists import contacts
from golive.checks.contacts import ContactsCheck
from golive.core.model import Outcome, Strength
from machine import a_look, options, refusal, said, seen, values

TABLE = """# Who to call

| Role | Name | Phone | Slack |
|------|:----:|------:|-------|
| **Security** | Ana | +44 20 7946 0018 | @ana |
| Database | Ben | (212) 867-5309 | #dba |

| Metric | Value |
|---|---|
| p95 | 200 |
"""
LINES = """# Launch

- Owner: nobody in particular

## Emergency contacts

- **Security Lead**: [Emergency Contact]
- **Database**: Ben, ben@shop.dev
1. On-call: #incident-response

### Vendors

- Payments: https://status.pay.dev

## Notes

- Weather: fine
"""
YAML = """
contacts:
  - {role: Security, name: Ana, phone: "+442079460018"}
  - role: Database
    email: [ben@shop.dev]
"""


def look_at(folder: Path, text: str, name: str = "c.md", **given: Any) -> Any:
    """The finding on this list."""
    (folder / name).write_text(text)
    return seen(options(ContactsCheck, files=name, **given), a_look(folder))


@pytest.mark.parametrize(
    ("name", "text", "who"),
    [
        ("c.md", TABLE, ["Security", "Database"]),
        ("c.md", LINES, ["Security Lead", "Database", "On-call", "Payments"]),
        ("c.md", "- Security: Ana\n", ["Security"]),
        ("c.yml", YAML, ["Security", "Database"]),
        ("c.yml", "Security: {phone: 1}\nDatabase: '#dba'\n", ["Security", "Database"]),
        ("c.yml", "Security:\n- ana@shop.dev\n- ben@shop.dev\n", ["Security", "Security"]),
        ("c.md", "| a | b |\n|---|---|\n| 1 | 2 |\n", []),
        ("c.yml", "", []),
    ],
)
def test_contacts_are_found_in_tables_lines_and_yaml(name: str, text: str, who: list[str]) -> None:
    assert [one.who for one in contacts(name, text)] == who


@pytest.mark.parametrize(
    ("way", "ways"),
    [
        ("+44 20 7946 0018", {"phone"}),
        ("0049 30 901820", {"phone"}),
        ("(212) 867-5309", {"phone"}),
        ("ana@shop.dev", {"email"}),
        ("#incident-response", {"slack"}),
        ("@ana or ana@shop.dev", {"slack", "email"}),
        ("https://shop.pagerduty.com/x#frag", {"url"}),
        ("call Ana", set()),
        ("12345", set()),
        ("2026-03-04", set()),
        ("555-0123", set()),
        ("ana@example.com", set()),
        ("[Emergency Contact]", set()),
    ],
)
def test_a_way_to_reach_somebody_is_known_by_what_it_looks_like(way: str, ways: set[str]) -> None:
    (contact,) = contacts("c.md", f"- Security: {way}\n")
    assert contact.ways() == ways


@pytest.mark.parametrize(
    ("text", "given", "outcome", "says"),
    [
        (TABLE, {}, "passed", "2 of 2 contacts can be reached"),
        (TABLE, {"min": 3}, "failed", "2 contacts, not at least 3"),
        (TABLE, {"roles": ["security", "On-call"]}, "failed", "nobody is listed for On-call"),
        (TABLE, {"min_ways": 2}, "passed", ""),
        (TABLE, {"ways": ["email"]}, "failed", "Security has no email"),
        (TABLE, {"min_ways": 3}, "failed", "Security has only phone and slack of phone, email, slack, url, not 3"),
        (LINES, {}, "failed", "c.md:7: Security Lead is still “[Emergency Contact]”"),
        (LINES, {"roles": ["Security", "Payments"], "min": 4}, "failed", "“[Emergency Contact]”"),
        ("- DBA: [FILL IN]\n", {}, "failed", "DBA is still “[FILL IN]”"),
        ("- DBA: TBD\n", {}, "failed", "DBA is still “TBD”"),
        ("- DBA:\n", {}, "failed", "DBA is left empty"),
        ("- DBA: Ana\n", {}, "failed", "DBA has no phone, email, slack, url"),
        ("- DBA: dba@example.com\n", {}, "failed", "which reaches nobody"),
        ("nothing here\n", {}, "unknown", "no contact is found in it"),
    ],
)
def test_everybody_must_be_reachable(tmp_path: Path, text: str, given: dict[str, Any], outcome: str, says: str) -> None:
    finding = look_at(tmp_path, text, **given)
    assert (finding.outcome, says in finding.summary) == (outcome, True), said(finding)
    assert finding.strength is Strength.DOCUMENT


def test_a_list_of_placeholders_is_a_flaw_for_each(tmp_path: Path) -> None:
    text = "# Contacts\n" + "".join(f"- **Role {number}**: [Emergency Contact]\n" for number in range(9))
    finding = look_at(tmp_path, text)
    assert values(finding) == {"flaws": 9, "contacts": 9, "reachable": 0}
    assert [one.line for one in finding.details] == list(range(2, 11))


def test_no_file_and_no_yaml_are_unknown(tmp_path: Path) -> None:
    none = seen(options(ContactsCheck, files="none.md"), a_look(tmp_path))
    assert (none.outcome, none.summary) == (Outcome.UNKNOWN, "no file matches none.md")
    broken = look_at(tmp_path, "a: [", name="c.yml")
    assert (broken.outcome, "it is not YAML" in broken.summary) == (Outcome.UNKNOWN, True)


def test_an_old_list_fails(tmp_path: Path) -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    (tmp_path / "c.md").write_text(TABLE)
    at = (now - timedelta(days=181)).timestamp()
    os.utime(tmp_path / "c.md", (at, at))
    finding = seen(options(ContactsCheck, files="c.md", max_age="180d"), a_look(tmp_path, now=now))
    assert (finding.outcome, "changed 181 d ago" in finding.summary) == (Outcome.FAILED, True)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"files": []}, "at least 1"),
        ({"roles": []}, "asserts nothing"),
        ({"ways": []}, "at least 1"),
        ({"ways": ["pigeon"]}, "'phone', 'email'"),
        ({"ways": ["phone"], "min_ways": 2}, "only 1 of the ways count"),
        ({"min": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(ContactsCheck, {"files": "x", **given})
