"""What the kind `tls` makes of handshakes and certificate files, which options it takes, and what it finds for real."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.certificates import Certificate, first_to_end, from_der, from_pem
from golive.checks.places import place
from golive.checks.tls import Shown, TlsCheck
from golive.core.model import Outcome, Strength
from golive.look.connect import Connect
from golive.look.files import Files
from golive.look.guard import Guard
from golive.look.http import Http
from golive.ports import Look, TlsFacts, Unreachable
from kind_pages import example_of, unexplained
from machine import options, refusal, said, seen, values
from tls_servers import Authority, Open, doors, own, secured

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD = Certificate(
    "CN=shop.test", "CN=R3,O=Good Authority", NOW - 60 * DAY, NOW + 30 * DAY, ("shop.test", "*.shop.test", "192.0.2.1"),
    "RSA 2048", 2048, False,
)  # fmt: skip
ISSUER = replace(GOOD, subject="CN=R3,O=Good Authority", issuer="CN=Root", ends=NOW + 900 * DAY, names=())
HANDSHAKE = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", (), "", 0.02, "192.0.2.1")


def a_check(**given: Any) -> TlsCheck:
    """The shop's certificate."""
    return options(TlsCheck, **({"host": "shop.test"} | given))


def a_chain(*chain: Certificate, older: str | None = None, unclear: str = "", **tls: str) -> Shown:
    """What a server showed. older: the version it took when only older ones were offered, empty where it refused."""
    old = None if older is None else replace(HANDSHAKE, version=older)
    return Shown(
        NOW, "shop.test:443", {"shop.test:443": chain or (GOOD, ISSUER)}, replace(HANDSHAKE, **tls), old, "", unclear
    )  # type: ignore[arg-type]


def ending(days: float) -> Certificate:
    return replace(GOOD, ends=NOW + days * DAY)


@pytest.mark.parametrize(
    ("given", "shown", "outcome", "says"),
    [
        pytest.param({}, a_chain(), "passed", "The certificate holds: TLSv1.3, 30 days", id="good"),
        pytest.param({}, a_chain(ending(14)), "passed", "14 days", id="just long enough"),
        pytest.param({}, a_chain(ending(13.9)), "failed", "holds for 13 days, at least 14 days are expected", id="short"),
        pytest.param({"min_days": 30}, a_chain(ending(29)), "failed", "at least 30 days", id="asked for longer"),
        pytest.param({"min_days": 0}, a_chain(ending(0.1)), "passed", "2 h", id="to the last hour"),
        pytest.param({"min_days": 0}, a_chain(ending(0)), "failed", "It is over since 2026-05-04", id="over"),
        pytest.param({}, a_chain(ending(-3)), "failed", "It is over since 2026-05-01", id="long over"),
        pytest.param(
            {}, a_chain(GOOD, replace(ISSUER, ends=NOW + 5 * DAY)), "failed", "5 days (that of CN=R3", id="its issuer's"
        ),
        pytest.param({}, a_chain(GOOD, replace(ISSUER, ends=NOW, own=True)), "passed", "", id="an old root is no matter"),
        pytest.param({}, a_chain(replace(GOOD, begins=NOW + DAY)), "failed", "only from 2026-05-05 on", id="not yet"),
        pytest.param({}, a_chain(problem="self-signed certificate"), "failed", "not trusted: self-signed", id="untrusted"),
        pytest.param({"chain": False}, a_chain(problem="self-signed certificate"), "passed", "", id="own authority"),
        pytest.param(
            {}, a_chain(problem="Hostname mismatch, certificate is not valid for 'shop.test'"), "failed",
            "It is not for shop.test, but for shop.test, *.shop.test", id="the other side says another name",
        ),
        pytest.param({"host": "www.shop.test"}, a_chain(), "passed", "", id="a wildcard"),
        pytest.param({"host": "a.b.shop.test"}, a_chain(), "failed", "not for a.b.shop.test", id="two labels"),
        pytest.param({"host": "other.test"}, a_chain(problem="self-signed certificate"), "failed", "not for other.test",
                     id="both at once"),
        pytest.param({"host": "other.test", "name": False}, a_chain(), "passed", "", id="another name is expected"),
        pytest.param({"host": "192.0.2.1"}, a_chain(), "passed", "", id="an address"),
        pytest.param({"host": "192.0.2.2"}, a_chain(), "failed", "not for 192.0.2.2", id="another address"),
        pytest.param({"host": "192.0.2.9", "server_name": "shop.test"}, a_chain(), "passed", "", id="asked by name"),
        pytest.param({"issuer": "Good"}, a_chain(), "passed", "", id="issuer"),
        pytest.param({"issuer": "Let's"}, a_chain(), "failed", "issued by CN=R3,O=Good Authority, not by Let's", id="other"),
        pytest.param({"sans": ["api.shop.test"]}, a_chain(), "passed", "", id="for another as well"),
        pytest.param({"sans": ["shop.test", "cdn.test"]}, a_chain(), "failed", "not for cdn.test", id="not for both"),
        pytest.param({"min_key_bits": 2048}, a_chain(), "passed", "", id="strong enough"),
        pytest.param({"min_key_bits": 3072}, a_chain(), "failed", "its key is RSA 2048", id="too weak"),
        pytest.param({"min_version": "1.3"}, a_chain(older=""), "passed", "", id="older ones are refused"),
        pytest.param(
            {"min_version": "1.3"}, a_chain(older="TLSv1.2"), "failed", "also speaks TLSv1.2, which is older than TLSv1.3",
            id="older ones are taken",
        ),
        pytest.param(
            {"min_version": "1.3"}, a_chain(version="TLSv1.2", older="TLSv1.2"), "failed",
            "The server speaks no newer version than TLSv1.2", id="nothing new at all",
        ),
        pytest.param({"min_version": "1.2"}, a_chain(version="TLSv1", older="TLSv1"), "failed", "than TLSv1", id="very old"),
        pytest.param({"min_version": "1.2"}, a_chain(unclear="no old TLS here"), "unknown", "no old TLS here", id="unclear"),
        pytest.param(
            {"min_version": "1.2"}, a_chain(ending(1), unclear="no old TLS here"), "failed", "24 h", id="unclear but over"
        ),
        pytest.param({}, Shown(NOW, "shop.test:443", {}, why="refused"), "unknown", "refused", id="no answer"),
        pytest.param({}, Shown(NOW, "shop.test:443", {}, HANDSHAKE), "unknown", "no certificate was shown", id="nothing"),
    ],
)  # fmt: skip
def test_a_handshake_is_judged_by_everything_that_was_named(
    given: dict[str, Any], shown: Shown, outcome: str, says: str
) -> None:
    finding = a_check(**given).judge(shown)
    assert finding.outcome is Outcome(outcome), finding.summary
    assert says.lower() in finding.summary.lower()
    assert finding.strength is Strength.PROBE
    assert finding.source == "shop.test:443"
    assert bool(finding.details) == (finding.outcome is Outcome.FAILED)


