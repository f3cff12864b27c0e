"""Run checks beside a release's turn. One run per (check, revision, attempt); a result is appended and touches the release."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import structlog

from golive import __version__
from golive.core import ledger
from golive.core.effect import RunCheck
from golive.core.model import CheckResult, Finding, Outcome, Subject
from golive.core.policy import CheckRule
from golive.core.snapshot import Snapshot
from golive.engine.attempt import examine
from golive.ports import Attestation, Clock, Executor, Forge, Look, OtherCheck, Store

log = structlog.get_logger()


Looks = Callable[[str], Look]
"""Repository → every way its checks may look at the world."""

Mask = Callable[[Finding], Finding]
"""A finding without its secrets."""


class _LookForge:
    """This repository, this commit, read-only: all of the forge that a check may see."""

    def __init__(self, forge: Forge, repository: int, head_sha: str, alone: bool) -> None:
        self._forge, self._repository, self._head_sha, self._alone = forge, repository, head_sha, alone

    def check_runs(self, name: str) -> list[OtherCheck]:
        """See `ports.LookForge`."""
        return list(self._forge.repo(self._repository).check_runs(self._head_sha, name, self._alone))


class Examiner:
    """Starts checks and records what they find. `recheck`: how soon a check that could not tell is taken again.

    look: how checks of a repository look at the world.   mask: takes secrets out of a finding before it is kept.
    """

    def __init__(
        self, store: Store, forge: Forge, look: Looks, executor: Executor, clock: Clock, recheck: timedelta, mask: Mask
    ) -> None:
        self._store = store
        self._forge = forge
        self._look = look
        self._mask = mask
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
        look = replace(
            self._look(snapshot.pull.repository),
            forge=_LookForge(self._forge, subject.repository, effect.head_sha, _asks_alone(snapshot)),
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
        finding = self._mask(
            replace(finding, check=effect.rule.id, taken_at=taken_at, golive=__version__, commit=effect.head_sha)
        )
        result = CheckResult(finding, effect.head_sha, effect.digest, effect.attempt, seen)
        with self._store.transaction() as tx:
            tx.append(subject, [ledger.found(result, taken_at)])
            tx.touch(subject.key)
        log.info(
            "check", release=subject.key, check=effect.rule.id, head=effect.head_sha, attempt=effect.attempt,
            outcome=finding.outcome.value, took_ms=round((taken_at - look.now).total_seconds() * 1000),
        )  # fmt: skip


def _asks_alone(snapshot: Snapshot) -> bool:
    """Whether no more than one of the release's checks looks at other apps' check runs."""
    rules = snapshot.rule.checks if snapshot.rule else ()
    return sum("check_run" in rule.options.stirred_by for rule in rules) <= 1


def attestations(snapshot: Snapshot, rule: CheckRule) -> tuple[Attestation, ...]:
    """What people stated about this check, with whether they may, now."""
    if not rule.options.reads_attestations:
        return ()
    wanted = getattr(rule.options, "role", "")
    entitled = {p.id for role in snapshot.roles if role.name == wanted for p in role.people}
    return tuple(
        Attestation(w.person, w.at, w.text.partition(" ")[2], w.link, w.person.id in entitled)
        for w in snapshot.standing.words
        if w.verb == "attest"
        and w.text.split()[:1] == [rule.id]
        and snapshot.standing.taken(w)
        and w.key not in snapshot.absent
    )
