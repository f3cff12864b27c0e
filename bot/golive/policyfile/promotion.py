"""The acts of `promotion:`: their keys, their order, and what can never be. The order is that of the lines in the file.

Add an act as a key of `PromotionSection`, a line of `KINDS` and a class of its options here.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from golive.core.acts import MERGE, NAMES, PLACEHOLDER, Act, git_name_problem
from golive.policyfile.durations import Duration
from golive.policyfile.fields import MAX_NAMES, Id, Section, as_tuple, given
from golive.policyfile.mistakes import Report, listed, mistaken, shown
from golive.policyfile.tree import Mapping, Node, items, text_of

KINDS = (MERGE, "deploy", "environment", "tag", "branch", "resume", "after_merge")
"""Keys that are acts, and may be written in any order."""
LONGEST = timedelta(days=7)
"""The longest that a deployment's success may be waited for; golive looks after a promotion no longer."""
_ENVIRONMENT = re.compile(r"^[^\s/\\'\"`,;][^/\\'\"`,;\x00-\x1f]{0,254}$")


def _environment(text: str) -> str:
    if not _ENVIRONMENT.match(text) or text != text.strip():
        raise mistaken(f'"{shown(text)}" cannot be the name of an environment', "Write for example production")
    return text


def _git_name(text: str) -> str:
    if text.startswith("refs/"):
        raise mistaken("expected a short name", f"Write `{shown(text.split('/', 2)[-1])}`, without {text[:10]}")
    for name in PLACEHOLDER.findall(text):
        if name not in NAMES:
            known = ", ".join(f"${{{one}}}" for one in NAMES)
            raise mistaken(f"there is no name ${{{shown(name)}}} here", f"The names are: {known}")
    if problem := git_name_problem(PLACEHOLDER.sub("1", text)):
        raise mistaken(f'"{shown(text)}" cannot be a name in git', f"{problem[:1].upper()}{problem[1:]}")
    return text


def _not_for_ever(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= LONGEST:
        raise mistaken("nobody waits that long for a deployment", "Write at most 7d, for example 30m")
    return span


Environment = Annotated[str, AfterValidator(_environment)]
GitName = Annotated[str, AfterValidator(_git_name)]
WorkflowFile = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}\.ya?ml$")]
"""The name of a file in `.github/workflows`."""


class DeploySection(Section):
    """A deployment that somebody's workflow carries out, and its success."""

    later: ClassVar[frozenset[str]] = frozenset({"workflow", "inputs", "payload", "task"})
    environment: Environment = Field(description="the environment, for example production")
    ref: Literal["head", "merge"] | None = Field(
        None, description="of which commit: the signed head, or what was merged; merge, if the merge comes before it"
    )
    wait: Annotated[Duration, AfterValidator(_not_for_ever)] = Field(
        timedelta(minutes=30), description="how long its success is waited for, at most 7d"
    )


class ResumeSection(Section):
    """The workflow that goes on with a release once it may go; one of the two."""

    workflow: WorkflowFile | None = Field(
        None, description="the workflow's file in .github/workflows, which golive starts, for example deploy.yml"
    )
    event: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = Field(
        None, description="or the event that golive sends, for workflows that listen to it (repository_dispatch)"
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.workflow is None) == (self.event is None):
            raise mistaken(
                "this says not what golive is to start, or two things", "Write `workflow: deploy.yml` or `event: go`"
            )
        return self


class MergeSection(Section):
    """golive merges by itself."""

    method: Literal["merge", "squash", "rebase"] = Field("merge", description="how it is merged")
    when: Literal["go", "conditional", "ask"] = Field(
        "go", description="go: on GO; conditional: on CONDITIONAL_GO, too; ask: once somebody says /golive promote"
    )


class PhaseSection(Section):
    """One step of going live."""

    later: ClassVar[frozenset[str]] = frozenset(
        {"traffic", "deploy", "soak", "interval", "success", "rollback", "advance"}
    )
    name: Id = Field(description="what the phase is called, for example canary")


def _merge_or_none(value: Any) -> Any:
    """`none` is a value of its own: people may merge, and golive goes live without."""
    return None if value == "none" else given(value)


class PromotionSection(Section):
    """What happens once nothing is missing."""

    later: ClassVar[frozenset[str]] = frozenset({"rollback", "watch"})
    merge: Annotated[
        MergeSection | None, BeforeValidator(_merge_or_none, json_schema_input_type=MergeSection | Literal["none"])
    ] = Field(None, description="merge by itself; without it, or with none, people merge")
    deploy: Annotated[DeploySection | None, BeforeValidator(given, json_schema_input_type=DeploySection)] = Field(
        None, description="create a deployment, and wait for its success"
    )
    environment: Annotated[Environment | None, BeforeValidator(given, json_schema_input_type=Environment)] = Field(
        None, description="answer this environment when a workflow waits before it"
    )
    tag: Annotated[GitName | None, BeforeValidator(given, json_schema_input_type=GitName)] = Field(
        None, description="create this tag, for example v${version}"
    )
    branch: Annotated[GitName | None, BeforeValidator(given, json_schema_input_type=GitName)] = Field(
        None, description="move this branch forward, for example releases/live"
    )
    resume: Annotated[ResumeSection | None, BeforeValidator(given, json_schema_input_type=ResumeSection)] = Field(
        None, description="start the workflow that goes on with it, so that none waits on a runner"
    )
    after_merge: Annotated[
        tuple[WorkflowFile, ...],
        Field(min_length=1, max_length=10),
        BeforeValidator(as_tuple, json_schema_input_type=Annotated[list[WorkflowFile], Field(min_length=1)]),
    ] = Field((), description="start these workflows once it is merged, for example [release.yml]")
    when: Literal["go", "conditional", "ask"] | None = Field(
        None, description="as in merge, where nothing is merged: when golive begins"
    )
    phases: tuple[PhaseSection, ...] = Field(
        (), min_length=1, max_length=MAX_NAMES, description="the steps in which it goes live, in their order"
    )


