"""How settings are read: names, halves, keys, and that secrets never print. Each test brings its own environment."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from golive.core.errors import Misconfigured
from golive.settings import Settings, read

PEM = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n"
FULL = {"GITHUB_APP_ID": "7", "GITHUB_PRIVATE_KEY": PEM, "GITHUB_WEBHOOK_SECRET": "hook-hush"}


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No setting of the machine's own, and a directory without a golive.env."""
    for name in [name for name in os.environ if name.upper().startswith("GOLIVE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def settings(env: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        env.setenv(f"GOLIVE_{name}", value)
    return read()


def test_nothing_set_is_missing_by_name_and_meaning(env: pytest.MonkeyPatch) -> None:
    assert settings(env).missing() == [
        "GOLIVE_GITHUB_APP_ID: Numeric id of the GitHub App.",
        "GOLIVE_GITHUB_PRIVATE_KEY: The App's private key, PEM; line ends may be written as \\n.",
        "GOLIVE_GITHUB_WEBHOOK_SECRET: The App's webhook secret.",
    ]


def test_with_github_alone_nothing_is_missing(env: pytest.MonkeyPatch) -> None:
    read_settings = settings(env, **FULL)
    assert (read_settings.missing(), read_settings.slack_on) == ([], False)


@pytest.mark.parametrize(
    ("half", "other"), [("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"), ("SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN")]
)
def test_half_of_slack_names_the_other_half(env: pytest.MonkeyPatch, half: str, other: str) -> None:
    missing = settings(env, **FULL, **{half: "xoxb-hush"}).missing()
    assert [line.split(":")[0] for line in missing] == [f"GOLIVE_{other}"]


def test_all_of_slack_is_on(env: pytest.MonkeyPatch) -> None:
    read_settings = settings(env, **FULL, SLACK_BOT_TOKEN="a", SLACK_SIGNING_SECRET="b")
    assert (read_settings.missing(), read_settings.slack_on) == ([], True)


@pytest.mark.parametrize("name", sorted(FULL))
def test_an_empty_setting_is_missing_or_refused(env: pytest.MonkeyPatch, name: str) -> None:
    try:
        said = "\n".join(settings(env, **FULL | {name: ""}).missing())
    except Misconfigured as error:
        said = str(error)
    assert f"GOLIVE_{name}" in said


# ------------------------------------------------------------------ the key


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(PEM, id="as it is"),
        pytest.param(PEM.replace("\n", "\\n"), id="on one line"),
        pytest.param(f'"{PEM}"', id="in quotes"),
        pytest.param('"' + PEM.replace("\n", "\\n") + '"', id="on one line in quotes"),
        pytest.param(f"  {PEM}  ", id="with spaces around"),
    ],
)
def test_a_key_may_be_written_in_many_ways(env: pytest.MonkeyPatch, written: str) -> None:
    key = settings(env, **FULL | {"GITHUB_PRIVATE_KEY": written}).github_key
    assert key is not None
    assert key.strip() == PEM.strip()


def test_a_key_may_lie_in_a_file(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(PEM)
    env.setenv("GOLIVE_GITHUB_PRIVATE_KEY_FILE", str(tmp_path / "key.pem"))
    without = {name: value for name, value in FULL.items() if name != "GITHUB_PRIVATE_KEY"}
    read_settings = settings(env, **without)
    assert (read_settings.github_key, read_settings.missing()) == (PEM, [])


def test_a_key_in_the_environment_wins_over_a_file(env: pytest.MonkeyPatch) -> None:
    key = settings(env, **FULL, GITHUB_PRIVATE_KEY_FILE="/nowhere/key.pem").github_key
    assert key is not None
    assert "RSA PRIVATE KEY" in key


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), (b"\x30\x82\x04\xa4\xff\xfe", "it is not text")], ids=["absent", "DER"]
)
def test_a_key_file_that_cannot_be_read_is_named_with_the_setting_and_the_reason(
    env: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, why: str
) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    read_settings = settings(env, GITHUB_PRIVATE_KEY_FILE=str(path))
    with pytest.raises(Misconfigured) as caught:
        read_settings.missing()
    said = str(caught.value)
    assert "GOLIVE_GITHUB_PRIVATE_KEY_FILE" in said
    assert str(path) in said
    assert why in said


