"""`credential`: a secret is there, is no stand-in for one, and is strong and young enough.

Asserts what can be said of a secret without telling it. Its value is never shown, nor any part of it. Values that only
stand in for a secret (`changeme`, `your-secret-key`, `test123`, one character repeated, `abcdef…`) are always refused.

Options:

- `variable`: the environment variable that holds it; or else
- `file`: the file that holds it, without the white space around it.
- `min_length`: at least so many characters.
- `min_entropy`: at least so many bits: Shannon's entropy of the value's own characters, times its length. It tells a value
  of few different characters from a mixed one; it cannot tell a random value from an ordered one.
- `prefix`: what it must begin with (`sk_live_`), one or a list.
- `forbidden_prefixes`: what it must not begin with (`sk_test_`), one or a list.
- `not_in`: values it must not be, in any case; one or a list.
- `url`: for a database URL: `sslmode` (at least this strict, default `require`) and `forbidden_users` (default `postgres`,
  `root`, `admin`, `sa`). Length, entropy, prefixes and stand-ins are then those of the password in it.
- `rotated_within`: it was changed at most so long ago (`90d`): by `rotated_at`, or by the file's time.
- `rotated_at`: the environment variable that says when: ISO 8601, `2026-03-04` or with a time.

Example:

    - id: database-credentials
      uses: credential
      with:
        variable: DATABASE_URL
        min_length: 16
        url: {sslmode: verify-full}
        rotated_within: 90d
        rotated_at: DATABASE_URL_ROTATED_AT

Measures: `entropy` (bits), `length`, `age`.

Outcomes: `passed`; `failed` (also where it is not set or the file is not there); `unknown` (nobody says when it was changed,
or the file cannot be read). Strictness of `sslmode` is as PostgreSQL documents it: disable, allow, prefer, require,
verify-ca, verify-full; `rediss:`, `mysqls:` and `amqps:` URLs count as `require`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from golive.checks.options import Duration, FilePattern, Options, offered
from golive.checks.paths import age_text, flaws_text, one_or_more, text_of
from golive.checks.placeholders import is_made_up
from golive.checks.replies import Texts, capped
from golive.checks.variables import VariableName
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look

_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SECURE_SCHEMES = frozenset({"rediss", "mysqls", "amqps", "mongodb+srv"})
_OTHER_WORDS = {"required": "require", "verify_ca": "verify-ca", "verify_identity": "verify-full", "preferred": "prefer",
                "disabled": "disable", "true": "require", "1": "require", "false": "disable", "0": "disable"}  # fmt: skip
Mode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]


class UrlParts(BaseModel):
    """What a database URL must be like."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sslmode: Mode = "require"
    forbidden_users: Annotated[tuple[str, ...], BeforeValidator(one_or_more)] = ("postgres", "root", "admin", "sa")


@dataclass(frozen=True)
class Secret:
    """The value, which no repr shows; None where it is not there. rotated_at: text of the companion, or the file's time."""

    value: str | None = field(repr=False)
    rotated_at: str | datetime | None
    at: datetime


