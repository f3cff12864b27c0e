"""How well each repository is guarded; kept in the repository's own record.

Looked at when it becomes known, when its rules change, every night, and soon after the start where it never was.

A look is a work subject of its own, `harden:<host>/<repository id>`, and sets its next one itself. What it finds is
recorded only where it differs from what was found last, and then every open release there is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import structlog

from golive.core import ledger
from golive.core.errors import GoliveError, Gone
from golive.core.event import GuardsTurned
from golive.core.hardening import digest, weaknesses
from golive.core.model import Subject
from golive.core.policy import Policy
from golive.core.snapshot import Mistake
from golive.ports import HARDEN, Clock, Forge, ForgeRepo, Store, Transaction

log = structlog.get_logger()

AGAIN = timedelta(days=1)
SOON, SPREAD = timedelta(minutes=1), timedelta(minutes=10)
SETTLES = timedelta(seconds=10)
"""Whoever changes rules changes some in a row, and each is told by a delivery of its own."""
RULES_LAPSE = timedelta(minutes=1)
"""What is read of a branch's rules before a landing is remembered so long."""
RETRY = timedelta(minutes=15)
"""After the forge could not answer."""
THE_REPOSITORY = 0
"""The number of the subject that keeps what is about a whole repository; no pull request has it."""
Load = Callable[[str, str, str], Policy | tuple[Mistake, ...]]
"""Policy text, path and repository → the policy, or its mistakes."""


class Harden:
    """Looks at one repository. asked: the permissions that the App asks for, by name."""

    def __init__(self, store: Store, forge: Forge, load: Load, clock: Clock, asked: Mapping[str, str]) -> None:
        self._store = store
        self._forge = forge
        self._load = load
        self._clock = clock
        self._asked = asked

    def __call__(self, key: str) -> None:
        """One look. A repository that is out of reach is not looked at again until it is known anew."""
        host, _, number = key.removeprefix(HARDEN).rpartition("/")
        here = Subject(host, int(number), THE_REPOSITORY)
        try:
            self._look(here)
            again = AGAIN
        except Gone as gone:
            log.info("not hardened", subject=key, why=str(gone))
            return
        except GoliveError as later:
            log.warning("not hardened yet", subject=key, why=str(later))
            again = getattr(later, "after", None) or RETRY
        with self._store.transaction() as tx:
            tx.set_timer(key, self._clock() + again)

    def _look(self, here: Subject) -> None:
        repo = self._forge.repo(here.repository)
        branches = self._governed(repo, here)
        if not branches:
            return
        found = weaknesses(repo.guards(branches, self._asked))
        last = ledger.fold(self._store.entries(here))
        if last.hardened_at is not None and digest(last.hardening) == digest(found):
            return
        log.info("hardened", repository=here.repository, weak=[one.code for one in found])
        with self._store.transaction() as tx:
            tx.append(here, [ledger.hardened(found, self._clock(), last.seq)])
            tx.touch_open(here.host, here.repository)

    def _governed(self, repo: ForgeRepo, here: Subject) -> tuple[str, ...]:
        """The bases that releases go into: those of the default branch's policy, and of every open release."""
        source = repo.policy(repo.default_branch())
        bases = {release.base_ref for release in self._store.open_in(here.host, here.repository) if release.is_release}
        if source.text is not None:
            policy = self._load(source.text, source.path, repo.full_name)
            if isinstance(policy, Policy):
                bases |= {rule.base for rule in policy.releases}
        return tuple(sorted(bases))


def subject_of(host: str, repository: int) -> str:
    """The work subject of a repository's look."""
    return f"{HARDEN}{host}/{repository}"


def turned(tx: Transaction, event: GuardsTurned) -> None:
    """Look now at what changed, and have open releases look once what is remembered of a branch's rules has lapsed."""
    tx.touch(subject_of(event.host, event.repository), tx.now + SETTLES)
    tx.touch_open(event.host, event.repository, at=tx.now + RULES_LAPSE)


def first_look(tx: Transaction, host: str, repository: int) -> None:
    """Owe a look to a repository that became known."""
    tx.touch(subject_of(host, repository), tx.now + spread(repository))


def spread(repository: int) -> timedelta:
    """How long a first look waits: those of one big installation are spread over some minutes."""
    return SOON + timedelta(seconds=repository % SPREAD.total_seconds())


def never_looked(host: str, repositories: Iterable[int], now: datetime) -> Iterator[tuple[str, datetime]]:
    """The first looks of repositories that are known and have none due: a golive without this look knew them."""
    return ((subject_of(host, repository), now + spread(repository)) for repository in repositories)
