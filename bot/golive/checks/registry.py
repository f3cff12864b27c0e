"""Which kinds of checks are installed. A kind comes in as an entry point of the group `golive.checks`, ours too.

Add a built-in with its file, its line in pyproject.toml and its row in `BUILT_IN` (a test holds those two together).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from golive.core.errors import Misconfigured
from golive.ports import Kind

GROUP = "golive.checks"
_PARTS = (
    "canonical", "collect", "judge", "on_machine", "asserts", "bounds", "of_checks", "lent_secrets", "reads_variables",
)  # fmt: skip
BUILT_IN = {
    "alert_roundtrip": "golive.checks.alert_roundtrip:AlertRoundtripCheck",
    "alertmanager": "golive.checks.alertmanager:AlertmanagerCheck",
    "attest": "golive.checks.attest:AttestCheck",
    "authflow": "golive.checks.authflow:AuthflowCheck",
    "backup": "golive.checks.backup:BackupCheck",
    "baseline": "golive.checks.baseline:BaselineCheck",
    "cache": "golive.checks.cache:CacheCheck",
    "command": "golive.checks.command:CommandCheck",
    "composite": "golive.checks.composite:CompositeCheck",
    "contacts": "golive.checks.contacts:ContactsCheck",
    "cors": "golive.checks.cors:CorsCheck",
    "coverage": "golive.checks.coverage:CoverageCheck",
    "credential": "golive.checks.credential:CredentialCheck",
    "dns": "golive.checks.dns:DnsCheck",
    "docs": "golive.checks.docs:DocsCheck",
    "env": "golive.checks.env:EnvCheck",
    "file": "golive.checks.file:FileCheck",
    "github_alerts": "golive.checks.github_alerts:GithubAlertsCheck",
    "github_check": "golive.checks.github_check:GithubCheck",
    "github_issues": "golive.checks.github_issues:GithubIssuesCheck",
    "grafana": "golive.checks.grafana:GrafanaCheck",
    "headers": "golive.checks.headers:HeadersCheck",
    "http": "golive.checks.http:HttpCheck",
    "junit": "golive.checks.junit:JunitCheck",
    "k8s": "golive.checks.k8s:K8sCheck",
    "latency": "golive.checks.latency:LatencyCheck",
    "load": "golive.checks.load:LoadCheck",
    "nagios": "golive.checks.nagios:NagiosCheck",
    "oidc": "golive.checks.oidc:OidcCheck",
    "openapi": "golive.checks.openapi:OpenapiCheck",
    "perms": "golive.checks.perms:PermsCheck",
    "port": "golive.checks.port:PortCheck",
    "prom_rules": "golive.checks.prom_rules:PromRulesCheck",
    "prometheus": "golive.checks.prometheus:PrometheusCheck",
    "ratelimit": "golive.checks.ratelimit:RatelimitCheck",
    "sarif": "golive.checks.sarif:SarifCheck",
    "secretscan": "golive.checks.secretscan:SecretscanCheck",
    "sql": "golive.checks.sql:SqlCheck",
    "tls": "golive.checks.tls:TlsCheck",
    "validation": "golive.checks.validation:ValidationCheck",
}


BUILT_IN_STIR = frozenset({"check_run"})
"""What `stirred_by` of our own kinds names, all together: known without importing forty modules (a test holds it to them)."""


class Kinds(Mapping[str, type[Kind]]):
    """The installed kinds by name, sorted; each is imported when it is first asked for, so that a command starts fast."""

    def __init__(self, entries: Mapping[str, EntryPoint]) -> None:
        self._entries = entries
        self._loaded: dict[str, type[Kind]] = {}

    def __getitem__(self, name: str) -> type[Kind]:
        if name not in self._loaded:
            self._loaded[name] = _load(self._entries[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def stirs(self) -> frozenset[str]:
        """Names of the outside events after which some installed kind looks again; imports only kinds of other packages."""
        theirs = (name for name, entry in self._entries.items() if BUILT_IN.get(name) != entry.value)
        return BUILT_IN_STIR.union(*(self[name].stirred_by for name in theirs))


def installed(found: Iterable[EntryPoint] | None = None) -> Kinds:
    """Kind by name, sorted by name. found: entry points to use in place of those of the installed packages.

    Run from a bare checkout no package offers our own kinds, so they are added here, as entry points like any other.
    Raises Misconfigured where two packages offer one name; a kind that is none raises it when it is asked for.
    """
    return _installed_here() if found is None else _joined(found)


@cache
def _installed_here() -> Kinds:
    """Packages do not come and go while a process runs, and to look for them takes long."""
    return _joined(entry_points(group=GROUP))


def _joined(found: Iterable[EntryPoint]) -> Kinds:
    offered = list(found)
    ours = {(entry.name, entry.value) for entry in offered}
    offered += [EntryPoint(name, value, GROUP) for name, value in BUILT_IN.items() if (name, value) not in ours]
    by_name: dict[str, EntryPoint] = {}
    for entry in sorted(offered, key=lambda entry: entry.name):
        other = by_name.setdefault(entry.name, entry)
        if other is not entry:
            packages = " and ".join(sorted({_package(other), _package(entry)}))
            raise Misconfigured(f"The check kind {entry.name!r} is provided twice, by {packages}; remove one of them.")
    return Kinds(by_name)


def _package(entry: EntryPoint) -> str:
    """Whose it is, as people would uninstall it, and where it points."""
    owner = entry.dist.name if entry.dist else entry.value.split(".")[0]
    return f"{owner} ({entry.value})"


def _load(entry: EntryPoint) -> type[Kind]:
    try:
        kind = entry.load()
    except (ImportError, AttributeError) as error:
        raise Misconfigured(
            f"The check kind {entry.name!r} of {_package(entry)} cannot be loaded: {error}. Reinstall or remove it."
        ) from error
    mistake = _mistake(entry.name, kind)
    if mistake:
        raise Misconfigured(f"The check kind {entry.name!r} of {_package(entry)} {mistake}. Update or remove it.")
    return cast("type[Kind]", kind)


def _mistake(name: str, kind: Any) -> str:
    """What keeps this object from being a kind, or an empty text."""
    if not isinstance(kind, type) or not hasattr(kind, "model_validate"):
        return "is not a pydantic model class"
    lacking = [part for part in _PARTS if not callable(getattr(kind, part, None))]
    if lacking:
        return f"has no {' and no '.join(lacking)}"
    if getattr(kind, "kind", None) != name:
        return f"calls itself {getattr(kind, 'kind', None)!r}"
    if not isinstance(getattr(kind, "fresh", 0), timedelta | None):
        return "has a `fresh` that is neither a duration nor None"
    if not isinstance(getattr(kind, "stirred_by", None), frozenset):
        return "has a `stirred_by` that is no frozenset of names"
    if not isinstance(getattr(kind, "measures", None), Mapping):
        return "does not say what it measures"
    if not isinstance(getattr(kind, "reads_attestations", None), bool):
        return "does not say whether it reads attestations"
    return ""
