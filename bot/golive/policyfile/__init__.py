"""The policy file: YAML text in, a whole `core.policy.Policy` out, or every mistake with its line, column and mend.

`tree` reads YAML with places, `sections` and `agreement` hold the keys, `validation` turns pydantic's errors into located
sentences, `options` reads each check's `with:` by its kind, `across` and `across_signoffs` have the rules between entries,
`lint` and `lint_signoffs` what could never be met or never be missed, `agreed` makes the core's values of what is about
people, `schema` serves editors.
To add a key, begin in `sections`; to act on it, carry it over below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from golive.core.acts import Act
from golive.core.model import NoData, Waiver
from golive.core.policy import (
    CheckRule,
    Matrix,
    MergeRule,
    Notify,
    Options,
    Policy,
    ReleaseRule,
    Thresholds,
)
from golive.core.rules import FreezeRule
from golive.core.waivers import end_of
from golive.policyfile import across, tree
from golive.policyfile.across_signoffs import look_across_signoffs
from golive.policyfile.agreed import overrides_of, read_freezes, roles_of, rules_of
from golive.policyfile.foreign import by_our_names
from golive.policyfile.lint import lint
from golive.policyfile.lint_signoffs import lint_signoffs
from golive.policyfile.mistakes import Mistake, PolicyMistakes
from golive.policyfile.options import Names, read_options
from golive.policyfile.promotion import acts_of, look_across_promotion
from golive.policyfile.runners import look_across_runners
from golive.policyfile.schema import json_schema
from golive.policyfile.sections import CheckSection, PolicySection, ReleaseSection
from golive.policyfile.validation import validate
from golive.ports import Kind

__all__ = ["DEFAULT_PATH", "Given", "Mistake", "PolicyMistakes", "json_schema", "load"]

DEFAULT_PATH = ".github/golive.yml"


@dataclass(frozen=True)
class Given:
    """What a caller knows better than the file, or besides it.

    target: in place of every release's own.   environment: what `${environment}` stands for.   variables: over `vars:`.
    secret_problem: why a secret may not be sent to a host, in words, or empty; None where nobody can tell.
    """

    target: str = ""
    environment: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    secret_problem: Callable[[str, str], str] | None = None


def load(
    text: str | bytes, kinds: Mapping[str, type[Kind]], path: str = DEFAULT_PATH, given: Given | None = None
) -> Policy:
    """The policy a file holds.

    kinds: the installed check kinds by name.   path: how the file is called in mistakes.
    Raises PolicyMistakes, with all of them, for whatever is not a whole policy; Misconfigured for a broken kind.
    """
    given = given or Given()
    decoded, report = tree.decode(text, path)
    root = tree.read(decoded, report)
    if root is None:
        raise PolicyMistakes(report.mistakes)
    by_our_names(root, kinds, report)
    sections = validate(PolicySection, root, tree.plain(root), report)
    names = Names(given.target, given.environment, given.variables)
    options = read_options(root, kinds, report, names)
    across.look_across(root, report)
    look_across_signoffs(root, report)
    look_across_promotion(root, report)
    look_across_runners(root, report)
    freezes: tuple[FreezeRule | None, ...] = ()
    if sections is not None:
        freezes = read_freezes(root, sections.freezes, report)
        lint(root, sections, options, report, given.secret_problem)
        lint_signoffs(root, sections, freezes, report)
    report.refuse_if_any()
    if sections is None:
        raise PolicyMistakes(report.mistakes)
    acts = acts_of(sections.promotion, root.get("promotion"))
    return _policy(sections, acts, options, tuple(one for one in freezes if one), given)


def _policy(
    file: PolicySection,
    acts: tuple[Act, ...],
    options: Mapping[tuple[int, int], Options],
    freezes: tuple[FreezeRule, ...],
    given: Given,
) -> Policy:
    merge, matrix = file.promotion.merge, file.decision.matrix
    return Policy(
        project=file.project,
        releases=tuple(
            _release(release, tuple(_check(check, options[at, index]) for at, check in enumerate(file.checks)), given)
            for index, release in enumerate(file.releases)
        ),
        roles=roles_of(file.signoffs),
        notify=Notify(file.notify.slack, file.notify.webhook),
        merge=MergeRule(merge.method, merge.when) if merge else None,
        others_block=file.others == "block",
        block_on=frozenset(file.decision.block_on),
        waivers=tuple(
            Waiver(one.check, one.reason, one.approver, end_of(one.expires), one.requested_by, "the policy file")
            for one in file.waivers
        ),
        matrix=Matrix(matrix.weights, matrix.min_factor, matrix.min_total) if matrix else None,
        rules=rules_of(file.rules),
        freezes=freezes,
        overrides=overrides_of(file.overrides),
        phases=tuple(phase.name for phase in file.promotion.phases),
        acts=acts,
        promote_when=file.promotion.when or "go",
        trains=file.trains,
        runners=file.runners,
    )


def _release(section: ReleaseSection, checks: tuple[CheckRule, ...], given: Given) -> ReleaseRule:
    return ReleaseRule(
        name=section.name,
        base=section.base,
        head=section.head,
        labels=section.labels,
        target=given.target or section.target,
        forks=section.forks,
        checks=checks,
        release_please=section.release_please,
    )


def _check(section: CheckSection, options: Options) -> CheckRule:
    return CheckRule(
        id=section.id,
        uses=section.uses,
        options=options,
        name=section.name,
        category=section.category,
        severity=section.severity,
        needs=section.needs,
        explained_by=section.explained_by,
        thresholds=Thresholds(
            section.pass_, section.warn, section.fail, section.between or NoData.FAIL, section.min_samples
        ),
        no_data=section.no_data,
        where=section.where,
        attempts=section.attempts,
        retry_delay=section.retry_delay,
        accept_document=section.accept == "document",
        timeout=section.timeout,
        every=section.every,
        fresh=section.fresh,
        impact=section.impact,
        action=section.action,
        owner=section.owner,
    )
