"""The page about the policy file: every key has its line, and every example on it is one that loads.

Add a key to its table in `docs/policy.md`; add a section as a table there and a row in `TABLES`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from golive.checks.registry import installed
from golive.policyfile import agreement, load, promotion, sections

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")
KINDS = installed()

HEAD = yaml.safe_load("""\
version: 1
project: Shop
releases:
  - {name: production, base: main, head: "release/**", target: "https://shop.example.com"}
  - {name: hotfix, base: main, head: "hotfix/**", target: "https://shop.example.com"}
checks: [{id: live, category: availability, uses: http, with: {url: "https://x.example.com", status: 200}}]
promotion: {phases: [{name: dark}, {name: full}]}
""")
LEGAL = "{group: legal, roles: [{role: counsel, from: [acme/legal]}]}"
ROLE = "role: r, from: [a/b]"
CHECK = 'id: c, uses: latency, with: {url: "https://x.example.com"}, pass: "<=100ms"'
WAIVER = 'check: live, reason: x, approver: "@cy", expires: 2026-12-30'
WEEKEND = 'name: a, timezone: UTC, weekly: "Sat 00:00-Sun 00:00"'

TABLES: list[tuple[str, Any, str, Callable[[Any], dict[str, Any]]]] = [
    ("The whole file", sections.PolicySection, "", lambda one: one),
    ("Releases", sections.ReleaseSection, "name: a, base: main, head: x", lambda one: {"releases": [one]}),
    ("Notify", sections.NotifySection, "", lambda one: {"notify": one}),
    ("Checks", sections.CheckSection, CHECK, lambda one: {"checks": [*HEAD["checks"], one]}),
    ("Waivers", sections.WaiverSection, WAIVER, lambda one: {"waivers": [one]}),
    (
        "Groups", agreement.GroupSection, f"group: g, roles: [{{{ROLE}}}]",
        lambda one: {"signoffs": [yaml.safe_load(LEGAL), one]},
    ),
    ("Roles", agreement.RoleSection, ROLE, lambda one: {"signoffs": [{"roles": [one]}]}),
    (
        "Conditions", agreement.IfSection, "",
        lambda one: {"signoffs": [{"roles": [{"role": "r", "from": ["a/b"], "on_skip": "pass", "if": one}]}]},
    ),
    ("Rules", agreement.RulesSection, "", lambda one: {"rules": one}),
    ("Remind", agreement.RemindSection, "", lambda one: {"rules": {"remind": one}}),
    (
        "Escalate", agreement.EscalateSection, "after: 24h, to: [a/b]",
        lambda one: {"rules": {"remind": {"escalate": one}}},
    ),
    ("Freezes", agreement.FreezeSection, WEEKEND, lambda one: {"freezes": [one]}),
    (
        "Exception", agreement.ExceptionSection, "from: [a/b]",
        lambda one: {"freezes": [yaml.safe_load(f"{{{WEEKEND}}}") | {"exception": one}]},
    ),
    ("Overrides", agreement.OverridesSection, "from: [a/b]", lambda one: {"overrides": one}),
    ("Decision", sections.DecisionSection, "", lambda one: {"decision": one}),
    ("Promotion", promotion.PromotionSection, "", lambda one: {"promotion": one}),
    (
        "Deploy", promotion.DeploySection, "environment: production",
        lambda one: {"promotion": {"merge": "none", "deploy": one}},
    ),
    ("Merge", promotion.MergeSection, "", lambda one: {"promotion": {"merge": one}}),
]  # fmt: skip
"""Heading, its section, the least such section, and where in a policy that belongs."""


def rows(heading: str) -> list[tuple[str, str]]:
    """(key, example) of the first table under a heading."""
    under = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = [line.strip("|").split("|") for line in under.splitlines() if line.startswith("| `")]
    return [(row[0].strip(" `"), row[-1].strip(" `")) for row in cells]


EXAMPLES = [
    pytest.param(least, example, wrap, id=f"{heading}: {key}")
    for heading, _, least, wrap in TABLES
    for key, example in rows(heading)
]


@pytest.mark.parametrize(("heading", "section"), [row[:2] for row in TABLES], ids=[row[0] for row in TABLES])
def test_every_key_has_its_line_on_the_page_and_no_other_has(heading: str, section: Any) -> None:
    keys = [field.alias or name for name, field in section.model_fields.items()]
    assert sorted(key for key, _ in rows(heading)) == sorted(keys), f"mend the table “{heading}” in docs/policy.md"
    for key, example in rows(heading):
        assert key in yaml.safe_load(f"{{{example}}}"), f"the example of `{key}` under “{heading}” does not show it"


@pytest.mark.parametrize(("least", "example", "wrap"), EXAMPLES)
def test_every_example_on_the_page_loads(least: str, example: str, wrap: Callable[[Any], dict[str, Any]]) -> None:
    shown = yaml.safe_load(f"{{{example}}}")
    whole = yaml.safe_load(f"{{{least}}}") | shown
    if "weekly" in whole and "from" in shown and "to" in shown:
        del whole["weekly"]
    policy = load(yaml.safe_dump(HEAD | wrap(whole), sort_keys=False), KINDS)
    assert policy.releases, f"mend the example in docs/policy.md: {example}"
