"""What the kind `k8s` makes of manifests on disk and of a cluster's answers. Add a rule by adding a row to `RULES`' table.

No cluster runs here: its answers are written after the pages named in `SOURCE`, field by field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from golive.checks.k8s import K8sCheck
from golive.checks.k8srules import ENFORCE, LIVE, RULES, ZONE
from golive.checks.manifests import selects
from golive.core.model import Finding, Outcome, Strength
from kind_pages import example_of, page_of, unexplained
from looks import looking
from website import Asked, Said, lent, serving

SOURCE = "Kubernetes documentation, API reference: lists of apps/v1, autoscaling/v2, policy/v1, core/v1, and Status"

GOOD = f"""
apiVersion: v1
kind: Namespace
metadata: {{name: shop, labels: {{{ENFORCE}: restricted}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop, namespace: shop}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop, tier: web}}}}
    spec:
      securityContext: {{runAsNonRoot: true}}
      topologySpreadConstraints: [{{maxSkew: 1, topologyKey: {ZONE}, whenUnsatisfiable: DoNotSchedule}}]
      containers:
        - name: web
          image: registry.example.com:5000/shop:1.4.2
          env:
            - {{name: LOG_LEVEL, value: info}}
            - {{name: TOKEN_TTL, value: "3600"}}
            - {{name: DB_PASSWORD, valueFrom: {{secretKeyRef: {{name: db, key: password}}}}}}
          resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{cpu: "1", memory: 256Mi}}}}
          livenessProbe: {{httpGet: {{path: /live, port: 8080}}}}
          readinessProbe: {{httpGet: {{path: /ready, port: 8080}}}}
          securityContext: {{allowPrivilegeEscalation: false}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: shop, namespace: shop}}
