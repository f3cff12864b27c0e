"""What the kind `alertmanager` makes of Alertmanager's answers, and whom a route tree tells. Add a rule by adding a row.

The answers have the shapes of Alertmanager's OpenAPI document (api/v2/openapi.yaml); tests/e2e/test_real_alertmanager.py asks
a real one and holds the route tree against amtool.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.alertmanager import AlertmanagerCheck, Heard
from golive.checks.alertroutes import Matcher, read_matchers, read_routes, told_of
from golive.checks.webapi import Told
from golive.core.model import Finding, Outcome
from kind_pages import example_of, unexplained
from looks import looking
from website import Asked, Said, lent, serving

URL = "https://alerts.example"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONFIGURATION = """
route:
  receiver: fallback
  routes:
    - matchers: ['severity="critical"', 'team=~"shop|cart"']
      receiver: pagerduty
      continue: true
      routes:
        - {match: {team: cart}, receiver: cart}
    - match_re: {severity: "critical|warning"}
      receiver: slack
    - {matchers: ["severity=info"], receiver: quiet}
    - matchers: '{page!="", severity!~"crit.*"}'
receivers:
  - {name: fallback, email_configs: [{to: a@example.com}]}
  - {name: pagerduty, pagerduty_configs: [{routing_key: <secret>}]}
  - {name: cart, webhook_configs: [{url: "https://hooks.example/s3cret"}]}
  - {name: slack, slack_configs: [{channel: "#shop"}]}
  - {name: quiet}
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [service]}
"""


def status(cluster: str = "ready", version: str = "0.27.0", original: str = CONFIGURATION) -> Any:
    return {
        "cluster": {"status": cluster, "peers": []},
        "versionInfo": {"version": version, "branch": "HEAD"},
        "config": {"original": original},
        "uptime": "2026-02-01T00:00:00.000Z",
    }


def alert(state: str = "active", **labels: str) -> Any:
    return {
        "labels": {"alertname": "HighLatency", **labels},
        "status": {"state": state},
        "receivers": [{"name": "slack"}],
    }


def silence(ends: str, state: str = "active") -> Any:
    held = {"id": "1", "createdBy": "ana", "comment": "known", "matchers": []}
    return {**held, "status": {"state": state}, "endsAt": ends}


def judged(options: dict[str, Any], *, said: Any = None, alerts: Any = (), silences: Any = ()) -> Finding:
    documents = {"status": said or status(), "alerts": list(alerts), "silences": list(silences)}
    told = {name: Told(f"{URL}/api/v2/{name}", one, "", 200) for name, one in documents.items()}
    return AlertmanagerCheck.model_validate({"url": URL, **options}).judge(Heard(told, NOW))


@pytest.mark.parametrize(
    ("options", "said", "outcome", "says"),
    [
        ({}, status(), "passed", "Alertmanager 0.27.0, 0 active alerts"),
        ({}, status("disabled"), "passed", ""),
        ({}, status("settling"), "failed", "its cluster is settling, not ready"),
        ({}, {"cluster": None, "config": {"original": "route: {}"}}, "failed", "of no status"),
        ({"min_version": "0.27"}, status(), "passed", ""),
        ({"min_version": "0.9"}, status(version="0.10.0"), "passed", ""),
        ({"min_version": "0.27.1"}, status(), "failed", "version 0.27.0, at least 0.27.1"),
        ({"min_version": "0.27"}, status(version="main"), "unknown", "cannot be compared"),
        ({"receivers": ["slack", "cart"]}, status(), "passed", ""),
        ({"receivers": "opsgenie"}, status(), "failed", "there is no receiver opsgenie"),
        ({"inhibit_rules": 1}, status(), "passed", ""),
        ({"inhibit_rules": 2}, status(), "failed", "1 inhibition rule, at least 2"),
        ({"routes": {"warning": "slack"}}, status(), "passed", ""),
        ({"routes": {"critical": "pagerduty"}}, status(), "failed", "severity critical reaches slack, not pagerduty"),
        ({"routes": {"critical": ["pagerduty", "slack"]}, "route_labels": {"team": "shop"}}, status(), "passed", ""),
        ({"routes": {"info": "quiet"}}, status(), "failed", "which sends nothing to anybody"),
        ({"routes": {"debug": "fallback"}}, status(), "passed", ""),
        ({"receivers": "a"}, status(original="a: ["), "unknown", "no YAML"),
    ],
)
def test_its_status_and_its_routes(options: dict[str, Any], said: Any, outcome: str, says: str) -> None:
    finding = judged(options, said=said)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert "s3cret" not in repr(finding)


CRITICAL, WARNING = alert(severity="critical", service="shop"), alert(severity="warning")
SILENCED = alert("suppressed", severity="critical")


@pytest.mark.parametrize(
    ("options", "alerts", "outcome", "says"),
    [
        ({"max_active": 0}, [], "passed", ""),
        ({"max_active": 0}, [SILENCED], "passed", ""),
        ({"max_active": 0}, [WARNING], "failed", "1 active, at most 0 expected: HighLatency"),
        ({"max_active": 1}, [WARNING], "passed", "1 active alert"),
        ({"max_active": 1}, [WARNING, CRITICAL], "failed", "HighLatency ×2"),
        ({"max_active": {"critical": 0}}, [WARNING], "passed", ""),
        ({"max_active": {"critical": 0, "warning": 5}}, [WARNING, CRITICAL], "failed", "1 active of severity critical"),
        ({"max_active": 0, "state": ["active", "suppressed"]}, [SILENCED], "failed", "1 active or suppressed"),
        ({"max_active": 0, "state": "unprocessed"}, [CRITICAL], "passed", ""),
        ({"max_active": 0, "matching": {"service": "cart"}}, [CRITICAL], "passed", "0 active alerts"),
        ({"max_active": 0, "matching": {"service": "shop"}}, [CRITICAL], "failed", ""),
    ],
)
def test_alerts_are_counted_by_their_state(options: dict[str, Any], alerts: list[Any], outcome: str, says: str) -> None:
    finding = judged(options, alerts=alerts)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary


def test_alerts_are_measured_by_state_and_severity() -> None:
    finding = judged(
        {"max_active": {"info": 5}}, alerts=[CRITICAL, WARNING, SILENCED], silences=[silence("2026-03-02T00:00:00Z")]
    )
    measured = {one.name: one.value for one in finding.measures}
    assert measured == {
        "active": 2, "suppressed": 1, "unprocessed": 0, "active.critical": 1, "active.warning": 1, "active.info": 0,
        "silences": 1, "receivers": 5, "inhibit_rules": 1,
    }  # fmt: skip
    assert finding.measures[0].name == "active"


@pytest.mark.parametrize(
    ("options", "silences", "outcome", "says"),
    [
        ({"max_silences": 0}, [silence("2026-03-02T00:00:00Z")], "failed", "1 active silence, at most 0"),
        ({"max_silences": 0}, [silence("2026-03-02T00:00:00Z", "expired")], "passed", ""),
        ({"silence_ends_within": "7d"}, [silence("2026-03-02T00:00:00.000Z")], "passed", ""),
        ({"silence_ends_within": "7d"}, [silence("2027-03-02T00:00:00Z")], "failed", "ana: known ends in 365 d"),
        ({"silence_ends_within": "7d"}, [silence("some day")], "unknown", "no end"),
    ],
)
def test_silences_are_not_forgotten(options: dict[str, Any], silences: list[Any], outcome: str, says: str) -> None:
    finding = judged(options, silences=silences)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"url": URL + "/api/v1"}, "was removed in 0.27"),
        ({"url": URL + "/api/v1/alerts"}, "was removed in 0.27"),
        ({"url": URL + "/api/v2"}, "without /api/v2"),
        ({"max_active": 0, "state": "firing"}, "unprocessed, active or suppressed"),
        ({"max_active": 0, "state": ["active", "firing"]}, "no state `firing`"),
        ({"max_active": 0, "state": "pending"}, "expected unprocessed, active or suppressed"),
        ({"max_active": 0, "state": []}, "name at least one state"),
        ({"state": "suppressed"}, "goes with `max_active`"),
        ({"max_active": {}}, "at least 1"),
        ({"routes": {}}, "at least 1"),
        ({"routes": {"critical": []}}, "at least 1"),
        ({"route_labels": {"a": "b"}}, "go with `routes`"),
        ({"min_version": "latest"}, "expected a version"),
        ({"receivers": []}, "at least 1"),
    ],
)
def test_a_wrong_option_is_refused_when_the_policy_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AlertmanagerCheck.model_validate({"url": URL, **options})
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({}, ["fallback"]),
        ({"severity": "info"}, ["quiet"]),
        ({"severity": "warning"}, ["slack"]),
        ({"severity": "critical"}, ["slack"]),
        ({"severity": "critical", "team": "shop"}, ["pagerduty", "slack"]),
        ({"severity": "critical", "team": "cart"}, ["cart", "slack"]),
        ({"severity": "critical", "team": "shopping"}, ["slack"]),
        ({"page": "yes"}, ["fallback"]),
    ],
)
def test_the_route_tree_is_walked_as_alertmanager_walks_it(labels: dict[str, str], receivers: list[str]) -> None:
    assert list(told_of(read_routes(CONFIGURATION), labels)) == receivers


@pytest.mark.parametrize(
    ("text", "matchers"),
    [
        ('severity="critical"', [("severity", "=", "critical")]),
        ("severity = critical", [("severity", "=", "critical")]),
        ('{a!="b", c=~"d|e"}', [("a", "!=", "b"), ("c", "=~", "d|e")]),
        ('a="x,y}",b!~z', [("a", "=", "x,y}"), ("b", "!~", "z")]),
        (r'a="say \"hi\""', [("a", "=", 'say "hi"')]),
        ('"a b"="c"', [("a b", "=", "c")]),
        ("a=", [("a", "=", "")]),
        ("", []),
    ],
)
def test_matchers_are_read(text: str, matchers: list[tuple[str, str, str]]) -> None:
    assert read_matchers(text) == [Matcher(*one) for one in matchers]


@pytest.mark.parametrize("text", ["a", "=b", 'a="b', "a b c"])
def test_what_is_no_matcher_cannot_be_followed(text: str) -> None:
    with pytest.raises(ValueError, match="matcher"):
        read_matchers(text)


def test_the_page_explains_every_option_and_its_example_loads() -> None:
    assert unexplained(AlertmanagerCheck) == []
    assert len(example_of(AlertmanagerCheck)) == 1


# ------------------------------------------------------------------ over real sockets


def alertmanager(asked: Asked) -> Said:
    if asked.headers.get("authorization") != "Bearer s3cret-token":
        return Said(401, json.dumps({"code": 401, "message": "s3cret-token is not valid here"}))
    pages = {"/api/v2/status": status(), "/api/v2/alerts": [CRITICAL], "/api/v2/silences": []}
    return Said(200, json.dumps(pages[asked.path])) if asked.path in pages else Said(404)


def test_alertmanager_is_asked_with_the_lent_secret(tmp_path: Path) -> None:
    with serving(alertmanager) as site:
        options = {"url": site.url(""), "secret": "alerts", "max_active": {"critical": 0}}
        check = AlertmanagerCheck.model_validate(options)
        finding = check.judge(check.collect(looking(secrets=lent(tmp_path, alerts="s3cret-token"))))
        assert (finding.outcome, finding.source) == (Outcome.FAILED, site.url("/api/v2/status"))
        assert "s3cret" not in repr(finding)
        refused = AlertmanagerCheck.model_validate({"url": site.url("")})
        finding = refused.judge(refused.collect(looking()))
        assert finding.outcome is Outcome.UNKNOWN
        assert "answered 401" in finding.summary


def test_gone_is_explained() -> None:
    with serving(lambda _: Said(410, json.dumps({"status": "error"}))) as site:
        check = AlertmanagerCheck.model_validate({"url": site.url("")})
        finding = check.judge(check.collect(looking()))
    assert finding.outcome is Outcome.UNKNOWN
    assert "removed in 0.27" in finding.summary
