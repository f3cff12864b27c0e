"""What a workflow's runner told golive, by whose word, and what the ledger says became of it. Values only.

A claim is what the forge itself says of a run, in a token that it signed; what a run says of itself is in `Reported`.
`core.reporting` judges the one by the other. Add a claim as a field of `Claims`, read in `githubapp.runnertokens`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

OF_ITS_COMMIT = frozenset({"push", "workflow_dispatch"})
"""Events whose run is of the very commit that its claims name."""
OF_ITS_WORD = frozenset(
    {"pull_request_target", "workflow_run", "workflow_dispatch", "repository_dispatch", "schedule", "issue_comment"}
)
"""Events whose claims name a commit of the branch that the workflow is on; which head is meant, the run itself says."""

HANDED_OVER = "golive gate --results"
"""In place of a workflow's name under `runners`, where there is no server: results come as a file, and by no token."""


@dataclass(frozen=True)
class Claims:
    """What the forge says of one job of a run. repository: numeric id.   workflow: the run's own, `o/r/path@ref`.

    job_workflow: the one that has the job, another where the run's own calls it.   ref/sha: what the run is on; for
    `pull_request` the test merge.   actor: numeric id of who started the run, and their login then.
    """

    repository: int
    full_name: str
    workflow: str
    job_workflow: str
    event: str
    ref: str
    sha: str
    run: int
    attempt: int
    actor: int = 0
    login: str = ""

    @property
    def pull(self) -> int:
        """The pull request whose test merge it is on; 0 for any other ref."""
        kind, _, rest = self.ref.partition("refs/pull/")
        number = rest.removesuffix("/merge")
        return int(number) if not kind and rest.endswith("/merge") and number.isascii() and number.isdigit() else 0

    @property
    def workflows(self) -> tuple[str, ...]:
        """The workflow that has the job, then the one that called it; once where they are the same."""
        return tuple(dict.fromkeys(one for one in (self.job_workflow, self.workflow) if one))

    def told(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def claims_of(told: Mapping[str, Any]) -> Claims:
    """The claims that `told` wrote."""
    return Claims(**{one.name: told[one.name] for one in fields(Claims) if one.name in told})


@dataclass(frozen=True)
class Reported:
    """Results of checks as one upload brought them. id: unique per upload.   head: the commit it says they are about.

    results: each as the ledger keeps a finding, with the `digest` of the definition it was made by.
    """

    id: str
    claims: Claims
    head: str = ""
    results: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Weighed:
    """What became of one upload. head: the commit it counts for, empty where that could not be told.

    taken: ids of the checks that it counts for.   why: check → why not; under the empty id why nothing of it counts.
    """

    id: str
    head: str
    taken: tuple[str, ...]
    why: Mapping[str, str]

    @property
    def said(self) -> str:
        """All of it on one line, for people."""
        if whole := self.why.get(""):
            return whole
        told = [f"taken for {self.head[:7]}: {', '.join(self.taken)}"] if self.taken else []
        told += [f"{check}: {why}" for check, why in self.why.items()]
        return "; ".join(told) or "it held no results"


@dataclass(frozen=True)
class RunnerRecord:
    """What the ledger says about uploads. waiting: not weighed yet, by id.   weighed: the others.

    runs: (head, check) → run and attempt of the newest result that was taken.
    """

    waiting: Mapping[str, Reported] = field(default_factory=dict)
    weighed: Mapping[str, Weighed] = field(default_factory=dict)
    runs: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def after(self, kind: str, body: Mapping[str, Any]) -> tuple[RunnerRecord, str]:
        """The record with one more entry, and the line people are told of it, empty for none. Kinds are those of `KINDS`."""
        return _READERS[kind](self, body)


def _reported(record: RunnerRecord, body: Mapping[str, Any]) -> tuple[RunnerRecord, str]:
    one = Reported(body["id"], claims_of(body["claims"]), body["head"], tuple(body["results"]))
    return replace(record, waiting={**record.waiting, one.id: one}), ""


def _weighed(record: RunnerRecord, body: Mapping[str, Any]) -> tuple[RunnerRecord, str]:
    one = Weighed(body["id"], body["head"], tuple(body["taken"]), body["why"])
    waiting = {key: value for key, value in record.waiting.items() if key != one.id}
    runs = {**record.runs, **{(one.head, check): (body["run"], body["attempt"]) for check in one.taken}}
    whole = one.why.get("", "")
    news = whole and all(whole != before.why.get("") for before in record.weighed.values())
    line = f"What run {body['run']} reported does not count: {whole}" if news else ""
    return replace(record, waiting=waiting, weighed={**record.weighed, one.id: one}, runs=runs), line


_READERS: dict[str, Callable[[RunnerRecord, Mapping[str, Any]], tuple[RunnerRecord, str]]] = {
    "reported": _reported,
    "weighed": _weighed,
}
KINDS = frozenset(_READERS)
"""Kinds of ledger entries that are read here."""