spec: {{minAvailable: 2, selector: {{matchLabels: {{app: shop}}}}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: shop, namespace: shop}}
spec: {{minReplicas: 3, maxReplicas: 9, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: shop}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: deny, namespace: shop}}
spec: {{podSelector: {{}}, policyTypes: [Ingress, Egress]}}
"""
EVERYTHING = sorted(set(RULES) - LIVE - {"image-digests"})
DIGEST = "@sha256:" + "0123456789abcdef" * 4
CRON_JOB = """
kind: CronJob
metadata: {name: a}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}
"""
ROLLOUT = """
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop, namespace: shop}
spec: {strategy: {canary: {steps: [{setWeight: 20}, STEP]}}, template: {spec: {containers: [{name: web, image: a:1}]}}}
"""


def judged(folder: Path, text: str, names: list[str], **options: Any) -> Finding:
    (folder / "app.yaml").write_text(text)
    check = K8sCheck.model_validate({"files": "*.yaml", "assert": names, **options})
    return check.judge(check.collect(looking(folder)))


def without(*lines: str, **swaps: str) -> str:
    """The good manifest with texts swapped, and without lines that hold one of these texts."""
    text = GOOD
    for old, new in swaps.items():
        assert old in text
        text = text.replace(old, new)
    return "\n".join(line for line in text.split("\n") if not any(part in line for part in lines))


def swapped(old: str, new: str) -> str:
    assert old in GOOD, f"the good manifest has no {old!r} any more"
    return GOOD.replace(old, new)


def less(kind: str) -> str:
    """The good manifest without the resources of a kind."""
    return "---".join(part for part in GOOD.split("---") if f"\nkind: {kind}\n" not in part)


def test_a_manifest_that_has_it_all_passes(tmp_path: Path) -> None:
    finding = judged(tmp_path, GOOD, EVERYTHING, namespace="shop", min_replicas=3, pod_security="restricted")
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert finding.strength is Strength.DOCUMENT
    assert {one.name: one.value for one in finding.measures} == {"flaws": 0, "workloads": 1, "containers": 1}


@pytest.mark.parametrize(
    ("rule", "text", "says"),
    [
        (
            "namespace",
            swapped("metadata: {name: shop, namespace: shop}\nspec:\n", "metadata: {name: shop}\nspec:\n"),
            "names no namespace",
        ),
        ("namespace", GOOD.replace("namespace: shop", "namespace: default"), "lives in the namespace default"),
        (
            "requests",
            swapped('requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: "1", memory: 256Mi}', "requests: {cpu: 100m}"),
            "app.yaml:18: Deployment/shop container web has no memory requests",
        ),
        ("limits", swapped(', limits: {cpu: "1", memory: 256Mi}', ""), "no cpu and no memory limits"),
        ("memory-limits", swapped('limits: {cpu: "1", memory: 256Mi}', 'limits: {cpu: "1"}'), "no memory limits"),
        ("liveness", without("livenessProbe"), "no liveness probe"),
        ("readiness", without("readinessProbe"), "no readiness probe"),
        (
            "replicas",
            swapped("minReplicas: 3", "minReplicas: 1"),
            "HorizontalPodAutoscaler/shop may go down to 1 replicas",
        ),
        (
            "replicas",
            less("HorizontalPodAutoscaler").replace("replicas: 3", "replicas: 1"),
            "app.yaml:10: Deployment/shop runs 1 replicas",
        ),
        ("hpa", less("HorizontalPodAutoscaler"), "no HorizontalPodAutoscaler"),
        ("hpa", swapped("maxReplicas: 9", "maxReplicas: 3"), "scales nothing"),
        ("hpa", swapped("minReplicas: 3", "minReplicas: 1"), "minReplicas 1, at least 2"),
        ("pdb", less("PodDisruptionBudget"), "no PodDisruptionBudget"),
        ("pdb", swapped("minAvailable: 2", "maxUnavailable: 0"), "no node can be drained"),
        ("pdb", swapped("minAvailable: 2", "minAvailable: 3"), "no node can be drained"),
        ("pdb", swapped("minAvailable: 2", "minAvailable: 100%"), "no node can be drained"),
        (
            "pdb",
            swapped(
                "spec: {minAvailable: 2, selector: {matchLabels: {app: shop}}}",
                "spec: {minAvailable: 2, selector: {matchLabels: {app: cart}}}",
            ),
            "no PodDisruptionBudget",
        ),
        ("default-deny", less("NetworkPolicy"), "denies all ingress"),
        ("default-deny", swapped("podSelector: {}", "podSelector: {matchLabels: {a: b}}"), "denies all ingress"),
        ("default-deny", swapped("policyTypes: [Ingress, Egress]", "ingress: [{}]"), "denies all ingress"),
        (
            "default-deny-egress",
            swapped("policyTypes: [Ingress, Egress]", "policyTypes: [Ingress]"),
            "denies all egress",
        ),
        ("pod-security", less("Namespace"), "no Namespace shop"),
        (
            "pod-security",
            swapped(f"{ENFORCE}: restricted", f"{ENFORCE}: privileged"),
            "enforces privileged, at least baseline",
        ),
        ("pod-security", swapped(f"{ENFORCE}: restricted", "a: b"), "has no label"),
        ("image-tags", swapped("shop:1.4.2", "shop"), "without a tag"),
        ("image-tags", swapped("shop:1.4.2", "shop:latest"), "app.yaml:19: "),
        ("image-digests", GOOD, "not pinned by a digest"),
        ("non-root", without("runAsNonRoot"), "may run as root"),
        ("non-root", swapped("runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 0"), "the user 0"),
        ("non-root", swapped("allowPrivilegeEscalation: false", "runAsNonRoot: false"), "may run as root"),
        ("unprivileged", swapped("allowPrivilegeEscalation: false", "privileged: true"), "is privileged"),
        ("unprivileged", without("allowPrivilegeEscalation"), "may gain privileges"),
        ("unprivileged", swapped("securityContext: {runAsNonRoot: true}", "hostNetwork: true"), "has hostNetwork"),
        ("zones", without("topologySpread"), "not spread over zones"),
        (
            "env-secrets",
            swapped("LOG_LEVEL, value: info", "API_KEY, value: hunter2-abc"),
            "app.yaml:21: Deployment/shop container web has a secret in plain text: the variable API_KEY",
        ),
        (
            "env-secrets",
            swapped("LOG_LEVEL, value: info", "DATABASE, value: 'postgres://shop:hunter2@db/shop'"),
            "the variable DATABASE",
        ),
        (
            "secret-manifests",
            GOOD + "---\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {password: hunter2}\n",
            "Secret/db stands in the repository",
        ),
        ("analysis", ROLLOUT.replace("STEP", "{pause: {}}"), "has no analysis"),
    ],
)
def test_each_assertion_finds_what_speaks_against_it(tmp_path: Path, rule: str, text: str, says: str) -> None:
    finding = judged(tmp_path, text, [rule])
    assert finding.outcome is Outcome.FAILED, finding.summary
    assert says in finding.summary
    assert "hunter2" not in repr(finding)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("requests", swapped("requests: {cpu: 100m, memory: 128Mi}, ", "")),
        ("replicas", swapped("replicas: 3", "replicas: 1")),
        ("image-digests", swapped("shop:1.4.2", f"shop:1.4.2{DIGEST}")),
        ("image-tags", swapped("shop:1.4.2", f"shop{DIGEST}")),
        ("non-root", swapped("allowPrivilegeEscalation: false", "runAsUser: 1000")),
        ("analysis", ROLLOUT.replace("STEP", "{analysis: {templates: [{templateName: ok}]}}")),
        (
            "zones",
            GOOD.replace(
                "topologySpreadConstraints: [{maxSkew: 1, topologyKey: "
                + ZONE
                + ", whenUnsatisfiable: DoNotSchedule}]",
                "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "
                + ZONE
                + "}]}}",
            ),
        ),
        (
            "liveness",
            CRON_JOB,
        ),
        (
            "image-tags",
            "kind: List\nitems:\n- kind: Pod\n  metadata: {name: a}\n  spec: {containers: [{name: a, image: 'a:1'}]}\n",
        ),
    ],
)
def test_other_ways_to_be_right(tmp_path: Path, rule: str, text: str) -> None:
    finding = judged(tmp_path, text, [rule])
    assert finding.outcome is Outcome.PASSED, finding.summary


@pytest.mark.parametrize(
    ("text", "options", "outcome", "says"),
    [
        ("a: 1\n", {}, "unknown", "0 samples: there is no workload"),
        ("", {}, "unknown", "0 samples"),
        ("image: {{ .Values.image }}\n", {}, "failed", "looks like a template"),
        (GOOD, {"min_workloads": 2}, "failed", "1 workload, at least 2"),
        (GOOD, {"files": ["*.yaml", "more/*"]}, "unknown", "no file matches more/*"),
        (GOOD, {"ignore": ["Deployment/shop"]}, "unknown", "no workload"),
    ],
)
def test_nothing_to_look_at_never_passes(
    tmp_path: Path, text: str, options: dict[str, Any], outcome: str, says: str
) -> None:
    finding = judged(tmp_path, text, ["image-tags"], **options)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"files": "a"}, "required"),
        ({"files": "a", "assert": []}, "at least 1"),
        ({"assert": ["limits"]}, "exactly one of"),
        ({"files": "a", "api": "https://k8s.example", "assert": ["limits"]}, "exactly one of"),
        ({"files": "a", "assert": ["probes"]}, "there is no assertion 'probes'; there are namespace, requests"),
        ({"files": "a", "assert": ["limits", "limits"]}, "named twice"),
        ({"files": "a", "assert": ["available"]}, "only be asserted with `api`"),
        ({"files": "a", "assert": ["limits"], "secret": "k8s"}, "goes with `api`"),
        ({"api": "https://k8s.example", "assert": ["limits"]}, "say in `namespace`"),
        ({"api": "https://k8s.example", "namespace": "a", "assert": ["namespace"]}, "only be asserted with `files`"),
        ({"files": "a", "assert": ["limits"], "namespace": "A b"}, "pattern"),
        ({"files": "a", "assert": ["limits"], "pod_security": "privileged"}, "baseline"),
    ],
)
def test_a_wrong_option_is_refused_when_the_policy_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        K8sCheck.model_validate(options)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("selector", "takes"),
    [
        ({}, True),
        ({"matchLabels": {"app": "shop"}}, True),
        ({"matchLabels": {"app": "shop", "tier": "db"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["shop", "cart"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["shop"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Like"}]}, False),
    ],
)
def test_selectors_select_as_kubernetes_does(selector: Any, takes: bool) -> None:
    assert selects(selector, {"app": "shop", "tier": "web"}) is takes


def test_the_page_explains_every_option_and_every_assertion_and_its_example_loads() -> None:
    assert unexplained(K8sCheck) == []
    assert [name for name in RULES if f"`{name}`" not in page_of(K8sCheck)] == []
    assert [rule.id for rule in example_of(K8sCheck)] == ["manifests-fit", "cluster-runs-it"]


# ------------------------------------------------------------------ a cluster's answers

PLACES = {
    "Deployment": "deployments",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "NetworkPolicy": "networkpolicies",
}


def a_node(name: str, zone: str, ready: str = "True", **spec: Any) -> dict[str, Any]:
    conditions = [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": ready}]
    return {"metadata": {"name": name, "labels": {ZONE: zone}}, "spec": spec, "status": {"conditions": conditions}}


def the_cluster(available: int = 3, nodes: list[Any] | None = None, active: str = "True") -> Mapping[str, Any]:
    """Lists by the last part of their place, from the good manifest with the state a cluster adds."""
    lists: dict[str, Any] = {name: [] for name in ("statefulsets", "daemonsets", "poddisruptionbudgets")}
    for held in yaml.safe_load_all(GOOD):
        kind = held.pop("kind")
        if kind == "Deployment":
            held["metadata"]["generation"] = 4
            held["status"] = {"availableReplicas": available, "observedGeneration": 4}
        if kind == "HorizontalPodAutoscaler":
            states = {"AbleToScale": "True", "ScalingActive": active}
            rows = [{"type": name, "status": value, "message": "no metrics"} for name, value in states.items()]
            held["status"] = {"currentReplicas": 3, "conditions": rows}
        lists[{"NetworkPolicy": "networkpolicies"}.get(kind, kind.lower() + "s")] = [held]
    every = nodes if nodes is not None else [a_node("a", "z1"), a_node("b", "z2"), a_node("c", "z2")]
    return {**lists, "nodes": every, "shop": lists["namespaces"][0]}


class Api:
    """Answers as a cluster's API does, one item a page. hidden: what the token may not read."""

    def __init__(self, lists: Mapping[str, Any], hidden: str = "") -> None:
        self.lists, self.hidden = lists, hidden

    def __call__(self, asked: Asked) -> Said:
        path, _, query = asked.path.partition("?")
        name = path.rpartition("/")[2]
        if asked.headers.get("authorization") != "Bearer s3cret-token":
            return self._status(401, "Unauthorized")
        if name == self.hidden:
            return self._status(403, f'{name} is forbidden: User "golive" cannot list resource "{name}"')
        if name not in self.lists:
            return self._status(404, "the server could not find the requested resource")
        if name == "shop":
            return Said(200, json.dumps(self.lists[name]))
        at = int(query.partition("continue=")[2] or 0)
        following = str(at + 1) if at + 1 < len(self.lists[name]) else ""
        return Said(200, json.dumps({"metadata": {"continue": following}, "items": self.lists[name][at : at + 1]}))

    def _status(self, code: int, message: str) -> Said:
        return Said(code, json.dumps({"kind": "Status", "status": "Failure", "message": message, "code": code}))


