"""The keys of a policy file: one class for each section, one field for each key. The one place they are written down.

Add a key by adding a field with its description; reading, mistakes and the editors' JSON Schema follow from it. `later`
names the keys a coming version understands, so that nobody is told they do not exist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
)

from golive.core.criteria import Criteria, parse
from golive.core.model import NoData, Severity, Where
from golive.policyfile import people
from golive.policyfile.durations import Duration
from golive.policyfile.mistakes import mistaken, shown

MAX_RELEASES, MAX_CHECKS, MAX_NAMES = 50, 1000, 100
"""Every check is read once for each release, so the two together bound the work a file can make."""

ID_PATTERN = "^[a-z0-9][a-z0-9-]*$"
VAR_PATTERN = "^[a-z][a-z0-9_-]*$"
_BRANCH = re.compile(r"^[^\s~^:?*\\\[]+$")
_GLOB = re.compile(r"^[^\s~^:\\\[]+$")
_CHANNEL = re.compile(r"^(#[^\s#,]{1,80}|[CGD][A-Z0-9]{7,})$")


def _no_full_ref(text: str) -> None:
    if text.startswith("refs/heads/"):
        short = text.removeprefix("refs/heads/")
        raise mistaken("expected the short name of a branch", f"Write `{shown(short)}`, without refs/heads/")


def _branch(text: str) -> str:
    _no_full_ref(text)
    if "*" in text or "?" in text:
        raise mistaken(f'expected one branch, got the pattern "{shown(text)}"', "Write one release for each branch")
    if not _BRANCH.match(text):
        raise mistaken(f'"{shown(text)}" cannot be the name of a branch', "Write for example main")
    return text


def _glob(text: str) -> str:
    _no_full_ref(text)
    if not _GLOB.match(text) or len(text) > 255:
        raise mistaken(f'"{shown(text)}" cannot match a branch', 'Write for example "release/**"')
    return text


def _label(text: str) -> str:
    if not text.strip():
        raise mistaken("a label cannot be empty", "Name a label, or delete the line")
    return text


def _channel(text: str) -> str:
    if _CHANNEL.match(text):
        return text
    mend = f'Did you mean "#{text}"?' if _CHANNEL.match("#" + text) else 'Write for example "#releases", in quotes'
    raise mistaken(f'expected a channel with its #, or a channel id, got "{shown(text)}"', mend)


def _one_or_more(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _when(value: Any) -> Any:
    if value == "ask":
        what = "`ask` is not understood by this version of golive"
        raise mistaken(what, "Write go or conditional, or delete `merge`")
    return value


def _version(value: Any) -> Any:
    if isinstance(value, bool | float):  # pydantic's literals compare as Python does, where True == 1 == 1.0
        raise mistaken(f"expected 1, got {str(value).casefold()}", "Write 1")
    return value


def _given(value: Any) -> Any:
    if value is None:
        raise mistaken("this key has no value", "Give it one, or delete the line")
    return value


def _criteria(value: Any) -> Criteria:
    try:
        return parse(value)
    except ValueError as error:
        raise mistaken(str(error).rstrip("."), "") from None


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise mistaken(f'expected a day, got "{shown(value)}"', "Write for example 2026-12-31") from None


def _account(text: str) -> str:
    if not re.fullmatch(people.SOURCE.pattern, text) or not text.startswith("@"):
        raise mistaken(f'expected a person, got "{shown(text)}"', 'Write for example "@ana", in quotes')
    return text


def _weights(weights: dict[str, float]) -> dict[str, float]:
    if sum(weights.values()) != 100:
        raise mistaken(f"the weights sum to {sum(weights.values()):g}, and must sum to 100", "")
    return weights


def _schema_pattern(pattern: re.Pattern[str]) -> Any:
    return Field(json_schema_extra={"pattern": pattern.pattern})


Id = Annotated[str, Field(pattern=ID_PATTERN, max_length=100)]
Branch = Annotated[str, AfterValidator(_branch), _schema_pattern(_BRANCH)]
Glob = Annotated[str, AfterValidator(_glob), _schema_pattern(_GLOB)]
Label = Annotated[str, AfterValidator(_label)]
Globs = Annotated[tuple[Glob, ...], BeforeValidator(_one_or_more, json_schema_input_type=Glob | list[Glob])]
Labels = Annotated[tuple[Label, ...], BeforeValidator(_one_or_more, json_schema_input_type=Label | list[Label])]
Source = Annotated[str, AfterValidator(people.source), _schema_pattern(people.SOURCE)]
Channel = Annotated[str, AfterValidator(_channel), _schema_pattern(_CHANNEL)]
Held = Annotated[
    Criteria, PlainValidator(_criteria, json_schema_input_type=str | list[str] | list[dict[str, list[str]]])
]
"""Criteria on the measured values, or several of them, all of which must hold."""
Day = Annotated[date, PlainValidator(_day, json_schema_input_type=str)]
Account = Annotated[str, AfterValidator(_account)]
Ids = Annotated[tuple[Id, ...], Field(max_length=MAX_NAMES)]
VarName = Annotated[str, Field(pattern=VAR_PATTERN, max_length=100)]
GivenDuration = Annotated[Duration | None, BeforeValidator(_given, json_schema_input_type=Duration)]


class Section(BaseModel):
    """A mapping with a closed set of keys. `later`: keys of the design that this version does not understand yet.

    also: keys as other tools name them → ours.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    later: ClassVar[frozenset[str]] = frozenset()
    also: ClassVar[Mapping[str, str]] = {}


