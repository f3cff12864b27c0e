"""What people do to pull requests: open, edit, retarget, close, reopen, label, ask for review, merge by the button."""

from __future__ import annotations

from collections.abc import Iterable

from golive.standins.github.acts_git import GitActs
from golive.standins.github.hooks import act
from golive.standins.github.shapes import Json
from golive.standins.github.world import Merge, Pull, RefusedError, Repo, Side, User


class PullActs(GitActs):
    """Pull requests, by full name and number."""

    @act
    def open_pull(self, repo: str, *, head: str, base: str | None = None, title: str, by: str, body: str = "",
                  labels: Iterable[str] = (), draft: bool = False, sender: str = "") -> int:  # fmt: skip
        """Open a pull request from one branch of the repository to another; returns its number.

        sender: the person GitHub names in the delivery, where a bot opened it for somebody.
        """
        where, named = self.world.repo(repo), self.world.user(sender or by)
        pull = self.new_pull(
            where, self.world.user(by), head, base or where.default_branch, title, body, draft=draft, sender=named
        )
        for name in labels:
            self.label(repo, pull.number, name, by=by)
        return pull.number

    def new_pull(self, repo: Repo, user: User, head: str, base: str, title: str, body: str, *, draft: bool,
                 sender: User | None = None) -> Pull:  # fmt: skip
        """Open one, or 422 as GitHub words it."""
        if any((p.head.ref, p.base.ref) == (head, base) for p in repo.open_pulls.values()):
            raise RefusedError(422, f"Validation Failed: a pull request already exists for {repo.owner.login}:{head}.")
        ends = Side(head, self.tip(repo, head)), Side(base, self.tip(repo, base))
        now, number = self.world.now(), repo.next_number
        if not repo.git.relation(ends[1].sha, ends[0].sha).right_only:
            raise RefusedError(422, f"Validation Failed: no commits between {base} and {head}")
        repo.next_number += 1
        pull = Pull(self.world.new_id(), number, title, body, user, *ends, now, now, draft=draft)
        repo.pulls[number] = pull
        self.world.stand(repo, pull, head=pull.head.sha)
        repo.git.refs[f"pull/{number}/head"] = pull.head.sha
        self.emit("pull_request", "opened", repo, sender or user, self.pull_body(repo, pull))
        return pull

    @act
    def edit_pull(self, repo: str, number: int, *, by: str, title: str | None = None, body: str | None = None,
                  base: str | None = None) -> None:  # fmt: skip
        """Change title, text or base; another base is a retarget."""
        where = self.world.repo(repo)
        self.change_pull(where, self.world.pull(where, number), self.world.user(by), title, body, base)

    def change_pull(
        self, repo: Repo, pull: Pull, user: User, title: str | None, body: str | None, base: str | None
    ) -> None:
        """Change what is given and differs; one `edited` event with what it was before."""
        changes: Json = {}
        if title is not None and title != pull.title:
            changes["title"] = {"from": pull.title}
            self.note(pull, "renamed", user, rename={"from": pull.title, "to": title})
            pull.title = title
        if body is not None and body != pull.body:
            changes["body"] = {"from": pull.body}
            pull.body = body
        if base is not None and base != pull.base.ref:
            changes["base"] = {"ref": {"from": pull.base.ref}, "sha": {"from": pull.base.sha}}
            pull.base, pull.tested, pull.mergeable = Side(base, self.tip(repo, base)), ("", ""), None
            self.note(pull, "base_ref_changed", user)
        if changes:
            pull.updated_at = self.world.now()
            self.emit("pull_request", "edited", repo, user, self.pull_body(repo, pull, changes=changes))

    @act
    def close_pull(self, repo: str, number: int, *, by: str) -> None:
        """Close without merging."""
        where = self.world.repo(repo)
        self.close(where, self.world.pull(where, number), self.world.user(by))

    @act
    def reopen_pull(self, repo: str, number: int, *, by: str) -> None:
        """Open a closed one again; a merged one stays merged."""
        where = self.world.repo(repo)
        self.reopen(where, self.world.pull(where, number), self.world.user(by))

    def reopen(self, repo: Repo, pull: Pull, user: User) -> None:
        """Open again at the branches' present tips."""
        if pull.merged:
            raise RefusedError(422, "Validation Failed: a merged pull request cannot be reopened")
        branch = f"forks/{pull.head.fork}/{pull.head.ref}" if pull.head.fork else f"heads/{pull.head.ref}"
        head = repo.git.refs.get(branch, pull.head.sha)
        self.world.stand(repo, pull, state="open", head=head)
        pull.closed_at, pull.closed_by, pull.updated_at = None, None, self.world.now()
        pull.base.sha = self.tip(repo, pull.base.ref)
        self.note(pull, "reopened", user)
        self.emit("pull_request", "reopened", repo, user, self.pull_body(repo, pull))

    @act
    def set_draft(self, repo: str, number: int, draft: bool, *, by: str) -> None:
        """Turn a pull request into a draft, or say that it is ready for review."""
        where, user = self.world.repo(repo), self.world.user(by)
        pull = self.world.pull(where, number)
        pull.draft, pull.updated_at = draft, self.world.now()
        self.note(pull, "convert_to_draft" if draft else "ready_for_review", user)
        action = "converted_to_draft" if draft else "ready_for_review"
        self.emit("pull_request", action, where, user, self.pull_body(where, pull))

    @act
    def label(self, repo: str, number: int, name: str, *, by: str) -> None:
        """Put a label on; one that is there already changes nothing."""
        where = self.world.repo(repo)
        self.put_label(where, self.world.pull(where, number), name, self.world.user(by))

    def put_label(self, repo: Repo, pull: Pull, name: str, user: User) -> None:
        """Put a label on and say so."""
        label = self.world.label(repo, name)
        if label in pull.labels:
            return
        pull.labels.append(label)
        pull.updated_at = self.world.now()
        self.note(pull, "labeled", user, label={"name": label.name, "color": label.color})
        given = self.shapes().label(repo, label)
        self.emit("pull_request", "labeled", repo, user, self.pull_body(repo, pull, label=given))

    @act
    def unlabel(self, repo: str, number: int, name: str, *, by: str) -> None:
        """Take a label off; 404 when it is not there."""
        where = self.world.repo(repo)
        self.drop_label(where, self.world.pull(where, number), name, self.world.user(by))

    def drop_label(self, repo: Repo, pull: Pull, name: str, user: User) -> None:
        """Take a label off and say so."""
        label = next((one for one in pull.labels if one.name == name), None)
        if label is None:
            raise RefusedError(404, "Label does not exist")
        pull.labels.remove(label)
        pull.updated_at = self.world.now()
        self.note(pull, "unlabeled", user, label={"name": label.name, "color": label.color})
        given = self.shapes().label(repo, label)
        self.emit("pull_request", "unlabeled", repo, user, self.pull_body(repo, pull, label=given))

    @act
    def request_review(self, repo: str, number: int, *, of: str, by: str) -> None:
        """Ask a person (`login`) or a team (`org/slug`) for a review."""
        where, asker = self.world.repo(repo), self.world.user(by)
        pull = self.world.pull(where, number)
        if "/" in of:
            pull.requested_teams.append(self.world.team(of))
            more: Json = {"requested_team": self.shapes().team_simple(self.world.team(of))}
        else:
            self.ask_reviewer(where, pull, self.world.user(of), asker)
            return
        self.emit("pull_request", "review_requested", where, asker, self.pull_body(where, pull, **more))

    def ask_reviewer(self, repo: Repo, pull: Pull, user: User, asker: User) -> None:
        """Ask one person for a review and say so."""
        if user not in pull.requested_reviewers:
            pull.requested_reviewers.append(user)
        self.note(pull, "review_requested", asker, review_requester=asker, requested_reviewer=user)
        asked = self.shapes().user(user)
        self.emit("pull_request", "review_requested", repo, asker, self.pull_body(repo, pull, requested_reviewer=asked))

    @act
    def merge(self, repo: str, number: int, *, by: str, method: str = "merge", sha: str | None = None) -> str:
        """The merge button; refused as the API refuses. Returns the landed commit."""
        where = self.world.repo(repo)
        return self.land(where, self.world.pull(where, number), self.world.user(by), method=method, sha=sha)

    @act
    def pull(self, repo: str, number: int) -> Pull:
        """The pull request as it is now, its test merge worked out."""
        where = self.world.repo(repo)
        found = self.world.pull(where, number)
        self.try_merge(where, found)
        return found

    @act
    def merges_of(self, repo: str, number: int) -> list[Merge]:
        """Every request to merge a pull request, in order, refused ones too."""
        return [m for m in self.merges if (m.repo, m.number) == (self.world.repo(repo).full_name, number)]
