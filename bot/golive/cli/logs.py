"""Logs of the service: one JSON object a line on standard error, with no secret in it.

Every record of ours and of every library goes through the same mask, `core.masking`, before it is written.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog

from golive.core.masking import Mask

QUIET = ("alembic", "httpcore", "httpx", "urllib3", "asyncio", "uvicorn.access", "github", "slack_sdk", "slack_bolt")
"""Libraries that speak up only from a warning on, unless everything is asked for (debug)."""


def configure(level: str, secrets: Iterable[str], stream: TextIO | None = None) -> Mask:
    """Send every log record to `stream` (None: standard error) as JSON lines, masked.

    level: debug, info, warning or error. Returns the mask, for whatever else is printed.
    """
    mask = Mask(secrets)

    def masked(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """As a step of structlog's chain."""
        safe: MutableMapping[str, Any] = mask.value(dict(event))
        return safe

    threshold = getattr(logging, level.upper(), logging.INFO)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [
        structlog.processors.format_exc_info,
        masked,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    out = stream or sys.stderr
    structlog.configure(
        processors=[*(step for step in shared if not isinstance(step, structlog.stdlib.ExtraAdder)), *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _named_logger],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=threshold, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(threshold if threshold <= logging.DEBUG else max(threshold, logging.WARNING))
    logging.captureWarnings(capture=True)
    return mask


def _named_logger(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Which library said it."""
    record = event.get("_record")
    if record is not None:
        event["logger"] = record.name
    return event
