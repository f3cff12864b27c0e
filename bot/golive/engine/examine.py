"""Run checks beside a release's turn. One run per (check, revision, attempt); a result is appended and touches the release."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import structlog

from golive.core import ledger
from golive.core.decide import Snapshot
from golive.core.effect import RunCheck
from golive.core.model import CheckResult, Finding, Outcome, Subject
from golive.core.policy import CheckRule
from golive.ports import Attestation, Clock, Executor, Forge, Kind, Look, LookHttp, OtherCheck, Store, Unreachable

log = structlog.get_logger()


class _LookForge:
    """This repository, this commit, read-only: all of the forge that a check may see."""

    def __init__(self, forge: Forge, repository: int, head_sha: str) -> None:
        self._forge, self._repository, self._head_sha = forge, repository, head_sha

    def check_runs(self, name: str) -> list[OtherCheck]:
        """See `ports.LookForge`."""
        return list(self._forge.repo(self._repository).check_runs(self._head_sha, name))


class Examiner:
    """Starts checks and records what they find. `recheck`: how soon a check that could not tell is taken again."""

    def __init__(
        self, store: Store, forge: Forge, http: LookHttp, executor: Executor, clock: Clock, recheck: timedelta
    ) -> None:
        self._store = store
        self._forge = forge
        self._http = http
        self._executor = executor
        self._clock = clock
        self._recheck = recheck
        self._running: set[tuple[str, str, str, int]] = set()
        self._lock = threading.Lock()

    def start(self, snapshot: Snapshot, effect: RunCheck) -> None:
        """Start this attempt, unless it is already under way."""
        subject = snapshot.pull.subject
        key = (subject.key, effect.rule.id, effect.head_sha, effect.attempt)
        with self._lock:
            if key in self._running:
                return
            self._running.add(key)
        look = Look(
            http=self._http,
            forge=_LookForge(self._forge, subject.repository, effect.head_sha),
            now=self._clock(),
            timeout=effect.rule.timeout,
            attestations=attestations(snapshot, effect.rule),
        )

        def run() -> None:
            try:
                self._record(subject, effect, look, snapshot.standing.seq)
            finally:
                with self._lock:
                    self._running.discard(key)

        self._executor.submit(run)

    def _record(self, subject: Subject, effect: RunCheck, look: Look, seen: int) -> None:
        finding = examine(effect.rule, look)
        taken_at = self._clock()
        if finding.outcome is Outcome.UNKNOWN and finding.valid_until is None:
            finding = replace(finding, valid_until=taken_at + self._recheck)
        finding = replace(finding, check=effect.rule.id, taken_at=taken_at)
        result = CheckResult(finding, effect.head_sha, effect.digest, effect.attempt, seen)
        with self._store.transaction() as tx:
            tx.append(subject, [ledger.found(result, taken_at)])
            tx.touch(subject.key)
        log.info(
            "check", release=subject.key, check=effect.rule.id, head=effect.head_sha, attempt=effect.attempt,
            outcome=finding.outcome.value, took_ms=round((taken_at - look.now).total_seconds() * 1000),
        )  # fmt: skip


def examine(rule: CheckRule, look: Look) -> Finding:
    """Collect and judge within the check's timeout. Whatever goes wrong is `unknown`, and says what."""
    kind = cast(Kind, rule.options)
    facts = _within(rule.timeout, lambda: kind.collect(look))
    if isinstance(facts, Unreachable):
        return Finding(rule.id, Outcome.UNKNOWN, str(facts))
    if isinstance(facts, _GaveNoAnswer):
        return Finding(rule.id, Outcome.UNKNOWN, f"gave no answer within {rule.timeout.total_seconds():g} s")
    if isinstance(facts, BaseException):
        log.error("check broke", check=rule.id, kind=rule.uses, exc_info=facts)
        return Finding(rule.id, Outcome.UNKNOWN, f"could not be taken: {type(facts).__name__}")
    try:
        return kind.judge(facts)
    except Exception as error:
        log.exception("check could not be judged", check=rule.id, kind=rule.uses)
        return Finding(rule.id, Outcome.UNKNOWN, f"could not be judged: {type(error).__name__}")


class _GaveNoAnswer:
    """The deadline passed."""


def _within(timeout: timedelta, collect: Callable[[], Any]) -> Any:
    """What `collect` returns or raises, or _GaveNoAnswer at the deadline, even when a library hangs: its thread is left behind."""
    answer: list[Any] = []

    def run() -> None:
        try:
            answer.append(collect())
        except BaseException as error:
            answer.append(error)

    thread = threading.Thread(target=run, name="check", daemon=True)
    thread.start()
    thread.join(timeout.total_seconds())
    return answer[0] if answer else _GaveNoAnswer()


def attestations(snapshot: Snapshot, rule: CheckRule) -> tuple[Attestation, ...]:
    """What people stated about this check, with whether they may, now."""
    if not rule.options.reads_attestations:
        return ()
    wanted = getattr(rule.options, "role", "")
    entitled = {p.id for role in snapshot.roles if role.name == wanted for p in role.people}
    return tuple(
        Attestation(w.person, w.at, w.text.partition(" ")[2], w.link, w.person.id in entitled)
        for w in snapshot.standing.words
        if w.verb == "attest" and w.text.split()[:1] == [rule.id] and snapshot.standing.taken(w)
    )
