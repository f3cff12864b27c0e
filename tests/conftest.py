"""What every test has: quiet logs, and hypothesis profiles."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

structlog.configure(
    wrapper_class=structlog.make_filtering_bound_logger(
        logging.getLevelName(os.environ.get("GOLIVE_TEST_LOG", "critical").upper())
    ),
    processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback)],
)  # fmt: skip

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", parent=settings.get_profile("ci"), max_examples=2_000, derandomize=False)
settings.load_profile(os.environ.get("GOLIVE_TEST_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command that runs in this process sets up its own logs; the next test has the quiet ones again."""
    before = structlog.get_config()
    yield
    if structlog.get_config() != before:
        structlog.configure(**before)