class ReleaseSection(Section):
    """Which pull requests are releases: into `base`, from a head that matches or with one of the labels."""

    later: ClassVar[frozenset[str]] = frozenset({"phases", "signoffs", "checks", "rules", "freezes"})
    name: Id = Field(description="what the release is called, for example production")
    base: Branch = Field(description="the branch releases are merged into")
    head: Globs = Field((), description="patterns of the branch they come from; ** crosses slashes")
    labels: Labels = Field((), description="or labels, any of which makes a pull request a release")
    target: str = Field("", description="the address it goes live at; checks use it as ${target}")
    forks: bool = Field(False, description="whether heads from forks match too")


class NotifySection(Section):
    """Where people are told."""

    later: ClassVar[frozenset[str]] = frozenset({"email", "teams", "webhook", "digest", "github"})
    slack: Channel = Field("", description="a channel with its #, in quotes, or a channel id")


class CheckSection(Section):
    """One readiness check."""

    later: ClassVar[frozenset[str]] = frozenset({"if", "weight", "settle", "due", "phases"})
    also: ClassVar[Mapping[str, str]] = {"warning": "warn", "depends_on": "needs"}
    id: Id = Field(description="its id: lower-case letters, digits and dashes")
    name: str = Field("", description="what people call it")
    category: str = Field("", description="for grouping, for example infrastructure")
    severity: Severity = Field(Severity.HIGH, description="how much a failure weighs")
    uses: str = Field(description="the kind of check, for example http")
    with_: dict[str, Any] = Field({}, alias="with", description="the options of the kind")
    pass_: Held | None = Field(None, alias="pass", description="what the measured values must be, like <=200ms")
    warn: Held | None = Field(None, description="what is still a warning, like <=260ms")
    fail: Held | None = Field(None, description="what is a failure, where that is not all the rest")
    between: NoData | None = Field(None, description="what a value between pass, warn and fail comes to")
    no_data: NoData = Field(NoData.FAIL, description="what it comes to when it could not tell")
    min_samples: int = Field(0, ge=0, description="how many observations it must rest on")
    needs: Ids = Field((), description="ids of checks that must pass before this one is run")
    explained_by: Ids = Field((), description="ids of checks that explain its failure where both fail")
    where: Where = Field(Where.EITHER, description="where it runs: server, runner or either")
    accept: Literal["document"] | None = Field(None, description="document: a file is proof enough")
    attempts: int = Field(1, ge=1, description="how often it is tried until it passes")
    retry_delay: Duration = Field(timedelta(seconds=1), description="how long it rests between two tries")
    timeout: Duration = Field(timedelta(seconds=30), description="how long it may take, for example 30s")
    every: GivenDuration = Field(None, description="how often it is taken again, for example 10m")
    fresh: GivenDuration = Field(None, description="how old its result may be when golive acts on it")
    impact: str = Field("", description="what a failure means for the users")
    action: str = Field("", description="what to do about a failure")
    owner: str = Field("", description="who looks after it")


