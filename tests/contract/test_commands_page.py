"""The published page of the commands is that of this code, and what it shows is understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_page import page
from golive.core.command import VERBS, parse

PAGE = Path(__file__).parents[2] / "docs/reference/commands.md"


def test_the_published_page_is_that_of_this_code() -> None:
    made = "PYTHONPATH=bot python tests/command_page.py > docs/reference/commands.md"
    assert PAGE.read_text("utf-8") == page(), f"the verbs changed, so make the page anew: {made}"


@pytest.mark.parametrize("name", VERBS)
def test_every_example_and_every_other_word_on_it_is_read_as_its_verb(name: str) -> None:
    verb = VERBS[name]
    assert parse(verb.example).verb == name
    rest = verb.example.partition(" ")[2]
    for alias in verb.aliases:
        assert parse(f"{alias} {rest}").verb == name, f"`{alias}` is said to mean {name}, and is read as something else"
