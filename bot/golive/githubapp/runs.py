"""A check run as GitHub takes it: its fields, its buttons, and its annotations, fifty in one request.

GitHub *appends* the annotations of every update to those that are there, and has no way to take one back ("Update a check
run" of its REST API). So what stands there is read first and only what is missing is sent; `Annotations.outdated` says
that something stands there which is no longer so: only another run of the same name can replace it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from golive.githubapp.client import Api
from golive.ports import CheckRunView

MOST_ANNOTATIONS = 50
"""GitHub's limit per request."""

Annotation = tuple[str, int, int, str, str]


def bodies(view: CheckRunView, annotations: Sequence[Annotation]) -> Iterator[dict[str, Any]]:
    """The bodies of the requests that bring a run in line, one at least; the annotations are dealt out over them."""
    for start in range(0, len(annotations) or 1, MOST_ANNOTATIONS):
        yield _body(view, annotations[start : start + MOST_ANNOTATIONS])


def _body(view: CheckRunView, annotations: Sequence[Annotation]) -> dict[str, Any]:
    output: dict[str, Any] = {"title": view.title, "summary": view.summary, "text": view.text}
    if annotations:
        output["annotations"] = [
            {"path": path, "start_line": first, "end_line": last, "annotation_level": level, "message": message}
            for path, first, last, level, message in annotations
        ]
    buttons = [
        {"label": label, "description": description, "identifier": identifier}
        for label, description, identifier in view.actions
    ]
    body: dict[str, Any] = {
        "status": view.status, "details_url": view.details_url, "output": output, "actions": buttons,
    }  # fmt: skip
    if view.conclusion:
        body["conclusion"] = view.conclusion
    return body


class Annotations:
    """What is remarked on the lines of one repository. path: of the repository, `/repos/acme/shop`."""

    def __init__(self, api: Api, path: str) -> None:
        self._api = api
        self._path = path

    def missing(self, ref: str, view: CheckRunView) -> list[Annotation]:
        """What the view has and the run has not; nothing is read where the view has none."""
        if not view.annotations:
            return []
        there = self._there(ref)
        return [one for one in view.annotations if _bare(one) not in there]

    def outdated(self, ref: str, view: CheckRunView) -> bool:
        """Whether the run has one that the view has not."""
        return not self._there(ref) <= {_bare(one) for one in view.annotations}

    def _there(self, ref: str) -> set[Annotation]:
        found = self._api.pages(f"{self._path}/check-runs/{ref}/annotations")
        return {
            _bare((a["path"], a["start_line"], a["end_line"], a["annotation_level"] or "", a["message"] or ""))
            for a in found
        }


def _bare(annotation: Annotation) -> Annotation:
    """One that differs in nothing but space around its message is the same."""
    path, first, last, level, message = annotation
    return path, first, last, level, message.strip()
