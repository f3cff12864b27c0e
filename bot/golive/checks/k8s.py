"""`k8s`: Kubernetes manifests in the repository, or what runs in a cluster, are fit for production.

With `files` it reads manifests, every document of every YAML file; charts and overlays are to be rendered before. With
`api` it asks a cluster. One of the two is required, and `assert` says what must be so.

Options:

- `files`: a path or glob, or a list of them.
- `api`: the cluster's API, `https://k8s.example.com:6443`. Its certificate must be trusted where golive runs, and the
  operator must allow its address where that is a private one.
- `namespace`: the namespace that resources must name; with `api` the one that is looked at (required there).
- `assert` (required): a list of these names, each for every resource it is about:
  `namespace` (a namespace is named, and it is not `default`; files only),
  `requests` (containers have cpu and memory requests, or limits, which stand in for them),
  `limits` (containers have cpu and memory limits), `memory-limits` (memory limits),
  `liveness`, `readiness` (containers of Deployments, StatefulSets, DaemonSets and Rollouts have the probe),
  `replicas` (at least `min_replicas`, or of its autoscaler's minimum),
  `hpa` (every Deployment and Rollout has an autoscaler whose maximum is above its minimum; in a cluster also one that can
  scale and reads its metrics),
  `pdb` (every Deployment, StatefulSet and Rollout has a PodDisruptionBudget that still lets a pod be moved),
  `default-deny`, `default-deny-egress` (a NetworkPolicy denies all of it in every namespace that runs pods),
  `pod-security` (each such namespace enforces at least the level `pod_security` by its label),
  `image-tags` (images have a tag that is not `latest`, or a digest), `image-digests` (images are pinned by a digest),
  `non-root` (runAsNonRoot is true, and no user is 0),
  `unprivileged` (no privileged container, none that may gain privileges, no host network, PID or IPC),
  `zones` (pods are spread over zones by topologySpreadConstraints or anti-affinity),
  `env-secrets` (no variable with a name like PASSWORD or TOKEN, or a URL with a password, has its value in plain text),
  `secret-manifests` (no Secret with values stands in the files; files only),
  `analysis` (every Argo Rollout has an analysis),
  `available` (as many pods are available as are wanted; cluster only),
  `node-zones` (ready nodes stand in at least `min_zones` zones; cluster only).
- `min_replicas`: Default 2.
- `min_zones`: Default 2.
- `pod_security`: `baseline` (default) or `restricted`.
- `min_workloads`: how many workloads there must be at least. Default 1.
- `ignore`: resources that are passed over, `[Job/migrate]`.
- `secret`: name of a secret that the operator lends to this repository for the API's host: a service account's token that
  may read these resources.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `flaws`, `workloads`, `containers`, and with `api` `nodes` and `zones` (where `node-zones` is asserted).

Example:

    - id: manifests-fit
      uses: k8s
      with:
        files: deploy/**/*.yaml
        namespace: shop
        assert: [namespace, requests, memory-limits, readiness, replicas, pdb, default-deny, image-tags, non-root]

    - id: cluster-runs-it
      uses: k8s
      with:
        api: "${target}"
        secret: k8s-read
        namespace: shop
        assert: [available, node-zones]

Outcomes: `passed`; `failed` (each flaw is named with its file and line); `unknown` (no file matches, there is no workload,
no answer, or the token may not read something). What files say is a document as evidence. Source: the Kubernetes API
reference, the Pod Security Standards and the pages on disruptions and network policies. Values of variables are not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote, urlencode, urlsplit

from pydantic import AfterValidator, Field, model_validator

from golive.checks.asking import Asks, WebUrl, host_of
from golive.checks.k8srules import LIVE, NEEDS, ON_DISK, RULES, WORKLOADS, Wanted, ready_zones
from golive.checks.manifests import Cluster, Resource, read_manifests
from golive.checks.paths import Paths, flaws_text
from golive.checks.replies import Asker, capped, counted, joined, side_by_side
from golive.checks.webapi import Told, asked, listed, shortened, table
from golive.checks.yamltexts import Gathered, as_table, gathered
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look

PAGE = 500
MOST_PAGES = 20
_PLACES = {
    "Deployment": "apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "apis/apps/v1/namespaces/{}/daemonsets",
    "Rollout": "apis/argoproj.io/v1alpha1/namespaces/{}/rollouts",
    "HorizontalPodAutoscaler": "apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "PodDisruptionBudget": "apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "NetworkPolicy": "apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "Namespace": "api/v1/namespaces/{}",
    "Node": "api/v1/nodes",
}
"""Where a cluster lists each kind."""


def _known(name: str) -> str:
    if name not in RULES:
        raise ValueError(f"there is no assertion {name!r}; there are {', '.join(RULES)}")
    return name


Assertion = Annotated[str, AfterValidator(_known)]
ResourceName = Annotated[str, Field(pattern=r"^[A-Za-z]+/[A-Za-z0-9.-]+$")]
DnsLabel = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]


@dataclass(frozen=True)
class Answered:
    """What a cluster answered, by kind, every page."""

    pages: Mapping[str, tuple[Told, ...]]


class K8sCheck(Asks):
    """Options, collecting and judging of the kind `k8s`; the module's text is its reference."""

    kind: ClassVar[str] = "k8s"
    measures: ClassVar[Mapping[str, str]] = {"flaws": "", "workloads": "", "containers": "", "nodes": "", "zones": ""}
    ran_against: ClassVar[str] = "manifests on disk; the part that asks a cluster has not been run against one"

    files: Paths | None = None
    api: WebUrl | None = None
    namespace: DnsLabel | None = None
    assert_: Annotated[list[Assertion], Field(alias="assert", min_length=1)]
    min_replicas: Annotated[int, Field(ge=1)] = 2
    min_zones: Annotated[int, Field(ge=1)] = 2
    pod_security: Literal["baseline", "restricted"] = "baseline"
    min_workloads: Annotated[int, Field(ge=1)] = 1
    ignore: Annotated[list[ResourceName] | None, Field(min_length=1)] = None

    @model_validator(mode="after")
    def _one_place(self) -> K8sCheck:
        if (self.files is None) == (self.api is None):
            raise ValueError("expected exactly one of `files` and `api`")
        if len(set(self.assert_)) < len(self.assert_):
            raise ValueError("an assertion is named twice")
        wrong = sorted((LIVE if self.files is not None else ON_DISK) & set(self.assert_))
        if wrong:
            raise ValueError(f"`{wrong[0]}` can only be asserted with `{'api' if self.files is not None else 'files'}`")
        if self.files is not None and self.secret is not None:
            raise ValueError("`secret` goes with `api`")
        if self.api is not None and (self.namespace is None or urlsplit(self.api).query):
            raise ValueError("with `api`, say in `namespace` which one is looked at, and write the URL without a query")
        return self

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.api),) if self.api else ()

    def on_machine(self) -> bool:
        """See `ports.Kind`."""
        return self.files is not None

    # -------------------------------------------------------------- collect

    def collect(self, look: Look) -> Gathered | Answered:
        """Read the files, or ask the cluster for every kind of resource that the assertions are about."""
        if self.api is None:
            return gathered(look, self.files or ())
        asker, secret = Asker(look), self.credentials(look, self.api)
        kinds = self._kinds()
        return Answered(
            dict(zip(kinds, side_by_side(lambda kind: self._pages(asker, secret, kind), kinds), strict=True))
        )

    def _kinds(self) -> tuple[str, ...]:
        about_workloads = set(self.assert_) != {"node-zones"}
        needed = [kind for name in self.assert_ for kind in NEEDS.get(name, ())]
        return tuple(dict.fromkeys([*(WORKLOADS if about_workloads else ()), *needed]))

    def _pages(self, asker: Asker, secret: Mapping[str, str], kind: str) -> tuple[Told, ...]:
        place = joined(self.api or "", "/" + _PLACES[kind].format(quote(self.namespace or "", safe="")))
        if kind == "Namespace":
            return (asked(asker, place, secret, words),)
        pages: list[Told] = []
        following = ""
        while len(pages) < MOST_PAGES:
            more = {"continue": following} if following else {}
            pages.append(asked(asker, f"{place}?{urlencode({'limit': PAGE, **more})}", secret, words))
            following = str(table(table(pages[-1].document).get("metadata")).get("continue") or "")
            if pages[-1].problem or not following:
                break
        return tuple(pages)

    # -------------------------------------------------------------- judge

    def judge(self, facts: Gathered | Answered) -> Finding:
        """Every flaw of every resource."""
        if isinstance(facts, Answered):
            cluster = _of_answers(facts)
            first = next((page.url for pages in facts.pages.values() for page in pages if page.url), self.api or "")
            source = f"namespace {self.namespace} at {first.partition('/api')[0]}"
        else:
            cluster = read_manifests(facts.files)
            cluster.flaws += [Detail(f"no file matches {one}", outcome=Outcome.UNKNOWN) for one in facts.without]
            source = ", ".join(self.files or ())
        cluster.resources = [one for one in cluster.resources if one.name not in (self.ignore or ())]
        flaws = [*cluster.flaws, *self._flaws(cluster)]
        measures = self._measures(cluster, flaws)
        outcomes = {flaw.outcome for flaw in flaws}
        worst = next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
        said = self._said(cluster)
        bad = sum(flaw.outcome is Outcome.FAILED for flaw in flaws)
        return Finding(
            "",
            worst,
            f"{said}: {flaws_text(flaws)}" if flaws else said,
            f"{counted(bad, 'flaw')} in {said}",
            ", ".join(self.assert_),
            source,
            Strength.DOCUMENT if self.files is not None else Strength.PROBE,
            measures=measures,
            samples=len(cluster.workloads()) if self._counts_workloads() else None,
            details=capped(flaws),
        )

    def _counts_workloads(self) -> bool:
        return self.files is not None or set(self.assert_) != {"node-zones"}

    def _flaws(self, cluster: Cluster) -> Iterator[Detail]:
        number = len(cluster.workloads())
        if self._counts_workloads() and number < self.min_workloads:
            if not number:
                if not cluster.flaws:
                    yield Detail("0 samples: there is no workload", outcome=Outcome.UNKNOWN)
                return
            yield Detail(f"{counted(number, 'workload')}, at least {self.min_workloads} are expected")
        if cluster.live and cluster.flaws:
            return  # what could not be read would only look missing
        wanted = Wanted(self.namespace or "", self.min_replicas, self.min_zones, self.pod_security)
        for name in self.assert_:
            yield from RULES[name](cluster, wanted)

    def _measures(self, cluster: Cluster, flaws: Sequence[Detail]) -> tuple[Measure, ...]:
        containers = sum(len(list(one.containers())) for one in cluster.workloads())
        measures = [
            Measure("flaws", sum(flaw.outcome is Outcome.FAILED for flaw in flaws)),
            Measure("workloads", len(cluster.workloads())),
            Measure("containers", containers),
        ]
        if "node-zones" in self.assert_:
            nodes, zones = ready_zones(cluster)
            measures += [Measure("nodes", nodes), Measure("zones", len(zones))]
        return tuple(measures)

    def _said(self, cluster: Cluster) -> str:
        if not self._counts_workloads():
            nodes, zones = ready_zones(cluster)
            return f"{counted(nodes, 'ready node')} in {counted(len(zones), 'zone')}"
        return f"{counted(len(cluster.workloads()), 'workload')} of {counted(len(cluster.resources), 'resource')}"


def words(document: Any) -> str:
    """Kubernetes' own words for an error: the `message` of a Status."""
    return str(table(document).get("message", ""))


def _of_answers(facts: Answered) -> Cluster:
    cluster = Cluster(live=True)
    for kind, pages in facts.pages.items():
        for page in pages:
            missing = page.status == 404 and kind in ("Namespace", "Rollout")  # not there is an answer about these
            if page.problem and not missing:
                cluster.flaws.append(Detail(shortened(page.problem), outcome=Outcome.UNKNOWN))
        if len(pages) == MOST_PAGES and table(table(pages[-1].document).get("metadata")).get("continue"):
            cluster.flaws.append(Detail(f"there are more than {MOST_PAGES * PAGE} of {kind}", outcome=Outcome.UNKNOWN))
        if kind == "Namespace":
            cluster.resources += [Resource(kind, as_table(page.document)) for page in pages if not page.problem]
        else:
            items = [item for page in pages for item in listed(table(page.document).get("items"))]
            cluster.resources += [Resource(kind, as_table(item)) for item in items]
    return cluster
