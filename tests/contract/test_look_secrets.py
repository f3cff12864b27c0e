"""What the operator lends, to whom and for where: a real file, real variables. Add a rule by adding a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.core.errors import Misconfigured
from golive.look.secrets import Secrets
from golive.ports import Unreachable

VALUE = "glsa_not-a-real-one"
LIST = """
grafana-read:
  env: GRAFANA_TOKEN
  repositories: [acme/shop, "globex/*"]
  hosts: [grafana.example.com, "*.metrics.example.com", "[fd12::1]"]
"""


def a_list(folder: Path, text: str = LIST, **environment: str) -> Secrets:
    """The operator's file, read; the token is set unless the caller sets something else."""
    file = folder / "secrets.yml"
    file.write_text(text, encoding="utf-8")
    return Secrets.read(file, environment or {"GRAFANA_TOKEN": VALUE})


@pytest.mark.parametrize(
    ("repository", "host", "lent"),
    [
        ("acme/shop", "grafana.example.com", True),
        ("ACME/Shop", "Grafana.Example.COM.", True),
        ("acme/shop", "grafana.example.com:3000", True),
        ("acme/shop", "[fd12::1]:3000", True),
        ("acme/shop", "fd12::1", True),
        ("globex/anything", "grafana.example.com", True),
        ("acme/shop", "eu.metrics.example.com", True),
        ("acme/shop", "a.eu.metrics.example.com", True),
        ("acme/shop", "metrics.example.com", False),
        ("acme/shop", "evilmetrics.example.com", False),
        ("acme/shop", "grafana.example.com.evil.example", False),
        ("acme/shop", "example.com", False),
        ("acme/shop", "", False),
        ("acme/shopping", "grafana.example.com", False),
        ("acme/shop/more", "grafana.example.com", False),
        ("globexx/shop", "grafana.example.com", False),
        ("", "grafana.example.com", False),
        (None, "grafana.example.com", True),
        (None, "evil.example", False),
    ],
)
def test_a_secret_is_lent_to_its_repositories_for_its_hosts_alone(
    tmp_path: Path, repository: str | None, host: str, lent: bool
) -> None:
    secrets = a_list(tmp_path)
    said = secrets.problem("grafana-read", repository, host)
    assert (said == "") is lent, said
    if lent:
        assert secrets.lent(repository).value("grafana-read", host) == VALUE
    else:
        with pytest.raises(Unreachable, match="Ask whoever operates golive"):
            secrets.lent(repository).value("grafana-read", host)


def test_a_stranger_is_told_the_same_whether_or_not_there_is_such_a_secret(tmp_path: Path) -> None:
    secrets = a_list(tmp_path)
    there = secrets.problem("grafana-read", "evil/shop", "grafana.example.com")
    nowhere = secrets.problem("no-such", "evil/shop", "grafana.example.com")
    assert there.replace("grafana-read", "no-such") == nowhere
    assert nowhere == (
        "No secret 'no-such' is lent to evil/shop. Ask whoever operates golive to lend it, for grafana.example.com"
    )


def test_a_borrower_is_told_which_hosts_it_may_be_sent_to(tmp_path: Path) -> None:
    said = a_list(tmp_path).problem("grafana-read", "acme/shop", "evil.example")
    assert "lent for grafana.example.com and *.metrics.example.com and fd12::1, not for evil.example" in said


