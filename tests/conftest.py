"""What every test has: quiet logs, hypothesis profiles, and nothing that is dear to import and seldom wanted."""

from __future__ import annotations

import gc
import importlib.util
import inspect
import logging
import os
import sys
from collections.abc import Iterator
from types import ModuleType

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


def late(name: str, function: str) -> None:
    """Have this module loaded when its function is called first, and not before."""

    def call(*given: object) -> object:
        if sys.modules.get(name) is stands_for:
            del sys.modules[name]
        return getattr(importlib.import_module(name), function)(*given)

    stands_for = ModuleType(name)
    setattr(stands_for, function, call)
    if importlib.util.find_spec(name) is not None:
        sys.modules.setdefault(name, stands_for)


# jsonschema's check of the format `iri` compiles a grammar for two seconds when it is imported, in every process of tests
late("rfc3987_syntax", "is_valid_syntax")

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", parent=settings.get_profile("ci"), max_examples=2_000, derandomize=False)
settings.load_profile(os.environ.get("GOLIVE_TEST_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, each begins with its part of the long ones; the short ones fill the ends.

    A module's stay together, for they share what is dear to build; but the shares of one test are dealt one by one.
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes < 2:
        return
    short = [item for item in items if item.get_closest_marker("slow") is None]
    dealt: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("slow") is not None:
            alone = isinstance(item, pytest.Function) and [*inspect.signature(item.function).parameters] == ["share"]
            dealt.setdefault(item.nodeid if alone else item.nodeid.partition("::")[0], []).append(item)
    hands: list[list[pytest.Item]] = [[] for _ in range(processes)]
    for hand in sorted(dealt.values(), key=len):
        min(hands, key=len).extend(hand)
    # xdist gives each process one piece of the list, all of the same length
    ends = [len(items) * (n + 1) // processes for n in range(processes)]
    ordered: list[pytest.Item] = []
    for hand, end in zip(hands, ends, strict=True):
        room = max(0, end - len(ordered) - len(hand))
        ordered += [*hand, *short[:room]]
        short = short[room:]
    items[:] = [*ordered, *short]


def pytest_collection_finish() -> None:
    """Ten thousand tests and all that they import stay to the end: nobody looks through them for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command that runs in this process sets up its own logs; the next test has the quiet ones again."""
    before = structlog.get_config()
    yield
    if structlog.get_config() != before:
        structlog.configure(**before)
