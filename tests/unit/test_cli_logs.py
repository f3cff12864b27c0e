"""No secret is written: by value in any form, by looks, nested anywhere, from our records and from libraries'.

Samples are put together here, so that no scanner takes this file for a leak. Add a kind of secret as one row.
"""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import structlog

from golive.cli.logs import configure
from golive.core.masking import MASK, Mask

HOOK = "hook-secret/with+signs&more"
KEY_LINE = "MIIEpAIBAAKCAQEA" + "q7Zk" * 12
PEM = "\n".join(
    ["-----BEGIN RSA PRIVATE" + " KEY-----", KEY_LINE, KEY_LINE[::-1], "-----END RSA PRIVATE" + " KEY-----"]
)
MASKS = Mask([HOOK, PEM])


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, after the service's own configuration; the former one comes back afterwards."""
    root, former = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    written = io.StringIO()
    configure("info", [HOOK, PEM], written)
    yield written
    root.handlers[:], root.level = former
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(HOOK, id="as it is"),
        pytest.param(f"before {HOOK}, after", id="inside a sentence"),
        pytest.param(quote(HOOK, safe=""), id="in a URL"),
        pytest.param(base64.b64encode(HOOK.encode()).decode(), id="in base64"),
        pytest.param(base64.b64encode(f"golive:{HOOK}".encode()).decode(), id="in base64 behind a user name"),
        pytest.param(base64.b64encode(f"a:{HOOK}:b".encode()).decode(), id="in base64 in the middle"),
        pytest.param(base64.urlsafe_b64encode(f"ab:{HOOK}".encode()).decode(), id="in base64 for URLs"),
        pytest.param(repr({"secret": HOOK}), id="in a repr"),
    ],
)
def test_a_configured_secret_is_masked_in_every_form(shown: str) -> None:
    masked = MASKS.text(shown)
    assert MASK in masked
    plain = base64.b64encode(HOOK.encode()).decode().rstrip("=")
    for part in (HOOK, HOOK[4:-4], quote(HOOK, safe=""), plain[4:-4]):
        assert part not in masked, f"{part!r} is left in {masked!r}"


@pytest.mark.parametrize(
    "shown", [PEM, PEM.replace("\n", "\\n"), json.dumps(PEM), f"could not parse {KEY_LINE}", PEM[:90]]
)
def test_a_private_key_is_masked_whole_escaped_and_in_part(shown: str) -> None:
    assert KEY_LINE[:40] not in MASKS.text(shown)


@pytest.mark.parametrize(
    "secret",
    [
        "ghs" + "_" + "A1b2C3d4E5f6G7h8I9j0K1l2",
        "ghp" + "_" + "A1b2C3d4E5f6G7h8I9j0K1l2",
        "gho" + "_" + "A1b2C3d4E5f6G7h8I9j0K1l2",
        "github" + "_pat_" + "11AAAAAAA0123456789_abcdefghij",
        "xoxb" + "-1234567890-abcdefABCDEF",
        "xoxp" + "-1234567890-abcdefABCDEF",
        "xapp" + "-1-A0123-456-abcdef",
        "T000/B000/" + "XXXXyyyyZZZZ",
        "eyJ" + "hbGciOiJSUzI1NiJ9." + "eyJpc3MiOiIxMjM0In0." + "c2lnbmF0dXJl",
        "sha256=" + "0f" * 32,
        "hunter2" + "hunter2",
    ],
)
def test_what_looks_like_a_secret_is_masked_without_being_configured(secret: str) -> None:
    shown = {
        "T": f"https://hooks.slack.com/services/{secret}",
        "s": f"X-Hub-Signature-256: {secret}",
        "h": f"postgresql+psycopg://golive:{secret}@db.example/golive",
    }.get(secret[0], f"told: {secret}.")
    masked = Mask([]).text(shown)
    assert secret not in masked, masked
    assert MASK in masked


def test_an_authorization_header_is_masked_and_ordinary_words_are_not() -> None:
    mask = Mask([])
    assert mask.text("Authorization: Bearer abcdefgh12345") == f"Authorization: Bearer {MASK}"
    assert mask.text('"authorization": "token abcdef"') == f'"authorization": "token {MASK}"'
    told = "The token belongs to mina; see https://golive.example.org/r/page and acme/shop#7 at b0598894c757."
    assert mask.text(told) == told


def test_nested_values_keys_bytes_and_objects_are_walked() -> None:
    class Told:
        def __str__(self) -> str:
            return f"an object that says {HOOK}"

    deep: object = HOOK
    for _ in range(30):
        deep = [deep]
    masked = MASKS.value(
        {"a": [{"b": (HOOK, {HOOK: 1})}], "raw": HOOK.encode(), "it": Told(), "error": ValueError(HOOK), "deep": deep,
         "bot_token": "short", "n": 7, "yes": True, "none": None}
    )  # fmt: skip
    assert HOOK not in json.dumps(masked)
    assert masked["bot_token"] == MASK
    assert (masked["n"], masked["yes"], masked["none"]) == (7, True, None)


def test_no_secret_means_nothing_is_masked_by_value() -> None:
    assert Mask(["", "ab"]).text("ab and nothing") == "ab and nothing"


def test_our_records_are_json_lines_without_secrets(log: io.StringIO) -> None:
    structlog.get_logger().info("effect", release="github.com/1/7", headers={"x": [HOOK]}, act=f"said {HOOK}")
    try:
        raise RuntimeError(HOOK)
    except RuntimeError as error:
        structlog.get_logger().error("turn broke", exc_info=error)
    first, second = (json.loads(line) for line in log.getvalue().splitlines())
    assert (first["event"], first["level"], first["release"]) == ("effect", "info", "github.com/1/7")
    assert "Traceback" in second["exception"]
    assert HOOK not in log.getvalue()


@pytest.mark.parametrize(
    "library", ["uvicorn.error", "slack_bolt.AsyncApp", "github.Requester", "urllib3.connectionpool"]
)
def test_records_of_libraries_go_the_same_way(log: io.StringIO, library: str) -> None:
    try:
        raise ValueError(f"refused {HOOK}")
    except ValueError:
        logging.getLogger(library).exception("with %s and %s", HOOK, {"key": PEM})
    (line,) = log.getvalue().splitlines()
    told = json.loads(line)
    assert (told["logger"], told["level"]) == (library, "error")
    assert HOOK not in line
    assert KEY_LINE not in line
    assert "ValueError" in told["exception"]


def test_chatty_libraries_speak_up_only_from_a_warning_on(log: io.StringIO) -> None:
    logging.getLogger("urllib3").info("every request")
    structlog.get_logger().debug("not asked for")
    assert log.getvalue() == ""
