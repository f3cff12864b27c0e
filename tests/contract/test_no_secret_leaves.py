"""Secrets are fed to every kind of check, from everywhere it looks, and reach no finding, no report and no log.

The world here answers every request with the secret in its body and headers, holds it in every file and every variable,
and prints it from every program. What a kind makes of that goes through the same mask as in `golive check`.
"""

from __future__ import annotations

import inspect
import io
import json
import logging
import re
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from golive.checks.registry import installed
from golive.core.masking import Mask
from golive.core.model import Finding, Person
from golive.core.policy import CheckRule, Policy
from golive.core.report import Run, reported
from golive.engine.attempt import caught, look_once
from golive.engine.run import Setting, run
from golive.look.connect import Connect
from golive.look.dns import Dns
from golive.look.files import Files
from golive.look.guard import Guard
from golive.look.http import Http
from golive.look.process import Process
from golive.look.sql import Sql
from golive.policyfile import load
from golive.ports import Attestation, Look
from golive.render.report import FORMATS

KNOWN = "hunter2-correct-horse-battery"
"""A secret that golive was told of; its looks give nothing away."""
SHAPED = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
"""A secret that nobody told golive of, and that looks like one."""
BOTH = f"{KNOWN} {SHAPED}"
INSIDE = ("127.0.0.0/8",)


class Echo(BaseHTTPRequestHandler):
    """Answers everything, good and bad by turns, and the secret is everywhere in it."""

    turn = 0

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.rfile.read(length)
        Echo.turn += 1
        told = dict.fromkeys(
            ("status", "message", "error", "errorType", "database", "version", "issuer", "title"), BOTH
        )
        body = json.dumps({**told, "data": {"result": [{"metric": {"job": BOTH}, "value": [1, "2"]}]}}).encode()
        self.send_response((200, 500, 404, 422)[Echo.turn % 4])
        for name in ("content-type", "x-echo", "set-cookie", "etag", "www-authenticate", "content-security-policy"):
            self.send_header(name, "application/json" if name == "content-type" else f"a={BOTH}")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(OSError):
                self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = answer

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


class Everything(dict[str, str]):
    """An environment in which every variable is set, to the secret."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return BOTH

    def get(self, key: str, default: Any = None) -> Any:
        return BOTH


class Lent:
    """An operator who lends the secret to anybody."""

    def value(self, name: str, host: str) -> str:
        return KNOWN


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def examples(kind: str, target: str) -> Policy:
    """The checks of a kind's own example, aimed at the echo; https becomes http, and other hosts become it too."""
    text = inspect.getdoc(sys.modules[installed()[kind].__module__]) or ""
    block = re.search(r"^Example:\n\n((?:(?: {4}.*)?\n)+)", text, re.MULTILINE)
    assert block, f"{kind} has no example"
    body = block[1]
    if kind not in ("cors", "port"):  # origins and ports of an example differ from each other
        there = target.replace("http:", "https:") if kind == "oidc" else target
        body = re.sub(r"https?://[A-Za-z0-9.-]+(:\d+)?", there, body)
        body = re.sub(r"(?<![\w.@/-])[a-z0-9-]+\.example\.com(:\d+)?", target.removeprefix("http://"), body)
    if kind == "tls":
        body = body.replace('url: "${target}"', f'host: "{target.removeprefix("http://")}"')
    head = f"version: 1\nproject: p\nreleases: [{{name: p, base: main, head: r, target: '{target}'}}]\n"
    roles = "signoffs: [{roles: [{role: operations, from: ['@mona']}]}]\n"
    others = set(re.findall(r"\bof: \[([^\]]*)\]", body))
    named = {name.strip() for listing in others for name in listing.split(",")} - set(
        re.findall(r"id: ([a-z0-9-]+)", body)
    )
    more = "".join(f"  - {{id: {name}, uses: http, with: {{url: '{target}'}}}}\n" for name in sorted(named))
    return load(f"{head}{roles}checks:\n{textwrap.indent(textwrap.dedent(body), '  ')}{more}", installed())


