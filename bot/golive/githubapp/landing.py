"""How GitHub lets a pull request land, and what became of it: branch rules, required checks, test merge, landed commit.

The rules of a branch are remembered for a minute: GitHub sends no event about them to us, and keeps them itself at the
merge. What other rule is to be read gets its field in `core.landing` and its line in `LandingReader.of`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from golive.core.errors import Gone, Refused
from golive.core.landing import METHODS, Approach, Landing, RequiredCheck, Trial
from golive.core.model import Pull
from golive.core.neverstarted import Unstarted
from golive.githubapp.client import Api, Clients
from golive.githubapp.known import Known, files_key
from golive.githubapp.neverstarted import read_unstarted
from golive.githubapp.trees import OTHER_PARENTS, TOO_MANY, Trees
from golive.ports import Clock

RULES_KEPT = timedelta(seconds=60)
PERMISSIONS_KEPT = timedelta(minutes=10)
MET = frozenset({"success", "neutral", "skipped"})
"""Conclusions that satisfy a required check (GitHub's "About status checks")."""
ASKED_BY_NAME = 3
"""Up to so many required checks are asked for by their names; more are read with all of the commit."""
WORKFLOWS = ".github/workflows"
UNTOLD = (OTHER_PARENTS, TOO_MANY)


@dataclass(frozen=True)
class Us:
    """Which App we are, where we are installed, and the name of our check run."""

    app_id: int
    installation: int
    check: str


class LandingReader:
    """One repository's ways to land, read with one installation's rights. path: `/repos/acme/shop`."""

    def __init__(
        self, api: Api, clients: Clients, repository: int, path: str, trees: Trees, known: Known, clock: Clock, us: Us
    ) -> None:
        self._api = api
        self._clients = clients
        self._id = repository
        self._path = path
        self._trees = trees
        self._known = known
        self._clock = clock
        self._us = us

    # -- before anybody signs

    def of(self, pull: Pull, base_sha: str) -> Landing:
        """What repository and branch ask for. base_sha: where the base is now."""
        workflows = self._touches_workflows(pull, base_sha) and not self._may_workflows()
        return replace(self.asked(pull), workflows=workflows)

    def asked(self, pull: Pull) -> Landing:
        """The same, whatever it changes."""
        rules: dict[str, Any] = self._kept(("landing", pull.revision.base_ref), RULES_KEPT, lambda: self._rules(pull))
        return Landing(**rules)

    def _rules(self, pull: Pull) -> dict[str, Any]:
        base = quote(pull.revision.base_ref)
        repository = self._api.get(self._path)
        rules = list(self._api.pages(f"{self._path}/rules/branches/{base}"))
        protection: dict[str, Any] = {}
        try:
            if not self._clients.only_token:  # no permission of a workflow lets it read that
                protection = self._api.get(f"{self._path}/branches/{base}/protection")
        except (Gone, Refused):  # not protected, or not for us to read: GitHub keeps the rules all the same
            protection = {}
        checks = protection.get("required_status_checks") or {}
        reviews = protection.get("required_pull_request_reviews") or {}
        required = {(c["context"], _pinned(c.get("app_id"))) for c in checks.get("checks") or ()}
        asked = {rule["type"]: rule.get("parameters") or {} for rule in rules}
        named = [rule.get("parameters") or {} for rule in rules if rule["type"] == "required_status_checks"]
        for one in (check for rule in named for check in rule.get("required_status_checks") or ()):
            required.add((one["context"], _pinned(one.get("integration_id"))))
        linear = "required_linear_history" in asked or bool(
            (protection.get("required_linear_history") or {}).get("enabled")
        )
        of_pulls = [rule.get("parameters") or {} for rule in rules if rule["type"] == "pull_request"]
        return {
            "methods": _methods(repository, of_pulls, linear), "required": tuple(sorted(required)),
            "up_to_date": bool(checks.get("strict"))
            or any(rule.get("strict_required_status_checks_policy") for rule in named),
            "queue": "merge_queue" in asked, "linear": linear,
            "reviews": max(
                [reviews.get("required_approving_review_count") or 0]
                + [rule.get("required_approving_review_count") or 0 for rule in of_pulls]
            ),
        }  # fmt: skip

    def forget_rules(self, base_ref: str) -> None:
        """GitHub refused: what it asks for is read anew."""
        self._known.put(("landing", self._id, base_ref), None)

    def _touches_workflows(self, pull: Pull, base_sha: str) -> bool:
        """Whether landing it changes files in .github/workflows; told by the folder's own id."""
        head = pull.revision.head_sha
        files = self._known.get(files_key(self._id, pull.subject.number, head, base_sha))
        if files is not None and not any(_within(WORKFLOWS, file.path, file.previous) for file in files):
            return False  # all that it changes was read for the policy, and this is not among it
        if self._trees.unchanged_since(head, WORKFLOWS) == base_sha or self._workflows(head) == self._workflows(
            base_sha
        ):
            return False
        # the base may only have moved on: the test merge shows what landing would change
        if not pull.mergeable or not pull.merge_commit:
            return False
        parents = self._trees.parents_of(pull.merge_commit)
        return bool(parents) and self._workflows(pull.merge_commit) != self._workflows(parents[0])

    def _workflows(self, commit: str) -> str:
        key = ("workflows", self._id, commit)
        held: str | None = self._known.get(key)
        if held is None:
            try:
                listed = self._known.get(("folder", self._id, commit, ".github"))
                listed = listed or self._api.get(f"{self._path}/contents/.github", ref=commit)
            except Gone:  # kept for a while only: it may have been out of sight
                return str(self._kept(("no-workflows", commit), RULES_KEPT, lambda: "none"))
            rows = listed if isinstance(listed, list) else []
            held = next((row["sha"] for row in rows if row["name"] == "workflows"), "none")
            self._known.put(key, held)
        return held

    def _may_workflows(self) -> bool:
        if self._clients.only_token:
            return False  # a workflow's own token may not, whatever its permissions

        def read() -> str:
            told = self._clients.app().get(f"/app/installations/{self._us.installation}")
            return str((told.get("permissions") or {}).get("workflows") or "")

        return bool(self._kept(("may-workflows", self._us.installation), PERMISSIONS_KEPT, read) == "write")

    def _kept(self, what: tuple[Any, ...], span: timedelta, read: Any) -> Any:
        key = (what[0], self._id, *what[1:])
        held = self._known.get(key)
        if held is None or held[0] < self._clock():
            held = (self._clock() + span, read())
            self._known.put(key, held)
        return held[1]

    # -- just before landing

    def approach(self, pull: Pull, landing: Landing, base_sha: str, author_may: bool, queued: int) -> Approach:
        """What only matters once nothing else is missing."""
        head = pull.revision.head_sha
        return Approach(
            checks=tuple(self._required(head, landing.required)),
            behind=landing.up_to_date and not landing.queue and not self._trees.contains(head, base_sha),
            test=self._test(pull), author_may=author_may, queued=queued,
        )  # fmt: skip

    def _test(self, pull: Pull) -> Trial | None:
        """GitHub's test merge, where it is of this head."""
        if not pull.mergeable or not pull.merge_commit:
            return None
        try:
            parents = self._trees.parents_of(pull.merge_commit)
            tree = self._trees.tree_of(pull.merge_commit)
        except Gone:
            return None
        return Trial(pull.merge_commit, tree, parents) if parents[1:] == (pull.revision.head_sha,) else None

    def unstarted(self, pull: Pull, landing: Landing) -> Unstarted | None:
        """The required checks of others that nobody gave this head, and what the Apps do for it."""
        head = pull.revision.head_sha
        others = tuple(self._others(landing.required))
        if not others:
            return None
        return read_unstarted(
            self._api, self._path, (self._id, head), others, self._known, lambda: self._required(head, others)
        )

    def _others(self, required: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        return [(name, app) for name, app in required if not (name == self._us.check and app in (0, self._us.app_id))]

    def _required(self, head: str, required: Iterable[tuple[str, int]]) -> Iterable[RequiredCheck]:
        others = self._others(required)
        if not others:
            return []
        runs, statuses = self._runs(head, {name for name, _ in others}), self._statuses(head)
        return [_stands(name, app, runs, statuses) for name, app in others]

    def _runs(self, head: str, names: set[str]) -> list[dict[str, Any]]:
        path = f"{self._path}/commits/{head}/check-runs"
        if len(names) > ASKED_BY_NAME:
            return list(self._api.pages(path, under="check_runs", filter="latest"))
        return [
            run for name in sorted(names)
            for run in self._api.pages(path, under="check_runs", check_name=name, filter="latest")
        ]  # fmt: skip

    def _statuses(self, head: str) -> dict[str, dict[str, Any]]:
        told = self._api.pages(f"{self._path}/commits/{head}/status", under="statuses")
        return {status["context"]: status for status in told}

    # -- afterwards

    def compared(self, pull: Pull, test: Trial | None) -> tuple[str, str, int, int]:
        """Verdict, why, parents of what landed, and how many commits it put on the base by rebasing.

        `as_signed` where the tree is that of the test merge on that base; or, where the base moved between, where every
        path is as the release has it if it changed it, and as the new base has it if not. `untold` where that cannot be told.
        """
        commit, head = pull.merge_commit, pull.revision.head_sha
        try:
            tree, parents = self._trees.tree_of(commit), self._trees.parents_of(commit)
        except Gone:
            return "untold", f"Commit {commit[:7]}, which is to have landed, cannot be read.", 1, 1
        rebased = 1
        if test is not None and parents[:1] != test.parents[:1] and len(parents) == 1:
            rebased = max(self._trees.ahead_of(test.parents[0], commit), 1)
        if not self._trees.contains(self._trees.tip(pull.revision.base_ref), commit):
            why = f"Commit {commit[:7]} is not on {pull.revision.base_ref}, where it was to land."
            return "wrong", why, len(parents), rebased
        if test is not None and tree == test.tree and self._on_base(parents, test, commit):
            return "as_signed", "", len(parents), rebased
        why = self._trees.mixed_of(head, parents[0], commit) if parents else OTHER_PARENTS
        if not why:
            return "as_signed", "", len(parents), rebased
        base = pull.revision.base_ref
        if why in UNTOLD or why.endswith("on both sides"):
            said = f"{base} moved while it landed, and whether {commit[:7]} is what was signed cannot be told: {why}."
            return "untold", said, len(parents), rebased
        return "wrong", f"{base} is now {commit[:7]}, which is not what was signed: {why}.", len(parents), rebased

    def _on_base(self, parents: tuple[str, ...], test: Trial, commit: str) -> bool:
        return parents[:1] == test.parents[:1] or (len(parents) == 1 and self._trees.contains(commit, test.parents[0]))


def _within(folder: str, *paths: str) -> bool:
    """Whether one of the paths is in the folder, or is one that it is in itself: a link, or a module."""
    return any(p.startswith(f"{folder}/") or f"{folder}/".startswith(f"{p}/") for p in paths if p)


def _pinned(app_id: int | None) -> int:
    return app_id if app_id and app_id > 0 else 0


def _methods(repository: dict[str, Any], of_pulls: list[dict[str, Any]], linear: bool) -> tuple[str, ...]:
    """What the repository's settings, the rules of its rulesets and a linear history leave. Unsaid is allowed."""
    setting = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
    allowed = [m for m in METHODS if repository.get(setting[m], True) is not False]
    for rule in of_pulls:
        named = rule.get("allowed_merge_methods")
        allowed = [m for m in allowed if not named or m in named]
    return tuple(m for m in allowed if not (linear and m == "merge"))


def _stands(name: str, app: int, runs: list[dict[str, Any]], statuses: dict[str, dict[str, Any]]) -> RequiredCheck:
    """How a required check stands; each app's latest of that name must be good."""
    by = ""
    said: list[str] = []
    for run in runs:
        maker = run.get("app") or {}
        if run["name"] == name and app in (0, maker.get("id")):
            by = maker.get("slug") or by
            said.append(run.get("conclusion") or "pending")
    status = statuses.get(name)
    if status is not None and (not app or not said):
        said.append("success" if status["state"] == "success" else status["state"])
    if not said:
        state = "expected"
    elif set(said) <= MET:
        state = "met"
    else:
        state = "pending" if set(said) <= MET | {"pending"} else "failing"
    return RequiredCheck(name, state, app, by)
