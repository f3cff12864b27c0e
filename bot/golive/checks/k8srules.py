"""What can be asserted of Kubernetes resources: one function for each name, which gives the flaws that speak against it.

Add an assertion as a function and its row in `RULES`, with the sentence in `k8s`' text and the API lists it needs in
`NEEDS`. The limits come from Kubernetes' own documentation, named at each rule where it is not plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from golive.checks.manifests import SCALED, SERVING, Cluster, Container, Resource, selects
from golive.checks.webapi import shortened
from golive.checks.yamltexts import Table, as_table, rows, text_of
from golive.core.model import Detail, Outcome

ZONE = "topology.kubernetes.io/zone"
ENFORCE = "pod-security.kubernetes.io/enforce"
LEVELS = ("privileged", "baseline", "restricted")
"""Pod Security Standards, from the most to the least that is allowed."""
_SECRET_NAME = re.compile(r"(?i)passw(?:or)?d|secret|token|api_?key|private_?key|access_?key|credential|dsn$")
_NO_SECRET = re.compile(
    r"(?i)(?:_|^)(?:file|path|name|dir|ttl|expiry|expires|issuer|audience|length|type|url|uri|host)$"
)
_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@", re.IGNORECASE)
_DIGEST = re.compile(r"@sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$")


@dataclass(frozen=True)
class Wanted:
    """How much is enough. namespace: empty for any."""

    namespace: str = ""
    min_replicas: int = 2
    min_zones: int = 2
    pod_security: str = "baseline"


Flaws = Iterator[Detail]


def _flaw(resource: Resource, said: str, line: int = 0) -> Detail:
    return Detail(f"{resource.name} {said}", resource.path, line or resource.line)


def _in_container(resource: Resource, container: Container, said: str, line: int = 0) -> Detail:
    return _flaw(resource, f"container {container.name} {said}", line or container.line)


def _namespace(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.resources:
        if not one.has_namespace:
            continue
        if not one.namespace:
            yield _flaw(one, "names no namespace")
        elif one.namespace == "default" and wanted.namespace != "default":
            yield _flaw(one, "lives in the namespace default")
        elif wanted.namespace and one.namespace != wanted.namespace:
            yield _flaw(one, f"lives in the namespace {one.namespace}, not {wanted.namespace}")


def _amounts(cluster: Cluster, part: str, names: tuple[str, ...]) -> Flaws:
    """Containers without amounts. A container without a request is given its limit as one, so that is enough."""
    for one in cluster.workloads():
        for container in one.containers():
            held = as_table(container.held.get("resources"))
            given = {*as_table(held.get(part)), *(as_table(held.get("limits")) if part == "requests" else ())}
            lacking = [name for name in names if name not in given]
            if lacking:
                yield _in_container(one, container, f"has no {' and no '.join(lacking)} {part}")


def _requests(cluster: Cluster, wanted: Wanted) -> Flaws:
    return _amounts(cluster, "requests", ("cpu", "memory"))


def _limits(cluster: Cluster, wanted: Wanted) -> Flaws:
    return _amounts(cluster, "limits", ("cpu", "memory"))


def _memory_limits(cluster: Cluster, wanted: Wanted) -> Flaws:
    return _amounts(cluster, "limits", ("memory",))


def _probe(cluster: Cluster, name: str) -> Flaws:
    for one in cluster.of(*SERVING):
        for container in one.containers():
            if not container.initial and not as_table(container.held.get(f"{name}Probe")):
                yield _in_container(one, container, f"has no {name} probe")


def _liveness(cluster: Cluster, wanted: Wanted) -> Flaws:
    return _probe(cluster, "liveness")


def _readiness(cluster: Cluster, wanted: Wanted) -> Flaws:
    return _probe(cluster, "readiness")


def _scaler(cluster: Cluster, target: Resource) -> Resource | None:
    for one in cluster.of("HorizontalPodAutoscaler"):
        held = as_table(one.spec.get("scaleTargetRef"))
        same_place = not one.namespace or not target.namespace or one.namespace == target.namespace
        if same_place and (held.get("kind"), held.get("name")) == (target.kind, target.metadata.get("name")):
            return one
    return None


def _least(scaler: Resource) -> int:
    value = scaler.spec.get("minReplicas", 1)
    return value if isinstance(value, int) else 1


def _replicas(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.of(*SCALED):
        scaler = _scaler(cluster, one)
        least = _least(scaler) if scaler else one.replicas
        if least < wanted.min_replicas:
            how = f"{scaler.name} may go down to {least}" if scaler else f"runs {least}"
            yield _flaw(one, f"{how} replicas, at least {wanted.min_replicas} are expected", one.spec.at("replicas"))


def _hpa(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.of("Deployment", "Rollout"):
        scaler = _scaler(cluster, one)
        if scaler is None:
            yield _flaw(one, "has no HorizontalPodAutoscaler")
            continue
        least, most = _least(scaler), scaler.spec.get("maxReplicas")
        if least < wanted.min_replicas:
            yield _flaw(scaler, f"has minReplicas {least}, at least {wanted.min_replicas} are expected")
        if not isinstance(most, int) or most <= least:
            yield _flaw(scaler, f"has maxReplicas {most} and minReplicas {least}: it scales nothing")
        if cluster.live:
            yield from _scales(scaler)


def _scales(scaler: Resource) -> Flaws:
    conditions = [as_table(one) for one, _ in rows(as_table(scaler.held.get("status")).get("conditions"))]
    for name in ("AbleToScale", "ScalingActive"):
        state = next((one for one in conditions if one.get("type") == name), None)
        if state is None:
            yield Detail(f"{scaler.name} does not say whether {name}", outcome=Outcome.UNKNOWN)
        elif state.get("status") != "True":
            why = shortened(str(state.get("message") or state.get("reason") or ""), 200)
            yield _flaw(scaler, f"is not {name}: {why}")


def _pdb(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.of(*SCALED):
        budgets = [
            budget
            for budget in cluster.of("PodDisruptionBudget")
            if budget.namespace == one.namespace and selects(budget.spec.get("selector"), one.pod_labels)
        ]
        if not budgets:
            yield _flaw(one, "has no PodDisruptionBudget")
        for budget in budgets:
            scaler = _scaler(cluster, one)
            replicas = _least(scaler) if scaler else one.replicas
            if str(budget.spec.get("maxUnavailable")) in ("0", "0%") or _keeps_all(budget, replicas):
                yield _flaw(budget, f"lets none of the pods of {one.name} be moved: no node can be drained")


def _keeps_all(budget: Resource, replicas: int) -> bool:
    least = budget.spec.get("minAvailable")
    return least == "100%" or (isinstance(least, int) and not isinstance(least, bool) and least >= replicas)


def _default_deny(cluster: Cluster, wanted: Wanted, direction: str) -> Flaws:
    """https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies"""
    for namespace in sorted({one.namespace for one in cluster.workloads()}):
        policies = [one for one in cluster.of("NetworkPolicy") if one.namespace == namespace]
        if not any(_denies(policy, direction) for policy in policies):
            yield Detail(
                f"the namespace {namespace or '(none)'} has no NetworkPolicy that denies all {direction} by default"
            )


def _denies(policy: Resource, direction: str) -> bool:
    everyone = "podSelector" in policy.spec and not as_table(policy.spec.get("podSelector"))
    types = [one for one, _ in rows(policy.spec.get("policyTypes"))] or ["Ingress"]
    return everyone and direction.capitalize() in types and not rows(policy.spec.get(direction))


def _deny_ingress(cluster: Cluster, wanted: Wanted) -> Flaws:
    return _default_deny(cluster, wanted, "ingress")


def _deny_egress(cluster: Cluster, wanted: Wanted) -> Flaws:
    return _default_deny(cluster, wanted, "egress")


def _pod_security(cluster: Cluster, wanted: Wanted) -> Flaws:
    """https://kubernetes.io/docs/concepts/security/pod-security-admission/"""
    told = {text_of(one.metadata.get("name")): one for one in cluster.of("Namespace")}
    used = {one.namespace for one in cluster.workloads()} | ({wanted.namespace} if wanted.namespace else set())
    for name in sorted(used):
        one = told.get(name)
        if one is None:
            yield Detail(f"there is no Namespace {name or '(none)'} with the label {ENFORCE}")
            continue
        level = as_table(one.metadata.get("labels")).get(ENFORCE)
        if level not in LEVELS:
            yield _flaw(one, f"has no label {ENFORCE}" if level is None else f"enforces {level}, which is no level")
        elif LEVELS.index(str(level)) < LEVELS.index(wanted.pod_security):
            yield _flaw(one, f"enforces {level}, at least {wanted.pod_security} is expected")


