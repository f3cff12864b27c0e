"""The only reader of the environment. Every setting is a field; its name there is `GOLIVE_` and the field's name in capitals."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from golive.core.errors import Misconfigured
from golive.core.forges import issuer_of, places


def _listed(value: object) -> object:
    """Commas or spaces between the names of a list."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _key(value: object) -> object:
    """A private key may be written on one line with `\\n` for line ends, and in quotes: `docker --env-file` keeps them."""
    return value.strip().strip('"').replace("\\n", "\n") if isinstance(value, str) else value


def _seconds(value: object) -> object:
    """A bare number is seconds; pydantic takes text for ISO 8601 alone."""
    return float(value) if isinstance(value, str) and value.strip().replace(".", "", 1).isdecimal() else value


Span = Annotated[timedelta, BeforeValidator(_seconds)]
Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """All settings of the service. Durations are ISO 8601 (`PT60S`) or seconds; secrets never print."""

    model_config = SettingsConfigDict(env_prefix="GOLIVE_", env_file="golive.env", frozen=True, extra="ignore")

    github_app_id: int | None = Field(None, description="Numeric id of the GitHub App.")
    github_private_key: Annotated[SecretStr | None, BeforeValidator(_key)] = Field(
        None, description="The App's private key, PEM; line ends may be written as \\n."
    )
    github_private_key_file: Path | None = Field(None, description="A file that holds the private key instead.")
    github_webhook_secret: SecretStr | None = Field(None, description="The App's webhook secret.")
    github_app_slug: str = Field("golive", description="The App's slug; its comments come from `<slug>[bot]`.")
    github_api_url: str = Field("https://api.github.com", description="GitHub's API; for GitHub Enterprise its own.")
    github_write_pause: Span = Field(
        timedelta(seconds=1), description="Pause between writes to GitHub, as GitHub asks of Apps."
    )
    github_web_url: str | None = Field(
        None, description="Where people sign in to GitHub; found from the API's address when left out."
    )
    github_client_id: str | None = Field(
        None, description="The App's client id. With the next and the Slack app's two, people link themselves in Slack."
    )
    github_client_secret: SecretStr | None = Field(None, description="The App's client secret.")
    github_oidc_issuer: str | None = Field(
        None,
        description="Who signs the tokens of workflow runs; found from the API's address when left out.",
    )
    slack_bot_token: SecretStr | None = Field(None, description="The Slack app's bot token (xoxb-…).")
    slack_signing_secret: SecretStr | None = Field(None, description="The Slack app's signing secret.")
    slack_app_token: SecretStr | None = Field(
        None,
        description="The Slack app's app-level token (xapp-…): Socket Mode, so that Slack needs no way to this server.",
    )
    slack_api_url: str = Field("https://slack.com/api/", description="Slack's API.")
    slack_hooks_url: str = Field(
        "https://hooks.slack.com/", description="What the addresses of Slack's incoming webhooks begin with."
    )
    slack_client_id: str | None = Field(None, description="The Slack app's client id, for linking.")
    slack_client_secret: SecretStr | None = Field(None, description="The Slack app's client secret, for linking.")
    slack_people: Path | None = Field(
        None,
        description="YAML file: Slack team and user id → GitHub login. It wins over what people linked themselves.",
    )
    database_url: str = Field(
        "sqlite:///golive.db", repr=False, description="Where golive keeps its record."
    )  # may hold a password
    audit_key_file: Path | None = Field(
        None,
        description="Ed25519 private key, PEM, that signs exported evidence. Without it, one is made beside the SQLite file.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Seals what golive keeps secret in its database, 32 characters or more; without it, a key is made "
        "beside the SQLite file.",
    )
    public_url: str = Field("http://127.0.0.1:8080", description="How people and GitHub reach this server.")
    listen: str = Field("127.0.0.1:8080", description="Address and port to listen on.")
    allow_private_hosts: Listed = Field(
        (), description="Hosts or networks on private addresses that checks may look at, separated by commas."
    )
    secrets: Path | None = Field(
        None, description="YAML file: secrets lent to checks, each with its repositories and hosts."
    )
    github_token: SecretStr | None = Field(
        None, description="The token of a workflow, for `golive gate` without an App; a server never uses it."
    )
    state_key: SecretStr | None = Field(
        None,
        description="Seals what `golive gate` leaves in its comment for its next run, 32 characters or more; without it, "
        "nothing survives a push.",
    )
    sign_off_rest: Span = Field(
        timedelta(seconds=60), description="How long a head rests before sign-offs are asked for; asking comes sooner."
    )
    reactions_every: Span = Field(
        timedelta(seconds=15),
        description="How often reactions on a sign-off request are read while people are active; less often after that.",
    )
    workers: int = Field(4, ge=1, le=64, description="Releases worked on at the same time.")
    check_threads: int = Field(16, ge=1, le=256, description="Checks run at the same time.")
    stuck_after: int = Field(8, ge=1, description="Failed turns in a row after which a release is called stuck.")
    log_level: str = Field("info", description="debug, info, warning or error.")

    @property
    def github_key(self) -> str | None:
        """The private key itself, from the setting or its file. Raises Misconfigured for an unreadable file."""
        if self.github_private_key is not None:
            return self.github_private_key.get_secret_value()
        if self.github_private_key_file is None:
            return None
        try:
            return self.github_private_key_file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text, so it is no PEM file"
            raise Misconfigured(
                f"GOLIVE_GITHUB_PRIVATE_KEY_FILE names {self.github_private_key_file}, which cannot be read: "
                f"{why}. Name a file that golive may read."
            ) from None

    @property
    def github_web(self) -> str:
        """Where people sign in to GitHub, without a trailing slash."""
        return (self.github_web_url or places(self.github_api_url).web).rstrip("/")

    @property
    def github_issuer(self) -> str:
        """Who signs the tokens of workflow runs, without a trailing slash."""
        return (self.github_oidc_issuer or issuer_of(self.github_api_url)).rstrip("/")

    @property
    def slack_on(self) -> bool:
        """Whether the chat side is configured at all."""
        return any(one is not None for one in (self.slack_bot_token, self.slack_signing_secret, self.slack_app_token))

    @property
    def slack_many(self) -> bool:
        """Whether workspaces install the Slack app by themselves: there is no bot token, but an app to install."""
        return (
            self.slack_on and self.slack_bot_token is None and bool(self.slack_client_id and self.slack_client_secret)
        )

    @property
    def linking(self) -> tuple[str, str, str, str] | None:
        """GitHub's client id and secret and Slack's, where people may link themselves; None where they cannot."""
        ids, secrets = (
            (self.github_client_id, self.slack_client_id),
            (self.github_client_secret, self.slack_client_secret),
        )
        if not self.slack_on or not all(ids) or not all(s and s.get_secret_value() for s in secrets):
            return None
        github, slack = (s.get_secret_value() if s else "" for s in secrets)
        return ids[0] or "", github, ids[1] or "", slack

    def missing(self) -> list[str]:
        """Settings without which the service does not start, each as `NAME: what it is`."""
        wanted = {
            "GOLIVE_GITHUB_APP_ID": self.github_app_id,
            "GOLIVE_GITHUB_PRIVATE_KEY": self.github_key,
            "GOLIVE_GITHUB_WEBHOOK_SECRET": self.github_webhook_secret,
        }
        if self.slack_on:  # half of Slack is an error, none of it is not
            wanted |= {} if self.slack_many else {"GOLIVE_SLACK_BOT_TOKEN": self.slack_bot_token}
            wanted |= {"GOLIVE_SLACK_SIGNING_SECRET": self.slack_signing_secret or self.slack_app_token}
        signing_in = {
            f"GOLIVE_{name.upper()}": getattr(self, name)
            for name in ("github_client_id", "github_client_secret", "slack_client_id", "slack_client_secret")
        }
        if (
            self.slack_on and (self.slack_client_id or self.slack_client_secret) and not self.slack_many
        ):  # GitHub's pair alone comes with the App
            wanted |= signing_in
        fields = Settings.model_fields
        return [f"{name}: {fields[name[7:].lower()].description}" for name, value in wanted.items() if not value]

    def secrets_held(self) -> list[str]:
        """Every secret value, for masking what is logged."""
        held = [
            self.github_private_key, self.github_webhook_secret, self.slack_bot_token, self.slack_signing_secret,
            self.github_client_secret, self.slack_client_secret, self.secret_key, self.slack_app_token,
            self.github_token, self.state_key,
        ]  # fmt: skip
        return [secret.get_secret_value() for secret in held if secret is not None]


