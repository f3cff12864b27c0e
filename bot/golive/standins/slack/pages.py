"""Pages for people: channels, messages, buttons and boxes, as plain HTML without script."""

from __future__ import annotations

from golive.standins.slack.acting import Acting


class Pages(Acting):
    """The human side of the stand-in."""
