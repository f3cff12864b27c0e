"""The service as one ASGI application: doors, health, metrics, and a page per release."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from starlette.responses import JSONResponse

from golive import __version__
from golive.store.store import Unavailable
from golive.web.api import api
from golive.web.doors import doors
from golive.web.installing import installing
from golive.web.linking import Browser, linking, not_linking
from golive.web.metrics import Metrics
from golive.web.pages import pages
from golive.web.runners import runners
from golive.wiring.service import Golive


def create_app(golive: Golive, *, runs: bool = True) -> FastAPI:
    """The application of one golive. runs: it also starts and stops golive's own work."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if runs:
            golive.start()
        yield
        if runs:
            golive.stop()

    app = FastAPI(
        title="golive", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    metrics = Metrics(golive.store, golive.forge.clients.meter.figures)
    app.include_router(doors(golive, metrics))
    app.include_router(api(golive, metrics))
    app.include_router(runners(golive, metrics))
    app.include_router(installing(golive.install, golive.settings.public_url))
    app.include_router(linking(golive.link, Browser(golive.settings.public_url)) if golive.link else not_linking())
    app.include_router(
        pages(golive.store.release_by_token, lambda state: golive.store.chain_head(state.subject), golive.looked)
    )

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

    return app
