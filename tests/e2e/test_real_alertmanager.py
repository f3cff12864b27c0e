"""The kinds that ask Alertmanager, against a real one that tells a webhook of this test. Skipped where it is not installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.alert_roundtrip import AlertRoundtripCheck
from golive.checks.alertmanager import AlertmanagerCheck
from golive.checks.alertroutes import read_routes, told_of
from golive.core.model import Finding, Outcome
from looks import looking
from real_servers import free_port, until_ready
from website import Asked, Said, serving

PROGRAM = next((name for name in ("prometheus-alertmanager", "alertmanager") if shutil.which(name)), "")
pytestmark = [
    pytest.mark.sockets,
    pytest.mark.slow,
    pytest.mark.skipif(
        not PROGRAM, reason="prometheus-alertmanager is not installed; apt-get install prometheus-alertmanager"
    ),
    pytest.mark.xdist_group("alertmanager"),
]

CONFIGURATION = """
route:
  receiver: hook
  group_by: [alertname, golive_round_trip]
  group_wait: 100ms
  group_interval: 1s
  routes:
    - matchers: ['severity="critical"', 'team=~"shop|cart"']
      receiver: pager
      continue: true
      routes:
        - {match: {team: cart}, receiver: cart}
    - {match_re: {severity: "critical|warning"}, receiver: hook}
    - {matchers: ['severity = info'], receiver: quiet}
    - {matchers: ['page!=""', 'severity!~"crit.*"'], receiver: cart}
receivers:
  - {name: hook, webhook_configs: [{url: "HOOK"}]}
  - {name: pager, webhook_configs: [{url: "HOOK"}]}
  - {name: cart, webhook_configs: [{url: "HOOK"}]}
  - {name: quiet}
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [service]}
"""


@dataclass
class Hook:
    """Receives what Alertmanager sends, and shows it to whoever looks."""

    got: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Said:
        if asked.method == "POST":
            self.got.append(asked.body)
        return Said(200, "\n".join(self.got))


@dataclass(frozen=True)
class Running:
    url: str
    hook: str
    file: Path

    def ask(self, **options: Any) -> Finding:
        """What the kind finds there now."""
        check = AlertmanagerCheck.model_validate({"url": self.url, **options})
        return check.judge(check.collect(looking()))

    def send(self, **options: Any) -> Finding:
        """What comes of a test alert."""
        check = AlertRoundtripCheck.model_validate({"url": self.url, "writes": True, **options})
        return check.judge(check.collect(looking()))

    def post(self, path: str, document: Any) -> None:
        """Put something there that a check is to find."""
        answer = looking().http.request(
            "POST",
            f"{self.url}/api/v2/{path}",
            headers={"content-type": "application/json"},
            body=json.dumps(document).encode(),
            writes=True,
        )
        assert answer.status == 200, answer.body


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("alertmanager")
    port = free_port()
    with serving(Hook()) as hook, (folder / "log").open("w") as log:
        file = folder / "alertmanager.yml"
        file.write_text(CONFIGURATION.replace("HOOK", hook.url("/")))
        process = subprocess.Popen(
            [
                PROGRAM, f"--config.file={file}", f"--storage.path={folder / 'data'}", "--cluster.listen-address=",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            running = Running(f"http://127.0.0.1:{port}", hook.url("/"), file)
            until_ready(process, f"{running.url}/-/ready", folder / "log")
            yield running
        finally:
            process.terminate()
            process.wait(10)


@pytest.mark.parametrize(
    ("options", "outcome", "says"),
    [
        ({}, "passed", "Alertmanager 0."),
        ({"min_version": "0.16"}, "passed", ""),
        ({"min_version": "9.0"}, "failed", "at least 9.0"),
        ({"receivers": ["hook", "pager"], "inhibit_rules": 1}, "passed", ""),
        ({"receivers": "nobody"}, "failed", "there is no receiver nobody"),
        ({"routes": {"critical": ["pager", "hook"]}, "route_labels": {"team": "shop"}}, "passed", ""),
        ({"routes": {"info": "quiet"}}, "failed", "sends nothing to anybody"),
        ({"max_active": 0, "matching": {"alertname": "NoSuchAlert"}}, "passed", ""),
    ],
)
def test_a_real_alertmanager_is_read(alertmanager: Running, options: dict[str, Any], outcome: str, says: str) -> None:
    finding = alertmanager.ask(**options)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary


def test_a_test_alert_goes_to_the_webhook_and_is_resolved(alertmanager: Running) -> None:
    finding = alertmanager.send(
        labels={"severity": "critical", "team": "shop"}, receiver="pager", seen_at=alertmanager.hook
    )
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert [one.name for one in finding.measures] == ["duration", "delivered"]
    after = alertmanager.ask(max_active=0, matching={"alertname": "GoliveRoundTrip"})
    assert after.outcome is Outcome.PASSED, after.summary


def test_a_receiver_that_is_silent_is_never_seen(alertmanager: Running) -> None:
    options = {"labels": {"severity": "info"}, "within": "600ms", "seen_at": alertmanager.hook}
    finding = alertmanager.send(**options, receiver="quiet")
    assert (finding.outcome, "not seen" in finding.summary) == (Outcome.FAILED, True), finding.summary


def test_alerts_and_silences_are_counted_in_their_real_states(alertmanager: Running) -> None:
    now = datetime.now(UTC)
    for name in ("Loud", "Hushed"):
        alertmanager.post("alerts", [{"labels": {"alertname": name, "severity": "debug"}}])
    matcher = {"name": "alertname", "value": "Hushed", "isRegex": False, "isEqual": True}
    times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(days=30)).isoformat()}
    alertmanager.post("silences", {"matchers": [matcher], **times, "createdBy": "ana", "comment": "known"})
    deadline = now + timedelta(seconds=8)
    while datetime.now(UTC) < deadline:
        finding = alertmanager.ask(max_active={"debug": 0}, matching={"severity": "debug"}, silence_ends_within="7d")
        counts = {one.name: one.value for one in finding.measures}
        if (counts["active"], counts["suppressed"]) == (1, 1):
            break
    assert (counts["active"], counts["suppressed"], counts["silences"]) == (1, 1, 1)
    assert finding.outcome is Outcome.FAILED
    assert "1 active of severity debug, at most 0 expected: Loud" in finding.summary
    assert "ana: known ends in 29 d" in finding.summary or "ana: known ends in 30 d" in finding.summary
    hushed = alertmanager.send(labels={"alertname": "Hushed"}, within="1s")
    assert "suppressed, by a silence" in hushed.summary, hushed.summary


@pytest.mark.skipif(
    shutil.which("amtool") is None, reason="amtool is not installed; apt-get install prometheus-alertmanager"
)
@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"severity": "info"},
        {"severity": "warning"},
        {"severity": "critical"},
        {"severity": "critical", "team": "shop"},
        {"severity": "critical", "team": "cart"},
        {"severity": "critical", "team": "shopping"},
        {"page": "yes"},
        {"page": "yes", "severity": "critical"},
        {"page": "yes", "severity": "warning"},
    ],
)  # fmt: skip
def test_the_route_tree_is_walked_as_amtool_walks_it(alertmanager: Running, labels: dict[str, str]) -> None:
    given = [f"{name}={value}" for name, value in labels.items()]
    command = ["amtool", "config", "routes", "test", f"--config.file={alertmanager.file}", *given]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
    routes = read_routes(alertmanager.file.read_text())
    assert ",".join(told_of(routes, labels)) == said.strip()
