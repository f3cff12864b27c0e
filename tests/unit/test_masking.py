"""What is masked by its looks, by its exact value and by its name; and what is left alone.

Samples are put together here, so that no scanner takes this file for a leak. Add a kind of secret as one row of
`SECRETS`, and an ordinary text that looks a little like one as a row of `ORDINARY`.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from golive.core.masking import MASK, PATTERNS, Mask
from golive.core.model import Detail, Finding, Measure, Outcome

A = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0"
HEX = "0123456789abcdef" * 4

SECRETS = {
    "GitHub token": ("gh" + f"p_{A[:36]}", "it was {}."),
    "GitHub installation token": ("gh" + f"s_{A[:36]}", "{}"),
    "GitHub fine-grained token": ("github" + f"_pat_11{A}_{A}", "({})"),
    "GitHub old installation token": ("v1." + HEX[:40], "{}"),
    "Slack bot token": ("xox" + "b-123456789012-123456789012-" + A[:24], "token {}"),
    "Slack app token": ("xapp" + "-1-A012345-123456-" + HEX, "{}"),
    "Slack refresh token": ("xoxe" + ".xoxp-1-" + A, "{}"),
    "Slack webhook": ("T0123/B0123/" + A[:24], "https://hooks.slack.com/services/{}"),
    "AWS key id": ("AKI" + "A" + "ABCDEFGHIJKLMNOP", "aws {} x"),
    "AWS temporary key id": ("ASI" + "A" + "ABCDEFGHIJKLMNOP", "{}"),
    "AWS secret key": (A, "aws_secret_access_key={}"),
    "variable": ("hunter2", "SHOP_DB_PASSWORD={}"),
    "dotted key in JSON": ("hunter2", '{{"spring.datasource.password": "{}"}}'),
    "JWT": ("eyJ" + "hbGciOiJSUzI1NiJ9." + "eyJpc3MiOiIxMjM0In0." + "c2lnbmF0dXJl", "{}"),
    "private key": ("MIIE" + A * 3, "-----BEGIN PRIVATE" + " KEY-----\n{}\n-----END PRIVATE" + " KEY-----"),
    "private key cut off": ("MIIE" + A * 3, "-----BEGIN RSA PRIVATE" + " KEY-----\n{}"),
    "bearer": (A, "Authorization: Bearer {}"),
    "basic": ("dXNlcjpwYXNz", "authorization: Basic {}"),
    "token header": (A[:12], '"Authorization": "token {}"'),
    "signature of a webhook": (HEX[:64], "X-Hub-Signature-256: sha256={}"),
    "password in a URL": ("hunter2", "https://ana:{}@shop.test/x"),
    "password with an @ in a URL": ("hun@ter2", "https://ana:{}@shop.test/x"),
    "password in a database URL": ("hunter2", "postgresql+psycopg://golive:{}@db.test:5432/golive?sslmode=require"),
    "password in a Redis URL": ("hunter2hunter2", "rediss://:{}@cache.test:6379/0"),
    "key as the user of a URL": (HEX[:32], "https://{}@errors.test/7"),
    "password of a connection string": ("hunter2", "host=db.test user=golive password={} dbname=golive"),
    "quoted password": ("hunter 2", "host=db.test password='{}' dbname=golive"),
    "password of another database": ("hunter2", "Server=db.test;Uid=golive;Pwd={};Database=x"),
    "token in a query": (A[:12], "https://shop.test/?page=2&access_token={}&x=1"),
    "code in a query": (A[:20], "https://shop.test/cb?code={}&state=1"),
    "Azure SAS": (A + "%3D", "https://x.blob.core.test/c?sv=2024-01-01&se=2026&sig={}"),
    "Azure storage key": (A * 2 + "==", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};EndpointSuffix=y"),
    "password in JSON": ("hunter\\\"2", '{{"user": "ana", "password": "{}", "n": 1}}'),
    "key in JSON": ("hunter2", "{{'api_key': '{}'}}"),
    "Google API key": ("AIza" + A[:35], "key {}"),
    "Google access token": ("ya29" + ".a0" + A, "{}"),
    "Google client secret": ("GOCSPX" + "-" + A[:28], "{}"),
    "Stripe": ("sk" + "_live_" + A[:24], "{}"),
    "Stripe restricted": ("rk" + "_live_" + A[:24], "{}"),
    "Stripe webhook": ("whsec" + "_" + A[:32], "{}"),
    "npm": ("npm" + "_" + A[:36], "{}"),
    "PyPI": ("pypi" + "-AgEIcHlwaS5vcmc" + A, "{}"),
    "GitLab": ("glpat" + "-" + A[:20], "{}"),
    "GitLab runner": ("glrt" + "-" + A[:20], "{}"),
    "Grafana service account": ("gls" + "a_" + A[:32] + "_0123abcd", "{}"),
    "Grafana cloud": ("gl" + "c_" + A, "{}"),
    "DigitalOcean": ("dop" + "_v1_" + HEX, "{}"),
    "SendGrid": ("SG" + "." + A[:22] + "." + A, "{}"),
    "Vault": ("hv" + "s." + A, "{}"),
    "Docker": ("dckr" + "_pat_" + A[:27], "{}"),
    "OpenAI": ("sk" + "-proj-" + A, "{}"),
    "Hugging Face": ("hf" + "_" + A[:34], "{}"),
    "Databricks": ("dapi" + HEX[:32], "{}"),
    "Shopify": ("shpat" + "_" + HEX[:32], "{}"),
    "age": ("AGE-SECRET-KEY" + "-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2, "{}"),
}  # fmt: skip

ORDINARY = [
    "Answered 503 in 12 ms, 4 of 27 checks did not hold.",
    "GET https://shop.example.com:8443/health?page=2&size=20&sort=name answered 200; see https://x.test/a@b",
    "The token belongs to mina; acme/shop#7 at b0598894c757d7f0d6b2b1c1a1e0f9d8c7b6a594.",
    "exit code=3, signature=missing in the file; sig=none",
    'postgresql://readiness@db.example.com:5432/shop: column "tablename" does not exist (line 1, column 8)',
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "image ghcr.io/acme/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "npm_config_cache, pypi-mirror, sk-learn, glance, dapi, hvac, do_v1, SG.1, AKIA, ghp_, xoxb, eyJ.",
    "mail ana@shop.test or https://wiki.test/~ana",
    '{"passwords_rotated": 3, "token_count": 7, "secret": ""}',
    "password: wrong, the secret is missing, api key rotated",
    "bearer of bad news",
    "-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----",
    "cookie=yes; path=/; code",
]


@pytest.mark.parametrize(("secret", "around"), SECRETS.values(), ids=SECRETS.keys())
def test_what_looks_like_a_secret_is_masked_and_what_is_around_it_stays(secret: str, around: str) -> None:
    text = f"before; {around.format(secret)} ; after"
    masked = Mask([]).text(text)
    assert secret not in masked, f"add or mend a row of PATTERNS: {masked}"
    assert MASK in masked
    assert masked.startswith("before; ")
    assert masked.endswith(" ; after") or "cut off" in next(k for k, v in SECRETS.items() if v == (secret, around))


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_stay(text: str) -> None:
    assert Mask([]).text(text) == text


def test_there_are_patterns_for_at_least_thirteen_kinds() -> None:
    assert len(PATTERNS) >= 13
    assert len(SECRETS) >= len(PATTERNS)


@pytest.mark.parametrize(("hint", "pattern", "replacement"), PATTERNS)
def test_every_pattern_is_needed_and_its_hint_is_in_what_it_finds(hint: str, pattern: Any, replacement: str) -> None:
    found = [around.format(secret) for secret, around in SECRETS.values() if pattern.search(around.format(secret))]
    assert found, f"no sample in SECRETS has {pattern.pattern}"
    for text in found:
        assert hint in text.lower(), f"{hint!r} hides {text!r} from its own pattern"


@pytest.mark.parametrize(
    "text",
    ["a." * 50_000 + "@", "eyJ-" * 25_000, "-----BEGIN " * 9_000, "://" * 30_000 + "@", "password=" * 11_000,
     "bearer " * 15_000, '"token":"' + "\\\\" * 40_000, "gh" * 50_000, "sk-" * 33_000, "SG." * 33_000 + "@",
     "a_" * 45_000 + "=", "authorization:" + " " * 90_000, "'secret':'" * 9_000, "x=" * 50_000 + "@://"],
    ids=range(14),
)  # fmt: skip
def test_a_long_text_that_is_built_against_it_costs_no_more_than_its_length(text: str) -> None:
    began = time.perf_counter()
    Mask(["a-known-secret"]).text(text)
    assert time.perf_counter() - began < 2, "a pattern backtracks; bound its repetitions"


KNOWN = "open-sesame/42+x"


def test_a_finding_is_copied_without_secrets_in_any_text() -> None:
    finding = Finding(
        "db", Outcome.FAILED, f"said {KNOWN}", f"got {KNOWN}", f"wanted {KNOWN}", f"https://x.test/?a={KNOWN}",
        measures=(Measure("value", KNOWN), Measure("rows", 3), Measure(KNOWN, 1.5, "s"), Measure("up", True)),
        details=(Detail(f"row 1: {KNOWN}", f"a/{KNOWN}.txt", 7, Outcome.WARNING), Detail("fine")), samples=3,
    )  # fmt: skip
    masked = Mask([KNOWN]).finding(finding)
    assert KNOWN not in repr(masked)
    assert KNOWN in repr(finding)
    assert masked.measures[1:] == (Measure("rows", 3), Measure(MASK, 1.5, "s"), Measure("up", True))
    assert masked.details == (Detail(f"row 1: {MASK}", f"a/{MASK}.txt", 7, Outcome.WARNING), Detail("fine"))
    assert replace(masked, summary="", measured="", expected="", source="", measures=(), details=()) == replace(
        finding, summary="", measured="", expected="", source="", measures=(), details=()
    )


def test_a_finding_without_secrets_stays_equal() -> None:
    finding = Finding("db", Outcome.PASSED, "fine", measures=(Measure("rows", 3),), details=(Detail("x", "a", 1),))
    assert Mask([KNOWN]).finding(finding) == finding


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "api_key",
        "apikey",
        "x-auth-token",
        "client_secret",
        "private-key",
        "Cookie",
        "AWS_SECRET_ACCESS_KEY",
        "secret_key",
        "db.password",
    ],
)
def test_a_value_of_a_telling_name_is_masked_whatever_it_is(name: str) -> None:
    assert Mask([]).value({"a": [{name: "x"}]}) == {"a": [{name: MASK}]}
    assert Mask([]).value({name: ["x", 7]}) == {name: MASK}


@pytest.mark.parametrize(
    "name", ["tokens_used", "secretary", "monkey", "key", "passwordless", "author", "PWD", "OLDPWD"]
)
def test_a_name_that_only_sounds_like_one_is_not(name: str) -> None:
    assert Mask([]).value({name: "x"}) == {name: "x"}


def test_nothing_that_is_nested_is_changed_in_place() -> None:
    given = {"a": [KNOWN, (KNOWN, {"b": KNOWN})]}
    assert Mask([KNOWN]).value(given) == {"a": [MASK, [MASK, {"b": MASK}]]}
    assert given == {"a": [KNOWN, (KNOWN, {"b": KNOWN})]}
