"""Only date tokens that Slack documents are sent: any other is shown to people as it stands, braces and all."""

from __future__ import annotations

import re

import pytest

from golive.render.dates import AGO, SHOWN

DOCUMENTED = frozenset((
    "day_divider_pretty", "date_num", "date_slash", "date_long", "date_long_full", "date_long_pretty", "date", "date_pretty",
    "date_short", "date_short_pretty", "time", "time_secs", "ago",
))  # fmt: skip
"""Source: Slack's page of the date element, and the type of it in Slack's own SDK for Node."""


@pytest.mark.parametrize("shown", [SHOWN, AGO])
def test_only_documented_date_tokens_are_sent(shown: str) -> None:
    tokens = re.findall(r"\{([^}]*)\}", shown)
    assert tokens
    assert set(tokens) <= DOCUMENTED
