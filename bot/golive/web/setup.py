"""`/setup`: the GitHub App made in the browser, while none is configured. After that this application is gone.

Whoever reads the terminal of `golive serve` may set it up: the code printed there is asked for first. It works once, for
an hour, and a few wrong ones void it. What comes back from GitHub counts once, and only with the state that was given out
for that code. Nothing else is served here but health and the stylesheet.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from golive.core.errors import Misconfigured, Refused, Said
from golive.core.forges import new_app_page
from golive.ports import Clock
from golive.render.linking import setup_page
from golive.render.web import STYLESHEET, notice_page, stylesheet
from golive.settings import Settings
from golive.web.pages import HEADERS
from golive.wiring import manifests, newapp
from golive.wiring.newapp import CODE_LIVES, Registered

log = structlog.get_logger()

SETUP, BACK = "/setup", "/setup/callback"
LIFE = timedelta(hours=1)
TRIES = 5
"""Wrong codes after which the right one is void, too: a code of 100 bits is not found in five."""
LARGEST = 4096
"""Bytes of a form, and characters of anything in an address."""
AGAIN = "Stop `golive serve` and start it again: it prints another code."
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class _Under:
    """A setup under way. state: what GitHub has to send back."""

    state: str
    until: datetime


class Desk:
    """Who may go through, and how far they are. `code`: to print for the operator, and for nobody else."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(20))
        self.code = "-".join(letters[i : i + 5] for i in range(0, 20, 5))
        self.until = clock() + LIFE
        self._tries = TRIES
        self._spent = False
        self._under: _Under | None = None

    def enter(self, code: str) -> str:
        """The state for GitHub, for the right code, once. Raises Refused with what to do."""
        with self._lock:
            if self._spent or self._tries <= 0 or self._clock() >= self.until:
                raise Refused(f"This code does not work any more. {AGAIN}")
            if not hmac.compare_digest(_plain(code).encode(), _plain(self.code).encode()):
                self._tries -= 1
                log.warning("wrong setup code", tries_left=self._tries)
                raise Refused("This is not the code that `golive serve` printed.")
            self._spent = True
            self._under = _Under(secrets.token_urlsafe(32), self._clock() + CODE_LIVES)
            return self._under.state

    def came_back(self, state: str) -> None:
        """Somebody came from GitHub; it counts once. Raises Refused where the state is not the one given out."""
        with self._lock:
            under = self._under
            if under is None or not hmac.compare_digest(state.encode(), under.state.encode()):
                raise Refused("This answer was not expected: it belongs to no setup here, or came a second time.")
            self._under = None
            if self._clock() >= under.until:
                raise Refused(f"This took longer than an hour, and GitHub's code is void. {AGAIN}")


def _plain(code: str) -> str:
    return code.replace("-", "").replace(" ", "").strip().upper()


def create_setup_app(
    settings: Settings, desk: Desk, keep: Callable[[Registered], None], done: Callable[[], None]
) -> FastAPI:
    """The application that only sets up. keep: what to do with the App.   done: called after the last page was sent."""
    app = FastAPI(title="golive", docs_url=None, redoc_url=None, openapi_url=None)
    walk = _Walk(settings, desk, keep)

    @app.get(SETUP)
    def start() -> HTMLResponse:
        return _page(setup_page("code", action=SETUP, loopback=walk.loopback))

    @app.post(SETUP)
    async def enter(request: Request) -> HTMLResponse:
        form = await _form(request)
        return await run_in_threadpool(_said, lambda: walk.to_github(form))

    @app.get(BACK)
    def came(request: Request) -> HTMLResponse:
        answer = _said(lambda: walk.back(_one(request, "state"), _one(request, "code")))
        if answer.status_code == 200:
            answer.background = BackgroundTask(done)
        return answer

    @app.get("/live")
    def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/ready")
    @app.get("/health")
    def ready() -> Response:
        return JSONResponse({"status": f"no GitHub App yet: open {SETUP}"}, 503)

    @app.get(STYLESHEET)
    def style() -> Response:
        return Response(stylesheet(), media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})

    return app


class _Walk:
    """The steps. Raises Refused and Misconfigured, whose sentences are for the person in the browser."""

    def __init__(self, settings: Settings, desk: Desk, keep: Callable[[Registered], None]) -> None:
        self._settings = settings
        self._desk = desk
        self._keep = keep
        self._public = manifests.address(settings.public_url, "GOLIVE_PUBLIC_URL")

    @property
    def loopback(self) -> bool:
        """Whether GitHub cannot reach the public address."""
        return manifests.is_loopback(self._public)

    def to_github(self, form: dict[str, str]) -> HTMLResponse:
        """The right code → the form that takes the manifest to GitHub. What is typed wrongly costs no code."""
        org = form.get("org", "").strip()
        name = newapp.app_name(form.get("name", "").strip(), org, "the field “Name”")
        state = self._desk.enter(form.get("code", ""))
        manifest = manifests.github_app(name=name, public_url=self._public, redirect_url=self._public + BACK)
        github = self._settings.github_web
        action = f"{new_app_page(github, quote(org, safe=''))}?state={quote(state)}"
        return _page(setup_page("github", action=action, manifest=manifest), to=github)

    def back(self, state: str, code: str) -> HTMLResponse:
        """GitHub's code → the App, kept."""
        if not newapp.is_code(code):
            raise Refused("GitHub sent no code with this answer.")
        self._desk.came_back(state)
        app = newapp.exchange(self._settings.github_api_url, code, AGAIN)
        self._keep(app)
        log.info("set up", app=app.slug)
        return _page(setup_page("done", action=f"{app.html_url}/installations/new", name=app.slug))


def _said(show: Callable[[], HTMLResponse]) -> HTMLResponse:
    try:
        return show()
    except Said as no:
        return _page(notice_page("Not set up", str(no)), 400 if isinstance(no, Misconfigured) else 403)


def _page(body: str, status: int = 200, to: str = "") -> HTMLResponse:
    """to: another place that its form may go to."""
    policy = HEADERS["Content-Security-Policy"].replace("form-action 'none'", f"form-action 'self' {to}".rstrip())
    return HTMLResponse(body, status_code=status, headers={**HEADERS, "Content-Security-Policy": policy})


def _one(request: Request, name: str) -> str:
    return request.query_params.get(name, "")[:LARGEST]


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            return {}
    read = parse_qs(body.decode("ascii", "replace"))
    return {name: values[0] for name, values in read.items()}
