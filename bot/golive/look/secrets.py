"""Secrets that the operator lends to checks: a list that says which repository may use which secret at which host.

A policy is written by whoever may merge to a repository, so it names a secret and nothing more. Where the value lies
(a variable or a file of this machine) and where it may be sent stands in the operator's file alone:

    grafana-read:
      env: GRAFANA_TOKEN                       # or `file: /run/secrets/grafana`
      repositories: [acme/shop, "acme/*"]      # `acme/*`: every repository of that owner
      hosts: [grafana.example.com]             # `*.example.com`: every name below example.com; ports do not matter

Values are read when they are used, so that a rotated one holds at once. Add a place for values with a key in `_PLACES`
and a case in `_Lent.read`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from golive.core.errors import Misconfigured
from golive.ports import LookSecrets, Unreachable

_PLACES = ("env", "file")
_KEYS = frozenset({*_PLACES, "repositories", "hosts"})
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/(\*|[A-Za-z0-9_.-]+)")
_HOST = re.compile(
    r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*|[0-9a-f:.]*:[0-9a-f:.]*"
)
_PORT = re.compile(r"^(\[.+\]|[^:]+)(:\d{1,5})?$")
_LARGEST = 64 * 1024


@dataclass(frozen=True)
class _Lent:
    """One secret of the list. hosts, repositories: lower case."""

    name: str
    place: str
    at: str
    repositories: tuple[str, ...]
    hosts: tuple[str, ...]

    def for_repository(self, repository: str | None) -> bool:
        """Whether that repository may use it; None is the operator."""
        if repository is None:
            return True
        asking = repository.lower()
        return any(
            asking == entry or (entry.endswith("/*") and asking.partition("/")[0] == entry[:-2])
            for entry in self.repositories
        )

    def for_host(self, host: str) -> bool:
        """Whether it may be sent there."""
        asked = bare_host(host)
        return any(asked == entry or (entry[0] == "*" and asked.endswith(entry[1:])) for entry in self.hosts)

    def read(self, environment: Mapping[str, str]) -> str:
        """The value, without the line end that files have. Raises ValueError that says what is lacking, never a value."""
        if self.place == "env":
            text = environment.get(self.at, "")
            where = f"the variable {self.at}"
        else:
            text = _content(Path(self.at))
            where = f"the file {self.at}"
        value = text.strip("\r\n")
        if not value:
            raise ValueError(f"{where} is not set or empty")
        if not value.isprintable():
            raise ValueError(f"{where} holds more than one line, or characters that cannot be sent")
        return value


@dataclass(frozen=True)
class Secrets:
    """The operator's whole list. Safe to use from many threads."""

    source: str
    _list: Mapping[str, _Lent]
    _environment: Mapping[str, str] = field(repr=False)
    _seen: set[str] = field(default_factory=set, repr=False)

    @classmethod
    def read(cls, path: Path, environment: Mapping[str, str]) -> Secrets:
        """The list of a file. environment: where `env:` values are looked up when they are used.

        Raises Misconfigured that names the file and everything wrong in it. A value that is not there is no mistake of
        the file: `problem` tells the policy that names it.
        """
        try:
            document = yaml.load(_content(path), _Strict)  # noqa: S506  # a SafeLoader
        except ValueError as error:
            raise Misconfigured(f"The list of secrets cannot be read: {error}.") from None
        except yaml.YAMLError as error:
            raise Misconfigured(f"The list of secrets in {path} is not YAML: {_where(error)}.") from None
        found: dict[str, _Lent] = {}
        wrong: list[str] = []
        if not isinstance(document, dict) or not document:
            wrong = ["expected `name: {env: VARIABLE, repositories: [owner/name], hosts: [host]}`"]
        for name, entry in document.items() if isinstance(document, dict) else ():
            try:
                found[str(name)] = _lent(name, entry)
            except ValueError as error:
                wrong.append(f"{str(name)[:100]}: {error}")
        if wrong:
            raise Misconfigured(f"The list of secrets in {path} cannot be used:\n  " + "\n  ".join(wrong))
        return cls(str(path), found, environment)

    @classmethod
    def none(cls) -> Secrets:
        """No list at all: nothing is lent."""
        return cls("the operator's list, which there is none of", {}, {})

    def problem(self, name: str, repository: str | None, host: str) -> str:
        """Why this repository may not send this secret to this host, as a sentence that says whom to ask; else empty.

        A repository that may not use a secret is told what one is told where there is none: nothing about the others'.
        """
        lent = self._list.get(name)
        if lent is None or not lent.for_repository(repository):
            whom = f"to {repository}" if repository else f"in {self.source}"
            return f"No secret {name!r} is lent {whom}. Ask whoever operates golive to lend it, for {_to(host)}"
        if not lent.for_host(host):
            allowed = " and ".join(lent.hosts)
            return (
                f"The secret {name!r} is lent for {allowed}, not for {_to(host)}. "
                "Ask whoever operates golive to add that host"
            )
        try:
            self._value(lent)
        except ValueError as error:
            known = f" ({error})" if repository is None else ""
            return (
                f"The secret {name!r} is lent, but its value is not there{known}. Ask whoever operates golive to set it"
            )
        return ""

    def lent(self, repository: str | None) -> LookSecrets:
        """What checks of this repository may use. None: the operator's own command line; repositories do not matter."""
        return _ForRepository(self, repository)

    def value(self, name: str, repository: str | None, host: str) -> str:
        """The secret. Raises Unreachable with the sentence of `problem`."""
        said = self.problem(name, repository, host)
        if said:
            raise Unreachable(said)
        try:
            return self._value(self._list[name])
        except ValueError as error:  # it went away between the two looks
            raise Unreachable(f"The secret {name!r} cannot be read now. Ask whoever operates golive") from error

    def values(self) -> list[str]:
        """Every value that there is now or was ever handed out, longest first, for masking what is shown."""
        for lent in self._list.values():
            try:
                self._value(lent)
            except ValueError:
                continue
        return sorted(self._seen, key=lambda value: (-len(value), value))

    def _value(self, lent: _Lent) -> str:
        value = lent.read(self._environment)
        self._seen.add(value)
        return value