class RoleSection(Section):
    """One role that must sign."""

    later: ClassVar[frozenset[str]] = frozenset({"veto", "checks", "due", "explicit", "settle", "valid_for"})
    role: Id = Field(description="the name of the role")
    from_: tuple[Source, ...] = Field(
        alias="from", min_length=1, max_length=MAX_NAMES, description="who may fill it: @login or org/team"
    )
    count: int = Field(1, ge=1, description="how many different people must sign")


class GroupSection(Section):
    """Roles that belong together."""

    later: ClassVar[frozenset[str]] = frozenset({"after", "due", "rules"})
    group: str = Field("", description="what the group is called")
    roles: tuple[RoleSection, ...] = Field(min_length=1, max_length=MAX_NAMES, description="the roles that must sign")


class MatrixSection(Section):
    """How findings become a score out of 10."""

    weights: Annotated[dict[str, float], AfterValidator(_weights)] = Field(
        min_length=1, max_length=MAX_NAMES, description="category and its weight; together 100"
    )
    min_factor: float = Field(0.0, ge=0, description="what every category must reach, out of 10")
    min_total: float = Field(0.0, ge=0, description="what they must reach together, out of 10")


class WaiverSection(Section):
    """Leave to go live although a check does not hold, for a while."""

    also: ClassVar[Mapping[str, str]] = {
        "control_id": "check", "justification": "reason", "expiration_date": "expires",
    }  # fmt: skip
    check: Id = Field(description="the id of the check")
    reason: str = Field(min_length=1, description="why it may be so")
    approver: Account = Field(description="who gave it, as @login")
    expires: Day = Field(description="the last day it counts, like 2026-12-31")
    requested_by: Account | Literal[""] = Field("", description="who asked for it; must differ for a critical check")


class DecisionSection(Section):
    """How outcomes become a verdict."""

    later: ClassVar[frozenset[str]] = frozenset({"settle", "no_data"})
    matrix: MatrixSection | None = Field(None, description="the score, and what it must reach")
    block_on: tuple[Severity, ...] = Field(
        (Severity.CRITICAL, Severity.HIGH), description="severities whose failure is a NO_GO"
    )


class MergeSection(Section):
    """golive merges by itself."""

    method: Literal["merge", "squash", "rebase"] = Field("merge", description="how it is merged")
    when: Annotated[
        Literal["go", "conditional"], BeforeValidator(_when, json_schema_input_type=Literal["go", "conditional"])
    ] = Field("go", description="go: when the verdict is GO; conditional: when it is CONDITIONAL_GO, too")


class PromotionSection(Section):
    """What happens once nothing is missing."""

    later: ClassVar[frozenset[str]] = frozenset({"phases", "rollback", "watch", "deploy"})
    merge: Annotated[MergeSection | None, BeforeValidator(_given, json_schema_input_type=MergeSection)] = Field(
        None, description="merge by itself; without it people merge"
    )


class PolicySection(Section):
    """The whole file."""

    later: ClassVar[frozenset[str]] = frozenset(
        {
            "extends", "rules", "freezes", "certificate", "phases", "runners", "secrets", "documents",
            "overrides", "matrix", "conditions", "rollback",
        }
    )  # fmt: skip
    version: Annotated[Literal[1], BeforeValidator(_version, json_schema_input_type=Literal[1])] = Field(
        description="the version of the file's format, 1"
    )
    project: Annotated[str, Field(min_length=1)] = Field(description="what the project is called")
    releases: tuple[ReleaseSection, ...] = Field(
        min_length=1, max_length=MAX_RELEASES, description="which pull requests are releases"
    )
    others: Literal["block", "pass"] = Field("pass", description="what other pull requests into a governed base get")
    notify: NotifySection = Field(NotifySection(), description="where people are told")
    vars: dict[VarName, str] = Field(
        {}, description="texts that options use as ${name}", json_schema_extra={"additionalProperties": False}
    )
    checks: tuple[CheckSection, ...] = Field((), max_length=MAX_CHECKS, description="the readiness checks")
    waivers: tuple[WaiverSection, ...] = Field(
        (), max_length=MAX_NAMES, description="checks that may fail, for a while"
    )
    signoffs: tuple[GroupSection, ...] = Field((), max_length=MAX_NAMES, description="who must sign")
    decision: DecisionSection = Field(DecisionSection(), description="how outcomes become a verdict")
    promotion: PromotionSection = Field(PromotionSection(), description="what happens once nothing is missing")
