"""`oidc`: an OpenID Connect provider is set up so that others can rely on its tokens.

Reads the discovery document (OpenID Connect Discovery 1.0 section 4) and the key set it names (RFC 7517), and asserts:
the document's `issuer` is exactly the one you name, every endpoint in it is https, the endpoints you need are there, the
signing algorithms are good ones, and the key set holds keys that verify signatures and no private part of any key.

Options:

- `issuer`: the issuer as relying services write it, an https URL. Its document is read from below
  `/.well-known/openid-configuration`. Or `jwks_url` alone, where there is no such document.
- `jwks_url`: the key set, an https URL, read instead of the one that the document names.
- `min_keys`: keys for signatures that must be there. Default 1.
- `max_key_age`: how old the newest of them may be (`24h`), to see that keys are rotated. A key set need not say how old a
  key is. It is known from a certificate in `x5c` (its not-before) or from `iat` or `nbf` beside the key (as OpenID
  Federation has them); where no key says it, the outcome is `unknown`, because nobody can tell from outside.
- `min_key_bits`: shortest RSA key that is good enough. Default 2048 (RFC 7518 section 3.3).
- `algorithms`: signing algorithms of ID tokens that must be offered, for example `[RS256]`.
- `forbid_algorithms`: ones that must not be offered. Default `[none]`; `none` is no signature at all.
- `endpoints`: members that must be there. Default `[authorization_endpoint, token_endpoint, jwks_uri]`.
- `grants`: grant types that must be offered, for example `[authorization_code, refresh_token]`. A provider that names none
  offers `authorization_code` and `implicit`, says the standard.

Measures: `keys` (for signatures), `key_age` (seconds, of the newest key, only where it can be known), `flaws`.

Example:

    - id: tokens-can-be-verified
      uses: oidc
      with:
        issuer: "https://id.example.com/"
        min_keys: 2
        algorithms: [RS256]

Outcomes: `passed`; `failed` (with every flaw named); `unknown` (the document or the keys could not be read, or an age is
asked for that nobody can know). The result counts for 15 minutes.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from golive.checks.asking import WebUrl
from golive.checks.options import Duration, Options
from golive.checks.replies import Asker, NoReply, capped, counted, url_text
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Answer, Look

PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members of a JSON Web Key that are secret, RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
NOT_SAID = ("authorization_code", "implicit")
"""Grant types of a provider that names none, OpenID Connect Discovery 1.0 section 3."""


def _https(url: str) -> str:
    if not url.lower().startswith("https://"):
        raise ValueError("OpenID Connect is https only; expected a URL like `https://id.example.com/`")
    return url


def _plain(url: str) -> str:
    if "?" in url or "#" in url:
        raise ValueError("an issuer has no query and no fragment")
    return url


HttpsUrl = Annotated[WebUrl, AfterValidator(_https)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1)]


@dataclass(frozen=True)
class Key:
    """What matters of one key. bits: of an RSA modulus, else 0.   made_at: where the key set says it."""

    name: str
    kind: str
    signs: bool
    bits: int
    private: bool
    made_at: datetime | None


@dataclass(frozen=True)
class Read:
    """The two documents as read. keys: None where there is no readable key set.   lacking: why something was not read.

    broken: what is wrong with a document that was answered.
    """

    at: datetime
    source: str
    document: Mapping[str, Any] | None = None
    keys: tuple[Key, ...] | None = None
    lacking: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


class OidcCheck(Options):
    """Options, collecting and judging of the kind `oidc`; the module's text is its reference."""

    kind: ClassVar[str] = "oidc"
    measures: ClassVar[Mapping[str, str]] = {"keys": "", "key_age": "s", "flaws": ""}
    ran_against: ClassVar[str] = ""

    issuer: Annotated[HttpsUrl, AfterValidator(_plain)] | None = None
    jwks_url: HttpsUrl | None = None
    min_keys: Annotated[int, Field(ge=1, le=100)] = 1
    max_key_age: Duration | None = None
    min_key_bits: Annotated[int, Field(ge=2048, le=16384)] = 2048
    algorithms: Names | None = None
    forbid_algorithms: Names = Field(default=["none"])
    endpoints: Names = Field(default=list(ENDPOINTS))
    grants: Names | None = None

    @model_validator(mode="after")
    def _something_to_read(self) -> OidcCheck:
        if self.issuer is None and self.jwks_url is None:
            raise ValueError("expected `issuer`, or `jwks_url` where there is no discovery document")
        told = {"algorithms", "forbid_algorithms", "endpoints", "grants"} & self.model_fields_set
        if self.issuer is None and told:
            raise ValueError(f"`{min(told)}` stands in the discovery document; name the `issuer`")
        both = set(self.algorithms or ()) & set(self.forbid_algorithms)
        if both:
            raise ValueError(f"{min(both)} is both asked for and forbidden")
        return self

    def collect(self, look: Look) -> Read:
        """Read the discovery document, then the key set."""
        asker = Asker(look)
        if self.issuer is None:
            return self._with_keys(asker, Read(look.now, url_text(self.jwks_url or "")), self.jwks_url)
        where = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        reply = asker.ask("GET", where, headers={"accept": "application/json"})
        if isinstance(reply, NoReply):
            return Read(look.now, url_text(where), lacking=(reply.why,))
        document = _document(reply)
        if isinstance(document, str):
            return Read(look.now, reply.url, broken=(document,))
        named = document.get("jwks_uri")
        keys_at = self.jwks_url or (named if isinstance(named, str) and _is_https(named) else None)
        return self._with_keys(asker, Read(look.now, reply.url, document), keys_at)

    def _with_keys(self, asker: Asker, read: Read, where: str | None) -> Read:
        if where is None:
            return read
        reply = asker.ask("GET", where, headers={"accept": "application/json"})
        if isinstance(reply, NoReply):
            return Read(read.at, read.source, read.document, lacking=(reply.why,))
        document = _document(reply)
        listed = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(listed, list):
            why = document if isinstance(document, str) else f"GET {reply.url} answered without a list `keys`"
            return Read(read.at, read.source, read.document, broken=(why,))
        keys = tuple(_key(number, entry) for number, entry in enumerate(listed, 1) if isinstance(entry, dict))
        return Read(read.at, read.source, read.document, keys)

    def judge(self, facts: Read) -> Finding:
        """Every flaw of the two documents."""
        flaws = [*facts.broken]
        if facts.document is not None:
            flaws += [*self._wrong_issuer(facts.document), *self._wrong_members(facts.document)]
        signing = [key for key in facts.keys or () if key.signs]
        if facts.keys is not None:
            flaws += self._wrong_keys(facts.keys, signing)
        made = [key.made_at for key in signing if key.made_at is not None]
        age = (facts.at - max(made)).total_seconds() if made else None
        lacking = list(facts.lacking)
        if self.max_key_age is not None and facts.keys is not None:
            if age is None:
                lacking.append(_AGE)
            elif age > self.max_key_age.total_seconds():
                flaws.append(f"the newest key is {_long(age)} old, at most {duration_text(self.max_key_age)}")
        return self._finding(facts, flaws, lacking, signing, age)

    def _wrong_issuer(self, document: Mapping[str, Any]) -> Iterator[str]:
        given = document.get("issuer")
        if given != self.issuer:
            yield f"issuer is {_short(given)}, not {_short(self.issuer)}; tokens would be refused"

    def _wrong_members(self, document: Mapping[str, Any]) -> Iterator[str]:
        for name in self.endpoints:
            if name not in document:
                yield f"there is no {name}"
        for name, value in sorted(document.items()):
            is_endpoint = name.endswith("_endpoint") or name == "jwks_uri"
            if is_endpoint and not (isinstance(value, str) and _is_https(value)):
                yield f"{name} is {_short(value)}, not an https URL"
        offered = _texts(document.get("id_token_signing_alg_values_supported"))
        if not offered:
            yield "id_token_signing_alg_values_supported names no algorithm"
        yield from (f"the algorithm {name} is not offered" for name in self.algorithms or () if name not in offered)
        yield from (f"the algorithm {name} is offered" for name in self.forbid_algorithms if name in offered)
        grants = _texts(document["grant_types_supported"]) if "grant_types_supported" in document else NOT_SAID
        yield from (f"the grant {name} is not offered" for name in self.grants or () if name not in grants)

    def _wrong_keys(self, keys: tuple[Key, ...], signing: list[Key]) -> Iterator[str]:
        if len(signing) < self.min_keys:
            yield f"{counted(len(signing), 'key')} for signatures, not at least {self.min_keys}"
        for key in keys:
            if key.private:
                yield f"{key.name} is published with its private part; replace it at once"
            if key.kind == "RSA" and key.bits < self.min_key_bits:
                yield f"{key.name} has {key.bits} bits, not at least {self.min_key_bits}"
        names = [key.name for key in keys]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{name} is there more than once, so nobody can tell which is meant"

    def _finding(
        self, facts: Read, flaws: list[str], lacking: list[str], signing: list[Key], age: float | None
    ) -> Finding:
        details = [*map(Detail, flaws), *(Detail(why, outcome=Outcome.UNKNOWN) for why in lacking)]
        measures = [Measure("keys", len(signing))] if facts.keys is not None else []
        measures += [Measure("key_age", age, "s")] if age is not None else []
        if flaws:
            named = "; ".join([*flaws[:5], *(["…"] if len(flaws) > 5 else [])])
            outcome, summary = Outcome.FAILED, f"{counted(len(flaws), 'flaw')}: {named}"
        elif lacking:
            outcome, summary = Outcome.UNKNOWN, "; ".join(lacking)
        else:
            outcome, summary = Outcome.PASSED, f"As expected, with {counted(len(signing), 'key')} for signatures"
        known = "" if age is None else f", the newest {_long(age)} old"
        return Finding(
            "",
            outcome,
            summary[:1].upper() + summary[1:],
            f"{counted(len(signing), 'key')}{known}" if facts.keys is not None else "no keys read",
            self._expected(),
            facts.source,
            measures=(*measures, Measure("flaws", len(flaws))),
            details=capped(details),
        )

    def _expected(self) -> str:
        parts = [f"issuer {self.issuer}", "https everywhere"] if self.issuer else []
        parts += [f"at least {counted(self.min_keys, 'key')} for signatures"]
        parts += [f"the newest at most {duration_text(self.max_key_age)} old"] if self.max_key_age else []
        parts += [f"algorithms {', '.join(self.algorithms)}"] if self.algorithms else []
        return ", ".join(parts)


