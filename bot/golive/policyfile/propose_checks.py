"""The checks of a proposed policy, each with the reason why it is proposed.

One function for each thing that was seen; add one with its row in `PROPOSED`. A check that needs something which is not
there yet is written switched off, so that nothing is proposed that could never pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from golive.policyfile.propose_text import Block, Line, mapped, quoted, said
from golive.policyfile.seen import Seen

STOPS = "a failure stops the release"
TOLD = "a failure is shown, and somebody has to ask for the promotion in spite of it"
_WEIGHS = {"critical": STOPS, "high": STOPS, "medium": TOLD}
_HEALTH = "/health"


@dataclass(frozen=True)
class Around:
    """How golive is going to run. runner: the workflow that runs checks on files, as a path; empty: none does.

    serverless: by a workflow alone, with no server.   server: its address.   deploys: the file of the workflow that does.
    """

    serverless: bool = False
    server: str = ""
    runner: str = ""
    deploys: str = ""


@dataclass(frozen=True)
class _Check:
    """A check as it will be written. why: beside its id.   kind_why and with_why: beside those lines."""

    id: str
    name: str
    severity: str
    uses: str
    options: dict[str, object]
    why: str
    kind_why: str
    with_why: str
    action: str
    off: bool = False
    fill_in: str = ""
    needs: tuple[str, ...] = field(default=())


def checks_for(seen: Seen, around: Around, role: str) -> list[Block]:
    """`checks:` with all that is proposed. role: who attests what no machine can see."""
    taken: set[str] = set()
    checks = [one for propose in PROPOSED for one in propose(seen, around, role)]
    blocks = [
        Block(lines=(Line("checks:", "what must hold; `golive check` runs them, `golive kinds` explains each kind"),))
    ]
    for check in checks:
        blocks.append(_block(check, _unused(check.id, taken)))
    return blocks


def _unused(wanted: str, taken: set[str]) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:60].strip("-") or "check"
    name, number = slug, 2
    while name in taken:
        name, number = f"{slug}-{number}", number + 1
    taken.add(name)
    return name


def _block(check: _Check, name: str) -> Block:
    told = [
        (f"  - id: {quoted(name) if name.isdigit() else name}", check.why),
        (f"    name: {quoted(check.name)}", "as people read it"),
        (f"    severity: {check.severity}", _WEIGHS[check.severity]),
        (f"    uses: {check.uses}", check.kind_why),
        (f"    with: {mapped(check.options)}", check.with_why),
        (f"    action: {quoted(check.action)}", "told to whoever it stops"),
    ]
    return Block(tuple(Line(text, why, check.off) for text, why in told), check.fill_in)


# ------------------------------------------------------------------ what others run


def _ci(seen: Seen, around: Around, role: str) -> Iterator[_Check]:
    """The jobs that every pull request gets; without one, somebody's word that the tests passed."""
    for job in seen.jobs:
        yield _Check(
            f"ci-{job.check}", f"CI: {said(job.check, 60)}", "critical", "github_check",
            {"name": job.check, "app": "github-actions"}, f"a job of {job.workflow}, which runs on every pull request",
            "the result that somebody else posted on this commit", "this name, and only from this app",
            "Open the run, and mend the first red step",
        )  # fmt: skip
    if seen.jobs:
        return
    where = f" ({', '.join(seen.other_ci)} is set up here)" if seen.other_ci else ""
    yield _Check(
        "tests-passed", "The tests passed", "critical", "attest",
        {"role": role, "statement": "The tests passed on this release", "max_age": "7d"},
        "no check run could be told by its name", "blocks until somebody who signs says so: /golive attest tests-passed",
        "whose word counts, and for how long", "Run the tests, then say `/golive attest tests-passed`",
        fill_in=f"which check of GitHub shows that the tests pass{where}; then use github_check here.",
    )  # fmt: skip
    yield _Check(
        "tests", "The tests pass", "critical", "github_check", {"name": "tests", "app": "github-actions"},
        "in its place, once a check is there", "the result that somebody else posted on this commit",
        "the name as GitHub shows it, and the app that posts it", "Open the run, and mend the first red step", off=True,
    )  # fmt: skip


def _live(seen: Seen, around: Around, role: str) -> Iterator[_Check]:
    """The running system; without its address, somebody's word that it was looked at."""
    if not seen.goes_live:
        return
    asked = [api.health for api in seen.apis] + [path for one in seen.compose for path in one.health]
    health = next((path for path in asked if path), _HEALTH)
    known = bool(seen.target)
    if not known:
        yield _Check(
            "live-looked-at", "The live system is well", "high", "attest",
            {"role": role, "statement": "The live system was looked at and is well", "max_age": "24h"},
            "something here goes live, and nothing says where", "blocks until somebody says: /golive attest live-looked-at",
            "whose word counts, and for how long", "Look at it, then say `/golive attest live-looked-at`",
            fill_in="where it is live: `target` above, then the check below in place of this one.",
        )  # fmt: skip
    why = "that address answers" if known else "in its place, once `target` is there"
    yield _Check(
        "live-answers", "The live system answers", "high", "http", {"url": f"${{target}}{health}", "status": "2xx"},
        why, "asked by golive itself", "a path that says how it is" if health == _HEALTH else "as the files here name it",
        "Look at what runs there before releasing onto it", off=not known,
    )  # fmt: skip


