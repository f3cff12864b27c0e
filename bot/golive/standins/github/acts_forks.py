"""What people do from forks: commit to a branch of their own copy, and open a pull request from it.

A fork's commits lie with those of the repository, as on GitHub, where both are one network; its branches do not, and a push to
one of them is told to nobody but by the pull requests from it. What it cannot do: run its own workflows, be fetched as a
repository, be pushed to by a maintainer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from golive.standins.github.acts_pulls import PullActs
from golive.standins.github.hooks import act
from golive.standins.github.world import Pull, Side


class ForkActs(PullActs):
    """Branches of forks, each named by the login of the fork's owner."""

    @act
    def commit_in_fork(
        self, repo: str, branch: str, files: Mapping[str, str | bytes | None], *, by: str, message: str = "Change"
    ) -> str:
        """A commit onto a branch of the fork of `by`; a new branch grows from the default branch. Returns its id."""
        where, user = self.world.repo(repo), self.world.user(by)
        name = f"forks/{by}/{branch}"
        before = where.git.refs.get(name) or self.tip(where, where.default_branch)
        after = self._changed(where, before, files, user, message, None)
        where.git.refs[name] = after
        for pull in [p for p in where.open_pulls.values() if (p.head.fork, p.head.ref) == (by, branch)]:
            self._synchronize(where, pull, before, after, user)
        return after

    @act
    def open_pull_from_fork(
        self, repo: str, *, head: str, title: str, by: str, base: str | None = None, body: str = "",
        labels: Iterable[str] = (),
    ) -> int:  # fmt: skip
        """A pull request from a branch of the fork of `by`; returns its number."""
        where, user = self.world.repo(repo), self.world.user(by)
        into, now, number = base or where.default_branch, self.world.now(), where.next_number
        ends = Side(head, where.git.refs[f"forks/{by}/{head}"], by), Side(into, self.tip(where, into))
        where.next_number += 1
        pull = where.pulls[number] = Pull(self.world.new_id(), number, title, body, user, *ends, now, now)
        self.world.stand(where, pull, head=pull.head.sha)
        where.git.refs[f"pull/{number}/head"] = pull.head.sha
        self.emit("pull_request", "opened", where, user, self.pull_body(where, pull))
        for name in labels:
            self.label(repo, number, name, by=by)
        return number