def acts_of(section: PromotionSection, node: Node | None) -> tuple[Act, ...]:
    """The acts in the order of the file; none where the merge is all there is."""
    order = [key for key in node.entries if key in KINDS] if isinstance(node, Mapping) else []
    acts: list[Act] = []
    for key in order:
        merged = any(act.kind == MERGE for act in acts)
        if key == MERGE and section.merge is not None:
            acts.append(Act(MERGE))
        elif key == "deploy" and section.deploy is not None:
            ref = section.deploy.ref or ("merge" if merged else "head")
            acts.append(Act("deploy", section.deploy.environment, ref, section.deploy.wait))
        elif key == "resume" and section.resume is not None:
            act = ("workflow", section.resume.workflow) if section.resume.workflow else ("event", section.resume.event)
            acts.append(Act(act[0], act[1] or ""))
        elif key == "after_merge":
            acts.extend(Act("follows", file) for file in dict.fromkeys(section.after_merge))
        elif key in ("environment", "tag", "branch") and (target := getattr(section, key)) is not None:
            acts.append(Act(key, target))
    return tuple(acts) if any(act.kind != MERGE for act in acts) else ()


def look_across_promotion(root: Mapping, report: Report) -> None:
    """What only several keys of `promotion:` together make."""
    section = root.get("promotion")
    if not isinstance(section, Mapping):
        return
    _merge_is_said(section, report)
    _commits_are_there(section, report)
    _names_differ(root, section, report)
    _when_is_said_once(section, report)
    _asks_something(root, section, report)


def _asks_something(root: Mapping, section: Mapping, report: Report) -> None:
    """What goes live by itself must ask for something first; where golive merges, that is said of the merge."""
    acts = [key for key in section.entries if key in KINDS and key != MERGE]
    if acts and not (_merges(section) or text_of(section.get("when")) == "ask") and not _asks(root):
        what = "every release would go live at once, because the policy has neither checks nor signoffs"
        mend = "Add what must be so before a release, or `when: ask`"
        report.add(section.entries[acts[0]].key.place, f"promotion.{acts[0]}", what, mend)


def _asks(root: Mapping) -> bool:
    return bool(items(root.get("checks")) or items(root.get("signoffs")))


def _merges(section: Mapping) -> bool:
    merge = section.get(MERGE)
    return merge is not None and text_of(merge) != "none"


def _merge_is_said(section: Mapping, report: Report) -> None:
    """Whether it is merged first decides which commit goes live, so nobody should have to guess it."""
    acts = [key for key in section.entries if key in ("deploy", "tag", "branch", "resume")]
    if acts and MERGE not in section.entries:
        what = f"it is not said whether golive merges before or after `{acts[0]}`, or not at all"
        mend = "Add `merge: {method: squash}` where it comes, or `merge: none`"
        report.add(section.entries[acts[0]].key.place, f"promotion.{acts[0]}", what, mend)


def _commits_are_there(section: Mapping, report: Report) -> None:
    follows, keys = section.entries.get("after_merge"), list(section.entries)
    if follows is not None and (not _merges(section) or keys.index(MERGE) > keys.index("after_merge")):
        what = "nothing is merged before this"
        report.add(
            follows.key.place,
            "promotion.after_merge",
            what,
            "Write `merge: {method: squash}` above it, or use `resume`",
        )
    deploy = section.get("deploy")
    ref = deploy.get("ref") if isinstance(deploy, Mapping) else None
    if ref is None or text_of(ref) != "merge":
        return
    keys = list(section.entries)
    if not _merges(section) or keys.index(MERGE) > keys.index("deploy"):
        what = "nothing is merged before this deployment, so there is no merged commit yet"
        report.add(ref.place, "promotion.deploy.ref", what, "Write `merge` above `deploy`, or `ref: head`")


def _names_differ(root: Mapping, section: Mapping, report: Report) -> None:
    """A branch that releases are merged into moves by the merge, and by nothing else."""
    branch = section.get("branch")
    name = text_of(branch) if branch is not None else ""
    releases = root.get("releases")
    bases = {text_of(one.get("base")) for one in items(releases) if isinstance(one, Mapping)}
    if branch is not None and name and name in bases:
        what = f"releases are merged into `{shown(name)}`, so it must not be moved besides"
        report.add(branch.place, "promotion.branch", what, "Name another branch, for example releases/live")


def _when_is_said_once(section: Mapping, report: Report) -> None:
    when = section.get("when")
    if when is None:
        return
    if _merges(section):
        what = "when golive acts is said by `merge.when` already"
        report.add(when.place, "promotion.when", what, "Delete this line, and write it into `merge`")
    elif not any(key in section.entries for key in KINDS if key != MERGE):
        kinds = listed([f"`{kind}`" for kind in KINDS if kind != MERGE])
        report.add(when.place, "promotion.when", "there is nothing to do then", f"Add one of {kinds}")
