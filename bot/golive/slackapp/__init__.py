"""Slack: signed requests in through Bolt, messages out through slack_sdk. The only importer of `slack_*`."""
