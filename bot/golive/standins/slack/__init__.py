"""A stateful local Slack over HTTP: the real slack_sdk and slack-bolt talk to it. Start reading at `standin.py`."""

from __future__ import annotations

from golive.standins.slack.standin import Slack

__all__ = ["Slack"]
