"""Kubernetes resources, from manifests on disk or from a cluster's API, and what their pods consist of.

https://kubernetes.io/docs/reference/kubernetes-api/. Add a kind that runs pods as a row of `_TEMPLATES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from golive.checks.yamltexts import FileText, NotYaml, Table, as_table, documents, rows, text_of
from golive.core.model import Detail, Outcome

_TEMPLATES: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Rollout": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
"""Where a kind keeps the pods that it runs."""
SERVING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Rollout"})
"""Kinds whose pods run for as long as they can."""
SCALED = frozenset({"Deployment", "StatefulSet", "Rollout"})
"""Kinds that have a number of replicas."""
_EVERYWHERE = frozenset({
    "Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "StorageClass", "PriorityClass",
    "CustomResourceDefinition", "IngressClass", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
    "RuntimeClass", "APIService", "CSIDriver", "ClusterIssuer", "Kustomization", "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
})  # fmt: skip
"""Kinds that belong to no namespace."""


@dataclass(frozen=True)
class Container:
    """One container of a pod. initial: it runs before the others, or (`sidecar`) beside them from before on."""

    name: str
    held: Table
    line: int
    initial: bool = False


@dataclass(frozen=True)
class Resource:
    """One resource. path: its file, empty where a cluster told of it."""

    kind: str
    held: Table
    path: str = ""

    @property
    def metadata(self) -> Table:
        """Its `metadata`."""
        return as_table(self.held.get("metadata"))

    @property
    def spec(self) -> Table:
        """Its `spec`."""
        return as_table(self.held.get("spec"))

    @property
    def name(self) -> str:
        """As people write it: `Deployment/shop`."""
        return f"{self.kind}/{text_of(self.metadata.get('name')) or '?'}"

    @property
    def namespace(self) -> str:
        """Where it lives, empty where it does not say."""
        return text_of(self.metadata.get("namespace"))

    @property
    def has_namespace(self) -> bool:
        """Whether resources of its kind live in a namespace."""
        return self.kind not in _EVERYWHERE

    @property
    def line(self) -> int:
        """Where it begins in its file."""
        return self.held.line

    @property
    def runs_pods(self) -> bool:
        """Whether it is a workload."""
        return self.kind in _TEMPLATES

    @property
    def template(self) -> Table:
        """The pod it runs, with `metadata` and `spec`."""
        found = self.held
        for key in _TEMPLATES.get(self.kind, ()):
            found = as_table(found.get(key))
        return found

    @property
    def pod(self) -> Table:
        """The `spec` of the pod it runs."""
        return as_table(self.template.get("spec"))

    @property
    def pod_labels(self) -> Mapping[str, Any]:
        """The labels of the pods it runs."""
        return as_table(as_table(self.template.get("metadata")).get("labels"))

    @property
    def replicas(self) -> int:
        """How many pods it is to run; one where it does not say."""
        value = self.spec.get("replicas", 1)
        return value if isinstance(value, int) else 1

    def containers(self) -> Iterator[Container]:
        """All containers of its pods."""
        for key in ("initContainers", "containers"):
            for held, line in rows(self.pod.get(key)):
                table = as_table(held)
                yield Container(text_of(table.get("name")) or "?", table, line, initial=key == "initContainers")


@dataclass
class Cluster:
    """All resources that are looked at together, and what could not be read.

    live: whether a cluster told of them, with their state.
    """

    resources: list[Resource] = field(default_factory=list)
    flaws: list[Detail] = field(default_factory=list)
    live: bool = False

    def of(self, *kinds: str) -> list[Resource]:
        """Those of these kinds."""
        return [one for one in self.resources if one.kind in kinds]

    def workloads(self) -> list[Resource]:
        """Those that run pods."""
        return [one for one in self.resources if one.runs_pods]


def read_manifests(files: tuple[FileText, ...]) -> Cluster:
    """The resources of these files. A document without `kind` is none of ours and is passed over."""
    made = Cluster()
    for file in files:
        if file.problem:
            made.flaws.append(Detail(file.problem, file.path, outcome=Outcome.UNKNOWN))
            continue
        try:
            for document in documents(file.text):
                made.resources += _resources(document, file.path)
        except NotYaml as error:
            template = "{{" in file.text
            hint = "; it looks like a template: check what it renders to" if template else ""
            made.flaws.append(Detail(f"is no YAML: {error}{hint}", file.path, error.line))
    return made


def _resources(document: Any, path: str) -> Iterator[Resource]:
    table = as_table(document)
    kind = text_of(table.get("kind"))
    if kind == "List":
        for item, _ in rows(table.get("items")):
            yield from _resources(item, path)
    elif kind:
        yield Resource(kind, table, path)


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector takes these labels. An empty one takes all; `matchLabels` and `matchExpressions`."""
    table = as_table(selector)
    if any(labels.get(name) != value for name, value in as_table(table.get("matchLabels")).items()):
        return False
    return all(_holds(as_table(one), labels) for one, _ in rows(table.get("matchExpressions")))


def _holds(expression: Table, labels: Mapping[str, Any]) -> bool:
    have = labels.get(str(expression.get("key")))
    values = [value for value, _ in rows(expression.get("values"))]
    match expression.get("operator"):
        case "In":
            return have in values
        case "NotIn":
            return have not in values
        case "Exists":
            return have is not None
        case "DoesNotExist":
            return have is None
    return False
