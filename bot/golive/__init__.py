"""golive takes releases live: readiness checks, sign-offs, one blocking check run, one Slack thread, evidence."""

__version__ = "0.1.0"
