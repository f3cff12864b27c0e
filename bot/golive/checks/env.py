"""`env`: environment variables are set as they should be.

Asserts which variables are there, which are not, and which values they may have. What a variable holds is never shown,
whatever its name. A variable that is set and empty counts as missing.

Options: at least one of the first five is needed.

- `required`: a name, or a list: missing is failed.
- `recommended`: a name, or a list: missing is a warning.
- `forbidden`: a name, or a list: set is failed, also where it is empty.
- `values`: name → the value it must have, or a list of which it must have one; `=~ ` and a regular expression must occur.
- `not_in`: name → a value, or a list, that it must not have, in any case. A missing one is failed here and in `values`.
- `file`: a dotenv file to read instead of the environment (`.env.production`).

Example:

    - id: environment-set
      uses: env
      with:
        required: [API_KEY, DATABASE_URL, REDIS_URL, JWT_SECRET_KEY, CORS_ORIGINS]
        recommended: [SENTRY_DSN]
        forbidden: [DEBUG]
        values: {LOG_LEVEL: [info, warning], PORT: "=~ ^[0-9]+$"}
        not_in: {ENVIRONMENT: [dev, test]}

Measures: `missing` (of those that must be there), `set`, `flaws`.

Outcomes: `passed`; `warning` (only recommended ones are missing); `failed`; `unknown` (the file cannot be read). It sees the
environment of the runner or of the command line on which it runs, not that of the deployed service.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from golive.checks.options import FilePattern, Options, offered
from golive.checks.paths import flaws_text, text_of
from golive.checks.replies import capped, counted
from golive.checks.variables import Names, VariableName, Wanted, dotenv, is_wanted
from golive.core.masking import SECRET_NAMES
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look


@dataclass(frozen=True, repr=False)
class Variables:
    """The variables that are asked about, with their values. They are not shown, so there is no repr of them."""

    values: Mapping[str, str]


class EnvCheck(Options):
    """Options, collecting and judging of the kind `env`; the module's text is its reference."""

    kind: ClassVar[str] = "env"
    measures: ClassVar[Mapping[str, str]] = {"missing": "", "set": "", "flaws": ""}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "real environments and dotenv files"

    required: Names | None = None
    recommended: Names | None = None
    forbidden: Names | None = None
    values: Annotated[dict[VariableName, Wanted], Field(min_length=1)] | None = None
    not_in: Annotated[dict[VariableName, Wanted], Field(min_length=1)] | None = None
    file: FilePattern | None = None

    @model_validator(mode="after")
    def _asserts_something(self) -> EnvCheck:
        if not self._named():
            raise ValueError(
                "this asserts nothing; name variables under required, recommended, forbidden, values or not_in"
            )
        wanted = {*(self.required or ()), *(self.recommended or ()), *(self.values or ()), *(self.not_in or ())}
        both = sorted(wanted & {*(self.forbidden or ())})
        if both:
            raise ValueError(f"{both[0]} is asked for and forbidden; keep one")
        return self

    def _named(self) -> tuple[str, ...]:
        parts = (self.required, self.recommended, self.forbidden, self.values, self.not_in)
        return tuple(dict.fromkeys(name for part in parts for name in part or ()))

    def reads_variables(self) -> frozenset[str]:
        """See `ports.Kind`; those of a file are others."""
        return frozenset() if self.file else frozenset(self._named())

    def collect(self, look: Look) -> Variables:
        """Pick out those that are asked about."""
        if self.file:
            there: Mapping[str, str] = dotenv(text_of(offered(look.files, "files of this machine"), self.file))
        else:
            there = offered(look.environment, "the variables of this machine")
        return Variables({name: there[name] for name in self._named() if name in there})

    def judge(self, facts: Variables) -> Finding:
        """Hold what is set against what should be."""
        missing = [name for name in self._needed() if not facts.values.get(name)]
        flaws = [*self._missing(missing, facts), *self._wrong(facts)]
        for name in self.recommended or ():
            if not facts.values.get(name) and name not in missing:
                flaws.append(Detail(f"{name} is recommended and not set", outcome=Outcome.WARNING))
        failed = any(flaw.outcome is Outcome.FAILED for flaw in flaws)
        asked = self._needed()
        measured = f"{len(asked) - len(missing)} of {counted(len(asked), 'variable')} set"
        count = sum(bool(facts.values.get(name)) for name in self._named())
        return Finding(
            "",
            Outcome.FAILED if failed else Outcome.WARNING if flaws else Outcome.PASSED,
            flaws_text(flaws, most=5) or f"{measured}, all as expected",
            measured=measured,
            expected=self._expected(),
            source=self.file or "the environment",
            strength=Strength.PROBE,
            measures=(Measure("missing", len(missing)), Measure("set", count), Measure("flaws", len(flaws))),
            details=capped(flaws),
        )

    def _needed(self) -> tuple[str, ...]:
        parts = (self.required or (), self.values or (), self.not_in or ())
        return tuple(dict.fromkeys(name for part in parts for name in part))

    def _missing(self, missing: list[str], facts: Variables) -> Iterator[Detail]:
        for name in missing:
            yield Detail(f"{name} is {'empty' if name in facts.values else 'not set'}")

    def _wrong(self, facts: Variables) -> Iterator[Detail]:
        for name in self.forbidden or ():
            if name in facts.values:
                yield Detail(f"{name} is set and must not be")
        for name, wanted in (self.values or {}).items():
            value = facts.values.get(name)
            if value and not is_wanted(wanted, value):
                yield Detail(f"{name} is not {_listed(name, wanted)}")
        for name, refused in (self.not_in or {}).items():
            value = facts.values.get(name)
            if value and (is_wanted(refused, value) or value.strip().lower() in map(str.lower, refused)):
                yield Detail(f"{name} is one of the values that it must not have")

    def _expected(self) -> str:
        parts = [f"set: {', '.join(self.required)}"] if self.required else []
        parts += [f"recommended: {', '.join(self.recommended)}"] if self.recommended else []
        parts += [f"not set: {', '.join(self.forbidden)}"] if self.forbidden else []
        parts += [f"{name} {_listed(name, wanted)}" for name, wanted in (self.values or {}).items()]
        parts += [f"{name} not one of {len(refused)} values" for name, refused in (self.not_in or {}).items()]
        return "; ".join(parts)


def _listed(name: str, wanted: tuple[str, ...]) -> str:
    """The values that a variable may have, unless its name says that it keeps a secret."""
    return "as expected" if SECRET_NAMES.search(name) else " or ".join(wanted)
