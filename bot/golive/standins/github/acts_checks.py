"""Checks: what CI and other Apps say about a commit, the buttons on it, and which checks a branch requires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from golive.standins.github.acts_accounts import AccountActs
from golive.standins.github.acts_talk import TalkActs
from golive.standins.github.hooks import act
from golive.standins.github.world import App, CheckRun, Protection, RefusedError, Repo, Status

LONGEST_TEXT = 65_535
"""Characters in an output's summary or text (GitHub's "Create a check run", parameter `output`)."""
MOST_ANNOTATIONS, MOST_ACTIONS = 50, 3
"""Annotations and actions in one request (same page)."""
ACTION_LIMITS = {"label": 20, "description": 40, "identifier": 20}
"""Characters in an action's parts (same page)."""
STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")


class CheckActs(TalkActs, AccountActs):
    """Check runs, statuses and branch protection."""

    @act
    def check_run(
        self,
        repo: str,
        sha: str,
        *,
        name: str,
        app: App | str = "ci",
        status: str = "completed",
        conclusion: str | None = None,
        title: str | None = None,
        summary: str = "",
        id: int | None = None,
    ) -> int:
        """An App's check run on a commit, new or (`id`) changed; the App is made if nobody did. Returns its number."""
        where, fields = self.world.repo(repo), {"name": name, "status": status}
        who = self._check_app(app)
        more: dict[str, Any] = {"conclusion": conclusion} if conclusion else {}
        if title:
            more["output"] = {"title": title, "summary": summary}
        if id is not None:
            run = where.check_runs[id]
            self.change_run(where, run, fields | more)
            return id
        return self.make_run(where, who, self.world.commit(where, sha), fields | more).id

    def _check_app(self, app: App | str) -> App:
        if isinstance(app, App):
            return app
        known = self.world.apps.get(app)
        return known or self.create_app(app, permissions={"checks": "write", "statuses": "write"})

    def make_run(self, repo: Repo, app: App, sha: str, body: Mapping[str, Any]) -> CheckRun:
        """Keep a new check run and say so; 422 for what GitHub would not take."""
        validate(body)
        suite = repo.suites.setdefault((app.id, sha), self.world.new_id())
        run = CheckRun(self.world.new_id(), app, suite, sha, body["name"], "queued", self.world.now())
        self._apply(run, body)
        repo.check_runs[run.id] = run
        repo.runs_of.setdefault(sha, []).append(run)
        self.emit("check_run", "created", repo, app.bot, self.check_body(repo, run))
        if run.status == "completed":
            self.emit("check_run", "completed", repo, app.bot, self.check_body(repo, run))
        return run

    def change_run(self, repo: Repo, run: CheckRun, body: Mapping[str, Any]) -> None:
        """Change a check run. A completed one never goes back; that is what a new run is for."""
        validate(body)
        done = run.status == "completed"
        if done and body.get("status", "completed") != "completed" and not body.get("conclusion"):
            raise RefusedError(422, "Invalid request.\n\nA completed check run cannot go back to "
                               f"{body['status']}; create a new check run.")  # fmt: skip
        self._apply(run, body)
        if run.status == "completed" and not done:
            self.emit("check_run", "completed", repo, run.app.bot, self.check_body(repo, run))

    def _apply(self, run: CheckRun, body: Mapping[str, Any]) -> None:
        run.name = body.get("name", run.name)
        run.external_id = body.get("external_id", run.external_id)
        run.details_url = body.get("details_url", run.details_url)
        run.started_at = _time(body.get("started_at")) or run.started_at
        run.status = "completed" if body.get("conclusion") else body.get("status", run.status)
        if run.status == "completed":
            run.conclusion = body.get("conclusion", run.conclusion)
            run.completed_at = _time(body.get("completed_at")) or run.completed_at or self.world.now()
        if output := body.get("output"):
            run.output = {part: output.get(part, run.output.get(part)) for part in ("title", "summary", "text")}
            run.annotations += output.get("annotations", [])
        if "actions" in body:
            run.actions = list(body["actions"])

    @act
    def status(self, repo: str, sha: str, context: str, state: str, *, by: str, description: str | None = None) -> int:
        """A commit status by a person: error, failure, pending, success; returns its number."""
        where, user = self.world.repo(repo), self.world.user(by)
        commit = self.world.commit(where, sha)
        made = Status(self.world.new_id(), commit, context, state, user, self.world.now(), description)
        self.give_status(where, made)
        return made.id

    def give_status(self, repo: Repo, status: Status) -> None:
        """Keep a status and say so."""
        repo.statuses.setdefault(status.sha, []).append(status)
        branches = [ref.removeprefix("heads/") for ref, sha in repo.git.refs.items()
                    if sha == status.sha and ref.startswith("heads/")]  # fmt: skip
        self.emit("status", None, repo, status.creator, lambda shapes: {
            "id": status.id, "sha": status.sha, "name": repo.full_name, "avatar_url": None,
            "target_url": status.target_url, "context": status.context, "description": status.description,
            "state": status.state, "commit": _without(shapes.commit(repo, status.sha), "verified_at"),
            "branches": [{"name": b, "commit": {"sha": status.sha, "url": shapes.api(repo, f"commits/{status.sha}")},
                          "protected": b in repo.protection} for b in branches],
            "created_at": shapes.status(repo, status)["created_at"],
            "updated_at": shapes.status(repo, status)["created_at"]})  # fmt: skip

    @act
    def protect(
        self, repo: str, branch: str, *, required: Iterable[tuple[str, int | None]] = (), strict: bool = False,
        enforce_admins: bool = False, dismiss_stale: bool | None = None,
    ) -> None:  # fmt: skip
        """Require checks on a branch: (context, App id) pairs; None or -1 takes it from any App."""
        pinned = {context: None if app_id == -1 else app_id for context, app_id in required}
        self.world.repo(repo).protection[branch] = Protection(pinned, strict, enforce_admins, dismiss_stale)

    @act
    def unprotect(self, repo: str, branch: str) -> None:
        """Take a branch's protection away."""
        self.world.repo(repo).protection.pop(branch, None)

    @act
    def rerequest(self, repo: str, check_run_id: int, *, by: str) -> None:
        """The "Re-run" button: only the run's own App hears of it; the run itself stays as it is."""
        where = self.world.repo(repo)
        run = where.check_runs[check_run_id]
        self.emit("check_run", "rerequested", where, self.world.user(by), self.check_body(where, run), only=run.app)

    @act
    def press(self, repo: str, check_run_id: int, action_identifier: str, *, by: str) -> None:
        """Press one of a check run's own buttons; 404 when the run shows no such button."""
        where = self.world.repo(repo)
        run = where.check_runs[check_run_id]
        if action_identifier not in [a["identifier"] for a in run.actions]:
            raise RefusedError(404, f"Not Found: button {action_identifier!r} on check run {check_run_id}")
        body = self.check_body(where, run, requested_action={"identifier": action_identifier})
        self.emit("check_run", "requested_action", where, self.world.user(by), body, only=run.app)

    @act
    def check_runs(self, repo: str, sha: str, name: str | None = None) -> list[CheckRun]:
        """All check runs of a commit, oldest first; of one name where given."""
        return [r for r in self.world.repo(repo).runs_of.get(sha, ()) if name in (None, r.name)]