def test_a_key_file_that_is_a_directory_is_said_to_be_one(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read_settings = settings(env, GITHUB_PRIVATE_KEY_FILE=str(tmp_path))
    with pytest.raises(Misconfigured, match="directory"):
        _ = read_settings.github_key


# ------------------------------------------------------------------ secrets


def test_no_secret_is_ever_printed(env: pytest.MonkeyPatch) -> None:
    read_settings = settings(
        env, **FULL, SLACK_BOT_TOKEN="xoxb-hush", SLACK_SIGNING_SECRET="sign-hush",
        DATABASE_URL="postgresql://golive:base-hush@db.example/golive",
    )  # fmt: skip
    for shown in (repr(read_settings), str(read_settings), f"{read_settings}", repr([read_settings])):
        assert "hush" not in shown
        assert "c2VjcmV0" not in shown


def test_every_secret_is_listed_for_masking(env: pytest.MonkeyPatch) -> None:
    held = settings(env, **FULL, SLACK_BOT_TOKEN="xoxb-hush", SLACK_SIGNING_SECRET="sign-hush").secrets_held()
    assert {secret.strip() for secret in held} == {PEM.strip(), "hook-hush", "xoxb-hush", "sign-hush"}


def test_a_setting_that_cannot_be_used_is_named_without_its_value(env: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misconfigured) as caught:
        settings(env, GITHUB_APP_ID="hush-not-a-number", WORKERS="0", SIGN_OFF_REST="a while")
    said = str(caught.value)
    for name in ("GOLIVE_GITHUB_APP_ID", "GOLIVE_WORKERS", "GOLIVE_SIGN_OFF_REST"):
        assert name in said
    assert "hush" not in said


# ------------------------------------------------------------------ forms


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", ()),
        ("db.internal", ("db.internal",)),
        ("10.0.0.0/8,db.internal", ("10.0.0.0/8", "db.internal")),
        (" 10.0.0.0/8 , db.internal  x ", ("10.0.0.0/8", "db.internal", "x")),
    ],
)
def test_a_list_is_written_with_commas_or_spaces(env: pytest.MonkeyPatch, text: str, hosts: tuple[str, ...]) -> None:
    assert settings(env, ALLOW_PRIVATE_HOSTS=text).allow_private_hosts == hosts


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90", timedelta(seconds=90)),
        ("0.5", timedelta(seconds=0.5)),
        ("0", timedelta()),
        ("PT2M", timedelta(minutes=2)),
    ],
)
def test_a_duration_is_seconds_or_iso_8601(env: pytest.MonkeyPatch, text: str, span: timedelta) -> None:
    assert settings(env, SIGN_OFF_REST=text).sign_off_rest == span


def test_settings_do_not_change_once_they_are_read(env: pytest.MonkeyPatch) -> None:
    read_settings = settings(env)
    with pytest.raises(ValueError, match="frozen"):
        read_settings.workers = 5


def test_an_env_file_is_read_and_the_environment_wins_over_it(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "shop.env"
    path.write_text("GOLIVE_WORKERS=2\nGOLIVE_CHECK_THREADS=3\nSOMETHING_ELSE=1\nGOLIVE_UNHEARD_OF=1\n")
    env.setenv("GOLIVE_WORKERS", "9")
    read_settings = read(path)
    assert (read_settings.workers, read_settings.check_threads) == (9, 3)


def test_a_golive_env_beside_it_is_read_by_itself(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "golive.env").write_text("GOLIVE_WORKERS=2\n")
    assert read().workers == 2


def test_on_a_runner_the_golive_env_of_the_checkout_is_not_believed(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "golive.env").write_text("GOLIVE_GITHUB_API_URL=https://collects.example.net\n")
    env.chdir(tmp_path)
    assert "collects" in read().github_api_url
    assert "collects" not in read(beside=False).github_api_url


def test_every_setting_says_what_it_is() -> None:
    assert not [name for name, field in Settings.model_fields.items() if not field.description]