def _tags(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.workloads():
        for container in one.containers():
            image = text_of(container.held.get("image"))
            if _DIGEST.search(image):
                continue
            tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
            if not tag or tag == "latest":
                said = f"runs {image or 'no image'}, " + ("whatever it is today" if tag else "without a tag")
                yield _in_container(one, container, said, container.held.at("image"))


def _digests(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.workloads():
        for container in one.containers():
            image = text_of(container.held.get("image"))
            if not _DIGEST.search(image):
                said = f"runs {image or 'no image'}, which is not pinned by a digest"
                yield _in_container(one, container, said, container.held.at("image"))


def _non_root(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.workloads():
        pod = as_table(one.pod.get("securityContext"))
        for container in one.containers():
            own = as_table(container.held.get("securityContext"))
            if own.get("runAsUser", pod.get("runAsUser")) == 0:
                yield _in_container(one, container, "runs as the user 0, which is root")
            elif own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
                yield _in_container(one, container, "may run as root: runAsNonRoot is not true")


def _unprivileged(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.workloads():
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if one.pod.get(key) is True:
                yield _flaw(one, f"has {key}", one.pod.at(key))
        for container in one.containers():
            own = as_table(container.held.get("securityContext"))
            if own.get("privileged") is True:
                yield _in_container(one, container, "is privileged")
            elif own.get("allowPrivilegeEscalation") is not False:
                yield _in_container(one, container, "may gain privileges: allowPrivilegeEscalation is not false")


def _zones(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.of(*SCALED):
        spread = any(
            as_table(row).get("topologyKey") == ZONE for row, _ in rows(one.pod.get("topologySpreadConstraints"))
        )
        if not spread and ZONE not in set(_anti_affinity(one.pod)):
            yield _flaw(one, f"is not spread over zones: no topologySpreadConstraints over {ZONE}")


def _anti_affinity(pod: Table) -> Iterator[Any]:
    """Keys over which pods keep away from each other."""
    held = as_table(as_table(pod.get("affinity")).get("podAntiAffinity"))
    for term, _ in rows(held.get("requiredDuringSchedulingIgnoredDuringExecution")):
        yield as_table(term).get("topologyKey")
    for term, _ in rows(held.get("preferredDuringSchedulingIgnoredDuringExecution")):
        yield as_table(as_table(term).get("podAffinityTerm")).get("topologyKey")


def _env_secrets(cluster: Cluster, wanted: Wanted) -> Flaws:
    """Never says the value."""
    for one in cluster.workloads():
        for container in one.containers():
            for row, line in rows(container.held.get("env")):
                variable = as_table(row)
                name, value = str(variable.get("name", "")), variable.get("value")
                if value is not None and _is_secret(name, str(value)):
                    said = f"has a secret in plain text: the variable {shortened(name, 80)}"
                    yield _in_container(one, container, f"{said}; use secretKeyRef", line)


def _is_secret(name: str, value: str) -> bool:
    if not value or value.startswith("$(") or value.lower() in ("true", "false"):
        return False
    named = _SECRET_NAME.search(name) is not None and not _NO_SECRET.search(name) and not value.isdigit()
    return named or _IN_URL.match(value) is not None


def _secret_manifests(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.of("Secret"):
        if as_table(one.held.get("data")) or as_table(one.held.get("stringData")):
            yield _flaw(one, "stands in the repository with its values, which base64 does not hide")


def _analysis(cluster: Cluster, wanted: Wanted) -> Flaws:
    """https://argo-rollouts.readthedocs.io/en/stable/features/analysis/"""
    for one in cluster.of("Rollout"):
        strategy = as_table(one.spec.get("strategy"))
        canary, blue = as_table(strategy.get("canary")), as_table(strategy.get("blueGreen"))
        steps = any("analysis" in as_table(step) for step, _ in rows(canary.get("steps")))
        if not (steps or "analysis" in canary or "prePromotionAnalysis" in blue):
            yield _flaw(one, "has no analysis that could stop it")


def _available(cluster: Cluster, wanted: Wanted) -> Flaws:
    for one in cluster.of("Deployment", "StatefulSet", "DaemonSet"):
        status = as_table(one.held.get("status"))
        daemon = one.kind == "DaemonSet"
        want = status.get("desiredNumberScheduled", 0) if daemon else one.replicas
        have = status.get("numberAvailable" if daemon else "availableReplicas", 0)
        if not isinstance(have, int) or not isinstance(want, int) or have < want:
            yield _flaw(one, f"has {have} of {want} pods available")
        seen, current = status.get("observedGeneration"), one.metadata.get("generation")
        if isinstance(seen, int) and isinstance(current, int) and seen < current:
            yield _flaw(one, "was changed and its controller has not seen it yet")


def ready_zones(cluster: Cluster) -> tuple[int, frozenset[str]]:
    """How many nodes are ready, and in which zones they are."""
    nodes = [one for one in cluster.of("Node") if _is_ready(one)]
    zones = (text_of(as_table(one.metadata.get("labels")).get(ZONE)) for one in nodes)
    return len(nodes), frozenset(zone for zone in zones if zone)


def _is_ready(node: Resource) -> bool:
    conditions = (as_table(one) for one, _ in rows(as_table(node.held.get("status")).get("conditions")))
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
    return ready and node.spec.get("unschedulable") is not True


def _node_zones(cluster: Cluster, wanted: Wanted) -> Flaws:
    _, zones = ready_zones(cluster)
    if len(zones) < wanted.min_zones:
        names = f" ({', '.join(sorted(zones))})" if zones else ""
        yield Detail(f"ready nodes in {len(zones)} zones{names}, at least {wanted.min_zones} are expected")


Rule = Callable[[Cluster, Wanted], Flaws]
RULES: Mapping[str, Rule] = {
    "namespace": _namespace,
    "requests": _requests,
    "limits": _limits,
    "memory-limits": _memory_limits,
    "liveness": _liveness,
    "readiness": _readiness,
    "replicas": _replicas,
    "hpa": _hpa,
    "pdb": _pdb,
    "default-deny": _deny_ingress,
    "default-deny-egress": _deny_egress,
    "pod-security": _pod_security,
    "image-tags": _tags,
    "image-digests": _digests,
    "non-root": _non_root,
    "unprivileged": _unprivileged,
    "zones": _zones,
    "env-secrets": _env_secrets,
    "secret-manifests": _secret_manifests,
    "analysis": _analysis,
    "available": _available,
    "node-zones": _node_zones,
}
LIVE = frozenset({"available", "node-zones"})
"""Assertions that only a cluster can answer."""
ON_DISK = frozenset({"namespace", "secret-manifests"})
"""Assertions that a cluster answers by being one."""
_SERVING = ("Deployment", "StatefulSet", "DaemonSet")
NEEDS: Mapping[str, tuple[str, ...]] = {
    "hpa": ("HorizontalPodAutoscaler",),
    "replicas": ("HorizontalPodAutoscaler",),
    "pdb": ("PodDisruptionBudget", "HorizontalPodAutoscaler"),
    "default-deny": ("NetworkPolicy",),
    "default-deny-egress": ("NetworkPolicy",),
    "pod-security": ("Namespace",),
    "analysis": ("Rollout",),
    "node-zones": ("Node",),
}
"""Kinds that an assertion needs of a cluster besides the workloads."""
WORKLOADS = _SERVING
