"""The pages people look at: a release's own page behind its unguessable link. Nothing can be done here.

A page is written from the view kept at the release's last turn; no request reads the forge. Whoever has the link may
look, so the link is only ever shown where the release itself is: on the pull request and in its thread.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response

from golive.core.reach import AT_REST, OUT_OF_REACH
from golive.ports import ReleaseState
from golive.render import web
from golive.render.view import from_json

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Of every page: nothing but our own stylesheet is loaded, and the link is told to nobody by following another one."""


def pages(
    find: Callable[[str], ReleaseState | None], chain_head: Callable[[ReleaseState], str],
    looked: Callable[[ReleaseState], str] = lambda _: "",
) -> APIRouter:  # fmt: skip
    """The routes. find: the release whose page has this token, or None.   chain_head: of its ledger, hex.

    looked: when golive looked at it last, and when it looks next, in words.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/r/{token}")
    def release(token: str = Path(max_length=200)) -> HTMLResponse:
        state = find(token)
        if state is None:
            return _notice(
                404, "No such page", "No release has this link. The link on the pull request is the right one."
            )
        view = from_json(state.view)
        if view is None:
            return _notice(
                503, "Not yet", "This release has not been looked at by this version of golive. Try again soon."
            )
        rests = state.headline if state.headline.startswith((AT_REST, OUT_OF_REACH)) else ""
        return _page(
            web.view_page(view, chain=chain_head(state), looked_at=state.looked_at, looks=looked(state), rests=rests)
        )

    @router.get(web.STYLESHEET)
    def stylesheet() -> Response:
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=3600"}
        return Response(web.stylesheet(), media_type="text/css", headers=headers)

    return router


def _page(body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(body, status_code=status, headers=HEADERS)


def _notice(status: int, title: str, text: str) -> HTMLResponse:
    return _page(web.notice_page(title, text), status)