class Runner(BaseSettings):
    """What a runner of GitHub Actions says of the run. Source: GitHub's "Variables reference" of Actions."""

    model_config = SettingsConfigDict(env_prefix="GITHUB_", env_ignore_empty=True, frozen=True, extra="ignore")

    actions: bool = False
    repository: str = ""
    repository_id: int = 0
    event_name: str = ""
    event_path: Path | None = None
    run_id: str = ""
    output: Path | None = None
    step_summary: Path | None = None
    api_url: str = ""
    server_url: str = ""
    token: SecretStr | None = None


def with_runner(settings: Settings, runner: Runner) -> Settings:
    """The settings, with what the runner knows where they say nothing."""
    known: dict[str, object] = {}
    if runner.api_url and "github_api_url" not in settings.model_fields_set:
        known["github_api_url"] = runner.api_url
    if settings.github_token is None and runner.token is not None:
        known["github_token"] = runner.token
    return settings.model_copy(update=known)


def runner() -> Runner:
    """What the runner says; all of it empty elsewhere. Raises Misconfigured where it says something odd."""
    try:
        return Runner()
    except ValidationError as error:
        lines = [f"GITHUB_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise Misconfigured("What the runner says cannot be used:\n  " + "\n  ".join(lines)) from None


def read(env_file: Path | None = None, beside: bool = True) -> Settings:
    """The settings of this process. beside: also from a `golive.env` in the working directory, which on a runner may be a
    stranger's. Raises Misconfigured naming every variable that cannot be used, and why.
    """
    try:
        return Settings(_env_file=env_file) if env_file or not beside else Settings()
    except ValidationError as error:
        lines = [f"GOLIVE_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise Misconfigured("These settings cannot be used:\n  " + "\n  ".join(lines)) from None


class RunToken(BaseSettings):
    """Where a job with `id-token: write` asks for a token that says whose run it is. Source: as for `Runner`."""

    model_config = SettingsConfigDict(
        env_prefix="ACTIONS_ID_TOKEN_REQUEST_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    url: str = ""
    token: SecretStr | None = None
