"""The human side: look at repositories and pull requests, and act on them as a chosen person through plain forms."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from golive.standins.github.acts_checks import CheckActs
from golive.standins.github.base import number
from golive.standins.github.pages import index, moved_to, pull_page, shown
from golive.standins.github.routes_setup import form
from golive.standins.github.world import RefusedError
from golive.standins.wire import Request, Response, route

Fields = dict[str, str]


class PageRoutes(CheckActs):
    """Pages and their forms; each form does one of the acts that tests do too."""

    def _people(self) -> list[str]:
        return sorted(u.login for u in self.world.users.values() if u.type == "User")

    def _person(self, request: Request) -> str:
        people = self._people()
        asked = request.one("as")
        return asked if asked in people else next(iter(people), "")

    @route("GET", "/", "page/index")
    def show_index(self, request: Request) -> Response:
        """Every repository."""
        return shown(index(self.world.repos_by_id.values(), self._people(), self._person(request)))

    @route("GET", "/{owner}/{repo}/pull/{pull_number}", "page/pull")
    def show_pull(self, request: Request, owner: str, repo: str, pull_number: str) -> Response:
        """One pull request."""
        where = self.world.repo(f"{owner}/{repo}")
        pull = self.pull(where.full_name, number(pull_number))
        runs = sorted(self.latest_runs(where, pull.head.sha).values(), key=lambda r: r.name)
        return shown(pull_page(where, pull, where.talk.get(pull.number, ()), runs, self.merge_state(where, pull),
                               self._people(), self._person(request)))  # fmt: skip

    @route("POST", "/{owner}/{repo}/pull/{pull_number}", "page/act")
    def act_on_pull(self, request: Request, owner: str, repo: str, pull_number: str) -> Response:
        """Do what a form asks, then show the pull request again."""
        where, fields = self.world.repo(f"{owner}/{repo}"), form(request)
        self.world.pull(where, number(pull_number))
        act = _ACTS.get(fields.get("act", ""))
        if act is None:
            raise RefusedError(422, f"Nobody can {fields.get('act', 'do nothing')!r} here.")
        try:
            act(self, where.full_name, number(pull_number), fields)
        except KeyError as error:
            raise RefusedError(422, f"The form lacks {error}.") from None
        return moved_to(f"/{where.full_name}/pull/{pull_number}?as={quote(fields.get('by', ''))}")

    @route("GET", "/{owner}/{repo}/runs/{check_run_id}", "page/check-run")
    def show_run(self, request: Request, owner: str, repo: str, check_run_id: str) -> Response:
        """A check run is shown on its pull request; without one, at the start."""
        where = self.world.repo(f"{owner}/{repo}")
        run = where.check_runs.get(number(check_run_id))
        if run is None:
            raise RefusedError(404, "Not Found")
        pulls = [p for p in where.pulls.values() if p.head.sha == run.head_sha]
        return moved_to(f"/{where.full_name}/pull/{pulls[-1].number}" if pulls else "/")

    @route("GET", "/{owner}/{repo}/blob/{ref}/{path:path}", "page/file")
    def show_file(self, request: Request, owner: str, repo: str, ref: str, path: str) -> Response:
        """A file as plain text."""
        where = self.world.repo(f"{owner}/{repo}")
        sha = where.git.files(self.world.commit(where, ref)).get(path)
        if sha is None:
            raise RefusedError(404, "Not Found")
        headers = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
        return Response(200, where.git.blobs[sha], headers)


def _push(page: PageRoutes, repo: str, at: int, form: Fields) -> None:
    branch = page.pull(repo, at).head.ref
    page.commit(repo, branch, {form["path"]: form["content"]}, by=form["by"], message=f"Change {form['path']}")


_ACTS: dict[str, Callable[[PageRoutes, str, int, Fields], object]] = {
    "comment": lambda page, repo, at, form: page.comment(repo, at, by=form["by"], body=form["body"]),
    "review": lambda page, repo, at, form: page.review(
        repo, at, by=form["by"], state=form["state"], body=form.get("body", "")
    ),
    "react": lambda page, repo, at, form: page.react(repo, number(form["comment"]), by=form["by"]),
    "push": _push,
    "label": lambda page, repo, at, form: page.label(repo, at, form["label"], by=form["by"]),
    "rerequest": lambda page, repo, at, form: page.rerequest(repo, number(form["run"]), by=form["by"]),
    "press": lambda page, repo, at, form: page.press(repo, number(form["run"]), form["action"], by=form["by"]),
    "merge": lambda page, repo, at, form: page.merge(repo, at, by=form["by"]),
    "close": lambda page, repo, at, form: page.close_pull(repo, at, by=form["by"]),
}
"""What a form can ask for."""
