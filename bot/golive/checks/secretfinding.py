"""Finds what looks like a secret in a line of text, with the detectors of the detect-secrets library and some of our own.

Only their expressions are used, never their verification, which would send what they found to its maker. What is found
leaves here as a digest. Add an expression of ours to `_OURS`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from golive.checks.placeholders import is_made_up

_CHUNK, _OVERLAP = 4_000, 200
"""Longer lines are searched in pieces, so that no expression is kept busy by one line."""
_ALLOWED = re.compile(r"pragma: ?(?:allow|white)list[ -](?:secret|nextline[ -]secret)", re.IGNORECASE)
_WORTH = re.compile(
    r"[\w+/=\-.]{14}|['\"][0-9a-fA-F]{9}|://|BEGIN|pass|secret|key|token|pwd|auth|credential|contrase", re.IGNORECASE
)
"""What a line must have so that any detector can find something in it; most lines have not."""
_COMPARED = re.compile(r"[!=]==?\s{0,5}['\"]")
_CALL = re.compile(r"[!=:]=?\s{0,20}[\w.\-]{1,200}[\[(]")
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]|\{\{|%[(\w]|process\.env|os\.environ|getenv")
# Sources: each maker's own documentation of the prefix of its tokens.
_OURS = {
    "GitHub fine-grained token": re.compile(r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
    "Google API Key": re.compile(r"\bAIza[A-Za-z0-9_\-]{35}"),
    "Grafana service account token": re.compile(r"\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b"),
    "DigitalOcean token": re.compile(r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    "Slack app token": re.compile(r"\bxapp-\d-[A-Z0-9]{8,}-\d+-[a-f0-9]{32,}"),
}


@dataclass(frozen=True)
class Hit:
    """One thing that looks like a secret. digest: SHA-1 of it in hex, as detect-secrets' baselines keep it."""

    path: str
    line: int
    type: str
    digest: str


@lru_cache(maxsize=4)
def _shapes() -> tuple[Any, ...]:
    """The detectors of tokens by their shape."""
    from detect_secrets.plugins import (
        artifactory,
        aws,
        azure_storage_key,
        basic_auth,
        cloudant,
        discord,
        github_token,
        gitlab_token,
        ibm_cloud_iam,
        ibm_cos_hmac,
        jwt,
        mailchimp,
        npm,
        openai,
        private_key,
        pypi_token,
        sendgrid,
        slack,
        softlayer,
        square_oauth,
        stripe,
        telegram_token,
        twilio,
    )  # fmt: skip

    return (
        artifactory.ArtifactoryDetector(), aws.AWSKeyDetector(), azure_storage_key.AzureStorageKeyDetector(),
        basic_auth.BasicAuthDetector(), cloudant.CloudantDetector(), discord.DiscordBotTokenDetector(),
        github_token.GitHubTokenDetector(), gitlab_token.GitLabTokenDetector(), ibm_cloud_iam.IbmCloudIamDetector(),
        ibm_cos_hmac.IbmCosHmacDetector(), jwt.JwtTokenDetector(), mailchimp.MailchimpDetector(), npm.NpmDetector(),
        openai.OpenAIDetector(), private_key.PrivateKeyDetector(), pypi_token.PypiTokenDetector(),
        sendgrid.SendGridDetector(), slack.SlackDetector(), softlayer.SoftlayerDetector(),
        square_oauth.SquareOAuthDetector(), stripe.StripeDetector(), telegram_token.TelegramBotTokenDetector(),
        twilio.TwilioKeyDetector(),
    )  # fmt: skip


@lru_cache(maxsize=16)
def _mixed(base64: float, hexadecimal: float) -> tuple[Any, ...]:
    """The detectors of quoted texts that are too mixed to be words."""
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString, HexHighEntropyString

    return (Base64HighEntropyString(limit=base64), HexHighEntropyString(limit=hexadecimal))


def hits(path: str, text: str, base64: float, hexadecimal: float) -> Iterator[Hit]:
    """Everything in a file that looks like a secret, each once per line."""
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        before, pragma = line, _ALLOWED.search(before)
        if _ALLOWED.search(line) or (pragma and "nextline" in pragma[0].lower()):
            continue
        seen: set[str] = set()
        for kind, secret in _found(path, line, base64, hexadecimal):
            if secret not in seen:
                seen.add(secret)
                digest = hashlib.sha1(secret.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
                yield Hit(path, number, kind, digest)


@lru_cache(maxsize=1)
def _keywords() -> tuple[Any, Any, Any, Any]:
    """The detector of values given to names like `password`, and which expressions it takes for which files."""
    from detect_secrets.plugins import keyword
    from detect_secrets.util.filetype import determine_file_type

    return (
        keyword.KeywordDetector(),
        keyword.REGEX_BY_FILETYPE,
        keyword.QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP,
        determine_file_type,
    )


def _found(path: str, line: str, base64: float, hexadecimal: float) -> Iterator[tuple[str, str]]:
    for piece in _pieces(line):
        if not _WORTH.search(piece):
            continue
        for kind, pattern in _OURS.items():
            yield from ((kind, one[0]) for one in pattern.finditer(piece))
        for plugin in _shapes():
            for one in plugin.analyze_string(piece):
                made_up = plugin.secret_type == "Basic Auth Credentials" and is_made_up(one)  # noqa: S105  # its name
                if not made_up and _is_one(one, piece, shape=True):
                    yield plugin.secret_type, one
        for plugin in _mixed(base64, hexadecimal):
            for one in plugin.analyze_string(piece):
                if plugin.calculate_shannon_entropy(one) > plugin.entropy_limit and _is_one(one, piece, shape=False):
                    yield plugin.secret_type, one
        yield from _named(path, piece)


def _named(path: str, piece: str) -> Iterator[tuple[str, str]]:
    detector, by_type, quoted, type_of = _keywords()
    for one in detector.analyze_string(piece, by_type.get(type_of(path), quoted)):
        asked = _CALL.search(piece) or _COMPARED.search(piece)
        if one and not asked and not is_made_up(one) and _is_one(one, piece, shape=False):
            yield detector.secret_type, one


def _is_one(secret: str, line: str, *, shape: bool) -> bool:
    """Whether it is no reference, template, sequence or identifier. shape: found by the shape of a maker's tokens."""
    from detect_secrets.filters import heuristic

    if heuristic.is_sequential_string(secret) or heuristic.is_templated_secret(secret):
        return False
    if shape:
        return not _VARIABLE.match(secret)
    return not (
        heuristic.is_potential_uuid(secret)
        or heuristic.is_likely_id_string(secret, line)
        or heuristic.is_not_alphanumeric_string(secret)
        or _VARIABLE.search(secret)
    )


def _pieces(line: str) -> Iterator[str]:
    if len(line) <= _CHUNK:
        yield line
        return
    for start in range(0, len(line), _CHUNK - _OVERLAP):
        yield line[start : start + _CHUNK]
