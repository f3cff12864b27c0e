"""Grafana dashboards as JSON files: what one holds, and what keeps it from being imported.

https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/. Add a shape of export as a
branch of `_model`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from golive.checks.jsonpaths import parsed
from golive.checks.webapi import listed, table
from golive.checks.yamltexts import FileText
from golive.core.model import Detail, Outcome


@dataclass(frozen=True)
class Dashboard:
    """One dashboard. path: its file, empty where Grafana itself told of it.   panels: without rows; 0 where nobody counted."""

    uid: str
    title: str
    path: str = ""
    panels: int = 0


@dataclass
class Dashboards:
    """All that files hold, and their flaws."""

    found: list[Dashboard] = field(default_factory=list)
    flaws: list[Detail] = field(default_factory=list)


def read_dashboards(files: Iterable[FileText]) -> Dashboards:
    """The dashboards of these files; every one has a title, panels, and an uid of its own where it has one."""
    made = Dashboards()
    first: dict[str, str] = {}
    for file in files:
        if file.problem:
            made.flaws.append(Detail(file.problem, file.path, outcome=Outcome.UNKNOWN))
            continue
        try:
            model = _model(parsed(file.text))
        except ValueError as error:
            made.flaws.append(Detail(f"is no JSON: {error}", file.path))
            continue
        if model is None:
            made.flaws.append(Detail("is no dashboard: it has no title and no panels", file.path))
            continue
        uid, title = str(model.get("uid") or ""), str(model.get("title") or "").strip()
        one = Dashboard(uid, title, file.path, _panels(model))
        made.found.append(one)
        if not title:
            made.flaws.append(Detail("has no title", file.path))
        if not one.panels:
            made.flaws.append(Detail("has no panels", file.path))
        if uid and uid in first:
            made.flaws.append(Detail(f"has the uid {uid} of {first[uid]}", file.path))
        first.setdefault(uid, file.path)
    return made


def _model(document: Any) -> Mapping[str, Any] | None:
    """The dashboard itself: bare, below `dashboard` as the API gives it, or below `spec` of a resource."""
    for held in (table(document), table(table(document).get("dashboard")), table(table(document).get("spec"))):
        if "title" in held or any(isinstance(held.get(key), list | dict) for key in ("panels", "rows", "elements")):
            return held
    return None


def _panels(model: Mapping[str, Any]) -> int:
    """Panels, also those inside rows; a row itself is none. `rows` came before Grafana 5, `elements` with schema v2."""
    count = len(table(model.get("elements")))
    for one in map(table, listed(model.get("panels"))):
        count += one.get("type") != "row"
        count += len(listed(one.get("panels")))
    return count + sum(len(listed(table(row).get("panels"))) for row in listed(model.get("rows")))