def test_every_flaw_is_named_at_once() -> None:
    check = a_check(host="other.test", issuer="X", sans=["a.test"], min_key_bits=9999, min_version="1.3")
    finding = check.judge(a_chain(ending(1), older="TLSv1.2", problem="certificate has expired"))
    assert len(finding.details) == 7
    assert finding.summary.endswith("; and 4 more")
    assert finding.expected == (
        "14 days left, trusted, for other.test, TLSv1.3 or newer only, issued by X, for a.test, a key as strong as RSA 9999"
    )


def test_what_can_be_held_against_criteria_is_measured() -> None:
    finding = a_check().judge(a_chain())
    assert values(finding) == {
        "valid_for": 30 * 86_400, "days_left": 30, "key_bits": 2048, "handshake": 0.02, "version": "TLSv1.3",
    }  # fmt: skip
    assert {one.name: one.unit for one in finding.measures} == dict(TlsCheck.measures)
    assert finding.measures[0].name == next(iter(TlsCheck.measures))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"host": None}, "exactly one of `host`, `url` and `file`"),
        ({"url": "https://shop.test"}, "exactly one of"),
        ({"host": None, "url": "http://shop.test"}, "expected an https URL"),
        ({"host": "shop.test:0"}, "expected `host` or `host:port`"),
        ({"host": "shop.test:99999"}, "expected `host` or `host:port`"),
        ({"host": "https://shop.test"}, "expected `host` or `host:port`"),
        ({"host": None, "file": "x.pem", "min_version": "1.2"}, "of a server, not of a file"),
        ({"host": None, "file": "x.pem", "server_name": "x"}, "of a server, not of a file"),
        ({"min_version": "1.4"}, "'1.0', '1.1', '1.2' or '1.3'"),
        ({"min_version": 1.3}, "'1.0', '1.1', '1.2' or '1.3'"),
        ({"min_days": -1}, "greater than or equal to 0"),
        ({"sans": []}, "at least 1"),
        ({"issuer": ""}, "at least 1"),
        ({"min_key_bits": 0}, "greater than or equal to 1"),
        ({"fail_if_not_ssl": False}, "asks for nothing"),
        ({"tls_config": {"max_version": "TLS12"}}, "only `min_version` is understood"),
        ({"tls_config": {"min_version": "TLS12"}, "min_version": "1.2"}, "only `min_version` is understood"),
        ({"port": 443}, "not permitted"),
    ],
)
def test_a_wrong_option_is_refused_with_a_sentence(given: dict[str, Any], says: str) -> None:
    whole = {"host": "shop.test"} | given
    assert says in refusal(TlsCheck, {name: value for name, value in whole.items() if value is not None})