@dataclass(frozen=True)
class _ForRepository:
    """A `ports.LookSecrets`."""

    secrets: Secrets
    repository: str | None

    def value(self, name: str, host: str) -> str:
        return self.secrets.value(name, self.repository, host)


def bare_host(host: str) -> str:
    """A host as it is compared: lower case, without port, brackets and the dot of the root."""
    match = _PORT.match(host)
    return (match[1] if match else host).strip("[]").rstrip(".").lower()


def _to(host: str) -> str:
    shown = "".join(c for c in bare_host(host) if c.isprintable())[:100]
    return shown or "its host"


def _lent(name: Any, entry: Any) -> _Lent:
    """One entry. Raises ValueError that says what is wrong, without any value of `env` or `file` beyond its shape."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError("a secret's name is small letters, digits and dashes, like `grafana-read`")
    if not isinstance(entry, dict):
        raise ValueError("expected `{env: VARIABLE, repositories: [owner/name], hosts: [host]}`")
    unknown = sorted(str(key) for key in entry if key not in _KEYS)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    places = [place for place in _PLACES if place in entry]
    if len(places) != 1:
        raise ValueError("expected exactly one of `env` (a variable's name) and `file` (a path)")
    at = entry[places[0]]
    if not isinstance(at, str) or not at or (places == ["env"] and not _VARIABLE.fullmatch(at)):
        raise ValueError(f"`{places[0]}` is not {'a variable name' if places == ['env'] else 'a path'}")
    repositories = _listed(entry, "repositories", _REPOSITORY, "`owner/name` or `owner/*`")
    hosts = _listed(entry, "hosts", _HOST, "a host like `grafana.example.com` or `*.example.com`, without scheme")
    return _Lent(name, places[0], at, repositories, hosts)


def _listed(entry: Mapping[str, Any], key: str, pattern: re.Pattern[str], like: str) -> tuple[str, ...]:
    given = entry.get(key)
    items = [given] if isinstance(given, str) else given
    if not isinstance(items, list) or not items:
        raise ValueError(f"`{key}` is missing or empty; expected a list, each {like}")
    plain = [bare_host(item) if key == "hosts" else item.lower() for item in items if isinstance(item, str)]
    bad = next((item for item in plain if not pattern.fullmatch(item)), None)
    if bad is not None or len(plain) != len(items):
        raise ValueError(f"`{key}` holds an entry that is not {like}: {str(bad if bad is not None else items)[:60]!r}")
    return tuple(dict.fromkeys(plain))


def _content(path: Path) -> str:
    """A small text file. Raises ValueError."""
    try:
        with path.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f"the file {path} is larger than {_LARGEST:,} bytes")
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"the file {path} is not text in UTF-8") from None
    except OSError as error:
        raise ValueError(f"the file {path}: {(error.strerror or 'it cannot be read').lower()}") from None


class _Strict(yaml.SafeLoader):
    """YAML in which one name twice is a mistake, and nothing is repeated by reference."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        twice = next((key for at, (key, _) in enumerate(node.value) if key.value in names[:at]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(
                None, None, f"{str(twice.value)[:100]!r} is there twice", twice.start_mark
            )
        return super().construct_mapping(node, deep)


def _where(error: yaml.YAMLError) -> str:
    """What is wrong and where, without the text around it, which may be a secret put in the wrong place."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "it cannot be parsed"
    return f"{what} (line {mark.line + 1}, column {mark.column + 1})" if mark else what