class CredentialCheck(Options):
    """Options, collecting and judging of the kind `credential`; the module's text is its reference."""

    kind: ClassVar[str] = "credential"
    measures: ClassVar[Mapping[str, str]] = {"entropy": "", "length": "", "age": "s"}
    also: ClassVar[Mapping[str, str]] = {"env": "variable", "min_len": "min_length"}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "real environments and files"

    variable: VariableName | None = None
    file: FilePattern | None = None
    min_length: Annotated[int, Field(ge=1)] | None = None
    min_entropy: Annotated[int, Field(ge=1)] | None = None
    prefix: Texts | None = None
    forbidden_prefixes: Texts | None = None
    not_in: Texts | None = None
    url: UrlParts | None = None
    rotated_within: Duration | None = None
    rotated_at: VariableName | None = None

    @model_validator(mode="after")
    def _is_one_secret(self) -> CredentialCheck:
        if (self.variable is None) == (self.file is None):
            raise ValueError("name either the `variable` or the `file` that holds the secret")
        if self.rotated_at and not self.rotated_within:
            raise ValueError("`rotated_at` says when; `rotated_within` must say how long ago it may be")
        if self.rotated_within and not (self.rotated_at or self.file):
            raise ValueError("`rotated_within` needs `rotated_at`: a variable does not say when it was changed")
        return self

    def reads_variables(self) -> frozenset[str]:
        """See `ports.Kind`."""
        return frozenset(filter(None, (self.variable, self.rotated_at)))

    def collect(self, look: Look) -> Secret:
        """Read it, and when it was changed."""
        value: str | None = None
        rotated: str | datetime | None = None
        if self.variable:
            value = offered(look.environment, "the variables of this machine").get(self.variable)
        elif self.file:
            files = offered(look.files, "files of this machine")
            facts = files.facts(self.file)
            if facts is not None:
                value, rotated = text_of(files, self.file, 1024 * 1024).strip(), facts.modified_at
        if self.rotated_at:
            rotated = offered(look.environment, "the variables of this machine").get(self.rotated_at)
        return Secret(value or None, rotated, look.now)

    def judge(self, facts: Secret) -> Finding:
        """Say what is wrong with it, and nothing of what it is."""
        name = self.variable or self.file or ""
        flaws: list[Detail] = []
        measures: list[Measure] = []
        if facts.value is None:
            flaws.append(Detail(f"{name} is {'not set' if self.variable else 'not there, or empty'}"))
        else:
            wrong, secret = self._of_url(facts.value) if self.url else ([], facts.value)
            flaws += [Detail(f"{name} {text}") for text in wrong]
            if secret is not None:
                flaws += [Detail(f"{name} {text}") for text in self._weak(secret)]
                measures = [Measure("entropy", round(entropy(secret), 1)), Measure("length", len(secret))]
            flaws += self._old(name, facts, measures)
        outcomes = {flaw.outcome for flaw in flaws}
        outcome = next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
        return Finding(
            "",
            outcome,
            flaws_text(sorted(flaws, key=lambda flaw: flaw.outcome is not outcome), most=4) or f"{name} is as expected",
            measured=""
            if facts.value is None
            else f"{len(flaws)} of its properties not as expected"
            if flaws
            else "set",
            expected=self._expected(),
            source=f"the variable {self.variable}" if self.variable else f"the file {self.file}",
            strength=Strength.PROBE,
            measures=tuple(measures),
            details=capped(flaws),
        )

    def _weak(self, secret: str) -> Iterator[str]:
        lower = secret.lower()
        if is_made_up(secret) or lower in map(str.lower, self.not_in or ()):
            yield "only stands in for a secret"
        if self.min_length and len(secret) < self.min_length:
            yield f"has {len(secret)} characters, not at least {self.min_length}"
        if self.min_entropy and entropy(secret) < self.min_entropy:
            yield f"has {entropy(secret):.0f} bits of entropy, not at least {self.min_entropy}"
        if self.prefix and not secret.startswith(self.prefix):
            yield f"does not begin with {' or '.join(self.prefix)}"
        forbidden = next((one for one in self.forbidden_prefixes or () if secret.startswith(one)), None)
        if forbidden:
            yield f"begins with {forbidden}"

    def _of_url(self, value: str) -> tuple[list[str], str | None]:
        """What is wrong with the URL, and the password in it."""
        assert self.url is not None  # noqa: S101  # its caller asked
        try:
            parts = urlsplit(value)
            user, password = unquote(parts.username or ""), parts.password
        except ValueError:
            return ["is no URL"], None
        if not parts.scheme or not parts.netloc:
            return ["is no URL like postgresql://user:password@host/name"], None
        wrong = []
        mode = _mode(parts.scheme, parts.query)
        if _MODES.index(mode) < _MODES.index(self.url.sslmode):
            wrong.append(f"asks for TLS with sslmode {mode}, not at least {self.url.sslmode}")
        if user.lower() in map(str.lower, self.url.forbidden_users):
            wrong.append(f"logs in as {user.lower()}")
        if not password:
            wrong.append("has no password in it")
        return wrong, unquote(password) if password else None

    def _old(self, name: str, facts: Secret, measures: list[Measure]) -> Iterator[Detail]:
        if not self.rotated_within:
            return
        at = facts.rotated_at if isinstance(facts.rotated_at, datetime) else _moment(facts.rotated_at)
        if at is None:
            what = "not set" if not facts.rotated_at else "no ISO 8601 date"
            yield Detail(
                f"{self.rotated_at} is {what}, so nobody says when {name} was changed", outcome=Outcome.UNKNOWN
            )
            return
        measures.append(Measure("age", max(0.0, (facts.at - at).total_seconds()), "s"))
        if facts.at - at > self.rotated_within:
            yield Detail(
                f"{name} was changed {age_text(facts.at - at)} ago, not within {duration_text(self.rotated_within)}"
            )
        elif at > facts.at:
            yield Detail(
                f"{name} was changed in the future, says {self.rotated_at or 'its time'}", outcome=Outcome.UNKNOWN
            )

    def _expected(self) -> str:
        parts = ["no stand-in for a secret"]
        parts += [f"at least {self.min_length} characters"] if self.min_length else []
        parts += [f"at least {self.min_entropy} bits of entropy"] if self.min_entropy else []
        parts += [f"beginning with {' or '.join(self.prefix)}"] if self.prefix else []
        parts += [f"not beginning with {' or '.join(self.forbidden_prefixes)}"] if self.forbidden_prefixes else []
        if self.url:
            parts.append(f"sslmode at least {self.url.sslmode}, not as {' or '.join(self.url.forbidden_users)}")
        parts += [f"changed within {duration_text(self.rotated_within)}"] if self.rotated_within else []
        return ", ".join(parts)


def entropy(value: str) -> float:
    """Shannon's entropy of its characters in bits, times its length."""
    counts = Counter(value).values()
    return -sum(count * math.log2(count / len(value)) for count in counts) + 0.0


def _mode(scheme: str, query: str) -> str:
    """How strictly a URL asks for TLS."""
    given = {name.lower(): values[-1].lower() for name, values in parse_qs(query).items()}
    asked = next((given[key] for key in ("sslmode", "ssl-mode", "ssl_mode", "ssl", "tls") if key in given), "")
    if not asked:
        return "require" if scheme.lower() in _SECURE_SCHEMES else "prefer"
    mode = _OTHER_WORDS.get(asked, asked)
    return mode if mode in _MODES else "disable"


def _moment(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