@pytest.mark.parametrize(
    ("names", "api", "outcome", "says"),
    [
        (["available"], Api(the_cluster()), "passed", "1 workload"),
        (["available"], Api(the_cluster(available=2)), "failed", "Deployment/shop has 2 of 3 pods available"),
        (["available"], Api({**the_cluster(), "deployments": []}), "unknown", "0 samples"),
        (["available"], Api(the_cluster(), hidden="deployments"), "unknown", "cannot list resource"),
        (["available"], Api({}), "unknown", "answered 404"),
        (["node-zones"], Api(the_cluster()), "passed", "3 ready nodes in 2 zones"),
        (["node-zones"], Api(the_cluster(nodes=[a_node("a", "z1"), a_node("b", "z2", "False")])), "failed", "in 1 zones (z1)"),
        (["node-zones"], Api(the_cluster(nodes=[a_node("a", "z1"), a_node("b", "z2", unschedulable=True)])), "failed", "(z1)"),
        (["hpa"], Api(the_cluster()), "passed", ""),
        (["hpa"], Api(the_cluster(active="False")), "failed", "is not ScalingActive: no metrics"),
        (["pdb", "default-deny", "pod-security", "requests", "readiness", "image-tags"], Api(the_cluster()), "passed", ""),
        (["pod-security"], Api({k: v for k, v in the_cluster().items() if k != "shop"}), "failed", "no Namespace shop"),
        (["pdb"], Api({**the_cluster(), "poddisruptionbudgets": []}), "failed", "no PodDisruptionBudget"),
        (["pdb"], Api(the_cluster(), hidden="poddisruptionbudgets"), "unknown", "is forbidden"),
        (["analysis"], Api({**the_cluster()}), "passed", ""),
    ],
)  # fmt: skip
def test_a_cluster_is_asked(tmp_path: Path, names: list[str], api: Api, outcome: str, says: str) -> None:
    with serving(api) as site:
        options = {"api": site.url(""), "secret": "k8s", "namespace": "shop", "assert": names}
        check = K8sCheck.model_validate(options)
        finding = check.judge(check.collect(looking(secrets=lent(tmp_path, k8s="s3cret-token"))))
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert finding.strength is Strength.PROBE
    assert not check.on_machine()
    assert "s3cret" not in repr(finding)
