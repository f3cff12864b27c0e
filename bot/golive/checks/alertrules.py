"""Alert rules as Prometheus reads them from files: what each says, and what Prometheus would refuse or nobody would want.

https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ and the operator's `PrometheusRule`. Add what a
rule may hold as a key of `_RULE_KEYS` and its check in `_flaws_of`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from golive.checks.promql import checked_query
from golive.checks.yamltexts import FileText, NotYaml, Row, Table, as_table, documents, rows, text_of
from golive.core.model import Detail, Outcome

_GROUP_KEYS = frozenset({
    "name", "interval", "limit", "query_offset", "labels", "rules", "partial_response_strategy", "source_tenants",
    "evaluation_delay", "align_evaluation_time_on_interval",
})  # fmt: skip
_RULE_KEYS = frozenset({"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
_DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+|0")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_CONSTANT = rf"{_NUMBER}(?:\s*[*/]\s*{_NUMBER})*"
_COMPARED = re.compile(rf"(>=|<=|==|!=|>|<)\s*(?:bool\s+)?\(?\s*({_CONSTANT})(?![\w.\[(])")
_COMPARES = re.compile(rf"(?<![\w.])({_CONSTANT})\s*(>=|<=|==|!=|>|<)")
_UNREAD = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|\[[^\]]*\]")


@dataclass(frozen=True)
class Alert:
    """One alert rule, and where it stands."""

    name: str
    expr: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    path: str
    line: int

    @property
    def severity(self) -> str:
        """Its label `severity`, empty where it has none."""
        return self.labels.get("severity", "")


@dataclass
class Rules:
    """All that files hold. flaws: what Prometheus would refuse, and files that cannot be read."""

    alerts: list[Alert] = field(default_factory=list)
    recordings: int = 0
    flaws: list[Detail] = field(default_factory=list)


def read_rules(files: tuple[FileText, ...]) -> Rules:
    """The rules of these files."""
    found = Rules()
    for file in files:
        if file.problem:
            found.flaws.append(Detail(file.problem, file.path, outcome=Outcome.UNKNOWN))
            continue
        try:
            tables = documents(file.text)
        except NotYaml as error:
            found.flaws.append(Detail(f"is no YAML: {error}", file.path, error.line))
            continue
        holders = [holder for one in tables if (holder := _holder(one)) is not None]
        if not holders:
            found.flaws.append(Detail("holds no `groups` of rules", file.path, 1))
        for holder in holders:
            _read_groups(found, holder, file.path)
    return found


def is_resource(file: FileText) -> bool:
    """Whether it is a Kubernetes resource around rules, which promtool does not read."""
    try:
        return any(as_table(one).get("kind") == "PrometheusRule" for one in documents(file.text))
    except NotYaml:
        return False


def _holder(document: Any) -> Table | None:
    """The mapping that has the `groups`: the document, or the `spec` of a PrometheusRule."""
    table = as_table(document)
    if table.get("kind") == "PrometheusRule":
        table = as_table(table.get("spec"))
    return table if "groups" in table else None


def _read_groups(found: Rules, holder: Table, path: str) -> None:
    groups = holder["groups"]
    if not isinstance(groups, Row):
        found.flaws.append(Detail("`groups` is no list", path, holder.at("groups")))
    names: set[str] = set()
    for group, line in rows(groups):
        table = as_table(group)
        name = text_of(table.get("name"))
        if not name:
            found.flaws.append(Detail("a group has no name", path, line))
        elif name in names:
            found.flaws.append(Detail(f"the group {name} is there twice", path, table.at("name")))
        names.add(name)
        found.flaws += [
            Detail(f"`{key}` is no key of a group", path, table.at(key)) for key in table if key not in _GROUP_KEYS
        ]
        shared = _texts(table.get("labels"))
        for rule, at in rows(table.get("rules")):
            _read_rule(found, as_table(rule), shared, path, at)


def _read_rule(found: Rules, rule: Table, shared: Mapping[str, str], path: str, line: int) -> None:
    name = text_of(rule.get("alert"))
    found.flaws += [Detail(f"{name or 'a rule'}: {said}", path, at or line) for said, at in _flaws_of(rule)]
    if "alert" in rule:
        labels = {**shared, **_texts(rule.get("labels"))}
        expr = str(rule.get("expr") or "")
        found.alerts.append(Alert(name, expr, labels, _texts(rule.get("annotations")), path, line))
    elif "record" in rule:
        found.recordings += 1


def _flaws_of(rule: Table) -> Iterator[tuple[str, int]]:
    """What is wrong with one rule, each with its line, 0 for the rule's own."""
    if ("alert" in rule) == ("record" in rule):
        yield "a rule needs exactly one of `alert` and `record`", 0
    elif not text_of(rule.get("alert", rule.get("record"))).strip():
        yield "its name is empty", rule.at("alert")
    expr = rule.get("expr")
    if expr is None or not str(expr).strip():
        yield "has no `expr`", rule.at("expr")
    else:
        try:
            checked_query(str(expr))
        except ValueError as error:
            yield str(error), rule.at("expr")
    for key in rule:
        if key not in _RULE_KEYS:
            yield f"`{key}` is no key of a rule", rule.at(key)
    for key in ("for", "keep_firing_for"):
        if key in rule and not _DURATION.fullmatch(str(rule[key])):
            yield f"`{key}: {rule[key]}` is no duration like 5m", rule.at(key)
    for key in ("labels", "annotations"):
        if key in rule and rule[key] is not None and not isinstance(rule[key], Table):
            yield f"`{key}` is no mapping", rule.at(key)
        for name in as_table(rule.get(key)):
            if not isinstance(name, str) or not _LABEL.fullmatch(name):
                yield f"`{name}` is no name for {key}", as_table(rule[key]).at(name)


def _texts(value: Any) -> dict[str, str]:
    """Labels or annotations as texts; a number or truth value becomes its text, as Prometheus reads it."""
    return {str(key): "" if one is None else str(one) for key, one in as_table(value).items()}


def threshold(expr: str) -> float | None:
    """The first number that an expression compares something with, None where it has none that can be read.

    A product or quotient of numbers (`512 * 1024 * 1024`) counts as one.
    """
    readable = _UNREAD.sub(" ", expr[:10_000])
    readable = re.sub(r"\{[^}]*\}", " ", readable)
    found = [(match.start(), match[2]) for match in _COMPARED.finditer(readable)]
    found += [(match.start(), match[1]) for match in _COMPARES.finditer(readable)]
    return _constant(min(found)[1]) if found else None


def _constant(text: str) -> float | None:
    numbers = re.findall(_NUMBER, text)
    signs = re.findall(r"[*/]", text)
    value = float(numbers[0])
    for sign, number in zip(signs, numbers[1:], strict=True):
        other = float(number)
        if sign == "/" and other == 0:
            return None
        value = value * other if sign == "*" else value / other
    return value
