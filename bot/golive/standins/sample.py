"""A small sample service to take live: one health page, with a switch for every fault."""

from __future__ import annotations

import time

from golive.standins.wire import Request, Response, Standin, route


class Sample(Standin):
    """`GET /health` answers 200 `{"status": "ok"}` until told otherwise.

    status: the HTTP status; state: the word in the body; delay: seconds before it answers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.state = "ok"
        self.delay = 0.0
        self.asked = 0

    @route("GET", "/health", "health")
    def health(self, request: Request) -> Response:
        """How it is."""
        self.asked += 1
        if self.delay:
            time.sleep(self.delay)
        return Response.of(self.status, {"status": self.state, "version": "1.4.0"})

    def unanswered(self, request: Request) -> Response:
        """Any other page."""
        return Response.of(404, {"message": "not found"})