def test_names_of_blackbox_are_understood() -> None:
    theirs = a_check(fail_if_not_ssl=True, tls_config={"min_version": "TLS13"})
    assert theirs.canonical() == a_check(min_version="1.3").canonical() == a_check(min_version="TLS13").canonical()


def test_spellings_of_one_place_are_one_canonical_text() -> None:
    assert (
        a_check().canonical()
        == a_check(host="SHOP.test:443").canonical()
        == a_check(host="tcp://shop.test").canonical()
    )


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("a.test:1", "a.test", 1),
        ("[::1]:5432", "::1", 5432),
        ("tcp://A.test:22", "a.test", 22),
        ("10.0.0.1:9", "10.0.0.1", 9),
    ],
)
def test_a_place_is_read_and_shown(text: str, host: str, port: int) -> None:
    found = place(text)
    assert (found.host, found.port) == (host, port)
    assert found.text == text.removeprefix("tcp://").lower()


@pytest.mark.parametrize(
    "text", ["a.test", ":1", "a.test:", "a b:1", "::1:80", "a.test:65536", "a.test:-1", "", "http://a:1"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected `host:port`"):
        place(text)


@pytest.mark.parametrize(
    ("names", "name", "covered"),
    [
        (("shop.test",), "SHOP.test.", True),
        (("shop.test",), "www.shop.test", False),
        (("*.shop.test",), "shop.test", False),
        (("*.shop.test",), "x.shop.test", True),
        (("*.shop.test",), "x.y.shop.test", False),
        (("*.test",), "shop.test", False),
        (("*.0.0.1",), "127.0.0.1", False),
        (("2001:db8::1",), "2001:DB8:0::1", True),
        ((), "shop.test", False),
    ],
)
def test_a_certificate_covers_what_it_is_for(names: tuple[str, ...], name: str, covered: bool) -> None:
    assert replace(GOOD, names=names).covers(name) is covered


def test_a_root_that_is_sent_along_does_not_end_first() -> None:
    root = replace(ISSUER, ends=NOW - DAY, own=True)
    assert first_to_end((GOOD, root)) is GOOD
    assert first_to_end((root,)) is root


# ------------------------------------------------------------------ asked for real


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def door() -> Iterator[Open]:
    with doors() as opened:
        yield opened


def a_look(authority: Authority | None, root: Path | None = None, seconds: float = 10) -> Look:
    guard = Guard(("127.0.0.0/8",), resolve=lambda host, port: ["127.0.0.1"])
    connect = Connect(guard, tls=authority.context if authority else None)
    files = Files(root) if root else None
    return Look(Http(), None, datetime.now(UTC), timedelta(seconds=seconds), connect=connect, files=files)


@pytest.mark.parametrize(
    ("certificate", "given", "outcome", "says"),
    [
        ({"chain": True}, {}, "passed", "TLSv1.3, 29 days"),
        ({}, {"min_days": 40}, "failed", "holds for 29 days"),
        ({"days": -1}, {}, "failed", "not trusted: certificate has expired; it is over"),
        ({"by_itself": True}, {}, "failed", "not trusted: self-signed certificate"),
        ({"by_itself": True}, {"chain": False}, "passed", "29 days"),
        ({"names": ["other.test"]}, {}, "failed", "not for shop.test, but for other.test"),
        ({"names": ["other.test"]}, {"name": False}, "passed", ""),
        ({"rsa_bits": 1024}, {"min_key_bits": 2048, "chain": False}, "failed", "its key is RSA 1024"),
        ({}, {"min_key_bits": 3072}, "passed", ""),
        ({"since": -2}, {"chain": False}, "failed", "it holds only from"),
        ({}, {"issuer": "Test Authority"}, "passed", ""),
    ],
)
def test_a_real_server_is_asked(
    door: Open, authority: Authority, certificate: dict[str, Any], given: dict[str, Any], outcome: str, says: str
) -> None:
    pem = authority.made("one", **certificate)
    finding = seen(a_check(host=f"shop.test:{door(secured(pem)).port}", **given), a_look(authority))
    assert finding.outcome is Outcome(outcome), finding.summary
    assert says.lower() in finding.summary.lower()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("lowest", "highest", "least", "outcome", "says"),
    [
        ("TLSv1_3", "TLSv1_3", "1.3", "passed", ""),
        ("TLSv1_2", "TLSv1_3", "1.3", "failed", "also speaks TLSv1.2, which is older"),
        ("TLSv1_2", "TLSv1_2", "1.3", "failed", "speaks no newer version than TLSv1.2"),
        ("TLSv1_2", "TLSv1_3", "1.2", "passed", ""),
        ("TLSv1", "TLSv1_3", "1.2", "failed", "also speaks TLSv1.1, which is older"),
    ],
)
def test_a_real_server_must_refuse_what_is_older(
    door: Open, authority: Authority, lowest: str, highest: str, least: str, outcome: str, says: str
) -> None:
    server = secured(authority.good(), ssl.TLSVersion[lowest], ssl.TLSVersion[highest])
    finding = seen(a_check(host=f"shop.test:{door(server).port}", min_version=least), a_look(authority))
    assert finding.outcome is Outcome(outcome), finding.summary
    assert says in finding.summary


@pytest.mark.parametrize(
    ("treat", "says"),
    [
        (lambda caller: caller.sendall(b"220 mail.test ready for whoever comes\r\n"), "no TLS connection"),
        (lambda caller: None, "no TLS connection"),
    ],
)
def test_a_server_without_tls_is_unknown(door: Open, treat: Any, says: str) -> None:
    finding = seen(a_check(host=f"shop.test:{door(treat).port}", min_version="1.2"), a_look(None))
    assert finding.outcome is Outcome.UNKNOWN
    assert says in finding.summary


def test_files_are_read_and_keys_in_them_are_passed_over(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    for name, days in (("a", 30), ("b", 5)):
        (tmp_path / f"certs/{name}.pem").write_bytes(authority.made(name, days=days).read_bytes())
    one = seen(options(TlsCheck, file="certs/a.pem", sans=["shop.test"]), a_look(None, tmp_path))
    both = seen(options(TlsCheck, file="certs/*.pem"), a_look(None, tmp_path))
    assert (one.outcome, one.strength, one.source) == (Outcome.PASSED, Strength.IMPORTED, "certs/a.pem")
    assert both.outcome is Outcome.FAILED
    assert [(detail.path, detail.line) for detail in both.details] == [("certs/b.pem", 0)]
    assert both.details[0].text.startswith("it holds for 4 days")
    assert values(both)["days_left"] == pytest.approx(5, abs=0.01)
    assert "PRIVATE" not in said(both)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("*.crt", "no file matches *.crt"),
        ("text.pem", "text.pem: there is no certificate in PEM"),
        ("none.pem", "none.pem"),
    ],
)
def test_a_file_that_is_not_there_or_none_is_unknown(tmp_path: Path, pattern: str, says: str) -> None:
    (tmp_path / "text.pem").write_text("-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n")
    finding = seen(options(TlsCheck, file=pattern), a_look(None, tmp_path))
    assert finding.outcome is Outcome.UNKNOWN
    assert says in finding.summary


