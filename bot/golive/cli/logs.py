"""Logs of the service: one JSON object a line on standard error, with no secret in it.

Every record of ours and of every library goes through the same mask before it is written. Add a kind of secret as one
pattern in `PATTERNS`; secrets of the operator are masked by their exact value, whatever they look like.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

import structlog

MASK = "[secret]"
SHORTEST = 6
"""Characters. Shorter values would mask ordinary words; golive's own secrets are far longer."""
DEEPEST = 12
"""Levels of nesting that are walked; what lies deeper is written as its text, masked."""
QUIET = ("alembic", "httpcore", "httpx", "urllib3", "asyncio", "uvicorn.access", "github", "slack_sdk", "slack_bolt")
"""Libraries that speak up only from a warning on, unless everything is asked for (debug)."""

# Sources: GitHub's list of token prefixes, Slack's documentation of token types, RFC 7468 (PEM), RFC 7519 (JWT),
# RFC 9110 (Authorization), and Slack's documentation of incoming webhooks and response URLs.
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", MASK),
        (r"\bgithub_pat_[A-Za-z0-9_]{20,}", MASK),
        (r"\bgh[pousr]_[A-Za-z0-9_.\-]{16,}", MASK),
        (r"\bv1\.[0-9a-f]{40}\b", MASK),
        (r"\bxox[abeoprs]-[A-Za-z0-9\-]{8,}", MASK),
        (r"\bxoxe\.xox[abp]-[A-Za-z0-9\-]{8,}", MASK),
        (r"\bxapp-[A-Za-z0-9\-]{8,}", MASK),
        (r"\bhooks\.slack\.com/[A-Za-z0-9/_\-]+", f"hooks.slack.com/{MASK}"),
        (r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*", MASK),
        (r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=\-]{8,}", rf"\1{MASK}"),
        (r"(?i)\b(authorization[\"']?\s*[:=]\s*[\"']?(?:basic|token)\s+)[^\s\"',]+", rf"\1{MASK}"),
        (r"(?i)\b(x-hub-signature(?:-256)?|x-slack-signature)([\"']?\s*[:=,]\s*[\"']?)[A-Za-z0-9=]+", rf"\1\2{MASK}"),
        (r"(?i)\b([a-z][a-z0-9+.\-]*://[^\s/:@]*):[^\s/@]+@", rf"\1:{MASK}@"),
        (r"(?i)([?&;](?:access_token|token|client_secret|code|signature|secret|password)=)[^&\s\"']+", rf"\1{MASK}"),
        (r"\bAKIA[0-9A-Z]{16}\b", MASK),
    )
)
"""What secrets of golive's surroundings look like, and what is written in their place."""

SECRET_NAMES = re.compile(r"(?i)(^|[_\-])(password|passwd|secret|token|api_?key|private_?key|authorization|cookie)s?$")
"""Keys whose value is never written, whatever it is."""


class Mask:
    """Takes secrets out of anything that is about to be written. secrets: exact values, as the settings hold them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        # the longest first, so that a part of a secret never leaves the rest of it behind
        ordered = sorted(forms, key=len, reverse=True)
        self._exact = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """The text without its secrets."""
        if self._exact is not None:
            text = self._exact.sub(MASK, text)
        for pattern, replacement in PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def value(self, value: Any, depth: int = 0) -> Any:
        """The same value as JSON can hold it, without secrets in texts, keys, or anything nested."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        if depth < DEEPEST and isinstance(value, Mapping):
            return {self.text(str(k)): self._named(str(k), v, depth + 1) for k, v in value.items()}
        if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [self.value(one, depth + 1) for one in value]
        return self.text(str(value))

    def _named(self, name: str, value: Any, depth: int) -> Any:
        if value and SECRET_NAMES.search(name) and not isinstance(value, bool):
            return MASK
        return self.value(value, depth)

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """As a step of structlog's chain."""
        masked: MutableMapping[str, Any] = self.value(dict(event))
        return masked


def _forms(secret: str) -> set[str]:
    """The ways in which one secret value may appear: as it is, in a URL, in JSON, in base64, and by its long lines."""
    raw = secret.encode()
    forms = {secret, secret.strip(), quote(secret, safe=""), quote_plus(secret)}
    forms |= {json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    forms |= {line.strip() for line in secret.splitlines() if len(line.strip()) >= 40}  # a PEM body, cut anywhere
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms.add(encode(raw).decode().rstrip("="))
        # inside a longer text that is encoded as a whole (`user:secret`), a secret starts at one of three places
        for before in range(3):
            inner = encode(b"\0" * before + raw).decode()
            first, last = (0, 2, 3)[before], (len(raw) + before) // 3 * 4
            forms.add(inner[first:last])
    return forms


def configure(level: str, secrets: Iterable[str], stream: TextIO | None = None) -> Mask:
    """Send every log record to `stream` (None: standard error) as JSON lines, masked.

    level: debug, info, warning or error. Returns the mask, for whatever else is printed.
    """
    mask = Mask(secrets)
    threshold = getattr(logging, level.upper(), logging.INFO)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [
        structlog.processors.format_exc_info,
        mask,
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