_AGE = "The key set does not say how old its keys are (no x5c, iat or nbf), so nobody can tell from outside"


def _document(reply: Answer) -> dict[str, Any] | str:
    """The JSON object of an answer, or what is wrong with it."""
    if reply.status != 200:
        return f"GET {reply.url} answered {reply.status}, not 200"
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return f"GET {reply.url} did not answer with JSON"
    return found if isinstance(found, dict) else f"GET {reply.url} did not answer with a JSON object"


def _key(number: int, entry: Mapping[str, Any]) -> Key:
    """Reads one key. A key is for signatures unless it says otherwise; a symmetric one never verifies for others."""
    kind, name = entry.get("kty"), entry.get("kid")
    operations = entry.get("key_ops")
    signs = entry.get("use", "sig") == "sig" and (not isinstance(operations, list) or "verify" in operations)
    return Key(
        f"key {_short(name)}" if isinstance(name, str) and name else f"key number {number}",
        kind if isinstance(kind, str) else "",
        signs and kind in ("RSA", "EC", "OKP"),
        _bits(entry.get("n")),
        bool(PRIVATE & entry.keys()),
        _made_at(entry),
    )


def _bits(modulus: Any) -> int:
    """Length of an RSA modulus in base64url."""
    if not isinstance(modulus, str):
        return 0
    try:
        return int.from_bytes(base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))).bit_length()
    except (ValueError, binascii.Error):
        return 0


def _made_at(entry: Mapping[str, Any]) -> datetime | None:
    """When the key was made, where it says so itself."""
    for name in ("iat", "nbf"):
        value = entry.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11:
            return datetime.fromtimestamp(value, UTC)
    chain = entry.get("x5c")
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        return None
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(base64.b64decode(chain[0])).not_valid_before_utc
    except (ValueError, binascii.Error):
        return None


def _is_https(url: str) -> bool:
    try:
        return urlsplit(url).scheme == "https" and bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _texts(given: Any) -> tuple[str, ...]:
    return tuple(item for item in given if isinstance(item, str)) if isinstance(given, list) else ()


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:119] + "…"


def _long(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"
