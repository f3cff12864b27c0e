"""The pages on which a Slack person is linked to a GitHub person. All that is decided is decided in `engine.link`.

Looking at a link changes nothing; taking it up and confirming are forms. The browser is known by one cookie, which holds
a key of 256 bits: there is nothing in it to sign, for what it opens is kept in the store.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from golive.core.errors import Refused
from golive.core.linking import LIFE
from golive.engine.link import Link
from golive.render.linking import link_page
from golive.render.web import notice_page
from golive.web.pages import HEADERS
from golive.wiring.signin import FROM_GITHUB, FROM_SLACK, LINK

LARGEST = 4096
"""Bytes of a form, and characters of anything in an address."""
_POLICY = HEADERS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'")


class Browser:
    """The cookie. Over https it is bound to this host alone, by the prefix `__Host-` (RFC 6265bis, 4.1.3.2)."""

    def __init__(self, public_url: str) -> None:
        self._secure = urlsplit(public_url).scheme == "https"
        self._name = "__Host-golive-link" if self._secure else "golive-link"

    def key(self, request: Request) -> str:
        """What this browser holds, or nothing."""
        return request.cookies.get(self._name, "")[:LARGEST]

    def keep(self, answer: HTMLResponse, key: str) -> HTMLResponse:
        """Let the browser hold a key as long as a linking lasts."""
        age = LIFE.seconds
        answer.set_cookie(
            self._name, key, max_age=age, path="/", secure=self._secure, httponly=True, samesite="lax"
        )  # lax: Slack and GitHub send the browser back here
        return answer

    def forget(self, answer: HTMLResponse) -> HTMLResponse:
        """Take it away again."""
        answer.delete_cookie(self._name, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer


def linking(link: Link, browser: Browser) -> APIRouter:
    """The routes, where linking is set up."""
    router = APIRouter(include_in_schema=False)

    @router.get(LINK + "/{code}")
    def look(code: str = Path(max_length=200)) -> HTMLResponse:
        def shown() -> HTMLResponse:
            link.look(code)
            return _page(link_page("start", action=f"{LINK}/{code}"))

        return _said(shown)

    @router.post(LINK + "/{code}")
    def begin(code: str = Path(max_length=200)) -> HTMLResponse:
        def begun() -> HTMLResponse:
            taken = link.begin(code)
            return browser.keep(_page(link_page("slack", action=taken.url)), taken.browser)

        return _said(begun)

    @router.get(FROM_SLACK)
    def slack_came(request: Request) -> HTMLResponse:
        def came() -> HTMLResponse:
            proved = link.slack_came(browser.key(request), _one(request, "state"), _one(request, "code"))
            return _page(link_page("github", action=proved.next, slack_name=proved.slack_name))

        return _said(came)

    @router.get(FROM_GITHUB)
    def github_came(request: Request) -> HTMLResponse:
        def came() -> HTMLResponse:
            proved = link.github_came(browser.key(request), _one(request, "state"), _one(request, "code"))
            login = proved.person.login if proved.person else ""
            page = link_page("confirm", action=LINK, slack_name=proved.slack_name, login=login, key=proved.next)
            return _page(page)

        return _said(came)

    @router.post(LINK)
    async def confirm(request: Request) -> HTMLResponse:
        key = await _form(request, "key")

        def confirmed() -> HTMLResponse:
            proved = link.confirm(browser.key(request), key)
            login = proved.person.login if proved.person else ""
            return browser.forget(_page(link_page("done", slack_name=proved.slack_name, login=login)))

        return await run_in_threadpool(_said, confirmed)

    return router


def not_linking() -> APIRouter:
    """The routes where linking is not set up: a link of old times says so."""
    router = APIRouter(include_in_schema=False)

    @router.get(LINK + "/{code}")
    def look(code: str = Path(max_length=200)) -> HTMLResponse:
        text = "Linking is not set up on this golive. Its operator can add you to the file of Slack people."
        return _page(notice_page("No linking here", text), 404)

    return router


def _said(show: Callable[[], HTMLResponse]) -> HTMLResponse:
    try:
        return show()
    except Refused as no:
        return _page(notice_page("Not linked", str(no)), 403)


def _page(body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(body, status_code=status, headers={**HEADERS, "Content-Security-Policy": _POLICY})


def _one(request: Request, name: str) -> str:
    """A value of the address; a service that says no sends none."""
    return request.query_params.get(name, "")[:LARGEST]


async def _form(request: Request, name: str) -> str:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            return ""
    return parse_qs(body.decode("ascii", "replace")).get(name, [""])[0]