def validate(body: Mapping[str, Any]) -> None:
    """What GitHub checks of a check run's fields; 422 with its sentence."""
    if body.get("status", "queued") not in STATUSES:
        raise _invalid(f"{body['status']} is not a member of {list(STATUSES)}.")
    conclusion = body.get("conclusion")
    if conclusion is not None and conclusion not in CONCLUSIONS:
        raise _invalid(f"{conclusion} is not a member of {list(CONCLUSIONS)}.")
    if body.get("status") == "completed" and not conclusion:
        raise _invalid('Missing "conclusion": a completed check run needs one.')
    output = body.get("output")
    if output is not None:
        _validate_output(output)
    actions = body.get("actions", [])
    if len(actions) > MOST_ACTIONS:
        raise _invalid(f"No more than {MOST_ACTIONS} items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for part, most in ACTION_LIMITS.items():
            if not action.get(part):
                raise _invalid(f'"{part}" wasn\'t supplied.')
            _short(action[part], most)


def _validate_output(output: Mapping[str, Any]) -> None:
    for part in ("title", "summary"):
        if not output.get(part):
            raise _invalid(f'"{part}" wasn\'t supplied.')
    for part in ("summary", "text"):
        if len((output.get(part) or "").encode()) > LONGEST_TEXT:  # the page says characters; its answers say bytes
            raise _invalid(f"{part} exceeds a maximum bytesize of {LONGEST_TEXT}")
    annotations = output.get("annotations", [])
    if len(annotations) > MOST_ANNOTATIONS:
        raise _invalid(f"No more than {MOST_ANNOTATIONS} items are allowed; {len(annotations)} were supplied.")


def _short(text: str, most: int) -> None:
    if len(text) > most:
        raise _invalid(f"Only {most} characters are allowed; {len(text)} were supplied.")


def _invalid(why: str) -> RefusedError:
    return RefusedError(422, f"Invalid request.\n\n{why}")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC) if text else None


def _without(commit: dict[str, Any], part: str) -> dict[str, Any]:
    """Webhooks of statuses show a commit's verification without the date that answers have."""
    commit["commit"]["verification"].pop(part, None)
    return commit
