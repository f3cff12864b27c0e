"""`/slack/install` and `/slack/oauth_redirect`: a workspace installs the Slack app. What is decided is in `slackapp.installs`."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from golive.core.errors import Later, Misconfigured, Refused
from golive.render.web import notice_page
from golive.slackapp.installs import LIFE, Install
from golive.web.pages import HEADERS
from golive.wiring.tenancy import INSTALL, REDIRECT

log = structlog.get_logger()

LONGEST = 4096


def installing(install: Install | None, public_url: str) -> APIRouter:
    """The routes; where one workspace is set, they say so."""
    router = APIRouter(include_in_schema=False)
    secure = urlsplit(public_url).scheme == "https"
    cookie = "__Host-golive-install" if secure else "golive-install"

    @router.get(INSTALL)
    def begin() -> Response:
        if install is None:
            return _page("No installs here", "This golive belongs to one Slack workspace by its settings.", 404)
        begun = install.begin()
        answer = RedirectResponse(
            begun.url, 302, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        )
        answer.set_cookie(
            cookie, begun.state, max_age=LIFE.seconds, path="/", secure=secure, httponly=True, samesite="lax"
        )  # lax: Slack sends the browser back here
        return answer

    @router.get(REDIRECT)
    def came(request: Request) -> Response:
        if install is None:
            return _page("No installs here", "This golive belongs to one Slack workspace by its settings.", 404)
        state, code = (request.query_params.get(name, "")[:LONGEST] for name in ("state", "code"))
        try:
            name = install.came(request.cookies.get(cookie, "")[:LONGEST], state, code)
        except Refused as no:
            answer: HTMLResponse = _page("Not installed", str(no), 403)
        except (Later, Misconfigured) as fault:
            log.error("slack app not installed", why=str(fault))
            answer = _page(
                "Not installed", "Slack did not answer as it should; golive's operator sees why in the log.", 502
            )
        else:
            said = (
                f"golive is installed in {name}. Next, in Slack: /golive link, and then /golive connect with the name of "
                "your account or organisation on GitHub."
            )
            answer = _page("Installed", said)
        answer.delete_cookie(cookie, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    return router


def _page(title: str, text: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(notice_page(title, text), status_code=status, headers=HEADERS)
