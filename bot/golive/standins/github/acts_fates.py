"""What can befall a whole repository: renamed, moved to another owner, archived, taken out of the archive, hidden, deleted."""

from __future__ import annotations

from golive.standins.github.hooks import Hooks, act
from golive.standins.github.world import Installation, Repo, User


class FateActs(Hooks):
    """A repository's admin at its settings. Every App that reaches it is told; `repository` says what happened."""

    @act
    def rename_repo(self, repo: str, name: str, *, by: str) -> str:
        """Give it another name; returns the full one."""
        where, before = self.world.repo(repo), self.world.repo(repo).name
        self._move(where, where.owner, name)
        self.emit("repository", "renamed", where, self.world.user(by), lambda _: {
            "changes": {"repository": {"name": {"from": before}}}})  # fmt: skip
        return where.full_name

    @act
    def transfer_repo(self, repo: str, owner: str, *, by: str) -> str:
        """Hand it to another account; the Apps installed there are told. Returns the full name."""
        where, before = self.world.repo(repo), self.world.repo(repo).owner
        self._move(where, self.world.user(owner), where.name)
        kind = "organization" if before.type == "Organization" else "user"
        self.emit("repository", "transferred", where, self.world.user(by), lambda shapes: {
            "changes": {"owner": {"from": {kind: shapes.user(before)}}}})  # fmt: skip
        return where.full_name

    @act
    def archive_repo(self, repo: str, *, by: str, archived: bool = True) -> None:
        """Put it into the archive, where it is only read, or take it out."""
        where = self.world.repo(repo)
        where.archived = archived
        self.emit("repository", "archived" if archived else "unarchived", where, self.world.user(by), lambda _: {})

    @act
    def hide_repo(self, repo: str, *, by: str, private: bool = True) -> None:
        """Make it private, or public."""
        where = self.world.repo(repo)
        where.private = private
        self.emit("repository", "privatized" if private else "publicized", where, self.world.user(by), lambda _: {})

    @act
    def delete_repo(self, repo: str, *, by: str) -> None:
        """Delete it with all that hangs on it."""
        where = self.world.repo(repo)
        self.emit("repository", "deleted", where, self.world.user(by), lambda _: {})
        del self.world.repos[where.full_name.lower()], self.world.repos_by_id[where.id]

    def _move(self, repo: Repo, owner: User, name: str) -> None:
        before = repo.full_name
        del self.world.repos[before.lower()]
        repo.owner, repo.name = owner, name
        self.world.repos[repo.full_name.lower()] = repo
        for it in self.world.installations.values():
            _renamed(it, before, repo)


def _renamed(it: Installation, before: str, repo: Repo) -> None:
    """An installation on chosen repositories keeps one that was renamed, and loses one that went to another account."""
    if it.repos is not None and before in it.repos:
        it.repos.discard(before)
        if it.account is repo.owner:
            it.repos.add(repo.full_name)
