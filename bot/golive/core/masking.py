"""Takes secrets out of texts, nested values and findings, before they are kept, shown or logged. Pure.

Add a kind of secret as one pattern in `PATTERNS`; secrets that are known are masked by their exact value, in every form
in which they may appear, whatever they look like.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from golive.core.model import Finding, Measure

MASK = "[secret]"
SHORTEST = 6
"""Characters. Shorter values would mask ordinary words; golive's own secrets are far longer."""
DEEPEST = 12
"""Levels of nesting that are walked; what lies deeper is written as its text, masked."""

_SCHEME = r"[a-z][a-z0-9+.\-]{0,30}"
_PREFIX = r"(?:[a-z0-9]{1,30}[_.\-]){0,4}"
_NAMED = (
    "password|passwd|pwd|passphrase|secret|client_?secret|(?:access_|refresh_|id_|auth_|bot_)?token|"
    "(?:x-)?api[_-]?key|access[_-]?key|secret[_-]?(?:access[_-]?)?key|private[_-]?key"
)
"""What a value is called that is written as `name=value`, `name: value` in JSON, or in a connection string."""

# Every repetition that can begin in many places is bounded, or consumes what it has read: a long text costs no more than
# its length. Sources: each maker's own documentation of its tokens (GitHub, Slack, AWS, Google, Stripe, npm, PyPI,
# GitLab, Grafana, DigitalOcean, SendGrid, Vault, Azure storage, Docker, Databricks, Shopify, age, OpenAI, Hugging Face),
# RFC 7468 (PEM), RFC 7519 (JWT), RFC 9110 (Authorization), and Slack's of incoming webhooks and response URLs.
PATTERNS: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (hint, re.compile(pattern, re.DOTALL), replacement)
    for hint, pattern, replacement in (
        ("-----begin", r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", MASK),
        ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{20,}", MASK),
        ("gh", r"\bgh[pousr]_[A-Za-z0-9_.\-]{16,}", MASK),
        ("v1.", r"\bv1\.[0-9a-f]{40}\b", MASK),
        ("xox", r"\bxox[abeoprs]-[A-Za-z0-9\-]{8,}", MASK),
        ("xoxe.", r"\bxoxe\.xox[abp]-[A-Za-z0-9\-]{8,}", MASK),
        ("xapp-", r"\bxapp-[A-Za-z0-9\-]{8,}", MASK),
        ("hooks.slack.com", r"\bhooks\.slack\.com/[A-Za-z0-9/_\-]+", f"hooks.slack.com/{MASK}"),
        ("eyj", r"\beyJ[A-Za-z0-9_\-]{8,4096}\.[A-Za-z0-9_\-]{8,8192}\.[A-Za-z0-9_\-]*", MASK),
        ("bearer", r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=\-]{8,}", rf"\1{MASK}"),
        ("authorization", r"(?i)\b(authorization[\"']?\s*[:=]\s*[\"']?(?:basic|token)\s+)[^\s\"',]+", rf"\1{MASK}"),
        (
            "signature",
            r"(?i)\b(x-hub-signature(?:-256)?|x-slack-signature)([\"']?\s*[:=,]\s*[\"']?)[A-Za-z0-9=]+",
            rf"\1\2{MASK}",
        ),
        ("@", rf"(?i)\b({_SCHEME}://[^\s/:@]*):[^\s/?#]+@", rf"\1:{MASK}@"),
        ("@", rf"(?i)\b({_SCHEME}://)[^\s/:@?#]{{20,}}@", rf"\1{MASK}@"),
        ("=", rf"(?i)((?:^|[?&;\s]){_PREFIX}(?:{_NAMED})=)[^&;\s\"']+", rf"\1{MASK}"),
        ("=", r"(?i)([?&;](?:signature|sig|code|accountkey|sharedaccesskey)=)[^&;\s\"']+", rf"\1{MASK}"),
        ("=", rf"(?i)((?:^|[?&;\s]){_PREFIX}(?:{_NAMED})=([\"']))[^\"']+", rf"\1{MASK}"),
        (
            ":",
            rf"(?i)([\"']{_PREFIX}(?:{_NAMED})[\"']\s*:\s*)(?:\"(?:[^\"\\]|\\.)+\"|'(?:[^'\\]|\\.)+')",
            rf'\1"{MASK}"',
        ),
        ("ia", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", MASK),
        ("aiza", r"\bAIza[0-9A-Za-z_\-]{35}", MASK),
        ("k_", r"\b[sr]k_(?:live|test)_[0-9A-Za-z]{16,}", MASK),
        ("npm_", r"\bnpm_[A-Za-z0-9]{36}\b", MASK),
        ("pypi-", r"\bpypi-[A-Za-z0-9_\-]{16,}", MASK),
        ("gl", r"\bgl(?:pat|ptt|dt|rt|soat|cbt|agent|oas)-[A-Za-z0-9_\-]{16,}", MASK),
        ("gl", r"\bgl(?:sa|c)_[A-Za-z0-9_+/=]{20,}", MASK),
        ("do", r"\bdo[opr]_v1_[0-9a-f]{32,}", MASK),
        ("sg.", r"\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}", MASK),
        ("hv", r"\bhv[sbr]\.[A-Za-z0-9_\-]{20,}", MASK),
        ("ya29.", r"\bya29\.[A-Za-z0-9_\-]{20,}", MASK),
        ("gocspx-", r"\bGOCSPX-[A-Za-z0-9_\-]{20,}", MASK),
        ("dckr_", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_\-]{20,}", MASK),
        ("sk-", r"\bsk-(?:proj-|ant-[a-z0-9]{1,9}-)?[A-Za-z0-9_]{20,}[A-Za-z0-9_\-]*", MASK),
        ("hf_", r"\bhf_[A-Za-z0-9]{30,}", MASK),
        ("dapi", r"\bdapi[0-9a-f]{32}\b", MASK),
        ("shp", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b", MASK),
        ("age-secret-key-", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}", MASK),
        ("whsec_", r"\bwhsec_[A-Za-z0-9+/=]{20,}", MASK),
    )
)
"""What secrets of golive's surroundings look like, and what is written in their place.

The first of each is a part of it in lower case: a text without it is not searched, which is most of the speed.
"""

SECRET_NAMES = re.compile(
    r"(?i)(^|[_\-.])(password|passwd|passphrase|secret|token|(api|access|private|secret)[_\-]?key|authorization|cookie)s?$"
)
"""Keys whose value is never written, whatever it is."""


class Mask:
    """Takes secrets out of anything that is about to be written. secrets: exact values, as the settings hold them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        # the longest first, so that a part of a secret never leaves the rest of it behind
        ordered = sorted(forms, key=len, reverse=True)
        self._forms = tuple(ordered)
        self._exact: re.Pattern[str] | None = None

    def text(self, text: str) -> str:
        """The text without its secrets."""
        if any(form in text for form in self._forms):
            # hardly any text holds one, and to compile the forms of all secrets takes longer than a turn
            self._exact = self._exact or re.compile("|".join(map(re.escape, self._forms)))
            text = self._exact.sub(MASK, text)
        low = text.lower()
        for hint, pattern, replacement in PATTERNS:
            if hint in low:
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

    def finding(self, finding: Finding) -> Finding:
        """A finding without secrets in any of its texts."""
        return replace(
            finding,
            summary=self.text(finding.summary),
            measured=self.text(finding.measured),
            expected=self.text(finding.expected),
            source=self.text(finding.source),
            measures=tuple(self._measure(one) for one in finding.measures),
            details=tuple(replace(one, text=self.text(one.text), path=self.text(one.path)) for one in finding.details),
        )

    def _measure(self, one: Measure) -> Measure:
        value = self.text(one.value) if isinstance(one.value, str) else one.value
        return replace(one, name=self.text(one.name), value=value)


def _forms(secret: str) -> set[str]:
    """The ways in which one secret value may appear: as it is, in a URL, in JSON, in base64, and by its long lines."""
    raw = secret.encode()
    forms = {secret, secret.strip(), _percent(secret), _percent(secret).replace("%20", "+")}
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


def _percent(text: str) -> str:
    """As it stands in a URL: all but letters, digits and `-._~` as percent signs and hex (RFC 3986)."""
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "-._~") else f"%{byte:02X}"
        for byte in text.encode()
    )