# ------------------------------------------------------------------ what lies in the repository


def _secrets(seen: Seen, around: Around, role: str) -> Iterator[_Check]:
    options: dict[str, object] = {"max_secrets": 0}
    if seen.known_secrets:
        options["baseline"] = seen.known_secrets
    yield _Check(
        "no-secrets", "No secret lies in the files", "high", "secretscan", options,
        "what once was pushed is known" + _runner(around), "looks into every file, and never says what it found",
        "false alarms are left out by `exclude`" if not seen.known_secrets else "those of that file are known",
        "Take it out of the files, and make it worthless where it counts", off=not around.runner,
    )  # fmt: skip


def _apis(seen: Seen, around: Around, role: str) -> Iterator[_Check]:
    for api in seen.apis:
        folder = api.path.rpartition("/")[0].replace("/", "-")
        yield _Check(
            f"api-described-{folder}" if len(seen.apis) > 1 and folder else "api-described",
            f"{api.path} is a valid API description", "medium", "openapi", {"file": api.path, "min_paths": max(1, api.paths)},
            f"it says OpenAPI {api.version}" + _runner(around), "read by the specification's own schema",
            "as many paths as it describes now", "Mend the description where it is named", off=not around.runner or not api.paths,
        )  # fmt: skip


def _alerts(seen: Seen, around: Around, role: str) -> Iterator[_Check]:
    if seen.alerts:
        yield _Check(
            "alert-rules", "The alert rules are valid", "high", "prom_rules", {"files": seen.alerts},
            "rules of Prometheus are kept here" + _runner(around), "reads them as Prometheus does",
            "every file with alerts", "Mend the rule at the line that is named", off=not around.runner,
        )  # fmt: skip


def _manifests(seen: Seen, around: Around, role: str) -> Iterator[_Check]:
    if seen.manifests:
        yield _Check(
            "manifests-fit", "The Kubernetes manifests are fit for production", "medium", "k8s",
            {"files": seen.manifests, "assert": ("requests", "readiness", "image-tags", "secret-manifests")},
            "workloads are kept here" + _runner(around), "reads them; nothing is applied",
            "`golive kinds k8s` has twenty more things to assert", "Mend the resource that is named", off=not around.runner,
        )  # fmt: skip


def _runbooks(seen: Seen, around: Around, role: str) -> Iterator[_Check]:
    if seen.runbooks:
        yield _Check(
            "runbooks", "The runbooks say something", "medium", "docs", {"paths": seen.runbooks, "min_words": 50},
            "runbooks are kept here" + _runner(around), "reads documents; TODO and the like are a flaw",
            "each of at least so many words", "Fill in what is missing in the one that is named", off=not around.runner,
        )  # fmt: skip


def _runner(around: Around) -> str:
    return "" if around.runner else "; files are read on a runner: golive init --with gate,checks, or golive check"


# ------------------------------------------------------------------ what tests write


def _tests(seen: Seen, around: Around, role: str) -> Iterator[_Check]:
    """Off, because a runner has to run the tests first, and nobody else knows how."""
    for report in seen.tests:
        yield _Check(
            "unit-tests", "The tests ran, and passed", "high", "junit", {"files": report.files, "min_tests": 1},
            f"{report.told_by} has the tests write it; the runner's workflow must run them first",
            "counts the test cases in the reports", "what must have run at least", "Mend the tests that are named", off=True,
        )  # fmt: skip


def _coverage(seen: Seen, around: Around, role: str) -> Iterator[_Check]:
    for report in seen.coverage:
        minimum = report.minimum or 80
        why = f"as {report.told_by} asks" if report.minimum else "how much is enough is yours to say"
        yield _Check(
            "coverage", "The tests ran enough of the code", "medium", "coverage",
            {"files": report.files, "min": f"{minimum}%"},
            f"{report.told_by} tells of it; the runner's workflow must run the tests first",
            "counts lines in the reports", why, "Write the tests that are missing", off=True,
        )  # fmt: skip


PROPOSED: tuple[Callable[[Seen, Around, str], Iterator[_Check]], ...] = (
    _ci, _live, _secrets, _apis, _alerts, _manifests, _runbooks, _tests, _coverage,
)  # fmt: skip
"""In the order of the file."""
