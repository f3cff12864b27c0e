"""The keys of a policy file: one class for each section, one field for each key; those about people are in `agreement`.

Add a key by adding a field with its description; reading, mistakes and the editors' JSON Schema follow from it. `later`
names the keys a coming version understands, so that nobody is told they do not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from golive.core.model import NoData, Severity, Where
from golive.policyfile.agreement import (
    MAX_FREEZES,
    FreezeSection,
    GroupSection,
    OverridesSection,
    RulesSection,
)
from golive.policyfile.durations import Duration
from golive.policyfile.fields import (
    MAX_NAMES,
    Account,
    Branch,
    Channel,
    Day,
    GivenDuration,
    Globs,
    Held,
    Id,
    Ids,
    Labels,
    RepositoryNames,
    Section,
    VarName,
    given,
    version_number,
    weights_sum,
)
from golive.policyfile.promotion import PromotionSection
from golive.policyfile.runners import Workflows

MAX_RELEASES, MAX_CHECKS = 50, 1000
"""Every check is read once for each release, so the two together bound the work a file can make."""


class ReleaseSection(Section):
    """Which pull requests are releases: into `base`, from a head that matches or with one of the labels."""

    later: ClassVar[frozenset[str]] = frozenset({"phases", "signoffs", "checks", "rules", "freezes"})
    name: Id = Field(description="what the release is called, for example production")
    base: Branch = Field(description="the branch releases are merged into")
    head: Globs = Field((), description="patterns of the branch they come from; ** crosses slashes")
    labels: Labels = Field((), description="or labels, any of which makes a pull request a release")
    target: str = Field("", description="the address it goes live at; checks use it as ${target}")
    forks: bool = Field(False, description="whether heads from forks match too")
    release_please: bool = Field(False, description="whether what release-please brings into this base is a release")


class NotifySection(Section):
    """Where people are told."""

    later: ClassVar[frozenset[str]] = frozenset({"email", "teams", "digest", "github"})
    slack: Channel = Field("", description="a channel with its #, in quotes, or a channel id")
    webhook: Id = Field("", description="the name of the secret that is an incoming webhook's address")


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


class MatrixSection(Section):
    """How findings become a score out of 10."""

    weights: Annotated[dict[str, float], AfterValidator(weights_sum)] = Field(
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


class PolicySection(Section):
    """The whole file."""

    model_config = ConfigDict(defer_build=False)  # at import, when no other thread reads a policy
    later: ClassVar[frozenset[str]] = frozenset(
        {
            "extends", "certificate", "phases", "secrets", "documents", "matrix", "conditions", "rollback",
        }
    )  # fmt: skip
    version: Annotated[Literal[1], BeforeValidator(version_number, json_schema_input_type=Literal[1])] = Field(
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
    rules: RulesSection = Field(RulesSection(), description="what holds for all sign-offs")
    freezes: tuple[FreezeSection, ...] = Field(
        (), max_length=MAX_FREEZES, description="when nothing goes live, once or every week"
    )
    overrides: Annotated[OverridesSection | None, BeforeValidator(given, json_schema_input_type=OverridesSection)] = (
        Field(None, description="who may together let it go although it is not ready")
    )
    decision: DecisionSection = Field(DecisionSection(), description="how outcomes become a verdict")
    promotion: PromotionSection = Field(PromotionSection(), description="what happens once nothing is missing")
    runners: Workflows = Field(
        (), description="workflows whose results are believed, as owner/name/.github/workflows/file.yml@refs/heads/main"
    )
    trains: RepositoryNames = Field(
        (), description="repositories, as owner/name, whose pull requests may lead the ones here in a train"
    )
