"""Builds what a command line or a runner checks with: this machine, its network, its secrets; no database and no forge."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from golive import __version__
from golive.core.masking import SECRET_NAMES, Mask
from golive.core.model import Finding
from golive.core.policy import CheckRule
from golive.look.connect import Connect
from golive.look.dns import Dns
from golive.look.files import Files
from golive.look.guard import Guard
from golive.look.http import Http
from golive.look.process import Process
from golive.look.secrets import Secrets
from golive.look.sql import Sql
from golive.ports import Attestation, Look

INSIDE = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""Private addresses are open to a command line: it stands where its user stands. Link-local ones, where clouds serve
credentials, stay closed."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Machine:
    """This machine as checks see it.

    look: a check → how it looks at the world.   stamp: writes version and commit into a finding and takes secrets out.
    mask: takes secrets out of any text.   commit: what is checked out, empty where nothing is.
    """

    look: Callable[[CheckRule], Look]
    stamp: Callable[[Finding], Finding]
    mask: Mask
    commit: str


def machine(
    root: Path,
    secrets: Secrets,
    attested: Mapping[str, Sequence[Attestation]],
    environment: Mapping[str, str] | None = None,
) -> Machine:
    """Everything below `root`, and everything its user can reach.

    attested: check → what people stated about it.   environment: the machine's variables; None = this process's.
    """
    variables = dict(os.environ if environment is None else environment)
    guard = Guard(INSIDE)
    files = Files(root)
    everything = Look(
        http=Http(INSIDE), forge=None, now=utc_now(), connect=Connect(guard), dns=Dns(guard), sql=Sql(guard, root),
        secrets=secrets.lent(None), process=Process(root, variables), files=files, environment=variables,
    )  # fmt: skip
    hidden = [value for name, value in variables.items() if SECRET_NAMES.search(name)]
    mask = Mask([*secrets.values(), *hidden])
    commit = files.commit()

    def look(rule: CheckRule) -> Look:
        return replace(everything, now=utc_now(), timeout=rule.timeout, attestations=attested.get(rule.id, ()))

    def stamp(finding: Finding) -> Finding:
        return mask.finding(replace(finding, golive=__version__, commit=commit))

    return Machine(look, stamp, mask, commit)
