"""What the options of every kind share: strict types, no unknown keys, a canonical text, durations, foreign names.

A kind derives from `Options` and says what differs. Add a type here once two kinds need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from golive.core.durations import PATTERN, NoDuration, duration_text, read
from golive.core.policy import names
from golive.ports import Unreachable

T = TypeVar("T")


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
    """What `core.durations` reads. Raises ValueError with what to write instead; a bare number has no unit."""
    try:
        found = read(given)
    except NoDuration as error:
        raise ValueError(f"{error}. {error.mend}") from None
    if found <= timedelta():
        raise ValueError("the duration is zero")
    return found


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(duration_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["90d", "12h", "1h30m"], "pattern": PATTERN}),
]

SecretName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)]
"""The name of a secret that the operator lends; never a variable or a file of the server."""
FilePattern = Annotated[str, Field(min_length=1, max_length=500)]
"""A path or glob below the working directory; `**` crosses folders."""
