"""What the kind `oidc` makes of a provider's documents, and which options it takes. Add a rule by adding a row.

The provider of these tests is our own, built after the examples of OpenID Connect Discovery 1.0 section 4.2 and of
RFC 7517 appendix A, with real RSA keys and certificates; it speaks TLS on loopback.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from golive.checks.oidc import Key, OidcCheck, Read
from golive.core.model import Outcome
from website import HOST, Asked, Said, look_at, serving

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ISSUER = "https://id.example.com/"
DOCUMENT: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": ISSUER + "authorize",
    "token_endpoint": ISSUER + "token",
    "jwks_uri": ISSUER + "keys",
    "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    "grant_types_supported": ["authorization_code", "refresh_token"],
}


def a_check(**options: Any) -> OidcCheck:
    """A check of the provider."""
    return OidcCheck.model_validate({"issuer": ISSUER} | options)


def a_key(name: str = "a", **changes: Any) -> Key:
    """A good RSA key of which nobody knows the age."""
    given = {"kind": "RSA", "signs": True, "bits": 2048, "private": False, "made_at": None} | changes
    return Key(f'key "{name}"', **given)


def read(keys: tuple[Key, ...] | None = (a_key(),), without: str = "", **changes: Any) -> Read:
    """What was read: the good documents, but for the changes."""
    document = {name: value for name, value in (DOCUMENT | changes).items() if name != without}
    return Read(NOW, ISSUER + ".well-known/openid-configuration", document, keys)


def hours_ago(hours: float) -> Key:
    """A key that says how old it is."""
    return a_key(f"of {hours}", made_at=NOW - timedelta(hours=hours))


@pytest.mark.parametrize(
    ("options", "facts", "outcome", "says"),
    [
        pytest.param({}, read(), "passed", "As expected, with 1 key for signatures", id="good"),
        pytest.param({}, read(issuer="https://id.example.com"), "failed", "tokens would be refused", id="a slash less"),
        pytest.param({}, read(without="issuer"), "failed", "issuer is null", id="no issuer"),
        pytest.param({}, read(token_endpoint="http://a.example/t"), "failed", "not an https URL", id="plain endpoint"),
        pytest.param({}, read(userinfo_endpoint=7), "failed", "userinfo_endpoint is 7", id="any endpoint"),
        pytest.param({}, read(without="token_endpoint"), "failed", "no token_endpoint", id="missing endpoint"),
        pytest.param({"endpoints": ["revocation_endpoint"]}, read(), "failed", "no revocation", id="one asked for"),
        pytest.param({"algorithms": ["RS256"]}, read(), "passed", "", id="algorithm there"),
        pytest.param({"algorithms": ["EdDSA"]}, read(), "failed", "EdDSA is not offered", id="algorithm missing"),
        pytest.param(
            {}, read(id_token_signing_alg_values_supported=["none"]), "failed", "algorithm none is", id="none offered"
        ),
        pytest.param(
            {}, read(without="id_token_signing_alg_values_supported"), "failed", "names no algorithm", id="none said"
        ),
        pytest.param({"grants": ["refresh_token"]}, read(), "passed", "", id="grant there"),
        pytest.param({"grants": ["password"]}, read(), "failed", "grant password", id="grant missing"),
        pytest.param({"grants": ["implicit"]}, read(without="grant_types_supported"), "passed", "", id="default grant"),
        pytest.param({"min_keys": 2}, read(), "failed", "1 key for signatures, not at least 2", id="too few keys"),
        pytest.param({}, read(()), "failed", "0 keys for signatures", id="no key"),
        pytest.param({}, read((a_key(signs=False),)), "failed", "0 keys", id="only for encryption"),
        pytest.param({}, read((a_key(private=True),)), "failed", "private part; replace it", id="private key"),
        pytest.param({}, read((a_key(bits=1024),)), "failed", "1024 bits, not at least 2048", id="short key"),
        pytest.param({}, read((a_key(kind="EC", bits=0),)), "passed", "", id="an EC key has no modulus"),
        pytest.param({}, read((a_key(), a_key())), "failed", "more than once", id="same name twice"),
        pytest.param({"max_key_age": "24h"}, read((hours_ago(23), hours_ago(90))), "passed", "", id="rotated"),
        pytest.param({"max_key_age": "24h"}, read((hours_ago(25),)), "failed", "25.0 h old, at most 1d", id="stale"),
        pytest.param({"max_key_age": "24h"}, read(), "unknown", "does not say how old", id="nobody knows"),
        pytest.param({"max_key_age": "24h"}, read((a_key(bits=1),)), "failed", "1 bits", id="unknown age and a flaw"),
        pytest.param({}, Read(NOW, ISSUER, lacking=("timed out",)), "unknown", "Timed out", id="silent"),
        pytest.param({}, Read(NOW, ISSUER, broken=("GET x answered 404",)), "failed", "404", id="no document"),
        pytest.param({}, Read(NOW, ISSUER, DOCUMENT, lacking=("timed out",)), "unknown", "Timed", id="silent keys"),
    ],
)
def test_the_documents_are_weighed(options: dict[str, Any], facts: Read, outcome: str, says: str) -> None:
    finding = a_check(**options).judge(facts)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert {measure.name: measure.unit for measure in finding.measures}.items() <= OidcCheck.measures.items()


def test_an_age_is_measured_only_where_it_is_known() -> None:
    known = {measure.name: measure.value for measure in a_check().judge(read((hours_ago(2),))).measures}
    assert known == {"keys": 1, "key_age": 7200.0, "flaws": 0}
    assert "key_age" not in {measure.name for measure in a_check().judge(read()).measures}


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"issuer": "http://id.example.com"}, ("issuer",), "https only"),
        ({"issuer": "https://id.example.com/?a=b"}, ("issuer",), "no query"),
        ({"jwks_url": "http://id.example.com/keys"}, ("jwks_url",), "https only"),
        ({"issuer": None}, (), "expected `issuer`, or `jwks_url`"),
        ({"issuer": None, "jwks_url": ISSUER, "grants": ["password"]}, (), "`grants` stands in the discovery"),
        ({"min_keys": 0}, ("min_keys",), "greater than or equal to 1"),
        ({"min_key_bits": 1024}, ("min_key_bits",), "greater than or equal to 2048"),
        ({"algorithms": []}, ("algorithms",), "at least 1"),
        ({"endpoints": []}, ("endpoints",), "at least 1"),
        ({"algorithms": ["none"]}, (), "both asked for and forbidden"),
        ({"max_key_age": 24}, ("max_key_age",), "needs a unit"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


# ------------------------------------------------------------------ over TLS, with real keys


@cache
def an_rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Made once: they take time."""
    return rsa.generate_private_key(65537, bits)