def test_a_value_in_a_file_loses_its_line_end_and_follows_a_rotation(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first-one\n")
    secrets = a_list(tmp_path, f"deploy: {{file: {token}, repositories: [acme/shop], hosts: [a.example]}}")
    assert secrets.lent("acme/shop").value("deploy", "a.example") == "first-one"
    token.write_text("the-second\r\n")
    assert secrets.lent("acme/shop").value("deploy", "a.example") == "the-second"
    assert secrets.values() == ["the-second", "first-one"], "what was handed out before must still be masked"


@pytest.mark.parametrize("held", ["", "\n", "two\nlines", "a\x00b"])
def test_a_value_that_cannot_be_sent_is_a_problem_and_is_not_shown(tmp_path: Path, held: str) -> None:
    secrets = a_list(tmp_path, GRAFANA_TOKEN=held)
    said = secrets.problem("grafana-read", "acme/shop", "grafana.example.com")
    assert "its value is not there" in said
    assert "GRAFANA_TOKEN" not in said, "a policy's author learns nothing about the server's variables"
    assert "GRAFANA_TOKEN" in secrets.problem("grafana-read", None, "grafana.example.com")
    with pytest.raises(Unreachable):
        secrets.lent("acme/shop").value("grafana-read", "grafana.example.com")
    assert secrets.values() == []


def test_a_value_that_is_not_there_is_no_mistake_of_the_list(tmp_path: Path) -> None:
    text = LIST + "other: {file: /no/such/file, repositories: ['acme/*'], hosts: [b.example]}\n"
    secrets = a_list(tmp_path, text)
    assert secrets.problem("grafana-read", "acme/shop", "grafana.example.com") == ""
    assert "its value is not there" in secrets.problem("other", "acme/shop", "b.example")
    assert secrets.values() == [VALUE]


def test_no_value_is_in_its_printed_form(tmp_path: Path) -> None:
    secrets = a_list(tmp_path)
    assert secrets.values() == [VALUE]
    assert VALUE not in repr(secrets)
    assert VALUE not in repr(secrets.lent("acme/shop"))


REST = "repositories: [acme/shop], hosts: [a.example]"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected `name:"),
        ("- a\n- b\n", "expected `name:"),
        ("a: [", "is not YAML"),
        (f"a: {{env: X, {REST}}}\na: {{env: Y, {REST}}}", "'a' is there twice (line 2, column 1)"),
        (f"a: {{env: X, env: Y, {REST}}}", "'env' is there twice"),
        ("a: hush-hush", "a: expected `{env: VARIABLE"),
        (f"A b: {{env: X, {REST}}}", "small letters, digits and dashes"),
        (f"a: {{{REST}}}", "exactly one of `env`"),
        (f"a: {{env: X, file: /y, {REST}}}", "exactly one of `env`"),
        (f"a: {{env: 'hush-hush', {REST}}}", "`env` is not a variable name"),
        (f"a: {{env: 7, {REST}}}", "`env` is not a variable name"),
        (f"a: {{file: '', {REST}}}", "`file` is not a path"),
        (f"a: {{env: X, value: hush-hush, {REST}}}", "unknown key 'value'"),
        ("a: {env: X, hosts: [a.example]}", "`repositories` is missing or empty"),
        ("a: {env: X, repositories: [], hosts: [a.example]}", "`repositories` is missing or empty"),
        ("a: {env: X, repositories: [acme], hosts: [a.example]}", "`owner/name` or `owner/*`: 'acme'"),
        ("a: {env: X, repositories: ['*/*'], hosts: [a.example]}", "`owner/name` or `owner/*`"),
        ("a: {env: X, repositories: [acme/shop]}", "`hosts` is missing or empty"),
        ("a: {env: X, repositories: [acme/shop], hosts: ['https://a.example']}", "without scheme"),
        ("a: {env: X, repositories: [acme/shop], hosts: ['*']}", "without scheme"),
        ("a: {env: X, repositories: [acme/shop], hosts: ['a.*.example']}", "without scheme"),
        ("a: {env: X, repositories: [acme/shop], hosts: [1]}", "without scheme"),
    ],
)
def test_a_wrong_list_is_refused_with_its_file_and_without_a_value(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        a_list(tmp_path, text)
    assert says in str(refused.value)
    assert str(tmp_path / "secrets.yml") in str(refused.value)
    assert "hush" not in str(refused.value)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        a_list(tmp_path, "a: {env: X}\nb: {file: /y}\n")
    assert "\n  a: `repositories`" in str(refused.value)
    assert "\n  b: `repositories`" in str(refused.value)


def test_a_list_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no such file or directory"):
        Secrets.read(tmp_path / "nowhere.yml", {})
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Misconfigured, match="not text in UTF-8"):
        Secrets.read(tmp_path / "bytes.yml", {})
