"""One attempt at a check: collect within the timeout, judge, appraise. Used by the service and by a command line alike."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from golive.core.appraise import appraise
from golive.core.model import Finding, Outcome
from golive.core.policy import CheckRule
from golive.ports import Kind, Look, Unreachable

log = logging.getLogger(__name__)

TRY_AGAIN = frozenset({Outcome.FAILED, Outcome.WARNING, Outcome.UNKNOWN})
"""Outcomes after which a check that may try more than once is tried again."""

Collect = Callable[[CheckRule, Callable[[], Any]], Any]
"""Runs a collect and gives what it returns or raises; one may enforce the timeout, another leaves that to its caller."""


def examine(rule: CheckRule, look: Look, wait: Callable[[float], object] = time.sleep) -> Finding:
    """Collect, judge and appraise, as often as the check may try. Whatever goes wrong is `unknown`, and says what."""
    began = time.monotonic()
    attempt = 1
    while True:
        finding = appraise(rule, look_once(rule, look, within_timeout), {})
        if finding.outcome in TRY_AGAIN and attempt < rule.attempts:
            attempt += 1
            wait(rule.retry_delay.total_seconds())
            continue
        return replace(finding, seconds=time.monotonic() - began, attempts=attempt)


def look_once(rule: CheckRule, look: Look, collect: Collect) -> Finding:
    """One attempt: the kind's own finding, or `unknown` with what went wrong."""
    kind = cast(Kind, rule.options)
    facts = collect(rule, lambda: kind.collect(look))
    if isinstance(facts, Unreachable):
        return Finding(rule.id, Outcome.UNKNOWN, str(facts))
    if isinstance(facts, GaveNoAnswer):
        return no_answer(rule)
    if isinstance(facts, BaseException):
        log.error("check %s (%s) broke", rule.id, rule.uses, exc_info=facts)
        return Finding(rule.id, Outcome.UNKNOWN, f"could not be taken: {type(facts).__name__}")
    try:
        return replace(kind.judge(facts), check=rule.id)
    except Exception as error:
        log.exception("check %s (%s) could not be judged", rule.id, rule.uses)
        return Finding(rule.id, Outcome.UNKNOWN, f"could not be judged: {type(error).__name__}")


def no_answer(rule: CheckRule) -> Finding:
    """The finding of a check that did not come back in time."""
    return Finding(rule.id, Outcome.UNKNOWN, f"gave no answer within {rule.timeout.total_seconds():g} s")


class GaveNoAnswer:
    """The deadline passed."""


def within_timeout(rule: CheckRule, collect: Callable[[], Any]) -> Any:
    """What `collect` returns or raises, or GaveNoAnswer at the timeout even when a library hangs: its thread is left."""
    answer: list[Any] = []
    thread = threading.Thread(target=lambda: answer.append(caught(collect)), name="check", daemon=True)
    thread.start()
    thread.join(rule.timeout.total_seconds())
    return answer[0] if answer else GaveNoAnswer()


def caught(collect: Callable[[], Any]) -> Any:
    """What it returns or raises."""
    try:
        return collect()
    except BaseException as error:
        return error