def as_jwk(kid: str, *, made: datetime | None = None, private: bool = False) -> dict[str, Any]:
    """A real key as a provider publishes it. made: in a certificate beside it."""
    key = an_rsa_key()
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": _base64url(numbers.n), "e": _base64url(65537)}
    if private:
        jwk["d"] = _base64url(key.private_numbers().d)
    if made:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kid)])
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        signed = builder.not_valid_before(made).not_valid_after(made + timedelta(days=9)).sign(key, hashes.SHA256())
        return jwk | {"x5c": [base64.b64encode(signed.public_bytes(serialization.Encoding.DER)).decode()]}
    return jwk


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode().rstrip("=")


def looked(folder: Path, keys: list[Any], document: dict[str, Any] | str | None = None, **options: Any) -> Any:
    """What a check finds at a provider with these keys and this change of the document."""

    def page(asked: Asked) -> Said:
        if asked.path == "/keys":
            return Said(200, json.dumps({"keys": keys}))
        if asked.path != "/.well-known/openid-configuration":
            return Said(404)
        if isinstance(document, str):
            return Said(200, document)
        ours = {
            name: str(value).replace(ISSUER, site.url("/")) for name, value in DOCUMENT.items() if "_supp" not in name
        }
        return Said(200, json.dumps(DOCUMENT | ours | (document or {})))

    with serving(page, tls_in=folder) as site:
        check = a_check(**({"issuer": site.url("/")} | options))
        return check.judge(check.collect(look_at(site)))


def test_a_real_provider_that_is_as_it_should_be(tmp_path: Path) -> None:
    made = datetime.now(UTC) - timedelta(hours=3)
    finding = looked(tmp_path, [as_jwk("a", made=made), as_jwk("b")], min_keys=2, max_key_age="24h")
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert finding.measured == "2 keys, the newest 3.0 h old"
    assert finding.source.startswith(f"https://{HOST}")


@pytest.mark.parametrize(
    ("keys", "document", "outcome", "says"),
    [
        ([as_jwk("a", private=True)], None, Outcome.FAILED, 'key "a" is published with its private part'),
        ([{"kty": "oct", "k": "c2VjcmV0"}], None, Outcome.FAILED, "key number 1 is published with its private part"),
        ([as_jwk("a") | {"use": "enc"}], None, Outcome.FAILED, "0 keys for signatures"),
        ([as_jwk("a") | {"n": "AQAB"}], None, Outcome.FAILED, "17 bits"),
        ([7, "x", as_jwk("a") | {"x5c": ["!"], "n": 7}], None, Outcome.FAILED, "0 bits"),
        ([as_jwk("a")], {"issuer": "https://elsewhere.example/"}, Outcome.FAILED, "tokens would be refused"),
        ([as_jwk("a")], "<html>", Outcome.FAILED, "did not answer with JSON"),
        ([as_jwk("a")], "[1]", Outcome.FAILED, "a JSON object"),
        ([as_jwk("a")], {"jwks_uri": "http://127.0.0.1/keys"}, Outcome.FAILED, "not an https URL"),
        ([as_jwk("a")], {"jwks_uri": "https://169.254.169.254/keys"}, Outcome.UNKNOWN, "cloud metadata address"),
    ],
)
def test_a_real_provider_with_a_flaw(
    tmp_path: Path, keys: list[Any], document: dict[str, Any] | str | None, outcome: Outcome, says: str
) -> None:
    finding = looked(tmp_path, keys, document)
    assert finding.outcome is outcome, finding.summary
    assert says in finding.summary
    assert "c2VjcmV0" not in repr(finding)
    assert _base64url(an_rsa_key().private_numbers().d) not in repr(finding)


def test_a_key_set_alone_can_be_read(tmp_path: Path) -> None:
    with serving(lambda asked: Said(200, json.dumps({"keys": [as_jwk("a")]})), tls_in=tmp_path) as site:
        check = a_check(issuer=None, jwks_url=site.url("/keys"))
        assert check.judge(check.collect(look_at(site))).outcome is Outcome.PASSED
        assert len(site.asked) == 1
    with serving(lambda asked: Said(200, "{}"), tls_in=tmp_path) as site:
        check = a_check(issuer=None, jwks_url=site.url("/keys"))
        assert "without a list `keys`" in check.judge(check.collect(look_at(site))).summary


def test_a_provider_that_does_not_answer(tmp_path: Path) -> None:
    with serving(lambda asked: Said(0), tls_in=tmp_path) as site:
        check = a_check(issuer=site.url("/"))
        assert check.judge(check.collect(look_at(site))).outcome is Outcome.UNKNOWN
