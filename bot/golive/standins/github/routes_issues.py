"""Endpoints of the conversation: the pull request as an issue, comments, reactions, labels, timeline."""

from __future__ import annotations

from golive.standins.github.acts_talk import TalkActs
from golive.standins.github.base import Call, needed, number
from golive.standins.github.shapes import Json
from golive.standins.github.world import Comment, Issue, Pull, Reaction, RefusedError, Repo
from golive.standins.wire import Response, route


class IssueRoutes(TalkActs):
    """Comments, reactions and labels."""

    def _issue(self, repo: Repo, issue_number: str) -> Pull:
        return self.world.pull(repo, number(issue_number))

    def _comment(self, repo: Repo, comment_id: str) -> Comment:
        return self.world.comment(repo, number(comment_id))

    @route("GET", "/repos/{owner}/{repo}/issues/{issue_number}", "issues/get")
    def get_issue(self, call: Call, repo: Repo, issue_number: str) -> Response:
        """An issue, or a pull request seen as one."""
        if number(issue_number) in repo.issues:
            return Response.of(200, call.shapes.plain_issue(repo, self.world.plain_issue(repo, number(issue_number))))
        return Response.of(200, call.shapes.issue_full(repo, self._issue(repo, issue_number)))

    @route("GET", "/repos/{owner}/{repo}/issues", "issues/list-for-repo")
    def list_issues(self, call: Call, repo: Repo) -> Response:
        """Issues and pull requests by state and by who opened them, newest first."""
        state, creator = call.request.one("state", "open"), call.request.one("creator").lower()
        every: list[Issue | Pull] = [*repo.issues.values(), *repo.pulls.values()]
        found = [one for one in every if state in ("all", one.state if isinstance(one, Pull) else "open")
                 and creator in ("", one.user.login.lower())]  # fmt: skip
        found.sort(key=lambda one: one.number, reverse=True)
        shapes = call.shapes
        return self.listed(call, found, lambda one: shapes.issue(repo, one) if isinstance(one, Pull)
                           else shapes.plain_issue(repo, one))  # fmt: skip

    @route("POST", "/repos/{owner}/{repo}/issues", "issues/create")
    def create_issue(self, call: Call, repo: Repo) -> Response:
        """Open an issue."""
        body = call.body()
        issue = self.write_issue(repo, call.actor, needed(body, "title", str), body.get("body") or "", call.caller.app)
        return Response.of(201, call.shapes.plain_issue(repo, issue))

    @route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", "issues/list-comments")
    def list_comments(self, call: Call, repo: Repo, issue_number: str) -> Response:
        """The conversation, oldest first; `since` is by the last change."""
        talk = repo.talk.get(self._issue(repo, issue_number).number, [])
        shape = call.shapes.comment
        if since := call.request.one("since"):
            talk = [c for c in talk if c.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ") >= since]
        return self.listed(call, talk, lambda c: shape(repo, c))

    @route("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", "issues/create-comment")
    def create_comment(self, call: Call, repo: Repo, issue_number: str) -> Response:
        """Say something."""
        pull = self._issue(repo, issue_number)
        comment = self.write_comment(repo, pull, call.actor, needed(call.body(), "body", str), call.caller.app)
        return Response.of(201, call.shapes.comment(repo, comment))

    @route("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", "issues/get-comment")
    def get_comment(self, call: Call, repo: Repo, comment_id: str) -> Response:
        """One comment."""
        return Response.of(200, call.shapes.comment(repo, self._comment(repo, comment_id)))

    @route("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", "issues/update-comment")
    def update_comment(self, call: Call, repo: Repo, comment_id: str) -> Response:
        """Change a comment's text."""
        comment = self._comment(repo, comment_id)
        self.may_change(repo, comment, call.actor)
        self.change_comment(repo, comment, call.actor, needed(call.body(), "body", str))
        return Response.of(200, call.shapes.comment(repo, comment))

    @route("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", "issues/delete-comment")
    def remove_comment(self, call: Call, repo: Repo, comment_id: str) -> Response:
        """Delete a comment."""
        comment = self._comment(repo, comment_id)
        self.may_change(repo, comment, call.actor)
        self.drop_comment(repo, comment, call.actor)
        return Response(204)

    @route("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", "reactions/list-for-issue-comment")
    def list_comment_reactions(self, call: Call, repo: Repo, comment_id: str) -> Response:
        """Who reacted to a comment, and how."""
        return self._reactions(call, self._comment(repo, comment_id).reactions)

    @route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", "reactions/list-for-issue")
    def list_issue_reactions(self, call: Call, repo: Repo, issue_number: str) -> Response:
        """Who reacted to the first post, and how."""
        return self._reactions(call, self._issue(repo, issue_number).reactions)

    def _reactions(self, call: Call, given: dict[int, Reaction]) -> Response:
        content = call.request.one("content")
        return self.listed(call, [r for r in given.values() if content in ("", r.content)], call.shapes.reaction)

    @route("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", "reactions/create-for-issue-comment")
    def create_reaction(self, call: Call, repo: Repo, comment_id: str) -> Response:
        """React; 200 when that reaction was there already."""
        given = self._comment(repo, comment_id).reactions
        reaction, new = self.give_reaction(given, call.actor, needed(call.body(), "content", str))
        return Response.of(201 if new else 200, call.shapes.reaction(reaction))

    @route("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}",
           "reactions/delete-for-issue-comment")  # fmt: skip
    def remove_reaction(self, call: Call, repo: Repo, comment_id: str, reaction_id: str) -> Response:
        """Take one's own reaction back."""
        given = self._comment(repo, comment_id).reactions
        reaction = given.get(number(reaction_id))
        if reaction is None or reaction.user is not call.actor:
            raise RefusedError(404, "Not Found")
        del given[reaction.id]
        return Response(204)

    @route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", "issues/list-labels-on-issue")
    def list_labels(self, call: Call, repo: Repo, issue_number: str) -> Response:
        """The labels that are on."""
        return self.listed(call, self._issue(repo, issue_number).labels, lambda one: call.shapes.label(repo, one))

    @route("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", "issues/add-labels")
    def add_labels(self, call: Call, repo: Repo, issue_number: str) -> Response:
        """Put labels on."""
        pull, value = self._issue(repo, issue_number), call.request.json()
        for name in value.get("labels", []) if isinstance(value, dict) else value:
            self.put_label(repo, pull, name if isinstance(name, str) else name["name"], call.actor)
        return Response.of(200, [call.shapes.label(repo, one) for one in pull.labels])

    @route("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", "issues/remove-label")
    def remove_label(self, call: Call, repo: Repo, issue_number: str, name: str) -> Response:
        """Take a label off."""
        pull = self._issue(repo, issue_number)
        self.drop_label(repo, pull, name, call.actor)
        return Response.of(200, [call.shapes.label(repo, one) for one in pull.labels])

    @route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/timeline", "issues/list-events-for-timeline")
    def timeline(self, call: Call, repo: Repo, issue_number: str) -> Response:
        """What happened, in order: commits first, then comments, reviews and everything else by time."""
        pull, shapes = self._issue(repo, issue_number), call.shapes
        rows: list[tuple[int, Json]] = [(row.id, shapes.happening(repo, pull.number, row)) for row in pull.timeline]
        for comment in repo.talk.get(pull.number, ()):
            said: Json = {"event": "commented", "actor": shapes.user(comment.user)}
            rows.append((comment.id, shapes.comment(repo, comment) | said))
        for review in pull.reviews.values():
            state = {"event": "reviewed", "state": review.state.lower()}
            rows.append((review.id, shapes.review(repo, pull, review) | state))
        rows.sort(key=lambda pair: pair[0])
        commits = repo.git.relation(pull.base.sha, pull.head.sha).right_only
        first = [shapes.git_commit(repo, sha) | {"event": "committed"} for sha in commits]
        return self.listed(call, first + [row for _, row in rows], dict)
