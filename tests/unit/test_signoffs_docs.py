"""The page about signing off: every policy on it loads, every command on it is read, and what it promises is there.

Add a part to `docs/signoffs.md` with a small policy in a `yaml` block; it is loaded beside the least policy below.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders import a_word
from golive.checks.registry import installed
from golive.core import conditions, delegation, freezes, overrides, waivers
from golive.core.command import VERBS, parse
from golive.core.model import Word
from golive.core.rules import OverrideRule
from golive.policyfile import load

PAGE = (Path(__file__).parents[2] / "docs" / "signoffs.md").read_text("utf-8")
PARTS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
HEAD = {
    "version": 1,
    "project": "Shop",
    "releases": [{"name": "production", "base": "main", "head": "release/**", "target": "https://shop.example.com"}],
    "signoffs": [{"group": "all", "roles": [{"role": "qa", "from": ["acme/qa"]}]}],
}
POLICIES = [
    pytest.param(block, id=part)
    for part, text in PARTS.items()
    for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
]
SHOWN = sorted({hit.strip() for hit in re.findall(r"(?:`|^)/golive ([^`\n]+)", PAGE, re.MULTILINE) if "…" not in hit})
"""Every command on the page, without its `/golive`."""

READS: dict[str, Callable[[Word], Any]] = {
    "condition": lambda word: conditions.closing(word.text) or conditions.asked_by(word),
    "approve": conditions.asked_by,
    "freeze": freezes.read,
    "waive": waivers.read,
    "override": lambda word: overrides.read(word, OverrideRule(("@ana",), longest=timedelta(minutes=45))),
    "delegate": lambda word: delegation.read(word, frozenset({"qa"})),
}
"""Verbs whose words are read closer, and by what; each raises where it does not understand."""


@pytest.mark.parametrize("block", POLICIES)
def test_every_policy_on_the_page_loads(block: str) -> None:
    policy = load(yaml.safe_dump(HEAD | yaml.safe_load(block), sort_keys=False), installed())
    assert policy.releases, f"mend the example in docs/signoffs.md:\n{block}"


@pytest.mark.parametrize(
    "part",
    [
        "Who may sign", "Roles that are asked only sometimes", "What a push does", "In order", "For how long",
        "With conditions", "Freezes", "Overrides", "Handing over your seat", "Going live on a word", "Reminders",
    ],
)  # fmt: skip
def test_every_part_that_a_policy_decides_shows_one(part: str) -> None:
    assert "```yaml" in PARTS[part], f"“{part}” in docs/signoffs.md lacks its example of a policy"


@pytest.mark.parametrize("shown", SHOWN)
def test_every_command_on_the_page_is_read(shown: str) -> None:
    command = parse(re.sub(r"\s*\[[^\]]*\]", "", shown))
    word = a_word(command.verb, text=command.text, at=datetime(2026, 12, 1, 12, tzinfo=UTC))
    if command.verb in READS and command.text:
        READS[command.verb](word)


def test_every_verb_that_a_signer_needs_is_on_the_page() -> None:
    elsewhere = {"link", "unlink", "connect", "disconnect", "help", "check", "attest"}
    lacking = [name for name in VERBS if name not in elsewhere and f"/golive {name}" not in PAGE]
    assert not lacking, f"docs/signoffs.md does not say what these do: {', '.join(lacking)}"
