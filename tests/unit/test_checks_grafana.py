"""What the kind `grafana` makes of Grafana's answers and of dashboards on disk. Add a rule by adding a row.

No Grafana runs here: the answers are written after the pages named in `SOURCE`, field by field.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.grafana import PAGE, GrafanaCheck
from golive.core.model import Finding, Outcome, Strength
from kind_pages import example_of, unexplained
from looks import looking
from website import Asked, Said, lent, serving

SOURCE = (
    "Grafana documentation, HTTP API: Health (Other HTTP API), Folder/Dashboard Search, Data source (health by uid)"
)
HEALTH = {"commit": "abc1234", "database": "ok", "version": "11.2.0"}


def a_hit(uid: str, title: str, kind: str = "dash-db") -> dict[str, Any]:
    return {
        "id": 1,
        "uid": uid,
        "title": title,
        "url": f"/d/{uid}/x",
        "type": kind,
        "tags": ["prod"],
        "isStarred": False,
    }


def a_source(name: str, uid: str) -> dict[str, Any]:
    return {"id": 1, "uid": uid, "name": name, "type": "prometheus", "url": "http://prom:9090", "access": "proxy"}


HITS = [a_hit("overview", "Shop overview"), a_hit("errors", "Shop errors"), a_hit("f", "Folder", "dash-folder")]
SOURCES = [a_source("Prometheus", "p1"), a_source("Loki", "l1"), a_source("Notes", "n1")]
HEALTHS = {
    "p1": Said(200, json.dumps({"status": "OK", "message": "Successfully queried the Prometheus API."})),
    "l1": Said(400, json.dumps({"status": "ERROR", "message": "Unable to connect with Loki"})),
    "n1": Said(404, json.dumps({"message": "Plugin health check not implemented", "traceID": ""})),
}


class Grafana:
    """Answers as the API does. pages: the dashboards of each page of the search."""

    def __init__(self, health: Said | None = None, pages: tuple[Any, ...] = (HITS,), sources: Any = SOURCES) -> None:
        self.health, self.pages, self.sources = health or Said(200, json.dumps(HEALTH)), pages, sources

    def __call__(self, asked: Asked) -> Said:
        path, _, query = asked.path.partition("?")
        if path == "/api/health":
            return self.health
        if asked.headers.get("authorization") != "Bearer s3cret-token":
            return Said(401, json.dumps({"message": "Invalid API key s3cret-token"}))
        if path == "/api/search":
            page = int(query.rpartition("page=")[2])
            return Said(200, json.dumps(self.pages[page - 1]))
        if path == "/api/datasources":
            return Said(200, json.dumps(self.sources))
        return HEALTHS[path.split("/")[4]]


def judged(folder: Path, grafana: Grafana, token: str = "s3cret-token", **options: Any) -> Finding:
    with serving(grafana) as site:
        check = GrafanaCheck.model_validate({"url": site.url(""), **options})
        return check.judge(check.collect(looking(secrets=lent(folder, grafana=token))))


@pytest.mark.parametrize(
    ("options", "outcome", "says"),
    [
        ({"min_dashboards": 2}, "passed", "Grafana 11.2.0, 2 dashboards"),
        ({"min_dashboards": 3}, "failed", "2 dashboards, at least 3 are expected"),
        ({"uids": ["overview", "errors"], "titles": ["Shop errors"]}, "passed", ""),
        ({"uids": ["f"]}, "failed", "no dashboard with the uid f"),
        ({"titles": ["shop errors"]}, "failed", "no dashboard with the title shop errors"),
        ({"datasources": ["Prometheus"]}, "passed", "1 healthy data source"),
        ({"datasources": ["p1"]}, "passed", ""),
        ({"datasources": ["Loki"]}, "failed", "the data source Loki is ill: Unable to connect"),
        ({"datasources": ["Notes"]}, "unknown", "no health check"),
        ({"datasources": ["Tempo"]}, "failed", "there is no data source Tempo"),
        ({"datasources": "all"}, "failed", "Loki is ill"),
    ],
)
def test_grafana_has_what_it_must_have(tmp_path: Path, options: dict[str, Any], outcome: str, says: str) -> None:
    finding = judged(tmp_path, Grafana(), secret="grafana", **options)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert finding.strength is Strength.PROBE
    assert "s3cret" not in repr(finding)


@pytest.mark.parametrize(
    ("health", "outcome", "says"),
    [
        (Said(200, json.dumps(HEALTH)), "passed", "Grafana 11.2.0"),
        (Said(503, json.dumps({**HEALTH, "database": "failing"})), "failed", "its database is failing, not ok"),
        (Said(200, json.dumps({**HEALTH, "database": "failing"})), "failed", "its database is failing, not ok"),
        (Said(502, "<html>"), "unknown", "answered 502"),
        (Said(200, "{}"), "unknown", "does not say"),
        (Said(0), "unknown", "GET"),
    ],
)
def test_grafana_is_healthy_where_its_database_is(tmp_path: Path, health: Said, outcome: str, says: str) -> None:
    finding = judged(tmp_path, Grafana(health))
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary


def test_every_page_of_the_search_is_read(tmp_path: Path) -> None:
    full = [a_hit(f"d{number}", "x") for number in range(PAGE)]
    finding = judged(tmp_path, Grafana(pages=(full, HITS)), secret="grafana", uids=["errors"])
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert {one.name: one.value for one in finding.measures} == {"dashboards": PAGE + 2}


def test_a_refused_token_cannot_tell_and_is_not_shown(tmp_path: Path) -> None:
    finding = judged(tmp_path, Grafana(), token="another-s3cret", secret="grafana", min_dashboards=1)
    assert (finding.outcome, "answered 401" in finding.summary) == (Outcome.UNKNOWN, True)
    assert "another-s3cret" not in repr(finding)


def test_no_data_source_at_all_is_nothing_to_be_healthy(tmp_path: Path) -> None:
    finding = judged(tmp_path, Grafana(sources=[]), secret="grafana", datasources="all")
    assert finding.outcome is Outcome.UNKNOWN


# ------------------------------------------------------------------ files

PANEL = {"id": 1, "type": "timeseries", "title": "p95"}
ROW = {"id": 2, "type": "row", "panels": [PANEL]}
OVERVIEW = {"uid": "overview", "title": "Overview", "panels": [PANEL, ROW], "schemaVersion": 39}


@pytest.mark.parametrize(
    ("texts", "options", "outcome", "says"),
    [
        ([OVERVIEW], {}, "passed", "1 dashboard with 2 panels"),
        ([{"dashboard": OVERVIEW, "meta": {}}], {"uids": ["overview"]}, "passed", "2 panels"),
        ([{"title": "Old", "rows": [{"panels": [PANEL]}]}], {}, "passed", "1 panel"),
        ([{"kind": "Dashboard", "spec": {"title": "V2", "elements": {"a": PANEL}}}], {}, "passed", "1 panel"),
        ([OVERVIEW], {"min_dashboards": 2}, "failed", "1 dashboard, at least 2"),
        ([{**OVERVIEW, "panels": []}], {}, "failed", "d0.json: has no panels"),
        ([{**OVERVIEW, "panels": [{**ROW, "panels": []}]}], {}, "failed", "has no panels"),
        ([{**OVERVIEW, "title": " "}], {}, "failed", "has no title"),
        ([OVERVIEW, OVERVIEW], {}, "failed", "d1.json: has the uid overview of d0.json"),
        ([{**OVERVIEW, "uid": None}, {**OVERVIEW, "uid": ""}], {}, "passed", "2 dashboards"),
        ([{"a": 1}], {}, "failed", "is no dashboard"),
        (["{"], {}, "failed", "is no JSON"),
        ([[]], {}, "failed", "is no dashboard"),
        ([OVERVIEW], {"uids": ["errors"]}, "failed", "no dashboard with the uid errors"),
        ([], {"min_dashboards": 1}, "unknown", "no file matches *.json"),
    ],
)
def test_dashboards_on_disk_are_fit_to_import(
    tmp_path: Path, texts: list[Any], options: dict[str, Any], outcome: str, says: str
) -> None:
    for number, text in enumerate(texts):
        (tmp_path / f"d{number}.json").write_text(text if isinstance(text, str) else json.dumps(text))
    check = GrafanaCheck.model_validate({"files": "*.json", **options})
    finding = check.judge(check.collect(looking(tmp_path)))
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert finding.strength is Strength.DOCUMENT
    assert check.on_machine()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "exactly one of"),
        ({"url": "https://g.example", "files": "a"}, "exactly one of"),
        ({"url": "https://g.example/api"}, "without /api"),
        ({"url": "https://g.example", "secret": "g", "uids": []}, "at least 1"),
        ({"url": "https://g.example", "secret": "g", "datasources": "some"}, "all"),
        ({"files": "a", "datasources": ["b"]}, "go with `url`"),
        ({"files": []}, "at least 1"),
    ],
)
def test_a_wrong_option_is_refused_when_the_policy_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        GrafanaCheck.model_validate(options)
    assert says in str(refused.value)


def test_the_page_explains_every_option_and_its_example_loads() -> None:
    assert unexplained(GrafanaCheck) == []
    example = example_of(GrafanaCheck)
    assert [rule.id for rule in example] == ["dashboards-there", "dashboards-fit"]
