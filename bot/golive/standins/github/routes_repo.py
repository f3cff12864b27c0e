"""Endpoints of a repository's content: files, refs, branches, commits, trees, comparisons, protection, people."""

from __future__ import annotations

import base64

from golive.standins.github.base import Call, needed, number
from golive.standins.github.git import Entry, Flat
from golive.standins.github.merging import Merging
from golive.standins.github.shapes import Json, stamp
from golive.standins.github.world import ROLES, Protection, RefusedError, Repo
from golive.standins.wire import Response, route

_OFF = ("required_linear_history", "allow_force_pushes", "allow_deletions", "block_creations",
        "required_conversation_resolution", "lock_branch")  # fmt: skip
_OLD_NAMES = {"maintain": "write", "triage": "read"}
"""The `permission` field knows four levels only; `role_name` says the rest."""


_LEVELS = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}


class RepoRoutes(Merging):
    """A repository and its git."""

    most_entries = 100_000
    """Rows of a tree that are shown ("Get a tree" of GitHub's REST API)."""

    @route("GET", "/repos/{owner}/{repo}", "repos/get")
    def get_repo(self, call: Call, repo: Repo) -> Response:
        """The repository."""
        return Response.of(200, call.shapes.repo_full(repo))

    @route("GET", "/repos/{owner}/{repo}/contents/{path:path}", "repos/get-content")
    def get_contents(self, call: Call, repo: Repo, path: str) -> Response:
        """A file with its content, or a folder's rows."""
        ref = call.request.one("ref") or repo.default_branch
        found = repo.git.find(ref)
        if found is None:
            raise RefusedError(404, f"No commit found for the ref {ref}")
        files, path = repo.git.files(found), path.strip("/")
        if path in files:
            data = repo.git.blobs[files[path]]
            # GitHub breaks the base64 text into lines of 60
            text = base64.b64encode(data).decode()
            content = "".join(text[i : i + 60] + "\n" for i in range(0, len(text), 60))
            row = _row(call, repo, ref, path, "file", files[path], len(data))
            return Response.of(200, {**row, "content": content, "encoding": "base64"})
        below = sorted({p[len(path) + 1 :].split("/")[0] for p in files if p.startswith(f"{path}/")})
        if not below:
            raise RefusedError(404, "Not Found")
        rows = []
        for name in below:
            whole = f"{path}/{name}"
            kind, sha = ("file", files[whole]) if whole in files else ("dir", _subtree(repo, found, whole))
            rows.append(_row(call, repo, ref, whole, kind, sha, len(repo.git.blobs.get(sha, b""))))
        return Response.of(200, rows)

    @route("GET", "/repos/{owner}/{repo}/activity", "repos/list-activities")
    def list_activities(self, call: Call, repo: Repo) -> Response:
        """Who moved which branch from where to where, the newest first. No further page is offered, as nobody asks for one."""
        asked = {name: call.request.one(name) for name in ("actor", "activity_type")}
        branch = (call.request.one("ref") or "").removeprefix("refs/heads/")
        size = min(max(int(call.request.one("per_page", "30")), 1), 100)
        rows = [
            {"id": one.id, "node_id": f"PSH_{one.id}", "before": one.before, "after": one.after,
             "ref": f"refs/heads/{one.branch}", "timestamp": stamp(one.at), "activity_type": one.kind,
             "actor": call.shapes.user(one.actor)}
            for one in reversed(repo.activities)
            if branch in ("", one.branch) and asked["actor"] in (None, "", one.actor.login)
            and asked["activity_type"] in (None, "", one.kind)
        ]  # fmt: skip
        return Response.of(200, rows[:size])

    @route("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}", "git/get-ref")
    def get_ref(self, call: Call, repo: Repo, ref: str) -> Response:
        """A branch or tag by its whole name, such as heads/main."""
        sha = repo.git.refs.get(ref)
        if sha is None:
            raise RefusedError(404, "Not Found")
        return Response.of(200, _ref(call, repo, ref, sha))

    @route("POST", "/repos/{owner}/{repo}/git/refs", "git/create-ref")
    def create_ref(self, call: Call, repo: Repo) -> Response:
        """A new branch or tag at a commit."""
        body = call.body()
        ref, sha = needed(body, "ref", str).removeprefix("refs/"), needed(body, "sha", str)
        if ref in repo.git.refs:
            raise RefusedError(422, "Reference already exists")
        if sha not in repo.git.commits:
            raise RefusedError(422, "Object does not exist")
        if ref.startswith("heads/"):
            self.moved(repo, ref.removeprefix("heads/"), "0" * 40, sha, call.actor)
        repo.git.refs[ref] = sha
        return Response.of(201, _ref(call, repo, ref, sha))

    @route("GET", "/repos/{owner}/{repo}/branches/{branch:path}", "repos/get-branch")
    def get_branch(self, call: Call, repo: Repo, branch: str) -> Response:
        """A branch with its tip and whether it is protected."""
        sha, rules = self.tip(repo, branch), repo.protection.get(branch)
        url = call.shapes.api(repo, f"branches/{branch}")
        checks = call.shapes.required_checks(repo, branch, rules or Protection())
        level = "non_admins" if rules else "off"
        protection: Json = {"enabled": rules is not None,
                            "required_status_checks": {"enforcement_level": level, "contexts": checks["contexts"],
                                                       "checks": checks["checks"]}}  # fmt: skip
        links = {"self": url, "html": call.shapes.page(repo, f"tree/{branch}")}
        return Response.of(200, {"name": branch, "commit": call.shapes.commit(repo, sha), "_links": links,
                                 "protected": rules is not None, "protection": protection,
                                 "protection_url": f"{url}/protection"})  # fmt: skip

    @route("GET", "/repos/{owner}/{repo}/branches/{branch:path}/protection", "repos/get-branch-protection")
    def get_protection(self, call: Call, repo: Repo, branch: str) -> Response:
        """What a branch requires; 404 when it is not protected."""
        rules = self._rules_of(repo, branch)
        url = call.shapes.api(repo, f"branches/{branch}/protection")
        checks = call.shapes.required_checks(repo, branch, rules)
        off = {rule: {"enabled": rules.linear and rule == "required_linear_history"} for rule in _OFF}
        return Response.of(200, {"url": url, **({"required_status_checks": checks} if rules.required else {}),
                                 "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": rules.enforce_admins},
                                 **_reviews(url, rules), **off})  # fmt: skip

    @route("GET", "/repos/{owner}/{repo}/branches/{branch:path}/protection/required_status_checks",
           "repos/get-status-checks-protection")  # fmt: skip
    def get_required_checks(self, call: Call, repo: Repo, branch: str) -> Response:
        """The checks that a branch requires."""
        rules = self._rules_of(repo, branch)
        if not rules.required:
            raise RefusedError(404, "Required status checks not enabled")
        return Response.of(200, call.shapes.required_checks(repo, branch, rules))

    def _rules_of(self, repo: Repo, branch: str) -> Protection:
        self.tip(repo, branch)
        rules = repo.protection.get(branch)
        if rules is None:
            raise RefusedError(404, "Branch not protected")
        return rules

    @route("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", "git/get-commit")
    def get_git_commit(self, call: Call, repo: Repo, commit_sha: str) -> Response:
        """A commit as git holds it."""
        if commit_sha not in repo.git.commits:
            raise RefusedError(404, "Not Found")
        return Response.of(200, call.shapes.git_commit(repo, commit_sha))

    @route("GET", "/repos/{owner}/{repo}/commits/{ref:path}", "repos/get-commit")
    def get_commit(self, call: Call, repo: Repo, ref: str) -> Response:
        """A commit with its changed files; 422 for what names none."""
        sha = _commit(repo, ref)
        commit, git = repo.git.commits[sha], repo.git
        changes = git.changes(git.files(commit.parents[0]) if commit.parents else Flat(), git.files(sha))
        files = [call.shapes.file(repo, sha, c) for c in git.with_renames(changes)]
        stats = {"additions": sum(f["additions"] for f in files), "deletions": sum(f["deletions"] for f in files)}
        return Response.of(200, call.shapes.commit(repo, sha)
                           | {"stats": stats | {"total": sum(stats.values())}, "files": files})  # fmt: skip

    @route("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha}", "git/get-tree")
    def get_tree(self, call: Call, repo: Repo, tree_sha: str) -> Response:
        """A tree by its own id or by a commit or branch; all the way down with `recursive`."""
        found = repo.git.find(tree_sha)
        sha = repo.git.commits[found].tree if found else tree_sha
        if sha not in repo.git.trees:
            raise RefusedError(404, "Not Found")
        rows = _entries(call, repo, sha, "", bool(call.request.one("recursive")))
        return Response.of(200, {"sha": sha, "url": call.shapes.api(repo, f"git/trees/{sha}"),
                                 "truncated": len(rows) > self.most_entries,
                                 "tree": rows[: self.most_entries]})  # fmt: skip

    @route("GET", "/repos/{owner}/{repo}/compare/{basehead:path}", "repos/compare-commits-with-basehead")
    def compare(self, call: Call, repo: Repo, basehead: str) -> Response:
        """What a head has that a base has not, from where they parted."""
        left, dots, right = basehead.partition("...")
        if not dots:
            raise RefusedError(404, "Not Found")
        git = repo.git
        base, head = (_commit(repo, ref.rpartition(":")[2], 404) for ref in (left, right))
        relation = git.relation(base, head)
        if relation.base is None:
            raise RefusedError(404, f"No common ancestor between {left} and {right}.")
        commits = self._compared(call, relation.right_only)
        ahead, behind = len(relation.right_only), len(relation.left_only)
        status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
        page = call.shapes.page(repo, f"compare/{left}...{right}")
        changes = git.with_renames(git.changes(git.files(relation.base), git.files(head)))
        if call.request.one("page", "1") != "1":
            changes = []  # files come with the first page alone
        return Response.of(200, {
            "url": call.shapes.api(repo, f"compare/{left}...{right}"), "html_url": page, "permalink_url": page,
            "diff_url": f"{page}.diff", "patch_url": f"{page}.patch", "status": status, "ahead_by": ahead,
            "behind_by": behind, "total_commits": ahead, "base_commit": call.shapes.commit(repo, base),
            "merge_base_commit": call.shapes.commit(repo, relation.base),
            "commits": [call.shapes.commit(repo, sha) for sha in commits],
            "files": [call.shapes.file(repo, head, c) for c in changes[:300]]})  # fmt: skip

    def _compared(self, call: Call, commits: tuple[str, ...]) -> tuple[str, ...]:
        """One page of a comparison's commits, or the newest 250 where no page is asked for."""
        if not call.request.one("per_page") and not call.request.one("page"):
            return commits[-250:]
        size, page = (number(call.request.one(name, default)) for name, default in (("per_page", "30"), ("page", "1")))
        return commits[(page - 1) * size : page * size]

    @route("GET", "/repos/{owner}/{repo}/collaborators", "repos/list-collaborators")
    def list_collaborators(self, call: Call, repo: Repo) -> Response:
        """Everybody who may do at least that: by their own grant, a team's or the organisation's."""
        asked = call.request.one("permission", "pull")
        if asked not in _LEVELS:
            raise RefusedError(422, f"Invalid request.\n\n{asked} is not a member of {sorted(_LEVELS)}.")
        found = [(user, role) for user, role in self.world.collaborators(repo)
                 if ROLES.index(role) >= ROLES.index(_LEVELS[asked])]  # fmt: skip
        return self.listed(call, found, lambda one: call.shapes.user(one[0])
                           | {"permissions": _held(one[1]), "role_name": one[1]})  # fmt: skip

    @route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission",
           "repos/get-collaborator-permission-level")  # fmt: skip
    def get_permission(self, call: Call, repo: Repo, username: str) -> Response:
        """A person's role in the repository."""
        user = self.world.user(username)
        role = self.world.role(repo, user.login)
        person = call.shapes.user(user) | {"permissions": _held(role), "role_name": role}
        return Response.of(200, {"permission": _OLD_NAMES.get(role, role), "role_name": role, "user": person})


