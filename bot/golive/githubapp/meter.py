"""What each installation's requests cost, what is left of its quota, and whether GitHub told it to wait.

The waiting is the installation's, not the turn's: while it lasts, nobody of it sends anything.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from golive.core.budget import Level, Quota
from golive.core.errors import Limited
from golive.ports import Clock

READ, FREE, WRITE, TOKEN, FAILED = "read", "not_modified", "write", "token", "failed"
"""What became of a request: a read that cost, one that was free (304), a write, a request with the App's own JWT, no answer."""
THE_APP = 0
"""In the place of an installation's number: the App itself, as which the log of deliveries is read."""
LONGEST = timedelta(hours=1)
"""GitHub's windows are an hour; a longer wait than that is a clock that is off."""


@dataclass
class _Account:
    quota: Quota = field(default_factory=Quota)
    requests: Counter[str] = field(default_factory=Counter)
    waits_until: datetime | None = None
    told: str = ""


@dataclass(frozen=True)
class Figures:
    """One installation's state, for metrics and for people."""

    installation: int
    quota: Quota
    requests: Mapping[str, int]
    waits_until: datetime | None


class Meter:
    """Shared by all threads. The clock is the service's own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._accounts: dict[int, _Account] = {}

    def admit(self, installation: int) -> None:
        """Raises Limited, with the time to wait, while GitHub told this installation to wait."""
        with self._lock:
            account = self._accounts.get(installation)
            until = account.waits_until if account else None
            if account is None or until is None:
                return
            now = self._clock()
            if now >= until:
                account.waits_until = None
                return
            raise Limited(account.told, until - now)

    def wait(self, installation: int, span: timedelta, told: str) -> None:
        """GitHub told one request of this installation to wait: all do. A shorter wait never ends a longer one."""
        until = self._clock() + min(span, LONGEST)
        with self._lock:
            account = self._accounts.setdefault(installation, _Account())
            if account.waits_until is None or account.waits_until < until:
                account.waits_until, account.told = until, told

    def count(self, installation: int, outcome: str, headers: Mapping[str, Any]) -> None:
        """One request was answered. headers: lower-case names."""
        seen = _quota(headers)
        with self._lock:
            account = self._accounts.setdefault(installation, _Account())
            account.requests[outcome] += 1
            if seen is not None and not _older(seen, account.quota):
                account.quota = seen

    def level(self, installation: int) -> Level:
        """What this installation may do now."""
        with self._lock:
            account = self._accounts.get(installation)
        return account.quota.level(self._clock()) if account else Level.PLENTY

    def waits_until(self, installation: int) -> datetime | None:
        """Until when it was told to wait."""
        with self._lock:
            account = self._accounts.get(installation)
        until = account.waits_until if account else None
        return until if until and until > self._clock() else None

    def figures(self) -> list[Figures]:
        """Every installation's, by number."""
        with self._lock:
            return [
                Figures(number, account.quota, dict(account.requests), account.waits_until)
                for number, account in sorted(self._accounts.items())
            ]

    def forget(self, installation: int) -> None:
        """An installation ended."""
        with self._lock:
            self._accounts.pop(installation, None)


def _quota(headers: Mapping[str, Any]) -> Quota | None:
    """The figures of GitHub's main quota; other resources (search, GraphQL) have their own and are not these."""
    if str(headers.get("x-ratelimit-resource") or "core") != "core":
        return None
    told = [str(headers.get(f"x-ratelimit-{name}") or "") for name in ("limit", "remaining", "used", "reset")]
    limit, remaining, used, reset = (int(float(text)) if text.replace(".", "", 1).isdigit() else -1 for text in told)
    if limit < 0 or remaining < 0:
        return None
    return Quota(limit, remaining, max(used, 0), datetime.fromtimestamp(reset, UTC) if reset > 0 else None)


def _older(one: Quota, other: Quota) -> bool:
    """Whether figures were overtaken by others: answers may cross. Within an hour the remaining only sinks."""
    return one.reset is not None and one.reset == other.reset and one.remaining > other.remaining
