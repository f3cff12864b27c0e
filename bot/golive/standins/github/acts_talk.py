"""What people say: comments, reviews, reactions. Reactions send no webhook, as on GitHub."""

from __future__ import annotations

from golive.standins.github.acts_pulls import PullActs
from golive.standins.github.hooks import act
from golive.standins.github.shapes import CONTENTS
from golive.standins.github.world import App, Comment, Issue, Pull, Reaction, RefusedError, Repo, Review, User

LONGEST_BODY = 65_536
"""Characters in a comment (GitHub's own error: "maximum is 65536 characters")."""
_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


class TalkActs(PullActs):
    """Conversation on pull requests."""

    @act
    def comment(self, repo: str, number: int, *, by: str, body: str) -> int:
        """Comment on a pull request; returns the comment's number."""
        where = self.world.repo(repo)
        return self.write_comment(where, self.world.pull(where, number), self.world.user(by), body).id

    def write_comment(self, repo: Repo, pull: Pull, user: User, body: str, app: App | None = None) -> Comment:
        """Keep a comment and say so; 422 when it is empty or too long."""
        _fits(body)
        now = self.world.now()
        comment = Comment(self.world.new_id(), pull.number, user, body, now, now, app)
        repo.comments[comment.id] = comment
        repo.talk.setdefault(pull.number, []).append(comment)
        pull.updated_at = now
        self._said(repo, pull, comment, "created", user)
        return comment

    def _said(self, repo: Repo, pull: Pull, comment: Comment, action: str, user: User, **more: object) -> None:
        self.emit("issue_comment", action, repo, user, lambda shapes: {
            "issue": shapes.issue(repo, pull), "comment": shapes.comment(repo, comment), **more})  # fmt: skip

    @act
    def open_issue(self, repo: str, *, by: str, title: str, body: str = "") -> int:
        """Open an issue; returns its number."""
        return self.write_issue(self.world.repo(repo), self.world.user(by), title, body).number

    def write_issue(self, repo: Repo, user: User, title: str, body: str, app: App | None = None) -> Issue:
        """Keep an issue; 422 without a title. It takes the next number, as pull requests do."""
        if not title.strip():
            missing = {"resource": "Issue", "code": "missing_field", "field": "title"}
            raise RefusedError(422, "Validation Failed", [missing])
        issue = Issue(self.world.new_id(), repo.next_number, title, body, user, self.world.now(), app)
        repo.next_number += 1
        repo.issues[issue.number] = issue
        return issue

    @act
    def edit_comment(self, repo: str, comment_id: int, *, by: str, body: str) -> None:
        """Change a comment's text; its author or someone who may write."""
        where, user = self.world.repo(repo), self.world.user(by)
        comment = self.world.comment(where, comment_id)
        self.may_change(where, comment, user)
        self.change_comment(where, comment, user, body)

    def may_change(self, repo: Repo, comment: Comment, user: User) -> None:
        """403 unless it is their own or they maintain the repository; an App changes its own only."""
        if comment.user is user or (user.type != "Bot" and self.world.may(repo, user.login, "write")):
            return
        if user.type == "Bot":
            raise RefusedError(403, "Resource not accessible by integration")
        raise RefusedError(403, "Must have admin rights to Repository.")

    def change_comment(self, repo: Repo, comment: Comment, user: User, body: str) -> None:
        """Change the text and say what it was."""
        _fits(body)
        before, comment.body = comment.body, body
        comment.updated_at = self.world.now()
        self._said(repo, repo.pulls[comment.number], comment, "edited", user, changes={"body": {"from": before}})

    @act
    def tick(self, repo: str, comment_id: int, role: str, *, by: str) -> None:
        """Click the empty box of a role in a comment; GitHub writes the whole text again, with one letter changed."""
        where, user = self.world.repo(repo), self.world.user(by)
        comment = self.world.comment(where, comment_id)
        self.may_change(where, comment, user)
        lines = comment.body.split("\n")
        boxes = [n for n, line in enumerate(lines) if f"<!-- golive:tick:{role} -->" in line and "[ ]" in line]
        if not boxes:
            raise RefusedError(404, f"Not Found: an empty box for {role!r}")
        lines[boxes[0]] = lines[boxes[0]].replace("[ ]", "[x]", 1)
        self.change_comment(where, comment, user, "\n".join(lines))

    @act
    def delete_comment(self, repo: str, comment_id: int, *, by: str) -> None:
        """Delete a comment; its author or someone who may write."""
        where, user = self.world.repo(repo), self.world.user(by)
        comment = self.world.comment(where, comment_id)
        self.may_change(where, comment, user)
        self.drop_comment(where, comment, user)

    def drop_comment(self, repo: Repo, comment: Comment, user: User) -> None:
        """Delete and say so."""
        del repo.comments[comment.id]
        repo.talk[comment.number].remove(comment)
        self._said(repo, repo.pulls[comment.number], comment, "deleted", user)

    @act
    def review(self, repo: str, number: int, *, by: str, state: str, body: str = "", sha: str | None = None) -> int:
        """Review a pull request: APPROVE, REQUEST_CHANGES or COMMENT; returns the review's number."""
        where = self.world.repo(repo)
        return self.write_review(where, self.world.pull(where, number), self.world.user(by), state, body, sha).id

    def write_review(self, repo: Repo, pull: Pull, user: User, event: str, body: str, sha: str | None = None) -> Review:
        """Keep a review and say so; nobody approves their own work."""
        if event not in _STATES:
            raise RefusedError(422, f"Invalid request.\n\n{event!r} is not a member of {sorted(_STATES)}.")
        if user is pull.user and event != "COMMENT":
            verb = "approve" if event == "APPROVE" else "request changes on"
            raise RefusedError(422, f"Unprocessable Entity: Can not {verb} your own pull request")
        review = Review(self.world.new_id(), user, body, _STATES[event], sha or pull.head.sha, self.world.now())
        pull.reviews[review.id] = review
        pull.updated_at = review.submitted_at
        pull.requested_reviewers = [u for u in pull.requested_reviewers if u is not user]
        self.emit("pull_request_review", "submitted", repo, user, self.review_body(repo, pull, review))
        return review

    @act
    def edit_review(self, repo: str, number: int, review_id: int, *, by: str, body: str) -> None:
        """Change the text of a review."""
        where = self.world.repo(repo)
        pull = self.world.pull(where, number)
        review = pull.reviews[review_id]
        before, review.body = review.body, body
        whole = self.review_body(where, pull, review)
        changes = {"changes": {"body": {"from": before}}}
        self.emit("pull_request_review", "edited", where, self.world.user(by), lambda shapes: whole(shapes) | changes)

    @act
    def dismiss_review(self, repo: str, number: int, review_id: int, *, by: str, message: str = "") -> None:
        """Dismiss a review: it no longer counts."""
        where, user = self.world.repo(repo), self.world.user(by)
        self.drop_review(where, self.world.pull(where, number), review_id, user, message)

    def drop_review(self, repo: Repo, pull: Pull, review_id: int, user: User, message: str) -> Review:
        """Dismiss a review and say so; 422 for a mere comment, and for one that is dismissed already."""
        review = pull.reviews.get(review_id)
        if review is None:
            raise RefusedError(404, "Not Found")
        if review.state not in ("APPROVED", "CHANGES_REQUESTED"):
            words = "Can not dismiss a commented pull request review"
            raise RefusedError(422, words if review.state == "COMMENTED" else words.replace("comment", "dismiss", 1))
        was, review.state = review.state.lower(), "DISMISSED"
        pull.updated_at = self.world.now()
        said = {"state": was, "review_id": review.id, "dismissal_message": message or None}
        self.note(pull, "review_dismissed", user, dismissed_review=said)
        self.emit("pull_request_review", "dismissed", repo, user, self.review_body(repo, pull, review))
        return review

    @act
    def react(self, repo: str, comment_id: int, *, by: str, content: str = "+1") -> int:
        """React to a comment; returns the reaction's number. The same again changes nothing."""
        where = self.world.repo(repo)
        comment = self.world.comment(where, comment_id)
        return self.give_reaction(comment.reactions, self.world.user(by), content)[0].id

    @act
    def react_to_pull(self, repo: str, number: int, *, by: str, content: str = "+1") -> int:
        """React to a pull request's first post; returns the reaction's number."""
        pull = self.world.pull(self.world.repo(repo), number)
        return self.give_reaction(pull.reactions, self.world.user(by), content)[0].id

    def give_reaction(self, given: dict[int, Reaction], user: User, content: str) -> tuple[Reaction, bool]:
        """The reaction, and whether it is new."""
        if content not in CONTENTS:
            raise RefusedError(422, f"Validation Failed: {content!r} is not a reaction")
        for known in given.values():
            if known.user is user and known.content == content:
                return known, False
        reaction = Reaction(self.world.new_id(), user, content, self.world.now())
        given[reaction.id] = reaction
        return reaction, True

    @act
    def unreact(self, repo: str, comment_id: int, *, by: str, content: str = "+1") -> None:
        """Take a reaction back; 404 when there was none."""
        given = self.world.comment(self.world.repo(repo), comment_id).reactions
        user = self.world.user(by)
        found = next((r.id for r in given.values() if r.user is user and r.content == content), None)
        if found is None:
            raise RefusedError(404, "Not Found")
        del given[found]

    @act
    def comments(self, repo: str, number: int) -> list[Comment]:
        """The conversation of a pull request, oldest first."""
        return list(self.world.repo(repo).talk.get(number, ()))


def _fits(body: str) -> None:
    if not body.strip():
        raise RefusedError(422, "Validation Failed", [_wrong("Body cannot be blank")])
    if len(body) > LONGEST_BODY:
        words = f"Body is too long (maximum is {LONGEST_BODY} characters)"
        raise RefusedError(422, "Validation Failed", [_wrong(words)])


def _wrong(message: str) -> dict[str, str]:
    return {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": message}
