"""How a process that decides reads policies and looks at the world, and what it hides of what it found there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any, cast

from golive.checks.registry import installed
from golive.core.masking import Mask
from golive.core.model import Finding
from golive.core.policy import Policy
from golive.core.snapshot import Mistake
from golive.engine.examine import Looks
from golive.look.guard import Guard
from golive.look.secrets import Secrets
from golive.policyfile import Given, PolicyMistakes, load
from golive.policyfile import Mistake as Located
from golive.ports import Clock, Look, LookConnect, LookDns, LookHttp, LookSql
from golive.settings import Settings

Read = Callable[[str, str, str], Policy | tuple[Mistake, ...]]
"""Policy text, path and repository → the policy, or its mistakes."""


class Hidden:
    """Takes out of findings whatever is secret now, or ever was; the mask is made anew only where that changed."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings, self._secrets = settings, secrets
        self._made: tuple[tuple[str, ...], Mask] | None = None

    def finding(self, found: Finding) -> Finding:
        """The finding without them."""
        held = (*self._settings.secrets_held(), *self._secrets.values())
        made = self._made
        if made is None or made[0] != held:
            self._made = made = (held, Mask(held))
        return made[1].finding(found)


class OnDemand:
    """Stands for what `make` makes once it is used: a library that no check of a run needs is not imported for it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = cache(make)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)


def looking(settings: Settings, secrets: Secrets, clock: Clock) -> Looks:
    """How checks look at the world from the service: never at this machine."""
    hosts = settings.allow_private_hosts
    guard = Guard(hosts)  # at once: hosts that are none are said at start

    def http() -> LookHttp:
        from golive.look.http import Http

        return Http(hosts)

    def connect() -> LookConnect:
        from golive.look.connect import Connect

        return Connect(guard)

    def dns() -> LookDns:
        from golive.look.dns import Dns

        return Dns(guard)

    def sql() -> LookSql:
        from golive.look.sql import Sql

        return Sql(guard, None)

    everywhere = Look(
        http=cast(LookHttp, OnDemand(http)), forge=None, now=clock(), connect=cast(LookConnect, OnDemand(connect)),
        dns=cast(LookDns, OnDemand(dns)), sql=cast(LookSql, OnDemand(sql)),
    )  # fmt: skip
    return lambda repository: replace(everywhere, secrets=secrets.lent(repository))


def placed(mistakes: Iterable[Located]) -> tuple[Mistake, ...]:
    """The loader's mistakes as a snapshot holds them."""
    return tuple(Mistake(m.path, m.line, m.column, m.text) for m in mistakes)


def reader(secrets: Secrets) -> Read:
    """Policy text, path and repository → the policy, or its mistakes; knows every installed check kind."""
    kinds = installed()

    def read(text: str, path: str, repository: str) -> Policy | tuple[Mistake, ...]:
        try:
            given = Given(secret_problem=lambda name, host: secrets.problem(name, repository, host))
            return load(text, kinds, path, given)
        except PolicyMistakes as found:
            return placed(found.mistakes)

    return read
