"""The keys about people and time: who signs off, when they are asked, freezes, overrides.

One class for each section and one field for each key, as in `sections`; rules inside one section are its validators.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from golive.core.calendar import Weekly
from golive.policyfile import calendars
from golive.policyfile.durations import Duration
from golive.policyfile.fields import (
    MAX_NAMES,
    Authors,
    Channel,
    GivenDuration,
    Id,
    Ids,
    Labels,
    Number,
    PathGlobs,
    Section,
    Sources,
    as_tuple,
    given,
)
from golive.policyfile.mistakes import listed, mistaken, shown
from golive.policyfile.people import OWNERS, no_owners

MAX_FREEZES = 100
LONGEST_OVERRIDE = timedelta(hours=24)
"""What needs longer than a day is no emergency, and belongs into the policy, where it is reviewed."""

_SKIP = "write pass if it then counts as met, hold if the release must then wait"


def _excludable(value: Any) -> Any:
    if value == "committers":
        raise mistaken("`committers` is not understood by this version of golive", "Delete it until then")
    return value


def _working_hours(value: Any) -> Weekly:
    if not isinstance(value, str):
        raise mistaken("expected hours of the week", 'Write for example "Mon-Fri 09:00-17:00 Europe/Berlin"')
    return calendars.hours(value)


def _at_most_a_day(longest: timedelta) -> timedelta:
    if longest > LONGEST_OVERRIDE:
        raise mistaken("an override lasts at most 24h", "Write for example `longest: 60m`")
    return longest


def _excluded_once(value: Any) -> Any:
    if isinstance(value, list):
        twice = next((one for at, one in enumerate(value) if one in value[:at]), None)
        if twice is not None:
            raise mistaken(f"`{shown(str(twice))}` is here twice", "Name each once")
    return as_tuple(value)


Excluded = Annotated[
    Literal["author", "last_pusher"],
    BeforeValidator(_excludable, json_schema_input_type=Literal["author", "last_pusher"]),
]
Named = Annotated[Sources, AfterValidator(no_owners)]
Flag = Annotated[bool | None, BeforeValidator(given, json_schema_input_type=bool)]
Text = Annotated[str | None, BeforeValidator(given, json_schema_input_type=str)]
Hours = Annotated[Weekly | None, PlainValidator(_working_hours, json_schema_input_type=str)]


class IfSection(Section):
    """When a role is asked at all. Every key that is given must hold; of several values of one key, any."""

    later: ClassVar[frozenset[str]] = frozenset({"any", "all", "not", "checks", "release", "phase", "title", "commits"})
    paths: Annotated[PathGlobs, Field(min_length=1)] = Field(
        (), description="the release changes a file that matches one of these, like db/**"
    )
    labels: Annotated[Labels, Field(min_length=1)] = Field((), description="it has one of these labels")
    author: Annotated[Authors, Field(min_length=1)] = Field((), description="it is by one of these people, as @login")
    lines: Number = Field(None, description="so many lines are added and deleted, like >500")
    files: Number = Field(None, description="so many files are changed, like >50")
    frozen: Flag = Field(None, description="whether a freeze is on")
    migration: Flag = Field(None, description="whether a change of a database is among the files")

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.model_fields_set:
            raise mistaken("this condition asks nothing", f"Give it one of {listed(type(self).model_fields)}")
        return self


GivenIf = Annotated[IfSection | None, BeforeValidator(given, json_schema_input_type=IfSection)]
Skip = Annotated[Literal["pass", "hold"] | None, BeforeValidator(given, json_schema_input_type=Literal["pass", "hold"])]
GivenId = Annotated[Id | None, BeforeValidator(given, json_schema_input_type=Id)]


class RoleSection(Section):
    """One role that must sign."""

    role: Id = Field(description="the name of the role")
    from_: Sources = Field(
        alias="from",
        description="who may fill it: @login, org/team, org:name, permission:write, or codeowners: the owners of what is changed",
    )
    count: int = Field(1, ge=0, description="how many different people must sign; 0 with veto alone")
    each: bool = Field(False, description="of codeowners: every changed path needs one of its own owners")
    veto: bool = Field(False, description="whether no override lifts its rejection")
    explicit: bool = Field(False, description="whether only a word that names it reaches it")
    checks: Ids = Field((), description="ids of checks whose worse outcome asks it again")
    settle: Duration = Field(timedelta(minutes=10), description="how long that outcome must last first")
    due: GivenId = Field(None, description="the phase before which it must have signed")
    valid_for: GivenDuration = Field(None, description="how long a sign-off of it counts, like 48h")
    if_: GivenIf = Field(None, alias="if", description="when it is asked at all")
    on_skip: Skip = Field(None, description=f"what it comes to where it is not asked: {_SKIP}")

    @model_validator(mode="after")
    def _each_of_owners(self) -> Self:
        if self.each and OWNERS not in self.from_:
            raise mistaken(
                "`each` is about code owners, and this role is not asked of them", f"Add `{OWNERS}` to its `from:`"
            )
        return self


class GroupSection(Section):
    """Roles that belong together."""

    later: ClassVar[frozenset[str]] = frozenset({"rules"})
    group: str = Field("", description="what the group is called")
    after: Annotated[tuple[str, ...], Field(max_length=MAX_NAMES)] = Field(
        (), description="groups that must be complete before these roles count"
    )
    due: GivenId = Field(None, description="the phase before which its roles must have signed")
    if_: GivenIf = Field(None, alias="if", description="when its roles are asked at all")
    on_skip: Skip = Field(None, description=f"what its roles come to where they are not asked: {_SKIP}")
    roles: tuple[RoleSection, ...] = Field(min_length=1, max_length=MAX_NAMES, description="the roles that must sign")


class EscalateSection(Section):
    """Who else is asked when reminding did not help."""

    after: Duration = Field(description="after so long without an answer, like 24h; in working time if hours are given")
    to: Named = Field(description="who is asked then: @login, org/team, org:name or permission:write")
    channel: Channel = Field(
        "", description="where it is said then too: a channel with its #, in quotes, or a channel id"
    )


class RemindSection(Section):
    """When people who are awaited are reminded."""

    after: Duration = Field(timedelta(hours=4), description="first after so long, like 4h")
    every: Duration = Field(timedelta(hours=24), description="then so often, like 24h")
    hours: Hours = Field(None, description="when people work, like Mon-Fri 09:00-17:00 Europe/Berlin")
    escalate: Annotated[EscalateSection | None, BeforeValidator(given, json_schema_input_type=EscalateSection)] = Field(
        None, description="who else is asked when that did not help"
    )


class RulesSection(Section):
    """What holds for all sign-offs."""

    exclude: Annotated[
        tuple[Excluded, ...],
        BeforeValidator(_excluded_once, json_schema_input_type=list[Literal["author", "last_pusher"]]),
    ] = Field(("author", "last_pusher"), description="who never signs; whom the list leaves out may")
    on_push: Literal["keep_if_clean_update", "keep_if_same_tree", "reopen"] = Field(
        "keep_if_clean_update", description="which sign-offs stay when something is pushed"
    )
    valid_for: GivenDuration = Field(None, description="how long a sign-off counts, like 48h")
    distinct_people: bool = Field(True, description="whether one person fills one seat only")
    delegation: bool = Field(False, description="whether people may hand their seat to somebody for a while")
    remind: Annotated[RemindSection | None, BeforeValidator(given, json_schema_input_type=RemindSection)] = Field(
        None, description="when people who are awaited are reminded"
    )


class ExceptionSection(Section):
    """Who may let a release through a freeze."""

    role: GivenId = Field(None, description="what the role is called; freeze- and the freeze's name if not given")
    from_: Named = Field(alias="from", description="who may: @login, org/team, org:name or permission:write")
    count: int = Field(1, ge=1, description="how many different people it takes")


class FreezeSection(Section):
    """A span of time in which nothing goes live: `from` and `to`, or `weekly`."""

    later: ClassVar[frozenset[str]] = frozenset({"calendar", "yearly", "releases"})
    name: str = Field(min_length=1, max_length=100, description="what the freeze is called")
    from_: Text = Field(None, alias="from", description="when it begins, like 2026-12-20T00:00")
    to: Text = Field(None, description="when it ends, like 2027-01-02T00:00")
    weekly: Text = Field(None, description="or when in every week, like Fri 15:00-Mon 08:00")
    timezone: str = Field(description="whose clock that is, like Europe/Berlin")
    except_: Ids = Field((), alias="except", description="names of releases that it is not about")
    exception: Annotated[ExceptionSection | None, BeforeValidator(given, json_schema_input_type=ExceptionSection)] = (
        Field(None, description="who may let one release through")
    )

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        once, weekly = (self.from_ is not None, self.to is not None), self.weekly is not None
        if any(once) and weekly:
            raise mistaken("`weekly` and `from` are two windows", "Write two freezes, or keep one of the two")
        if any(once) and not all(once):
            missing = "to" if once[0] else "from"
            raise mistaken(f"this freeze has no `{missing}`", f"Add for example `{missing}: 2027-01-02T00:00`")
        if not any(once) and not weekly:
            raise mistaken("this freeze says no time", 'Add `from` and `to`, or `weekly: "Fri 15:00-Mon 08:00"`')
        return self


class OverridesSection(Section):
    """Break-glass: people who together may let a release go although it is not ready."""

    from_: Named = Field(alias="from", description="who may: @login, org/team, org:name or permission:write")
    people: int = Field(2, ge=2, description="how many different people it takes, 2 or more")
    longest: Annotated[Duration, AfterValidator(_at_most_a_day)] = Field(
        timedelta(hours=1), description="how long one may last, at most 24h"
    )
