"""Which check runs the workflows of a repository post on a pull request, by the names that GitHub gives them.

A job's check run is called as the job, with the values of its matrix in brackets; source: GitHub's documentation of
workflow syntax, `jobs.<job_id>.name` and `strategy.matrix`, and what runs show. A name that cannot be told for sure is
left out and said, because a check that waits for a name nobody posts would wait for ever.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from golive.checks.yamltexts import NotYaml, documents
from golive.core.globs import matches_glob
from golive.policyfile.seen import Job

MOST_JOBS = 12
_MOST_CELLS = 24
FOLDER = ".github/workflows/"
OURS = "golive"
"""What the names of golive's own workflows begin with."""
_ELSEWHERE: Mapping[str, str] = {
    ".gitlab-ci.yml": "GitLab CI", ".circleci/config.yml": "CircleCI", ".travis.yml": "Travis CI",
    "Jenkinsfile": "Jenkins", "azure-pipelines.yml": "Azure Pipelines", ".buildkite/pipeline.yml": "Buildkite",
    "bitbucket-pipelines.yml": "Bitbucket Pipelines", ".drone.yml": "Drone", ".cirrus.yml": "Cirrus CI",
}  # fmt: skip
_EXPRESSION = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")


def other_ci(files: Iterable[str]) -> tuple[str, ...]:
    """Services that are set up by a file here."""
    there = set(files)
    return tuple(name for path, name in _ELSEWHERE.items() if path in there)


def jobs(yamls: Mapping[str, str], base: str) -> tuple[tuple[Job, ...], tuple[str, ...]]:
    """The check runs that every pull request into the base gets, and what could not be told, as sentences."""
    found: list[Job] = []
    unsure: list[str] = []
    for path in sorted(yamls):
        name = path.removeprefix(FOLDER)
        if name == path or "/" in name or name.startswith(OURS):
            continue
        try:
            workflow = next(iter(documents(yamls[path])), None)
        except NotYaml:
            unsure.append(f"{path} is not YAML")
            continue
        if not isinstance(workflow, Mapping) or not isinstance(workflow.get("jobs"), Mapping):
            continue
        if not _runs(workflow.get("on", workflow.get(True)), base):
            continue
        for key, job in workflow["jobs"].items():
            names, why = _names(str(key), job)
            found += [Job(one, path, _title(workflow.get("name", path))) for one in names]
            unsure += [f"the job {key} of {path} {why}"] if why else []
    once = {job.check: job for job in reversed(found)}
    ordered = [job for job in found if once[job.check] is job]
    more = [f"{len(ordered) - MOST_JOBS} more jobs are there"] if len(ordered) > MOST_JOBS else []
    return tuple(ordered[:MOST_JOBS]), tuple([*unsure, *more][:MOST_JOBS])


def _title(name: Any) -> str:
    """The name of a workflow where it can be written down as it is; GitHub calls one without a name by its path."""
    plain = isinstance(name, str) and name.isprintable() and 0 < len(name) <= 100 and "${" not in name
    return name if plain else ""


def _runs(on: Any, base: str) -> bool:
    """Whether it runs for every push to every pull request into the base."""
    if isinstance(on, str):
        return on == "pull_request"
    if isinstance(on, list):
        return "pull_request" in on
    if not isinstance(on, Mapping) or "pull_request" not in on:
        return False
    how = on["pull_request"]
    if not isinstance(how, Mapping):
        return True
    if any(key in how for key in ("paths", "paths-ignore", "branches-ignore")):
        return False
    types, branches = how.get("types"), how.get("branches")
    types = [types] if isinstance(types, str) else types
    branches = [branches] if isinstance(branches, str) else branches
    if isinstance(types, list) and not {"opened", "synchronize"} <= {one for one in types if isinstance(one, str)}:
        return False
    patterns = [one for one in branches if isinstance(one, str)] if isinstance(branches, list) else ["**"]
    return any(matches_glob(one, base) for one in patterns) and not any(one.startswith("!") for one in patterns)


def _names(key: str, job: Any) -> tuple[list[str], str]:
    """The names of a job's check runs, or why they cannot be told."""
    if not isinstance(job, Mapping):
        return [], "is no job"
    if "uses" in job:
        return [], "is another workflow's, which names its own"
    if "if" in job:
        return [], "runs on a condition"
    strategy = job.get("strategy")
    cells, why = _cells(strategy.get("matrix") if isinstance(strategy, Mapping) else None)
    if why:
        return [], why
    said = job.get("name")
    names = [_named(key, said if isinstance(said, str) else "", cell) for cell in cells]
    if any(not one.isprintable() or "${" in one or not 0 < len(one) <= 100 for one in names):
        return [], "has a name that is made while it runs"
    return names, ""


def _cells(matrix: Any) -> tuple[list[dict[str, str]], str]:
    """The combinations of a matrix; one empty one without."""
    if matrix is None:
        return [{}], ""
    if not isinstance(matrix, Mapping) or {"include", "exclude"} & set(matrix):
        return [], "has a matrix that is made while it runs, or with exceptions"
    values = [value for value in matrix.values() if isinstance(value, list) and value]
    plain = all(isinstance(one, str | int | float) and "${{" not in str(one) for value in values for one in value)
    count = 1
    for value in values:
        count *= len(value)
    if len(values) != len(matrix) or not plain or count > _MOST_CELLS:
        return [], "has a matrix that is made while it runs, or a large one"
    made = itertools.product(*([_text(one) for one in value] for value in values))
    return [dict(zip((str(key) for key in matrix), cell, strict=True)) for cell in made], ""


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _named(key: str, said: str, cell: Mapping[str, str]) -> str:
    if _EXPRESSION.search(said):
        return _EXPRESSION.sub(lambda found: cell.get(found[1], "${"), said)
    base = said or key
    return f"{base} ({', '.join(cell.values())})" if cell else base
