"""Times as Slack's date tokens, so that each reader sees them in their own zone. What Slack cannot read stays as it is.

Source of the tokens: Slack's pages on formatting message text and of the date element. Texts come in escaped.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

SHOWN = "{date_short_pretty}, {time}"
AGO = "{ago}"
"""Such as `4 hours ago`; the reader's own Slack counts on, so no message is edited for it."""

_TIME = r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}) UTC"
_IN_TEXT = re.compile(rf"<[^<>]*>|`[^`\n]*`|{_TIME}")


def dated(text: str) -> str:
    """The text with every `2026-03-04 12:00 UTC` as a token; within links, tokens and code nothing is touched."""
    return _IN_TEXT.sub(lambda found: _token(found[1], SHOWN) if found[1] else found[0], text)


def ago(at: str) -> str:
    """How long ago that was; as it is where it is no such time."""
    found = re.fullmatch(_TIME, at)
    return _token(found[1], AGO) if found else at


def _token(time: str, shown: str) -> str:
    try:
        moment = datetime.strptime(time, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return f"{time} UTC"
    return f"<!date^{int(moment.timestamp())}^{shown}|{time} UTC>"