def _reviews(url: str, rules: Protection) -> Json:
    """What protection says of reviews; nothing where it requires none."""
    if rules.dismiss_stale is None and not rules.reviews:
        return {}
    said = {"url": f"{url}/required_pull_request_reviews", "dismiss_stale_reviews": bool(rules.dismiss_stale),
            "require_code_owner_reviews": False, "required_approving_review_count": rules.reviews or 1,
            "require_last_push_approval": False}  # fmt: skip
    return {"required_pull_request_reviews": said}


def _held(role: str) -> Json:
    return {name: ROLES.index(role) >= ROLES.index(level) for name, level in _LEVELS.items()}


def _commit(repo: Repo, ref: str, status: int = 422) -> str:
    found = repo.git.find(ref)
    if found is None:
        raise RefusedError(status, "Not Found" if status == 404 else f"No commit found for SHA: {ref}")
    return found


def _ref(call: Call, repo: Repo, ref: str, sha: str) -> Json:
    target = {"type": "commit", "sha": sha, "url": call.shapes.api(repo, f"git/commits/{sha}")}
    return {"ref": f"refs/{ref}", "node_id": f"REF_{ref}", "url": call.shapes.api(repo, f"git/refs/{ref}"),
            "object": target}  # fmt: skip


def _row(call: Call, repo: Repo, ref: str, path: str, kind: str, sha: str, size: int) -> Json:
    url = call.shapes.api(repo, f"contents/{path}?ref={ref}")
    git = call.shapes.api(repo, f"git/{'blobs' if kind == 'file' else 'trees'}/{sha}")
    page = call.shapes.page(repo, f"{'blob' if kind == 'file' else 'tree'}/{ref}/{path}")
    download = call.shapes.page(repo, f"raw/{ref}/{path}") if kind == "file" else None
    return {"name": path.rpartition("/")[2], "path": path, "sha": sha, "size": size, "url": url, "html_url": page,
            "git_url": git, "download_url": download, "type": kind,
            "_links": {"self": url, "git": git, "html": page}}  # fmt: skip


def _subtree(repo: Repo, commit: str, path: str) -> str:
    sha = repo.git.commits[commit].tree
    for part in path.split("/"):
        sha = repo.git.trees[sha][part].sha
    return sha


def _entries(call: Call, repo: Repo, tree: str, prefix: str, deep: bool) -> list[Json]:
    out: list[Json] = []
    for name, entry in repo.git.trees[tree].items():
        out.append(_entry(call, repo, prefix + name, entry))
        if deep and entry.kind == "tree":
            out += _entries(call, repo, entry.sha, f"{prefix}{name}/", deep)
    return out


def _entry(call: Call, repo: Repo, path: str, entry: Entry) -> Json:
    row: Json = {"path": path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha,
                 "url": call.shapes.api(repo, f"git/{entry.kind}s/{entry.sha}")}  # fmt: skip
    return row | ({"size": len(repo.git.blobs[entry.sha])} if entry.kind == "blob" else {})