def written(rules: tuple[CheckRule, ...], folder: Path) -> None:
    """A file with the secret for every path that the options name."""
    for text in re.findall(r'"([^"]{3,120})"', " ".join(rule.options.canonical() for rule in rules)):
        if ("/" not in text and "." not in text) or "://" in text or text.startswith(("/", "=~")):
            continue
        path = folder / text.replace("**/", "").replace("*", "x").replace("?", "x")
        with suppress(OSError, ValueError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{BOTH}\n# {BOTH}\npassword: {BOTH}\n")


@pytest.mark.parametrize("kind", list(installed()))
def test_no_secret_leaves_a_kind_in_any_format_or_log(kind: str, echo: str, tmp_path: Path) -> None:
    rules = tuple(
        replace(rule, timeout=timedelta(seconds=2), attempts=1) for rule in examples(kind, echo).releases[0].checks
    )
    written(rules, tmp_path)
    guard = Guard(INSIDE)
    said = Attestation(Person(1, "ana"), datetime.now(UTC), f"{BOTH} https://x.example/{SHAPED}", "", entitled=True)
    look = Look(
        http=Http(INSIDE), forge=None, now=datetime.now(UTC), connect=Connect(guard), dns=Dns(guard),
        sql=Sql(guard, tmp_path), secrets=Lent(), process=Process(tmp_path, {"PATH": "/usr/bin:/bin", "TOKEN": BOTH}),
        files=Files(tmp_path), environment=Everything(), attestations=(said,), timeout=timedelta(seconds=2),
    )  # fmt: skip
    logged = io.StringIO()
    handler = logging.StreamHandler(logged)
    logging.getLogger("golive").addHandler(handler)
    findings: list[Finding] = []

    def stamp(finding: Finding) -> Finding:
        findings.append(masked := Mask([KNOWN]).finding(finding))
        return masked

    try:
        policy = Policy("p", ())
        judged = run(rules, Setting(lambda rule: look, lambda: datetime.now(UTC), stamp), Silent())
    finally:
        logging.getLogger("golive").removeHandler(handler)
    report = reported(Run("1", "p", "golive.yml", datetime.now(UTC), 1.0), judged, policy, datetime.now(UTC))
    assert findings
    for name, form in FORMATS.items():
        text = form.render(report)
        assert KNOWN not in text, f"{kind} as {name} shows a secret that golive knows"
        assert SHAPED not in text, f"{kind} as {name} shows what looks like a token"
    assert KNOWN not in logged.getvalue()
    assert SHAPED not in logged.getvalue(), f"{kind} logs a token"


class Silent:
    """Progress that says nothing."""

    def started(self, rule: object) -> None:
        """Nothing."""

    def finished(self, judged: object) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"cannot sign with {KNOWN}"),
        KeyError(SHAPED),
        ConnectionError(f"postgresql://golive:{KNOWN}@db.example.com refused"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_trap_25_a_secret_in_the_text_of_an_error_is_given_to_nobody(error: Exception) -> None:
    """A signing key once came back in an error message, and with it anybody's account."""

    def collect(look: Look) -> object:
        raise error

    check = installed()["http"].model_validate({"url": "https://shop.example.com"})  # type: ignore[attr-defined]
    rule = CheckRule("leaky", "http", check)
    finding = look_once(rule, look_nowhere(), lambda rule, _: caught(lambda: collect(look_nowhere())))
    shown = " ".join([finding.summary, finding.measured, finding.source, *(d.text for d in finding.details)])
    assert type(error).__name__ in shown
    assert KNOWN not in shown
    assert SHAPED not in shown


def look_nowhere() -> Look:
    """A look at nothing."""
    return Look(http=Http(INSIDE), forge=None, now=datetime.now(UTC))
