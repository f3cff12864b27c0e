"""What the options of every kind share: strict types, no unknown keys, a canonical text, durations, foreign names.

A kind derives from `Options` and says what differs. Add a type here once two kinds need it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from golive.core.policy import names
from golive.ports import Unreachable

T = TypeVar("T")

_SHORT = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?")
_ISO = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?")


class Options(BaseModel):
    """The `with:` of a check. Frozen, so that a policy can be shared between threads.

    fresh: how old a result may be when golive acts on it.   measures: what `ports.Kind` says.
    also: names that users of other tools know → ours; whoever reads the policy renames them.
    machine: whether it reads this machine (files, variables, programs).   ran_against: the real services that this kind
    was run against, in words; empty where only documents of known origin were read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    fresh: ClassVar[timedelta | None] = timedelta(minutes=15)
    stirred_by: ClassVar[frozenset[str]] = frozenset()
    reads_attestations: ClassVar[bool] = False
    measures: ClassVar[Mapping[str, str]] = {}
    also: ClassVar[Mapping[str, str]] = {}
    machine: ClassVar[bool] = False
    ran_against: ClassVar[str] = ""

    def canonical(self) -> str:
        """Equal text means equal meaning: defaults are filled in, spellings of one value are one value."""
        return names(self.model_dump(mode="json"))

    def __hash__(self) -> int:
        return hash(self.canonical())

    def on_machine(self) -> bool:
        """See `ports.Kind`; a kind that can do both overrides it."""
        return self.machine

    def asserts(self) -> bool:
        """See `ports.Kind`; a kind that only measures overrides it."""
        return True

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {}

    def of_checks(self) -> tuple[str, ...]:
        """See `ports.Kind`."""
        return ()

    def lent_secrets(self) -> tuple[tuple[str, str], ...]:
        """See `ports.Kind`."""
        return ()

    def reads_variables(self) -> frozenset[str]:
        """See `ports.Kind`."""
        return frozenset()


def offered(part: T | None, what: str) -> T:
    """A part of the look that this check cannot do without. Raises Unreachable where it is not offered here."""
    if part is None:
        raise Unreachable(f"{what} cannot be looked at from here; run it on a runner or with `golive check`")
    return part


def duration(given: Any) -> timedelta:
    """`90d`, `12h`, `1h30m`, `45s` or ISO 8601 `P90D`, `PT12H`. Raises ValueError; a bare number has no unit."""
    if isinstance(given, timedelta):
        found = given
    else:
        match = (_SHORT.fullmatch(given) or _ISO.fullmatch(given)) if isinstance(given, str) else None
        if match is None or not any(match.groups()):
            raise ValueError(f"expected a duration with its unit, like `90d`, `12h` or `1h30m`, got {given!r}")
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        found = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if found <= timedelta():
        raise ValueError("expected a duration longer than nothing")
    return found


def duration_text(length: timedelta) -> str:
    """The short way to write a duration in whole seconds: `90d`, `1h30m`."""
    minutes, seconds = divmod(length.seconds, 60)
    parts = ((length.days, "d"), (minutes // 60, "h"), (minutes % 60, "m"), (seconds, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(duration_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["90d", "12h", "1h30m"], "pattern": r"^(P.+|(\d+[dhms])+)$"}),
]

SecretName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)]
"""The name of a secret that the operator lends; never a variable or a file of the server."""
FilePattern = Annotated[str, Field(min_length=1, max_length=500)]
"""A path or glob below the working directory; `**` crosses folders."""
