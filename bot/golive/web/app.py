"""The service as one ASGI application: doors, health, metrics, and a page per release."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from starlette.responses import HTMLResponse, JSONResponse

from golive import __version__
from golive.render.templates import asset
from golive.render.view import from_json
from golive.render.web import notice_page, view_page
from golive.store.store import Unavailable
from golive.web.doors import doors
from golive.web.metrics import Metrics
from golive.wiring import Golive

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex",
    "cache-control": "no-store",
}


def create_app(golive: Golive, *, runs: bool = True) -> FastAPI:
    """The application of one golive. runs: it also starts and stops golive's own work."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if runs:
            golive.start()
        yield
        if runs:
            golive.stop()

    app = FastAPI(title="golive", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    metrics = Metrics(golive.store)
    app.include_router(doors(golive, metrics))

    @app.exception_handler(Unavailable)
    async def not_kept(_: Request, __: Unavailable) -> Response:
        """Nothing was kept: the sender sends again."""
        return JSONResponse({"error": "the database did not take it; send it again"}, 503)

    @app.get("/live")
    def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "live"}

    @app.get("/ready")
    @app.get("/health")
    def ready() -> Response:
        """The database answers too."""
        try:
            counts = golive.store.counts()
        except Unavailable:
            return JSONResponse({"status": "the database does not answer"}, 503)
        return JSONResponse(
            {"status": "ready", "version": __version__, "failing": counts["failing"], "slack": golive.slack is not None}
        )

    @app.get("/metrics")
    def scrape() -> Response:
        """Figures for Prometheus."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/static/golive.css")
    def stylesheet() -> Response:
        """How pages look."""
        return Response(asset("web/golive.css"), media_type="text/css", headers={"cache-control": "max-age=3600"})

    @app.get("/r/{token}")
    def release(token: str) -> Response:
        """One release, to look at; whoever has the link may."""
        state = golive.store.release_by_token(token)
        view = from_json(state.view) if state and state.view else None
        if state is None or view is None:
            text = "There is no release behind this link. Open it from the check run on the pull request."
            return HTMLResponse(notice_page("No such release", text), 404, HEADERS)
        chain = golive.store.chain_head(state.subject)
        return HTMLResponse(view_page(view, chain=chain, looked_at=state.looked_at), 200, HEADERS)

    return app