def test_certificates_are_read_the_same_from_both_forms(authority: Authority) -> None:
    pem = authority.made("forms", names=["Shop.test", "127.0.0.1", "::1"], rsa_bits=2048)
    (one,) = from_pem(pem.read_bytes())
    assert one == from_der(own(pem))
    assert one.names == ("shop.test", "127.0.0.1", "::1")
    assert (one.key, one.key_bits, one.own) == ("RSA 2048", 2048, False)
    assert one.issuer == "CN=Test Authority"


def test_a_look_without_connections_or_files_says_so() -> None:
    bare = Look(Http(), None, NOW)
    with pytest.raises(Unreachable, match="TLS servers cannot be looked at"):
        a_check().collect(bare)
    with pytest.raises(Unreachable, match="files of this machine cannot be looked at"):
        options(TlsCheck, file="x.pem").collect(bare)


def test_only_a_file_is_of_the_machine() -> None:
    assert options(TlsCheck, file="x.pem").on_machine()
    assert not a_check().on_machine()


def test_the_reference_page_is_true() -> None:
    (check,) = example_of(TlsCheck)
    assert (
        check.options.canonical()
        == options(TlsCheck, url="https://shop.example.com", min_days=30, min_version="1.3").canonical()
    )
    assert unexplained(TlsCheck) == []
